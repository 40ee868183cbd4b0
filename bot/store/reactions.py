"""Reactions to posts in channels: how many, by article. Whose they are Telegram does not tell."""

from datetime import datetime
from functools import partial

from bot.clock import to_ms
from bot.store.channels import guid_of
from bot.store.db import Store, Transaction


async def note(store: Store, chat_id: int, message_id: int, reactions: int, counted_at: datetime) -> int | None:
    """The article whose post has that many reactions now; None: the message is no article's, as far as is known.

    An older count than the one that is known changes nothing.
    """
    return await store.write(partial(_note, chat_id, message_id, reactions, counted_at))


async def _note(chat_id: int, message_id: int, reactions: int, counted_at: datetime, tx: Transaction) -> int | None:
    params = {
        "chat_id": chat_id,
        "message_id": message_id,
        "message_ids": f"[{message_id}]",
        "key": str(chat_id),
        "guid": guid_of(message_id),
        "reactions": reactions,
        "at": to_ms(counted_at),
    }
    known = await tx.read_one(
        """SELECT article_id, reactions, counted_at FROM reaction_count
           WHERE chat_id = :chat_id AND message_id = :message_id""",
        params,
    )
    if known is not None:
        article_id, before = int(known["article_id"]), int(known["reactions"])
        if known["counted_at"] > params["at"]:
            return article_id
    else:
        post = await tx.read_one(
            """SELECT d.article_id FROM delivery d INDEXED BY delivery_message
               WHERE d.chat_id = :chat_id AND d.chat_id < 0 AND d.message_ids = :message_ids
                   AND d.kind = 'post' AND d.state = 'sent' AND d.article_id IS NOT NULL
               UNION ALL
               SELECT s.article_id FROM article_source s WHERE s.kind = 'channel' AND s.key = :key AND s.guid = :guid
               LIMIT 1""",
            params,
        )
        if post is None:
            return None
        article_id, before = int(post["article_id"]), 0
    params["article_id"] = article_id
    await tx.execute(
        """INSERT INTO reaction_count (chat_id, message_id, article_id, reactions, counted_at)
           VALUES (:chat_id, :message_id, :article_id, :reactions, :at)
           ON CONFLICT (chat_id, message_id) DO UPDATE
           SET reactions = excluded.reactions, counted_at = excluded.counted_at""",
        params,
    )
    await tx.execute(
        """INSERT INTO article_reactions (article_id, reactions) VALUES (:article_id, :more)
           ON CONFLICT (article_id) DO UPDATE SET reactions = reactions + excluded.reactions""",
        {**params, "more": reactions - before},
    )
    return article_id
