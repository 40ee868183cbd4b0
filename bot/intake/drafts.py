"""A draft gets another title or summary, in a maintainer's words, or goes out."""

import asyncio
from dataclasses import fields, replace

from bot.errors import RefusedItem
from bot.intake.canonical import anchor, place
from bot.intake.decide import normalise
from bot.intake.html import one_line, paragraphs
from bot.model import Article, ArticleState, Submission
from bot.store import articles
from bot.store.db import Database, Transaction


async def mend(db: Database, draft_id: int, *, by: int, title: str = "", summary: str = "") -> Article | None:
    """The draft as it is then; None: it is no draft any more, and nothing is changed. Both are plain text.

    Raises RefusedItem when neither holds a word.
    """
    if not one_line(title) and not one_line(summary):
        raise RefusedItem("the message holds no text; it becomes the title or summary of the draft")
    draft = await articles.find(db, draft_id)
    if draft is None:
        return None
    kept = {field.name: getattr(draft, field.name) for field in fields(Submission) if hasattr(draft, field.name)}
    changed = {"title": one_line(title) or draft.title, "summary": paragraphs(summary) or draft.summary}
    new = await asyncio.to_thread(normalise, Submission(**kept | changed), db.now())

    async def work(tx: Transaction) -> Article | None:
        present = await articles.find(tx, draft_id)
        if present is None or present.state is not ArticleState.DRAFT or present.revises is not None:
            return None
        await articles.update(tx, draft_id, replace(new, canonical_url=present.canonical_url), by=by)
        return await articles.get(tx, draft_id)

    return await db.write(work)


async def publish(db: Database, draft: Article) -> Article | None:
    """Publishes the draft, or discards it if its page has gone out meanwhile, as a feed's: then that article.

    What goes to the front page of a site may be anything, and is published.
    """

    async def work(tx: Transaction) -> Article | None:
        if draft.canonical_url and (place(draft.canonical_url) or anchor(draft.url)):
            for other in await articles.announced_at(tx, draft.canonical_url):
                if anchor(other.url) == anchor(draft.url) and await articles.discard(tx, draft.id):
                    return other
        await articles.publish(tx, draft.id)
        return None

    return await db.write(work)
