"""The schema: recognises our files, refuses others and leaves them alone, applies numbered migrations."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

from bot.clock import to_ms
from bot.errors import StoreError

APPLICATION_ID = 0x50617062  # "Papb", in the file's header: https://www.sqlite.org/fileformat.html#application_id
MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100
BUSY_TIMEOUT_SECONDS = 30

LEDGER = """
CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL, such as 0001_start.sql."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What a store remembers of the file."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def uri(path: Path, mode: str) -> str:
    """The file as a URI for sqlite3; mode is ro, rw or rwc."""
    return f"{path.absolute().as_uri()}?mode={mode}"


def released() -> list[Migration]:
    """Every migration of this program, in order."""
    folder = resources.files("bot.store") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    # Universal newlines: a checkout on Windows has the same checksums.
    return [Migration(int(file.name[:4]), file.name, file.read_text(encoding="utf-8")) for file in files]


def prepare(path: Path, *, read_only: bool, now: datetime, migrations: list[Migration] | None = None) -> None:
    """A store at `path` with the whole schema. Blocks; raises StoreError, and then the file is as it was.

    With `read_only` the store must be there and complete.
    """
    known = released() if migrations is None else migrations
    is_new = is_missing(path)
    if is_new and read_only:
        raise StoreError(f"there is no store at {path}: start the bot or import something first")
    try:
        if not is_new:
            with closing(_connect(path, "ro")) as connection:
                missing = _missing(connection, path, known)
            if not missing:
                return
            if read_only:
                raise StoreError(f"the store {path} is older than this program: run `paperboy migrate` first")
        with closing(_connect(path, "rwc")) as connection:
            _create(connection)
            for migration in known:
                _apply(connection, path, migration, known, now)
    except sqlite3.OperationalError as error:
        raise StoreError(f"the store {path} cannot be opened: {error}; is its folder there, and writable?") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"the store {path} is damaged ({error}): restore a backup") from error


def applied(path: Path) -> list[tuple[int, str]]:
    """The migrations that the store at `path` has, as (number, name)."""
    with closing(_connect(path, "ro")) as connection:
        return [(row[0], row[1]) for row in connection.execute("SELECT number, name FROM migration ORDER BY number")]


def refuse_unknown(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreError when the store is newer than this program, or made from other migrations."""
    _missing(connection, path, released())


def is_missing(path: Path, *, mend: str = "name another file in store.url") -> bool:
    """Whether a new store may be made at `path`. Raises StoreError for what is there and not ours; only reads."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise StoreError(f"the store {path} cannot be made: there is no folder {path.parent}") from None
        return True
    except OSError as error:
        raise StoreError(f"the store {path} cannot be read: {error.strerror}") from error
    if not header:
        return True
    if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
        raise StoreError(f"{path} is not a Paperboy store but some other kind of file: {mend}")
    if int.from_bytes(header[68:72]) != APPLICATION_ID:
        raise StoreError(f"{path} is the SQLite database of another program: {mend}")
    page_size = int.from_bytes(header[16:18])
    expected = int.from_bytes(header[28:32]) * (65536 if page_size == 1 else page_size)
    # With a WAL beside it SQLite mends a file that is short; without one it has been cut off.
    if path.stat().st_size < expected and not path.with_name(path.name + "-wal").exists():
        raise StoreError(f"the store {path} is damaged (its end is missing): restore a backup")
    return False


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(uri(path, mode), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)


def _create(connection: sqlite3.Connection) -> None:
    """Marks the file as ours before all else, so that one whose making was cut short is recognised."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")


def _missing(connection: sqlite3.Connection, path: Path, known: list[Migration]) -> list[Migration]:
    """What the store still needs. Raises StoreError when it is newer than this program or made from other files."""
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migration'").fetchone()[0] == 0:
        return known
    rows = connection.execute("SELECT number, name, checksum FROM migration ORDER BY number").fetchall()
    by_number = {migration.number: migration for migration in known}
    for number, name, checksum in rows:
        if number not in by_number:
            raise StoreError(
                f"the store {path} was made by a newer Paperboy (it has migration {name}, this program ends at "
                f"{max(by_number, default=0)}): upgrade this program"
            )
        if by_number[number].checksum != checksum:
            raise StoreError(
                f"the store {path} was made with another {name} than this program's: install the release it came from"
            )
    done = {row[0] for row in rows}
    return [migration for migration in known if migration.number not in done]


def _apply(
    connection: sqlite3.Connection, path: Path, migration: Migration, known: list[Migration], now: datetime
) -> None:
    """One migration in one transaction, unless another process was quicker."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(LEDGER)
        if migration in _missing(connection, path, known):
            for statement in statements(migration.sql):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO migration (number, name, checksum, applied_at) VALUES (:number, :name, :checksum, :now)",
                {
                    "number": migration.number,
                    "name": migration.name,
                    "checksum": migration.checksum,
                    "now": to_ms(now),
                },
            )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(sql: str) -> list[str]:
    """The statements of a script, triggers whole. (executescript would commit the transaction first.)"""
    found, current = [], ""
    for line in sql.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return found
