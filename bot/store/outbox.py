"""The outbox in numbers, what of it somebody should look at, and what can be done about it by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.clock import from_ms, to_ms
from bot.model import ChatKind, DeliveryState, Held, Topic, Troubled
from bot.store import chats
from bot.store.db import Row, Store
from bot.store.ledger import HEIR

RECENT = timedelta(days=7)  # for so long what was refused is shown
TROUBLED = """d.id IN (
        SELECT u.id FROM delivery u WHERE u.state = 'uncertain'
        UNION ALL SELECT r.id FROM delivery r WHERE r.state = 'refused' AND r.ended_at > :recent
        UNION ALL SELECT p.id FROM delivery p WHERE p.state = 'pending' AND p.error <> '')
    AND (d.state <> 'pending' OR c.state = 'active')"""
COLUMNS = """d.id, d.chat_id, c.kind AS chat_kind, c.title AS chat_title, coalesce(a.title, '') AS title,
    r.local_date AS digest_date, d.state, d.error,
    CASE d.state WHEN 'uncertain' THEN coalesce(d.doubt_at, d.created_at) WHEN 'refused' THEN d.ended_at
        ELSE d.created_at END AS since, d.topic_id, t.name AS topic,
    EXISTS (SELECT 1 FROM topic o WHERE o.chat_id = d.chat_id) AS is_forum"""
NAMES = """JOIN chat c ON c.id = d.chat_id
    LEFT JOIN article a ON a.id = d.article_id
    LEFT JOIN digest_run r ON r.id = d.digest_run_id
    LEFT JOIN topic t ON t.chat_id = d.chat_id AND t.topic_id = d.topic_id"""


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many deliveries are in each state. `suspended` of the pending ones wait in a suspended chat; `oldest_seconds`
    is the age of the oldest other one (0: nothing waits)."""

    pending: int = 0
    sending: int = 0
    sent: int = 0
    uncertain: int = 0
    refused: int = 0
    expired: int = 0
    cancelled: int = 0
    merged: int = 0
    suspended: int = 0
    oldest_seconds: int = 0


async def counts(store: Store) -> Outbox:
    """The counts that `paperboy stats` and /stats show."""
    rows = await store.read(
        """SELECT state, sum(deliveries) AS deliveries
           FROM (SELECT state, count(*) AS deliveries FROM delivery GROUP BY state
                 UNION ALL
                 SELECT state, deliveries FROM delivery_count) counted
           GROUP BY state"""
    )
    waiting = await store.read_one(
        """SELECT coalesce(sum(c.state = 'suspended' OR coalesce(s.suspended, '') <> ''), 0) AS suspended,
               min(CASE
                   WHEN c.state = 'active' AND coalesce(s.suspended, '') = '' AND coalesce(s.paused, 0) = 0
                   THEN d.created_at
               END) AS oldest
           FROM delivery d
           JOIN chat c ON c.id = d.chat_id
           LEFT JOIN subscription s ON s.id = d.subscription_id
           WHERE d.state = 'pending'"""
    )
    assert waiting is not None
    oldest = waiting["oldest"]
    return Outbox(
        **{row["state"]: row["deliveries"] for row in rows},
        suspended=waiting["suspended"],
        oldest_seconds=0 if oldest is None else max(0, (to_ms(store.now()) - oldest) // 1000),
    )


async def troubled(store: Store, limit: int, *, after: int = 0) -> list[Troubled]:
    """What is uncertain, was refused in the last days or waits after an error, oldest first; `after` this delivery."""
    rows = await store.read(
        f"SELECT {COLUMNS} FROM delivery d {NAMES} WHERE {TROUBLED} AND d.id > :after ORDER BY d.id LIMIT :limit",
        {"after": after, "limit": limit, "recent": to_ms(store.now() - RECENT)},
    )
    return [from_row(row) for row in rows]


async def errors(store: Store, limit: int) -> Mapping[str, int]:
    """The commonest errors among the same, with how often they came."""
    rows = await store.read(
        f"""SELECT d.error, count(*) AS times FROM delivery d {NAMES} WHERE {TROUBLED}
            GROUP BY d.error ORDER BY times DESC, d.error LIMIT :limit""",
        {"limit": limit, "recent": to_ms(store.now() - RECENT)},
    )
    return {row["error"]: row["times"] for row in rows}


async def held(store: Store, limit: int) -> list[Held]:
    """Suspended chats for which something waits, the longest suspended first."""
    rows = await store.read(
        f"""SELECT {chats.COLUMNS}, count(*) AS deliveries
            FROM chat c JOIN delivery d ON d.chat_id = c.id AND d.state = 'pending'
            WHERE c.state = 'suspended'
            GROUP BY c.id
            ORDER BY c.since, c.id
            LIMIT :limit""",
        {"limit": limit},
    )
    return [Held(chats.from_row(row), row["deliveries"]) for row in rows]


async def send_again(store: Store, delivery_id: int) -> bool:
    """Pending again, as if it were new, although it may have arrived, or was refused: somebody wishes so.

    That ends the doubt. It goes also where its subscription has ended. False: it is neither.
    """
    rows = await store.execute(
        f"""UPDATE delivery AS d
            SET state = 'pending', error = '', doubt_at = NULL, not_before = :now, created_at = :now, ended_at = NULL,
                subscription_id = {HEIR}
            WHERE id = :id AND state IN ('uncertain', 'refused')
            RETURNING id""",
        {"id": delivery_id, "now": to_ms(store.now())},
    )
    return bool(rows)


async def drop(store: Store, delivery_id: int) -> bool:
    """Nobody wants it any more. False: it is in flight, or has ended."""
    rows = await store.execute(
        """UPDATE delivery SET state = 'cancelled', error = 'dropped', ended_at = :now
           WHERE id = :id AND state IN ('uncertain', 'refused', 'pending')
           RETURNING id""",
        {"id": delivery_id, "now": to_ms(store.now())},
    )
    return bool(rows)


def from_row(row: Row) -> Troubled:
    """The delivery of a row that has COLUMNS."""
    return Troubled(
        id=row["id"],
        chat_id=row["chat_id"],
        chat_kind=ChatKind(row["chat_kind"]),
        chat_title=row["chat_title"],
        title=row["title"],
        digest_date=None if row["digest_date"] is None else date.fromisoformat(row["digest_date"]),
        state=DeliveryState(row["state"]),
        error=row["error"],
        since=from_ms(row["since"]),
        topic=Topic(row["topic_id"], row["topic"] or "") if row["topic_id"] or row["is_forum"] else None,
    )
