"""A web site on loopback that answers as a test says, byte for byte where it matters."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

Headers = dict[str, str]
Writer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Site:
    """`site.pages["/feed"] = Answer(…)`, or a coroutine function that writes whatever it likes."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.pages: dict[str, Answer | Writer] = {}
        self.requests: list[tuple[str, Headers]] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._busy.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            self.requests.append((path, headers))
            page = self.pages.get(path, Answer(status=404))
            if isinstance(page, Answer):
                lines = [f"HTTP/1.1 {page.status} {'OK' if page.status == 200 else 'Other'}", "Connection: close"]
                lines += [f"{name}: {value}" for name, value in page.headers.items()]
                lines.append(f"Content-Length: {len(page.body)}")
                writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + page.body)
                await writer.drain()
            else:
                await page(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(task)
            writer.close()


def resolver_for(*addresses: str) -> Any:
    """A resolver that answers each question with the next of these (one address, or several), then with the last."""
    left = list(addresses)

    def resolve(host: str, port: int, *_rest: object, **_named: object) -> list[Any]:
        answers = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.split()]

    return resolve


def rss(*items: str, title: str = "Harbour News", link: str = "https://example.org/") -> bytes:
    """An RSS document of these items' inner XML."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>{title}</title><link>{link}</link>{inner}</channel></rss>'.encode()


def item(number: int, *, title: str = "", text: str = "Some words.") -> str:
    """One item with its own address and guid."""
    return (
        f"<title>{title or f'Story {number}'}</title><link>https://example.org/{number}</link>"
        f"<guid>story-{number}</guid><description>{text}</description>"
    )
