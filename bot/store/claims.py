"""Claims: what is to be sent now, with what is needed to send it, read in one go for many."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.model import Chat, Delivery, Look
from bot.store import chats, deliveries, subscriptions
from bot.store.db import Store, Transaction
from bot.store.merging import Merging


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery in flight."""

    delivery: Delivery
    chat: Chat
    silent: bool | None  # as its subscription says; None: there is none
    revision: int | None  # of its article; None: it is about none, or one that is not published
    look: Look  # as its subscription says


async def take(
    store: Store, now: datetime, limit: int, *, busy_chats: Collection[int] = (), merging: Merging | None = None
) -> list[Claim]:
    """What deliveries.claim claims, in the same transaction."""

    async def work(tx: Transaction) -> list[Claim]:
        claimed = await deliveries.claim(tx, now, limit, busy_chats=busy_chats, merging=merging)
        names = {f"id{number}": delivery.id for number, delivery in enumerate(claimed)}
        rows = await tx.execute(
            f"""SELECT d.id AS delivery_id, s.silent, s.look, a.revision, {chats.COLUMNS}
                FROM delivery d
                JOIN chat c ON c.id = d.chat_id
                LEFT JOIN subscription s ON s.id = d.subscription_id
                LEFT JOIN article a ON a.id = d.article_id AND a.state = 'published'
                WHERE d.id IN ({", ".join(f":{name}" for name in names)})""",
            names,
        )
        found = {row["delivery_id"]: row for row in rows}
        return [
            Claim(
                delivery,
                chats.from_row(row := found[delivery.id]),
                None if row["silent"] is None else bool(row["silent"]),
                row["revision"],
                subscriptions.look_of(row["look"] or "{}"),
            )
            for delivery in claimed
        ]

    return await store.write(work)
