"""Deliveries: the outbox and the ledger in one. What is planned, claimed, sent, doubtful, ended."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.model import ChatKind, Delivery, DeliveryKind, DeliveryState, Form
from bot.store.db import Row, Statement, Store, Transaction
from bot.store.ledger import HEIR
from bot.store.merging import GOES_ON, NEVER, SINGLE, Merging, merge

COLUMNS = """d.id, d.subscription_id, d.chat_id, d.topic_id, d.kind, d.article_id, d.digest_run_id, d.state, d.attempts,
    d.not_before, d.message_ids, d.error, d.dedupe_key, d.created_at, d.ended_at, d.merged_into"""


# `has_company`: an article with others behind it that are one too many, or before it that are late, or that was held.
CANDIDATES = """SELECT due.id AS chat_id, d.id AS head, d.not_before, {single} AND (
        :burst < (SELECT count(*) FROM (
            SELECT 1 FROM delivery q WHERE q.state = 'pending' AND q.chat_id = due.id LIMIT :enough))
        OR d.id > (SELECT min(q.id) FROM delivery q WHERE q.state = 'pending' AND q.chat_id = due.id)
        OR d.created_at < coalesce((SELECT g.gathered_until FROM subscription g WHERE g.id = d.subscription_id), 0)
        ) AS has_company
    FROM (SELECT id, due_at FROM chat
          WHERE state = 'active' AND due_at IS NOT NULL AND due_at <= :now {not_busy}
          ORDER BY due_at, id
          LIMIT :limit) due
    LEFT JOIN delivery d ON d.id = (
        SELECT p.id FROM delivery p LEFT JOIN subscription s ON s.id = p.subscription_id
        WHERE p.chat_id = due.id AND p.state = 'pending'
            AND {goes_on}
            AND NOT (p.created_at <= :late AND {single_p} AND p.created_at >= coalesce(s.gathered_until, 0))
            AND NOT EXISTS (SELECT 1 FROM delivery f WHERE f.state = 'sending' AND f.chat_id = due.id)
        ORDER BY p.id
        LIMIT 1)
    ORDER BY due.due_at, due.id"""


async def claim(
    store: Store, now: datetime, limit: int, *, busy_chats: Collection[int] = (), merging: Merging | None = None
) -> list[Delivery]:
    """At most `limit` deliveries to send now, marked `sending` and committed: the oldest of each chat, one a chat.

    Chats take turns, longest waiting first. Nothing comes of a chat in `busy_chats`, of one that has a delivery in
    flight, or past an older delivery of it that is not due yet. With `merging`, an article that is late goes with the
    next one of its destination or not at all, and a burst goes as digests.
    """
    busy = {f"busy{i}": chat_id for i, chat_id in enumerate(busy_chats)}
    not_busy = f"AND id NOT IN ({', '.join(f':{name}' for name in busy)})" if busy else ""
    sql = CANDIDATES.format(not_busy=not_busy, single=SINGLE, single_p=SINGLE.replace("d.", "p."), goes_on=GOES_ON)
    late = NEVER if merging is None else merging.params(now)

    async def work(tx: Transaction) -> list[Delivery]:
        claimed: list[Delivery] = []
        while len(claimed) < limit:
            params = {"now": to_ms(now), "limit": limit - len(claimed), **busy, **late}
            candidates = await tx.execute(sql, params)
            if not candidates:
                break
            now_ms = to_ms(now)
            heads = [
                await merge(tx, row["head"], merging, now) if row["has_company"] and merging else row["head"]
                for row in candidates
                if row["head"] is not None and row["not_before"] <= now_ms
            ]
            # What is claimed asks for the next one when it ends, by trigger; what is not due says when it will be.
            later = [dict(row) for row in candidates if row["head"] is not None and row["not_before"] > now_ms]
            taken, _ = await tx.execute_all([_taking(heads), _looked_at([row["chat_id"] for row in candidates])])
            claimed += map(from_row, taken)
            if later:
                await tx.executemany("UPDATE chat SET due_at = :not_before WHERE id = :chat_id", later)
        return sorted(claimed, key=lambda delivery: delivery.id)

    return await store.write(work)


def _taking(heads: Sequence[int]) -> Statement:
    names = {f"id{i}": head for i, head in enumerate(heads)}
    # coalesce, because SQLite would rather look through all that is pending than up these few.
    return Statement(
        f"""UPDATE delivery AS d
            SET state = 'sending', attempts = attempts + 1,
                after_id = (SELECT c.last_message_id FROM chat c WHERE c.id = d.chat_id)
            WHERE d.id IN ({", ".join(f":{name}" for name in names)}) AND coalesce(d.state, '') = 'pending'
            RETURNING {COLUMNS.replace("d.", "")}""",
        names,
    )


def _looked_at(chat_ids: Sequence[int]) -> Statement:
    names = {f"id{i}": chat_id for i, chat_id in enumerate(chat_ids)}
    return Statement(f"UPDATE chat SET due_at = NULL WHERE id IN ({', '.join(f':{name}' for name in names)})", names)


async def next_due_at(store: Store) -> datetime | None:
    """When a claim is worth trying again: never later than a delivery is due. None: nothing waits."""
    row = await store.read_one("SELECT min(due_at) AS due_at FROM chat WHERE state = 'active' AND due_at IS NOT NULL")
    return None if row is None or row["due_at"] is None else from_ms(row["due_at"])


async def mark_sent(
    store: Store, delivery_id: int, message_ids: Sequence[int], form: Form = Form.UNKNOWN, picture: str = ""
) -> None:
    """It has arrived as these messages, of that form; nothing happens if it was neither in flight nor doubtful."""
    await store.execute(  # the most frequent write of all: RETURNING would cost a fifth of it
        """UPDATE delivery
           SET state = 'sent', error = '', message_ids = :message_ids, ended_at = :now, doubt_at = NULL,
               picture = :picture,
               form = CASE WHEN form = 'gone' THEN form ELSE :form END
           WHERE id = :id AND state IN ('sending', 'uncertain')""",
        {
            "id": delivery_id,
            "message_ids": json.dumps(list(message_ids)),
            "form": form,
            "picture": picture,
            "now": to_ms(store.now()),
        },
    )


async def progress(store: Store, delivery_id: int, message_ids: Sequence[int]) -> bool:
    """Its first messages stand already: what is tried again goes on behind them. False: it was not in flight."""
    rows = await store.execute(
        """UPDATE delivery
           SET message_ids = :message_ids, after_id = CASE WHEN after_id IS NULL THEN NULL ELSE :last_id END
           WHERE id = :id AND state = 'sending'
           RETURNING id""",
        {"id": delivery_id, "message_ids": json.dumps(list(message_ids)), "last_id": message_ids[-1]},
    )
    return bool(rows)


async def refuse(store: Store, delivery_id: int, error: str) -> bool:
    """Telegram refuses the content. False: it has ended already."""
    rows = await store.execute(
        """UPDATE delivery
           SET state = 'refused', error = :error, ended_at = :now
           WHERE id = :id AND state IN ('pending', 'sending', 'uncertain')
           RETURNING id""",
        {"id": delivery_id, "error": error, "now": to_ms(store.now())},
    )
    return bool(rows)


async def again(store: Store, delivery_id: int, not_before: datetime, *, counted: bool, error: str = "") -> bool:
    """Pending again, not before then. An attempt that is counted may have arrived, and so the delivery is in doubt; one
    that is not leaves `attempts` as it was before the claim.

    False: it was neither in flight nor doubtful.
    """
    rows = await store.execute(
        """UPDATE delivery
           SET state = 'pending', not_before = :not_before, error = :error,
               attempts = attempts - CASE WHEN :counted THEN 0 ELSE 1 END,
               doubt_at = CASE WHEN :counted THEN :now ELSE doubt_at END
           WHERE id = :id AND state IN ('sending', 'uncertain')
           RETURNING id""",
        {
            "id": delivery_id,
            "not_before": to_ms(not_before),
            "error": error,
            "counted": counted,
            "now": to_ms(store.now()),
        },
    )
    return bool(rows)


async def mark_uncertain(store: Store, delivery_id: int, error: str) -> bool:
    """It may have arrived: parked until evidence, a person or its expiry ends it. False: it was not in flight."""
    rows = await store.execute(
        """UPDATE delivery SET state = 'uncertain', error = :error, doubt_at = :now, asked_at = NULL
           WHERE id = :id AND state = 'sending'
           RETURNING id""",
        {"id": delivery_id, "error": error, "now": to_ms(store.now())},
    )
    return bool(rows)


async def set_aside(store: Store, chat_id: int) -> int:
    """How many posts had waited for a chat that resumes: they are not sent unless somebody asks for them.

    One in doubt is uncertain; the offer of what was missed asks about it, too.
    """
    rows = await store.execute(
        f"""UPDATE delivery
            SET state = CASE WHEN doubt_at IS NULL THEN 'cancelled' ELSE 'uncertain' END, error = 'missed',
                ended_at = CASE WHEN doubt_at IS NULL THEN :now END, asked_at = :now, after_id = NULL
            WHERE chat_id = :chat_id AND state = 'pending' AND kind = 'post'
                AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.id = delivery.subscription_id AND NOT ({GOES_ON}))
            RETURNING id""",
        {"chat_id": chat_id, "now": to_ms(store.now())},
    )
    return len(rows)


_MISSED = "state IN ('cancelled', 'uncertain') AND chat_id = :chat_id AND error = 'missed'"


async def missed(store: Store, chat_id: int) -> int:
    """How many posts were set aside and nobody has said yet what is to become of them."""
    row = await store.read_one(
        f"SELECT count(*) AS posts FROM delivery WHERE {_MISSED}",
        {"chat_id": chat_id},
    )
    return 0 if row is None else int(row["posts"])


async def settle_missed(store: Store, chat_id: int, *, send: bool) -> int:
    """How many posts had been set aside; now they are pending again, as if they were new, or dropped for good.

    One in doubt when its chat was suspended is still in doubt, also where it is left: nobody said whether it arrived.
    """
    rows = await store.execute(
        f"""UPDATE delivery AS d
            SET state = CASE WHEN :send THEN 'pending' ELSE state END,
                error = CASE WHEN :send THEN '' ELSE 'dropped' END,
                ended_at = CASE WHEN :send THEN NULL ELSE ended_at END, not_before = :now,
                created_at = CASE WHEN :send THEN :now ELSE created_at END,
                subscription_id = CASE WHEN :send THEN {HEIR} ELSE subscription_id END
            WHERE {_MISSED}
            RETURNING id""",
        {"chat_id": chat_id, "send": send, "now": to_ms(store.now())},
    )
    return len(rows)


async def recover(
    store: Store, *, resend: Collection[ChatKind] = (ChatKind.PRIVATE,), ambiguous_resends: int = 1
) -> int:
    """How many were found `sending`, by a process that is gone; for the start, before anything is claimed.

    Each counts as one ambiguous attempt: in chats whose kind is in `resend` it is pending again, unless it has had its
    `ambiguous_resends` already; all others are uncertain. Edits and recalls may be repeated, and are pending again.
    """
    names = {f"kind{i}": kind for i, kind in enumerate(resend)}
    kinds = ", ".join(f":{name}" for name in names) or "NULL"
    rows = await store.execute(
        f"""UPDATE delivery
            SET error = 'interrupted', not_before = :now, doubt_at = :now, asked_at = NULL, state = CASE
                WHEN kind <> 'post' THEN 'pending'
                WHEN attempts <= :resends
                    AND (SELECT c.kind FROM chat c WHERE c.id = delivery.chat_id) IN ({kinds}) THEN 'pending'
                ELSE 'uncertain' END
            WHERE state = 'sending'
            RETURNING id""",
        {"now": to_ms(store.now()), "resends": ambiguous_resends, **names},
    )
    return len(rows)


async def get(store: Store, delivery_id: int) -> Delivery:
    """The delivery. Raises NotFound."""
    row = await store.read_one(f"SELECT {COLUMNS} FROM delivery d WHERE d.id = :id", {"id": delivery_id})
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return from_row(row)


async def of_chat(store: Store, chat_id: int) -> list[Delivery]:
    """Everything a chat was to get, oldest first."""
    rows = await store.read(
        f"SELECT {COLUMNS} FROM delivery d WHERE d.chat_id = :chat_id ORDER BY d.id", {"chat_id": chat_id}
    )
    return [from_row(row) for row in rows]


async def uncertain(store: Store, limit: int = 50) -> list[Delivery]:
    """The doubtful ones, oldest first."""
    rows = await store.read(
        f"SELECT {COLUMNS} FROM delivery d WHERE d.state = 'uncertain' ORDER BY d.id LIMIT :limit", {"limit": limit}
    )
    return [from_row(row) for row in rows]


def from_row(row: Row) -> Delivery:
    """The delivery of a row that has COLUMNS."""
    return Delivery(
        id=row["id"],
        subscription_id=row["subscription_id"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"],
        kind=DeliveryKind(row["kind"]),
        article_id=row["article_id"],
        digest_run_id=row["digest_run_id"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        not_before=from_ms(row["not_before"]),
        message_ids=tuple(json.loads(row["message_ids"])),
        error=row["error"],
        dedupe_key=row["dedupe_key"],
        created_at=from_ms(row["created_at"]),
        ended_at=None if row["ended_at"] is None else from_ms(row["ended_at"]),
        merged_into=row["merged_into"],
    )
