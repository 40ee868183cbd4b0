"""Feeds are polled: those due, side by side. What is new is announced, but for a feed's first poll."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Final

from bot.clock import Clock
from bot.errors import FeedError, FetchError, NotFound, StoreFault
from bot.intake import fulltext
from bot.intake.address import host_of, origin
from bot.intake.decide import distinct
from bot.intake.discover import feed_of
from bot.intake.entries import ParsedFeed
from bot.intake.fetch import AT_ONCE, Fetched, Fetcher, HttpError
from bot.intake.parsing import Parsers
from bot.intake.submit import submit_all
from bot.intake.turns import Turns
from bot.model import Change, Feed, Source, SourceKind, Submission, Submitted
from bot.store import articles, feeds, health
from bot.store.db import Database

log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=15)
FIRST_BACK_OFF: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(hours=24)  # by back-off
SPREAD: Final = 0.1
SIGHTINGS: Final = 3  # of a permanent redirect to one address, in a row, before the feed has that address
SIDE_BY_SIDE: Final = 64
LOOK_AHEAD: Final = 50_000
GONE: Final = 410


class Poller:
    """Polls what is due, side by side, each feed once at a time and two of a host: a slow one holds up no other.

    `look` starts what is due and returns; each poll that ends makes room for the next. What is due stands in rows, so
    that nothing is lost however it is stopped.
    """

    def __init__(
        self,
        db: Database,
        fetcher: Fetcher,
        parsers: Parsers,
        clock: Clock,
        *,
        every: timedelta = EVERY,
        width: int = SIDE_BY_SIDE,
    ) -> None:
        self._db = db
        self._clock = clock
        self._poll = partial(poll_feed, db, fetcher, parsers, clock, every=every)
        self._width = width
        self._turns = Turns(AT_ONCE)  # of a host, as the Fetcher has it: further ones would hold places and wait
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._counts: Counter[str] = Counter()
        self._stopped = False

    async def look(self) -> None:
        """Starts what is due as far as there is room; the rest follows as polls end."""
        counts, self._counts = self._counts, Counter()
        if counts:
            log.info("feeds polled: %s", _listed(counts))
        if not self._stopped:
            self._turns.offer(await feeds.due(self._db, LOOK_AHEAD))
            self._fill()

    async def check(self, feed_id: int) -> None:
        """Polls the feed now, due or not, paused or not; waits for its poll that is under way."""
        if feed_id not in self._tasks and not self._stopped:
            self._start(feed_id, is_asked=True)
        if feed_id in self._tasks:
            await asyncio.wait([self._tasks[feed_id]])

    async def idle(self) -> Counter[str]:
        """Waits until every poll has ended: what came of them since the last `look`."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())
        return self._counts

    async def stop(self) -> None:
        """Starts no more, and ends those under way: they are due again at the next start."""
        self._stopped = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fill(self) -> None:
        """Starts the next one, and soon those after it: not all in one turn of the loop, where people wait, too."""
        if len(self._tasks) >= self._width or self._stopped or self._db.fault is not None:
            return
        feed_id = self._turns.take()
        if feed_id is None:
            return
        if feed_id in self._tasks:  # somebody asked for it just now
            self._turns.end(feed_id)
        else:
            self._start(feed_id)
        asyncio.get_running_loop().call_soon(self._fill)

    def _start(self, feed_id: int, *, is_asked: bool = False) -> None:
        task = asyncio.create_task(self._run(feed_id, is_asked=is_asked), name=f"feed {feed_id}")
        self._tasks[feed_id] = task

        def ended(_: asyncio.Task[None]) -> None:
            del self._tasks[feed_id]
            if not is_asked:
                self._turns.end(feed_id)
            self._fill()

        task.add_done_callback(ended)

    async def _run(self, feed_id: int, *, is_asked: bool) -> None:
        """One poll of the feed as it is by now: it may be paused or removed since it was found due."""
        try:
            feed = await feeds.get(self._db, feed_id)
            if is_asked or (not feed.paused and feed.next_check_at <= self._clock()):
                self._counts.update(await self._poll(feed))
        except NotFound:
            return
        except Exception as error:  # it stays due; a fault of the store stands in the log already
            if StoreFault.of(error) is None:
                log.exception("poll has no recorded outcome: feed=%d", feed_id)


async def poll_due(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: Clock, *, every: timedelta = EVERY
) -> Counter[str]:
    """Polls what is due now, and waits for it; counts by what came of it: `fed`, `unchanged`, `failed`, by Change."""
    poller = Poller(db, fetcher, parsers, clock, every=every)
    await poller.look()
    return await poller.idle()


async def poll_feed(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: Clock, feed: Feed, *, every: timedelta = EVERY
) -> Counter[str]:
    """Polls one feed now, due or not; counts as poll_due does. What goes wrong is the feed's last_error.

    Raises only what keeps that from being written down. A Poller sees to it that no feed is polled twice at once.
    """
    try:
        fetched = await fetcher.get(feed.url, etag=feed.etag, last_modified=feed.last_modified, headers=feed.headers)
        body_hash = feed.body_hash if fetched.not_modified else blake2b(fetched.body, digest_size=16).hexdigest()
        if fetched.not_modified or body_hash == feed.body_hash:
            counts, title = Counter(unchanged=1), ""
        else:
            parsed = await feed_of(fetched, parsers)
            counts, is_open = await _submit(db, fetcher, parsers, feed, parsed)
            counts, title = counts + Counter(fed=1), parsed.feed.title
            if is_open:  # asked without conditions next time, and looked at though it be the same
                fetched, body_hash = replace(fetched, headers={}), ""
        await _polled(db, feed, fetched, title, body_hash, next_check(feed, every, fetched.fresh_for, clock()))
        return counts
    except (FetchError, FeedError) as error:
        await _failed(db, feed, error, clock())
    except Exception as error:  # one feed stops no other
        if StoreFault.of(error) is not None:
            raise
        log.exception("poll failed: feed=%d", feed.id)
        await _failed(db, feed, error, clock())
    return Counter(failed=1)


