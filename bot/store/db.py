"""The database: one writer with group commit and several readers, on SQLite in WAL mode."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeAlias, TypeVar

import aiosqlite

from bot.clock import Clock, utcnow
from bot.errors import StoreError
from bot.store import migrate

T = TypeVar("T")
Row: TypeAlias = sqlite3.Row
Params: TypeAlias = Mapping[str, Any]

BUSY_TIMEOUT_SECONDS = 30  # the command line may be writing beside the bot
GROUP_LIMIT = 500  # works in one transaction; keeps the lock short for a process beside us


class Transaction:
    """A running transaction on the writer. Works await nothing but their transaction: no network inside a write."""

    def __init__(self, connection: aiosqlite.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def now(self) -> datetime:
        """The moment, by the store's clock."""
        return self._clock()

    async def execute(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of one statement (of RETURNING, too)."""
        return await _fetch(self._connection, sql, params)

    async def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        """One statement for each of the rows."""
        every = list(rows)
        try:
            await self._connection.executemany(sql, every)
        except UnicodeEncodeError:
            await self._connection.executemany(sql, [_storable(row) for row in every])

    async def read(self, sql: str, params: Params | None = None) -> list[Row]:
        """The same as execute: a part of a transaction reads what the transaction has written."""
        return await self.execute(sql, params)

    async def read_one(self, sql: str, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        rows = await self.execute(sql, params)
        return rows[0] if rows else None

    async def write(self, work: "Work[T]") -> T:
        """The work, done as a part of this transaction."""
        return await work(self)


Work: TypeAlias = Callable[[Transaction], Awaitable[T]]


@dataclass(slots=True, eq=False)
class _Job:
    """A work that waits for the writer, and what came of it."""

    work: Work[Any]
    done: asyncio.Future[Any]
    is_one_statement: bool  # which SQLite undoes by itself when it fails
    result: Any = None

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # seen: nobody may be waiting any more

    def succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(self.result)


class Database:
    """An open store. Use `await Database.open(path)`, and `close()` at the end: its threads keep a process alive."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._connections: list[aiosqlite.Connection] = []
        self._idle: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, clock: Clock = utcnow, readers: int = 3, read_only: bool = False) -> Self:
        """The store at `path`, made or migrated as needed. Raises StoreError for a file that cannot be used.

        With `read_only` nothing is made, migrated or written, and `write` is refused.
        """
        await asyncio.to_thread(migrate.prepare, path, read_only=read_only, now=clock())
        db = cls(path, clock)
        try:
            if not read_only:
                connection = await db._connect("rw")
                await connection.execute_fetchall("PRAGMA synchronous = FULL")
                await connection.execute_fetchall("PRAGMA foreign_keys = ON")
                db._writer = asyncio.create_task(db._write_groups(connection), name="store writer")
            for _ in range(readers):
                db._idle.put_nowait(await db._connect("ro"))
        except sqlite3.Error as error:
            await db.close()
            raise StoreError(f"the store {path} cannot be opened: {error}") from error
        except BaseException:
            await db.close()
            raise
        return db

    async def _connect(self, mode: str) -> aiosqlite.Connection:
        uri = migrate.uri(self.path, mode)
        connection = await aiosqlite.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
        connection.row_factory = sqlite3.Row
        self._connections.append(connection)
        return connection

    def now(self) -> datetime:
        """The moment, by the store's clock."""
        return self._clock()

    async def read(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of a query, on a reader: it waits for no writer and sees every write that has returned."""
        if self._closed:
            raise StoreError(f"the store {self.path} is closed")
        connection = await self._idle.get()
        try:
            return await _fetch(connection, sql, params)
        finally:
            self._idle.put_nowait(connection)

    async def read_one(self, sql: str, params: Params | None = None) -> Row | None:
        """The first row of a query, or None."""
        rows = await self.read(sql, params)
        return rows[0] if rows else None

    async def execute(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of one writing statement, in a transaction of its own."""
        return await self._hand_over(lambda tx: tx.execute(sql, params), is_one_statement=True)

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is committed and synced to disk.

        Works that wait together share a transaction; one that raises fails alone and leaves no trace. A work that was
        handed over is done even when its caller is cancelled meanwhile.
        """
        return await self._hand_over(work, is_one_statement=False)

    async def _hand_over(self, work: Work[T], *, is_one_statement: bool) -> T:
        if self._writer is None:
            raise StoreError(f"the store {self.path} is open for reading only")
        if asyncio.current_task() is self._writer:
            raise RuntimeError("a work must pass its transaction on, not the database: it would wait for itself")
        if self._closed or self._writer.done():
            raise StoreError(f"the store {self.path} is closed")
        job = _Job(work, asyncio.get_running_loop().create_future(), is_one_statement)
        self._jobs.put_nowait(job)
        result: T = await job.done
        return result

    async def close(self) -> None:
        """Every work that waits is done, then every connection is closed."""
        if not self._closed:
            self._closed = True
            self._jobs.put_nowait(None)
        if self._writer is not None:
            await asyncio.wait([self._writer])
        connections, self._connections = self._connections, []
        for connection in reversed(connections):  # the writer last: it folds the WAL back into the file
            await connection.close()

    async def _write_groups(self, connection: aiosqlite.Connection) -> None:
        """The writer's life: take what waits, commit it together, again."""
        tx = Transaction(connection, self._clock)
        jobs: list[_Job] = []
        try:
            while (first := await self._jobs.get()) is not None:
                jobs = [first]
                while len(jobs) < GROUP_LIMIT and not self._jobs.empty():
                    job = self._jobs.get_nowait()
                    if job is None:
                        self._jobs.put_nowait(None)
                        break
                    jobs.append(job)
                await _commit(connection, tx, jobs)
        finally:
            while not self._jobs.empty():
                if (job := self._jobs.get_nowait()) is not None:
                    jobs.append(job)
            for job in jobs:
                job.fail(StoreError(f"the store {self.path} was closed before this was written"))


Store: TypeAlias = Database | Transaction


async def _commit(connection: aiosqlite.Connection, tx: Transaction, jobs: list[_Job]) -> None:
    """All jobs in one transaction; each is told what came of it after the commit."""
    try:
        await connection.execute_fetchall("BEGIN IMMEDIATE")
        if len(jobs) == 1:
            jobs[0].result = await jobs[0].work(tx)
        else:
            for job in jobs:
                await _attempt(connection, tx, job)
        await connection.execute_fetchall("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # the error that matters is the first one
                await connection.execute_fetchall("ROLLBACK")
        if _stops_the_writer(error):
            raise
        for job in jobs:
            job.fail(error)
    for job in jobs:
        job.succeed()  # but for those that were told of a failure


async def _attempt(connection: aiosqlite.Connection, tx: Transaction, job: _Job) -> None:
    """The job, in a savepoint: if it fails it leaves no trace, and the others of its group go on."""
    if not job.is_one_statement:
        await connection.execute_fetchall("SAVEPOINT job")
    try:
        job.result = await job.work(tx)
    except BaseException as error:
        if _stops_the_writer(error) or not connection.in_transaction:  # a full disk ends the whole transaction
            raise
        if not job.is_one_statement:
            await connection.execute_fetchall("ROLLBACK TO job")
        job.fail(error)
    if not job.is_one_statement:
        await connection.execute_fetchall("RELEASE job")


def _stops_the_writer(error: BaseException) -> bool:
    """Whether the writer itself is told to stop, rather than a work having failed (or cancelled itself)."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError):
        return task is not None and task.cancelling() > 0
    return not isinstance(error, Exception)


async def _fetch(connection: aiosqlite.Connection, sql: str, params: Params | None) -> list[Row]:
    try:
        return list(await connection.execute_fetchall(sql, params))
    except UnicodeEncodeError:  # half a surrogate pair in what a stranger wrote
        return list(await connection.execute_fetchall(sql, _storable(params or {})))


def _storable(params: Params) -> dict[str, Any]:
    """The same parameters; what cannot be written as UTF-8 has become a question mark."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in params.items()
    }
