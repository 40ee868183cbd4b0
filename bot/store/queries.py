"""Texts too long for a button, under a short number: a search, a tag, an address, a document that was sent."""

from datetime import timedelta

from bot.clock import to_ms
from bot.store.db import Store, Transaction

KEPT_FOR = timedelta(days=30)  # since it was last used


async def remember(store: Store, text: str) -> int:
    """The number of these words, the same for the same words."""

    async def work(tx: Transaction) -> int:
        rows = await tx.execute(
            """INSERT INTO search_query (text, used_at) VALUES (:text, :now)
               ON CONFLICT (text) DO UPDATE SET used_at = excluded.used_at
               RETURNING id""",
            {"text": text, "now": to_ms(tx.now())},
        )
        await tx.execute("DELETE FROM search_query WHERE used_at < :old", {"old": to_ms(tx.now() - KEPT_FOR)})
        return int(rows[0]["id"])

    return await store.write(work)


async def recall(store: Store, query_id: int) -> str | None:
    """The words; None when they are forgotten."""
    row = await store.read_one("SELECT text FROM search_query WHERE id = :id", {"id": query_id})
    return None if row is None else str(row["text"])
