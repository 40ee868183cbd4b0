"""Forty feeds and more misbehave over simulated days, each in its way: every story goes out once, and none twice."""

from collections.abc import Callable
from datetime import datetime

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.site import Site
from tests.store.samples import add_article
from tests.torture.feeds import TorturedFeed, made, mixed, single
from tests.torture.play import judge, play


@pytest.mark.parametrize("make", [single, mixed])
async def test_nothing_is_repeated_and_nothing_lost(
    make: Callable[[datetime, int], list[TorturedFeed]],
    db: Database,
    fetcher: Fetcher,
    parsers: Parsers,
    site: Site,
    clock: HandClock,
) -> None:
    tortured = make(clock(), 1)
    verdict = await play(db, fetcher, parsers, site, clock, tortured)
    assert verdict.faults() == []
    assert len(tortured) >= 40
    assert verdict.announced > 400


async def test_the_oracle_sees_what_is_repeated_lost_announced_of_old_or_of_nobody(
    db: Database, clock: HandClock
) -> None:
    feed = made("a", (), clock(), 1)
    feed.first, feed.later = {"ax0"}, {"ax1", "ax2"}
    for number, name in enumerate(("ax0", "ax1", "ax1", "zx9")):
        await add_article(db, f"About {name}", guid=str(number), announce=True)
    assert (await judge(db, [feed])).faults() == [
        "repeated: 1 of a: ",
        "lost: 1 of a: ",
        "announced of old: 1 of a: ",
        "announced, and of nobody: zx9",
    ]
