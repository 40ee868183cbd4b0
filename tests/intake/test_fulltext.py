"""Feeds with teasers: the pages that their entries link to are read, each once, and articles stay what they are."""

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import poll_due
from bot.model import Article
from bot.store import articles, feeds
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.site import Answer, Site, rss

HTML = {"Content-Type": "text/html"}
STORY = "The old crane was taken down on Monday, after ninety years, and sold for scrap. " * 12


def page(title: str = "The crane goes", text: str = STORY) -> Answer:
    body = (
        f"<!doctype html><html lang='en'><head><title>{title} | Harbour News</title></head><body>"
        f"<nav><a href='/'>Home</a></nav><article><h1>{title}</h1><p>{text}</p><p>{text}</p></article></body></html>"
    )
    return Answer(body.encode(), headers=HTML)


def entry(site: Site, number: int = 1, *, guid: str = "", title: str = "The crane goes", text: str = "It goes.") -> str:
    return (
        f"<title>{title}</title><link>{site.url}/story/{number}</link><guid isPermaLink='false'>"
        f"{guid or f'story-{number}'}</guid><description>{text}</description>"
    )


async def follow(db: Database, site: Site, *, full_text: bool = True) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    await db.execute("UPDATE feed SET full_text = :on, polled_at = 1 WHERE id = :id", {"on": full_text, "id": feed.id})


async def poll(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: HandClock, *, minutes: int = 20
) -> dict[str, int]:
    clock.move(minutes=minutes)
    return dict(await poll_due(db, fetcher, parsers, clock))


async def only(db: Database) -> Article:
    [article] = await articles.announced_after(db, 0, 10)
    return article


def fetched(site: Site, path: str = "/story/1") -> int:
    return sum(1 for asked, _headers in site.requests if asked == path)


async def test_a_teaser_gets_the_text_of_its_page_and_stays_what_the_post_shows(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages |= {"/feed": Answer(rss(entry(site))), "/story/1": page()}
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "new": 1}
    article = await only(db)
    assert "ninety years" in article.text
    assert "Home" not in article.text
    assert (article.title, article.summary, article.language) == ("The crane goes", "It goes.", "en")


async def test_without_the_setting_no_page_is_fetched(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site, full_text=False)
    site.pages |= {"/feed": Answer(rss(entry(site))), "/story/1": page()}
    await poll(db, fetcher, parsers, clock)
    assert (fetched(site), (await only(db)).text) == (0, "It goes.")


