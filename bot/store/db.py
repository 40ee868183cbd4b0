"""The database: one writer with group commit and several readers, on SQLite in WAL mode.

What waits together goes to a connection's thread together: the way there and back costs more than most queries.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeAlias, TypeVar

import aiosqlite

from bot.clock import Clock, utcnow
from bot.errors import StoreError, StoreFault
from bot.store import migrate

T = TypeVar("T")
Row: TypeAlias = sqlite3.Row
Params: TypeAlias = Mapping[str, Any]

log = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30  # the command line may be writing beside the bot
CACHE_KIB = 16_000  # of the writer: what a chunk of a plan touches is written once
GROUP_LIMIT = 500  # works in one transaction; keeps the lock short for a process beside us
READER_PATIENCE_SECONDS = 0.005  # then another reader takes up what waits
READ_GROUP_LIMIT = 32  # queries at once on one reader: the last of them waits for them all


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of SQL with its parameters."""

    sql: str
    params: Params | None = None

    @property
    def key(self) -> object:
        """The same for the same statement with the same parameters."""
        return self.sql, *(self.params or {}).items()


class Connection(aiosqlite.Connection):
    """aiosqlite's, which also runs several things on its thread at once."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returns or raises, done on the connection's thread."""
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return result

    async def fetch(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of one statement."""
        return await self.run(lambda connection: _fetch(connection, Statement(sql, params)))


class Transaction:
    """A running transaction on the writer. Every other write waits for the work: no network inside, nothing long."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def now(self) -> datetime:
        """The moment, by the store's clock."""
        return self._clock()

    async def execute(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of one statement (of RETURNING, too)."""
        return await self._connection.fetch(sql, params)

    async def execute_all(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """The rows of each of the statements, which go to the connection's thread together."""
        return await self._connection.run(lambda raw: [_fetch(raw, statement) for statement in statements])

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
    """A work, a statement or a query that waits for a connection, and what came of it."""

    work: Work[Any] | Statement  # SQLite undoes a single statement by itself when it fails
    done: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Whoever waits learns what came of it; nobody may be waiting any more."""
        if self.done.done():
            return
        if self.error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(self.error)
            self.done.exception()  # seen


class Database:
    """An open store. Use `await Database.open(path)`, and `close()` at the end: its threads keep a process alive."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.fault: StoreFault | None = None  # from the first error until store.faults.probe finds it gone
        self._clock = clock
        self._connections: list[Connection] = []
        self._queries: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._turn = asyncio.Lock()  # whose the next queries are
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
                await connection.fetch("PRAGMA synchronous = FULL")
                await connection.fetch("PRAGMA foreign_keys = ON")
                await connection.fetch(f"PRAGMA cache_size = -{CACHE_KIB}")
                db._writer = asyncio.create_task(db._write_groups(connection), name="store writer")
            for number in range(readers):
                work = db._read_groups(await db._connect("ro"))
                db._readers.append(asyncio.create_task(work, name=f"store reader {number}"))
        except sqlite3.Error as error:
            await db.close()
            raise StoreError(f"the store {path} cannot be opened: {error}") from error
        except BaseException:
            await db.close()
            raise
        return db

    async def _connect(self, mode: str) -> Connection:
        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                migrate.uri(self.path, mode), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS
            )

        connection = Connection(connect, iter_chunk_size=64)
        await connection
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
        job = _Job(Statement(sql, params), asyncio.get_running_loop().create_future())
        self._queries.put_nowait(job)
        rows: list[Row] = await job.done
        return rows

    async def read_one(self, sql: str, params: Params | None = None) -> Row | None:
        """The first row of a query, or None."""
        rows = await self.read(sql, params)
        return rows[0] if rows else None

    async def execute(self, sql: str, params: Params | None = None) -> list[Row]:
        """The rows of one writing statement, in a transaction of its own."""
        rows: list[Row] = await self._hand_over(Statement(sql, params))
        return rows

    async def write(self, work: Work[T]) -> T:
        """What the work returns, once it is committed and synced to disk.

        Works that wait together share a transaction; one that raises fails alone and leaves no trace. A work that was
        handed over is done even when its caller is cancelled meanwhile.
        """
        result: T = await self._hand_over(work)
        return result

    async def _hand_over(self, work: Work[Any] | Statement) -> Any:  # noqa: ANN401 - what the work returns
        if self._writer is None:
            raise StoreError(f"the store {self.path} is open for reading only")
        if asyncio.current_task() is self._writer:
            raise RuntimeError("a work must pass its transaction on, not the database: it would wait for itself")
        if self._closed or self._writer.done():
            raise StoreError(f"the store {self.path} is closed")
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.put_nowait(job)
        return await job.done

    def _judge(self, error: BaseException | None) -> None:
        fault = None if error is None else StoreFault.of(error)
        if fault is not None:
            self.is_faulty(fault, str(error))

    def is_faulty(self, fault: StoreFault, why: str) -> None:
        """From now on the store has this fault; damage outweighs all others."""
        if self.fault not in (fault, StoreFault.DAMAGED):
            log.error("store fault: fault=%s error=%s", fault, why)
            self.fault = fault

    def works(self) -> None:
        """The store was tried, and has no fault any more."""
        log.info("store works again: fault was=%s", self.fault)
        self.fault = None

    async def close(self) -> None:
        """Every work and query that waits is done, then every connection is closed."""
        if not self._closed:
            self._closed = True
            self._jobs.put_nowait(None)
            for _ in self._readers:
                self._queries.put_nowait(None)
        tasks = [task for task in (self._writer, *self._readers) if task is not None]
        if tasks:
            await asyncio.wait(tasks)
        connections, self._connections = self._connections, []
        for connection in reversed(connections):  # the writer last: it folds the WAL back into the file
            await connection.close()

    async def _write_groups(self, connection: Connection) -> None:
        """The writer's life: take what waits, commit it together, again."""
        tx = Transaction(connection, self._clock)
        jobs: list[_Job] = []
        try:
            while jobs := await _waiting(self._jobs, GROUP_LIMIT):
                await _commit(connection, tx, jobs)
                self._tell(jobs)
        finally:
            while not self._jobs.empty():
                if (job := self._jobs.get_nowait()) is not None:
                    jobs.append(job)
            self._give_up(jobs)

    async def _read_groups(self, connection: Connection) -> None:
        """A reader's life: take what waits, read it together, again.

        One reads at a time, so that much is read together; when that takes long, the next reader goes on meanwhile.
        """
        jobs: list[_Job] = []
        try:
            while True:
                async with self._turn:
                    if not (jobs := await _waiting(self._queries, READ_GROUP_LIMIT)):
                        return
                    reading = asyncio.create_task(_read(connection, jobs))
                    await asyncio.wait([reading], timeout=READER_PATIENCE_SECONDS)
                await reading
                self._tell(jobs)
        finally:  # each leaves the rest to the others, and the last one has left nothing
            self._give_up(jobs)

    def _tell(self, jobs: list[_Job]) -> None:
        for job in jobs:
            self._judge(job.error)
        for job in jobs:  # who learns of a fault finds it noted
            job.tell()

    def _give_up(self, jobs: list[_Job]) -> None:
        for job in jobs:
            job.error = StoreError(f"the store {self.path} was closed before this was done")
            job.tell()


Store: TypeAlias = Database | Transaction


async def _waiting(queue: asyncio.Queue[_Job | None], limit: int) -> list[_Job]:
    """What waits there, at least one and at most `limit`; nothing once the queue has ended."""
    jobs: list[_Job] = []
    job = await queue.get()
    while job is not None:
        jobs.append(job)
        if len(jobs) == limit or queue.empty():
            return jobs
        job = queue.get_nowait()
    if jobs:
        queue.put_nowait(None)
    return jobs


async def _read(connection: Connection, jobs: list[_Job]) -> None:
    """All queries, one after another, each with its rows or its own error. Who asks the same shares the answer."""
    same: dict[object, list[_Job]] = {}
    statements: list[Statement] = []
    for job in jobs:
        assert isinstance(job.work, Statement)
        if job.work.key not in same:
            statements.append(job.work)
        same.setdefault(job.work.key, []).append(job)
    try:
        results = await connection.run(lambda raw: _fetch_each(raw, statements))
        for sharing, result in zip(same.values(), results, strict=True):
            _note(sharing, [result] * len(sharing))
    except (sqlite3.Error, ValueError) as error:  # the connection is closed
        for job in jobs:
            job.error = error


async def _commit(connection: Connection, tx: Transaction, jobs: list[_Job]) -> None:
    """All jobs in one transaction."""
    statements = [job.work for job in jobs if isinstance(job.work, Statement)]
    try:
        if len(statements) == len(jobs):
            _note(jobs, await connection.run(lambda raw: _commit_statements(raw, statements)))
            return
        await connection.fetch("BEGIN IMMEDIATE")
        for job in jobs:
            if len(jobs) == 1 and not isinstance(job.work, Statement):
                job.result = await job.work(tx)
            else:
                await _attempt(connection, tx, job)
        await connection.fetch("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # the error that matters is the first one
                await connection.fetch("ROLLBACK")
        if _stops_the_writer(error):
            raise
        for job in jobs:
            job.error = job.error or error


async def _attempt(connection: Connection, tx: Transaction, job: _Job) -> None:
    """The job, in a savepoint: if it fails it leaves no trace, and the others of its group go on."""
    if isinstance(job.work, Statement):
        try:
            job.result = await connection.fetch(job.work.sql, job.work.params)
        except Exception as error:  # also what no column can hold, which is no error of SQLite's
            if not connection.in_transaction:  # a full disk ends the whole transaction
                raise
            job.error = error
        return
    await connection.fetch("SAVEPOINT job")
    try:
        job.result = await job.work(tx)
    except BaseException as error:
        if _stops_the_writer(error) or not connection.in_transaction:
            raise
        await connection.fetch("ROLLBACK TO job")
        job.error = error
    await connection.fetch("RELEASE job")


def _commit_statements(connection: sqlite3.Connection, statements: Sequence[Statement]) -> list[list[Row] | Exception]:
    """The statements in one transaction, on the connection's thread."""
    connection.execute("BEGIN IMMEDIATE")
    results = _fetch_each(connection, statements)
    connection.execute("COMMIT")
    return results


def _fetch_each(connection: sqlite3.Connection, statements: Sequence[Statement]) -> list[list[Row] | Exception]:
    """The rows of each statement, or its error; an error that ends a transaction under way is raised."""
    results: list[list[Row] | Exception] = []
    was_in_transaction = connection.in_transaction
    for statement in statements:
        try:
            results.append(_fetch(connection, statement))
        except Exception as error:  # told to who asked
            if was_in_transaction and not connection.in_transaction:
                raise
            results.append(error)
    return results


def _note(jobs: Sequence[_Job], results: Sequence[list[Row] | Exception]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if isinstance(result, Exception):
            job.error = result
        else:
            job.result = result


def _stops_the_writer(error: BaseException) -> bool:
    """Whether the writer itself is told to stop, rather than a work having failed (or cancelled itself)."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError):
        return task is not None and task.cancelling() > 0
    return not isinstance(error, Exception)


def _fetch(connection: sqlite3.Connection, statement: Statement) -> list[Row]:
    params = statement.params or {}
    try:
        return connection.execute(statement.sql, params).fetchall()
    except UnicodeEncodeError:  # half a surrogate pair in what a stranger wrote
        return connection.execute(statement.sql, _storable(params)).fetchall()


def _storable(params: Params) -> dict[str, Any]:
    """The same parameters; what cannot be written as UTF-8 has become a question mark."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in params.items()
    }
