"""A store that does not work (model.StoreFault): tried again, looked through, and done without where that can be."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import StoreFault
from bot.store.db import Database

T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0  # that people wait for the store to note what they do not need noted
PROBE_BYTES = 65_536


async def probe(db: Database) -> StoreFault | None:
    """Tries what a faulty store could not do, and returns what still keeps it from working; None: it works (again).

    A damaged one is read as a whole, which takes a while.
    """
    if db.fault is None:
        return None
    try:
        if db.fault is StoreFault.DAMAGED:
            return await check(db)
        # Two transactions: with one the pages would come and go without ever being written.
        value = {"value": "x" * PROBE_BYTES}
        await db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('probe', :value)", value)
        await db.execute("DELETE FROM setting WHERE key = 'probe'")
    except sqlite3.Error as error:
        log.info("store does not work yet: fault=%s error=%s", db.fault, error)
        return db.fault
    db.works()
    return None


async def check(db: Database) -> StoreFault | None:
    """Whether every page of the store is sound; what is not is noted as a fault of it."""
    try:
        problems = [str(row[0]) for row in await db.read("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError:  # noted by the database; so badly damaged that SQLite cannot even look
        return db.fault
    if problems != ["ok"]:
        db.is_faulty(StoreFault.DAMAGED, "; ".join(" ".join(problem.split()) for problem in problems))
    elif db.fault is StoreFault.DAMAGED:
        db.works()
    return db.fault


async def attempt(db: Database, write: Callable[[], Awaitable[T]]) -> T | None:
    """What the write returns; None when the store cannot take it now. For what no person should have to wait for.

    A write that only takes longer is done all the same.
    """
    if db.fault is not None:
        return None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await write()
    except TimeoutError:
        return None
    except sqlite3.Error as error:
        if StoreFault.of(error) is None:
            raise
        return None