async def test_a_known_entry_is_neither_fetched_nor_changed_again(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages["/story/1"] = page()
    for number in range(4):  # the document changes each time, the entry does not; its address carries a session
        text = rss(entry(site).replace("/story/1<", f"/story/1?sid={number}<"), title=f"News {number}")
        site.pages |= {"/feed": Answer(text), f"/story/1?sid={number}": page(text=STORY + str(number))}
        await poll(db, fetcher, parsers, clock)
    assert sum("/story/1" in path for path, _headers in site.requests) == 1
    assert (await only(db)).revision == 1


async def test_an_entry_whose_guid_changes_at_each_poll_is_read_once(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages["/story/1"] = page()
    for number in range(3):
        site.pages["/feed"] = Answer(rss(entry(site, guid=f"random-{number}")))
        await poll(db, fetcher, parsers, clock)
    assert fetched(site) == 1


async def test_an_id_that_goes_from_entry_to_entry_gives_none_the_page_of_another(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    bridge = "The new bridge was opened by the mayor on Tuesday, and four thousand people crossed it. " * 12
    site.pages |= {"/story/1": page(), "/story/2": page("The bridge opens", bridge)}
    older = entry(site, guid="1")
    site.pages["/feed"] = Answer(rss(older))
    await poll(db, fetcher, parsers, clock)
    newer = entry(site, 2, guid="1", title="The bridge opens", text="It opens.")
    site.pages["/feed"] = Answer(rss(newer, older.replace(">1<", ">2<")))
    await poll(db, fetcher, parsers, clock)
    texts = {article.title: article.text for article in await articles.announced_after(db, 0, 10)}
    assert {title: ("crane" in text, "mayor" in text) for title, text in texts.items()} == {
        "The crane goes": (True, False),
        "The bridge opens": (False, True),
    }


async def test_a_changed_entry_is_read_again_but_not_at_each_poll(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages |= {"/feed": Answer(rss(entry(site))), "/story/1": page()}
    await poll(db, fetcher, parsers, clock)
    site.pages |= {"/feed": Answer(rss(entry(site, text="1 comment"))), "/story/1": page(text=STORY + "Updated.")}
    await poll(db, fetcher, parsers, clock)
    assert fetched(site) == 1
    site.pages["/feed"] = Answer(rss(entry(site, text="2 comments")))
    await poll(db, fetcher, parsers, clock, minutes=61)
    assert fetched(site) == 2
    assert "Updated." in (await only(db)).text


async def test_what_fails_keeps_its_teaser_and_is_tried_three_times(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    for number in range(5):
        site.pages["/feed"] = Answer(rss(entry(site), title=f"News {number}"))
        await poll(db, fetcher, parsers, clock)
    assert (fetched(site), (await only(db)).text) == (3, "It goes.")


async def test_a_page_that_breaks_its_reader_is_logged_without_what_may_be_secret_in_its_address(
    db: Database,
    fetcher: Fetcher,
    parsers: Parsers,
    site: Site,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_given: object, **_options: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(parsers, "page", broken)
    await follow(db, site)
    secret = entry(site).replace("/story/1", "/story/1?token=hunter2")
    site.pages |= {"/feed": Answer(rss(secret)), "/story/1?token=hunter2": page()}
    await poll(db, fetcher, parsers, clock)
    assert (await only(db)).text == "It goes."
    assert f"linked page not read: url={site.url}/story/1?… error=RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_page_that_is_back_gives_its_text_at_the_next_try(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages["/feed"] = Answer(rss(entry(site)))
    await poll(db, fetcher, parsers, clock)
    site.pages |= {"/feed": Answer(rss(entry(site), title="News")), "/story/1": page()}
    await poll(db, fetcher, parsers, clock)
    assert "ninety years" in (await only(db)).text


async def test_a_page_is_tried_again_though_the_feed_stays_the_same_and_then_no_more(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    site.pages |= {"/feed": Answer(rss(entry(site)), headers={"ETag": '"1"'}), "/story/1": Answer(b"", status=503)}
    await poll(db, fetcher, parsers, clock)
    site.pages["/story/1"] = page()
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "changed": 1}
    assert await poll(db, fetcher, parsers, clock) == {"unchanged": 1}
    assert "ninety years" in (await only(db)).text


async def test_a_page_that_says_no_more_or_something_else_leaves_the_entry_as_it_is(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    wall = "Before you continue, we ask for your consent to keep cookies on your device. " * 20
    await follow(db, site)
    site.pages |= {
        "/feed": Answer(
            rss(entry(site, 1, text=STORY), entry(site, 2, title="Ferry late"), entry(site, 3, title="Gone"))
        ),
        "/story/1": page(text=STORY[:200]),
        "/story/2": page(title="Your choices", text=wall),
        "/story/3": Answer(status=302, headers={"Location": "/"}),
        "/": page(title="Gone and other news"),
    }
    await poll(db, fetcher, parsers, clock)
    texts = {article.title: article.text for article in await articles.announced_after(db, 0, 10)}
    assert texts == {"The crane goes": STORY.strip(), "Ferry late": "It goes.", "Gone": "It goes."}


async def test_entries_that_all_link_to_one_page_are_left_alone(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    both = [entry(site, 1), entry(site, 2, title="Ferry late").replace("/story/2", "/story/1")]
    site.pages |= {"/feed": Answer(rss(*both)), "/story/1": page()}
    await poll(db, fetcher, parsers, clock)
    assert fetched(site) == 0


async def test_a_feed_of_many_entries_reads_the_newest_pages_first(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await follow(db, site)
    for number in range(60):
        site.pages[f"/story/{number}"] = page(title=f"Story {number}")
    site.pages["/feed"] = Answer(rss(*(entry(site, number, title=f"Story {number}") for number in range(60))))
    await poll(db, fetcher, parsers, clock)
    read = {path for path, _headers in site.requests if path != "/feed"}
    assert read == {f"/story/{number}" for number in range(40)}
