"""The one door into the store. Whatever brings an article submits it here, and is told what became of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from bot.clock import Clock
from bot.errors import RefusedItem
from bot.intake.decide import decide, normalise
from bot.model import Article, Change, NewArticle, Source, Submission, Submitted
from bot.store import articles
from bot.store.db import Database, Transaction

BATCH: Final = 200
_NO_GUID: Final = ""  # which no source ever gave


async def submit(
    db: Database, submission: Submission, source: Source, *, announce: bool, base_url: str | None = None
) -> Submitted:
    """Stores what is new or changed. `announce` sends new published articles out; others are announced by nobody, ever.

    Raises RefusedItem for what cannot be an article.
    """
    new = await asyncio.to_thread(normalise, submission, db.now(), base_url=base_url)
    return await db.write(lambda tx: _store(tx, new, submission, source, announce=announce))


async def submit_all(
    db: Database,
    items: Iterable[Submission | RefusedItem],
    source: Source,
    *,
    announce: bool,
    base_url: str | None = None,
    is_trial: bool = False,
) -> AsyncIterator[Submitted | RefusedItem]:
    """One answer for each item, in order; a transaction for each 200 of them. One bad item stops no other.

    The items may come from a slow file: they are taken in a thread. `is_trial` says what would become of them (a new
    article has the id 0 then) and stores nothing.
    """
    source_items = iter(items)
    while batch := await asyncio.to_thread(_ready, source_items, db.now, base_url):
        for answer in await _answers(db, batch, source, announce=announce, is_trial=is_trial):
            yield answer


_Ready = tuple[NewArticle, Submission] | RefusedItem


def _ready(items: Iterator[Submission | RefusedItem], now: Clock, base_url: str | None) -> list[_Ready]:
    return [_prepared(item, now, base_url) for item in islice(items, BATCH)]


def _prepared(item: Submission | RefusedItem, now: Clock, base_url: str | None) -> _Ready:
    if isinstance(item, RefusedItem):
        return item
    try:
        return normalise(item, now(), base_url=base_url), item
    except RefusedItem as refused:
        return refused


async def _answers(
    db: Database, batch: list[_Ready], source: Source, *, announce: bool, is_trial: bool
) -> list[Submitted | RefusedItem]:
    async def work(tx: Transaction) -> list[Submitted | RefusedItem]:
        answers: list[Submitted | RefusedItem] = []
        for ready in batch:
            if isinstance(ready, RefusedItem):
                answers.append(ready)
            else:
                new, submission = ready
                answers.append(await _store(tx, new, submission, source, announce=announce))
        if is_trial:
            raise _Trial(answers)
        return answers

    try:
        return await db.write(work)
    except _Trial as trial:
        return trial.answers


class _Trial(Exception):
    """Rolls a trial back, and carries what it found."""

    def __init__(self, answers: list[Submitted | RefusedItem]) -> None:
        super().__init__()
        self.answers = answers


async def _store(
    tx: Transaction, new: NewArticle, submission: Submission, source: Source, *, announce: bool
) -> Submitted:
    known, by_guid, is_same_source = await _find_known(tx, new, source)
    change = decide(new, known, by_guid=by_guid, is_same_source=is_same_source)
    if known is None or change is Change.NEW:
        return Submitted(change, await articles.add(tx, new, source, announce=announce))
    if change is Change.CHANGED:
        kept = new if submission.published_at else replace(new, published_at=known.published_at)
        await articles.update(tx, known.id, kept)
    if not by_guid:
        await articles.add_source(tx, known.id, source, new.guid)
    return Submitted(change, known.id)


async def _find_known(tx: Transaction, new: NewArticle, source: Source) -> tuple[Article | None, bool, bool]:
    """The article the store has, whether it was found by the source's own guid, whether it is this source's."""
    by_guid = await articles.find_known(tx, source, new.guid, None)
    if by_guid and new.canonical_url in (None, by_guid[0].canonical_url):
        return by_guid[0], True, True
    by_content = new.content_hash if new.canonical_url is None else None
    by_url = await articles.find_known(tx, source, _NO_GUID, new.canonical_url, content_hash=by_content)
    # A guid that several items share finds the wrong one: then the address and title find the right one.
    if by_guid and not (by_url and by_url[0].title == new.title):
        return by_guid[0], True, True
    return (by_url[0], False, by_url[1]) if by_url else (None, False, False)
