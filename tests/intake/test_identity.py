"""Which article an item of a feed is, whatever the feed does to ids, addresses, titles and texts."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.intake.submit import submit, submit_all
from bot.model import Change, Enclosure, Role, Submission, Submitted
from bot.store import articles, health, maintainers
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.intake.telling import FEED, LONG, STORY, feed_of, tell


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


@pytest.mark.parametrize(("are_links_new", "length"), [(False, 5), (True, 5), (True, 600)])
async def test_a_feed_whose_ids_all_change_pushes_what_is_new_alone_and_says_so_once(
    db: Database, are_links_new: bool, length: int
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
                guid=f"{version}-{each.guid}".ljust(length, "-"),
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


def told(number: int) -> str:
    return LONG.replace("word", "abcdefgh"[number] * 5)


async def test_stories_with_one_title_one_address_and_ids_that_are_days_are_told_by_their_texts(db: Database) -> None:
    feed = await feed_of(db)
    stories = [
        Submission(title="Daily briefing", url="https://example.org/", guid=f"2026-11-2{n // 4}", body=told(n))
        for n in range(8)
    ]
    for newest in range(2, 9):
        changes = await tell(db, feed, *stories[max(0, newest - 4) : newest])
        assert changes.count(Change.NEW) == (2 if newest == 2 else 1)
    assert len({article.text for article in await articles.announced_after(db, 0, 99)}) == 8


async def test_what_a_feed_says_of_a_page_that_it_spoke_of_before_is_another_story_if_it_does_so_often(
    db: Database,
) -> None:
    feed = await feed_of(db)
    quotes = [Submission(title=f"Quote {n}", url=f"https://elsewhere.example/{n // 2}", body=told(n)) for n in range(4)]
    assert await tell(db, feed, *quotes[:3]) == [Change.NEW] * 3
    assert await tell(db, feed, *quotes[:2], quotes[3]) == [Change.SAME, Change.SAME, Change.NEW]


@pytest.mark.parametrize("url", [None, "https://example.org/"])
@pytest.mark.parametrize("guids", [("", ""), ("a", "b"), ("all", "all")])
async def test_new_texts_under_titles_without_ids_that_tell_addresses_or_dates_are_no_news(
    db: Database, url: str | None, guids: tuple[str, str]
) -> None:
    feed = await feed_of(db)
    for poll, guid in enumerate(guids):
        items = [
            Submission(
                title=f"Bulletin of {place}",
                url=url,
                guid=guid and f"{guid} {place}" * (guid != "all"),
                body=told(poll),
            )
            for place in ("harbour", "island", "market")
        ]
        changes = await tell(db, feed, *items)
        assert (Change.NEW in changes) == (poll == 0)


@pytest.mark.parametrize("title", ["[Video] The ferry is late", "UPDATED: The ferry is late (again)"])
async def test_a_text_that_only_one_article_has_is_that_whatever_mark_its_title_has_and_whatever_its_id(
    db: Database, title: str
) -> None:
    feed = await feed_of(db)
    story = Submission(title="UPDATED: The ferry is late", url="https://example.org/", guid="1", body=told(0))
    await tell(db, feed, story, replace(story, title="Market day", guid="2", body=told(1)))
    marked = replace(story, title=title, guid="3")
    assert Change.NEW not in await tell(db, feed, marked, replace(story, title="Market day", guid="2", body=told(1)))


@pytest.mark.parametrize(("later", "change"), [(timedelta(), Change.CHANGED), (timedelta(hours=1), Change.NEW)])
async def test_a_text_and_its_moment_tell_where_title_id_and_link_are_all_new(
    db: Database, later: timedelta, change: Change
) -> None:
    at = START - timedelta(hours=5, seconds=7)
    story = Submission(title="The storm", url="https://go.example/a1", guid="r1", body=LONG, published_at=at)
    anew = replace(story, title="What we know so far", url="https://go.example/b2", guid="r2", published_at=at + later)
    assert await tell(db, FEED, story) == [Change.NEW]
    assert await tell(db, FEED, anew) == [change]


async def test_addresses_that_all_change_make_nothing_new_where_the_texts_are_short(
    db: Database, clock: HandClock
) -> None:
    feed = await feed_of(db)
    for form in ("", ".html"):
        items = [
            Submission(title=f"Story {n}", url=f"https://example.org/{form}{n}{form}", summary="Read more.")
            for n in range(3)
        ]
        assert (Change.NEW in await tell(db, feed, *items)) == (form == "")
        clock.move(hours=1)


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


async def test_an_id_that_two_items_share_makes_one_no_edit_of_the_other_before_it_was_seen_itself(
    db: Database,
) -> None:
    feed = await feed_of(db)
    first, second, third, fourth = (
        Submission(title=f"Story {n}", url=f"https://example.org/{n}", guid=f"pair {n // 2}") for n in range(4)
    )
    assert await tell(db, feed, first) == [Change.NEW]
    assert await tell(db, feed, second, third, fourth) == [Change.NEW] * 3


@pytest.mark.parametrize("title", ["Daily briefing", "Story {n}"])
async def test_ids_by_place_are_known_when_the_whole_list_is_another_one(db: Database, title: str) -> None:
    feed = await feed_of(db)
    items = [
        Submission(title=title.format(n=n), url=f"https://example.org/{n}", guid=str(n % 4), body=told(n))
        for n in range(8)
    ]
    assert await tell(db, feed, *items[:4]) == [Change.NEW] * 4
    assert await tell(db, feed, *items[4:]) == [Change.NEW] * 4
    assert await tell(db, feed, *items[4:]) == [Change.SAME] * 4


async def test_a_title_that_other_feeds_have_by_the_dozen_is_not_taken_for_one_articles_alone(db: Database) -> None:
    feed = await feed_of(db)
    briefings = [Submission(title="Daily briefing", body=told(n)) for n in range(4)]
    assert await tell(db, feed, *briefings[:3]) == [Change.NEW] * 3
    for number in range(19):
        other = await feed_of(db, f"other{number}")
        assert await tell(db, other, replace(briefings[0], body=f"{number} {LONG}")) == [Change.NEW]
    assert await tell(db, feed, briefings[3]) == [Change.NEW]


async def test_a_notice_without_id_address_or_date_is_one_post_that_is_kept_up_to_date(
    db: Database, clock: HandClock
) -> None:
    feed = await feed_of(db)
    assert await tell(db, feed, Submission(title="Weather", body=told(0))) == [Change.NEW]
    for number in range(1, 4):
        clock.move(days=1)
        assert await tell(db, feed, Submission(title="Weather", body=told(number))) == [Change.CHANGED]
    dated = Submission(title="Weather", body=told(4), published_at=clock() - timedelta(minutes=3))
    assert await tell(db, feed, dated) == [Change.NEW]
    assert await tell(db, feed, dated) == [Change.SAME]


async def test_notices_of_one_title_that_stand_together_are_news_by_their_texts(db: Database) -> None:
    feed = await feed_of(db)
    notices = [Submission(title="Weather", body=told(number)) for number in range(5)]
    assert await tell(db, feed, *notices[:2]) == [Change.NEW] * 2
    for number in range(2, 5):
        assert await tell(db, feed, *notices[number - 1 : number + 1]) == [Change.SAME, Change.NEW]
