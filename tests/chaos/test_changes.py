"""The oracle's part about changes: a run in which copies followed is let pass, each way of failing told by its name."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.nouns import Arrival, Case, Change, Fault, Place, Report
from tests.chaos.test_oracle import HERE, STORIES, THERE, became, doubted, faults, kept


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


def never_in_its_digest(case: Case) -> Case:
    """The digest HERE was sent without story 3, and story 4 was taken out of it later, by the recall of story 3."""
    case = in_digest(case)
    posts = [replace(each, stories=(1, 2, 4)) if each.message_id == 60 else each for each in case.arrivals]
    taken = [Arrival(HERE, 60, (1, 2), is_new=False, line=20)]
    gone = [Arrival(THERE, number, (), is_new=False, line=20) for number in (3, 4)]
    recalls = [Change(HERE, 3, None, "sent", "changed"), Change(HERE, 4, None, "sent", "unchanged")]
    return replace(case, arrivals=[*posts, *taken, *gone], withdrawn={3: 10, 4: 10}, changes=recalls)


def sent_before(case: Case) -> Case:
    """The digest HERE had been sent before, with all its stories; nobody was told the number of that message."""
    before = Arrival(HERE, 59, STORIES)
    return replace(case, arrivals=[before, *case.arrivals], doubts={(HERE, story): 1 for story in STORIES})


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


def under_way(case: Case) -> Case:
    """Story 3 was withdrawn while its message HERE was on its way."""
    late = [replace(each, line=15) if (each.place, each.stories) == (HERE, (3,)) else each for each in case.arrivals]
    return replace(case, arrivals=late, flying={(HERE, 3)})


def given_up(case: Case) -> Case:
    """Story 3 was withdrawn HERE before it was sent again: it may stand there."""
    case = became(without(withdrawn(case), HERE), 3, "cancelled", "withdrawn")
    return doubted(replace(case, changes=case.changes[1:], reports=[Report(3, {"deleted": 1})]), 3)


def twice(case: Case) -> Case:
    """The first message of story 3 HERE was in doubt; the bot knows of the second one alone."""
    return doubted(replace(case, arrivals=[Arrival(HERE, 70, (3,)), *case.arrivals]), 3)


UNKNOWN = "nobody knows whether it stands"
ALLOWED: list[tuple[str, Callable[[], Case]]] = [
    ("edited", lambda: edited(kept())),
    ("withdrawn", lambda: withdrawn(kept())),
    ("changed before it was sent", lambda: replace(kept(), versions={3: 2}, arrivals=[
        replace(each, versions=(2,)) if each.stories == (3,) else each for each in kept().arrivals])),
    ("taken out of a digest", lambda: replace(in_digest(kept()), withdrawn={3: 10}, arrivals=[
        *in_digest(kept()).arrivals, Arrival(HERE, 60, (1, 2, 4), is_new=False), Arrival(THERE, 3, (), is_new=False)])),
    ("withdrawn before its digest was sent, which followed another one", lambda: never_in_its_digest(kept())),
    ("withdrawn between two messages of its digest", lambda: sent_before(never_in_its_digest(kept()))),
    ("withdrawn before it was planned", lambda: replace(kept(), withdrawn={3: 0}, flying=(),
        rows=[row for row in kept().rows if row.story != 3], arrivals=[
            each for each in kept().arrivals if each.stories != (3,)])),
    ("withdrawn while it was under way", lambda: under_way(withdrawn(kept()))),
    ("impossible in doubt", lambda: doubted(
        ending(without(edited(kept()), HERE), "refused", "impossible", UNKNOWN), 3)),
    ("a copy in doubt that stays as it was", lambda: twice(edited(kept()))),
    ("one that waited when it was reported", lambda: replace(edited(kept()), reports=[Report(3, {"changed": 1}, 1)])),
]  # fmt: skip


@pytest.mark.parametrize("make", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_copies_that_followed_are_no_finding(make: Callable[[], Case]) -> None:
    assert faults(make()) == []


BROKEN: list[tuple[str, Callable[[], Case], list[Fault]]] = [
    ("an edit that nobody saw", lambda: without(edited(kept()), HERE), [Fault.STALE, Fault.UNTRUE]),
    ("a change that nobody planned", lambda: replace(kept(), versions={3: 2}), [Fault.STALE] * 2),
    ("left as it was, it says", lambda: ending(without(edited(kept()), HERE), "sent", "unchanged"), [Fault.STALE]),
    ("an edit that posts", lambda: sent(edited(kept()), 20, version=2), [Fault.GROUNDLESS]),
    ("an edit in place of a newer one", lambda: replace(edited(kept(), version=3), arrivals=[
        *edited(kept(), version=3).arrivals, Arrival(HERE, 3, (3,), (2,), is_new=False)]), [Fault.STALE, Fault.BACK]),
    ("an edit that waits for ever", lambda: ending(edited(kept()), "pending", "", is_told=False),
        [Fault.UNFINISHED, Fault.UNTRUE]),
    ("impossible for no reason", lambda: doubted(ending(edited(kept()), "refused", "impossible"), 3), [Fault.UNTRUE]),
    ("impossible without a doubt", lambda: ending(edited(kept()), "refused", "impossible", UNKNOWN), [Fault.UNTRUE]),
    ("uncertain, and the edit forgotten", lambda: doubted(became(replace(kept("hold"), versions={3: 2}, arrivals=[
        replace(each, versions=(2,)) if (each.place, each.stories) == (THERE, (3,)) else each
        for each in kept().arrivals]), 3, "uncertain"), 3), [Fault.STALE]),
    ("taken out of a digest, it says, that stays as it was", lambda: without(never_in_its_digest(kept()), HERE),
        [Fault.STALE, Fault.UNTRUE]),
    ("taken out of a digest sent twice, it says, that stays as it was",
        lambda: without(sent_before(never_in_its_digest(kept())), HERE), [Fault.STALE, Fault.UNTRUE]),
    ("lost, and nobody deleted it", lambda: ending(withdrawn(kept()), "cancelled", "lost", "no"), [Fault.UNTRUE]),
    ("withdrawn and left there", lambda: replace(without(withdrawn(kept()), HERE), rows=kept().rows),
        [Fault.STALE, Fault.UNTRUE]),
    ("withdrawn and left in a digest", lambda: replace(in_digest(kept()), withdrawn={3: 10}), [Fault.STALE] * 2),
    ("withdrawn in doubt, and silently left there", lambda: given_up(kept()), [Fault.STALE, Fault.LOSS]),
    ("posted after it was withdrawn", lambda: doubted(sent(withdrawn(kept()), 15), 3), [Fault.WITHDRAWN]),
    ("under way once, and posted twice", lambda: doubted(sent(under_way(withdrawn(kept())), 16), 3), [Fault.WITHDRAWN]),
    ("nobody was told", lambda: replace(edited(kept()), reports=[]), [Fault.UNTRUE]),
    ("told of one too many", lambda: replace(edited(kept()), reports=[Report(3, {"changed": 3})]), [Fault.UNTRUE]),
    ("told of one too few", lambda: replace(edited(kept()), reports=[Report(3, {"changed": 1})]), [Fault.UNTRUE]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_each_breach_by_a_change_is_told_by_its_name(make: Callable[[], Case], expected: list[Fault]) -> None:
    assert sorted(faults(make())) == sorted(expected)
