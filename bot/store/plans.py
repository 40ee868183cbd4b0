"""Plans: an announced article becomes deliveries, chunk by chunk of its subscriptions, by a cursor."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot import filters
from bot.clock import to_ms
from bot.store import articles, restored, weighing
from bot.store.db import Database, Store, Transaction

# What was suspended less than this long ago still has its articles planned; they wait until it resumes.
SUSPENSION_GRACE = timedelta(days=1)
FIRST_CHUNK = 2_000  # subscriptions; then as many as can be planned in CHUNK_SECONDS, so that nobody waits for long
LONGEST_CHUNK = 20_000
CHUNK_SECONDS = 0.03  # of the write lock; the commit and a busy machine make it more
GROWTH = 1.25  # from one chunk to the next
BEFORE_ALL = -(2**63)  # the smallest number of a chat that SQLite could hold
AFTER_ALL = 2**63 - 1
IN_PROGRESS = "+"  # in the cursor's place of a filter: chats up to its number are planned

WANTS = "s.mode = 'instant' AND s.paused = 0"  # the words of the index, subscription_filter

# All filters that pass go together, by the number of the chats. Rows and indexes then grow in order, and a page of the
# store is written once: three times as fast as the order in which people subscribed. Channels and groups (negative
# numbers) come before people. Of a chat with several the filter that lets all pass, '{}', comes first (a quote follows
# the bracket in every other one).
FILTERS = f"""WITH RECURSIVE known (filter_key) AS (
        SELECT min(s.filter_key) FROM subscription s WHERE {WANTS}
        UNION ALL
        SELECT (SELECT min(s.filter_key) FROM subscription s WHERE {WANTS} AND s.filter_key > k.filter_key)
        FROM known k WHERE k.filter_key IS NOT NULL)
    SELECT filter_key FROM known WHERE filter_key IS NOT NULL ORDER BY filter_key DESC"""

# A channel that is a source has its own posts already.
WRITTEN_THERE = """SELECT CAST(x.key AS INTEGER) FROM article_source x
    WHERE x.article_id = :article_id AND x.kind = 'channel'"""

# The chat of the limit-th subscription of any kind; and up to which one no filter has more than its share of the limit.
# Either way there are no more than :limit, so the further one holds. NULL: there are no more than that to the end.
ANY = """SELECT s.chat_id AS last FROM subscription s INDEXED BY subscription_chat
    WHERE s.chat_id > :after
    ORDER BY s.chat_id
    LIMIT 1 OFFSET :limit - 1"""
SHARE = f"""SELECT min(last) AS last
    FROM (SELECT (SELECT s.chat_id FROM subscription s
                  WHERE s.filter_key = k.value AND {WANTS} AND s.chat_id > :after
                  ORDER BY s.chat_id
                  LIMIT 1 OFFSET :share - 1) AS last
          FROM json_each(:keys) k)"""

# The filters that the article passes, each with the subscriptions that have it, by the number of their chats.
SPAN = f"""FROM json_each(:keys) k CROSS JOIN subscription s INDEXED BY subscription_filter
    ON s.filter_key = k.value AND {WANTS} AND s.chat_id > :after AND s.chat_id <= :last AND s.started_seq < :seq
        AND (s.suspended = '' OR s.suspended_at > :grace)"""


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
        size = min(LONGEST_CHUNK, max(100, len(keys), int(size * min(GROWTH, CHUNK_SECONDS / seconds))))


async def passing(store: Store, article_id: int) -> list[str]:
    """The keys of the filters in use that let the article pass, in the order of FILTERS."""
    article = await articles.find(store, article_id)
    if article is None:
        return []
    keys = [row["filter_key"] for row in await store.read(FILTERS)]
    [weighed] = await weighing.weighed(store, [article])
    return [key for key in keys if filters.passes_key(key, weighed)]


async def plan_chunk(db: Database, article_id: int, seq: int, keys: Sequence[str], size: int) -> float | None:
    """Goes on from the cursor by about `size` subscriptions: the seconds that took; None: the article is planned.

    `keys` are what `passing` gave.
    """

    async def work(tx: Transaction) -> float | None:
        started = time.perf_counter()
        cursor = await tx.read_one("SELECT announced_seq, filter_key, chat_id FROM plan_cursor WHERE id = 1")
        if cursor is None or cursor["announced_seq"] >= seq:
            return None
        is_open = await tx.read_one(
            "SELECT id FROM article WHERE id = :id AND announced_seq = :seq AND state = 'published'",
            {"id": article_id, "seq": seq},
        )
        if is_open and keys:
            after = int(cursor["chat_id"]) if cursor["filter_key"] == IN_PROGRESS else BEFORE_ALL
            last = await _plan_span(tx, article_id, seq, keys, after, size)
            if last is not None:
                await tx.execute(
                    "UPDATE plan_cursor SET filter_key = :in_progress, chat_id = :chat_id WHERE id = 1",
                    {"in_progress": IN_PROGRESS, "chat_id": last},
                )
                return max(time.perf_counter() - started, 0.001)
        await tx.execute("UPDATE plan_cursor SET announced_seq = :seq, filter_key = '' WHERE id = 1", {"seq": seq})
        return None

    return await db.write(work)


async def plan_changed(tx: Transaction, subscription_id: int) -> None:
    """Plans the article that is next, or half planned, for an instant subscription whose filter was just changed: the
    keys that its plan goes by may have been read before. Nobody gets it twice."""
    found = await tx.read_one(
        """SELECT s.filter_key, s.chat_id, a.id AS article_id, a.announced_seq
           FROM subscription s
           JOIN article a ON a.announced_seq = (
               SELECT min(n.announced_seq) FROM article n
               WHERE n.announced_seq > (SELECT c.announced_seq FROM plan_cursor c WHERE c.id = 1))
           WHERE s.id = :id AND s.mode = 'instant' AND s.paused = 0 AND a.state = 'published'""",
        {"id": subscription_id},
    )
    if found is None or await restored.find(tx):
        return
    [weighed] = await weighing.weighed(tx, [await articles.get(tx, found["article_id"])])
    if filters.passes_key(found["filter_key"], weighed):
        chat_id: int = found["chat_id"]
        wanted = {"keys": json.dumps([found["filter_key"]]), "after": chat_id - 1, "last": chat_id}
        await _insert(tx, found["article_id"], found["announced_seq"], wanted)


async def _plan_span(
    tx: Transaction, article_id: int, seq: int, keys: Sequence[str], after: int, limit: int
) -> int | None:
    """Plans for the next chats of all these filters, about `limit` subscriptions or fewer; those of a chat together.

    The last of these chats; None: there are no further ones.
    """
    wanted: dict[str, object] = {"keys": json.dumps(keys), "after": after}
    last = await _reach(tx, wanted, limit, max(1, limit // len(keys)))
    await _insert(tx, article_id, seq, {**wanted, "last": AFTER_ALL if last is None else last})
    return last


async def _insert(tx: Transaction, article_id: int, seq: int, wanted: Mapping[str, object]) -> None:
    """A delivery for each destination of the chats `after` one, up to the `last`, that has one of the `keys`."""
    now = tx.now()
    span = {**wanted, "seq": seq, "grace": to_ms(now - SUSPENSION_GRACE)}
    await tx.execute(
        f"""INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, state, not_before,
                dedupe_key, created_at)
            SELECT s.id, s.chat_id, s.topic_id, 'post', :article_id, 'pending', :now, :dedupe_key, :now
            {SPAN}
            WHERE s.chat_id NOT IN (
                SELECT id FROM chat
                WHERE state = 'suspended' AND since <= :grace AND id > :after AND id <= :last)
                AND s.chat_id NOT IN ({WRITTEN_THERE})
            ORDER BY s.chat_id, s.topic_id, s.filter_key DESC
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
            WHERE id IN (SELECT s.chat_id {SPAN}) AND (due_at IS NULL OR due_at > :now)""",
        {**span, "now": to_ms(now)},
    )


async def _reach(tx: Transaction, wanted: dict[str, object], limit: int, share: int) -> int | None:
    """Up to which chat a chunk goes that has about `limit` subscriptions or fewer; None: to the end."""
    of_any = await tx.read_one(ANY, {**wanted, "limit": limit})
    of_each = await tx.read_one(SHARE, {**wanted, "share": share})
    if of_any is None or of_each is None or of_each["last"] is None:
        return None
    return max(int(of_any["last"]), int(of_each["last"]))
