"""Doubts: deliveries that may or may not have arrived, until evidence, a person or their expiry ends them."""

import json
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.model import Delivery, Doubt, Troubled
from bot.store import deliveries, outbox
from bot.store.db import Row, Store, Transaction

UNKNOWN = 0  # in message_ids: a message that stands there, whose id nobody knows
_COLUMNS = "d.id, d.chat_id, d.after_id, d.doubt_at"


async def of_chat(store: Store, chat_id: int) -> list[Doubt]:
    """Those of a chat of which its next messages may tell something, oldest first."""
    rows = await store.read(
        f"""SELECT {_COLUMNS} FROM delivery d
            WHERE d.state = 'uncertain' AND d.chat_id = :chat_id AND d.kind = 'post' AND d.after_id IS NOT NULL
            ORDER BY d.id""",
        {"chat_id": chat_id},
    )
    return [_from_row(row) for row in rows]


async def unasked(store: Store) -> list[Doubt]:
    """Those that nobody has been asked about yet, chat by chat."""
    rows = await store.read(
        f"""SELECT {_COLUMNS} FROM delivery d
            WHERE d.state = 'uncertain' AND d.kind = 'post' AND d.asked_at IS NULL AND d.doubt_at IS NOT NULL
            ORDER BY d.chat_id, d.id"""
    )
    return [_from_row(row) for row in rows]


async def listed(store: Store, chat_id: int, limit: int) -> list[Troubled]:
    """What is uncertain in a chat, oldest first."""
    rows = await store.read(
        f"""SELECT {outbox.COLUMNS} FROM delivery d {outbox.NAMES}
            WHERE d.state = 'uncertain' AND d.chat_id = :chat_id AND d.kind = 'post'
            ORDER BY d.id
            LIMIT :limit""",
        {"chat_id": chat_id, "limit": limit},
    )
    return [outbox.from_row(row) for row in rows]


async def narrow(store: Store, delivery_id: int, after_id: int | None) -> None:
    """Its id, if it has one, is above this one (None: nothing can be told from ids any more)."""
    await store.execute(
        "UPDATE delivery SET after_id = :after_id WHERE id = :id AND state = 'uncertain'",
        {"id": delivery_id, "after_id": after_id},
    )


async def disprove(store: Store, delivery_id: int) -> None:
    """It has certainly not arrived: pending again, as if it were new, and the attempt does not count.

    Of an attempt before that one nothing is known by this.
    """
    await store.execute(
        """UPDATE delivery SET doubt_at = CASE WHEN attempts > 1 THEN doubt_at END, created_at = :now
           WHERE id = :id AND state = 'uncertain'""",
        {"id": delivery_id, "now": to_ms(store.now())},
    )
    await deliveries.again(store, delivery_id, store.now(), counted=False)


async def mark_asked(store: Store, chat_id: int) -> None:
    """Whoever looks after the chat is asked about all that is uncertain there."""
    await store.execute(
        "UPDATE delivery SET asked_at = :now WHERE state = 'uncertain' AND chat_id = :chat_id AND asked_at IS NULL",
        {"chat_id": chat_id, "now": to_ms(store.now())},
    )


async def settle(store: Store, chat_id: int, first_id: int, last_id: int, *, arrived: bool) -> int:
    """How many of the chat's deliveries in that range a person has settled: they arrived, or are to be sent again.

    Of a digest in several messages it is the doubtful one that arrived; what comes behind it is sent now.
    """

    async def work(tx: Transaction) -> int:
        rows = await tx.execute(
            f"""SELECT {deliveries.COLUMNS} FROM delivery d
                WHERE d.state = 'uncertain' AND d.chat_id = :chat_id AND d.kind = 'post'
                    AND d.id BETWEEN :first_id AND :last_id
                ORDER BY d.id""",
            {"chat_id": chat_id, "first_id": first_id, "last_id": last_id},
        )
        for delivery in map(deliveries.from_row, rows):
            if not arrived:
                await outbox.send_again(tx, delivery.id)
            elif delivery.digest_run_id is None:
                await deliveries.mark_sent(tx, delivery.id, delivery.message_ids)
            else:
                await _go_on_behind(tx, delivery)
        return len(rows)

    return await store.write(work)


async def _go_on_behind(tx: Transaction, delivery: Delivery) -> None:
    await tx.execute(
        "UPDATE delivery SET message_ids = :message_ids, doubt_at = NULL WHERE id = :id",
        {"id": delivery.id, "message_ids": json.dumps([*delivery.message_ids, UNKNOWN])},
    )
    await deliveries.again(tx, delivery.id, tx.now(), counted=False)


async def expire(store: Store, before: datetime) -> int:
    """How many have been in doubt since before then, and are given up. That they may stand there is not forgotten."""
    rows = await store.execute(
        """UPDATE delivery SET state = 'expired', ended_at = :now
           WHERE state = 'uncertain' AND coalesce(doubt_at, created_at) <= :before
           RETURNING id""",
        {"before": to_ms(before), "now": to_ms(store.now())},
    )
    return len(rows)


def _from_row(row: Row) -> Doubt:
    return Doubt(row["id"], row["chat_id"], row["after_id"], from_ms(row["doubt_at"]))
