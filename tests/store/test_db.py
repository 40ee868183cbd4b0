"""The database: group commit, readers, cancellation, closing."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.db import Database, Transaction


async def put(tx: Transaction, key: str, value: str = "x") -> str:
    await tx.execute("INSERT INTO setting (key, value) VALUES (:key, :value)", {"key": key, "value": value})
    return key


async def keys(db: Database) -> list[str]:
    return [row["key"] for row in await db.read("SELECT key FROM setting ORDER BY key")]


async def test_a_reader_sees_a_write_that_has_returned(db: Database) -> None:
    for number in range(50):
        await db.write(lambda tx, key=f"{number:02}": put(tx, key))  # type: ignore[misc]
        assert len(await keys(db)) == number + 1


async def test_works_that_wait_together_are_committed_together(db: Database) -> None:
    commits = 0

    async def first(tx: Transaction) -> None:
        started.set()
        await release.wait()

    def traced(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    started, release = asyncio.Event(), asyncio.Event()
    await db._connections[0].set_trace_callback(traced)
    running = asyncio.create_task(db.write(first))
    await started.wait()
    waiting = [asyncio.create_task(db.write(lambda tx, key=str(n): put(tx, key))) for n in range(9)]  # type: ignore[misc]
    await asyncio.sleep(0)
    release.set()
    await running
    assert await asyncio.gather(*waiting) == [str(n) for n in range(9)]
    assert commits == 2


async def test_a_work_that_raises_fails_alone_and_leaves_no_trace(db: Database) -> None:
    async def bad(tx: Transaction) -> None:
        await put(tx, "bad")
        raise ValueError("no")

    results = await asyncio.gather(
        db.write(lambda tx: put(tx, "a")),
        db.write(bad),
        db.write(lambda tx: put(tx, "b")),
        db.write(lambda tx: put(tx, "a")),  # there is one already
        db.write(lambda tx: put(tx, "c")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [str, ValueError, str, sqlite3.IntegrityError, str]
    assert await keys(db) == ["a", "b", "c"]


async def test_a_single_statement_that_fails_fails_alone_too(db: Database) -> None:
    sql = "INSERT INTO setting (key, value) VALUES (:key, 'x'), (:other, 'y')"
    results = await asyncio.gather(
        db.execute(sql, {"key": "a", "other": "b"}),
        db.execute(sql, {"key": "c", "other": "a"}),
        db.write(lambda tx: put(tx, "d")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [list, sqlite3.IntegrityError, str]
    assert await keys(db) == ["a", "b", "d"]


async def test_when_a_transaction_ends_by_itself_its_whole_group_is_told(db: Database) -> None:
    """As SQLite does when the disk is full."""

    async def rolled_back(tx: Transaction) -> None:
        await tx.execute("INSERT OR ROLLBACK INTO setting (key, value) VALUES ('a', 'y')")

    await db.write(lambda tx: put(tx, "a"))
    results = await asyncio.gather(
        db.write(lambda tx: put(tx, "b")),
        db.write(rolled_back),
        db.write(lambda tx: put(tx, "c")),
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {sqlite3.IntegrityError}
    assert await keys(db) == ["a"]
    assert await db.write(lambda tx: put(tx, "d")) == "d"


async def test_a_lone_work_that_raises_is_rolled_back(db: Database) -> None:
    async def bad(tx: Transaction) -> None:
        await put(tx, "bad")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await db.write(bad)
    await db.write(lambda tx: put(tx, "good"))
    assert await keys(db) == ["good"]


async def test_a_work_that_cancels_itself_harms_no_other(db: Database) -> None:
    async def cancelled(tx: Transaction) -> None:
        raise asyncio.CancelledError

    results = await asyncio.gather(db.write(cancelled), db.write(lambda tx: put(tx, "a")), return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == "a"
    assert await db.write(lambda tx: put(tx, "b")) == "b"


async def test_a_cancelled_caller_stops_neither_its_work_nor_the_others(db: Database) -> None:
    tasks = [asyncio.create_task(db.write(lambda tx, key=f"{n}": put(tx, key))) for n in range(6)]  # type: ignore[misc]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [
        True,
        False,
        False,
        True,
        False,
        False,
    ]
    await db.write(lambda tx: put(tx, "after"))
    assert await keys(db) == ["0", "1", "2", "3", "4", "5", "after"]


async def test_closing_finishes_the_works_that_wait(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")
    tasks = [asyncio.create_task(db.write(lambda tx, key=f"{n}": put(tx, key))) for n in range(20)]  # type: ignore[misc]
    await asyncio.sleep(0)
    await db.close()
    assert len(await asyncio.gather(*tasks)) == 20
    with pytest.raises(StoreError, match="closed"):
        await db.write(lambda tx: put(tx, "late"))
    with pytest.raises(StoreError, match="closed"):
        await db.read("SELECT 1")
    await db.close()
    again = await Database.open(tmp_path / "a.db")
    assert len(await keys(again)) == 20
    await again.close()


async def test_a_writer_that_is_stopped_leaves_nobody_waiting(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "a.db")

    async def slow(tx: Transaction) -> None:
        await put(tx, "slow")
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(db.write(slow)), asyncio.create_task(db.write(lambda tx: put(tx, "next")))]
    await asyncio.sleep(0.05)
    assert db._writer is not None
    db._writer.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [StoreError, StoreError]
    assert await keys(db) == []
    await db.close()


async def test_a_work_that_asks_for_another_transaction_is_told_so(db: Database) -> None:
    async def nested(tx: Transaction) -> None:
        await db.write(lambda inner: put(inner, "a"))

    with pytest.raises(RuntimeError, match="pass its transaction on"):
        await db.write(nested)


async def test_a_reader_is_not_blocked_by_a_running_write(db: Database) -> None:
    async def slow(tx: Transaction) -> None:
        await put(tx, "slow")
        await release.wait()

    release = asyncio.Event()
    running = asyncio.create_task(db.write(slow))
    await asyncio.sleep(0.02)
    assert await asyncio.wait_for(keys(db), 5) == []
    release.set()
    await running
    assert await keys(db) == ["slow"]


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.read("DELETE FROM setting")


async def test_a_store_open_for_reading_refuses_writes(db: Database) -> None:
    await db.write(lambda tx: put(tx, "a"))
    other = await Database.open(db.path, read_only=True)
    assert await keys(other) == ["a"]
    with pytest.raises(StoreError, match="reading only"):
        await other.write(lambda tx: put(tx, "b"))
    await other.close()


async def test_half_a_surrogate_pair_is_stored_as_a_question_mark(db: Database) -> None:
    await db.write(lambda tx: put(tx, "odd", "a\ud800b"))
    assert [row["value"] for row in await db.read("SELECT value FROM setting WHERE value <> :v", {"v": "\udfff"})] == [
        "a?b"
    ]


async def test_another_process_writes_beside_us(db: Database) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from bot.store.db import Database

async def main():
    db = await Database.open(Path(sys.argv[1]))
    for n in range(100):
        async def work(tx):
            for m in range(20):
                await tx.execute("INSERT INTO setting (key, value) VALUES (:key, '')", {"key": f"other {n} {m}"})
        await db.write(work)
    await db.close()

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script, str(db.path)]) as other:
        written = 0
        while other.poll() is None:
            await db.write(lambda tx, key=f"ours {written}": put(tx, key))  # type: ignore[misc]
            written += 1
            await asyncio.sleep(0.005)
    assert other.returncode == 0
    assert written > 3
    assert len(await keys(db)) == written + 2000


def test_the_process_ends_when_the_store_is_closed_after_a_failure(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from bot.store.db import Database

async def main():
    db = await Database.open(Path(sys.argv[1]))
    try:
        await db.execute("INSERT INTO nowhere VALUES (1)")
    finally:
        await db.close()

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.db")], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "no such table: nowhere" in done.stderr


async def test_who_asks_the_same_at_the_same_time_shares_one_query(db: Database) -> None:
    run: list[str] = []
    for connection in db._connections[1:]:
        await connection.set_trace_callback(run.append)
    asked = [db.read("SELECT :n AS n", {"n": n % 2}) for n in range(10)]
    assert [rows[0]["n"] for rows in await asyncio.gather(*asked)] == [0, 1] * 5
    assert len(run) < 10


async def test_a_query_that_takes_long_holds_no_other_up(db: Database) -> None:
    ended: list[str] = []

    async def ask(name: str, steps: int) -> None:
        await db.read(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :steps) SELECT max(i) FROM n",
            {"steps": steps},
        )
        ended.append(name)

    long = asyncio.create_task(ask("long", 3_000_000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it has been taken
    await asyncio.gather(ask("short", 1), long)
    assert ended == ["short", "long"]


async def test_of_queries_that_wait_together_a_wrong_one_fails_alone(db: Database) -> None:
    results = await asyncio.gather(
        db.read("SELECT 1 AS n"), db.read("SELECT nothing"), db.read("SELECT 2 AS n"), return_exceptions=True
    )
    assert isinstance(results[1], sqlite3.OperationalError)
    assert [rows[0]["n"] for rows in results if isinstance(rows, list)] == [1, 2]


async def test_of_statements_that_wait_together_a_wrong_one_fails_alone(db: Database) -> None:
    insert = "INSERT INTO setting (key, value) VALUES (:key, 'x')"
    results = await asyncio.gather(
        *(db.execute(insert, {"key": key}) for key in ("a", "b", "a", "c")), return_exceptions=True
    )
    assert [isinstance(result, sqlite3.IntegrityError) for result in results] == [False, False, True, False]
    assert len(await db.read("SELECT key FROM setting WHERE value = 'x'")) == 3


async def test_what_no_column_can_hold_fails_alone_beside_works_and_statements(db: Database) -> None:
    insert = "INSERT INTO setting (key, value) VALUES (:key, :value)"
    results = await asyncio.gather(
        db.write(lambda tx: put(tx, "work")),
        db.execute(insert, {"key": "huge", "value": 2**70}),
        db.execute(insert, {"key": "statement", "value": "x"}),
        return_exceptions=True,
    )
    assert [isinstance(result, OverflowError) for result in results] == [False, True, False]
    assert {row["key"] for row in await db.read("SELECT key FROM setting")} >= {"work", "statement"}
