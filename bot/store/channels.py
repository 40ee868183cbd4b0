"""Channels as sources: whose posts become articles."""

import json
from collections.abc import Collection, Iterable

from bot.clock import to_ms
from bot.store.db import Store


async def follow(store: Store, chat_id: int, by: int, tags: Iterable[str] = ()) -> None:
    """From now on the channel's posts become articles; its chat is known to the store."""
    await store.execute(
        """INSERT INTO channel_source (chat_id, tags, added_by, created_at) VALUES (:chat_id, :tags, :by, :now)
           ON CONFLICT (chat_id) DO NOTHING""",
        {"chat_id": chat_id, "tags": json.dumps(list(tags)), "by": by, "now": to_ms(store.now())},
    )


async def unfollow(store: Store, chat_id: int) -> bool:
    """Its posts are no articles any more; those that were stay. False: they were none."""
    gone = await store.execute("DELETE FROM channel_source WHERE chat_id = :id RETURNING chat_id", {"id": chat_id})
    return bool(gone)


async def tags_of(store: Store, chat_id: int) -> tuple[str, ...] | None:
    """The tags of articles from there; None: it is no source."""
    row = await store.read_one("SELECT tags FROM channel_source WHERE chat_id = :id", {"id": chat_id})
    return None if row is None else tuple(json.loads(row["tags"]))


async def followed(store: Store, chat_ids: Collection[int]) -> set[int]:
    """Which of these chats are sources."""
    names = {f"id{number}": chat_id for number, chat_id in enumerate(chat_ids)}
    rows = await store.read(
        f"SELECT chat_id FROM channel_source WHERE chat_id IN ({', '.join(f':{name}' for name in names)})", names
    )
    return {row["chat_id"] for row in rows}


def guid_of(message_id: int) -> str:
    """The id of a post, among those of its channel."""
    return f"message:{message_id}"


async def is_ours(store: Store, chat_id: int, message_id: int) -> bool:
    """Whether that message is one of the bot's own posts."""
    rows = await store.read(
        """SELECT message_ids FROM delivery
           WHERE state = 'sent' AND chat_id = :chat_id AND message_ids LIKE '%' || :message_id || '%'""",
        {"chat_id": chat_id, "message_id": message_id},
    )
    return any(message_id in json.loads(row["message_ids"]) for row in rows)
