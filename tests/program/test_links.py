"""/add of a link: the page is shown as an article, mended and published; the feeds of a page are offered."""

from collections.abc import AsyncIterator

import pytest

from bot.model import Role
from bot.sandbox.nouns import Message
from bot.store import feeds
from tests.intake.site import Answer, Site, item, rss
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts

TEXT = "The old crane was taken down on Monday, after ninety years, and sold for scrap. "
PAGE = f"""<!doctype html><html lang="en"><head><title>The crane goes | Harbour News</title>
<meta name="description" content="Ninety years are enough.">
<link rel="alternate" type="application/rss+xml" href="/news.xml"></head>
<body><nav><a href="/">Home</a></nav><article><h1>The crane goes</h1><p>{TEXT * 5}</p><p>{TEXT * 5}</p></article>
</body></html>"""
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as running:
        running.pages |= {
            "/crane": Answer(PAGE.encode(), headers=HTML),
            "/news.xml": Answer(rss(item(3), item(2), item(1))),
        }
        yield running


def last(program: Program, person_id: int) -> Message:
    return program.from_bot(person_id)[-1]


async def reply(program: Program, asked: Message, text: str) -> Message:
    return await program.ask(program.scene.owen, text, reply_to=asked.id)


async def test_a_link_is_previewed_mended_published_and_arrives(program: Program, site: Site) -> None:
    await connect(program)
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, f"/add {site.url}/crane")
    assert (preview.text or "").startswith("The crane goes\n\nNinety years are enough.")
    await program.tap(owen, preview, "Change title")
    preview = await reply(program, last(program, owen.id), "Farewell\nto the crane")
    assert (preview.text or "").startswith("Farewell to the crane\n\nNinety years are enough.")
    await program.tap(owen, preview, "Change summary")
    preview = await reply(program, last(program, owen.id), "It was <old> & loved.")
    assert "It was <old> & loved." in (preview.text or "")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    await program.tap(owen, preview, "Publish")
    await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert "Farewell to the crane\n\nIt was <old> & loved." in post
    found = await program.ask(owen, "/search scrap")
    assert "Farewell to the crane" in (found.text or "")


async def test_what_was_asked_for_can_be_left_and_comes_too_late_once_it_is_published(
    program: Program, site: Site
) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, f"/add {site.url}/crane")
    await program.tap(owen, preview, "Change title")
    question = last(program, owen.id)
    await program.tap(owen, preview, "Change title")
    await program.tap(owen, last(program, owen.id), "Leave it")
    assert (last(program, owen.id).text or "").startswith("The crane goes\n\n")
    await program.tap(owen, preview, "Publish")
    answer = await reply(program, question, "Too late")
    assert "published or discarded" in (answer.text or "")
    assert "Too late" not in ((await program.ask(owen, "/latest")).text or "")


async def test_who_is_no_longer_a_maintainer_mends_nothing(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen, Role.EDITOR)
    preview = await program.ask(owen, f"/add {site.url}/crane")
    await program.tap(owen, preview, "Change title")
    question = last(program, owen.id)
    await program.app.db.execute("DELETE FROM maintainer")
    assert "maintainer" in ((await reply(program, question, "Mine")).text or "")
    refused = await program.tap(owen, preview, "Change summary")
    assert "maintainer" in (refused.text or "")
    assert [row["title"] for row in await program.app.db.read("SELECT title FROM article")] == ["The crane goes"]


async def test_a_reply_to_anything_else_is_a_search(program: Program) -> None:
    owen = program.scene.owen
    await program.publish("Tea")
    answer = await reply(program, await program.ask(owen, "/help"), "tea")
    assert "Tea" in (answer.text or "")


@pytest.mark.parametrize("begin", ["Follow", "1"])
async def test_a_page_that_announces_a_feed_leads_to_an_offer_and_its_first_poll_is_as_chosen(
    program: Program, site: Site, begin: str
) -> None:
    await connect(program)
    owen = program.scene.owen
    await program.make_maintainer(owen)
    offer = await program.ask(owen, f"/feeds add {site.url}/crane")
    assert "Harbour News is a feed" in (offer.text or "")
    assert "3 articles at present\n• Story 3\n• Story 2\n• Story 1" in (offer.text or "")
    assert await feeds.list(program.app.db) == []
    await program.tap(owen, offer, begin)
    [feed] = await feeds.list(program.app.db)
    assert (feed.url, feed.announce_first) == (f"{site.url}/news.xml", 0 if begin == "Follow" else 1)


async def test_the_preview_of_a_page_leads_to_its_feed(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, f"/add {site.url}/crane")
    await program.tap(owen, preview, "Follow its feed")
    assert "Harbour News is a feed" in (last(program, owen.id).text or "")


async def test_of_several_feeds_one_is_chosen(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    head = '<link rel="alternate" type="application/atom+xml" href="/sport"></head>'
    site.pages["/crane"] = Answer(PAGE.replace("</head>", head).encode(), headers=HTML)
    site.pages["/sport"] = Answer(rss(item(8), title="Harbour Sport"))
    offers = await program.ask(owen, f"/feeds add {site.url}/crane")
    assert "leads to 2 feeds" in (offers.text or "")
    await program.tap(owen, offers, "Harbour Sport")
    await program.tap(owen, last(program, owen.id), "Follow")
    assert [feed.url for feed in await feeds.list(program.app.db)] == [f"{site.url}/sport"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}), "There is a file"),
        (Answer(b"\x89PNG\r\n", headers={"Content-Type": "text/html"}), "There is a file"),
        (Answer(b"<html><title>Sign in</title><form><input type='password'></form>", headers=HTML), "asks to log in"),
        (Answer(b"<html></html>", headers=HTML), "cannot be read"),
        (Answer(status=404), "does not give the page out"),
    ],
)
async def test_what_shows_no_article_is_refused_with_a_sentence(
    program: Program, site: Site, answer: Answer, sentence: str
) -> None:
    await program.make_maintainer(program.scene.owen)
    site.pages["/x"] = answer
    said = await program.ask(program.scene.owen, f"/add {site.url}/x")
    assert sentence in (said.text or "")
    assert await program.app.db.read("SELECT id FROM article") == []
