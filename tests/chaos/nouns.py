"""What a run of chaos leaves behind, as the oracle compares it: rows, messages, changes, doubts. Pure."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

Place: TypeAlias = tuple[int, int]  # chat and topic, 0: no topic
Pair: TypeAlias = tuple[Place, int]  # a story at a place

COPIES = {"resend": 2, "hold": 1}  # at most, under each policy
# As a line of its own: a post's first, or an item of a digest. A question about it puts a number before. What comes
# after the number is the version, from 2 on.
STORY = re.compile(r"^(?:• )?Story (\d{4})(?:, version (\d+))?$", re.MULTILINE)


class Fault(StrEnum):
    """How the promise can be broken."""

    LOSS = "silent loss"  # not there, and nothing says so
    COPIES = "too many copies"
    GROUNDLESS = "repeated or doubted without cause"
    ORDER = "out of order"
    UNFINISHED = "still in the queue at rest"
    STRAY = "something that nobody asked for"
    STALE = "shows what it should not, and nothing says so"  # an older version, or what was withdrawn
    BACK = "an edit back to an older version"
    WITHDRAWN = "posted after it was withdrawn"
    UNTRUE = "a wrong report"
    UNWANTED = "posted while paused or unsubscribed"


@dataclass(frozen=True, slots=True)
class Finding:
    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as the store has it."""

    place: Place
    story: int
    state: str
    error: str = ""
    message_ids: tuple[int, ...] = ()

    @property
    def pair(self) -> Pair:
        return self.place, self.story


@dataclass(frozen=True, slots=True)
class Change:
    """An edit to a version, or a recall (None), at a place, as the store has it."""

    place: Place
    story: int
    version: int | None
    state: str
    effect: str = ""
    error: str = ""

    @property
    def pair(self) -> Pair:
        return self.place, self.story


@dataclass(frozen=True, slots=True)
class Report:
    """What a maintainer was told of a change: at how many places it came to which effect; `waiting`: to none yet."""

    story: int
    effects: Mapping[str, int]
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a message shows from then on, by Telegram's journal. More than one story in it: a digest.

    `is_new`: it was sent; else it was edited, or deleted (and shows nothing).
    """

    place: Place
    message_id: int
    stories: tuple[int, ...]
    versions: tuple[int, ...] = ()  # of the stories; none: all are as they were first
    is_new: bool = True
    line: int = 0  # of the journal
    at: float = 0.0  # seconds since 1970

    @property
    def shows(self) -> dict[int, int]:
        """The stories with their versions."""
        return dict(zip(self.stories, self.versions or (1,) * len(self.stories), strict=True))


@dataclass(frozen=True, slots=True)
class Absence:
    """A place that was paused or unsubscribed, between two of the journal's lines (None: to the end).

    `flying`: what was in flight there when it began.
    """

    place: Place
    since: int
    until: int | None = None
    flying: Collection[Pair] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One run. `stories` in the order in which they were announced, each of them to every place.

    `doubts`: how often the answer to a story's message was lost, or a kill found it in flight. `asked_for`: what was
    sent later because a person wanted it then. `versions`: of the stories that were changed, the newest. `withdrawn`:
    stories, each with the journal's line from which on it must not be posted, but once where it was `flying` then.
    `told`: stories whose last change was a maintainer's, who gets a report. `absences`: when nothing was wanted where;
    `excused`: what need not have been planned for that reason. `spacing`: seconds from one post to the next.
    """

    policy: str
    places: Sequence[Place]
    stories: Sequence[int]
    rows: Sequence[Row]
    arrivals: Sequence[Arrival]
    doubts: Mapping[Pair, int] = field(default_factory=dict)
    asked_for: Collection[Pair] = ()
    versions: Mapping[int, int] = field(default_factory=dict)
    withdrawn: Mapping[int, int] = field(default_factory=dict)
    flying: Collection[Pair] = ()
    changes: Sequence[Change] = ()
    told: Collection[int] = ()
    reports: Sequence[Report] = ()
    absences: Sequence[Absence] = ()
    excused: Collection[Pair] = ()
    spacing: Mapping[Place, float] = field(default_factory=dict)

    @property
    def sent(self) -> list[Arrival]:
        """The arrivals that were sent, rather than edited or deleted."""
        return [arrival for arrival in self.arrivals if arrival.is_new]

    def newest(self, story: int) -> int | None:
        """The version that should be seen; None: the story was withdrawn."""
        return None if story in self.withdrawn else self.versions.get(story, 1)


def arrivals(journal: str) -> list[Arrival]:
    """What Telegram did to messages with stories, in its order: sent, edited and deleted them."""
    found: list[Arrival] = []
    known: set[tuple[Place, int]] = set()
    for number, line in enumerate(map(json.loads, journal.splitlines())):
        place, is_new = (line["chat_id"], line.get("topic_id", 0)), line["method"].startswith("send")
        shows = {} if line.get("deleted") else shown(line["text"] or "")
        message = place, line["message_id"]
        if message in known or (shows and is_new):
            known.add(message)
            found.append(Arrival(*message, tuple(shows), tuple(shows.values()), is_new, number, _at(line)))
    return found


def _at(line: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(line["at"]).timestamp() if "at" in line else 0.0


def shown(text: str) -> dict[int, int]:
    """The stories of a text, with their versions."""
    return {int(story): int(version or 1) for story, version in STORY.findall(text)}


def name_of(pair: Pair) -> str:
    (chat, topic), story = pair
    return f"story {story:04} in chat {chat}" + (f" topic {topic}" if topic else "")
