"""Reads: who opened what, as keyed hashes; the ranking of /top.

The table `ranking` holds running totals, so that /top is a range of an index however many reads there are. A read is
counted when it is recorded, under the article and each of its tags; `refresh` takes out what has left a period.
"""

import hashlib
import math
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from bot.clock import to_ms
from bot.errors import StoreError
from bot.fold import fold
from bot.model import Listing, Period
from bot.store import articles
from bot.store.db import Database, Store, Transaction
from bot.store.faults import attempt

LENGTHS = {
    Period.DAY: timedelta(hours=24),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
    Period.YEAR: timedelta(days=365),
}
HALF_LIFE = timedelta(hours=6)  # of what a read weighs in the rising order
PATIENCE = timedelta(minutes=3)  # what left a period longer ago is taken out before a list of it is shown
CHUNK = 200  # reads taken out in one transaction
DAY_MS = 86_400_000
EVERYWHERE = "ALL"  # the place of an article among all; tags are folded, so none is in capitals
# By period: the column that counts it, and the one that it is ordered by.
_COLUMNS = {
    Period.DAY: ("day", "day"),
    Period.WEEK: ("week", "week"),
    Period.MONTH: ("month", "month"),
    Period.YEAR: ("year", "year"),
    Period.ALL: ("ever", "ever"),
    Period.RISING: ("week", "heat"),
}


def reader_key(secret: bytes, person_id: int) -> str:
    """What stands for a person in the store: 16 bytes of keyed BLAKE2b, in hex."""
    return hashlib.blake2b(str(person_id).encode(), key=secret, digest_size=16).hexdigest()


def heated(heat: float | None, at_ms: int) -> float:
    """The heat (None: of no read) after one more read: the moment at which a single read would weigh as much as all of
    them do, in Unix milliseconds. So the order of two articles stays while nobody reads them, and nothing need cool."""
    if heat is None:
        return float(at_ms)
    half_life_ms = HALF_LIFE / timedelta(milliseconds=1)
    later, gap = max(heat, at_ms), abs(heat - at_ms)
    return later + half_life_ms * math.log2(1 + 2.0 ** (-gap / half_life_ms))


async def record(store: Store, article_id: int, reader: str, via: str) -> None:
    """Counts a read: one a reader, article and UTC day. An article that is not published is not counted."""
    await store.write(partial(_record, article_id, reader, via))


