"""How long the event loop is held up while documents made to hurt are parsed in children. Goal: p99.9 under 100 ms."""

import asyncio
import time

from bot.errors import FeedError
from bot.intake.parsing import Parsers
from tests.intake.hostile import documents, slow

TICK_SECONDS = 0.005


async def main() -> None:
    lags: list[float] = []
    async with Parsers() as parsers:
        for name, body in (documents() | slow()).items():
            own: list[float] = []
            watching = asyncio.create_task(watch(own))
            started = time.perf_counter()
            try:
                outcome = f"{len((await parsers.feed(body, url='https://example.org/feed')).entries)} entries"
            except FeedError as error:
                outcome = str(error)
            seconds = time.perf_counter() - started
            watching.cancel()
            lags += own
            print(f"{name:40} {seconds:6.2f} s, lag at most {max(own, default=0) * 1000:5.1f} ms  {outcome[:90]}")
    lags.sort()
    print(f"lag over all: p99.9 {lags[len(lags) * 999 // 1000] * 1000:.1f} ms, at most {lags[-1] * 1000:.1f} ms")


async def watch(lags: list[float]) -> None:
    """Adds by how much each tick was late, in seconds, until cancelled."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK_SECONDS)
        lags.append(time.perf_counter() - before - TICK_SECONDS)
