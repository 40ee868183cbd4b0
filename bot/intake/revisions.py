"""A maintainer's correction of an article: kept as a draft that stands for it, until it is applied or discarded."""

import asyncio
from dataclasses import fields, replace

from bot.intake.decide import normalise
from bot.model import Article, ArticleState, NewArticle, Source, Submission
from bot.store import articles, sources
from bot.store.db import Database, Transaction


async def propose(db: Database, article: Article, given: Submission, source: Source) -> int:
    """The id of the draft: the article with another title, and another text if `given` has one. Proposing twice is one.

    Raises RefusedItem for what cannot be an article.
    """
    kept = {field.name: getattr(article, field.name) for field in fields(Submission) if hasattr(article, field.name)}
    changed = {"title": given.title, "guid": given.guid, "state": ArticleState.DRAFT}
    if given.body:
        changed |= {"body": given.body, "summary": ""}
    new = await asyncio.to_thread(normalise, Submission(**kept | changed), db.now())
    draft = replace(new, canonical_url=None)  # by which feeds find the article itself

    async def work(tx: Transaction) -> int:
        known = await sources.find(tx, source, draft.guid)
        return known[0].id if known else await articles.add(tx, draft, source, announce=False, revises=article.id)

    return await db.write(work)


async def apply(db: Database, draft_id: int, *, by: int) -> bool:
    """Makes the draft the article's new revision. False: it is no more (applied, discarded), or the article is not."""

    async def work(tx: Transaction) -> bool:
        draft = await articles.find(tx, draft_id)
        if draft is None or draft.revises is None:
            return False
        article = await articles.get(tx, draft.revises)
        await articles.discard(tx, draft.id)
        if article.state is not ArticleState.PUBLISHED:
            return False
        kept = {field.name: getattr(draft, field.name) for field in fields(NewArticle) if hasattr(draft, field.name)}
        kept |= {"canonical_url": article.canonical_url, "published_at": article.published_at, "guid": ""}
        await articles.update(tx, article.id, NewArticle(**kept | {"state": article.state}), by=by)
        return True

    return await db.write(work)
