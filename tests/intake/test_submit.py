"""The one door into the store: nothing twice, nothing announced that was not to be."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import RefusedItem
from bot.intake.submit import submit, submit_all
from bot.model import ArticleState, Change, Source, SourceKind, Submission, Submitted
from bot.store import articles, sources
from bot.store.db import Database
from tests.clock import START, HandClock

FEED = Source(SourceKind.FEED, "1")
OTHER_FEED = Source(SourceKind.FEED, "2")
STORY = Submission(title="A story", url="https://example.org/a", guid="a", summary="Short.", body="<p>Long.</p>")


async def test_an_article_goes_out_once_whatever_its_source_does_to_it(db: Database) -> None:
    first = await submit(db, STORY, FEED, announce=True)
    again = await submit(db, STORY, FEED, announce=True)
    changed = await submit(db, replace(STORY, title="A better title"), FEED, announce=True)
    assert (first.change, again.change, changed.change) == (Change.NEW, Change.SAME, Change.CHANGED)
    assert first.article_id == again.article_id == changed.article_id
    article = await articles.get(db, first.article_id)
    assert (article.title, article.revision, article.announced_seq) == ("A better title", 2, 1)
    assert await articles.last_announced_seq(db) == 1


async def test_the_same_story_from_another_source_is_no_second_article(db: Database) -> None:
    first = await submit(db, STORY, FEED, announce=True)
    elsewhere = replace(STORY, guid="x-9", title="Their title", url="http://example.org/a/?utm_source=feed")
    second = await submit(db, elsewhere, OTHER_FEED, announce=True)
    assert second == Submitted(Change.DUPLICATE, first.article_id)
    assert await articles.count(db) == 1
    found = await sources.find(db, OTHER_FEED, "x-9")
    assert found is not None
    assert found[0].id == first.article_id


async def test_a_new_guid_for_a_known_address_and_title_is_the_same_article(db: Database) -> None:
    first = await submit(db, STORY, FEED, announce=True)
    for number in range(3):
        churned = await submit(db, replace(STORY, guid=f"random-{number}"), FEED, announce=True)
        assert churned == Submitted(Change.SAME, first.article_id)


async def test_items_that_all_link_to_the_site_are_articles_of_their_own(db: Database) -> None:
    home = replace(STORY, url="https://example.org/")
    items = [replace(home, guid=str(number), title=f"Story {number}") for number in range(3)]
    for _poll in range(2):
        answers = [answer async for answer in submit_all(db, items, FEED, announce=True)]
    assert {answer.change for answer in answers if isinstance(answer, Submitted)} == {Change.SAME}
    assert await articles.count(db) == 3


async def test_archives_and_drafts_are_announced_to_nobody(db: Database) -> None:
    await submit(db, STORY, FEED, announce=False)
    await submit(db, replace(STORY, title="Changed"), FEED, announce=True)
    draft = replace(STORY, url="https://example.org/d", guid="d", state=ArticleState.DRAFT)
    await submit(db, draft, FEED, announce=True)
    assert await articles.last_announced_seq(db) == 0


async def test_a_change_without_a_date_keeps_the_date(db: Database, clock: HandClock) -> None:
    first = await submit(db, STORY, FEED, announce=False)
    clock.move(days=2)
    await submit(db, replace(STORY, title="Changed"), FEED, announce=False)
    assert (await articles.get(db, first.article_id)).published_at == START
    dated = replace(STORY, title="Changed again", published_at=START + timedelta(days=1))
    await submit(db, dated, FEED, announce=False)
    assert (await articles.get(db, first.article_id)).published_at == START + timedelta(days=1)


async def test_one_bad_item_stops_no_other(db: Database) -> None:
    items: list[Submission | RefusedItem] = [
        STORY,
        RefusedItem("line 2: nothing"),
        Submission(title=""),
        replace(STORY, guid="b", url="https://example.org/b"),
    ]
    answers = [answer async for answer in submit_all(db, items, FEED, announce=False)]
    assert [type(answer) for answer in answers] == [Submitted, RefusedItem, RefusedItem, Submitted]
    assert await articles.count(db) == 2


async def test_a_batch_of_many_is_answered_in_order_and_again_as_same(db: Database) -> None:
    items = [Submission(title=f"Story {n}", url=f"https://example.org/{n}") for n in range(450)]
    first = Counter([a.change async for a in submit_all(db, items, FEED, announce=True) if isinstance(a, Submitted)])
    again = Counter([a.change async for a in submit_all(db, items, FEED, announce=True) if isinstance(a, Submitted)])
    assert (first, again) == ({Change.NEW: 450}, {Change.SAME: 450})
    announced = await articles.announced_after(db, 0, 1000)
    assert [article.title for article in announced] == [f"Story {n}" for n in range(450)]


async def test_a_trial_says_what_would_happen_and_stores_nothing(db: Database) -> None:
    await submit(db, STORY, FEED, announce=False)
    items = [replace(STORY, title="Changed"), replace(STORY, guid="b", url="https://example.org/b")]
    answers = [answer async for answer in submit_all(db, items, FEED, announce=True, is_trial=True)]
    assert [a.change for a in answers if isinstance(a, Submitted)] == [Change.CHANGED, Change.NEW]
    assert await articles.count(db) == 1
    assert (await articles.latest(db, tag=None, page=0)).teasers[0].title == "A story"


async def test_a_refused_submission_changes_nothing(db: Database) -> None:
    with pytest.raises(RefusedItem, match="javascript"):
        await submit(db, replace(STORY, url="javascript:x"), FEED, announce=True)
    assert await articles.count(db) == 0
