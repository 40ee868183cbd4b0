"""An ASGI app on a port, in the bot's own event loop, by uvicorn; nobody can keep it busy by being slow or endless."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol  # httptools where installed, else h11

from bot.errors import ConfigError

CONNECTIONS_LIMIT = 500  # further ones are closed at once: sockets are few, and the bot needs some
REQUESTS_PER_SECOND, AT_ONCE = 1000, 20  # over all connections; more wait, so that the loop has time for the bot
EXCHANGE_BYTES = 130_000  # that a client may send for one answer
ADDRESS_BYTES = 60_000  # the parser takes 65,535; ten thousand emoji in a query are 120,000, and cut anyway
EXCHANGE_SECONDS = 20.0  # from the connection, or the answer before, until this one is taken
IDLE_SECONDS = 5
GRACE_SECONDS = 1  # for what is being answered when we are told to stop

_SORRY = b'{"error":"this is no HTTP request that can be read"}'
_NOT_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json; charset=utf-8\r\naccess-control-allow-origin: *\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(_SORRY), _SORRY)
)


class Server:
    """Holds its port from the beginning. `run()` answers until `stop()`; `close()` frees the port in any case."""

    def __init__(self, app: ASGIApp, listen: str) -> None:
        """`listen` is HOST:PORT; port 0 takes a free one. Raises ConfigError when it cannot be had."""
        self._listener = bind(listen)
        self._ended = asyncio.Event()
        self._ended.set()
        self._server = _Uvicorn(
            uvicorn.Config(
                _Paced(app),
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",  # what strangers send wrong is no news
                access_log=False,  # it would hold what people search for
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @property
    def url(self) -> str:
        host, port, *_ = self._listener.getsockname()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def run(self) -> None:
        """Returns when it was told to stop."""
        self._ended.clear()
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Takes no more requests; returns when what is being answered is, within two seconds."""
        self._server.should_exit = True
        await self._ended.wait()

    def close(self) -> None:
        self._listener.close()


def bind(listen: str) -> socket.socket:
    """A socket that has HOST:PORT. Raises ConfigError."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        listener = socket.create_server((host, int(port)), family=family, dualstack_ipv6=both)
    except (OSError, UnicodeError) as error:
        raise ConfigError([f"web.listen: {listen} {_why(error)}"]) from error
    # asyncio leaves this out for a socket made with protocol 0; each answer would then wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _why(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError) or (error.errno or 0) < 0:  # as getaddrinfo numbers what it cannot look up
        return "names a host that is not known; give an address of this machine, such as 127.0.0.1"
    match error.errno:
        case errno.EADDRINUSE:
            return "is in use by another program; stop that one, or choose another port"
        case errno.EADDRNOTAVAIL:
            return "is no address of this machine; 127.0.0.1 is for this machine alone, 0.0.0.0 for all networks"
        case errno.EACCES | errno.EPERM:
            return "is not open to this user; choose a port above 1023"
    return f"cannot be listened on: {error.strerror}"


class _Paced:
    """The app, which is asked no more often than REQUESTS_PER_SECOND; who comes sooner waits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._next = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - AT_ONCE / REQUESTS_PER_SECOND) + 1 / REQUESTS_PER_SECOND
        if self._next > now:
            await asyncio.sleep(self._next - now)
        await self._app(scope, receive, send)


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the program around us."""
        yield


class _Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's, with an end to what one exchange may take, in bytes and in time; it has neither."""

    transport: asyncio.Transport
    url: bytes
    connections: set[Any]
    _left_bytes = EXCHANGE_BYTES
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_LIMIT:
            transport.abort()
        self._begin()

    def data_received(self, data: bytes) -> None:
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            self.transport.abort()
        else:
            super().data_received(data)

    def on_url(self, url: bytes) -> None:
        super().on_url(url[: ADDRESS_BYTES - len(self.url)])

    def send_400_response(self, _: str) -> None:
        """In the form of every other error."""
        self.transport.write(_NOT_HTTP)
        self.transport.close()

    def on_response_complete(self) -> None:
        self._begin()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._stop_clock()
        self._left_bytes = EXCHANGE_BYTES
        self._end = asyncio.get_running_loop().call_later(EXCHANGE_SECONDS, self.transport.abort)

    def _stop_clock(self) -> None:
        if self._end is not None:
            self._end.cancel()
