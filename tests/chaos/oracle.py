"""What a run of chaos shows: the store compared with what Telegram wrote down, against the promise. Pure.

It shares no code with the bot: it reads the store's rows as they are on disk, the journal that the sandbox wrote before
it answered, and the doubts that the one who broke things noted (docs/design/delivery.md).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]  # chat and topic, 0: no topic
Pair: TypeAlias = tuple[Place, int]  # a story at a place

COPIES = {"resend": 2, "hold": 1}  # at most, under each policy
# As a line of its own: a post's first, or an item of a digest. A question about it puts a number before.
STORY = re.compile(r"^(?:• )?Story (\d{4})$", re.MULTILINE)


class Fault(StrEnum):
    """How the promise can be broken."""

    LOSS = "silent loss"  # not there, and nothing says so
    COPIES = "too many copies"
    GROUNDLESS = "repeated or doubted without cause"
    ORDER = "out of order"
    UNFINISHED = "still in the queue at rest"
    STRAY = "something that nobody asked for"


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
class Arrival:
    """A message that Telegram took. More than one story in it: a digest."""

    place: Place
    message_id: int
    stories: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One run. `stories` in the order in which they were announced, each of them to every place.

    `doubts`: how often the answer to a story's message was lost, or a kill found it in flight. `asked_for`: what was
    sent later because a person wanted it then.
    """

    policy: str
    places: Sequence[Place]
    stories: Sequence[int]
    rows: Sequence[Row]
    arrivals: Sequence[Arrival]
    doubts: Mapping[Pair, int] = field(default_factory=dict)
    asked_for: Collection[Pair] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    fault: Fault
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counts of a run, and every breach of the promise."""

    planned: int
    states: Counter[str]
    repeated: int  # stories at a place that stand there more than once
    findings: tuple[Finding, ...]

    def count(self, fault: Fault) -> int:
        return sum(finding.fault is fault for finding in self.findings)


def judge(case: Case) -> Verdict:
    """The verdict on a run whose queue is at rest."""
    wanted: set[Pair] = {(place, story) for place in case.places for story in case.stories}
    copies = Counter((arrival.place, story) for arrival in case.arrivals for story in set(arrival.stories))
    findings = [
        *_rows(case, wanted, copies),
        *_copies(case, copies),
        *_order(case),
        *(Finding(Fault.STRAY, f"arrived unasked: {_name(pair)}") for pair in sorted(copies.keys() - wanted)),
    ]
    return Verdict(
        planned=len(case.rows),
        states=Counter(row.state for row in case.rows),
        repeated=sum(number > 1 for number in copies.values()),
        findings=tuple(findings),
    )


def _rows(case: Case, wanted: set[Pair], copies: Mapping[Pair, int]) -> Iterable[Finding]:
    """P1: each has one row, which says what became of it, and truly so."""
    standing = {(arrival.place, arrival.message_id): arrival.stories for arrival in case.arrivals}
    rows = Counter(row.pair for row in case.rows)
    for pair in sorted(wanted - rows.keys()):
        yield Finding(Fault.LOSS, f"has no row: {_name(pair)}")
    for pair, number in sorted(rows.items()):
        if number > 1 or pair not in wanted:
            yield Finding(Fault.STRAY, f"has {number} rows: {_name(pair)}")
    for row in case.rows:
        pair = row.pair
        match row.state:
            case "sent" | "merged":
                shown = {story for number in row.message_ids for story in standing.get((row.place, number), ())}
                if row.story not in shown:
                    yield Finding(Fault.LOSS, f"is {row.state} as {[*row.message_ids]} and is not there: {_name(pair)}")
            case "uncertain":
                needed = COPIES[case.policy]
                if case.doubts.get(pair, 0) < needed:
                    yield Finding(Fault.GROUNDLESS, f"is uncertain without {needed} lost answers: {_name(pair)}")
            case "refused" | "expired" | "cancelled":
                if not row.error:
                    yield Finding(Fault.LOSS, f"is {row.state} for no reason: {_name(pair)}")
                if copies.get(pair) and not case.doubts.get(pair):
                    yield Finding(Fault.STRAY, f"is {row.state} and stands there: {_name(pair)}")
            case _:
                yield Finding(Fault.UNFINISHED, f"is {row.state}: {_name(pair)}")


def _copies(case: Case, copies: Mapping[Pair, int]) -> Iterable[Finding]:
    """P2, P3: no more than the policy allows, and more than one only of what was in doubt."""
    for pair, number in sorted(copies.items()):
        if number > COPIES[case.policy]:
            yield Finding(Fault.COPIES, f"stands there {number} times: {_name(pair)}")
        elif number > 1 and not case.doubts.get(pair):
            yield Finding(Fault.GROUNDLESS, f"stands there {number} times, and no answer was lost: {_name(pair)}")


def _order(case: Case) -> Iterable[Finding]:
    """P4: at each place as announced, but for what was in doubt, or asked for later."""
    rank = {story: number for number, story in enumerate(case.stories)}
    last: dict[Place, int] = defaultdict(lambda: -1)
    seen: set[Pair] = set()
    for arrival in case.arrivals:
        for story in arrival.stories:
            pair = arrival.place, story
            if pair in seen or case.doubts.get(pair) or pair in case.asked_for or story not in rank:
                continue
            seen.add(pair)
            if rank[story] < last[arrival.place]:
                yield Finding(Fault.ORDER, f"came after a later one: {_name(pair)}")
            last[arrival.place] = max(last[arrival.place], rank[story])


def arrivals(journal: str) -> list[Arrival]:
    """The stories that Telegram took, in its order: of a journal's lines those of messages sent that hold any."""
    found = []
    for line in map(json.loads, journal.splitlines()):
        stories = tuple(map(int, STORY.findall(line["text"] or "")))
        if stories and line["method"].startswith("send"):
            found.append(Arrival((line["chat_id"], line.get("topic_id", 0)), line["message_id"], stories))
    return found


def _name(pair: Pair) -> str:
    (chat, topic), story = pair
    return f"story {story:04} in chat {chat}" + (f" topic {topic}" if topic else "")
