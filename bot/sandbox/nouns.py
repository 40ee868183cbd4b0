"""What the sandbox's world is made of, and how each thing looks in Bot API JSON."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]
ChatKind: TypeAlias = Literal["private", "group", "supergroup", "channel"]
MediaKind: TypeAlias = Literal["photo", "document", "video", "audio", "animation"]

GENERAL_TOPIC = 1
GROUP_ANONYMOUS_BOT: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
# Telegram shows these to a bot for every administrator; those of the second line only where they mean something.
RIGHTS_EVERYWHERE = [
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
]
RIGHTS_OF_KIND: dict[str, tuple[str, ...]] = {
    "channel": ("can_post_messages", "can_edit_messages"),
    "supergroup": ("can_pin_messages", "can_manage_topics"),
    "group": ("can_pin_messages",),
}


def all_rights(kind: str, **changed: bool) -> dict[str, bool]:
    """Every right an administrator can have in a chat of this kind, less those set to False."""
    rights = dict.fromkeys((*RIGHTS_EVERYWHERE, *RIGHTS_OF_KIND.get(kind, ())), True)
    rights["can_promote_members"] = False
    return rights | changed


def utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Person:
    id: int
    first_name: str
    username: str | None = None
    language_code: str = "en"
    last_name: str | None = None
    deactivated: bool = False
    about: str = ""  # who this is, for those who look at the web chat; bots never see it

    def json(self) -> Json:
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            user["last_name"] = self.last_name
        if self.username:
            user["username"] = self.username
        user["language_code"] = self.language_code
        return user


@dataclass(slots=True, eq=False)
class Bot:
    """A bot's account with what the server keeps for it: the update queue, commands and descriptions."""

    id: int
    token: str
    username: str
    name: str
    privacy: bool = True  # in groups, without admin rights, sees only what is meant for it
    inline: bool = True  # as /setinline of BotFather has it
    updates: deque[Json] = field(default_factory=deque)
    last_update_id: int = 100_000_000
    last_message_id: int = 0  # private chats and basic groups share one sequence an account
    allowed_updates: frozenset[str] | None = None  # None: all but those that must be asked for
    poll: asyncio.Future[bool] | None = None  # the getUpdates that waits now
    webhook: Json = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # (scope, language)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)  # (name|description|…, language)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)

    def json(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


User: TypeAlias = Person | Bot


@dataclass(slots=True)
class Member:
    user: User
    status: Literal["creator", "administrator", "member", "left", "kicked"]
    rights: dict[str, bool] = field(default_factory=dict)
    anonymous: bool = False

    @property
    def present(self) -> bool:
        return self.status in {"creator", "administrator", "member"}

    def can(self, right: str) -> bool:
        return self.status == "creator" or (self.status == "administrator" and self.rights.get(right, False))

    def json(self, kind: str) -> Json:
        member: Json = {"user": self.user.json(), "status": self.status}
        match self.status:
            case "creator":
                member["is_anonymous"] = self.anonymous
            case "administrator":
                member |= {"can_be_edited": False, "is_anonymous": self.anonymous}
                member |= {
                    right: self.rights.get(right, False)
                    for right in (*RIGHTS_EVERYWHERE, *RIGHTS_OF_KIND.get(kind, ()))
                }
            case "kicked":
                member["until_date"] = 0
            case _:
                pass
        return member


@dataclass(slots=True)
class Topic:
    id: int  # message_thread_id: the id of the service message that made it
    name: str
    closed: bool = False


@dataclass(slots=True, eq=False)
class Chat:
    """A chat; a private one is between `person` and `bot`, and its id is the person's."""

    id: int
    kind: ChatKind
    title: str | None = None
    username: str | None = None
    forum: bool = False
    person: Person | None = None
    bot: Bot | None = None
    started: bool = False  # private: the person has written first
    blocked: bool = False  # private: the person has blocked the bot
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    last_message_id: int = 0
    migrated_to: int | None = None
    deleted: bool = False
    silenced: bool = False  # only administrators may write

    @property
    def own_sequence(self) -> bool:
        """Whether message ids are consecutive within this chat."""
        return self.kind in {"supergroup", "channel"}

    def member(self, user: User) -> Member:
        return self.members.get(user.id) or Member(user, "left")

    def bots(self) -> list[Bot]:
        if self.bot is not None:
            return [self.bot]
        return [m.user for m in self.members.values() if isinstance(m.user, Bot) and m.present]

    def json(self) -> Json:
        chat: Json = {"id": self.id}
        if self.person is not None:
            chat["first_name"] = self.person.first_name
            if self.person.last_name:
                chat["last_name"] = self.person.last_name
            if self.person.username:
                chat["username"] = self.person.username
        else:
            chat["title"] = self.title
            if self.username:
                chat["username"] = self.username
            if self.forum:
                chat["is_forum"] = True
        chat["type"] = self.kind
        return chat


@dataclass(frozen=True, slots=True)
class Media:
    """A file that Telegram keeps. Its bytes are in `Telegram.files`."""

    kind: MediaKind
    file_id: str
    file_unique_id: str
    path: str
    size: int
    name: str | None = None
    mime: str | None = None
    width: int = 0
    height: int = 0

    def _file(self) -> Json:
        return {"file_id": self.file_id, "file_unique_id": self.file_unique_id, "file_size": self.size}

    def json(self) -> Json | list[Json]:
        """What stands under the key `kind` of a message: a list of sizes for a photo."""
        if self.kind == "photo":
            return [self._file() | {"width": self.width, "height": self.height}]
        media = self._file()
        if self.name:
            media["file_name"] = self.name
        if self.mime:
            media["mime_type"] = self.mime
        if self.kind in {"video", "animation"}:
            media |= {"width": self.width, "height": self.height, "duration": 0}
        elif self.kind == "audio":
            media["duration"] = 0
        return media


@dataclass(slots=True, eq=False)
class Message:
    id: int
    chat: Chat
    date: datetime
    from_: User | None = None
    text: str | None = None
    caption: str | None = None
    entities: list[Json] = field(default_factory=list)  # of the text or of the caption
    reply_markup: Json | None = None
    media: Media | None = None
    media_group_id: str | None = None
    topic: int | None = None
    reply_to: Message | None = None
    forward_origin: Json | None = None
    edited_at: datetime | None = None
    service: Json = field(default_factory=dict)  # new_chat_members, migrate_to_chat_id, …
    extra: Json = field(default_factory=dict)  # link_preview_options, has_protected_content, …
    by_chat: bool = False  # speaks for the chat: a channel post, an anonymous administrator
    reactions: dict[int, tuple[str, ...]] = field(default_factory=dict)  # emoji, by person
    keyboard: Json | None = None  # a reply keyboard, its removal or a forced reply: not part of the message's JSON

    @property
    def photo(self) -> Media | None:
        return self.media if self.media is not None and self.media.kind == "photo" else None

    @property
    def document(self) -> Media | None:
        return self.media if self.media is not None and self.media.kind == "document" else None

    def buttons(self) -> list[Json]:
        """The inline buttons, row after row."""
        return [button for row in (self.reply_markup or {}).get("inline_keyboard", []) for button in row]

    def json(self, *, reply: bool = True) -> Json:
        chat = self.chat
        message: Json = {"message_id": self.id}
        if self.by_chat:
            message["sender_chat"] = chat.json()
            if chat.kind != "channel":
                message["from"] = GROUP_ANONYMOUS_BOT
        elif self.from_ is not None:
            message["from"] = self.from_.json()
        message["chat"] = chat.json()
        message["date"] = int(self.date.timestamp())
        if self.edited_at is not None:
            message["edit_date"] = int(self.edited_at.timestamp())
        if self.topic is not None:
            message |= {"message_thread_id": self.topic, "is_topic_message": True}
        if self.forward_origin is not None:
            message["forward_origin"] = self.forward_origin
        if reply and self.reply_to is not None:
            message["reply_to_message"] = self.reply_to.json(reply=False)
        elif reply and self.topic in chat.messages and self.topic != self.id:
            message["reply_to_message"] = chat.messages[self.topic].json(reply=False)  # as each in a topic answers it
        if self.media_group_id is not None:
            message["media_group_id"] = self.media_group_id
        if self.text is not None:
            message["text"] = self.text
            if self.entities:
                message["entities"] = self.entities
        if self.media is not None:
            message[self.media.kind] = self.media.json()
            if self.media.kind == "animation":  # clients from before animations see a document
                message["document"] = message["animation"]
        if self.caption:
            message["caption"] = self.caption
            if self.entities:
                message["caption_entities"] = self.entities
        if self.reply_markup is not None:
            message["reply_markup"] = self.reply_markup
        return message | self.extra | self.service


@dataclass(slots=True)
class Callback:
    """A tap that waits for its answer."""

    id: str
    person: Person
    bot: Bot
    chat_id: int
    message_id: int
    asked_at: datetime
    answer: asyncio.Future[CallbackAnswer] | None = None


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    answered: bool
    text: str | None = None
    alert: bool = False
    url: str | None = None


@dataclass(slots=True)
class Inline:
    """An inline query that waits for its answer."""

    id: str
    person: Person
    bot: Bot
    asked_at: datetime
    answer: asyncio.Future[Json] | None = None


@dataclass(slots=True)
class Call:
    """One Bot API call as decoded, and its answer: also one that a fault kept from the bot, None while it runs."""

    number: int
    bot_id: int
    method: str
    params: Json
    at: datetime
    answer: Json | None = None
    unknown: tuple[str, ...] = ()  # parameters that the method does not have (Telegram ignores them)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something changed.

    kind: message, edit, delete, member, chat, topic, pin, action, callback (a tap was answered), commands, closing.
    """

    kind: str
    chat_id: int
    message_id: int | None = None
    bot_id: int | None = None
    data: Json = field(default_factory=dict)
