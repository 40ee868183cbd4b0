"""Backups are whole, verified and never in anyone's way; a restored store sends nothing until it is told to."""

import asyncio
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError, StoreLocked
from bot.model import NoticeKind, Role
from bot.store import backup, deliveries, feeds, maintainers, migrate, notices, outbox, plans, restored, settings
from bot.store.db import Database, Transaction
from tests.clock import START, HandClock
from tests.store.samples import add_article, subscribe

PAGE_BYTES = 4096


async def fill(db: Database, count: int = 30) -> None:
    await subscribe(db)
    for number in range(count):
        await add_article(db, f"Story {number}", announce=True, body="<p>text</p>" * 200)
        await plans.plan_article(db, number + 1, number + 1)


def titles(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT title FROM article ORDER BY id")]


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def scribble(path: Path, pages: range) -> None:
    """Rubbish over pages, as a bad disk leaves it."""
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE_BYTES)
            file.write(b"\xa5" * PAGE_BYTES)


async def test_a_backup_beside_an_open_store_holds_everything_in_one_file(db: Database, tmp_path: Path) -> None:
    await fill(db)
    seen: list[tuple[int, int]] = []
    target = tmp_path / "safe.db"
    made = await backup.write(db.path, target, now=START, progress=lambda done, of: seen.append((done, of)))
    assert seen
    assert (made.path, made.size_bytes) == (target, target.stat().st_size)
    assert made.rows == {"article": 30, "chat": 1, "subscription": 1, "delivery": 30}
    assert titles(target) == [f"Story {number}" for number in range(30)]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600, "it holds who reads what"
    assert sorted(file.name for file in tmp_path.iterdir() if not file.name.startswith("paperboy.db")) == ["safe.db"]
    assert all(0 <= done <= of for done, of in seen)
    copy = await Database.open(target, read_only=True)
    assert (await outbox.counts(copy)).pending == 30
    await copy.close()


@pytest.mark.parametrize("make", [lambda path: path.write_text("mine"), lambda path: path.symlink_to("nowhere")])
async def test_a_backup_overwrites_nothing(db: Database, tmp_path: Path, make: Callable[[Path], None]) -> None:
    target = tmp_path / "safe.db"
    make(target)
    with pytest.raises(StoreError, match="is there already and is left as it is"):
        await backup.write(db.path, target, now=START)
    assert target.is_symlink() or target.read_text() == "mine"


async def test_a_file_that_appears_meanwhile_is_not_overwritten_either(db: Database, tmp_path: Path) -> None:
    await fill(db)
    target = tmp_path / "safe.db"
    with pytest.raises(StoreError, match="is there already"):
        await backup.write(db.path, target, now=START, progress=lambda *_: target.touch())
    assert target.read_bytes() == b""
    assert list(tmp_path.glob("*.part*")) == []


async def test_a_backup_while_the_bot_writes_is_of_one_moment_and_keeps_no_write_waiting(tmp_path: Path) -> None:
    """The last write that had returned when the backup began is in it, and of each transaction all or nothing."""
    db = await Database.open(tmp_path / "a.db")
    await db.execute("CREATE TABLE ballast (data BLOB) STRICT")
    await db.execute(
        """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
           INSERT INTO ballast SELECT randomblob(4000) FROM n"""
    )
    written = 0

    async def pair(tx: Transaction) -> None:
        for half in "ab":
            await tx.execute("INSERT INTO setting (key, value) VALUES (:key, '')", {"key": f"{half}{written:06}"})

    async def go_on() -> None:
        nonlocal written
        while True:
            await db.write(pair)
            written += 1

    writing = asyncio.create_task(go_on())
    await asyncio.sleep(0.05)
    before = written
    seen: list[tuple[int, int]] = []
    await backup.write(db.path, tmp_path / "safe.db", now=START, progress=lambda done, of: seen.append((done, of)))
    after = written
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await db.close()
    with closing(sqlite3.connect(tmp_path / "safe.db")) as copy:
        halves = dict(copy.execute("SELECT substr(key, 1, 1), count(*) FROM setting WHERE value = '' GROUP BY 1"))
    assert halves["a"] == halves["b"] >= before
    assert after - before >= 3, "writes went on while the copy grew"
    assert any(0 < done < of for done, of in seen)


async def test_a_backup_that_is_given_up_leaves_nothing_behind(db: Database, tmp_path: Path) -> None:
    await fill(db, 200)
    started = asyncio.Event()
    running = asyncio.create_task(
        backup.write(db.path, tmp_path / "safe.db", now=START, progress=lambda *_: started.set())
    )
    while not list(tmp_path.glob("safe.db.*.part")):
        await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert list(tmp_path.glob("safe.db*")) == []
    await settings.put(db, "a", "b")


