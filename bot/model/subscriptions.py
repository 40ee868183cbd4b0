"""What a chat gets: which articles, when, how they look."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class Mode(StrEnum):
    INSTANT = "instant"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest goes out: local times, on weekdays (0 Monday … 6 Sunday), in a zone."""

    times: tuple[time, ...] = (time(9, 0),)
    weekdays: frozenset[int] = frozenset(range(7))
    timezone: str = "UTC"

    @property
    def is_daily(self) -> bool:
        """Whether it goes out on each weekday."""
        return len(self.weekdays) == 7


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

    @property
    def waits_for_approval(self) -> bool:
        return self.approve_minutes > 0 and self.must_approve


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
