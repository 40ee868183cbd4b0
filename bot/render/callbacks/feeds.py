"""Buttons of feeds."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FollowFeed:
    """Follow the feed whose address is remembered under `query_id` (queries.remember), or do not.

    `announce`: so many of its newest articles go out at its first poll.
    """

    query_id: int
    follow: bool
    announce: int = 0


@dataclass(frozen=True, slots=True)
class FindFeeds:
    """Offer the feeds that the address remembered under `query_id` leads to."""

    query_id: int


@dataclass(frozen=True, slots=True)
class ShowFeeds:
    page: int = 0


@dataclass(frozen=True, slots=True)
class CheckFeed:
    """Read this feed now."""

    feed_id: int


@dataclass(frozen=True, slots=True)
class PauseFeed:
    feed_id: int
    pause: bool  # False: resume


class FeedPart(StrEnum):
    """What of a feed is shown: all of it, or the question about one part."""

    ALL = "a"
    TAGS = "t"
    EVERY = "e"
    HEADERS = "h"
    REMOVE = "r"


@dataclass(frozen=True, slots=True)
class ShowFeed:
    feed_id: int
    part: FeedPart = FeedPart.ALL


@dataclass(frozen=True, slots=True)
class ClearFeed:
    """Leave the feed without tags, or without headers. A reply to the message with this button gives it new ones."""

    feed_id: int
    part: FeedPart


@dataclass(frozen=True, slots=True)
class SetFeedEvery:
    feed_id: int
    minutes: int  # between two polls; 0: as the configuration says


@dataclass(frozen=True, slots=True)
class SetFullText:
    feed_id: int
    on: bool


@dataclass(frozen=True, slots=True)
class SetAnnounceFirst:
    """So many of the newest articles of the first poll go out."""

    feed_id: int
    count: int


@dataclass(frozen=True, slots=True)
class RemoveFeed:
    """The second step: ShowFeed asks before."""

    feed_id: int
