"""The oracle itself: a run that kept the promise is let pass, and each way of breaking it is told by its name."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.nouns import Arrival, Case, Change, Fault, Place, Report, Row, arrivals
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
    ("a second row", lambda: replace(kept(), rows=[*kept().rows, kept().rows[0]]), [Fault.STRAY]),
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
    ("refused with a reason", lambda: became(kept(), 2, "refused", "too long", arrived=False)),
]  # fmt: skip


@pytest.mark.parametrize("make", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_what_the_promise_allows_is_no_finding(make: Callable[[], Case]) -> None:
    assert faults(make()) == []


def test_a_digest_counts_for_each_of_its_stories() -> None:
    case = kept()
    rows = [replace(row, state="merged", message_ids=(60,)) if row.place == HERE else row for row in case.rows]
    taken = [Arrival(HERE, 60, STORIES), *(each for each in case.arrivals if each.place == THERE)]
    assert faults(replace(case, rows=rows, arrivals=taken)) == []
    assert faults(replace(case, rows=rows, arrivals=[Arrival(HERE, 60, (1, 2, 4)), *taken[1:]])) == [Fault.LOSS]


def edited(case: Case, *, version: int = 2) -> Case:
    """Story 3 was changed by a maintainer, and its copies followed."""
    follow = [Arrival(place, 3, (3,), (version,), is_new=False, line=20) for place in (HERE, THERE)]
    return replace(
        case,
        arrivals=[*case.arrivals, *follow],
        versions={3: version},
        changes=[Change(place, 3, version, "sent", "changed") for place in (HERE, THERE)],
        told={3},
        reports=[Report(3, {"changed": 2})],
    )


def withdrawn(case: Case) -> Case:
    """Story 3 was withdrawn by a maintainer, and its copies were deleted."""
    gone = [Arrival(place, 3, (), is_new=False, line=20) for place in (HERE, THERE)]
    return replace(
        case,
        rows=[replace(row, message_ids=()) if row.story == 3 else row for row in case.rows],
        arrivals=[*case.arrivals, *gone],
        withdrawn={3: 10},
        changes=[Change(place, 3, None, "sent", "deleted") for place in (HERE, THERE)],
        told={3},
        reports=[Report(3, {"deleted": 2})],
    )


def in_digest(case: Case) -> Case:
    """All that stands HERE is one message."""
    rows = [replace(row, state="merged", message_ids=(60,)) if row.place == HERE else row for row in case.rows]
    taken = [Arrival(HERE, 60, STORIES), *(each for each in case.arrivals if each.place == THERE)]
    return replace(case, rows=rows, arrivals=taken)


def without(case: Case, place: Place, line: int = 20) -> Case:
    """Telegram never heard of what came to pass there at that line."""
    return replace(case, arrivals=[each for each in case.arrivals if (each.place, each.line) != (place, line)])


def ending(case: Case, state: str, effect: str, error: str = "", *, is_told: bool = True) -> Case:
    """The edit or recall HERE ended so, and the maintainer was told that."""
    first, second = case.changes
    told = [Report(3, Counter((effect, second.effect)))] if is_told else case.reports
    return replace(case, changes=[replace(first, state=state, effect=effect, error=error), second], reports=told)


def sent(case: Case, line: int, *, version: int = 1) -> Case:
    """Story 3 comes HERE as a new message."""
    again = Arrival(HERE, 70, (3,), (version,), line=line)
    return replace(case, arrivals=[*case.arrivals, again])


UNKNOWN = "nobody knows whether it stands"
CHANGES_BROKEN: list[tuple[str, Callable[[], Case], list[Fault]]] = [
    ("an edit that nobody saw", lambda: without(edited(kept()), HERE), [Fault.STALE, Fault.UNTRUE]),
    ("a change that nobody planned", lambda: replace(kept(), versions={3: 2}), [Fault.STALE] * 2),
    ("left as it was, it says", lambda: ending(without(edited(kept()), HERE), "sent", "unchanged"), [Fault.STALE]),
    ("an edit that posts", lambda: sent(edited(kept()), 20, version=2), [Fault.GROUNDLESS]),
    ("an edit in place of a newer one", lambda: replace(edited(kept()), arrivals=[*edited(kept(), version=3).arrivals,
        Arrival(HERE, 3, (3,), (2,), is_new=False)]), [Fault.STALE, Fault.BACK]),
    ("an edit that waits for ever", lambda: ending(edited(kept()), "pending", "", is_told=False), [Fault.UNFINISHED, Fault.UNTRUE]),
    ("impossible for no reason", lambda: doubted(ending(edited(kept()), "refused", "impossible"), 3), [Fault.UNTRUE]),
    ("impossible without a doubt", lambda: ending(edited(kept()), "refused", "impossible", UNKNOWN), [Fault.UNTRUE]),
    ("lost, and nobody deleted it", lambda: ending(withdrawn(kept()), "cancelled", "lost", "not found"), [Fault.UNTRUE]),
    ("withdrawn and left there", lambda: replace(without(withdrawn(kept()), HERE), rows=kept().rows), [Fault.STALE, Fault.UNTRUE]),
    ("withdrawn and left in a digest", lambda: replace(in_digest(kept()), withdrawn={3: 10}), [Fault.STALE] * 2),
    ("withdrawn in doubt, and silently left there", lambda: doubted(became(replace(kept(), withdrawn={3: 10},
        arrivals=kept().arrivals[:5]), 3, "cancelled", "withdrawn"), 3), [Fault.STALE]),
    ("posted after it was withdrawn", lambda: doubted(withdrawn(sent(kept(), 15)), 3), [Fault.STALE, Fault.WITHDRAWN]),
    ("under way once, and posted twice", lambda: doubted(replace(sent(sent(withdrawn(without(kept(), HERE, 0)), 15), 16),
        flying={(HERE, 3)}), 3), [Fault.WITHDRAWN]),
    ("nobody was told", lambda: replace(edited(kept()), reports=[]), [Fault.UNTRUE]),
    ("told of one too many", lambda: replace(edited(kept()), reports=[Report(3, {"changed": 3})]), [Fault.UNTRUE]),
    ("told of one too few", lambda: replace(edited(kept()), reports=[Report(3, {"changed": 1})]), [Fault.UNTRUE]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "expected"), [case[1:] for case in CHANGES_BROKEN], ids=[case[0] for case in CHANGES_BROKEN]
)
def test_each_breach_by_a_change_is_told_by_its_name(make: Callable[[], Case], expected: list[Fault]) -> None:
    assert sorted(faults(make())) == sorted(expected)


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
