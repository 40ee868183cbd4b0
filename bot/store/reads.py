"""Reads: who opened what, as keyed hashes; the ranking of /top."""

import hashlib
from datetime import timedelta

from bot.clock import to_ms
from bot.model import Listing, Period
from bot.store import articles
from bot.store.db import Store

LENGTHS = {
    Period.DAY: timedelta(hours=24),
    Period.WEEK: timedelta(days=7),
    Period.MONTH: timedelta(days=30),
    Period.YEAR: timedelta(days=365),
}
DAY_MS = 86_400_000
# The plus keeps SQLite off a scan in the order of articles.
RECENT = """SELECT +r.article_id AS article_id, count(*) AS reads FROM read r WHERE r.read_at > :since
    GROUP BY +r.article_id"""
EVER = """SELECT counted.article_id, sum(counted.reads) AS reads
    FROM (SELECT article_id, count(*) AS reads FROM read GROUP BY article_id
          UNION ALL
          SELECT article_id, sum(reads) AS reads FROM read_count GROUP BY article_id) counted
    GROUP BY counted.article_id"""


def reader_key(secret: bytes, person_id: int) -> str:
    """What stands for a person in the store: 16 bytes of keyed BLAKE2b, in hex."""
    return hashlib.blake2b(str(person_id).encode(), key=secret, digest_size=16).hexdigest()


async def record(store: Store, article_id: int, reader: str, via: str) -> None:
    """Counts a read: one a reader, article and UTC day. An article that is gone is not counted."""
    now = to_ms(store.now())
    await store.execute(
        """INSERT INTO read (article_id, reader, day, via, read_at)
           SELECT a.id, :reader, :day, :via, :now FROM article a WHERE a.id = :article_id
           ON CONFLICT (article_id, reader, day) DO NOTHING""",
        {"article_id": article_id, "reader": reader, "day": now // DAY_MS, "via": via, "now": now},
    )


async def top(store: Store, period: Period, page: int = 0, size: int = 5) -> Listing:
    """A page (from 0) of the published articles read in the rolling period: most reads first, then newest."""
    length = LENGTHS.get(period)
    ranking = EVER if length is None else RECENT
    rows = await store.read(
        f"""SELECT {articles.TEASER_COLUMNS}, ranked.reads
            FROM ({ranking}) ranked
            JOIN article a ON a.id = ranked.article_id
            WHERE a.state = 'published'
            ORDER BY ranked.reads DESC, a.published_at DESC, a.id DESC
            LIMIT :limit OFFSET :offset""",
        {
            "since": None if length is None else to_ms(store.now() - length),
            "limit": size + 1,
            "offset": articles.offset(page, size),
        },
    )
    teasers = tuple(articles.teaser(row, reads=row["reads"]) for row in rows[:size])
    return Listing(teasers=teasers, page=page, has_next=len(rows) > size)
