"""The oracle itself: a run that kept the promise is let pass, and each way of breaking it is told by its name."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.nouns import Absence, Arrival, Case, Fault, Place, Row, arrivals
from tests.chaos.oracle import judge

HERE: Place = (-100, 0)
THERE: Place = (7, 0)
STORIES = (1, 2, 3, 4)


def kept(policy: str = "resend") -> Case:
    """Every story sent to both places, once, in order."""
    rows = [Row(place, story, "sent", "", (story,)) for story in STORIES for place in (HERE, THERE)]
    taken = [Arrival(row.place, row.message_ids[0], (row.story,)) for row in rows]
    return Case(policy, (HERE, THERE), STORIES, rows, taken)


def became(case: Case, story: int, state: str, error: str = "", *, arrived: bool = True) -> Case:
    """The story's row HERE ended so; its message is there or not."""
    rows = [
        replace(row, state=state, error=error, message_ids=()) if row.pair == (HERE, story) else row
        for row in case.rows
    ]
    taken = [each for each in case.arrivals if arrived or (each.place, each.stories) != (HERE, (story,))]
    return replace(case, rows=rows, arrivals=taken)


def once_more(case: Case, story: int, times: int = 1) -> Case:
    again = [Arrival(HERE, 50 + number, (story,)) for number in range(times)]
    return replace(case, arrivals=[*case.arrivals, *again])


def swapped(case: Case) -> Case:
    """The messages of the second and the third story changed places HERE."""
    taken = list(case.arrivals)
    first, second = (index for index, each in enumerate(taken) if each.place == HERE and each.stories[0] in (2, 3))
    taken[first], taken[second] = taken[second], taken[first]
    return replace(case, arrivals=taken)


def doubted(case: Case, story: int, times: int = 1) -> Case:
    return replace(case, doubts={(HERE, story): times})


def faults(case: Case) -> list[Fault]:
    return [finding.fault for finding in judge(case).findings]


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_run_that_kept_the_promise_has_no_findings(policy: str) -> None:
    verdict = judge(kept(policy))
    assert (verdict.findings, verdict.planned, verdict.states, verdict.repeated) == ((), 8, {"sent": 8}, 0)


def away(case: Case, since: int, until: int | None = None, **fields: Any) -> Case:
    """HERE was paused, or unsubscribed; the story's number is its line in the journal."""
    taken = [replace(each, line=each.stories[0]) for each in case.arrivals]
    return replace(case, arrivals=taken, absences=[Absence(HERE, since, until, **fields)])


