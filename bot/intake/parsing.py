"""Documents from outside are parsed in child processes with limits, so that none can stop the bot or eat its memory.

A megabyte of attributes keeps feedparser busy for over a minute; a child is killed long before. Children start when the
first document comes, and end with `async with Parsers()`. docs/design/reading.md says why no library's pool does this.
"""

import asyncio
import contextlib
import io
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from bot.errors import FeedError, PaperboyError
from bot.intake import feed as feeds
from bot.intake import page as pages
from bot.intake.children import confine, environment
from bot.intake.entries import ParsedFeed
from bot.intake.page import Page

CPU_SECONDS: Final = 10
MEMORY_BYTES: Final = 512 * 1024 * 1024
WALL: Final = timedelta(seconds=20)
MAX_ANSWER: Final = 32_000_000
TASKS_A_CHILD: Final = 200  # then a fresh one: what leaks stays small
IDLE: Final = timedelta(seconds=60)  # then a child is ended: it holds 30 MB

_LENGTH: Final = struct.Struct(">Q")
_COMMAND: Final = (sys.executable, "-c", "from bot.intake.parsing import serve; serve()")
_OVER: Final = f"{{where}} needs more to be read than the {CPU_SECONDS} s and {MEMORY_BYTES >> 20} MB allowed"
_READERS: Final[dict[str, Callable[..., Any]]] = {"feed": feeds.parse, "page": pages.read_page}


class Parsers:
    """At most `workers` children, each with one document at a time. What exceeds the limits is a FeedError."""

    def __init__(self, workers: int = 2, *, wall: timedelta = WALL, idle: timedelta = IDLE) -> None:
        self._slots = asyncio.Semaphore(workers)
        self._wall = wall
        self._rest = idle
        self._idle: dict[_Child, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        for child in list(self._idle):
            self._retire(child)
        await asyncio.gather(*self._ending)

    async def feed(
        self, body: bytes, *, content_type: str = "", url: str | None = None, language: str = ""
    ) -> ParsedFeed:
        """feed.parse in a child."""
        return _parsed(await self._ask("feed", body, {"content_type": content_type, "url": url, "language": language}))

    async def page(self, body: bytes, *, content_type: str = "", url: str) -> Page:
        """page.read_page in a child."""
        (page,) = await self._ask("page", body, {"content_type": content_type, "url": url})
        assert isinstance(page, Page)
        return page

    async def _ask(self, kind: str, body: bytes, options: dict[str, Any]) -> list[Any]:
        """The child's answer. A refusal names the document by its address, without what may be secret in that."""
        from bot.intake.address import shown  # which brings httpx: not into the children

        url = options.get("url")
        where = shown(url) if url else "the document"
        async with self._slots:
            child = self._rested() or await _Child.start()
            try:
                answer = await asyncio.wait_for(child.ask((kind, body, options)), self._wall.total_seconds())
            except TimeoutError as error:
                await child.end()
                raise FeedError(f"{where} takes longer to read than the {self._wall.seconds} s allowed") from error
            except (EOFError, OSError) as error:
                await child.end()
                raise FeedError(_OVER.format(where=where)) from error
            except BaseException:
                await child.end()
                raise
            if child.tasks < TASKS_A_CHILD:
                self._idle[child] = asyncio.get_running_loop().call_later(
                    self._rest.total_seconds(), self._retire, child
                )
            else:
                await child.end()
        try:
            return _unless_refused(answer)
        except FeedError as refused:
            raise FeedError(str(refused).replace(url, where) if url else str(refused)) from None

    def _rested(self) -> "_Child | None":
        if not self._idle:
            return None
        child, timer = self._idle.popitem()
        timer.cancel()
        return child

    def _retire(self, child: "_Child") -> None:
        self._idle.pop(child).cancel()
        task = asyncio.get_running_loop().create_task(child.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.tasks = 0

    @classmethod
    async def start(cls) -> Self:
        return cls(
            await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for the bot; it ends its children itself
            )
        )

    async def ask(self, task: object) -> list[Any]:
        """The parts of the answer, each unpickled in a turn of its own. EOFError or OSError: the child died of it."""
        self.tasks += 1
        assert self._process.stdin
        assert self._process.stdout
        message = pickle.dumps(task)
        self._process.stdin.write(_LENGTH.pack(len(message)) + message)
        await self._process.stdin.drain()
        parts: list[Any] = []
        total = 0
        while length := _LENGTH.unpack(await self._process.stdout.readexactly(_LENGTH.size))[0]:
            total += length
            if total > MAX_ANSWER:
                raise EOFError
            parts.append(pickle.loads(await self._process.stdout.readexactly(length)))  # noqa: S301  our own module wrote it
            await asyncio.sleep(0)
        return parts

    async def end(self) -> None:
        assert self._process.stdout
        if self._process.stdout.at_eof():  # it is dying of itself: a signal would take its exit code from asyncio
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 1)
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.communicate()  # reads what it had still written, without which its pipe stays open


def parse_now(body: bytes, *, wall: timedelta = WALL) -> ParsedFeed:
    """feed.parse in a child of its own, for callers without an event loop: it blocks. Raises FeedError."""
    message = pickle.dumps(("feed", body, {}))
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            _COMMAND,
            input=_LENGTH.pack(len(message)) + message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            timeout=wall.total_seconds(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FeedError(f"the document takes longer to read than the {wall.seconds} s allowed") from error
    answer = io.BytesIO(done.stdout)
    parts: list[Any] = []
    try:
        while length := _LENGTH.unpack(answer.read(_LENGTH.size))[0]:
            parts.append(pickle.loads(answer.read(length)))  # noqa: S301  our own module wrote it
    except (struct.error, EOFError, pickle.UnpicklingError) as error:
        raise FeedError(_OVER.format(where="the document")) from error
    return _parsed(_unless_refused(parts))


def _unless_refused(parts: list[Any]) -> list[Any]:
    if isinstance(parts[0], str):
        raise FeedError(parts[0])
    return parts


def _parsed(parts: list[Any]) -> ParsedFeed:
    feed, *entries = parts
    return ParsedFeed(feed, tuple(entries))


def serve() -> None:
    """The child: reads tasks from standard input until it ends, writes answers; a str is a sentence of refusal."""
    import resource

    confine(MEMORY_BYTES)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    while header := source.read(_LENGTH.size):
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + CPU_SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        _answer(source.read(_LENGTH.unpack(header)[0]), sink)


def _answer(message: bytes, sink: BinaryIO) -> None:
    kind, body, options = pickle.loads(message)  # noqa: S301  the parent wrote it
    try:
        answer = _READERS[kind](body, **options)
    except PaperboyError as error:
        answer = str(error)
    except Exception as error:  # noqa: BLE001  whatever a stranger's document does, the next one is read
        answer = f"{options.get('url') or 'the document'} cannot be read: {type(error).__name__} while parsing it"
    for part in (answer.feed, *answer.entries) if isinstance(answer, ParsedFeed) else (answer,):
        written = pickle.dumps(part)
        sink.write(_LENGTH.pack(len(written)) + written)
    sink.write(_LENGTH.pack(0))
    sink.flush()
