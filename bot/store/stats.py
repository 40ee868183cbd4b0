"""What /stats and `paperboy stats` show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import to_ms
from bot.store import copies, feeds, outbox
from bot.store.db import Store
from bot.store.outbox import Outbox

ERRORS = 5  # the commonest are shown


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How many feeds there are; of these paused, failing (of those that are not paused) and not polled yet."""

    total: int
    paused: int
    failing: int
    unpolled: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of everything; mappings hold only what there is."""

    articles: Mapping[str, int]  # by state
    feeds: FeedHealth
    chats: Mapping[str, int]  # by kind
    suspended_chats: int
    suspended_for: Mapping[str, int]  # those by reason
    subscriptions: Mapping[str, int]  # by mode
    reads: int
    reads_last_day: int
    outbox: Outbox
    changes: Mapping[str, int]  # of copies, by effect: what edits and recalls came to
    errors: Mapping[str, int]  # what Telegram said of deliveries in trouble, and how often


async def stats(store: Store) -> Stats:
    """The counts, as of now."""
    counted = await feeds.counts(store)
    since = to_ms(store.now() - timedelta(days=1))
    return Stats(
        articles=await _grouped(
            store,
            """SELECT state, count(*) FROM article WHERE state = 'published' GROUP BY state
               UNION ALL
               SELECT state, count(*) FROM article WHERE state <> 'published' GROUP BY state""",
        ),
        feeds=FeedHealth(
            counted.total,
            counted.paused,
            counted.failing,
            unpolled=await _number(store, "SELECT count(*) FROM feed WHERE polled_at IS NULL"),
        ),
        chats=await _grouped(store, "SELECT kind, count(*) FROM chat GROUP BY kind ORDER BY kind"),
        suspended_chats=await _number(store, "SELECT count(*) FROM chat WHERE state = 'suspended'"),
        suspended_for=await _grouped(
            store, "SELECT reason, count(*) FROM chat WHERE state = 'suspended' GROUP BY reason ORDER BY reason"
        ),
        subscriptions=await _grouped(store, "SELECT mode, count(*) FROM subscription GROUP BY mode ORDER BY mode"),
        reads=await _number(
            store, "SELECT (SELECT count(*) FROM read) + (SELECT coalesce(sum(reads), 0) FROM read_count)"
        ),
        reads_last_day=await _number(store, "SELECT count(*) FROM read WHERE read_at > :since", since=since),
        outbox=await outbox.counts(store),
        changes=await copies.effects(store),
        errors=await outbox.errors(store, ERRORS),
    )


async def _grouped(store: Store, sql: str) -> dict[str, int]:
    return {row[0]: row[1] for row in await store.read(sql)}


async def _number(store: Store, sql: str, **params: int) -> int:
    row = await store.read_one(sql, params)
    return 0 if row is None else int(row[0])
