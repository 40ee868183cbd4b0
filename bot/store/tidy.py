"""What is kept no longer than it is needed."""

from datetime import timedelta

from bot.clock import to_ms
from bot.store.db import Store

INBOX = timedelta(days=2)  # Telegram sends an update again for at most a day
NOTICES = timedelta(days=90)


async def tidy(store: Store) -> None:
    """Forgets updates that were handled and notices that were sent long ago, and lets SQLite renew its statistics."""
    await store.execute("DELETE FROM inbox WHERE handled_at < :before", {"before": to_ms(store.now() - INBOX)})
    await store.execute("DELETE FROM notice WHERE sent_at < :before", {"before": to_ms(store.now() - NOTICES)})
    await store.execute("PRAGMA optimize")
