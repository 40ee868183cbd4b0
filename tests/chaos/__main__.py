"""`make chaos KILLS=1000`: as many kills of the real program, a line for each run, and the table in the end."""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.chaos.nouns import Fault
from tests.chaos.play import Played, Setting, play

KILLS_A_RUN = 5
KINDS = (("resend", False), ("hold", False), ("resend", True), ("hold", True))  # policy, faults
SHOWN = 10  # findings of a run
HEADINGS = (
    *("policy", "faults", "runs", "kills", "stops", "planned", "sent", "merged", "copies > 1"),
    *("uncertain", "refused", "cancelled"),
    *("silent losses", "order violations", "other findings"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many kills in all (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default %(default)s)")
    parser.add_argument(
        "--jobs", type=int, default=2 * (os.cpu_count() or 1), help="runs side by side (default %(default)s)"
    )
    arguments = parser.parse_args()
    sys.exit(asyncio.run(chaos(arguments.kills, arguments.seed, arguments.jobs)))


async def chaos(kills: int, seed: int, jobs: int) -> int:
    """Exit code 0: every promise was kept in every run."""
    began = time.monotonic()
    waiting = iter(settings(kills, seed))
    done: list[Played] = []
    broken: list[Setting] = []

    async def work() -> None:
        for setting in waiting:
            folder = Path(tempfile.mkdtemp(prefix="paperboy-chaos-"))
            try:
                played = await play(setting, folder)
            except (AssertionError, TimeoutError) as error:
                broken.append(setting)
                print(f"{setting.name}: broke off, kept in {folder}: {error}", flush=True)
                continue
            done.append(played)
            total = sum(each.kills for each in done)
            counts = ", ".join(f"{state} {number}" for state, number in sorted(played.verdict.states.items()))
            at = f"[{total:4}/{kills} kills, {time.monotonic() - began:4.0f} s]"
            print(f"{at} {setting.name}: {counts}; absences {len(played.case.absences)}", flush=True)
            for finding in played.verdict.findings[:SHOWN]:
                print(f"    {finding.fault}: {finding.text}", flush=True)
            if played.verdict.findings:
                print(f"    {len(played.verdict.findings)} findings, kept in {folder}", flush=True)
            else:
                shutil.rmtree(folder)

    try:
        await asyncio.gather(*(work() for _ in range(jobs)))
    finally:  # also when somebody has seen enough
        print(table(done))
    if broken:
        print(f"{len(broken)} runs broke off")
    return int(bool(broken) or any(played.verdict.findings for played in done))


def settings(kills: int, seed: int) -> Iterator[Setting]:
    """Runs of five kills, each seed under both policies, without and with faults."""
    for number, first in enumerate(range(0, kills, KILLS_A_RUN)):
        policy, faults = KINDS[number % len(KINDS)]
        kills_here = min(KILLS_A_RUN, kills - first)
        yield Setting(seed + number // len(KINDS), policy, faults, kills_here, is_patient=policy == "hold")


def table(done: Iterable[Played]) -> str:
    """The counts by policy and faults, in Markdown."""
    groups: dict[tuple[str, bool], list[Played]] = defaultdict(list)
    for played in done:
        groups[played.setting.policy, played.setting.faults].append(played)
    rows = [HEADINGS, tuple("---" for _ in HEADINGS)]
    total: Counter[str] = Counter()
    for (policy, faults), runs in sorted(groups.items(), reverse=True):
        counts = _counts(runs)
        total.update(counts)
        rows.append((policy, "yes" if faults else "none", *(f"{counts[name]:,}" for name in HEADINGS[2:])))
    rows.append(("**all**", "", *(f"**{total[name]:,}**" for name in HEADINGS[2:])))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _counts(runs: list[Played]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for run in runs:
        verdict = run.verdict
        losses, disorder = verdict.count(Fault.LOSS), verdict.count(Fault.ORDER)
        counts.update(
            {
                "runs": 1,
                "kills": run.kills,
                "stops": run.stops,
                "planned": verdict.planned,
                **verdict.states,
                "copies > 1": verdict.repeated,
                "silent losses": losses,
                "order violations": disorder,
                "other findings": len(verdict.findings) - losses - disorder,
            }
        )
    return counts


if __name__ == "__main__":
    main()
