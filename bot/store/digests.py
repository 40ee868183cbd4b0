"""Digests: what waits to be in the next one, and what was in a past one. (Adding one: deliveries.add_digest.)"""

from datetime import date

from bot import filters
from bot.errors import NotFound
from bot.model import Article, DigestRun, Subscription
from bot.store import articles
from bot.store.db import Store


async def waiting(store: Store, subscription: Subscription, limit: int) -> list[Article]:
    """The articles announced since its last run (at first: since it began) that pass its filter, in that order.

    Less what the destination already got, may have got or is about to get, alone or in another digest, and what was
    written there.
    """
    found: list[Article] = []
    after, rows = 0, None
    while len(found) < limit and (rows is None or len(rows) == limit):
        rows = await store.read(
            f"""SELECT {articles.COLUMNS}
                FROM article a JOIN subscription s ON s.id = :id
                WHERE a.announced_seq > s.started_seq
                    AND a.announced_seq > coalesce(
                        (SELECT max(r.until_seq) FROM digest_run r WHERE r.subscription_id = :id), 0)
                    AND a.announced_seq > :after AND a.state = 'published'
                    AND NOT EXISTS (
                        SELECT 1 FROM delivery d
                        WHERE d.chat_id = :chat_id AND d.topic_id = :topic_id AND d.dedupe_key = 'post:' || a.id
                            AND (d.state NOT IN ('refused', 'expired', 'cancelled') OR d.doubt_at IS NOT NULL))
                    AND NOT EXISTS (
                        SELECT 1 FROM digest_item i JOIN delivery d ON d.digest_run_id = i.digest_run_id
                        WHERE i.article_id = a.id AND d.chat_id = :chat_id AND d.topic_id = :topic_id
                            AND (d.state NOT IN ('refused', 'expired', 'cancelled') OR d.doubt_at IS NOT NULL))
                    AND NOT EXISTS (
                        SELECT 1 FROM article_source x
                        WHERE x.article_id = a.id AND x.kind = 'channel' AND x.key = :chat_key)
                ORDER BY a.announced_seq
                LIMIT :limit""",
            {
                "chat_key": str(subscription.chat_id),
                "id": subscription.id,
                "chat_id": subscription.chat_id,
                "topic_id": subscription.topic_id,
                "after": after,
                "limit": limit,
            },
        )
        read = [articles.from_row(row) for row in rows]
        found += [article for article in read if filters.passes(subscription.filter, article)]
        after = read[-1].announced_seq or 0 if read else 0
    return found[:limit]


async def get(store: Store, run_id: int) -> DigestRun:
    """The digest run with its articles, in order. Raises NotFound."""
    run = await store.read_one(
        "SELECT id, subscription_id, local_date, slot FROM digest_run WHERE id = :id", {"id": run_id}
    )
    if run is None:
        raise NotFound(f"there is no digest {run_id}")
    items = await store.read(
        "SELECT article_id FROM digest_item WHERE digest_run_id = :id ORDER BY position", {"id": run_id}
    )
    return DigestRun(
        id=run["id"],
        subscription_id=run["subscription_id"],
        local_date=date.fromisoformat(run["local_date"]),
        slot=run["slot"],
        article_ids=tuple(item["article_id"] for item in items),
    )


async def articles_of(store: Store, run_id: int) -> list[Article]:
    """The articles of a digest run, in order, as they are now; what was withdrawn since is left out."""
    rows = await store.read(
        f"""SELECT {articles.COLUMNS} FROM digest_item i JOIN article a ON a.id = i.article_id
            WHERE i.digest_run_id = :id AND a.state = 'published'
            ORDER BY i.position""",
        {"id": run_id},
    )
    return [articles.from_row(row) for row in rows]
