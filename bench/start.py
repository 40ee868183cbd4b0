"""CPU time from start to the first poll with 100,000 articles in the store, and the memory of an idle bot."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from bench import children
from bot.intake.submit import submit_all
from bot.model import Source, SourceKind, Submission
from bot.sandbox.server import Server
from bot.store.db import Database
from bot.store.search import Search

ARTICLES = 100_000
IDLE_SECONDS = 5.0
WORDS = ("harbour", "lighthouse", "bread", "tide", "garden", "paper", "boat", "star", "ferry", "market", "lamp", "kite")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "bench.db"
        await fill(store, ARTICLES)
        telegram = children.telegram()
        [bot] = telegram.bots.values()
        async with Server(telegram) as server:
            baseline = await _cpu_of_imports()
            process = await children.paperboy(server, store)
            try:
                while bot.poll is None:
                    await asyncio.sleep(0.005)
                started = children.usage(process)
                await asyncio.sleep(IDLE_SECONDS)
                idle = children.usage(process)
            finally:
                await children.end(process)
    print(
        f"start: {started.cpu_seconds:.2f} s of CPU to the first poll (goal < 1; importing PTB alone {baseline:.2f} s)"
    )
    busy = (idle.cpu_seconds - started.cpu_seconds) / IDLE_SECONDS
    print(f"idle: {idle.resident_mb:.0f} MB resident (goal < 100), {busy:.1%} of a core")


async def fill(store: Path, count: int) -> None:
    """A store of so many articles of about 1 kB, with its search index."""
    db = await Database.open(store)
    search = Search(db)
    try:
        progress = tqdm(total=count, desc="articles", unit="", disable=None)
        async for _ in submit_all(db, _articles(count), Source(SourceKind.FILE, "bench"), announce=False):
            progress.update()
        progress.close()
        await search.catch_up()
    finally:
        await search.close()
        await db.close()


def _articles(count: int) -> Iterator[Submission]:
    for number in range(count):
        words = [WORDS[(number * (place + 1) + place * place) % len(WORDS)] for place in range(120)]
        yield Submission(
            title=f"Story {number} of the {words[0]}",
            url=f"https://example.org/bench/{number}",
            body=f"<p>{' '.join(words)}</p>",
            language="en",
            tags=(words[1],),
        )


async def _cpu_of_imports() -> float:
    code = "import time, telegram.ext, sys; sys.exit(int(time.process_time() * 100))"
    process = await children.python("-c", code)
    return await process.wait() / 100
