"""Articles and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


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
