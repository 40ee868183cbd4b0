"""The topics of forums by name, and destinations: a chat, in a forum with the topic that is meant."""

from collections.abc import Mapping
from dataclasses import replace

from bot.model import Chat, Subscription, Topic
from bot.store import chats
from bot.store.db import Store


async def note(store: Store, chat_id: int, topic_id: int, name: str, *, is_newest: bool) -> None:
    """A topic's name, if the chat is known; one that is not the newest changes nothing where there is one already."""
    known = await names(store, chat_id)
    if known.get(topic_id) == name or (topic_id in known and not is_newest):
        return
    await store.execute(
        """INSERT INTO topic (chat_id, topic_id, name)
           SELECT id, :topic_id, :name FROM chat WHERE id = :chat_id
           ON CONFLICT (chat_id, topic_id) DO UPDATE SET name = excluded.name""",
        {"chat_id": chat_id, "topic_id": topic_id, "name": name},
    )


async def names(store: Store, chat_id: int) -> Mapping[int, str]:
    """The names that are known of a forum's topics; none for what is no forum."""
    rows = await store.read("SELECT topic_id, name FROM topic WHERE chat_id = :chat_id", {"chat_id": chat_id})
    return {row["topic_id"]: row["name"] for row in rows}


async def destination(store: Store, chat_id: int, topic_id: int) -> Chat:
    """The chat, in a forum with that topic. Raises NotFound."""
    return in_topic(await chats.get(store, chat_id), topic_id, await names(store, chat_id))


async def destination_of(store: Store, one: Subscription) -> Chat:
    """Where what it sends goes."""
    return await destination(store, one.chat_id, one.topic_id)


def in_topic(chat: Chat, topic_id: int, known: Mapping[int, str]) -> Chat:
    """The chat as that destination; itself where it has no topics. `known`: as `names` gives them."""
    topic = topic_of(topic_id, known)
    return chat if topic is None else replace(chat, topic=topic)


def topic_of(topic_id: int, known: Mapping[int, str]) -> Topic | None:
    """The topic of a chat; None where it has none. `known`: as `names` gives them."""
    return Topic(topic_id, known.get(topic_id, "")) if topic_id or known else None
