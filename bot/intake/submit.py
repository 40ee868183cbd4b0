"""The one door into the store. Whatever brings an article submits it here, and is told what became of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from bot.clock import Clock
from bot.errors import RefusedItem
from bot.intake.decide import decide, normalise
from bot.intake.recognise import SHARED, Ids, Seen, best, in_short, is_certain, recognise, told_apart
from bot.model import Article, Change, NewArticle, Source, SourceKind, Submission, Submitted
from bot.store import articles, health, sources
from bot.store.db import Database, Transaction

log = logging.getLogger(__name__)

BATCH: Final = 200


async def submit(db: Database, submission: Submission, source: Source, *, announce: bool) -> Submitted:
    """Stores what is new or changed. `announce` sends new published articles out; others are announced by nobody, ever.

    Raises RefusedItem for what cannot be an article.
    """
    new = await asyncio.to_thread(normalise, submission, db.now())
    return await db.write(lambda tx: _submit_alone(tx, new, source, announce=announce))


async def submit_all(
    db: Database,
    items: Iterable[Submission | RefusedItem],
    source: Source,
    *,
    announce: bool,
    is_trial: bool = False,
) -> AsyncIterator[Submitted | RefusedItem]:
    """One answer for each item, in order; a transaction for each 200 of them. One bad item stops no other.

    The items may come from a slow file: they are taken in a thread. Those of a feed are one document: different
    articles, as `distinct` made them. `is_trial` says what would become of them and stores nothing.
    """
    source_items = iter(items)
    taken: set[int] = set()
    while batch := await asyncio.to_thread(_ready, source_items, db.now):
        answers = await _answers(db, batch, source, taken, announce=announce, is_trial=is_trial)
        taken.update(answer.article_id for answer in answers if isinstance(answer, Submitted))
        for answer in answers:
            yield answer


_Ready = NewArticle | RefusedItem


def _ready(items: Iterator[Submission | RefusedItem], now: Clock) -> list[_Ready]:
    return [_prepared(item, now) for item in islice(items, BATCH)]


def _prepared(item: Submission | RefusedItem, now: Clock) -> _Ready:
    if isinstance(item, RefusedItem):
        return item
    try:
        return normalise(item, now())
    except RefusedItem as refused:
        return refused


async def _answers(
    db: Database, batch: list[_Ready], source: Source, taken: Collection[int], *, announce: bool, is_trial: bool
) -> list[Submitted | RefusedItem]:
    async def work(tx: Transaction) -> list[Submitted | RefusedItem]:
        answers: list[Submitted | RefusedItem] = []
        if source.kind is SourceKind.FEED:
            submitted = iter(await _submit_document(tx, batch, source, taken, announce=announce))
            answers += [ready if isinstance(ready, RefusedItem) else next(submitted) for ready in batch]
        else:
            for ready in batch:
                if isinstance(ready, RefusedItem):
                    answers.append(ready)
                else:
                    answers.append(await _submit_alone(tx, ready, source, announce=announce))
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


async def _submit_alone(tx: Transaction, new: NewArticle, source: Source, *, announce: bool) -> Submitted:
    if source.kind is SourceKind.FEED:
        return (await _submit_document(tx, [new], source, (), announce=announce))[0]
    if found := await sources.find(tx, source, new.guid):
        return await _store(tx, new, source, found, None, announce=announce)
    is_file = source.kind is SourceKind.FILE
    seen = Seen(
        None, tuple(await sources.alike(tx, source, new, drafts=is_file or source.kind is SourceKind.MAINTAINER))
    )
    return await _store(tx, new, source, None, best(new, seen, is_file=is_file), announce=announce)


async def _submit_document(
    tx: Transaction, batch: Sequence[_Ready], source: Source, taken: Collection[int], *, announce: bool
) -> list[Submitted]:
    """What became of the articles of one document, but for those that were refused."""
    items = [ready for ready in batch if not isinstance(ready, RefusedItem)]
    found = [await sources.find(tx, source, new.guid) for new in items]
    for index, (new, known) in enumerate(zip(items, found, strict=True)):
        if known and is_certain(new, in_short(known[0])):
            continue
        if await sources.is_shared(tx, source, new.guid):
            items[index], found[index] = replace(new, guid=told_apart(new)), None
    seen = [await _see(tx, new, source, known) for new, known in zip(items, found, strict=True)]
    ids = await _ids(tx, source, items, seen)
    recognised = await asyncio.to_thread(recognise, items, seen, taken, ids)  # many that are alike are many to compare
    if recognised.ids_changed and await health.ids_changed(tx, _feed_id(source)):
        log.warning("feed ids changed: feed=%s entries=%d", source.key, len(items))
    submitted = []
    for new, known, article_id in zip(items, found, recognised.articles, strict=True):
        if known and known[0].id != article_id:  # its id is another's
            new, known = replace(new, guid=told_apart(new)), None
        submitted.append(await _store(tx, new, source, known, article_id, announce=announce))
    return submitted


async def _see(tx: Transaction, new: NewArticle, source: Source, found: tuple[Article, bool] | None) -> Seen:
    """What the store has that may be the item; with the article under its id, if that is certainly it, nothing else."""
    if found is None:
        return Seen(None, tuple(await sources.alike(tx, source, new)))
    known = in_short(found[0])
    if is_certain(new, known):
        return Seen(known.id, (known,))
    return Seen(known.id, tuple(await sources.alike(tx, source, new, known.id)))


async def _ids(tx: Transaction, source: Source, items: Sequence[NewArticle], seen: Sequence[Seen]) -> Ids:
    """What the ids of the feed are worth, where an item is not plainly the article under its id."""
    pairs = [(new, each, alike) for new, each in zip(items, seen, strict=True) for alike in each.alike if alike.guids]
    if all(alike.id == each.by_guid and is_certain(new, alike) for new, each, alike in pairs):
        return Ids()
    known = {alike.id for _, _, alike in pairs}
    several = await sources.with_several_ids(tx, source, known)
    are_shared = any(SHARED in new.guid for new in items) or await sources.shares_ids(tx, source)
    return Ids(are_shared, several >= 2 and several * 4 >= len(known))


async def _store(
    tx: Transaction,
    new: NewArticle,
    source: Source,
    found: tuple[Article, bool] | None,
    article_id: int | None,
    *,
    announce: bool,
) -> Submitted:
    """`found`: the article under the source's id for it; else `article_id`, if it was recognised by something else."""
    if found is None and article_id is None:
        return Submitted(Change.NEW, await articles.add(tx, new, source, announce=announce))
    if found is not None:
        known, is_own = found
    else:
        known = await articles.get(tx, article_id or 0)
        is_own = await sources.add(tx, known.id, source, new.guid)
    change = decide(new, known, is_own=is_own)
    if change is Change.CHANGED:
        await articles.update(tx, known.id, new if new.is_dated else replace(new, published_at=known.published_at))
    if announce and found is None and change is Change.DUPLICATE and (feed_id := _feed_id(source)):
        await sources.announce_brought_since(tx, known.id, feed_id)
    return Submitted(change, known.id)


def _feed_id(source: Source) -> int:
    """The feed's id; 0: it is no feed that is followed."""
    return int(source.key) if source.kind is SourceKind.FEED and source.key.isdecimal() else 0
