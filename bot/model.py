"""The nouns of Paperboy: frozen values that every folder speaks of. What they mean is in docs/glossary.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any


class ArticleState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class SourceKind(StrEnum):
    FEED = "feed"
    CHANNEL = "channel"
    MAINTAINER = "maintainer"
    FILE = "file"


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Mode(StrEnum):
    INSTANT = "instant"
    DIGEST = "digest"


class DeliveryKind(StrEnum):
    POST = "post"
    EDIT = "edit"
    RECALL = "recall"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Form(StrEnum):
    """What a posted message is: Telegram lets a text become a photo by an edit, never a photo a text."""

    UNKNOWN = ""
    TEXT = "text"
    PHOTO = "photo"
    GONE = "gone"  # deleted, or out of reach for ever


class Effect(StrEnum):
    """What an edit or a recall of the copies at one destination came to."""

    CHANGED = "changed"  # they show the article as it is now, or that it was withdrawn
    UNCHANGED = "unchanged"  # they did so already
    DELETED = "deleted"
    LOST = "lost"  # they were no longer there
    IMPOSSIBLE = "impossible"  # Telegram does not allow it, or not all of it


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"


class Period(StrEnum):
    """What /top counts: the last 24 hours, 7, 30 or 365 days, or everything; or the week with the latest ahead."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"
    RISING = "rising"


class Change(StrEnum):
    """What came of submitting an article."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"  # another source's article that the store already has


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with an article, as feeds announce it."""

    url: str
    media_type: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article comes from. `key` tells sources of one kind apart: a feed's id, a file's name, a person's id."""

    kind: SourceKind
    key: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """An article on its way in, as its source gives it: not yet sanitised. A title and one of url, body, summary."""

    title: str
    url: str | None = None
    guid: str | None = None  # the source's own id for it; the URL where there is none
    summary: str = ""  # HTML or plain
    body: str = ""  # HTML
    author: str = ""
    language: str = ""  # BCP 47, "" unknown
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    published_at: datetime | None = None  # None: now
    state: ArticleState = ArticleState.PUBLISHED


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article ready to be stored: sanitised, normalised, hashed (made by intake.decide from a Submission)."""

    title: str
    url: str | None
    canonical_url: str | None
    guid: str
    summary: str  # plain text
    body: str  # sanitised HTML
    text: str  # plain text of the body, for search
    author: str
    language: str
    tags: tuple[str, ...]
    image_url: str | None
    enclosures: tuple[Enclosure, ...]
    published_at: datetime
    state: ArticleState
    content_hash: str  # of what a post shows
    title_mark: str = ""  # by which articles like it are found: of its title,
    fingerprint: str = ""  # and of its text's beginning; "": too little to tell it by
    is_dated: bool = False  # `published_at` is its source's


@dataclass(frozen=True, slots=True)
class Alike:
    """An article that may be the same story as one that comes in, as much of it as tells."""

    id: int
    title: str
    url: str | None
    canonical_url: str | None
    title_mark: str  # of its source's title
    words: str  # the beginning of its text
    files: tuple[str, ...]  # the addresses of its enclosures
    published_at: datetime
    is_edited: bool  # by a maintainer: the words are not its source's
    guids: int  # how many the source that asks has given it; 0: it is another source's


@dataclass(frozen=True, slots=True)
class Article:
    id: int
    url: str | None
    canonical_url: str | None
    title: str
    summary: str
    body: str
    text: str
    author: str
    language: str
    tags: tuple[str, ...]
    image_url: str | None
    enclosures: tuple[Enclosure, ...]
    state: ArticleState
    published_at: datetime
    announced_seq: int | None  # the order in which it went out to the world; None: an archive, pushed to nobody
    changed_seq: int
    content_hash: str
    revision: int
    edited_seq: int | None = None  # the order in which what posts show was changed; None: never since it was announced
    changed_by: int | None = None  # the maintainer whose words these are; None: its source's
    revises: int | None = None  # a draft that would replace this article


@dataclass(frozen=True, slots=True)
class Teaser:
    """What a list shows of an article. `reads` and `reactions` are set in /top only, `snippet` and marks in search.

    Marks are code point ranges (start, end) of the words found, in the snippet and in the title.
    """

    id: int
    title: str
    summary: str
    url: str | None
    author: str
    language: str
    image_url: str | None
    published_at: datetime
    tags: tuple[str, ...] = ()
    reads: int | None = None
    reactions: int = 0
    snippet: str | None = None
    marks: tuple[tuple[int, int], ...] = ()
    title_marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: `total` articles in all (None: not counted), `has_next` whether a further page holds any.

    Of a search: `meant` is another query that may have been meant; `is_partial` says that not every article can be
    found yet.
    """

    teasers: tuple[Teaser, ...]
    page: int
    has_next: bool
    total: int | None = None
    meant: str | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission."""

    change: Change
    article_id: int


@dataclass(frozen=True, slots=True)
class Feed:
    id: int
    url: str
    title: str
    etag: str
    last_modified: str
    next_check_at: datetime
    failures: int
    last_error: str
    paused: bool
    tags: tuple[str, ...]
    polled_at: datetime | None  # None: never yet; its first poll announces `announce_first` at most
    added_by: int | None
    every: timedelta | None = None  # between two polls; None: as the configuration says
    full_text: bool = False  # the linked pages are read for the text
    announce_first: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with each request; secret
    body_hash: str = ""  # of the last document read
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedToFollow:
    """A feed as a list of feeds names it, with how it was followed where the list is our own."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    paused: bool = False
    every: timedelta | None = None
    full_text: bool = False
    announce_first: int = 0


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


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest goes out: local times, on weekdays (0 Monday … 6 Sunday), in a zone."""

    times: tuple[time, ...] = (time(9, 0),)
    weekdays: frozenset[int] = frozenset(range(7))
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles pass: one of each kind that is named must fit, and none of what is excluded. Empty: all.

    As people wrote them; bot/filters.py says when one fits.
    """

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # words and phrases
    excluded: tuple[str, ...] = ()  # words and phrases that must not be there


