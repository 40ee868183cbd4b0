"""One article to a million subscriptions, against the raw INSERT .. SELECT of the same rows without triggers."""

import asyncio
import json
import resource
import sqlite3
import sys
import tempfile
import threading
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from bench import crowd
from bot.delivery.plan import plan
from bot.model import Filter
from bot.store import plans, settings
from bot.store.db import Database

SUBSCRIPTIONS = 1_000_000
ROUNDS = 3
FILTERS = 1_000
PASSING = 10  # one in so many
RAW = """INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, state, not_before, dedupe_key,
        created_at)
    SELECT s.id, s.chat_id, s.topic_id, 'post', 1, 'pending', 1, 'post:1', 1 FROM subscription s ORDER BY {order}"""


async def main(subscriptions: int = SUBSCRIPTIONS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "crowd.db"
        await crowd.gather(store, subscriptions)
        print(f"raw in the order of subscription: {_raw(store, 's.id').seconds:.1f} s")
        rounds = []
        for number in range(1, ROUNDS + 1):
            raw, ours, watched = _raw(store, "s.chat_id"), await _planned(store), await _planned(store, "watched")
            rounds.append((ours.seconds / raw.seconds, ours.cpu_seconds / raw.cpu_seconds))
            print(
                f"round {number}: raw in the order of chats {raw.seconds:.1f} s (CPU {raw.cpu_seconds:.1f}), planned "
                f"{ours.seconds:.1f} s (CPU {ours.cpu_seconds:.1f}), resident {ours.resident_mb:.0f} MB; watched: "
                f"longest lock {watched.lock_ms:.0f} ms, a command's write waited {watched.wait_ms:.0f} ms at most"
            )
    by_clock, by_cpu = (sorted(ratios)[ROUNDS // 2] for ratios in zip(*rounds, strict=True))
    await _filtered(subscriptions)
    print(f"fanout: median ratio {by_clock:.2f}, of CPU {by_cpu:.2f} (goal <= 2; locks <= 100 ms, memory <= 150 MB)")


def _filters(of: int) -> list[Filter]:
    """So many different ones of all kinds, of which the article passes one in PASSING."""
    words = [f"word{i}" for i in range(8)]
    wanted = ("ferry", "nine and brings", "harb*")
    return [
        Filter(
            tags=(f"tag {i}", "bread" if i % 2 else "harbour"),
            sources=("bench",) if i % 3 == 0 else (),
            languages=("de", "en") if i % 5 == 0 else (),
            words=(f"unseen{i}", *words, *((wanted[i % 3],) if i % PASSING == 0 else ())),
            excluded=(f"never {i}",),
        )
        for i in range(of)
    ]


async def _filtered(subscriptions: int) -> None:
    """The same people with FILTERS different filters: what the filters cost, and what all that is planned does."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "crowd.db"
        await crowd.gather(store, subscriptions, _filters(FILTERS))
        db = await Database.open(store)
        try:
            article_id = await crowd.announce(db)
            started = time.perf_counter()
            keys = await plans.passing(db, article_id)
            weighed = time.perf_counter() - started
            await plan(db)
            seconds = time.perf_counter() - started - weighed
            rows = await db.read_one("SELECT count(*) AS deliveries FROM delivery")
        finally:
            await db.close()
    deliveries = 0 if rows is None else int(rows["deliveries"])
    if len(keys) != FILTERS // PASSING or deliveries != subscriptions // PASSING:
        sys.exit(f"{len(keys)} filters let it pass, and {deliveries} deliveries were planned")
    print(
        f"{subscriptions} subscriptions with {FILTERS} filters: the filters, read for the first time, {weighed:.2f} s; "
        f"all of the plan, {deliveries} deliveries, {seconds:.2f} s (goal <= 2)"
    )


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    cpu_seconds: float
    lock_ms: float = 0
    wait_ms: float = 0
    resident_mb: float = 0


def _raw(store: Path, order: str) -> Measured:
    """The one statement. The order of chats is that of the indexes, and so the faster one."""
    copied = crowd.copy(store, "raw.db")
    with closing(sqlite3.connect(copied, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        started, cpu = time.perf_counter(), time.process_time()
        connection.execute(RAW.format(order=order))
        return Measured(time.perf_counter() - started, time.process_time() - cpu)


async def _planned(store: Path, *watched: str) -> Measured:
    """The same by the program, in a process of its own."""
    copied = crowd.copy(store, "planned.db")
    process = await create_subprocess_exec(sys.executable, "-m", "bench.fanout", str(copied), *watched, stdout=PIPE)
    out, _ = await process.communicate()
    return Measured(**json.loads(out))


class Lock:
    """Tries the store's write lock every millisecond, as another process would."""

    def __init__(self, store: Path) -> None:
        self.longest = 0.0
        self._store = store
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with closing(sqlite3.connect(self._store, isolation_level=None, timeout=0)) as connection:
            held_since, known = None, 0
            while not self._over.is_set():
                now, [(version,)] = time.perf_counter(), connection.execute("PRAGMA data_version").fetchall()
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("ROLLBACK")
                    held_since = None
                except sqlite3.OperationalError:
                    if version != known:  # that was the end of one transaction, and another one has begun
                        held_since, known = None, version
                    held_since = held_since or now
                    self.longest = max(self.longest, now - held_since)
                time.sleep(0.001)


async def _plan(store: Path, *, watched: bool) -> Measured:
    db = await Database.open(store)
    waits = [0.0]

    async def commands() -> None:
        while True:
            started = time.perf_counter()
            await settings.put(db, "bench", f"{started}")
            waits.append(time.perf_counter() - started)
            await asyncio.sleep(0.02)

    try:
        await crowd.announce(db)
        with Lock(store) if watched else nullcontext() as lock:
            beside = asyncio.create_task(commands()) if watched else None
            started, cpu = time.perf_counter(), time.process_time()
            await plan(db)
            seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
            if beside is not None:
                beside.cancel()
                await asyncio.wait([beside])
        rows = await db.read_one("SELECT count(*) AS deliveries FROM delivery")
        people = await db.read_one("SELECT count(*) AS subscriptions FROM subscription")
        if rows is None or people is None or rows["deliveries"] != people["subscriptions"]:
            sys.exit("not every subscription has its delivery")
    finally:
        await db.close()
    lock_ms = 0 if lock is None else lock.longest * 1000
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(seconds, cpu_seconds, lock_ms, max(waits) * 1000, resident)


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_plan(Path(sys.argv[1]), watched="watched" in sys.argv)))))
