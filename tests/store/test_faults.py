"""A store notices what keeps it from working, and that it works again."""

import sqlite3
from pathlib import Path

import pytest

from bot.errors import StoreFault
from bot.store import faults, settings
from bot.store.db import Database
from tests.faults import fill_disk, locked, make_room, spoil, wait_for_locks
from tests.store.samples import add_article


async def kept(db: Database, key: str) -> str:
    await settings.put(db, key, "b")
    return key


async def test_a_full_disk_is_noticed_and_gone_when_there_is_room(db: Database) -> None:
    await fill_disk(db)
    with pytest.raises(sqlite3.OperationalError, match="full") as error:
        await settings.put(db, "a", "b")
    assert StoreFault.of(error.value) is StoreFault.FULL
    assert await faults.probe(db) is StoreFault.FULL
    assert await db.read("SELECT key FROM setting") == []
    await make_room(db)
    assert await faults.probe(db) is None
    assert await faults.probe(db) is None
    assert await db.read("SELECT key FROM setting") == []


async def test_a_little_room_is_not_taken_for_enough(db: Database) -> None:
    """A row more in a page that is there already says nothing about the disk."""
    await fill_disk(db)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await settings.put(db, "a", "b")
    for row in await db.read("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'full%'"):
        await db.execute(f"DROP TRIGGER {row['name']}")
    await settings.put(db, "a", "b")
    assert await faults.probe(db) is StoreFault.FULL


async def test_a_lock_that_another_process_keeps_is_noticed_also_when_nobody_waited_so_long(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "PATIENCE_SECONDS", 0.05)
    await wait_for_locks(db, 300)
    with locked(db.path):
        assert await faults.attempt(db, lambda: kept(db, "a")) is None
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await settings.put(db, "c", "d")
        assert db.fault is StoreFault.LOCKED
        assert await faults.attempt(db, lambda: settings.secret(db)) is None
        assert await settings.get(db, "a") is None, "reads go on"
    assert await faults.probe(db) is None
    assert await faults.attempt(db, lambda: settings.secret(db)) == await settings.secret(db)


async def test_a_write_that_nobody_waited_for_is_done_all_the_same(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "PATIENCE_SECONDS", 0.05)
    with locked(db.path):
        assert await faults.attempt(db, lambda: kept(db, "a")) is None
    await settings.put(db, "c", "d")
    assert await settings.get(db, "a") == "b"
    assert db.fault is None


async def test_an_error_that_is_no_fault_of_the_store_stays_an_error(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await faults.attempt(db, lambda: db.execute("INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.IntegrityError):
        await db.execute("INSERT INTO setting (key, value) VALUES ('a', 'x'), ('a', 'y')")
    assert db.fault is None


async def reading(path: Path, sql: str) -> tuple[str, StoreFault | None, StoreFault | None]:
    """The error of a query, the fault that was noted then, and what a look at every page finds."""
    db = await Database.open(path)
    try:
        await db.read(sql)
    except sqlite3.DatabaseError as error:
        return str(error), db.fault, await faults.probe(db)
    else:
        return "", db.fault, await faults.check(db)
    finally:
        await db.close()


async def test_a_page_of_rubbish_is_found_by_reading_it_and_by_looking_for_it(db: Database) -> None:
    await add_article(db, "Broken", body="m4rker" * 5000)
    await db.close()
    spoil(db.path, b"m4rkerm4rker")
    damaged = StoreFault.DAMAGED
    assert await reading(db.path, "SELECT body FROM article") == ("database disk image is malformed", damaged, damaged)
    assert await reading(db.path, "SELECT title FROM article") == ("", None, damaged)


async def test_a_check_that_sqlite_itself_cannot_finish_is_a_finding(db: Database) -> None:
    """quick_check raises when it cannot even read the list of tables."""
    await db.close()
    late = await Database.open(db.path)
    try:
        with db.path.open("r+b") as file:
            file.seek(100)
            file.write(b"\xee" * 3900)
        for reader in late._connections[1:]:
            await reader.execute_fetchall("PRAGMA shrink_memory")  # it has read this page before
        assert await faults.check(late) is StoreFault.DAMAGED
    finally:
        await late.close()


async def test_that_a_write_works_does_not_mend_a_damaged_store(db: Database) -> None:
    db.is_faulty(StoreFault.DAMAGED, "a page")
    await settings.put(db, "a", "b")
    assert db.fault is StoreFault.DAMAGED
    assert await faults.probe(db) is None, "but a look at every page that finds nothing does"


async def test_a_sound_store_passes(db: Database) -> None:
    await add_article(db)
    assert await faults.check(db) is None
    assert await faults.probe(db) is None
