"""Search: the articles that a query asks for, best first.

The index (store.index, kept in step by store.upkeep) finds them, ranking has the last word on the best few, and the
store says what they are: an article that was withdrawn a moment ago is not shown, whatever the index knows. What blocks
happens in threads, so that no search holds up a delivery, and none takes longer than its deadline.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

from bot.clock import to_ms
from bot.errors import SearchFailed, StoreError
from bot.model import Listing, Teaser
from bot.query import Query, parse
from bot.store import articles, ranking, related, snippets
from bot.store.db import Database, Row
from bot.store.index import Index, IndexLost, as_lost
from bot.store.matching import Found, Hit, Matcher, first_letters
from bot.store.snippets import Sought
from bot.store.upkeep import Progress, Upkeep, nothing

T = TypeVar("T")

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 3.0
RELATED_SECONDS = 0.25  # that who reads an article waits for what is like it, at most
TRUSTED_SECONDS = 3600.0  # after an index that failed was made anew, whatever else fails in it
THREADS = 2
LARGE = 200_000  # articles: in fewer, all words of a letter are looked through in 20 ms, which a search can wait for
WARM_SECONDS = 5.0  # between two looks whether the index is another one, or has more
DEPTH = 2_000  # articles that can be paged to
WINDOW = 30  # of the best, whose order ranking has the last word on
STEPS = (WINDOW, 200, DEPTH)  # how many are asked for; see _hits
LOOKED_AT = f"substr(a.text, 1, {ranking.LOOKED_AT_CHARS}) AS text"
TEXT_COLUMNS = f"a.id, a.title, a.summary, {LOOKED_AT}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the index says to a query: the hits, best first, and another query that may have been meant."""

    found: Found
    meant: str | None


