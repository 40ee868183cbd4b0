"""Flood waits: until when Telegram told a chat to wait, or (chat 0) the bot as a whole. A restart forgets none."""

from collections.abc import Mapping
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import Store, Transaction


async def remember(store: Store, waits: Mapping[int, datetime]) -> None:
    """These chats wait until then; what has passed meanwhile is forgotten."""

    async def work(tx: Transaction) -> None:
        await tx.execute("DELETE FROM flood_wait WHERE until <= :now", {"now": to_ms(tx.now())})
        await tx.executemany(
            """INSERT INTO flood_wait (chat_id, until) VALUES (:chat_id, :until)
               ON CONFLICT (chat_id) DO UPDATE SET until = excluded.until""",
            [{"chat_id": chat_id, "until": to_ms(until)} for chat_id, until in waits.items()],
        )

    await store.write(work)


async def waits(store: Store) -> dict[int, datetime]:
    """The chats that must still wait, and until when."""
    rows = await store.read(
        "SELECT chat_id, until FROM flood_wait WHERE until > :now ORDER BY chat_id", {"now": to_ms(store.now())}
    )
    return {row["chat_id"]: from_ms(row["until"]) for row in rows}
