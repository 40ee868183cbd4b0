"""Articles, chats and subscriptions to test with."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bot.model import ArticleState, Chat, ChatKind, Filter, Mode, NewArticle, Source, SourceKind, Subscription
from bot.store import articles, chats, digests, subscriptions
from bot.store.db import Store
from tests.clock import START

FILE = Source(SourceKind.FILE, "archive.jsonl")
FEED = Source(SourceKind.FEED, "1")


def new_article(title: str = "A title", *, guid: str = "", published_at: datetime = START, **other: Any) -> NewArticle:
    values: dict[str, Any] = {
        "url": None,
        "canonical_url": None,
        "summary": "",
        "body": "",
        "text": "",
        "author": "",
        "language": "en",
        "tags": (),
        "image_url": None,
        "enclosures": (),
        "state": ArticleState.PUBLISHED,
        "content_hash": hashlib.sha256(title.encode("utf-8", "replace")).hexdigest(),
        **other,
    }
    return NewArticle(title=title, guid=guid or title, published_at=published_at, **values)


async def add_article(store: Store, title: str = "A title", *, announce: bool = False, **other: Any) -> int:
    return await articles.add(store, new_article(title, **other), FILE, announce=announce)


async def add_chat(store: Store, chat_id: int = -100, kind: ChatKind = ChatKind.CHANNEL, **other: Any) -> int:
    await chats.saw(store, Chat(chat_id, kind, f"Chat {chat_id}", None, "en", **other))
    return chat_id


async def subscribe(
    store: Store, chat_id: int = -100, *, topic_id: int = 0, mode: Mode = Mode.INSTANT, tags: tuple[str, ...] = ()
) -> Subscription:
    if await chats.find(store, chat_id) is None:
        await add_chat(store, chat_id)
    return await subscriptions.add(store, chat_id, topic_id, mode, None, Filter(tags))


async def add_digest(
    store: Store, subscription: Subscription, local_date: date, slot: int, article_ids: Sequence[int], until_seq: int
) -> int | None:
    """The id of a digest run with these articles, to be sent at once; None: that slot had its run already."""
    run = digests.NewRun(subscription, local_date, slot, article_ids, until_seq)
    made = await store.write(lambda tx: digests.add(tx, [run]))
    return made.get(subscription.id)
