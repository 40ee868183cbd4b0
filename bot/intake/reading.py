"""Files are read in a child process with limits, so that no document can stop the bot or eat its memory.

Markdown of ten thousand open brackets, or a page made to be slow, costs its own child, and is told.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from types import TracebackType
from typing import Final, Self

from bot.errors import RefusedFile, RefusedItem
from bot.intake.children import confine, environment
from bot.intake.files import Item, read_file

MEMORY_BYTES: Final = 1024 * 1024 * 1024
SILENCE: Final = timedelta(seconds=60)  # without one item; 100 MB of WordPress are looked through once before the first
_BATCH: Final = 100
_BATCH_SECONDS: Final = 0.2
_COMMAND: Final = "from bot.intake.reading import serve; serve({})"


class Reader:
    """`with Reader() as reader`. One child serves many files, one after another; it blocks while it reads."""

    def __init__(self, *, silence: timedelta = SILENCE, memory_bytes: int = MEMORY_BYTES) -> None:
        self._silence = silence
        self._memory_bytes = memory_bytes
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end()

    def read(self, path: Path, format: str = "auto") -> Iterator[Item]:  # noqa: A002  the word of the interface
        """files.read_file in the child. What exceeds the limits ends with a RefusedItem that says so."""
        self._child = child = self._child or _Child(self._memory_bytes)
        is_whole, count = False, 0
        try:
            child.connection.send((path, format))
            while True:
                if not child.connection.poll(self._silence.total_seconds()):
                    yield _over(path, count, f"takes longer than {self._silence.seconds} s to read")
                    return
                items, is_whole, refusal = child.connection.recv()
                count += len(items)
                yield from items
                if refusal:
                    raise RefusedFile(refusal)
                if is_whole:
                    return
        except (EOFError, OSError):
            yield _over(path, count, f"needs more than the {self._memory_bytes >> 20} MB of memory allowed to be read")
        finally:
            if not is_whole:  # whatever it has yet to say belongs to nobody
                self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _over(path: Path, count: int, why: str) -> RefusedItem:
    return RefusedItem(f"{path.name}, after {count} items: {why}; what follows there was not read")


class _Child:
    def __init__(self, memory_bytes: int) -> None:
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-c", _COMMAND.format(f"{theirs.fileno()}, {memory_bytes}")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for the parent; it ends its children itself
            )
        self.connection = Connection(ours.detach())

    def end(self) -> None:
        self._process.kill()  # who waits for its words in another thread is woken by that
        self._process.wait()
        self.connection.close()


def serve(descriptor: int, memory_bytes: int) -> None:
    """The child: reads what it is asked to, and sends (items, whether these were the last, a refusal of the file)."""
    confine(memory_bytes)
    connection = Connection(descriptor)
    while True:
        try:
            path, asked = connection.recv()
        except EOFError:
            return
        _answer(connection, path, asked)


def _answer(connection: Connection, path: Path, asked: str) -> None:
    batch: list[Item] = []
    sent_at, refusal = time.monotonic(), ""
    try:
        for item in read_file(path, asked):
            batch.append(item)
            if len(batch) >= _BATCH or time.monotonic() - sent_at > _BATCH_SECONDS:
                connection.send((batch, False, ""))
                batch, sent_at = [], time.monotonic()
    except RefusedFile as error:
        refusal = str(error)
    except MemoryError:
        os._exit(1)  # there may be too little left to say so
    except Exception as error:  # noqa: BLE001  whatever a document does, the next one is read
        batch.append(RefusedItem(f"{path.name}: cannot be read further: {type(error).__name__} while reading it"))
    connection.send((batch, True, refusal))
