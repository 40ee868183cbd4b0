"""Where a message of ours comes from: its delivery, and the subscriptions that brought what it shows."""

from bot.model import Article, Delivery
from bot.store import articles
from bot.store.db import Store
from bot.store.deliveries import COLUMNS, from_row

PARTS = 50  # messages back in which the first one of a digest is looked for


async def of_message(store: Store, chat_id: int, message_id: int) -> Delivery | None:
    """The post in a group or channel of which this message is a part; None: it is none of ours that is still known."""
    rows = await store.read(
        f"""WITH RECURSIVE part (id) AS (
                SELECT :message_id UNION ALL SELECT id - 1 FROM part WHERE id > :message_id - {PARTS} AND id > 1)
            SELECT {COLUMNS} FROM part CROSS JOIN delivery d INDEXED BY delivery_message
            WHERE d.chat_id = :chat_id AND d.chat_id < 0 AND d.kind = 'post' AND d.state = 'sent'
                AND d.message_ids >= '[' || part.id || ',' AND d.message_ids <= '[' || part.id || ']'""",
        {"chat_id": chat_id, "message_id": message_id},
    )
    return next((one for one in map(from_row, rows) if message_id in one.message_ids), None)


async def brought(store: Store, delivery: Delivery) -> dict[int | None, list[Article]]:
    """The articles of a post by the subscriptions that brought them; None: one that nobody knows any more."""
    rows = await store.read(
        f"""SELECT coalesce(m.subscription_id, d.subscription_id) AS brought_by, {articles.COLUMNS}
            FROM delivery d
            JOIN article a ON a.id = d.article_id OR a.id IN (
                SELECT i.article_id FROM digest_item i WHERE i.digest_run_id = d.digest_run_id)
            LEFT JOIN delivery m ON m.chat_id = d.chat_id AND m.topic_id = d.topic_id
                AND m.dedupe_key = 'post:' || a.id AND m.merged_into = d.id
            WHERE d.id = :id
            ORDER BY a.announced_seq""",
        {"id": delivery.id},
    )
    found: dict[int | None, list[Article]] = {}
    for row in rows:
        found.setdefault(row["brought_by"], []).append(articles.from_row(row))
    return found
