"""Feeds are polled: those due, side by side. What is new is announced, but for a feed's first poll."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.errors import FeedError, FetchError
from bot.intake import fulltext
from bot.intake.decide import distinct
from bot.intake.entries import ParsedFeed
from bot.intake.fetch import Fetched, Fetcher, HttpError
from bot.intake.parsing import Parsers
from bot.intake.submit import submit_all
from bot.model import Change, Feed, Source, SourceKind, Submitted
from bot.store import feeds
from bot.store.db import Database

log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=15)
FIRST_BACK_OFF: Final = timedelta(minutes=15)
LONGEST_BACK_OFF: Final = timedelta(hours=24)
SIDE_BY_SIDE: Final = 32
GONE: Final = 410


async def poll_due(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: Clock, limit: int = 200, *, every: timedelta = EVERY
) -> Counter[str]:
    """Polls at most `limit` due feeds; counts by what came of them: `fed`, `unchanged`, `failed`, and by Change."""
    due = await feeds.due(db, limit)
    counts: Counter[str] = Counter()
    slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def poll_one(feed: Feed) -> None:
        async with slots:
            counts.update(await poll_feed(db, fetcher, parsers, clock, feed, every=every))

    async with asyncio.TaskGroup() as group:
        for feed in due:
            group.create_task(poll_one(feed))
    if due:
        log.info("feeds polled: %s", " ".join(f"{name}={count}" for name, count in sorted(counts.items())))
    return counts


async def poll_feed(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: Clock, feed: Feed, *, every: timedelta = EVERY
) -> Counter[str]:
    """Polls one feed now, due or not; counts as poll_due does. It never raises: an error is the feed's last_error."""
    try:
        fetched = await fetcher.get(feed.url, etag=feed.etag, last_modified=feed.last_modified)
        if fetched.not_modified:
            await _polled(db, feed, fetched, "", clock() + every)
            return Counter(unchanged=1)
        parsed = await parsers.feed(
            fetched.body, content_type=fetched.content_type, url=fetched.base_url, language=fetched.language
        )
        counts = await _submit(db, fetcher, parsers, feed, parsed)
        await _polled(db, feed, fetched, parsed.feed.title, clock() + every)
        return counts + Counter(fed=1)
    except (FetchError, FeedError) as error:
        await _failed(db, feed, error, clock())
    except Exception as error:  # one feed stops no other
        log.exception("poll failed: feed=%d", feed.id)
        await _failed(db, feed, error, clock())
    return Counter(failed=1)


async def _submit(db: Database, fetcher: Fetcher, parsers: Parsers, feed: Feed, parsed: ParsedFeed) -> Counter[str]:
    """Oldest first, so that they are announced in the order they were written: feeds list the newest first."""
    submissions = distinct([entry.submission() for entry in parsed.entries])
    items = [replace(submission, tags=(*feed.tags, *submission.tags)) for submission in reversed(submissions)]
    items = await fulltext.fill(items, feed, db, fetcher, parsers)
    source = Source(SourceKind.FEED, str(feed.id))
    counts: Counter[str] = Counter()
    async for answer in submit_all(db, items, source, announce=feed.polled_at is not None):
        if isinstance(answer, Submitted):
            counts[answer.change.value] += answer.change is not Change.SAME
        else:
            counts["refused"] += 1
            log.warning("entry refused: feed=%d reason=%s", feed.id, answer)
    return counts


async def _polled(db: Database, feed: Feed, fetched: Fetched, title: str, next_check_at: datetime) -> None:
    await feeds.polled(
        db,
        feed.id,
        etag=fetched.etag or (feed.etag if fetched.not_modified else ""),
        last_modified=fetched.last_modified or (feed.last_modified if fetched.not_modified else ""),
        title=title[:300],
        next_check_at=next_check_at,
    )


async def _failed(db: Database, feed: Feed, error: Exception, now: datetime) -> None:
    wait = back_off(feed.failures)
    if isinstance(error, HttpError) and error.retry_after:
        wait = max(wait, error.retry_after)
    sentence = str(error)[:500] if isinstance(error, FetchError | FeedError) else type(error).__name__
    reason = error.reason if isinstance(error, FetchError) else "feed"
    log.warning("feed failing: feed=%d failures=%d reason=%s", feed.id, feed.failures + 1, sentence)
    await feeds.failed(db, feed.id, f"{reason}: {sentence}", now + wait)
    if isinstance(error, HttpError) and error.status == GONE:
        await feeds.set_paused(db, feed.id, True)


def back_off(failures: int) -> timedelta:
    """How long a feed is left alone that failed so many times before: 15 minutes, doubled each time, up to a day."""
    return min(LONGEST_BACK_OFF, FIRST_BACK_OFF * (1 << min(failures, 10)))