async def _record(article_id: int, reader: str, via: str, tx: Transaction) -> None:
    now = to_ms(tx.now())
    params = {"article_id": article_id, "everywhere": EVERYWHERE, "now": now}
    is_new = await tx.execute(
        """INSERT INTO read (article_id, reader, day, via, read_at)
           SELECT a.id, :reader, :day, :via, :now FROM article a WHERE a.id = :article_id AND a.state = 'published'
           ON CONFLICT (article_id, reader, day) DO NOTHING
           RETURNING day""",
        {**params, "reader": reader, "day": now // DAY_MS, "via": via},
    )
    if not is_new:
        return
    row = await tx.read_one("SELECT heat FROM ranking WHERE tag = :everywhere AND article_id = :article_id", params)
    await tx.execute(
        """INSERT INTO ranking (tag, article_id, published_at, day, week, month, year, ever, heat)
           SELECT u.tag, a.id, a.published_at, :now > s.day, :now > s.week, :now > s.month, :now > s.year, 1, :heat
           FROM article a JOIN ranking_since s ON s.id = 1
           JOIN (SELECT :everywhere AS tag UNION ALL SELECT tag FROM article_tag WHERE article_id = :article_id) u
           WHERE a.id = :article_id
           ON CONFLICT (tag, article_id) DO UPDATE
           SET day = day + excluded.day, week = week + excluded.week, month = month + excluded.month,
               year = year + excluded.year, ever = ever + 1, heat = excluded.heat""",
        {**params, "heat": heated(None if row is None else row["heat"], now)},
    )


async def refresh(db: Database, chunk: int = CHUNK) -> int:
    """Takes what has left each period out of its totals, and says how many reads that were. Safe to interrupt."""
    gone = 0
    for period in LENGTHS:
        while left := await db.write(partial(_leave, period, chunk)):
            gone += left
    return gone


async def _leave(period: Period, chunk: int, tx: Transaction) -> int:
    """One chunk of what has left, the oldest first: all reads up to a moment."""
    column = _COLUMNS[period][0]
    [row] = await tx.execute(f"SELECT {column} AS since FROM ranking_since WHERE id = 1")
    span = {"since": row["since"], "until": _left_until(period, tx.now()), "chunk": chunk, "everywhere": EVERYWHERE}
    [page] = await tx.execute(
        """SELECT max(read_at) AS last, count(*) AS reads
           FROM (SELECT read_at FROM read WHERE read_at > :since AND read_at <= :until
                 ORDER BY read_at LIMIT :chunk) page""",
        span,
    )
    if page["last"] is None:
        return 0
    span["last"] = page["last"]
    await tx.execute(
        f"""WITH gone AS MATERIALIZED (
                SELECT +r.article_id AS article_id, count(*) AS reads FROM read r
                WHERE r.read_at > :since AND r.read_at <= :last
                GROUP BY +r.article_id),
            places AS MATERIALIZED (
                SELECT :everywhere AS tag, article_id, reads FROM gone
                UNION ALL
                SELECT t.tag, g.article_id, g.reads FROM gone g CROSS JOIN article_tag t ON t.article_id = g.article_id)
            UPDATE ranking SET {column} = {column} - places.reads
            FROM places
            WHERE ranking.tag = places.tag AND ranking.article_id = places.article_id""",
        span,
    )
    await tx.execute(f"UPDATE ranking_since SET {column} = :last WHERE id = 1", span)
    return int(page["reads"])


async def top(
    db: Database, period: Period, page: int = 0, size: int = 5, *, tag: str | None = None, offset: int | None = None
) -> Listing:
    """A page (from 0) of the published articles read in the rolling period: most reads first, then newest.

    `offset`: how many to leave out, where that is no whole number of pages.

    With a tag, as bot.fold compares it, of that tag's. RISING: those that weigh most, where a read weighs half as much
    for each HALF_LIFE of its age; shown are the reads of the week. Counts lag by PATIENCE at most.
    """
    if await _is_behind(db, period):
        with suppress(StoreError):  # of a store that is open for reading only
            await attempt(db, partial(refresh, db))
    counted, ordered = _COLUMNS[period]
    rows = await db.read(
        f"""SELECT {articles.TEASER_COLUMNS}, page.reads, coalesce(x.reactions, 0) AS reactions
            FROM (SELECT r.article_id, r.{counted} AS reads, r.{ordered} AS place, r.published_at
                  FROM ranking r INDEXED BY ranking_{period}  -- for RISING, statistics suggest a sort of the whole week
                  WHERE r.tag = :tag AND r.{counted} > 0
                  ORDER BY r.{ordered} DESC, r.published_at DESC, r.article_id DESC
                  LIMIT :limit OFFSET :offset) page
            JOIN article a ON a.id = page.article_id
            LEFT JOIN article_reactions x ON x.article_id = a.id
            ORDER BY page.place DESC, page.published_at DESC, page.article_id DESC""",
        {
            "tag": EVERYWHERE if tag is None else fold(tag),
            "limit": size + 1,
            "offset": articles.offset(page, size) if offset is None else offset,
        },
    )
    teasers = tuple(articles.teaser(row, reads=row["reads"], reactions=row["reactions"]) for row in rows[:size])
    return Listing(teasers=teasers, page=page, has_next=len(rows) > size)


async def _is_behind(db: Database, period: Period) -> bool:
    """Whether the job has not run for long, such as at the start."""
    column = _COLUMNS[period][0]
    if period is Period.ALL:
        return False
    until = _left_until(Period(column), db.now() - PATIENCE)
    [row] = await db.read(
        f"""SELECT EXISTS (SELECT 1 FROM read r WHERE r.read_at > s.{column} AND r.read_at <= :until) AS is_behind
            FROM ranking_since s WHERE s.id = 1""",
        {"until": until},
    )
    return bool(row["is_behind"])


def _left_until(period: Period, now: datetime) -> int:
    return to_ms(now - LENGTHS[period])