class Order(StrEnum):
    """What a digest holds, and in which order."""

    NEWEST = "newest"
    MOST_READ = "most_read"
    PICKED = "picked"  # what editors recommend


class CatchUp(StrEnum):
    """What becomes of a digest whose time passed while the bot was down."""

    LATE = "late"  # it is sent late
    MERGE = "merge"  # the next one holds its articles
    SKIP = "skip"  # its articles are in no digest


@dataclass(frozen=True, slots=True)
class Selection:
    """What a digest holds and how it goes out. Fewer than `at_least`: what there is waits for the next one."""

    order: Order = Order.NEWEST
    at_least: int = 1
    at_most: int = 0  # the best are taken, the rest is passed by; 0: all
    skip_if_empty: bool = True  # else it says that nothing is new
    by_tag: bool = False  # grouped
    header: str = ""
    footer: str = ""
    pin: bool = False  # and unpin the one before
    catch_up: CatchUp = CatchUp.LATE
    approve_minutes: int = 0  # so long before its time it comes to the admins; 0: it goes without
    must_approve: bool = False  # without approval it waits; else it goes by itself at its time


class Preset(StrEnum):
    HEADLINE = "headline"
    TEASER = "teaser"  # with the photo
    FULL = "full"
    OWN = "own"  # a template


@dataclass(frozen=True, slots=True)
class Look:
    """How posts look in one destination."""

    preset: Preset = Preset.TEASER
    template: str = ""  # of OWN
    read: bool = True  # buttons
    original: bool = True
    share: bool = False
    hashtags: bool = True
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Restraint:
    """When nothing is sent: hours of the schedule's zone, beyond so many posts a day, too soon after the last one."""

    quiet_from: time | None = None  # both or none
    quiet_until: time | None = None
    daily_cap: int = 0  # 0: none
    spacing_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    chat_id: int
    topic_id: int  # 0: the chat itself, or a forum's General
    mode: Mode
    schedule: Schedule
    next_run_at: datetime | None  # of a digest
    filter: Filter
    silent: bool
    paused: bool
    suspended: str  # the reason, "" when it is not
    started_seq: int  # only articles announced after this are ever sent
    created_by: int | None
    name: str = ""  # of a digest
    selection: Selection = Selection()
    look: Look = Look()
    restraint: Restraint = Restraint()
    paused_until: datetime | None = None
    pinned_message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the outbox and the ledger."""

    id: int
    subscription_id: int | None
    chat_id: int
    topic_id: int
    kind: DeliveryKind
    article_id: int | None
    digest_run_id: int | None
    state: DeliveryState
    attempts: int
    not_before: datetime
    message_ids: tuple[int, ...]
    error: str
    dedupe_key: str
    created_at: datetime
    ended_at: datetime | None
    merged_into: int | None = None  # the delivery that it went out with


@dataclass(frozen=True, slots=True)
class Copy:
    """An article as it stands at a destination: the messages of the post, or of the digest, that showed it."""

    delivery_id: int
    state: DeliveryState  # sent; sending or uncertain: it may stand there
    message_ids: tuple[int, ...]
    form: Form
    picture: str  # of a photo: tells one address from another
    digest_run_id: int | None
    look: Look = Look()  # as the post's subscription says now; the default, when that has ended


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain post in a channel or supergroup, whose connection was `closed_at`.

    If it stands there its id is above `after_id`, and is that of no message known; None: nothing can be told from ids.
    """

    delivery_id: int
    chat_id: int
    after_id: int | None
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Troubled:
    """A delivery that somebody should look at, by the names that people know."""

    id: int
    chat_id: int
    chat_kind: ChatKind
    chat_title: str
    title: str  # the article's; "" for a digest
    digest_date: date | None
    state: DeliveryState
    error: str
    since: datetime  # that it is uncertain, refused or waiting


@dataclass(frozen=True, slots=True)
class Held:
    """A suspended chat, and how many deliveries wait for it."""

    chat: Chat
    deliveries: int


@dataclass(frozen=True, slots=True)
class DigestRun:
    """What a digest holds. `slot`: the local time of its run in minutes since midnight; None: out of its turn."""

    id: int
    subscription_id: int
    local_date: date
    slot: int | None
    article_ids: tuple[int, ...]
    is_burst: bool = False  # made of what was due together, not by a subscription to digests


class NoticeKind(StrEnum):
    CHANNEL_CARD = "channel_card"  # data: chat_id, title
    CHAT_SUSPENDED = "chat_suspended"  # data: chat_id, title, kind, reason
    CHAT_RESUMED = "chat_resumed"  # data: chat_id, title, kind; what was missed is looked up when it is told
    DELIVERY_UNCERTAIN = "delivery_uncertain"  # data: chat_id, title, kind; the list is looked up when it is told
    FEED_FAILING = "feed_failing"  # for a day; data: feed_id, title, url, error; or count, when many fail together
    FEED_RECOVERED = "feed_recovered"  # one that was told to fail; data: feed_id, title, url; or count
    FEED_STOPPED = "feed_stopped"  # the server says that it is gone; data: feed_id, title, url
    FEED_IDS_CHANGED = "feed_ids_changed"  # data: feed_id, title, url
    DELIVERY_REFUSED = "delivery_refused"  # data: article_id, chat_id, error
    COPIES_CHANGED = "copies_changed"  # data: article_id, title, withdrawn, waiting, and how many by effect
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
