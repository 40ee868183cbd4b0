"""A draft whose story a feed has brought meanwhile is no second post."""

from dataclasses import replace

import pytest

from bot.intake import drafts
from bot.intake.submit import submit
from bot.model import Article, ArticleState, Source, SourceKind, Submission
from bot.store import articles
from bot.store.db import Database

LINK = Submission(title="A story - The Gazette", url="https://example.org/a?utm_source=x", summary="Short.")


async def draft_of(db: Database, link: Submission) -> Article:
    source = Source(SourceKind.MAINTAINER, "5")
    submitted = await submit(db, replace(link, state=ArticleState.DRAFT), source, announce=False)
    return await articles.get(db, submitted.article_id)


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_draft_of_what_a_feed_has_brought_meanwhile_goes_out_only_if_that_did_not(
    db: Database, *, is_announced: bool
) -> None:
    draft = await draft_of(db, LINK)
    theirs = Submission(title="A story", url="https://example.org/a", guid="7", summary="Their words.")
    brought = await submit(db, theirs, Source(SourceKind.FEED, "1"), announce=is_announced)
    there = await drafts.publish(db, draft)
    assert (there and there.id) == (brought.article_id if is_announced else None)
    assert (await articles.find(db, draft.id) is None) == is_announced
    assert len(await articles.announced_after(db, 0, 9)) == 1


@pytest.mark.parametrize("url", [None, "https://example.org/", "https://example.org/changes#v2"])
async def test_a_draft_of_another_part_of_a_page_or_of_no_page_goes_out(db: Database, url: str | None) -> None:
    draft = await draft_of(db, replace(LINK, url=url))
    there = replace(LINK, title="Another", url=(url or "https://example.org/").replace("v2", "v1"), guid="8")
    await submit(db, there, Source(SourceKind.FEED, "1"), announce=True)
    assert await drafts.publish(db, draft) is None
    assert len(await articles.announced_after(db, 0, 9)) == 2
