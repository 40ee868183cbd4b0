"""Backups: a verified copy of a store, also beside a running bot; and a copy put in the place of a store.

A copy comes to be under a name of its own and gets its real one when it is whole, on disk and verified, so that a file
with a backup's name is a backup. The same holds for a store that is restored.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import aiosqlite

from bot.clock import to_ms
from bot.errors import StoreError, StoreLocked
from bot.store import migrate, restored
from bot.store.restored import MADE_AT, Restored
from bot.store.upkeep import folder_of

T = TypeVar("T")
Progress = Callable[[int, int], None]  # bytes written, bytes expected

BUSY_TIMEOUT_SECONDS = 30
IN_USE_TIMEOUT_SECONDS = 1  # how long other commands have to let go of a store that is replaced
LOOK_SECONDS = 0.05  # how often the size of a growing copy is looked at
WITH_WAL = ("", "-wal", "-shm")
COUNTED = ("article", "chat", "subscription", "delivery")


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was verified: where it lies, its size, and how many rows some of its tables have."""

    path: Path
    size_bytes: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Restoration:
    """A store that was put back, and where the one lies that had stood there; None: none had."""

    restored: Restored
    kept: Path | None


def nothing(_done: int, _expected: int) -> None:
    """For who does not watch."""


async def write(store: Path, target: Path, *, now: datetime, progress: Progress = nothing) -> Backup:
    """A copy of the store as it is at one moment, verified against that moment. Nothing waits for it for long.

    Raises StoreError when `target` is there already, when the store cannot be read, or when the copy is not sound.
    """
    if os.path.lexists(target):
        raise StoreError(f"{target} is there already and is left as it is: name another file")
    if migrate.is_missing(store):
        raise StoreError(f"there is no store at {store}")
    async with _under_another_name(target) as copy:
        with _explained(store, written=target):
            expected = await _vacuum(store, copy, progress)
        with _explained(copy):
            rows = await asyncio.to_thread(_seal, copy, expected, now)
        _give_name(copy, target)
    return Backup(target, target.stat().st_size, {table: rows[table] for table in COUNTED})


async def restore(source: Path, store: Path, *, now: datetime, progress: Progress = nothing) -> Restoration:
    """The copy in the place of the store, which is kept under another name. For who holds the store's lock.

    It sends nothing until someone resumes it (store.restored). Raises StoreError for a file that is no sound store of
    ours or is newer than this program, and when another command uses the store; then everything is as it was.
    """
    if migrate.is_missing(source, mend="name a backup"):
        raise StoreError(f"there is no backup at {source}")
    if store.exists() and source.samefile(store):
        raise StoreError(f"{source} is the store itself: name a backup")
    async with _under_another_name(store) as copy:
        await _growing(asyncio.to_thread(_copy, source, copy), copy, source.stat().st_size, progress)
        with _explained(source):
            made = await asyncio.to_thread(_make_restored, source, copy, now)
        _let_go(store)
        shutil.rmtree(folder_of(store), ignore_errors=True)  # the search index follows another store
        kept = _put_aside(store, now)
        _give_name(copy, store)
    return Restoration(made, kept)


def check(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError unless every page of the database is sound. Blocks, as long as reading it takes."""
    problems = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    if problems != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(" ".join(str(problem).split()) for problem in problems))


# Making a copy ------------------------------------------------------------------------------------------------------


async def _vacuum(store: Path, copy: Path, progress: Progress) -> dict[str, int]:
    """Copies the store, and counts the rows of the very moment that was copied."""
    async with _connected(store) as gate, _connected(store) as counting, _connected(store) as copying:
        size_bytes = await _pragma(copying, "page_count") * await _pragma(copying, "page_size")
        # Nobody commits between the beginning of the copy and that of the count; both go on with what they have seen.
        await gate.execute_fetchall("BEGIN IMMEDIATE")
        await counting.execute_fetchall("BEGIN")
        await counting.execute_fetchall("SELECT count(*) FROM sqlite_master")
        running = asyncio.ensure_future(copying.execute_fetchall("VACUUM INTO :copy", {"copy": str(copy)}))
        try:
            while not running.done() and not copy.stat().st_size:
                await asyncio.wait([running], timeout=0.001)
            await gate.execute_fetchall("ROLLBACK")
            tables = await counting.execute_fetchall(TABLES)
            rows = [await counting.execute_fetchall(_counting(table)) for (table,) in tables]
            await counting.execute_fetchall("COMMIT")
            await _growing(running, copy, size_bytes, progress)
        except BaseException:
            await copying.interrupt()
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()  # it was interrupted: the other error is the one to tell
            raise
        return {table: next(iter(found))[0] for (table,), found in zip(tables, rows, strict=True)}


TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"


def _counting(table: str) -> str:
    """A copy may say of itself when it was made; this is no row of the store."""
    return f'SELECT count(*) FROM "{table}"' + (f" WHERE key <> '{MADE_AT}'" if table == "setting" else "")


def _seal(copy: Path, expected: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Notes in the copy when it was made, and verifies it; the rows of its tables. On disk when it returns."""
    with closing(_open(copy)) as connection:
        connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (MADE_AT, str(to_ms(now))))
        check(connection)
        rows = {table: connection.execute(_counting(table)).fetchone()[0] for (table,) in connection.execute(TABLES)}
    if migrate.is_missing(copy) or rows != expected:
        raise StoreError(
            f"the copy is not what the store was at that moment ({_difference(rows, expected)}); try again"
        )
    _sync(copy)
    return rows


