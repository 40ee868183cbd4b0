"""Chats, and the people who look after them or after the bot."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"


class ChannelPolicy(StrEnum):
    """Whose channels and groups are served, besides the maintainers' own: telegram.channels of the configuration."""

    ANYONE = "anyone"
    APPROVED = "approved"  # each when a maintainer has approved it
    MAINTAINERS = "maintainers"  # nobody's


class Bar(StrEnum):
    """What keeps a chat from getting one more subscription."""

    WAITS = "waits"  # for a maintainer's approval
    UNDECIDED = "undecided"  # nobody owns this bot yet, so nobody could be asked
    REFUSED = "refused"  # by a maintainer
    MAINTAINERS = "maintainers"  # the bot serves maintainers' chats alone
    CHAT_FULL = "chat_full"  # it has as many as a chat may have
    PERSON_FULL = "person_full"  # the person has as many chats as one may have


@dataclass(frozen=True, slots=True)
class Topic:
    """One of a forum's. `name`: "" when nobody knows it, and for General where it has no other."""

    id: int  # 0: General
    name: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A place in Telegram, private chats too (their id is the person's). `reason`, `since`: why and when suspended."""

    id: int
    kind: ChatKind
    title: str
    username: str | None
    language: str
    state: ChatState = ChatState.ACTIVE
    reason: str = ""
    since: datetime | None = None
    connected_by: int | None = None  # the person who added the bot
    started: bool = False  # private: the person has started the bot, so that it may write to them
    topic: Topic | None = None  # of a forum, where one of its topics is meant (store.topics)


class NoticeKind(StrEnum):
    CHANNEL_CARD = "channel_card"  # data: chat_id, title, kind; lacks: a right without which there is no card yet
    CHAT_BARRED = "chat_barred"  # to who wants it served; data: chat_id, title, kind, bar
    CHAT_ASKED = "chat_asked"  # to owners and editors; data: chat_id, title, kind, person_id, name
    CHAT_SUSPENDED = "chat_suspended"  # data: chat_id, title, kind, reason
    CHAT_RESUMED = "chat_resumed"  # data: chat_id, title, kind; what was missed is looked up when it is told
    DELIVERY_UNCERTAIN = "delivery_uncertain"  # data: chat_id, title, kind; the list is looked up when it is told
    FEED_FAILING = "feed_failing"  # for a day; data: feed_id, title, url, error; or count, when many fail together
    FEED_RECOVERED = "feed_recovered"  # one that was told to fail; data: feed_id, title, url; or count
    FEED_STOPPED = "feed_stopped"  # the server says that it is gone; data: feed_id, title, url
    FEED_IDS_CHANGED = "feed_ids_changed"  # data: feed_id, title, url
    DELIVERY_REFUSED = "delivery_refused"  # data: article_id, article_title, chat_id, title, error
    COPIES_CHANGED = "copies_changed"  # data: article_id, title, withdrawn, waiting, and how many by effect
    WEEKLY_REPORT = "weekly_report"  # data: chat_id, title, kind, and the figures of store.reports
    STORE_RESTORED = "store_restored"  # data: restored_at; what would go out is looked up when it is sent


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person must be told, once, in private; it waits until they have started the bot."""

    id: int
    person_id: int
    kind: NoticeKind
    data: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Maintainer:
    person_id: int
    role: Role
    name: str
