"""Several documents are read side by side, and none is waited for longer than said."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import TypeVar

What = TypeVar("What")
Answer = TypeVar("Answer")


async def side_by_side(
    read: Callable[[What], Awaitable[Answer]], each: Iterable[What], *, at_once: int, patience: timedelta
) -> list[Answer | BaseException]:
    """What `read` gave or raised for each, in their order; what is not done in time ends with a CancelledError."""
    slots = asyncio.Semaphore(at_once)

    async def one(what: What) -> Answer:
        async with slots:
            return await read(what)

    tasks = [asyncio.create_task(one(what)) for what in each]
    if not tasks:
        return []
    try:
        await asyncio.wait(tasks, timeout=patience.total_seconds())
    finally:
        for task in tasks:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    return answers
