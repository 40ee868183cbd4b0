"""Reads and the ranking of /top."""

from datetime import timedelta

from bot.model import ArticleState, Period
from bot.store import reads
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.store.samples import add_article


async def top(db: Database, period: Period, **other: int) -> list[tuple[str, int | None]]:
    return [(teaser.title, teaser.reads) for teaser in (await reads.top(db, period, **other)).teasers]


async def test_a_reader_counts_once_an_article_and_day(db: Database, clock: HandClock) -> None:
    article_id = await add_article(db, "a")
    for _ in range(3):
        await reads.record(db, article_id, "ann", "chat")
        await reads.record(db, article_id, "bob", "web")
    await reads.record(db, 404, "ann", "chat")
    assert await top(db, Period.ALL) == [("a", 2)]
    clock.move(days=1)
    await reads.record(db, article_id, "ann", "chat")
    assert await top(db, Period.ALL) == [("a", 3)]


async def test_top_ranks_by_reads_in_the_rolling_period_ties_by_newest(db: Database, clock: HandClock) -> None:
    for number, title in enumerate(("old favourite", "b", "a")):
        await add_article(db, title, published_at=START - timedelta(hours=number))
    hidden = await add_article(db, "withdrawn", state=ArticleState.WITHDRAWN)
    for reader in "xyz":
        await reads.record(db, 1, reader, "chat")
        await reads.record(db, hidden, reader, "chat")
    clock.move(days=3)
    for article_id in (3, 2):
        await reads.record(db, article_id, "x", "chat")
    assert await top(db, Period.DAY) == [("b", 1), ("a", 1)]
    assert await top(db, Period.WEEK) == await top(db, Period.ALL) == [("old favourite", 3), ("b", 1), ("a", 1)]
    clock.move(hours=24)
    assert await top(db, Period.DAY) == []
    clock.move(days=5)
    assert await top(db, Period.WEEK) == [("b", 1), ("a", 1)]
    assert await top(db, Period.MONTH, page=1, size=2) == [("a", 1)]
    assert (await reads.top(db, Period.MONTH, size=2)).has_next


def test_readers_are_kept_as_keyed_hashes() -> None:
    key = reads.reader_key(b"k" * 32, 12345)
    assert key == reads.reader_key(b"k" * 32, 12345)
    assert len({key, reads.reader_key(b"j" * 32, 12345), reads.reader_key(b"k" * 32, 12346)}) == 3
    assert "12345" not in key
