"""What became of stories that were changed or withdrawn, against the promise: part of the oracle. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tests.chaos.nouns import Case, Change, Fault, Finding, Pair, Place, name_of

Message = tuple[Place, int]
UNDONE = ("impossible", "lost")  # effects: a copy is not as it should be, and the row says why
ENDED = ("sent", "cancelled", "refused", "merged")


def findings(case: Case) -> Iterable[Finding]:
    """Every breach of the promise about edits and withdrawals."""
    yield from _what_stands(case)
    yield from _no_way_back(case)
    yield from _posted_after(case)
    yield from _effects(case)
    yield from _reports(case)


def standing(case: Case) -> dict[Message, dict[int, int]]:
    """The stories of each message, with their versions, as it stands at rest."""
    return {(arrival.place, arrival.message_id): arrival.shows for arrival in case.arrivals}


def _what_stands(case: Case) -> Iterable[Finding]:
    """Every copy that the bot knows of shows the newest version, or it is recorded why it cannot.

    A copy that it does not know of was in doubt. If nothing else came of the delivery, a recall says so.
    """
    known = _known(case)
    states = {row.pair: row for row in case.rows}
    undone = {change.pair for change in _newest(case) if change.effect in UNDONE}
    for message, shows in standing(case).items():
        for story, version in shows.items():
            pair = message[0], story
            if version == case.newest(story) or pair in undone:
                continue
            row = states.get(pair)
            is_silent = row is None or row.state == "uncertain" or (row.state, row.error) == ("cancelled", "withdrawn")
            if message in known or not case.doubts.get(pair) or is_silent:
                wanted = case.newest(story) or "nothing"
                yield Finding(Fault.STALE, f"shows version {version} rather than {wanted}: {name_of(pair)}")


def _known(case: Case) -> set[Message]:
    """The messages that the bot knows of."""
    return {(row.place, number) for row in case.rows for number in row.message_ids}


def _no_way_back(case: Case) -> Iterable[Finding]:
    """No edit shows an older version than the message did before."""
    shown: dict[Message, dict[int, int]] = defaultdict(dict)
    for arrival in case.arrivals:
        before = shown[arrival.place, arrival.message_id]
        for story, version in arrival.shows.items():
            if version < before.get(story, 0):
                yield Finding(Fault.BACK, f"from {before[story]} to {version}: {name_of((arrival.place, story))}")
            before[story] = version


def _posted_after(case: Case) -> Iterable[Finding]:
    """What was withdrawn is posted nowhere after that, but where its message was under way already."""
    allowed = Counter(case.flying)
    for arrival in case.sent:
        for story in arrival.stories:
            if story not in case.withdrawn or arrival.line < case.withdrawn[story]:
                continue
            pair = arrival.place, story
            if not allowed[pair]:
                yield Finding(Fault.WITHDRAWN, name_of(pair))
            allowed[pair] -= 1


def _effects(case: Case) -> Iterable[Finding]:
    """Each edit and recall has ended, and what it is said to have come to is what Telegram did."""
    edited: set[Pair] = set()
    deleted: set[Pair] = set()
    shown: dict[Message, set[int]] = defaultdict(set)
    for arrival in case.arrivals:
        stories = shown[arrival.place, arrival.message_id]
        if not arrival.is_new:
            (edited if arrival.stories else deleted).update((arrival.place, story) for story in stories)
        stories.update(arrival.stories)
    # Withdrawn between a digest's claim and its message, a story never stood in that: what followed was another one.
    # So it was, too, where the story stood in a message of an attempt before, in doubt, whose number nobody was told.
    known = _known(case)
    seen = {
        (place, story)
        for (place, number), stories in shown.items()
        for story in stories
        if (place, number) in known or not case.doubts.get((place, story))
    }
    for place, story in {row.pair for row in case.rows if row.state == "merged"} - seen:
        for touched in (edited, deleted):
            if any(where == place for where, _ in touched):
                touched.add((place, story))
    uncertain = {row.pair for row in case.rows if row.state == "uncertain"}
    for change in case.changes:
        pair, name = change.pair, name_of(change.pair)
        if change.state not in ENDED:
            yield Finding(Fault.UNFINISHED, f"its {_kind(change)} is {change.state}: {name}")
        elif change.effect in UNDONE:
            if not change.error:
                yield Finding(Fault.UNTRUE, f"its {_kind(change)} is {change.effect} for no reason: {name}")
            if change.effect == "lost" or not (case.doubts.get(pair) or pair in uncertain):  # nobody else deletes
                yield Finding(Fault.UNTRUE, f"its {_kind(change)} is {change.effect} ({change.error}): {name}")
        elif change.effect == "changed" and pair not in edited | deleted:
            yield Finding(Fault.UNTRUE, f"was not edited: {name}")
        elif change.effect == "deleted" and pair not in deleted:
            yield Finding(Fault.UNTRUE, f"was not deleted: {name}")


def _reports(case: Case) -> Iterable[Finding]:
    """Who changed a story is told how many copies came to what, as the rows say."""
    told = {report.story: report for report in case.reports}
    by_story: dict[int, Counter[str]] = defaultdict(Counter)
    for change in _newest(case):
        by_story[change.story][change.effect] += 1
    for story, effects in sorted(by_story.items()):
        if story not in case.told:
            continue
        report = told.get(story)
        if report is None:
            yield Finding(Fault.UNTRUE, f"nobody was told what became of story {story:04}")
        elif not _agree(report.effects, report.waiting, effects):
            yield Finding(Fault.UNTRUE, f"story {story:04}: told {dict(report.effects)}, found {dict(effects)}")


def _agree(told: Mapping[str, int], waiting: int, found: Counter[str]) -> bool:
    """What waited then may have come to anything since."""
    missing = {effect: found[effect] - told.get(effect, 0) for effect in {*told, *found} if effect}
    return all(number >= 0 for number in missing.values()) and sum(missing.values()) <= waiting


def _newest(case: Case) -> list[Change]:
    """The edits and recalls that bring the newest."""
    return [change for change in case.changes if change.version == case.newest(change.story)]


def _kind(change: Change) -> str:
    return "recall" if change.version is None else f"edit to version {change.version}"
