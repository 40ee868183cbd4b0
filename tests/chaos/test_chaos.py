"""The promise of delivery, tried: the program is killed, Telegram's answers get lost. `make chaos` does more of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from tests.chaos.nouns import COPIES, Case, Fault, Place, arrivals
from tests.chaos.oracle import judge
from tests.chaos.play import DOUBTFUL, Played, Setting, play

KILLS = 3
SETTINGS = [Setting(1, policy, faults, KILLS) for policy in ("resend", "hold") for faults in (False, True)]


@pytest.mark.timeout(240)
async def test_whatever_breaks_no_delivery_vanishes_comes_too_often_or_out_of_order(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(len(SETTINGS))]
    for folder in folders:
        folder.mkdir()
    async with asyncio.TaskGroup() as side_by_side:
        runs = [side_by_side.create_task(play(*run)) for run in zip(SETTINGS, folders, strict=True)]
    every = [run.result() for run in runs]
    for played in every:
        the_promise_is_kept(played)
        for expected, tampered in falsified(played.case, played.journal):
            assert expected in {finding.fault for finding in judge(tampered).findings}, played.setting.name
    assert sum(map(arrived, every)) > sum(played.verdict.planned for played in every) // 4, "most was only doubted"


def the_promise_is_kept(played: Played) -> None:
    name, case, verdict = played.setting.name, played.case, played.verdict
    assert verdict.findings == (), name
    assert verdict.planned == sum(verdict.states.values()), name
    wanted = len(case.places) * (len(case.stories) - len(case.withdrawn)) - len(case.excused)
    assert verdict.planned >= wanted > 0, name
    assert played.kills == KILLS, name
    assert case.doubts, f"{name}: no kill found a post in flight"
    if played.setting.policy == "hold" and not played.setting.faults:  # what else could leave a doubt?
        assert verdict.states["uncertain"], name
    assert arrived(played), name
    assert bool(DOUBTFUL & set(played.faults)) is played.setting.faults, name


def arrived(played: Played) -> int:
    """How many of the run's deliveries came to where they should. When a kill falls is chance, and so is how many."""
    return played.verdict.states["sent"] + played.verdict.states["merged"]


def falsified(case: Case, journal: str) -> Iterator[tuple[Fault, Case]]:
    """The run with a journal that was tampered with, and what must be found."""
    lines = journal.splitlines()
    sent = {(row.place, number) for row in case.rows if row.state == "sent" for number in row.message_ids}
    sure = [
        index
        for index, line in enumerate(lines)
        for each in arrivals(line)
        if (each.place, each.message_id) in sent
        and not case.doubts.get((each.place, each.stories[0]))
        and not {*each.stories} & {*case.withdrawn}
    ]
    one = sure[len(sure) // 2]
    yield Fault.LOSS, _with(case, [*lines[:one], *lines[one + 1 :]])
    yield Fault.COPIES, _with(case, [*lines, *[lines[one]] * COPIES[case.policy]])
    places = [_place(lines[index]) for index in sure]
    twos = (two for two in combinations(sure, 2) if _place(lines[two[0]]) == _place(lines[two[1]]))
    if len(set(places)) < len(places):  # bursts may have left one message a place
        one, other = next(twos)
        lines[one], lines[other] = lines[other], lines[one]
        yield Fault.ORDER, _with(case, lines)


def _with(case: Case, lines: list[str]) -> Case:
    return replace(case, arrivals=arrivals("\n".join(lines)))


def _place(line: str) -> Place:
    return arrivals(line)[0].place
