"""The one door into the store: nothing twice, nothing announced that was not to be."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import RefusedItem
from bot.intake.submit import submit, submit_all
from bot.model import ArticleState, Change, Source, SourceKind, Submission, Submitted
from bot.store import articles, feeds, sources
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.intake.telling import FEED, OTHER_FEED, STORY, feed_of, tell


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


async def test_what_another_feed_says_of_an_article_does_not_change_it_while_its_own_is_followed(db: Database) -> None:
    one, other = await feed_of(db, "one"), await feed_of(db, "other")
    theirs = replace(STORY, guid="x", title="Their title")
    await tell(db, one, STORY)
    for _poll in range(2):
        assert await tell(db, other, theirs) == [Change.DUPLICATE]
        assert await tell(db, one, STORY) == [Change.SAME]
    assert await feeds.remove(db, int(one.key))
    assert await tell(db, other, theirs) == [Change.CHANGED]
    again = await feed_of(db, "one")
    assert await tell(db, again, STORY) == [Change.DUPLICATE]
    assert await articles.last_announced_seq(db) == 1


async def test_what_a_file_brought_is_its_feeds_to_change(db: Database) -> None:
    await submit(db, STORY, Source(SourceKind.FILE, "archive.jsonl"), announce=False)
    feed = await feed_of(db)
    assert await tell(db, feed, STORY) == [Change.DUPLICATE]
    assert await tell(db, feed, replace(STORY, title="Corrected")) == [Change.CHANGED]
    assert await articles.last_announced_seq(db) == 0


async def test_a_file_corrects_what_a_file_of_another_name_brought_and_nothing_that_a_feed_says(db: Database) -> None:
    await submit(db, STORY, Source(SourceKind.FILE, "archive.jsonl"), announce=False)
    corrected, later = Source(SourceKind.FILE, "corrected.jsonl"), replace(STORY, title="Corrected")
    assert (await submit(db, later, corrected, announce=False)).change is Change.CHANGED
    assert (await submit(db, later, corrected, announce=False)).change is Change.SAME
    feed = await feed_of(db)
    await tell(db, feed, replace(STORY, guid="new", url="https://example.org/new", title="News"))
    news = replace(STORY, guid="other", url="https://example.org/new", title="News of a file")
    assert (await submit(db, news, corrected, announce=False)).change is Change.DUPLICATE


async def test_news_that_another_feeds_first_poll_brought_first_is_news_all_the_same(
    db: Database, clock: HandClock
) -> None:
    old = await feed_of(db, "old")
    clock.move(minutes=5)
    new = await feeds.add(db, "https://new.example.org/feed")
    backlog = replace(STORY, guid="b", url="https://example.org/backlog", title="Backlog")
    await tell(db, Source(SourceKind.FEED, str(new.id)), STORY, backlog, announce=False)
    assert await tell(db, old, replace(STORY, guid="other")) == [Change.DUPLICATE]
    assert [article.title for article in await articles.announced_after(db, 0, 9)] == ["A story"]
    clock.move(minutes=5)
    await feeds.polled(db, int(old.key), etag="", last_modified="", title="", next_check_at=clock())
    assert await tell(db, old, replace(backlog, guid="c")) == [Change.DUPLICATE]
    assert await articles.last_announced_seq(db) == 1


async def test_a_draft_of_the_same_address_swallows_no_news(db: Database) -> None:
    draft = replace(STORY, guid="update:1", state=ArticleState.DRAFT)
    await submit(db, draft, Source(SourceKind.MAINTAINER, "5"), announce=True)
    feed = await feed_of(db)
    assert await tell(db, feed, STORY) == [Change.NEW]
    assert await articles.discard(db, 1)
    assert await tell(db, feed, STORY) == [Change.SAME]


async def test_a_withdrawn_article_that_its_feed_still_has_stays_withdrawn(db: Database) -> None:
    feed = await feed_of(db)
    await tell(db, feed, STORY)
    await articles.withdraw(db, 1, by=5)
    for _poll in range(2):
        await tell(db, feed, replace(STORY, title="Changed"))
        await tell(db, feed)
    assert (await articles.get(db, 1)).state is ArticleState.WITHDRAWN
    assert await articles.count(db) == 1


async def test_what_a_source_has_shown_is_known_for_ever_and_ids_without_end_are_not_kept(db: Database) -> None:
    feed = await feed_of(db)
    for number in range(130):
        assert await tell(db, feed, replace(STORY, guid=f"random {number}")) == [
            Change.NEW if number == 0 else Change.SAME
        ]
    [row] = await db.read("SELECT count(*) AS ids, max(guid = 'random 0') AS first FROM article_source")
    assert (row["ids"], row["first"]) == (sources.MOST, 1)


async def test_an_export_that_is_imported_twice_or_into_its_own_store_adds_nothing(db: Database) -> None:
    short = Submission(title="Note", guid="update:7", body="Short.")
    await submit(db, short, Source(SourceKind.MAINTAINER, "5"), announce=True)
    for _time in range(2):
        answer = await submit(db, short, Source(SourceKind.FILE, "export.jsonl"), announce=False)
        assert answer.change is Change.DUPLICATE
