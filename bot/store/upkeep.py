"""The search index kept in step with the store: it follows article.changed_seq, and is made anew when it is of no use.

In the folder `index` is the one that is searched, `next` one that is being made; while there is no other, searches are
answered from it as it grows. Whoever holds the lock writes: the running bot, else a command. kill -9 leaves what was
committed last, and `reached` tells where to go on.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TypeVar

from bot.errors import StoreError, StoreFault
from bot.store import settings
from bot.store.db import Database, Row
from bot.store.index import Index, IndexLost
from bot.store.indexing import CHANGED, entries

T = TypeVar("T")
Progress = Callable[[int, int], None]  # changes of articles followed, changes in all

log = logging.getLogger(__name__)

BATCH = 250  # articles read and put at once
COMMIT_EVERY = 10_000
STEP_SECONDS = 0.3  # after which a long work lets others have their turn
IDLE_SECONDS = 0.4  # between two looks at the store, so that what is published is found within a second
FAILED_SECONDS = 30.0
ASKED = "reindex"  # the setting that asks the running bot to make it anew; then it says how far that is


def folder_of(store: Path) -> Path:
    """Where the index of a store lies. It can be deleted at any time when nothing runs."""
    return store.with_name(store.name + ".search")


def nothing(_done: int, _expected: int) -> None:
    """For who does not watch."""


class Upkeep:
    """The index of a store. `step` brings it nearer to the store, `index` is what can be searched meanwhile."""

    def __init__(self, db: Database, language: str) -> None:
        self.index: Index | None = None
        self.is_partial = False
        self.is_writer = False
        self._db = db
        self._language = language
        self.folder = folder_of(db.path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search index")
        self._lock: int | None = None
        self._current: Index | None = None
        self._next: Index | None = None
        self._is_checked = False
        self._is_closed = False
        self._why = ""  # it must be made anew
        self._began = 0.0
        self._stepping = asyncio.Lock()

    async def run(self) -> None:
        """Follows the store until cancelled."""
        while True:
            try:
                is_behind = await self.step()
                await asyncio.sleep(0 if is_behind else IDLE_SECONDS)
            except (IndexLost, OSError, sqlite3.Error, StoreError) as error:
                log.error("search index not kept up, again in %d s: %s", FAILED_SECONDS, error)
                await asyncio.sleep(FAILED_SECONDS)

    async def catch_up(self, progress: Progress = nothing) -> None:
        """Returns when the index has all that the store has, or another process sees to it. Raises as `step` does."""
        while await self.step():
            if self._next is not None or self._current is not None:
                index = self._next or self._current
                assert index is not None
                progress(index.position, max(index.position, await self._sequence()))

    async def step(self) -> bool:
        """Some of the work; whether there is more. Raises IndexLost, OSError; the next step begins afresh then."""
        async with self._stepping:
            if not self._may_write():
                await self._do(self._open_to_read)
                return False
            try:
                return await self._step()
            except (IndexLost, OSError):
                await self._do(self._let_go)
                await self._do(self._open_to_read)
                raise

    async def asked_of_another(self, progress: Progress = nothing) -> bool:
        """Whether another process writes the index; then it was asked for a new one, which is in place now.

        False, too, when that process ended before it was.
        """
        async with self._stepping:
            if self._may_write():
                return False
        await settings.put(self._db, ASKED, "")
        while (how_far := await settings.get(self._db, ASKED)) is not None:
            done, _, expected = how_far.partition("/")
            if expected:
                progress(int(done), int(expected))
            async with self._stepping:
                if self._may_write():
                    return False
            await asyncio.sleep(IDLE_SECONDS)
        await self.step()
        return True

    def make_anew(self, why: str) -> None:
        """From the next step on another one is made."""
        self._why = self._why or why

    async def close(self) -> None:
        """Waits for what is under way; others may write from then on."""
        async with self._stepping:
            if self._is_closed:
                return
            self._is_closed = True
            await self._do(self._let_go)
            if self._lock is not None:
                os.close(self._lock)
                self._lock, self.is_writer = None, False
        self._thread.shutdown()

    def _may_write(self) -> bool:
        """Whether this process has the folder's lock, now or already."""
        if self._lock is None:
            self.folder.mkdir(exist_ok=True)
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._lock, self.is_writer = descriptor, True
            self._current = self._next = None  # what was open to read
        return True

    async def _step(self) -> bool:
        sequence, asked = await self._sequence(), await settings.get(self._db, ASKED)
        await self._do(self._open_to_write, sequence)
        if self._current is not None and not self._is_checked:
            await self._check(self._current)
        if asked == "":
            self.make_anew("asked for")
        if self._next is None and (self._current is None or self._current.is_old or self._why):
            await self._do(self._begin_next, sequence)
        is_behind = False
        for index in (self._current, self._next):
            if index is not None and not (index is self._current and index.is_old):
                is_behind = await self._advance(index, sequence) or is_behind
        if self._next is not None and not is_behind:
            await self._do(self._put_in_place)
            asked = asked if asked is None else "done"
        self._show()
        if asked is not None:
            await self._tell(asked, sequence)
        return is_behind

    async def _advance(self, index: Index, sequence: int) -> bool:
        """Follows the store for a while; whether there is more."""
        until = monotonic() + STEP_SECONDS
        while index.position < sequence:
            rows = await self._changed_after(index.position)
            if not rows:
                index.position = sequence
                break
            await self._do(lambda rows=rows: index.put(entries(rows, self._language), rows[-1]["changed_seq"]))
            if monotonic() >= until:
                break
        is_behind = index.position < sequence
        if index.uncommitted and (not is_behind or index.uncommitted >= COMMIT_EVERY):
            await self._do(index.commit)
        return is_behind

    async def _changed_after(self, position: int) -> list[Row]:
        """The next rows; those that stand on damaged pages are left out."""
        try:
            return await self._db.read(CHANGED, {"reached": position, "limit": BATCH})
        except sqlite3.DatabaseError as error:
            if StoreFault.of(error) is not StoreFault.DAMAGED:
                raise
        while True:
            rows = await self._db.read(
                "SELECT changed_seq FROM article WHERE changed_seq > :position ORDER BY changed_seq LIMIT 1",
                {"position": position},
            )
            try:
                return await self._db.read(CHANGED, {"reached": position, "limit": 1}) if rows else []
            except sqlite3.DatabaseError:
                position = rows[0]["changed_seq"]
                log.error("article not indexed, its page in the store is damaged: changed_seq=%d", position)

    async def _check(self, index: Index) -> None:
        """Whether the index is of this store: after a restoration, or when files were copied, it may be of another."""
        row = await self._db.read_one(
            """SELECT (SELECT value FROM sequence WHERE name = 'changed') AS sequence,
                   (SELECT id FROM article WHERE changed_seq = :reached) AS last_id,
                   (SELECT count(*) FROM article WHERE state = 'published') AS articles""",
            {"reached": index.reached},
        )
        assert row is not None
        if row["sequence"] < index.reached or row["last_id"] not in (None, index.last_id):
            self._is_checked = True
            self.make_anew("it is of another store")
        elif row["sequence"] == index.position:
            self._is_checked = True
            if row["articles"] != index.count:
                self.make_anew(f"it has {index.count} articles, the store {row['articles']}")

    async def _sequence(self) -> int:
        row = await self._db.read_one("SELECT value FROM sequence WHERE name = 'changed'")
        return 0 if row is None else int(row["value"])

    async def _tell(self, asked: str, sequence: int) -> None:
        """Who asked for a new one learns how far it is; the setting is gone when it is there."""
        if asked == "done":
            with suppress(StoreError):  # open for reading only
                await self._db.execute("DELETE FROM setting WHERE key = :key", {"key": ASKED})
        elif self._next is not None:
            await settings.put(self._db, ASKED, f"{self._next.position}/{max(sequence, self._next.position)}")

    def _do(self, work: Callable[..., T], *arguments: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    # In the thread ----------------------------------------------------------------------------------------------------

    def _open_to_read(self) -> None:
        """What another process writes, or this one cannot."""
        for name in ("index", "next", "index"):  # a new one may be put in place at this moment
            index = self._current
            try:
                if index is None:
                    index = Index.open(self.folder / name)
                else:
                    index.refresh()
            except IndexLost:
                self._current = None
                continue
            self._current = self.index = index
            self.is_partial = index.path.name == "next"
            return
        self.index = None

    def _open_to_write(self, sequence: int) -> None:
        if self._current is None and self._next is None:
            self._is_checked = False
            self._current = self._opened("index")
            self._next = self._opened("next")
            if self._next is not None and (self._next.is_old or self._next.reached > sequence):
                self._next = None
                shutil.rmtree(self.folder / "next")
            self._show()

    def _opened(self, name: str) -> Index | None:
        path = self.folder / name
        if not path.exists():
            return None
        try:
            return Index.open(path)
        except IndexLost as error:
            log.warning("search index lost: %s", error)
            shutil.rmtree(path)
            return None

    def _begin_next(self, sequence: int) -> None:
        old = self._current is not None and self._current.is_old
        why, self._why = self._why or ("its words are of an older form" if old else ""), ""
        log.log(logging.WARNING if why else logging.INFO, "search index made anew: reason=%s", why or "there is none")
        shutil.rmtree(self.folder / "next", ignore_errors=True)
        self._next = Index.make(self.folder / "next")
        self._next.all_new_until = sequence
        self._began = monotonic()

    def _put_in_place(self) -> None:
        assert self._next is not None
        if not self._next.reached:
            self._next.commit()  # of an empty store
        self._next.close()
        if self._current is not None:
            self._current.close()
        shutil.rmtree(self.folder / "old", ignore_errors=True)
        with suppress(FileNotFoundError):
            (self.folder / "index").rename(self.folder / "old")
        (self.folder / "next").rename(self.folder / "index")
        shutil.rmtree(self.folder / "old", ignore_errors=True)
        self._current, self._next = Index.open(self.folder / "index"), None
        seconds = monotonic() - self._began
        log.info("search index made: articles=%d seconds=%.1f", self._current.count, seconds)

    def _show(self) -> None:
        """What is searched: the whole one, else the one that grows."""
        self.index = self._current or self._next
        self.is_partial = self._current is None

    def _let_go(self) -> None:
        for index in (self._current, self._next):
            if index is not None:
                with suppress(IndexLost):
                    index.close()
        self._current = self._next = self.index = None
