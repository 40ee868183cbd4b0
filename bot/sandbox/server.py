"""The sandbox as an HTTP server: Bot API and, where it is there, the web chat."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from uvicorn.protocols.http.auto import AutoHTTPProtocol  # httptools where installed, else h11

from bot.sandbox import webchat
from bot.sandbox.api import BotApi
from bot.sandbox.webhook import Webhooks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from bot.sandbox.world import Telegram

GRACE_SECONDS = 1.0


def create_app(
    telegram: Telegram,
    *,
    files: Path | None = None,
    hosts: Iterable[str] = (),
    static: Mapping[str, Path] | None = None,
) -> Starlette:
    """The ASGI app.

    `files`: a folder in which uploaded files are kept, instead of in memory. `hosts`: the names beside localhost by
    which the web chat may be reached. `static`: folders to serve as they are, by their path in the address.
    """
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)
    telegram.files.folder = files
    shown = [Mount(path, StaticFiles(directory=folder)) for path, folder in (static or {}).items()]
    return Starlette(
        routes=[*shown, *webchat.routes(telegram, hosts=hosts)], middleware=[Middleware(BotApi, telegram=telegram)]
    )


class _Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Lets the app close a connection without a reply: its transport is in the scope's state."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        """Instead of a look every 0.1 s at whether to stop."""
        await self.on_tick(0)
        self.ready.set()
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but without its sleep of 0.1 s, which hundreds of tests would wait for."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while state.connections or state.tasks:  # noqa: ASYNC110  (there is no event)
                    await asyncio.sleep(0.002)
        for task in state.tasks:
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the program around us."""
        yield


class Server:
    """`async with Server(telegram) as server: server.url` runs inside the current event loop.

    Raises OSError when the port is taken. Port 0 takes a free one.
    """

    def __init__(
        self,
        telegram: Telegram,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        files: Path | None = None,
        hosts: Iterable[str] = (),
        static: Mapping[str, Path] | None = None,
    ) -> None:
        self.telegram = telegram
        self.host = host
        self.port = port
        self.url = ""
        self._app = create_app(telegram, files=files, hosts=[host, *hosts], static=static)
        self._webhooks = Webhooks(telegram)
        self._task: asyncio.Task[None] | None = None
        self._uvicorn: _Uvicorn | None = None

    async def __aenter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family, backlog=2048)
        # asyncio leaves this out for a socket made with protocol 0; each answer would then wait 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        self.url = f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        config = uvicorn.Config(
            self._app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            date_header=False,
            timeout_keep_alive=75,  # shorter than the client's, and answers would be lost without a fault
        )
        self._uvicorn = server = _Uvicorn(config)
        self.telegram.closing = False
        self._task = asyncio.create_task(server.serve(sockets=[listener]))
        self._task.add_done_callback(lambda _: server.ready.set())
        await server.ready.wait()
        if self._task.done():
            self._task.result()
        self._webhooks.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._uvicorn is not None
        assert self._task is not None
        await self._webhooks.close()
        self._uvicorn.stop.set()
        self.telegram.hang_up()
        await self._task
