"""Feeds polled a second from a local server, each on a host of its own, against a bare loop of httpx and feedparser.

And by how much the event loop is late meanwhile, since people wait for answers on the same loop.
"""

import asyncio
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import feedparser
import httpx

from bot.clock import utcnow
from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import SIDE_BY_SIDE, Poller
from bot.store import feeds
from bot.store.db import Database

CHANGING = 500  # feeds whose documents are read
FEEDS = 10_000  # that say 304
ENTRIES = 15
ROUNDS = 3
WORDS = "The late ferry is back, and it runs every night from the old harbour to the lighthouse and home again. " * 8
NEEDED = 10_000 / (15 * 60)  # feeds a second: 10,000 every 15 minutes


@dataclass(frozen=True, slots=True)
class Measured:
    """Feeds polled a second, and by how many seconds the loop was late each time it was asked."""

    rate: float
    late: list[float]


async def main() -> None:
    with socket.create_server(("0.0.0.0", 0), backlog=1024) as listening:
        spawn = multiprocessing.get_context("spawn")
        version = spawn.Value("i", 0)
        server = spawn.Process(target=_serve, args=(listening, version), daemon=True)
        server.start()
        try:
            await _compare(listening.getsockname()[1], version)
        finally:
            server.terminate()
            server.join()


async def _compare(port: int, version: "Synchronized[int]") -> None:
    urls = [f"http://127.{1 + number // 250}.{number % 250}.1:{port}/{number}" for number in range(FEEDS)]
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "bench.db")
        async with (
            Fetcher(allow_private=True) as fetcher,
            Parsers() as parsers,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            poller, bare = Poller(db, fetcher, parsers, utcnow), _Bare(client)
            await asyncio.gather(*(feeds.add(db, url) for url in urls[:CHANGING]))
            await _rounds("everything new", 1, urls[:CHANGING], db, poller, bare, version)
            await _rounds("all changed, one new each", ROUNDS, urls[:CHANGING], db, poller, bare, version)
            await asyncio.gather(*(feeds.add(db, url) for url in urls[CHANGING:]))
            bare.etags = dict.fromkeys(urls, _etag(version.value))
            await db.execute("UPDATE feed SET etag = :etag", {"etag": _etag(version.value)})
            await _rounds("all 304", 1, urls, db, poller, bare, version)
        await db.close()


async def _rounds(
    name: str, rounds: int, urls: list[str], db: Database, poller: Poller, bare: "_Bare", version: "Synchronized[int]"
) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        version.value += name != "all 304"
        ours.append(await _measured(len(urls), lambda: _poll_all(db, poller)))
        theirs.append(await _measured(len(urls), lambda: bare.poll_all(urls)))
        print(f"{name}: {len(urls):,} feeds, ours {ours[-1].rate:,.0f} a second, bare {theirs[-1].rate:,.0f}")
    ratio = sorted(mine.rate / other.rate for mine, other in zip(ours, theirs, strict=True))[rounds // 2]
    times = min(measured.rate for measured in ours) / NEEDED
    print(f"polls: {name}: median ratio {ratio:.2f}; {times:.0f} times what 10,000 feeds in 15 minutes need")
    for whose, measured in (("ours", ours), ("bare", theirs)):
        late = sorted(seconds * 1000 for each in measured for seconds in each.late)
        p99, p999 = late[int(len(late) * 0.99)], late[int(len(late) * 0.999)]
        print(f"    {whose}, loop late by ms: p99 {p99:.0f}, p99.9 {p999:.0f}, most {late[-1]:.0f}, of {len(late):,}")


async def _measured(count: int, poll_all: Callable[[], Awaitable[None]]) -> Measured:
    late: list[float] = []
    watch = asyncio.create_task(_watch(late))
    started = time.perf_counter()
    await poll_all()
    took = time.perf_counter() - started
    watch.cancel()
    return Measured(count / took, late)


async def _watch(late: list[float], every: float = 0.002) -> None:
    while True:
        due = time.perf_counter() + every
        await asyncio.sleep(every)
        late.append(time.perf_counter() - due)


async def _poll_all(db: Database, poller: Poller) -> None:
    await db.execute("UPDATE feed SET next_check_at = 0")
    await poller.look()
    counts = await poller.idle()
    assert not counts["failed"], counts


class _Bare:
    """As many at once as ours, parsed where they arrive; nothing is judged, stored or announced."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.etags: dict[str, str] = {}

    async def poll_all(self, urls: list[str]) -> None:
        slots = asyncio.Semaphore(SIDE_BY_SIDE)

        async def poll(url: str) -> None:
            async with slots:
                etag = self.etags.get(url)
                answer = await self._client.get(url, headers={"If-None-Match": etag} if etag else {})
                if answer.status_code != 304:
                    assert len(feedparser.parse(answer.content).entries) == ENTRIES
                    self.etags[url] = answer.headers["etag"]

        await asyncio.gather(*map(poll, urls))


def _serve(listening: socket.socket, version: "Synchronized[int]") -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(version), sock=listening)
        await server.serve_forever()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


class _Connection(asyncio.Protocol):
    """304 to who has the present version, else a document whose entries have moved on by one a version."""

    def __init__(self, version: "Synchronized[int]") -> None:
        self._version = version
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head, self._data = self._data[:end], self._data[end + 4 :]
            name, version = head.split(b" ", 2)[1].decode(), self._version.value
            etag = _etag(version)
            if etag.encode() in head:
                self._transport.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
                continue
            body = _document(name, version)
            says = f"Content-Type: application/rss+xml\r\nETag: {etag}\r\nContent-Length: {len(body)}"
            self._transport.write(f"HTTP/1.1 200 OK\r\n{says}\r\n\r\n".encode() + body)


def _etag(version: int) -> str:
    return f'"{version}"'


def _document(name: str, version: int) -> bytes:
    items = "".join(
        f"<item><title>Story {number} of {name}</title><link>https://example.org{name}/{number}</link>"
        f"<guid>{name}-{number}</guid><description>{WORDS}</description>"
        f"<pubDate>Tue, 24 Nov 2026 {number // 60:02}:{number % 60:02}:00 GMT</pubDate></item>"
        for number in range(version + ENTRIES, version, -1)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()
