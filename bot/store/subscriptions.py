"""Subscriptions: what a destination (a chat and a topic in it) is sent, and when."""

import json
from datetime import datetime, time, timedelta

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.fold import fold
from bot.model import Filter, Mode, Schedule, Subscription
from bot.store import chats
from bot.store.articles import last_announced_seq
from bot.store.db import Row, Store, Transaction

COLUMNS = """s.id, s.chat_id, s.topic_id, s.mode, s.times, s.weekdays, s.timezone, s.next_run_at, s.filter, s.silent,
    s.paused, s.suspended, s.started_seq, s.created_by"""
SAME_SUSPENSION = timedelta(days=7)  # a topic found closed again within this has not been open in between
# Whether the filter of subscription s lets article a pass: it asks for no tag, or for one that the article has.
PASSES = """(
    NOT EXISTS (SELECT 1 FROM subscription_tag st WHERE st.subscription_id = s.id)
    OR EXISTS (SELECT 1 FROM subscription_tag st JOIN article_tag t ON t.tag = st.tag
               WHERE st.subscription_id = s.id AND t.article_id = a.id))"""


async def add(
    store: Store,
    chat_id: int,
    topic_id: int,
    mode: Mode,
    schedule: Schedule | None = None,
    filter: Filter | None = None,  # noqa: A002  # the glossary's word
    next_run_at: datetime | None = None,
    created_by: int | None = None,
) -> Subscription:
    """The destination's subscription of that mode and filter, from now on: nothing announced before it is sent.

    If there is one already it goes on (no longer paused or suspended) with the new schedule. Raises NotFound for a
    chat that the store has not seen.
    """
    schedule, wanted = schedule or Schedule(), filter or Filter()
    tags = sorted({fold(tag) for tag in wanted.tags})

    async def work(tx: Transaction) -> Subscription:
        await chats.get(tx, chat_id)
        rows = await tx.execute(
            """INSERT INTO subscription (chat_id, topic_id, mode, times, weekdays, timezone, next_run_at, filter,
                   filter_key, started_seq, created_by, created_at)
               VALUES (:chat_id, :topic_id, :mode, :times, :weekdays, :timezone, :next_run_at, :filter,
                   :filter_key, :started_seq, :created_by, :now)
               ON CONFLICT (chat_id, topic_id, mode, filter_key) DO UPDATE
               SET times = excluded.times, weekdays = excluded.weekdays, timezone = excluded.timezone,
                   next_run_at = excluded.next_run_at, paused = 0, suspended = '', suspended_at = NULL
               RETURNING id""",
            {
                "chat_id": chat_id,
                "topic_id": topic_id,
                "mode": mode,
                "times": json.dumps([at.isoformat("minutes") for at in schedule.times]),
                "weekdays": json.dumps(sorted(schedule.weekdays)),
                "timezone": schedule.timezone,
                "next_run_at": None if next_run_at is None else to_ms(next_run_at),
                "filter": json.dumps(wanted.tags),
                "filter_key": json.dumps(tags),
                "started_seq": await last_announced_seq(tx),
                "created_by": created_by,
                "now": to_ms(tx.now()),
            },
        )
        subscription_id = int(rows[0]["id"])
        await tx.executemany(
            """INSERT INTO subscription_tag (subscription_id, tag) VALUES (:id, :tag)
               ON CONFLICT (subscription_id, tag) DO NOTHING""",
            [{"id": subscription_id, "tag": tag} for tag in tags],
        )
        return await get(tx, subscription_id)

    return await store.write(work)


async def get(store: Store, subscription_id: int) -> Subscription:
    """The subscription. Raises NotFound."""
    subscription = await find(store, subscription_id)
    if subscription is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    return subscription


async def find(store: Store, subscription_id: int) -> Subscription | None:
    """The subscription, or None."""
    return next(iter(await _where(store, "s.id = :id", {"id": subscription_id})), None)


async def of_chat(store: Store, chat_id: int) -> list[Subscription]:
    """All of a chat, in the order they were made."""
    return await _where(store, "s.chat_id = :chat_id", {"chat_id": chat_id})


async def destinations(store: Store) -> int:
    """How many destinations get something now: neither paused nor suspended."""
    row = await store.read_one(
        """SELECT count(*) AS places
           FROM (SELECT DISTINCT chat_id, topic_id FROM subscription WHERE paused = 0 AND suspended = '')"""
    )
    return 0 if row is None else int(row["places"])


async def due_digests(store: Store, now: datetime, limit: int) -> list[Subscription]:
    """The digests to make now, longest due first; those of suspended chats wait."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM subscription s JOIN chat c ON c.id = s.chat_id
            WHERE s.mode = 'digest' AND s.paused = 0 AND s.suspended = '' AND s.next_run_at <= :now
                AND c.state = 'active'
            ORDER BY s.next_run_at, s.id
            LIMIT :limit""",
        {"now": to_ms(now), "limit": limit},
    )
    return [from_row(row) for row in rows]


