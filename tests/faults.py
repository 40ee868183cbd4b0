"""Real faults of a store: SQLite's own "database or disk is full", a lock that another process holds, rubbish pages."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.db import Database

PAGE_BYTES = 4096
_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


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
