"""Plans: an announced article becomes deliveries, chunk by chunk of its subscriptions, by a cursor."""

import time
from collections.abc import Sequence
from datetime import timedelta

from bot import filters
from bot.clock import to_ms
from bot.store import articles
from bot.store.db import Database, Store, Transaction

# What was suspended less than this long ago still has its articles planned; they wait until it resumes.
SUSPENSION_GRACE = timedelta(days=1)
FIRST_CHUNK = 2_000  # subscriptions; then as many as can be planned in CHUNK_SECONDS, so that nobody waits for long
LONGEST_CHUNK = 20_000
CHUNK_SECONDS = 0.03  # of the write lock; the commit and a busy machine make it more
GROWTH = 1.25  # from one chunk to the next
FILTER_COST = 10  # one more filter takes as long as so many subscriptions
BEFORE_ALL = -(2**63)  # the smallest number of a chat that SQLite could hold

WANTS = "s.mode = 'instant' AND s.paused = 0"  # the words of the index, subscription_filter

# Filters go by their key and a filter's chats by their number. Rows and indexes then grow in order, which is three
# times as fast as the order in which people subscribed; and channels and groups (negative numbers) come before people.
# The filter that lets all pass, '{}', is the first in that order (a quote follows the bracket in every other one).
FILTERS = f"""WITH RECURSIVE known (filter_key) AS (
        SELECT min(s.filter_key) FROM subscription s WHERE {WANTS}
        UNION ALL
        SELECT (SELECT min(s.filter_key) FROM subscription s WHERE {WANTS} AND s.filter_key > k.filter_key)
        FROM known k WHERE k.filter_key IS NOT NULL)
    SELECT filter_key FROM known WHERE filter_key IS NOT NULL ORDER BY filter_key DESC"""

# A channel that is a source has its own posts already.
WRITTEN_THERE = """SELECT CAST(x.key AS INTEGER) FROM article_source x
    WHERE x.article_id = :article_id AND x.kind = 'channel'"""

REACH = f"""SELECT count(*) AS subscriptions, max(chat_id) AS last
    FROM (SELECT s.chat_id FROM subscription s
          WHERE {WANTS} AND s.filter_key = :filter_key AND s.chat_id > :after
          ORDER BY s.chat_id
          LIMIT :limit) reached"""

SPAN = f"""{WANTS} AND s.filter_key = :filter_key AND s.chat_id > :after AND s.chat_id <= :last
    AND s.started_seq < :seq AND (s.suspended = '' OR s.suspended_at > :grace)"""


async def plan_cursor(store: Store) -> int:
    """Every article announced up to this seq has its deliveries."""
    row = await store.read_one("SELECT announced_seq FROM plan_cursor WHERE id = 1")
    return 0 if row is None else int(row["announced_seq"])


async def plan_article(db: Database, article_id: int, seq: int) -> None:
    """One pending delivery a destination that wants the article announced as `seq`, and the cursor moved past it.

    Each distinct filter is evaluated once. What a crash or a cancellation left undone, the next call goes on with; an
    article that was never announced, or is no longer published, gets no (further) deliveries.
    """
    keys = await passing(db, article_id)
    size = FIRST_CHUNK
    while (seconds := await plan_chunk(db, article_id, seq, keys, size)) is not None:
        size = max(100, min(LONGEST_CHUNK, int(size * min(GROWTH, CHUNK_SECONDS / seconds))))


async def passing(store: Store, article_id: int) -> list[str]:
    """The keys of the filters in use that let the article pass, in the order of FILTERS."""
    article = await articles.find(store, article_id)
    if article is None:
        return []
    keys = [row["filter_key"] for row in await store.read(FILTERS)]
    return [key for key in keys if filters.passes(filters.from_json(key), article)]


async def plan_chunk(db: Database, article_id: int, seq: int, keys: Sequence[str], size: int) -> float | None:
    """Goes on from the cursor by about `size` subscriptions: the seconds that took; None: the article is planned.

    `keys` are what `passing` gave.
    """

    async def work(tx: Transaction) -> float | None:
        started, left = time.perf_counter(), size
        cursor = await tx.read_one("SELECT announced_seq, filter_key, chat_id FROM plan_cursor WHERE id = 1")
        if cursor is None or cursor["announced_seq"] >= seq:
            return None
        is_open = await tx.read_one(
            "SELECT id FROM article WHERE id = :id AND announced_seq = :seq AND state = 'published'",
            {"id": article_id, "seq": seq},
        )
        for key in keys if is_open else ():
            if cursor["filter_key"] and key > cursor["filter_key"]:
                continue
            after = int(cursor["chat_id"]) if key == cursor["filter_key"] else BEFORE_ALL
            planned, after = await _plan_span(tx, article_id, seq, key, after, left)
            left -= planned + FILTER_COST
            if left <= 0:
                await tx.execute(
                    "UPDATE plan_cursor SET filter_key = :key, chat_id = :chat_id WHERE id = 1",
                    {"key": key, "chat_id": after},
                )
                return max(time.perf_counter() - started, 0.001)
        await tx.execute("UPDATE plan_cursor SET announced_seq = :seq, filter_key = '' WHERE id = 1", {"seq": seq})
        return None

    return await db.write(work)


async def _plan_span(
    tx: Transaction, article_id: int, seq: int, filter_key: str, after: int, limit: int
) -> tuple[int, int]:
    """Plans for the filter's next subscriptions, `limit` at most or a few more (those of one chat go together).

    How many that was, and the last chat of them.
    """
    reach = await tx.read_one(REACH, {"filter_key": filter_key, "after": after, "limit": limit})
    if reach is None or not reach["subscriptions"]:
        return 0, after
    now = tx.now()
    span = {
        "filter_key": filter_key,
        "after": after,
        "last": reach["last"],
        "seq": seq,
        "grace": to_ms(now - SUSPENSION_GRACE),
    }
    await tx.execute(
        f"""INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, state, not_before,
                dedupe_key, created_at)
            SELECT s.id, s.chat_id, s.topic_id, 'post', :article_id, 'pending', :now, :dedupe_key, :now
            FROM subscription s
            WHERE {SPAN} AND s.chat_id NOT IN (
                SELECT id FROM chat
                WHERE state = 'suspended' AND since <= :grace AND id > :after AND id <= :last)
                AND s.chat_id NOT IN ({WRITTEN_THERE})
            ORDER BY s.chat_id, s.topic_id
            ON CONFLICT (chat_id, topic_id, dedupe_key) DO NOTHING""",
        {
            **span,
            "article_id": article_id,
            "dedupe_key": f"post:{article_id}",
            "now": to_ms(now),
        },
    )
    # What the trigger delivery_added does for all other rows, one by one: for a span it would take three times as long.
    await tx.execute(
        f"""UPDATE chat SET due_at = :now
            WHERE id IN (SELECT s.chat_id FROM subscription s WHERE {SPAN}) AND (due_at IS NULL OR due_at > :now)""",
        {**span, "now": to_ms(now)},
    )
    return int(reach["subscriptions"]), int(reach["last"])