async def set_next_run(store: Store, subscription_id: int, next_run_at: datetime | None) -> None:
    """When its next digest is due."""
    await store.execute(
        "UPDATE subscription SET next_run_at = :next_run_at WHERE id = :id",
        {"id": subscription_id, "next_run_at": None if next_run_at is None else to_ms(next_run_at)},
    )


async def set_paused(store: Store, subscription_id: int, paused: bool) -> None:
    """A paused one gets nothing new; what was pending waits."""
    await store.execute(
        "UPDATE subscription SET paused = :paused WHERE id = :id", {"id": subscription_id, "paused": paused}
    )


async def suspend(store: Store, subscription_id: int, reason: str) -> bool:
    """This one cannot be served (its topic is closed); the chat's others go on.

    False: it was so already, or still is, as trying it again has shown (try_again).
    """

    async def work(tx: Transaction) -> bool:
        params = {"id": subscription_id, "reason": reason, "now": to_ms(tx.now())}
        before = await tx.read_one("SELECT suspended, suspended_at FROM subscription WHERE id = :id", params)
        if before is None or before["suspended"]:
            return False
        await tx.execute("UPDATE subscription SET suspended = :reason, suspended_at = :now WHERE id = :id", params)
        return before["suspended_at"] is None or before["suspended_at"] < to_ms(tx.now() - SAME_SUSPENSION)

    return await store.write(work)


async def try_again(store: Store, reason: str, before: datetime) -> int:
    """How many that were suspended for this reason, before then, are served again, to see whether that still holds.

    `suspended_at` stays: one that is suspended again is not told anew.
    """
    rows = await store.execute(
        """UPDATE subscription SET suspended = ''
           WHERE suspended <> '' AND suspended = :reason AND suspended_at <= :before
           RETURNING id""",
        {"reason": reason, "before": to_ms(before)},
    )
    return len(rows)


async def resume(store: Store, subscription_id: int) -> bool:
    """It can be served again. False: it was neither suspended nor tried again."""
    rows = await store.execute(
        """UPDATE subscription SET suspended = '', suspended_at = NULL
           WHERE id = :id AND suspended_at IS NOT NULL
           RETURNING id""",
        {"id": subscription_id},
    )
    return bool(rows)


async def remove(store: Store, subscription_id: int) -> bool:
    """Ends it and cancels what is pending of it; what it got stays in the ledger. False: there is no such one.

    What another instant subscription of the same destination wants too is sent on its behalf.
    """

    async def work(tx: Transaction) -> bool:
        params = {"id": subscription_id, "now": to_ms(tx.now())}
        heirs = await tx.execute(
            f"""SELECT d.id AS delivery_id, min(s.id) AS heir
                FROM delivery d
                JOIN subscription gone ON gone.id = d.subscription_id
                JOIN article a ON a.id = d.article_id OR a.id IN (
                    SELECT i.article_id FROM digest_item i WHERE i.digest_run_id = d.digest_run_id)
                JOIN subscription s ON s.chat_id = d.chat_id AND s.topic_id = d.topic_id AND s.id <> gone.id
                WHERE gone.id = :id AND d.chat_id = gone.chat_id AND d.state IN ('pending', 'uncertain')
                    AND s.mode = 'instant' AND s.started_seq < a.announced_seq AND {PASSES}
                GROUP BY d.id""",
            params,
        )
        await tx.executemany("UPDATE delivery SET subscription_id = :heir WHERE id = :delivery_id", map(dict, heirs))
        await tx.execute(
            """UPDATE delivery SET state = 'cancelled', error = 'unsubscribed', ended_at = :now
               WHERE subscription_id = :id AND state IN ('pending', 'uncertain')
                   AND chat_id = (SELECT chat_id FROM subscription WHERE id = :id)""",
            params,
        )
        return bool(await tx.execute("DELETE FROM subscription WHERE id = :id RETURNING id", params))

    return await store.write(work)


async def _where(store: Store, condition: str, params: dict[str, object]) -> list[Subscription]:
    rows = await store.read(f"SELECT {COLUMNS} FROM subscription s WHERE {condition} ORDER BY s.id", params)
    return [from_row(row) for row in rows]


def from_row(row: Row) -> Subscription:
    """The subscription of a row that has COLUMNS."""
    return Subscription(
        id=row["id"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"],
        mode=Mode(row["mode"]),
        schedule=Schedule(
            times=tuple(time.fromisoformat(at) for at in json.loads(row["times"])),
            weekdays=frozenset(json.loads(row["weekdays"])),
            timezone=row["timezone"],
        ),
        next_run_at=None if row["next_run_at"] is None else from_ms(row["next_run_at"]),
        filter=Filter(tags=tuple(json.loads(row["filter"]))),
        silent=bool(row["silent"]),
        paused=bool(row["paused"]),
        suspended=row["suspended"],
        started_seq=row["started_seq"],
        created_by=row["created_by"],
    )
