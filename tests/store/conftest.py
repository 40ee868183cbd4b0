"""A fresh store and a clock that tests move."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.db import Database
from bot.store.search import Search
from tests.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def db(tmp_path: Path, clock: HandClock) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "paperboy.db", clock=clock)
    yield database
    await database.close()


@pytest.fixture
async def search(db: Database) -> AsyncIterator[Search]:
    """Nobody keeps its index in step: each search does."""
    engine = Search(db)
    yield engine
    await engine.close()
