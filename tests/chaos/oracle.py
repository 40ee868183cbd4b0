"""What a run of chaos shows: the store compared with what Telegram wrote down, against the promise. Pure.

It shares no code with the bot: it reads the store's rows as they are on disk, the journal that the sandbox wrote before
it answered, and the doubts that the one who broke things noted (docs/design/delivery.md).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos import changes
from tests.chaos.nouns import COPIES, Case, Fault, Finding, Pair, Place, Row, name_of

ENDED_EARLY = ("missed", "unsubscribed")  # uncertain after the first lost answer: it was not tried again


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counts of a run, and every breach of the promise."""

    planned: int
    states: Counter[str]
    effects: Counter[str]
    repeated: int  # stories at a place that stand there more than once
    findings: tuple[Finding, ...]

    def count(self, fault: Fault) -> int:
        return sum(finding.fault is fault for finding in self.findings)


def judge(case: Case) -> Verdict:
    """The verdict on a run whose queue is at rest."""
    wanted: set[Pair] = {(place, story) for place in case.places for story in case.stories}
    copies = Counter((arrival.place, story) for arrival in case.sent for story in set(arrival.stories))
    findings = [
        *_rows(case, wanted, copies),
        *_copies(case, copies),
        *_order(case),
        *_absences(case),
        *_spacing(case),
        *(Finding(Fault.STRAY, f"arrived unasked: {name_of(pair)}") for pair in sorted(copies.keys() - wanted)),
        *changes.findings(case),
    ]
    return Verdict(
        planned=len(case.rows),
        states=Counter(row.state for row in case.rows),
        effects=Counter(change.effect for change in case.changes if change.effect),
        repeated=sum(number > 1 for number in copies.values()),
        findings=tuple(findings),
    )


def _rows(case: Case, wanted: set[Pair], copies: Mapping[Pair, int]) -> Iterable[Finding]:
    """P1: each has one row, which says what became of it, and truly so."""
    standing = changes.standing(case)
    rows = Counter(row.pair for row in case.rows)
    for pair in sorted(wanted - rows.keys()):
        if not (pair[1] in case.withdrawn or pair in case.excused) or copies.get(pair):
            yield Finding(Fault.LOSS, f"has no row: {name_of(pair)}")
    for pair, number in sorted(rows.items()):
        if number > 1 or pair not in wanted:
            yield Finding(Fault.STRAY, f"has {number} rows: {name_of(pair)}")
    for row in case.rows:
        is_there = any(row.story in standing.get((row.place, number), ()) for number in row.message_ids)
        yield from _row(case, row, is_there=is_there, has_arrived=bool(copies.get(row.pair)))


def _row(case: Case, row: Row, *, is_there: bool, has_arrived: bool) -> Iterable[Finding]:
    pair, name = row.pair, name_of(row.pair)
    match row.state:
        case "sent" | "merged":
            if not is_there and row.story not in case.withdrawn:
                yield Finding(Fault.LOSS, f"is {row.state} as {[*row.message_ids]} and is not there: {name}")
        case "uncertain":
            # What was withdrawn is not sent a second time, and in a digest nothing shows it any more.
            needed = 0 if row.story in case.withdrawn else 1 if row.error in ENDED_EARLY else COPIES[case.policy]
            if case.doubts.get(pair, 0) < needed:
                yield Finding(Fault.GROUNDLESS, f"is uncertain without {needed} lost answers: {name}")
        case "refused" | "expired" | "cancelled":
            if not row.error:
                yield Finding(Fault.LOSS, f"is {row.state} for no reason: {name}")
            # Under hold evidence may have ended the doubt before that; under resend one of two attempts is still open.
            if row.state == "cancelled" and case.policy == "resend" and case.doubts.get(pair):
                yield Finding(Fault.LOSS, f"is cancelled ({row.error}) while in doubt: {name}")
            if has_arrived and not case.doubts.get(pair):
                yield Finding(Fault.STRAY, f"is {row.state} and stands there: {name}")
        case _:
            yield Finding(Fault.UNFINISHED, f"is {row.state}: {name}")


def _copies(case: Case, copies: Mapping[Pair, int]) -> Iterable[Finding]:
    """P2, P3: no more than the policy allows, and more than one only of what was in doubt."""
    for pair, number in sorted(copies.items()):
        if number > COPIES[case.policy]:
            yield Finding(Fault.COPIES, f"stands there {number} times: {name_of(pair)}")
        elif number > 1 and not case.doubts.get(pair):
            yield Finding(Fault.GROUNDLESS, f"stands there {number} times, and no answer was lost: {name_of(pair)}")


def _order(case: Case) -> Iterable[Finding]:
    """P4: at each place as announced, but for what was in doubt, or asked for later."""
    rank = {story: number for number, story in enumerate(case.stories)}
    last: dict[Place, int] = defaultdict(lambda: -1)
    seen: set[Pair] = set()
    for arrival in case.sent:
        for story in arrival.stories:
            pair = arrival.place, story
            if pair in seen or case.doubts.get(pair) or pair in case.asked_for or story not in rank:
                continue
            seen.add(pair)
            if rank[story] < last[arrival.place]:
                yield Finding(Fault.ORDER, f"came after a later one: {name_of(pair)}")
            last[arrival.place] = max(last[arrival.place], rank[story])


def _absences(case: Case) -> Iterable[Finding]:
    """Nothing comes to who paused or unsubscribed, but what was in flight then, in doubt, or asked for."""
    for absence in case.absences:
        for arrival in case.sent:
            if arrival.place != absence.place or not absence.since <= arrival.line < (absence.until or math.inf):
                continue
            for pair in ((arrival.place, story) for story in arrival.stories):
                if pair not in absence.flying and pair not in case.asked_for and not case.doubts.get(pair):
                    yield Finding(Fault.UNWANTED, name_of(pair))


def _spacing(case: Case) -> Iterable[Finding]:
    """A post waits after the one before it, unless a kill has kept the bot from writing down when that came."""
    for place, seconds in case.spacing.items():
        for before, arrival in pairwise([each for each in case.sent if each.place == place]):
            in_doubt = any(case.doubts.get((place, story)) for story in (*before.stories, *arrival.stories))
            if arrival.at < before.at + seconds and not in_doubt:
                yield Finding(Fault.UNWANTED, f"came too soon: {name_of((place, arrival.stories[0]))}")
