"""Forty feeds, each with its way to misbehave, over simulated days: every story goes out once, and none twice."""

from collections.abc import Callable
from datetime import datetime

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.site import Site
from tests.torture.feeds import TorturedFeed, mixed, single
from tests.torture.play import play


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
    assert len(tortured) == 40
    assert verdict.announced > 400
