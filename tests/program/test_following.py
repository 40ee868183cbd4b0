"""A feed on a real server: offered, followed, read without announcing, then announced as it grows; a page added."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.nouns import Message
from tests.intake.site import Answer, Site, item, rss
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as running:
        running.pages["/feed"] = feed(1, 2, 3)
        running.pages["/page"] = Answer(
            b"<!doctype html><html><head><title>Ferry at midnight</title></head><body><article>"
            b"<h1>Ferry at midnight</h1>"
            + b"<p>The late ferry is back, and it runs every night.</p>" * 9
            + b"</article>",
            headers={"Content-Type": "text/html; charset=utf-8"},
        )
        yield running


def feed(*numbers: int) -> Answer:
    return Answer(rss(*[item(number) for number in numbers]), headers={"Content-Type": "application/rss+xml"})


async def follow(program: Program, site: Site, command: str = "/feeds add") -> Message:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    offer = await program.ask(owen, f"{command} {site.url}/feed")
    assert "Harbour News" in (offer.text or "")
    assert "3 articles" in (offer.text or "")
    assert await program.app.db.read("SELECT id FROM feed") == []
    await program.tap(owen, offer, "Follow")
    return offer


@pytest.mark.parametrize("command", ["/feeds add", "/add"])
async def test_a_followed_feed_is_read_without_announcing_and_what_is_new_is_pushed_once(
    program: Program, site: Site, command: str
) -> None:
    await connect(program)
    await follow(program, site, command)
    await program.run_jobs()
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    latest = await program.ask(program.scene.rosa, "/latest")
    assert all(f"Story {number}" in (latest.text or "") for number in (1, 2, 3))

    site.pages["/feed"] = feed(4, 1, 2, 3)
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []  # it is not its time yet
    for _ in range(3):
        program.clock.move(minutes=16)
        await program.run_jobs()
    [post] = posts(program, program.scene.channel)
    assert "Story 4" in post
    assert len(site.requests) == 5  # the look before the offer, the first poll, and one each interval


async def test_feeds_lists_a_followed_feed_by_its_title(program: Program, site: Site) -> None:
    await follow(program, site)
    await program.run_jobs()
    listed = await program.ask(program.scene.owen, "/feeds")
    assert "Harbour News" in (listed.text or "")
    assert "Fine" in (listed.text or "")


async def test_following_twice_follows_once(program: Program, site: Site) -> None:
    await follow(program, site)
    again = await program.ask(program.scene.owen, f"/feeds add {site.url}/feed")
    await program.tap(program.scene.owen, again, "Follow")
    assert "already" in (again.text or "")
    assert len(await program.app.db.read("SELECT id FROM feed")) == 1


async def test_a_feed_that_is_not_wanted_is_not_followed(program: Program, site: Site) -> None:
    await program.make_maintainer(program.scene.owen)
    offer = await program.ask(program.scene.owen, f"/feeds add {site.url}/feed")
    await program.tap(program.scene.owen, offer, "Not now")
    await program.run_jobs()
    assert await program.app.db.read("SELECT id FROM feed") == []
    assert len(site.requests) == 1


async def test_a_feed_that_goes_away_is_listed_as_failing(program: Program, site: Site) -> None:
    await follow(program, site)
    await program.run_jobs()
    del site.pages["/feed"]
    program.clock.move(minutes=16)
    await program.run_jobs()
    listed = await program.ask(program.scene.owen, "/feeds")
    assert "Failed 1 time" in (listed.text or "")


async def test_a_feed_that_fails_for_a_day_is_told_of_once_and_once_when_it_is_back(
    program: Program, site: Site
) -> None:
    owen = program.scene.owen
    await program.start(owen)
    await follow(program, site)
    await program.run_jobs()
    before = len(program.from_bot(owen.id))
    served = site.pages.pop("/feed")

    async def pass_hours(hours: int) -> list[Message]:
        for _ in range(4 * hours):
            program.clock.move(minutes=15)
            await program.run_jobs()
        return program.from_bot(owen.id)[before:]

    assert await pass_hours(23) == []
    [told] = await pass_hours(30)
    assert "not been able to read the feed Harbour News for a day" in (told.text or "")
    assert "The site answers, but does not give the page out." in (told.text or "")
    assert program.labels(told) == ["Check now", "Pause", "All feeds"]

    await program.tap(owen, told, "Check now")
    assert "in a row" in (told.text or "")
    site.pages["/feed"] = served
    await program.tap(owen, told, "Check now")
    assert "Fine" in (told.text or "")
    _, back = await pass_hours(2)
    assert "The feed Harbour News can be read again." in (back.text or "")


async def test_a_failing_feed_can_be_paused_and_resumed_where_it_is_told_of(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.start(owen)
    await follow(program, site)
    site.pages["/feed"] = Answer(status=410)
    for _ in range(2):
        await program.run_jobs()
    told = program.from_bot(owen.id)[-1]
    assert "gone for good" in (told.text or "")
    site.pages["/feed"] = feed(1, 2, 3)
    await program.tap(owen, told, "Resume")
    await program.run_jobs()
    await program.tap(owen, told, "Check now")
    assert "Fine" in (told.text or "")
    await program.tap(owen, told, "Pause")
    assert "Paused" in (told.text or "")
    asked = len(site.requests)
    program.clock.move(days=2)
    await program.run_jobs()
    assert len(site.requests) == asked


async def test_a_poll_under_way_does_not_keep_the_bot_from_stopping_and_is_made_again(
    program: Program, site: Site
) -> None:
    await follow(program, site)
    served, asked = site.pages["/feed"], len(site.requests)

    async def silence(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    site.pages["/feed"] = silence
    [job] = [job for job in program.app.jobs if job.name == "feeds"]
    await job.run()
    async with asyncio.timeout(10):
        while len(site.requests) == asked:
            await asyncio.sleep(0.01)
        await program.stop_bot()
    site.pages["/feed"] = served
    await program.start_bot()
    await program.run_jobs()
    listed = await program.ask(program.scene.owen, "/feeds")
    assert "Fine" in (listed.text or "")


async def test_who_is_no_maintainer_any_more_pauses_no_feed(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.start(owen)
    await follow(program, site)
    site.pages["/feed"] = Answer(status=410)
    for _ in range(2):
        await program.run_jobs()
    told = program.from_bot(owen.id)[-1]
    await program.app.db.execute("DELETE FROM maintainer")
    await program.tap(owen, told, "Resume")
    assert (await program.app.db.read("SELECT paused FROM feed"))[0]["paused"] == 1


async def test_a_link_to_a_page_is_previewed_with_its_title_and_published(program: Program, site: Site) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen)
    preview = await program.ask(owen, f"/add {site.url}/page")
    assert "Ferry at midnight" in (preview.text or "")
    assert "Ferry at midnight" not in ((await program.ask(owen, "/latest")).text or "")
    await program.tap(owen, preview, "Publish")
    assert "Ferry at midnight" in ((await program.ask(owen, "/latest")).text or "")


async def test_a_page_is_no_feed_to_follow(program: Program, site: Site) -> None:
    await program.make_maintainer(program.scene.owen)
    answer = await program.ask(program.scene.owen, f"/feeds add {site.url}/page")
    assert "no feed" in (answer.text or "")