class Search:
    """The one engine for the chat and the command line. `close()` at the end: its threads keep a process alive."""

    def __init__(self, db: Database, *, default_language: str = "en") -> None:
        self.upkeep = Upkeep(db, default_language)
        self._db = db
        self._default_language = default_language
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
        self._is_followed = False
        self._trusted_until = 0.0

    async def run(self) -> None:
        """Keeps the index in step with the store until cancelled."""
        self._is_followed = True
        warming = asyncio.create_task(self._keep_warm())
        try:
            await self.upkeep.run()
        finally:
            self._is_followed = False
            warming.cancel()

    async def _keep_warm(self) -> None:
        warm: tuple[Index, int] | None = None
        while True:
            await asyncio.sleep(WARM_SECONDS)
            index = self.upkeep.index
            if index is not None and not self.upkeep.is_partial and warm != (index, index.reached):
                warm = index, index.reached
                await self.warm(index)

    async def warm(self, index: Index) -> None:
        """Looks up what many searches need of a large index and what takes long, a piece at a time."""
        if index.count < LARGE:
            return
        try:
            for letter in sorted(await self._do(_first_letters, index)):
                await self._do(_commonest, index, letter)
        except IndexLost as error:
            log.warning("search index not looked through: %s", error)  # a search will come upon it, too

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self.upkeep.close()

    async def catch_up(self, progress: Progress = nothing) -> None:
        """Returns when the index has all that the store has, or when another process sees to it. Raises SearchFailed
        when it cannot be written."""
        try:
            await self.upkeep.catch_up(progress)
        except (IndexLost, OSError) as error:
            raise SearchFailed(f"the search index {self.upkeep.folder} cannot be written: {error}") from error

    async def reindex(self, progress: Progress = nothing) -> int:
        """Another index, made by whoever may write: the articles that it has. Raises SearchFailed."""
        if not await self.upkeep.asked_of_another(progress):
            self.upkeep.make_anew("asked for")
            await self.catch_up(progress)
        if self.upkeep.index is None:
            raise SearchFailed(f"there is no index in {self.upkeep.folder}; the log of the running bot says why")
        return self.upkeep.index.count

    async def find(self, text: str, *, page: int = 0, size: int = 5, offset: int | None = None) -> Listing:
        """A page (from 0) of the published articles that the query asks for, with snippets, marks and the total.

        `offset`: how many to leave out, where that is no whole number of pages.

        Raises SearchFailed when it takes too long, or while there is no index at all. Where nobody keeps the index in
        step (`run`), it is brought there first.
        """
        query = parse(text)
        if not (query.wanted or query.is_narrowed):
            return Listing(teasers=(), page=page, has_next=False, total=0)
        try:
            if not self._is_followed:
                await self._catch_up_if_possible()
            if self.upkeep.index is None:
                raise SearchFailed("the search index is only being made: try again in a moment")
            async with asyncio.timeout(DEADLINE_SECONDS):
                first = articles.offset(page, size) if offset is None else offset
                return await self._find(self.upkeep.index, query, text, page, size, first)
        except TimeoutError:
            log.warning("search given up: seconds=%.0f", DEADLINE_SECONDS)
            raise SearchFailed("the search took too long: try fewer or longer words") from None
        except IndexLost as error:
            self._mistrust(error)
            raise SearchFailed("the search index failed and is looked after: try again in a moment") from error

    async def related(self, article_id: int, limit: int = 3) -> tuple[Teaser, ...]:
        """The published articles that are most like this one, best first, each story once.

        Never an error and at most a quarter of a second: none when there is no index, when the search took longer, or
        when the article is not published.
        """
        index = self.upkeep.index
        if index is None:
            return ()
        try:
            async with asyncio.timeout(RELATED_SECONDS):
                return await self._related(index, article_id, limit)
        except TimeoutError:
            log.info("related articles given up: article=%d seconds=%.2f", article_id, RELATED_SECONDS)
        except IndexLost as error:
            self._mistrust(error)
        except (sqlite3.Error, StoreError) as error:
            log.warning("related articles not read: article=%d error=%s", article_id, error)
        return ()

    async def _related(self, index: Index, article_id: int, limit: int) -> tuple[Teaser, ...]:
        article = (await self._rows([article_id], f"{TEXT_COLUMNS}, a.language, a.tags")).get(article_id)
        if article is None:
            return ()
        hits = await self._do(_like, index, article, self._default_language)
        rows = await self._rows([hit.article_id for hit in hits], f"{articles.TEASER_COLUMNS}, a.tags, {LOOKED_AT}")
        chosen = await self._do(related.chosen, article, hits, rows, limit)
        return tuple(articles.teaser(rows[each]) for each in chosen)

    def _mistrust(self, error: IndexLost) -> None:
        """An index that a search failed in is made anew; not again and again, for what may be that search alone."""
        log.error("search failed in the index: %s", error)
        if monotonic() >= self._trusted_until:
            self._trusted_until = monotonic() + TRUSTED_SECONDS
            self.upkeep.make_anew("a search failed in it")

    async def _catch_up_if_possible(self) -> None:
        """A store on a full disk, or a damaged one, is searched as it was."""
        try:
            await self.catch_up()
        except (SearchFailed, sqlite3.Error):
            if self.upkeep.index is None:
                raise

    async def _find(self, index: Index, query: Query, text: str, page: int, size: int, offset: int) -> Listing:
        answer = await self._do(_ask, index, query, text, offset + size + 1, offset == 0)
        found = answer.found
        rows = await self._rows([hit.article_id for hit in found.hits[:WINDOW]], TEXT_COLUMNS)
        best = await self._do(_ranked, found, rows, to_ms(self._db.now()))
        hits = [*best, *found.hits[WINDOW:]]
        asked = hits[offset : offset + size]
        rows = await self._rows([hit.article_id for hit in asked], f"{articles.TEASER_COLUMNS}, a.text")
        return Listing(
            teasers=await self._do(_teasers, asked, rows, Sought.of(found.wanted)),
            page=page,
            has_next=len(hits) > offset + size,
            total=found.total,
            meant=answer.meant,
            is_partial=self.upkeep.is_partial,
        )

    async def _rows(self, ids: Sequence[int], columns: str) -> dict[int, Row]:
        """The published ones of these articles, by id."""
        if not ids:
            return {}
        params = {f"id{number}": each for number, each in enumerate(ids)}
        rows = await self._db.read(
            f"""SELECT {columns} FROM article a
                WHERE a.id IN ({", ".join(f":{name}" for name in params)}) AND a.state = 'published'""",
            params,
        )
        return {row["id"]: row for row in rows}

    def _do(self, work: Callable[..., T], *arguments: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def _first_letters(index: Index) -> set[str]:
    with as_lost(index.path):
        return first_letters(index)


def _commonest(index: Index, letter: str) -> None:
    with as_lost(index.path):
        index.commonest(letter)


def _ask(index: Index, query: Query, text: str, needed: int, is_first: bool) -> Answer:
    with as_lost(index.path):
        matcher = Matcher(index)
        found = matcher.find(query, STEPS[0])
        found = replace(found, hits=_hits(matcher, query, found, needed))
        return Answer(found, matcher.suggest(found.wanted, text) if is_first else None)


def _hits(matcher: Matcher, query: Query, found: Found, needed: int) -> tuple[Hit, ...]:
    """At least as many as needed, where there are so many. Which of equally good hits the index gives depends on how
    many it is asked for: so it is always asked for the same numbers, and what a step had stays ahead of the next."""
    hits = {hit.article_id: hit for hit in found.hits}
    for step in STEPS[1:]:
        if len(hits) >= min(needed, found.total):
            break
        for hit in matcher.find(query, step).hits:
            hits.setdefault(hit.article_id, hit)
    return tuple(hits.values())


def _like(index: Index, article: Row, default_language: str) -> list[Hit]:
    with as_lost(index.path):
        return related.candidates(index, article, WINDOW, default_language)


def _ranked(found: Found, rows: dict[int, Row], now_ms: int) -> list[Hit]:
    """The best hits, in their last order, less those that the store does not have any more."""
    candidates = [
        ranking.Candidate(hit, row["title"], f"{row['summary']}\n{row['text']}")
        for hit in found.hits[:WINDOW]
        if (row := rows.get(hit.article_id)) is not None
    ]
    return ranking.ranked(candidates, found.wanted, now_ms) if found.wanted else [each.hit for each in candidates]


def _teasers(hits: Sequence[Hit], rows: dict[int, Row], sought: Sought) -> tuple[Teaser, ...]:
    return tuple(_teaser(row, sought, hit.language) for hit in hits if (row := rows.get(hit.article_id)) is not None)


def _teaser(row: Row, sought: Sought, spoken: str) -> Teaser:
    """The teaser of a row that has TEASER_COLUMNS and text, with the words found marked."""
    snippet, marks = snippets.snippet(row["summary"], row["text"], sought, spoken)
    title_marks = sought.marks(row["title"], spoken)
    return replace(articles.teaser(row), snippet=snippet, marks=marks, title_marks=title_marks)
