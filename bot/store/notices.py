"""Notices: what one person must be told, once, in private; they wait for the /start of who never started the bot."""

import json
from collections.abc import Mapping
from typing import Any

from bot.clock import from_ms, to_ms
from bot.model import Chat, Notice, NoticeKind
from bot.store.db import Store


def about(chat: Chat) -> dict[str, Any]:
    """What a notice's data says of a chat."""
    topic = {} if chat.topic is None else {"topic_id": chat.topic.id, "topic": chat.topic.name}
    return {"chat_id": chat.id, "title": chat.title, "kind": str(chat.kind), **topic}


async def add(store: Store, person_id: int, kind: NoticeKind, data: Mapping[str, Any]) -> None:
    """Tells the person; one that still waits to be told the very same is not told twice."""
    await store.execute(
        """INSERT INTO notice (person_id, kind, data, created_at) VALUES (:person_id, :kind, :data, :now)
           ON CONFLICT (person_id, kind, data) WHERE sent_at IS NULL DO NOTHING""",
        {
            "person_id": person_id,
            "kind": kind,
            "data": json.dumps(dict(data), sort_keys=True),
            "now": to_ms(store.now()),
        },
    )


async def due(store: Store, limit: int) -> list[Notice]:
    """Unsent ones, oldest first, to persons who started the bot and have not blocked it.

    In a restored store only the question whether it may send (store.restored).
    """
    rows = await store.read(
        """SELECT n.id, n.person_id, n.kind, n.data, n.created_at
           FROM notice n JOIN chat c ON c.id = n.person_id
           WHERE n.sent_at IS NULL AND c.started = 1 AND c.state = 'active'
               AND (n.kind = 'store_restored' OR NOT EXISTS (SELECT 1 FROM setting WHERE key = 'restored'))
           ORDER BY n.id
           LIMIT :limit""",
        {"limit": limit},
    )
    return [
        Notice(
            id=row["id"],
            person_id=row["person_id"],
            kind=NoticeKind(row["kind"]),
            data=json.loads(row["data"]),
            created_at=from_ms(row["created_at"]),
        )
        for row in rows
    ]


async def mark_sent(store: Store, notice_id: int) -> None:
    """The person was told."""
    await store.execute(
        "UPDATE notice SET sent_at = :now WHERE id = :id AND sent_at IS NULL",
        {"id": notice_id, "now": to_ms(store.now())},
    )