async def test_a_copy_that_is_not_what_the_store_was_becomes_no_backup(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk had not kept what was written to it."""
    await fill(db)
    seal = backup._seal

    def lossy(copy: Path, *rest: object) -> object:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("DELETE FROM delivery WHERE id = 1")
        return seal(copy, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "_seal", lossy)
    with pytest.raises(StoreError, match="delivery: 29 of 30 rows"):
        await backup.write(db.path, tmp_path / "safe.db", now=START)
    assert list(tmp_path.glob("safe.db*")) == []


async def test_a_damaged_store_gives_no_backup(db: Database, tmp_path: Path) -> None:
    await fill(db)
    await db.close()
    scribble(db.path, range(20, 60))
    with pytest.raises(StoreError, match="is damaged"):
        await backup.write(db.path, tmp_path / "safe.db", now=START)
    assert list(tmp_path.glob("safe.db*")) == []


async def test_a_folder_that_is_not_there_is_one_sentence(db: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"safe.db cannot be written: No such file"):
        await backup.write(db.path, tmp_path / "nowhere" / "safe.db", now=START)


# Restoring ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def safe(db: Database, tmp_path: Path) -> Path:
    """A backup of a filled store, which is closed."""
    await fill(db)
    await settings.heartbeat(db)
    target = tmp_path / "safe.db"
    await backup.write(db.path, target, now=START)
    await add_article(db, "After the backup")
    await db.close()
    return target


async def test_a_restored_store_has_what_the_backup_has_and_the_other_is_kept(db: Database, safe: Path) -> None:
    later = START + timedelta(days=3)
    before = digest_of(safe)
    done = await backup.restore(safe, db.path, now=later)
    assert (done.restored.made_at, done.restored.restored_at) == (START, later)
    assert done.kept == db.path.with_name("paperboy.db.before-restore-20261127T090000Z")
    assert len(titles(db.path)) == 30
    assert titles(done.kept)[-1] == "After the backup"
    assert digest_of(safe) == before
    again = await backup.restore(safe, db.path, now=later)
    assert again.kept == db.path.with_name("paperboy.db.before-restore-20261127T090000Z-2")
    assert titles(done.kept)[-1] == "After the backup", "an older one is not overwritten"


async def test_a_restored_store_says_so_has_no_sign_of_life_and_is_in_wal_mode(db: Database, safe: Path) -> None:
    await backup.restore(safe, db.path, now=START)
    store = await Database.open(db.path)
    assert await restored.find(store) == restored.Restored(START, START)
    assert await settings.heartbeat_at(store) is None
    assert [tuple(row) for row in await store.read("PRAGMA journal_mode")] == [("wal",)]
    assert await settings.get(store, restored.MADE_AT) is None
    await store.close()


async def test_a_backup_is_restored_where_no_store_was(safe: Path, tmp_path: Path) -> None:
    done = await backup.restore(safe, tmp_path / "new.db", now=START)
    assert done.kept is None
    assert len(titles(tmp_path / "new.db")) == 30


async def test_a_store_that_was_merely_copied_is_taken_with_its_wal(db: Database, tmp_path: Path) -> None:
    """As operators did before there was a backup command, or found after a crash."""
    await fill(db, 3)
    await settings.heartbeat(db)
    plain = tmp_path / "plain.db"
    for ending in ("", "-wal"):
        shutil.copyfile(f"{db.path}{ending}", f"{plain}{ending}")
    await db.close()
    done = await backup.restore(plain, tmp_path / "new.db", now=START + timedelta(hours=1))
    assert len(titles(tmp_path / "new.db")) == 3
    assert done.restored.made_at == START, "when its bot last lived"


def text(path: Path) -> None:
    path.write_text("Dear diary, this is not a database.\n" * 10)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
        connection.commit()


def newer(path: Path) -> None:
    future = migrate.Migration(len(migrate.released()) + 1, "9999_future.sql", "CREATE TABLE future (id INTEGER);")
    path.unlink()
    migrate.prepare(path, read_only=False, now=START, migrations=[*migrate.released(), future])


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def a_bad_page(path: Path) -> None:
    scribble(path, range(12, 14))


def a_bad_header_of_the_schema(path: Path) -> None:
    """The kind of damage at which quick_check itself raises."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xee" * 3900)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (Path.unlink, "there is no backup at"),
        (text, "not a Paperboy store but some other kind of file: name a backup"),
        (foreign, "another program: name a backup"),
        (newer, "newer Paperboy"),
        (cut, "damaged"),
        (a_bad_page, "damaged"),
        (a_bad_header_of_the_schema, "damaged"),
    ],
)
async def test_what_is_no_sound_backup_of_ours_is_refused_and_the_store_stays(
    db: Database, safe: Path, spoil: Callable[[Path], None], says: str
) -> None:
    if spoil is foreign:
        safe.unlink()
    spoil(safe)
    before = digest_of(db.path)
    with pytest.raises(StoreError, match=says) as refusal:
        await backup.restore(safe, db.path, now=START)
    assert str(safe) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert digest_of(db.path) == before
    assert list(db.path.parent.glob("*.part*")) + list(db.path.parent.glob("*before-restore*")) == []


