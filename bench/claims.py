"""Claims and acknowledgements a second with synchronous=FULL, beside a backlog of a million and without one."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench import crowd
from bot.delivery.plan import plan
from bot.store import claims, deliveries
from bot.store.db import Database

BACKLOG = 1_000_000
SMALL = 20_000
ROWS = 20_000
BATCH = 32  # rows of one claim


async def main(backlog: int = BACKLOG) -> None:
    measured = {}
    for people in (SMALL, backlog):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "crowd.db"
            await crowd.gather(store, people)
            db = await Database.open(store)
            try:
                await crowd.announce(db)
                await plan(db)
                measured[people] = await _rate(db)
            finally:
                await db.close()
        rate, cpu = measured[people]
        print(f"{people:,} waiting: {rate:,.0f} rows/s claimed and acknowledged, {cpu * 1e6:.0f} us of CPU each")
    rate, cpu = measured[backlog]
    print(
        f"claims: {rate:,.0f} rows/s, {1 / cpu:,.0f} a second of CPU (goal >= 10,000); "
        f"CPU {cpu / measured[SMALL][1]:.2f} times that beside a small backlog"
    )


async def _rate(db: Database) -> tuple[float, float]:
    """Rows a second, claimed by batches, each acknowledged by itself, as answers come; seconds of CPU a row."""
    done = 0
    started, cpu = time.perf_counter(), time.process_time()
    while done < ROWS and (taken := await claims.take(db, db.now(), BATCH)):
        await asyncio.gather(*[deliveries.mark_sent(db, claim.delivery.id, [1]) for claim in taken])
        done += len(taken)
    return done / (time.perf_counter() - started), (time.process_time() - cpu) / done
