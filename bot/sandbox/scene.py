"""The people and chats that a fresh sandbox starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.nouns import Bot, Chat, Person
    from bot.sandbox.world import Telegram

TOKEN = "7000000001:AAsandbox-no-secret-just-a-sample-00"  # noqa: S105  (it opens only a Telegram in memory)


@dataclass(frozen=True, slots=True)
class Scene:
    bot: Bot
    rosa: Person  # a reader
    chiara: Person  # administers a channel and a group
    owen: Person  # the bot's owner
    channel: Chat
    group: Chat
    forum: Chat
    topics: tuple[int, ...]


def default_scene(telegram: Telegram) -> Scene:
    """A reader, an administrator with a channel, a group and a forum, the owner, and one bot nobody has started."""
    bot = telegram.add_bot(TOKEN, username="paperboy_bot", name="Paperboy")
    rosa = telegram.add_person("Rosa", username="rosa_reads", about="a reader")
    chiara = telegram.add_person("Chiara", username="chiara_news", about="a channel admin")
    owen = telegram.add_person("Owen", username="owen_prints", about="the owner")
    channel = telegram.add_channel(chiara, "Harbour News", username="harbour_news")
    telegram.people.join(rosa, channel.id)
    group = telegram.add_group(chiara, "Harbour Talk")
    telegram.people.join(rosa, group.id)
    forum = telegram.add_group(chiara, "Harbour Forum", forum=True)
    telegram.people.join(rosa, forum.id)
    topics = tuple(telegram.add_topic(forum, name) for name in ("Ferries", "Market"))
    for person in (rosa, chiara, owen):
        telegram.private_chat(person, bot)
    return Scene(bot, rosa, chiara, owen, channel, group, forum, topics)