async def test_the_store_itself_is_no_backup(db: Database, safe: Path) -> None:
    with pytest.raises(StoreError, match="is the store itself"):
        await backup.restore(db.path, db.path, now=START)
    assert safe.exists()


async def test_a_damaged_store_is_put_aside_as_it_is(db: Database, safe: Path) -> None:
    scribble(db.path, range(1, 40))
    before = digest_of(db.path)
    done = await backup.restore(safe, db.path, now=START)
    assert done.kept is not None
    assert digest_of(done.kept) == before
    assert len(titles(db.path)) == 30


HOLD_OPEN = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM article").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


async def test_a_store_that_another_command_has_open_is_not_replaced(db: Database, safe: Path) -> None:
    """At its end that command would delete the WAL of the new store by its name."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, str(db.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked, match="another command uses the store"):
            await backup.restore(safe, db.path, now=START)
        other.kill()
    assert titles(db.path)[-1] == "After the backup"
    await backup.restore(safe, db.path, now=START)
    assert len(titles(db.path)) == 30


# The mark -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def held(db: Database, safe: Path, clock: HandClock) -> Database:
    """A store restored a day after its backup."""
    clock.move(days=1)
    await backup.restore(safe, db.path, now=clock())
    return await Database.open(db.path, clock=clock)


async def test_the_owners_alone_are_asked_and_nobody_is_told_anything_else(held: Database) -> None:
    for person, role in ((1, Role.OWNER), (2, Role.EDITOR)):
        await held.execute(
            """INSERT INTO chat (id, kind, title, language, state, started)
               VALUES (:id, 'private', '', '', 'active', 1)""",
            {"id": person},
        )
        await maintainers.add(held, person, role)
        await notices.add(held, person, NoticeKind.FEED_FAILING, {})
    assert await restored.ask(held)
    assert await restored.ask(held), "again at the next start, but not twice while it waits"
    assert [(notice.person_id, notice.kind) for notice in await notices.due(held, 9)] == [
        (1, NoticeKind.STORE_RESTORED)
    ]
    await restored.resume(held, drop=False)
    assert [notice.kind for notice in await notices.due(held, 9)] == [NoticeKind.FEED_FAILING] * 2
    assert not await restored.ask(held)
    await held.close()


async def test_resuming_keeps_what_is_due_and_happens_once(held: Database) -> None:
    await add_article(held, "Polled since", announce=True)
    assert await restored.due(held) == restored.Due(pushes=30, articles=1)
    assert await restored.resume(held, drop=False) == restored.Due(pushes=30, articles=1)
    assert await restored.resume(held, drop=True) is None
    assert (await outbox.counts(held)).pending == 30
    assert await restored.find(held) is None
    await held.close()


async def test_dropping_cancels_what_was_due_and_lets_nothing_announced_before_out(held: Database) -> None:
    old = await feeds.add(held, "https://example.org/old")
    read = await feeds.add(held, "https://example.org/read")
    for feed, moment in ((old, START), (read, held.now())):
        await held.execute(
            "UPDATE feed SET polled_at = :at WHERE id = :id", {"at": int(moment.timestamp() * 1000), "id": feed.id}
        )
    await add_article(held, "Polled since", announce=True)
    assert await restored.resume(held, drop=True) == restored.Due(pushes=30, articles=1)
    counts = await outbox.counts(held)
    assert (counts.pending, counts.cancelled) == (0, 30)
    assert {delivery.error for delivery in await deliveries.of_chat(held, -100)} == {"dropped"}
    assert await plans.plan_cursor(held) == 31
    assert [feed.polled_at is None for feed in await feeds.list(held)] == [True, False], "read since: its news are news"
    await held.close()
