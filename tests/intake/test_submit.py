"""The one door into the store: nothing twice, nothing announced that was not to be."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import RefusedItem
from bot.intake.decide import distinct
from bot.intake.submit import submit, submit_all
from bot.model import ArticleState, Change, Enclosure, Role, Source, SourceKind, Submission, Submitted
from bot.store import articles, feeds, health, maintainers, sources
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


async def feed_of(db: Database, name: str = "feed", **kind: int) -> Source:
    feed = await feeds.add(db, f"https://{name}.example.org/feed", name, added_by=kind.get("added_by"))
    await feeds.polled(db, feed.id, etag="", last_modified="", title=name, next_check_at=db.now())
    return Source(SourceKind.FEED, str(feed.id))


async def tell(db: Database, source: Source, *items: Submission, announce: bool = True) -> list[Change]:
    """What became of the items of one document."""
    answers = [answer async for answer in submit_all(db, distinct(items), source, announce=announce)]
    return [answer.change for answer in answers if isinstance(answer, Submitted)]


LONG = " ".join(f"word{number}" for number in range(30))


async def test_the_same_words_at_another_address_are_one_article_with_two_sources(db: Database) -> None:
    one, other = await feed_of(db, "one"), await feed_of(db, "other")
    story = Submission(title="The storm", url="https://one.example/storm", guid="1", body=LONG)
    again = replace(
        story, url="https://other.example/2026/x", guid="9", title="THE STORM!", body=f"<p>{LONG}</p> And more."
    )
    assert await tell(db, one, story) == [Change.NEW]
    assert await tell(db, other, again) == [Change.DUPLICATE]
    assert await tell(db, other, again) == [Change.DUPLICATE]
    [row] = await db.read("SELECT count(*) AS sources FROM article_source")
    assert row["sources"] == 2
    assert (await articles.get(db, 1)).title == "The storm"


@pytest.mark.parametrize("text", ["", "Sun.", "Read the forecast on our site."])
async def test_short_titles_and_texts_that_are_equal_are_no_reason_to_take_two_stories_for_one(
    db: Database, text: str
) -> None:
    one, other = await feed_of(db, "one"), await feed_of(db, "other")
    told = [
        Submission(title="Weather", url=f"https://{host}.example/weather/{day}", guid=f"{host} {day}", summary=text)
        for host in ("one", "other")
        for day in range(3)
    ]
    for day in range(3):
        assert await tell(db, one, told[day]) == [Change.NEW]
        assert await tell(db, other, told[3 + day]) == [Change.NEW]
    assert await tell(db, one, *told[:3]) == [Change.SAME] * 3
    assert await articles.last_announced_seq(db) == 6


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


@pytest.mark.parametrize("are_links_new", [False, True])
async def test_a_feed_whose_ids_all_change_pushes_what_is_new_alone_and_says_so_once(
    db: Database, are_links_new: bool
) -> None:
    feed = await feed_of(db, added_by=5)
    await maintainers.add(db, 5, Role.EDITOR, "Eve")
    items = [
        Submission(title=f"Story {n}", url=f"https://example.org/{n}", guid=f"old-{n}", body="Words.") for n in range(5)
    ]
    await tell(db, feed, *items, announce=False)
    for version in range(3):
        churned = [
            replace(
                each,
                guid=f"{version}-{each.guid}",
                url=f"https://example.org/v{version}/{n}" if are_links_new else each.url,
            )
            for n, each in enumerate(items)
        ]
        assert await tell(db, feed, *churned, replace(STORY, guid="news")) != []
    assert [article.title for article in await articles.announced_after(db, 0, 9)] == ["A story"]
    rows = await db.read("SELECT person_id, kind, data FROM notice")
    assert [(row["person_id"], row["kind"]) for row in rows] == [(5, "feed_ids_changed")]
    assert json.loads(rows[0]["data"]) == {
        "feed_id": int(feed.key),
        "title": "feed",
        "url": "https://feed.example.org/feed",
    }


async def test_that_ids_have_changed_is_told_the_owners_when_who_added_the_feed_is_no_maintainer_now(
    db: Database,
) -> None:
    feed = await feed_of(db, added_by=5)
    await maintainers.add(db, 1, Role.OWNER, "Olga")
    assert await health.ids_changed(db, int(feed.key))
    assert [row["person_id"] for row in await db.read("SELECT person_id FROM notice")] == [1]


async def test_a_feed_that_is_all_news_after_a_pause_is_pushed(db: Database) -> None:
    feed = await feed_of(db)
    for week in range(3):
        items = [
            Submission(
                title=f"Top story {n}",
                url=f"https://example.org/{week}/{n}",
                guid=f"{week} {n}",
                body=LONG.replace("word", f"{n}{'xyz'[week] * 5}"),
            )
            for n in range(5)
        ]
        assert await tell(db, feed, *items) == [Change.NEW] * 5
    assert await db.read("SELECT 1 FROM notice") == []


async def test_titles_that_come_again_each_day_with_other_dates_are_news(db: Database, clock: HandClock) -> None:
    feed = await feed_of(db)
    for day in range(3):
        items = [
            Submission(
                title=title,
                url=f"https://example.org/{day}/{title}",
                guid=f"{day} {title}",
                summary="Read more.",
                published_at=clock() - timedelta(hours=1),
            )
            for title in ("Morning", "Noon", "Evening")
        ]
        assert await tell(db, feed, *items) == [Change.NEW] * 3
        clock.move(days=1)


async def test_an_id_that_is_used_again_for_another_story_is_an_edit_of_the_first(db: Database) -> None:
    feed = await feed_of(db)
    await tell(db, feed, STORY)
    reused = Submission(title="Quite another", url="https://example.org/b", guid="a", body="Other words.")
    assert await tell(db, feed, reused) == [Change.CHANGED]
    assert await articles.last_announced_seq(db) == 1


async def test_an_id_that_stands_for_a_place_in_the_list_is_no_id(db: Database) -> None:
    feed = await feed_of(db)
    for newest in range(3, 12):
        items = [
            Submission(title=f"Story {n}", url=f"https://example.org/{n}", guid=str(newest - n), body=f"Words of {n}.")
            for n in range(newest, newest - 3, -1)
        ]
        await tell(db, feed, *items)
    titles = [article.title for article in await articles.announced_after(db, 0, 99)]
    assert sorted(titles, key=lambda title: int(title.split()[1])) == [f"Story {n}" for n in range(1, 12)]


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


async def test_an_episode_with_the_words_of_the_one_before_is_another(db: Database) -> None:
    feed = await feed_of(db)
    for number in range(3):
        episode = Submission(
            title="Morning news",
            url=f"https://example.org/e{number}",
            guid=f"e{number}",
            body=LONG,
            enclosures=(Enclosure(f"https://example.org/{number}.mp3"),),
        )
        assert await tell(db, feed, episode) == [Change.NEW]


async def test_versions_in_a_list_of_changes_are_articles_of_their_own(db: Database) -> None:
    feed = await feed_of(db)
    for number in range(3):
        version = Submission(
            title=f"Version {number}", url=f"https://example.org/changes#v{number}", body=f"New: {number}."
        )
        assert await tell(db, feed, version) == [Change.NEW]
        assert await tell(db, feed, version) == [Change.SAME]


async def test_an_export_that_is_imported_twice_or_into_its_own_store_adds_nothing(db: Database) -> None:
    short = Submission(title="Note", guid="update:7", body="Short.")
    await submit(db, short, Source(SourceKind.MAINTAINER, "5"), announce=True)
    for _time in range(2):
        answer = await submit(db, short, Source(SourceKind.FILE, "export.jsonl"), announce=False)
        assert answer.change is Change.DUPLICATE


def at_another_host(story: Submission, number: int) -> Submission:
    """The story at one of two hosts in turn, its text another one each time."""
    url = (story.url or "").replace("example.org", f"{'ab'[number % 2]}.example.net")
    return replace(story, url=url, guid="https://example.org/feed", summary="", body=f"{LONG[number * 40 :]} {number}.")


async def test_a_feed_that_lives_at_two_hosts_in_turn_with_one_id_and_new_texts_repeats_nothing(db: Database) -> None:
    feed = await feed_of(db)
    stories = [Submission(title=f"Story {n} of the week", url=f"https://example.org/2026/{n}") for n in range(4)]
    for number in range(4):
        await tell(db, feed, *(at_another_host(story, number) for story in stories[number // 2 : number // 2 + 3]))
    assert [article.title for article in await articles.announced_after(db, 0, 9)] == [s.title for s in stories]


@pytest.mark.parametrize("guid", [None, "https://planet.example.org/feed"])
async def test_two_authors_of_one_feed_with_the_same_title_and_path_are_two_stories(
    db: Database, guid: str | None
) -> None:
    feed = await feed_of(db)
    alice, bob = (
        Submission(title="Week notes", url=f"https://{who}.example/2026/week-47", guid=guid, body=f"{who} {words}")
        for who, words in (("alice", LONG), ("bob", LONG[::-1]))
    )
    others = [
        Submission(title=f"By {who} {n}", url=f"https://{who}.example/{n}", guid=guid, body=f"{who} on {n}.")
        for n, who in enumerate(("alice", "bob", "carol", "carol"))
    ]
    assert await tell(db, feed, alice, *others[1:]) == [Change.NEW] * 4
    assert (await tell(db, feed, bob, *others))[0] is Change.NEW
    assert (await tell(db, feed, bob, *others[1:]))[0] is Change.SAME


async def test_two_stories_that_share_an_id_are_both_told_when_one_is_there_and_then_the_other(db: Database) -> None:
    feed = await feed_of(db)
    stories = [
        Submission(title=f"Story {n}", url=f"https://example.org/{n}", guid=f"pair {n // 2}", body=f"Words of {n}.")
        for n in range(4)
    ]
    assert await tell(db, feed, stories[0], stories[1]) == [Change.NEW] * 2
    assert await tell(db, feed, stories[2]) == [Change.NEW]
    assert await tell(db, feed, stories[3]) == [Change.NEW]
    for story in stories:
        assert await tell(db, feed, story) == [Change.SAME]


async def test_places_in_the_list_are_no_ids_also_where_links_are_new_each_time(db: Database) -> None:
    feed = await feed_of(db)
    for newest in range(4, 9):
        items = [
            Submission(
                title=f"Story {n}", url=f"https://go.example/{newest}-{n}", guid=str(newest - n), body=f"{n} {LONG}"
            )
            for n in range(newest, newest - 3, -1)
        ]
        await tell(db, feed, *items)
    titles = [article.title for article in await articles.announced_after(db, 0, 99)]
    assert sorted(titles) == [f"Story {n}" for n in range(2, 9)]


async def test_title_and_moment_tell_where_ids_and_links_are_new_each_time(db: Database) -> None:
    feed = await feed_of(db)
    moment = START - timedelta(hours=3, minutes=7)
    for number in range(3):
        item = Submission(
            title="A storm is coming",
            url=f"https://go.example/{number}",
            body=f"{number} {LONG[number * 50 :]}",
            published_at=moment,
        )
        await tell(db, feed, item)
    later = replace(item, url="https://go.example/9", body="Another day.", published_at=moment + timedelta(hours=1))
    assert await tell(db, feed, later) == [Change.NEW]
    assert await articles.last_announced_seq(db) == 2
