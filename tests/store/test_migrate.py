"""Migrations: our files are recognised, others refused and left as they were."""

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import filters
from bot.errors import StoreError
from bot.model import Filter
from bot.store import migrate
from bot.store.db import Database
from tests.clock import START


def prepare(path: Path, **other: list[migrate.Migration] | None) -> None:
    migrate.prepare(path, read_only=False, now=START, **other)


def test_a_new_store_has_every_migration_and_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "a ?#%20.db"
    prepare(path)
    prepare(path)
    assert migrate.applied(path) == [(m.number, m.name) for m in migrate.released()]


def test_numbers_of_migrations_are_in_order_without_gaps() -> None:
    assert [migration.number for migration in migrate.released()] == list(range(1, len(migrate.released()) + 1))


def test_every_index_and_trigger_of_the_script_is_made(tmp_path: Path) -> None:
    prepare(tmp_path / "a.db")
    script = "".join(migration.sql for migration in migrate.released())
    made = set(re.findall(r"CREATE (?:UNIQUE )?(?:INDEX|TRIGGER) (\w+)", script))
    dropped = set(re.findall(r"DROP INDEX (\w+)", script))
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''")
        assert {name for (name,) in names} == made - dropped
        assert len(made) > 20
        tables = connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0"
        ).fetchall()
        assert [name for (name,) in tables if not name.startswith("sqlite_")] == []


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    prepare(tmp_path / "a.db")
    assert migrate.applied(tmp_path / "a.db") != []


def test_a_store_whose_making_was_cut_short_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate._create(connection)
    prepare(path)
    assert migrate.applied(path) != []


def text(path: Path) -> None:
    path.write_text("Dear diary, this is not a database.\n" * 10)


def short(path: Path) -> None:
    path.write_bytes(b"SQLite")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
        connection.commit()


def marked_by_another(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 252006673")
        connection.execute("CREATE TABLE migration (number INTEGER)")


def newer(path: Path) -> None:
    future = migrate.Migration(len(migrate.released()) + 1, "9999_future.sql", "CREATE TABLE future (id INTEGER);")
    prepare(path, migrations=[*migrate.released(), future])


def edited(path: Path) -> None:
    first, *others = migrate.released()
    prepare(path, migrations=[replace(first, sql=first.sql + "\n-- edited\n"), *others])


def cut(path: Path) -> None:
    prepare(path)
    os.truncate(path, path.stat().st_size // 2)


def scribbled(path: Path) -> None:
    prepare(path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xee" * 4000)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (text, "not a Paperboy store"),
        (short, "not a Paperboy store"),
        (foreign, "another program"),
        (marked_by_another, "another program"),
        (newer, "newer Paperboy"),
        (edited, "another 0001_start.sql"),
        (cut, "damaged"),
        (scribbled, "damaged"),
    ],
)
async def test_what_is_not_a_usable_store_is_refused_and_left_as_it_was(
    make: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=says) as refusal:
        await Database.open(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with pytest.raises(StoreError, match=says):
        await Database.open(path, read_only=True)
    assert path.read_bytes() == before


async def test_a_folder_or_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        await Database.open(tmp_path)
    with pytest.raises(StoreError, match="there is no folder"):
        await Database.open(tmp_path / "nowhere" / "a.db")


async def test_opening_for_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        await Database.open(tmp_path / "a.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_migration_that_fails_leaves_the_store_at_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    bad = migrate.Migration(len(migrate.released()) + 1, "0999_bad.sql", "CREATE TABLE half (id INTEGER);\nNONSENSE;\n")
    with pytest.raises(StoreError, match="NONSENSE"):
        prepare(path, migrations=[*migrate.released(), bad])
    assert migrate.applied(path) == [(m.number, m.name) for m in migrate.released()]
    prepare(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone()[0] == 0


def test_subscriptions_of_before_keep_their_filters_and_no_number_is_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    prepare(path, migrations=migrate.released()[:4])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO chat (id, kind, title, language, state) VALUES (-1, 'channel', '', '', 'active')"
        )
        for number, tags, key in ((1, [], []), (2, ["Tee", "Ä"], ["a", "tee"]), (3, ["x"], ["x"])):
            connection.execute(
                """INSERT INTO subscription (id, chat_id, topic_id, mode, times, weekdays, timezone, filter, filter_key,
                       started_seq, created_at) VALUES (?, -1, 0, 'instant', '["09:00"]', '[0]', 'UTC', ?, ?, 7, 1)""",
                (number, json.dumps(tags), json.dumps(key)),
            )
        connection.execute("DELETE FROM subscription WHERE id = 3")
        connection.execute('UPDATE subscription SET times = \'["07:05", "18:30"]\' WHERE id = 1')
        for subscription, slot in ((1, 1), (3, 1)):  # the second of its times; one that is gone
            connection.execute(
                "INSERT INTO digest_run (subscription_id, local_date, slot) VALUES (?, '2026-11-24', ?)",
                (subscription, slot),
            )
    prepare(path)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id, filter, filter_key, started_seq FROM subscription").fetchall()
        wanted = Filter(tags=("Tee", "Ä"))
        assert rows == [(1, "{}", "{}", 7), (2, filters.to_json(wanted), filters.key_of(wanted), 7)]
        assert connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'subscription'").fetchall() == [(3,)]
        slots = connection.execute("SELECT subscription_id, slot FROM digest_run ORDER BY id").fetchall()
        assert slots == [(1, 18 * 60 + 30), (3, 1)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_statements_keep_triggers_whole_and_comments_apart() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n    SELECT 1;\nEND;\n"
    sql = "-- first\nCREATE TABLE a (b INTEGER);  -- why\n\n" + trigger
    assert len(migrate.statements(sql)) == 2


async def test_the_connections_are_set_as_the_design_says(db: Database) -> None:
    async def pragmas(name: str) -> list[int | str]:
        return [next(iter(await c.execute_fetchall(f"PRAGMA {name}")))[0] for c in db._connections]

    assert await pragmas("journal_mode") == ["wal"] * 4
    assert (await pragmas("synchronous"))[0] == 2
    assert (await pragmas("foreign_keys"))[0] == 1
    assert min(int(timeout) for timeout in await pragmas("busy_timeout")) >= 5000