async def _submit(
    db: Database, fetcher: Fetcher, parsers: Parsers, feed: Feed, parsed: ParsedFeed
) -> tuple[Counter[str], bool]:
    """Oldest first, so that they are announced in the order they were written. And whether it is to be read again."""
    items = await asyncio.to_thread(_items, feed, parsed, db.now())
    items, is_open = await fulltext.fill(items, feed, db, fetcher, parsers)
    is_first = feed.polled_at is None
    counts: Counter[str] = Counter()
    submitted: list[Submitted] = []
    async for answer in submit_all(db, items, Source(SourceKind.FEED, str(feed.id)), announce=not is_first):
        if isinstance(answer, Submitted):
            submitted.append(answer)
            counts[answer.change.value] += answer.change is not Change.SAME
        else:
            counts["refused"] += 1
            log.warning("entry refused: feed=%d reason=%s", feed.id, answer)
    if is_first and feed.announce_first:
        await _announce(db, submitted[-feed.announce_first :])
    return counts, is_open


async def _announce(db: Database, newest: Sequence[Submitted]) -> None:
    """Of a first poll; what another source had brought before stays as it is. Twice is once."""
    for each in newest:
        if each.change is not Change.DUPLICATE:
            with suppress(NotFound):  # withdrawn, since a first poll that was interrupted
                await articles.announce(db, each.article_id)


def _items(feed: Feed, parsed: ParsedFeed, now: datetime) -> list[Submission]:
    submissions = distinct([entry.submission() for entry in parsed.entries])
    return in_order([replace(item, tags=(*feed.tags, *item.tags)) for item in submissions], now)


def in_order(submissions: Sequence[Submission], now: datetime) -> list[Submission]:
    """Oldest first: by their dates where each has one (one to come counts as now), else from the last to the first."""
    items = list(reversed(submissions))
    if any(item.published_at is None for item in items):
        return items
    return sorted(items, key=lambda item: min(item.published_at or now, now))


async def _polled(
    db: Database, feed: Feed, fetched: Fetched, title: str, body_hash: str, next_check_at: datetime
) -> None:
    moved_to = fetched.moved_to or ""
    seen = await feeds.polled(
        db,
        feed.id,
        etag=fetched.etag or (feed.etag if fetched.not_modified else ""),
        last_modified=fetched.last_modified or (feed.last_modified if fetched.not_modified else ""),
        title=title[:300],
        next_check_at=next_check_at,
        body_hash=body_hash,
        moved_to=moved_to,
    )
    if seen >= SIGHTINGS and may_move(feed, moved_to):
        if await feeds.move(db, feed.id, moved_to):
            log.info("feed moved: feed=%d from=%s to=%s", feed.id, host_of(feed.url), host_of(moved_to))
        elif seen == SIGHTINGS:
            log.warning("feed has moved to where another one is read: feed=%d to=%s", feed.id, host_of(moved_to))


async def _failed(db: Database, feed: Feed, error: Exception, now: datetime) -> None:
    sentence = str(error)[:500] if isinstance(error, FetchError | FeedError) else type(error).__name__
    reason = error.reason if isinstance(error, FetchError) else "feed"
    said = f"{reason}: {sentence}"
    if isinstance(error, HttpError) and error.status == GONE:
        if await health.stop(db, feed.id, said):
            log.warning("feed has ended, and is paused: feed=%d reason=%s", feed.id, sentence)
        return
    wait = back_off(feed.failures, feed.id)
    if isinstance(error, HttpError) and error.retry_after:
        wait = max(wait, error.retry_after)
    log.warning("feed failing: feed=%d failures=%d reason=%s", feed.id, feed.failures + 1, sentence)
    await feeds.failed(db, feed.id, said, now + wait)


def next_check(feed: Feed, every: timedelta, fresh_for: timedelta | None, now: datetime) -> datetime:
    """When a feed that was read is read again: after its own interval, or the configured one.

    Not before its server wants to be asked again, if that is within a day.
    """
    return now + max((feed.every or every) * spread(feed.id), fresh_for or timedelta())


def back_off(failures: int, feed_id: int) -> timedelta:
    """How long a feed is left alone that failed so many times before: 15 minutes, doubled each time, up to a day."""
    return min(LONGEST_WAIT, FIRST_BACK_OFF * (1 << min(failures, 10)) * spread(feed_id))


def spread(feed_id: int) -> float:
    """By how much this feed's intervals are longer or shorter, 0.9 to 1.1: feeds that were due at one moment part.

    The same for each of its polls: periods that differ drift apart for good, as random ones would not. Multiples of the
    golden ratio lie evenly, also those of feeds that were added one after another.
    """
    return 1 + SPREAD - 2 * SPREAD * (feed_id * 0.6180339887498949 % 1)


def may_move(feed: Feed, url: str) -> bool:
    """A feed with headers of its own stays at its origin: they are for nobody else."""
    return not feed.headers or origin(feed.url) == origin(url)


def _listed(counts: Counter[str]) -> str:
    return " ".join(f"{name}={count}" for name, count in sorted(counts.items()))