LOST = [Fault.LOSS]
BROKEN: list[tuple[str, Callable[[], Case], list[Fault]]] = [
    ("a lost message", lambda: replace(kept(), arrivals=kept().arrivals[1:]), LOST),
    ("a story without a row", lambda: replace(kept(), rows=kept().rows[1:]), LOST),
    ("a place that was forgotten", lambda: replace(kept(), places=(HERE, THERE, (9, 0))), LOST * 4),
    ("merged into nothing", lambda: became(kept(), 2, "merged", arrived=False), LOST),
    ("refused without a reason", lambda: became(kept(), 2, "refused", arrived=False), LOST),
    ("another story's message", lambda: replace(kept(), rows=[Row(HERE, 1, "sent", "", (2,)), *kept().rows[1:]]), LOST),
    ("a third copy in doubt", lambda: doubted(once_more(kept(), 2, 2), 2, 2), [Fault.COPIES]),
    ("a second copy under hold", lambda: doubted(once_more(kept("hold"), 2), 2), [Fault.COPIES]),
    ("a second copy for no reason", lambda: once_more(kept(), 4), [Fault.GROUNDLESS]),
    ("a doubt under hold for no reason", lambda: became(kept("hold"), 2, "uncertain"), [Fault.GROUNDLESS]),
    ("a doubt before the second attempt", lambda: doubted(became(kept(), 2, "uncertain"), 2), [Fault.GROUNDLESS]),
    ("a swap", lambda: swapped(kept()), [Fault.ORDER]),
    ("one that waits for ever", lambda: became(kept(), 4, "pending", arrived=False), [Fault.UNFINISHED]),
    ("one that is left in flight", lambda: became(kept(), 4, "sending", arrived=False), [Fault.UNFINISHED]),
    ("refused and there", lambda: became(kept(), 2, "refused", "too long"), [Fault.STRAY]),
    ("cancelled in doubt", lambda: doubted(became(kept(), 2, "cancelled", "missed", arrived=False), 2), LOST),
    ("a second row", lambda: replace(kept(), rows=[*kept().rows, kept().rows[0]]), [Fault.STRAY]),
    ("one that came while paused", lambda: away(kept(), 3, 4), [Fault.UNWANTED]),
    ("one that came after the last of it", lambda: away(kept(), 4), [Fault.UNWANTED]),
    ("another one than what was in flight", lambda: away(kept(), 3, 5, flying={(HERE, 3)}), [Fault.UNWANTED]),
    ("missed in doubt, and never in doubt", lambda: became(kept(), 2, "uncertain", "missed"), [Fault.GROUNDLESS]),
    ("a story of nobody's", lambda: once_more(kept(), 5), [Fault.STRAY]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_each_breach_is_told_by_its_name(make: Callable[[], Case], expected: list[Fault]) -> None:
    assert faults(make()) == expected


ALLOWED: list[tuple[str, Callable[[], Case]]] = [
    ("a second copy in doubt", lambda: doubted(once_more(kept(), 2), 2)),
    ("held, and there", lambda: doubted(became(kept("hold"), 2, "uncertain"), 2)),
    ("held, and not there", lambda: doubted(became(kept("hold"), 2, "uncertain", arrived=False), 2)),
    ("held after the second attempt", lambda: doubted(became(kept(), 2, "uncertain", arrived=False), 2, 2)),
    ("a swap of one in doubt", lambda: doubted(swapped(kept()), 2)),
    ("a swap of one asked for later", lambda: replace(swapped(kept()), asked_for={(HERE, 2)})),
    ("in flight when it was paused", lambda: away(kept(), 3, 4, flying={(HERE, 3)})),
    ("in doubt when it was paused", lambda: doubted(away(kept(), 3, 4), 3)),
    ("asked for while it was paused", lambda: replace(away(kept(), 3, 4), asked_for={(HERE, 3)})),
    ("never planned while it was paused", lambda: replace(
        kept(), excused={(HERE, 2)}, rows=[row for row in kept().rows if row.pair != (HERE, 2)],
        arrivals=[each for each in kept().arrivals if (each.place, each.stories) != (HERE, (2,))])),
    ("cancelled under hold, after evidence",
        lambda: doubted(became(kept("hold"), 2, "cancelled", "missed", arrived=False), 2)),
    ("missed in doubt", lambda: doubted(became(kept(), 2, "uncertain", "missed"), 2)),
    ("refused with a reason", lambda: became(kept(), 2, "refused", "too long", arrived=False)),
]  # fmt: skip


@pytest.mark.parametrize("make", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_what_the_promise_allows_is_no_finding(make: Callable[[], Case]) -> None:
    assert faults(make()) == []


def test_a_post_that_does_not_wait_after_the_one_before_it_is_found() -> None:
    taken = [replace(each, at=3.0 * each.stories[0]) for each in kept().arrivals]
    case = replace(kept(), arrivals=taken, spacing={HERE: 3})
    assert faults(case) == []
    case = replace(case, arrivals=[replace(each, at=8.9) if each.stories == (3,) else each for each in taken])
    assert faults(case) == [Fault.UNWANTED]
    assert faults(doubted(case, 2)) == []


def test_a_digest_counts_for_each_of_its_stories() -> None:
    case = kept()
    rows = [replace(row, state="merged", message_ids=(60,)) if row.place == HERE else row for row in case.rows]
    taken = [Arrival(HERE, 60, STORIES), *(each for each in case.arrivals if each.place == THERE)]
    assert faults(replace(case, rows=rows, arrivals=taken)) == []
    assert faults(replace(case, rows=rows, arrivals=[Arrival(HERE, 60, (1, 2, 4)), *taken[1:]])) == [Fault.LOSS]


def lines(*given: dict[str, Any]) -> str:
    return "\n".join(
        json.dumps({"message_id": 5, "text": "Story 0001", "method": "sendMessage", **line}) for line in given
    )


def test_a_journal_is_read_by_what_was_sent_edited_and_deleted() -> None:
    written = lines(
        {"chat_id": 7},
        {"chat_id": -100, "topic_id": 3, "text": "Monday\n2 new articles\n\n• Story 0001\n\n• Story 0002"},
        {"chat_id": 7, "message_id": 6, "text": "Welcome"},
        {"chat_id": 7, "message_id": 7, "text": "Did this arrive?\n\n1. Story 0002"},
        {"chat_id": 7, "message_id": 8, "text": None, "method": "sendPhoto"},
        {"chat_id": 7, "text": "Story 0001, version 3", "method": "editMessageText"},
        {"chat_id": 7, "method": "deleteMessage", "deleted": True},
    )
    first, digest, *left = arrivals(written)
    assert (first, digest) == (
        Arrival((7, 0), 5, (1,), (1,), line=0),
        Arrival((-100, 3), 5, (1, 2), (1, 1), line=1),
    )
    assert [(each.line, each.is_new, each.shows) for each in left] == [(5, False, {1: 3}), (6, False, {})]
