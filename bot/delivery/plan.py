"""Announced articles become deliveries, one a destination, by cursor: a crash or a second run repeats nothing.

So do changed and withdrawn ones: an edit or a recall for each destination where a copy stands.
"""

from bot.store import articles, copies, plans, restored
from bot.store.db import Database

BATCH = 50


async def plan(db: Database) -> int:
    """How many articles announced since the last plan have their deliveries now, in the order of announcement.

    None in a restored store until an owner resumes it.
    """
    planned = 0
    if await restored.find(db):
        return planned
    while announced := await articles.announced_after(db, await plans.plan_cursor(db), BATCH):
        for article in announced:
            assert article.announced_seq is not None
            await plans.plan_article(db, article.id, article.announced_seq)
            planned += 1
    return planned


async def plan_changes(db: Database) -> int:
    """How many copies of articles that were edited or withdrawn since the last plan have their edit or recall now."""
    planned = 0
    await copies.release(db)
    while (article := await copies.next_edited(db)) is not None:
        planned += await copies.plan(db, article)
    return planned
