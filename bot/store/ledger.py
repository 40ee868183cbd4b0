"""The ledger of a chat: what was sent, edited, taken down, failed or waits, newest first; and posting it again."""

import json
from datetime import date

from bot.clock import from_ms, to_ms
from bot.model import DeliveryKind, DeliveryState, Effect, Form, LedgerEntry, Wait
from bot.store.db import Row, Store, Transaction
from bot.store.merging import GOES_ON

STATES = tuple(state for state in DeliveryState if state is not DeliveryState.MERGED)
ENDED = "('sent', 'refused', 'expired', 'cancelled')"  # what can be posted again

# One walk of delivery_state for each state, so that a page costs the same after a million deliveries.
_PAGE = " UNION ALL ".join(
    f"""SELECT id FROM (
        SELECT id FROM delivery
        WHERE state = '{state}' AND chat_id = :chat_id AND id < :before
        ORDER BY id DESC
        LIMIT :limit)"""
    for state in STATES
)
_COLUMNS = f"""d.id, d.chat_id, d.topic_id, d.kind, d.state, d.effect, d.form, d.error, d.message_ids,
    coalesce(a.title, '') AS title, r.local_date AS digest_date, coalesce(d.ended_at, d.doubt_at, d.created_at) AS at,
    CASE WHEN d.state <> 'pending' THEN ''
        WHEN c.state = 'suspended' OR s.suspended <> '' THEN 'suspended'
        WHEN s.paused = 1 THEN 'paused'
        WHEN NOT ({GOES_ON}) THEN 'held'
        WHEN d.error <> '' THEN 'error'
        ELSE 'turn' END AS wait"""
_NAMES = """JOIN chat c ON c.id = d.chat_id
    LEFT JOIN subscription s ON s.id = d.subscription_id
    LEFT JOIN article a ON a.id = d.article_id
    LEFT JOIN digest_run r ON r.id = d.digest_run_id"""
_NEWEST = 2**63 - 1

# By such keys copies.at finds what an edit must reach.
_KEY = """CASE WHEN d.digest_run_id IS NULL THEN 'again:' || d.article_id || ':'
    ELSE 'digest:' || d.digest_run_id || ':again:' END"""
_TIMES = f"""(SELECT count(*) FROM delivery o
    WHERE o.chat_id = d.chat_id AND o.topic_id = d.topic_id
        AND o.dedupe_key >= {_KEY} AND o.dedupe_key < {_KEY} || ':')"""
# The subscription that it was for, or else another of the same destination, whose settings then hold. NULL: there is
# none; what a person asked for goes all the same.
HEIR = """coalesce((SELECT s.id FROM subscription s WHERE s.id = d.subscription_id),
    (SELECT min(s.id) FROM subscription s WHERE s.chat_id = d.chat_id AND s.topic_id = d.topic_id))"""


async def page(store: Store, chat_id: int, limit: int, *, before: int = 0) -> list[LedgerEntry]:
    """The chat's newest deliveries, or the newest that are older than `before`; what was merged is in another one."""
    rows = await store.read(
        f"""SELECT {_COLUMNS} FROM delivery d {_NAMES}
            WHERE d.id IN ({_PAGE})
            ORDER BY d.id DESC
            LIMIT :limit""",
        {"chat_id": chat_id, "before": before or _NEWEST, "limit": limit, "now": to_ms(store.now())},
    )
    return [from_row(row) for row in rows]


async def find(store: Store, chat_id: int, delivery_id: int) -> LedgerEntry | None:
    """The chat's delivery; None: it has none of this number, or no longer."""
    row = await store.read_one(
        f"SELECT {_COLUMNS} FROM delivery d {_NAMES} WHERE d.id = :id AND d.chat_id = :chat_id",
        {"id": delivery_id, "chat_id": chat_id, "now": to_ms(store.now())},
    )
    return None if row is None else from_row(row)


async def times_again(store: Store, delivery_id: int) -> int | None:
    """How often its article or digest was posted again there; None: it cannot be.

    It has not ended, is no post, was withdrawn, or nothing is sent there any more.
    """
    row = await store.read_one(
        f"""SELECT {_TIMES} AS times FROM delivery d
            WHERE d.id = :id AND d.kind = 'post' AND d.state IN {ENDED} AND {HEIR} IS NOT NULL
                AND (EXISTS (SELECT 1 FROM article a WHERE a.id = d.article_id AND a.state = 'published')
                    OR EXISTS (SELECT 1 FROM digest_item i JOIN article a ON a.id = i.article_id
                               WHERE i.digest_run_id = d.digest_run_id AND a.state = 'published'))""",
        {"id": delivery_id},
    )
    return None if row is None else int(row["times"])


async def heir(store: Store, delivery_id: int) -> int | None:
    """The id of the subscription for which it would be posted again; None: of none."""
    row = await store.read_one(f"SELECT {HEIR} AS id FROM delivery d WHERE d.id = :id", {"id": delivery_id})
    return None if row is None else row["id"]


async def post_again(store: Store, chat_id: int, delivery_id: int, number: int) -> bool:
    """Once more, as a delivery of its own, for the `number`th time. False: that was done already, or cannot be."""

    async def work(tx: Transaction) -> bool:
        times = await times_again(tx, delivery_id)
        if times is None or times != number - 1:
            return False
        rows = await tx.execute(
            f"""INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, digest_run_id, state,
                    not_before, dedupe_key, created_at)
                SELECT {HEIR}, d.chat_id, d.topic_id, d.kind, d.article_id, d.digest_run_id, 'pending',
                    :now, {_KEY} || :number, :now
                FROM delivery d WHERE d.id = :id AND d.chat_id = :chat_id
                ON CONFLICT (chat_id, topic_id, dedupe_key) DO NOTHING
                RETURNING id""",
            {"id": delivery_id, "chat_id": chat_id, "number": number, "now": to_ms(tx.now())},
        )
        return bool(rows)

    return await store.write(work)


def from_row(row: Row) -> LedgerEntry:
    """The entry of a row that has the ledger's columns."""
    return LedgerEntry(
        id=row["id"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"],
        kind=DeliveryKind(row["kind"]),
        state=DeliveryState(row["state"]),
        wait=Wait(row["wait"]) if row["wait"] else None,
        effect=Effect(row["effect"]) if row["effect"] else None,
        error=row["error"],
        title=row["title"],
        digest_date=None if row["digest_date"] is None else date.fromisoformat(row["digest_date"]),
        at=from_ms(row["at"]),
        message_ids=() if row["form"] == Form.GONE else tuple(json.loads(row["message_ids"])),
        is_gone=row["form"] == Form.GONE,
    )
