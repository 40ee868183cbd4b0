"""How long each list of /top takes beside 1,000,000 articles and 10,000,000 reads, and what a refresh costs.

The reads are in the store before the totals are: they are made by the migration, as in a store that is upgraded.
"""

import random
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.clock import MILLISECOND, to_ms, utcnow
from bot.model import Period
from bot.store import migrate, reads
from bot.store.db import Database

ARTICLES = 1_000_000
MOST = 4_096  # reads of the most read articles; ten on average
TAGS = (2, 20, 1_000, 50_000)  # an article has one of each: from half of all articles to twenty
QUERIES = 300  # of each kind
RECORDED = 2_000
DAY_MS = timedelta(days=1) // MILLISECOND
COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"


@dataclass
class Clock:
    """The real one, or so far ahead of it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utcnow() + self.ahead


async def main(articles: int = ARTICLES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, now = Path(folder) / "top.db", to_ms(utcnow())
        known = migrate.released()
        before = [migration for migration in known if migration.name < "0004_ranking"]
        migrate.prepare(store, read_only=False, now=utcnow(), migrations=before)
        started = time.perf_counter()
        count = _fill(store, articles, now)
        print(f"{articles:,} articles and {count:,} reads filled in {time.perf_counter() - started:.0f} s")
        before_bytes, started = store.stat().st_size, time.perf_counter()
        clock = Clock()
        db = await Database.open(store, clock=clock)
        try:
            took, more_bytes = time.perf_counter() - started, store.stat().st_size - before_bytes
            print(f"totals made in {took:.0f} s, {more_bytes / 2**20:,.0f} MiB beside {before_bytes / 2**20:,.0f}")
            await _lists(db)
            await _recording(db, articles)
            await _refreshing(db, clock)
        finally:
            await db.close()


def _fill(store: Path, articles: int, now: int) -> int:
    """Articles of five years, each read within weeks, most of them a few times; the number of reads."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        params = {"many": articles, "now": now, "age": 5 * 365 * DAY_MS // articles, "day": DAY_MS}
        connection.execute("DROP INDEX read_recent")
        connection.execute("BEGIN")
        connection.execute(
            f"""{COUNT}
                INSERT INTO article (id, state, published_at, changed_seq, content_hash, revision, created_at, url,
                    author, language, title, tags, enclosures, summary, body, text)
                SELECT i, 'published', :now - (:many - i) * :age, i, i, 1, :now, 'https://example.org/' || i, '', 'en',
                    'Story ' || i || ' of the lighthouse', '[]', '[]', '', '<p>The ferry comes at nine.</p>',
                    'The ferry comes at nine and brings bread and paper to the harbour.' FROM n""",
            params,
        )
        for size in TAGS:
            connection.execute(
                """INSERT INTO article_tag (tag, published_at, article_id, label)
                   SELECT 't' || :size || '-' || (id * 7919 % :size), published_at, id, '' FROM article
                   ORDER BY 1, 2, 3""",
                {"size": size},
            )
        # An article has the more readers, the more often 2 divides its number; half of them come within eight days.
        connection.execute("CREATE TEMP TABLE reader (i INTEGER PRIMARY KEY, key TEXT)")
        connection.execute(f"{COUNT} INSERT INTO reader (i, key) SELECT i, printf('%032x', i) FROM n", {"many": MOST})
        connection.execute(
            """INSERT INTO read (article_id, reader, day, via, read_at)
               SELECT id, key, read_at / :day, 'list', read_at FROM (
                   SELECT a.id, r.key,
                       min(:now, a.published_at + abs(random() % 1000) * abs(random() % 1000) * 4000) AS read_at
                   FROM article a CROSS JOIN reader r ON r.i <= ((a.id & -a.id) * 3 + 1) / 2)""",
            params,
        )
        connection.execute("COMMIT")
        connection.execute("CREATE INDEX read_recent ON read (read_at, article_id)")
        count: int = connection.execute("SELECT count(*) FROM read").fetchone()[0]
        return count


async def _lists(db: Database) -> None:
    worst = 0.0
    for size in (None, *TAGS):
        for period in Period:
            times = []
            for number in range(QUERIES):
                tag = None if size is None else f"t{size}-{random.randrange(size)}"
                started = time.perf_counter()
                await reads.top(db, period, number % 10, tag=tag)
                times.append(time.perf_counter() - started)
            middle, late = _quantiles(times)
            worst = max(worst, late)
            of = "all articles" if size is None else f"a tag of 1 in {size:,}"
            print(f"{period:6} of {of}: p50 {middle:.2f} ms, p99 {late:.2f} ms")
    print(f"top: the slowest p99 is {worst:.2f} ms (goal <= 5)")


async def _recording(db: Database, articles: int) -> None:
    cpu, times = time.process_time(), []
    for number in range(RECORDED):
        started = time.perf_counter()
        await reads.record(db, random.randrange(articles) + 1, f"reader {number}", "list")
        times.append(time.perf_counter() - started)
    each = (time.process_time() - cpu) / RECORDED
    middle, late = _quantiles(times)
    print(f"a read recorded, one after another: p50 {middle:.2f} ms, p99 {late:.2f} ms, {each * 1e6:.0f} us of CPU")


async def _refreshing(db: Database, clock: Clock) -> None:
    for what, step in (("a minute", timedelta(minutes=1)), ("a day", timedelta(days=1))):
        await reads.refresh(db)
        clock.ahead += step
        lock, cpu, started = 0.0, time.process_time(), time.perf_counter()
        gone = 0
        for period in reads.LENGTHS:
            while True:
                began = time.perf_counter()
                left = await db.write(partial(reads._leave, period, reads.CHUNK))
                lock, gone = max(lock, time.perf_counter() - began), gone + left
                if not left:
                    break
        took, spent = time.perf_counter() - started, time.process_time() - cpu
        print(
            f"refresh after {what}: {gone:,} reads left a period, {took * 1000:.0f} ms, {spent * 1000:.0f} ms of CPU, "
            f"longest transaction {lock * 1000:.0f} ms"
        )


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99, in milliseconds."""
    times = sorted(seconds)
    return times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
