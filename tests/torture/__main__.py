"""The torture sets with seeds that no test has: `python -m tests.torture 5` plays both five times."""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.intake.site import Site
from tests.torture.feeds import TorturedFeed, mixed, single
from tests.torture.play import Verdict, play


async def once(tortured: list[TorturedFeed]) -> Verdict:
    clock = HandClock()
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "paperboy.db", clock=clock)
        try:
            async with Site() as site, Fetcher(allow_private=["127.0.0.0/8"]) as fetcher, Parsers() as parsers:
                return await play(db, fetcher, parsers, site, clock, tortured)
        finally:
            await db.close()


def main() -> int:
    logging.disable(logging.WARNING)
    seeds = range(2, 2 + int(sys.argv[1] if len(sys.argv) > 1 else 3))
    faults = 0
    for seed in seeds:
        for make in (single, mixed):
            tortured = make(START, seed)
            verdict = asyncio.run(once(tortured))
            print(f"seed={seed} {make.__name__}: {len(tortured)} feeds, {verdict.announced} announced", flush=True)
            for line in verdict.faults():
                faults += 1
                print(f"  {line}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
