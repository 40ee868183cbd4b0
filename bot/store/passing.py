"""Messages of ours that are to go away by themselves: menus in groups, test posts."""

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import Store


@dataclass(frozen=True, slots=True)
class Passing:
    """A message, and when it is to go."""

    chat_id: int
    message_id: int
    delete_at: datetime


async def put(store: Store, chat_id: int, message_id: int, delete_at: datetime) -> None:
    """The message goes away then, and no longer when it was to before."""
    await store.execute(
        """INSERT INTO passing_message (chat_id, message_id, delete_at) VALUES (:chat_id, :message_id, :delete_at)
           ON CONFLICT (chat_id, message_id) DO UPDATE SET delete_at = excluded.delete_at, tried_at = 0""",
        {"chat_id": chat_id, "message_id": message_id, "delete_at": to_ms(delete_at)},
    )


async def find(store: Store, chat_id: int, message_id: int) -> Passing | None:
    """The message if it is to go away, else None."""
    row = await store.read_one(
        """SELECT chat_id, message_id, delete_at FROM passing_message
           WHERE chat_id = :chat_id AND message_id = :message_id""",
        {"chat_id": chat_id, "message_id": message_id},
    )
    return None if row is None else Passing(row["chat_id"], row["message_id"], from_ms(row["delete_at"]))


async def due(store: Store, now: datetime, limit: int) -> list[Passing]:
    """Those whose time has come, longest due first; behind them those that have failed, longest ago first."""
    rows = await store.read(
        """SELECT chat_id, message_id, delete_at FROM passing_message
           WHERE delete_at <= :now
           ORDER BY tried_at, delete_at
           LIMIT :limit""",
        {"now": to_ms(now), "limit": limit},
    )
    return [Passing(row["chat_id"], row["message_id"], from_ms(row["delete_at"])) for row in rows]


async def failed(store: Store, one: Passing, now: datetime) -> None:
    """It could not be deleted now; others take their turn before it."""
    await store.execute(
        "UPDATE passing_message SET tried_at = :now WHERE chat_id = :chat_id AND message_id = :message_id",
        {"chat_id": one.chat_id, "message_id": one.message_id, "now": to_ms(now)},
    )


async def forget(store: Store, chat_id: int, message_id: int) -> None:
    """It is gone, or stays."""
    await store.execute(
        "DELETE FROM passing_message WHERE chat_id = :chat_id AND message_id = :message_id",
        {"chat_id": chat_id, "message_id": message_id},
    )
