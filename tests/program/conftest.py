from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.program.harness import Program


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with Program(tmp_path) as running:
        yield running
