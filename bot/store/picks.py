"""Picks: the articles that editors recommend."""

from bot.clock import to_ms
from bot.store.db import Store


async def put(store: Store, article_id: int, person_id: int, picked: bool) -> None:
    """The article is recommended from now on, or no longer."""
    if not picked:
        await store.execute("DELETE FROM pick WHERE article_id = :id", {"id": article_id})
        return
    await store.execute(
        """INSERT INTO pick (article_id, picked_by, picked_at) VALUES (:id, :person_id, :now)
           ON CONFLICT (article_id) DO NOTHING""",
        {"id": article_id, "person_id": person_id, "now": to_ms(store.now())},
    )


async def holds(store: Store, article_id: int) -> bool:
    """Whether the article is recommended."""
    return await store.read_one("SELECT 1 FROM pick WHERE article_id = :id", {"id": article_id}) is not None