def _difference(rows: Mapping[str, int], expected: Mapping[str, int]) -> str:
    tables = sorted(table for table in {*rows, *expected} if rows.get(table) != expected.get(table))
    return ", ".join(f"{table}: {rows.get(table)} of {expected.get(table)} rows" for table in tables)


# Putting one back ---------------------------------------------------------------------------------------------------


def _copy(source: Path, copy: Path) -> None:
    """The file, and what SQLite had not folded into it where it is a store that was merely copied."""
    shutil.copyfile(source, copy)
    wal = source.with_name(source.name + "-wal")
    if wal.exists():
        shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))


def _make_restored(source: Path, copy: Path, now: datetime) -> Restored:
    """Verifies the copy, marks it as restored, and leaves it whole, on disk and ready for the bot."""
    with closing(_open(copy)) as connection:
        migrate.refuse_unknown(connection, source)
        check(connection)
        made = restored.mark(connection, now)
        connection.execute("PRAGMA journal_mode = WAL")
    _sync(copy)
    return made


def _let_go(store: Path) -> None:
    """Folds its WAL into the store. Raises StoreLocked while another process has it open: it would go on writing into
    the file that is put aside, and at its end delete the WAL of the new one."""
    if not store.exists():
        return
    try:
        with closing(_open(store, timeout=IN_USE_TIMEOUT_SECONDS)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise StoreLocked(f"another command uses the store {store}: wait until it has ended") from error
    except sqlite3.DatabaseError:
        return  # damaged: it is put aside as it is, with its WAL


def _put_aside(store: Path, now: datetime) -> Path | None:
    """Renames what stands in the store's place, with what belongs to it; the new name."""
    if not store.exists():
        return None
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    names = [f"{store.name}.before-restore-{stamp}{again}" for again in ("", *(f"-{n}" for n in range(2, 100)))]
    kept = next(store.with_name(name) for name in names if not os.path.lexists(store.with_name(name)))
    for ending in reversed(WITH_WAL):  # the store itself last
        with suppress(FileNotFoundError):
            store.with_name(store.name + ending).rename(kept.with_name(kept.name + ending))
    return kept


# Files --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _under_another_name(target: Path) -> AsyncIterator[Path]:
    """An empty file beside the target, readable by its owner alone, that is gone afterwards unless it was renamed."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.absolute().parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for ending in (*WITH_WAL, "-journal"):
            Path(name + ending).unlink(missing_ok=True)


def _give_name(copy: Path, target: Path) -> None:
    """Raises StoreError rather than overwrite what has come to stand there."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise StoreError(f"{target} is there already and is left as it is: name another file") from None
    copy.replace(target)
    _sync(target.absolute().parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _growing(work: Awaitable[T], copy: Path, size_bytes: int, progress: Progress) -> T:
    """The work's result; meanwhile says how far its file has grown."""
    running = asyncio.ensure_future(work)
    while True:
        progress(min(copy.stat().st_size, size_bytes), size_bytes)
        if running.done():
            return await running
        await asyncio.wait([running], timeout=LOOK_SECONDS)


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    connection = await aiosqlite.connect(
        migrate.uri(path, "rw"), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS
    )
    try:
        yield connection
    finally:
        await connection.close()


async def _pragma(connection: aiosqlite.Connection, name: str) -> int:
    return int(next(iter(await connection.execute_fetchall(f"PRAGMA {name}")))[0])


def _open(path: Path, *, timeout: float = BUSY_TIMEOUT_SECONDS) -> sqlite3.Connection:
    return sqlite3.connect(migrate.uri(path, "rw"), uri=True, isolation_level=None, timeout=timeout)


@contextmanager
def _explained(path: Path, *, written: Path | None = None) -> Iterator[None]:
    """Says SQLite's errors about this file as one sentence of ours; of a full disk where the other one is written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        is_full = written is not None and error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise StoreError(f"{written if is_full else path} cannot be used: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is damaged ({error}): nothing was changed") from error
