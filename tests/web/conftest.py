from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.program.harness import Program


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with Program(tmp_path, listen="127.0.0.1:0") as running:
        yield running


@pytest.fixture
async def site(program: Program) -> AsyncIterator[httpx.AsyncClient]:
    """What asks the program over HTTP."""
    assert program.app.web is not None
    async with httpx.AsyncClient(base_url=program.app.web.url, trust_env=False) as client:
        yield client
