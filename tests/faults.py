"""Real faults of a store: SQLite's own "database or disk is full", a lock that another process holds, rubbish pages.

And a gate at which calls of the sandbox stand while tests do such things.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.sandbox.world import Telegram
from bot.store.db import Database

PAGE_BYTES = 4096
_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


class Gate:
    """Calls that a fault makes slow, or their answers, stand here until it is opened, however long that takes."""

    def __init__(self, telegram: Telegram) -> None:
        self._arrived = asyncio.Semaphore(0)
        self._opened = asyncio.Event()
        telegram.faults.wait = self._stand

    async def arrived(self, count: int = 1) -> None:
        """So many more have come to stand here."""
        for _ in range(count):
            await self._arrived.acquire()

    def open(self) -> None:
        """Those that stand here go on, and whoever comes later goes through."""
        self._opened.set()

    async def _stand(self, _delay: float) -> None:
        self._arrived.release()
        await self._opened.wait()


async def fill_disk(db: Database) -> None:
    """From now on every write of a row needs more pages than there may be, as on a disk without any space."""
    await db.execute("CREATE TABLE IF NOT EXISTS ballast (data BLOB NOT NULL) STRICT")
    names = await db.read("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 1")
    for (name,) in names:
        for change in ("INSERT", "UPDATE"):
            if name not in ("ballast", "migration"):
                await db.execute(
                    f"""CREATE TRIGGER IF NOT EXISTS full_{change}_{name} AFTER {change} ON {name}
                        BEGIN INSERT INTO ballast (data) VALUES (zeroblob(100000)); END"""
                )
    writer = db._connections[0]
    [[pages]] = await writer.execute_fetchall("PRAGMA page_count")
    await writer.execute_fetchall(f"PRAGMA max_page_count = {pages}")


async def make_room(db: Database) -> None:
    await db._connections[0].execute_fetchall("PRAGMA max_page_count = 1073741823")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            other.kill()


async def wait_for_locks(db: Database, milliseconds: int) -> None:
    """So long does the writer wait; the program's half a minute is too long for a test."""
    await db._connections[0].execute_fetchall(f"PRAGMA busy_timeout = {milliseconds}")


def spoil(path: Path, marker: bytes) -> None:
    """Rubbish over a page amid those that hold nothing but the marker, as a bad disk leaves it. The store is closed."""
    data = path.read_bytes()
    full = [at for at in range(0, len(data), PAGE_BYTES) if set(data[at + 4 : at + PAGE_BYTES]) == set(marker)]
    with path.open("r+b") as file:
        file.seek(full[len(full) // 2])
        file.write(b"\xa5" * PAGE_BYTES)
