"""A fresh store, a clock that tests move, a site on loopback and a fetcher that may reach it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.site import Site


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def db(tmp_path: Path, clock: HandClock) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "paperboy.db", clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(allow_private=["127.0.0.0/8"], deadline=timedelta(seconds=2), max_bytes=1_000_000) as running:
        yield running


@pytest.fixture
async def parsers() -> AsyncIterator[Parsers]:
    async with Parsers() as running:
        yield running
