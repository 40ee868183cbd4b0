"""Feeds are polled: what is new goes out once, and no feed delays or spoils another."""

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import back_off, in_order, poll_due, poll_feed, spread
from bot.model import Submission
from bot.store import articles, feeds
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.intake.site import Answer, Site, item, rss


async def announced(db: Database) -> list[str]:
    return [article.title for article in await articles.announced_after(db, 0, 100)]


async def poll(db: Database, fetcher: Fetcher, parsers: Parsers, clock: HandClock) -> dict[str, int]:
    clock.move(minutes=16)
    return dict(await poll_due(db, fetcher, parsers, clock))


async def test_the_first_poll_stores_and_announces_nothing_later_ones_announce_what_is_new(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed", tags=("harbour",))
    site.pages["/feed"] = Answer(rss(item(2), item(1)))
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "new": 2}
    assert await announced(db) == []
    site.pages["/feed"] = Answer(rss(item(4), item(3), item(2), item(1)))
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "new": 2}
    assert await announced(db) == ["Story 3", "Story 4"]
    assert await poll(db, fetcher, parsers, clock) == {"unchanged": 1}
    assert await announced(db) == ["Story 3", "Story 4"]
    assert (await feeds.get(db, feed.id)).title == "Harbour News"
    assert (await articles.announced_after(db, 0, 1))[0].tags == ("harbour",)


async def test_what_was_gone_and_comes_back_is_not_new(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    for body in (rss(item(1)), rss(), rss(item(2), item(1)), rss(), rss(item(2), item(1))):
        site.pages["/feed"] = Answer(body)
        await poll(db, fetcher, parsers, clock)
    assert await announced(db) == ["Story 2"]
    assert await articles.count(db) == 2


async def test_a_changed_entry_is_a_revision_and_not_announced_again(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss())
    await poll(db, fetcher, parsers, clock)
    for title in ("Storm", "Storm passes"):
        site.pages["/feed"] = Answer(rss(item(1, title=title)))
        await poll(db, fetcher, parsers, clock)
    (article,) = await articles.announced_after(db, 0, 10)
    assert (article.title, article.revision) == ("Storm passes", 2)


async def test_an_unchanged_feed_is_not_sent_again(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(
        rss(item(1)), headers={"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 09:00:00 GMT"}
    )
    await poll(db, fetcher, parsers, clock)
    site.pages["/feed"] = Answer(status=304)
    assert await poll(db, fetcher, parsers, clock) == {"unchanged": 1}
    assert await poll(db, fetcher, parsers, clock) == {"unchanged": 1}
    assert [headers.get("if-none-match") for _path, headers in site.requests] == [None, '"1"', '"1"']
    wait = (await feeds.get(db, feed.id)).next_check_at - clock()
    assert wait / timedelta(minutes=15) == pytest.approx(spread(feed.id), abs=0.001)


async def test_a_failing_feed_backs_off_keeps_its_error_and_recovers(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    waits = []
    for _failure in range(3):
        await poll_due(db, fetcher, parsers, clock)
        failing = await feeds.get(db, feed.id)
        waits.append((failing.next_check_at - clock()) / timedelta(minutes=1))
        clock.now = failing.next_check_at
    assert waits == pytest.approx([minutes * spread(feed.id) for minutes in (15, 30, 60)], abs=0.001)
    assert (failing.failures, "answered 404" in failing.last_error) == (3, True)
    site.pages["/feed"] = Answer(b"<html>moved in</html>")
    await poll_due(db, fetcher, parsers, clock)
    assert "is a web page" in (await feeds.get(db, feed.id)).last_error
    site.pages["/feed"] = Answer(rss(item(1)))
    clock.move(hours=24)
    await poll_due(db, fetcher, parsers, clock)
    well = await feeds.get(db, feed.id)
    assert (well.failures, well.last_error) == (0, "")
    assert await announced(db) == []  # it was its first poll that went well


@pytest.mark.parametrize(("failures", "hours"), [(0, 0.25), (1, 0.5), (6, 16)])
def test_back_off_doubles(failures: int, hours: float) -> None:
    assert back_off(failures, 1) == timedelta(hours=hours) * spread(1)


@pytest.mark.parametrize("failures", [7, 8, 10, 5000])
def test_back_off_ends_at_a_day(failures: int) -> None:
    assert timedelta(hours=21) < back_off(failures, 1) <= back_off(failures, 5) <= timedelta(hours=24)


def test_feeds_that_were_due_together_part_by_a_tenth_at_most() -> None:
    each = sorted(spread(feed_id) for feed_id in range(1, 1001))
    assert (each[0], each[-1]) == pytest.approx((0.9, 1.1), abs=0.001)
    assert max(later - sooner for sooner, later in pairwise(each)) < 0.0005


async def test_a_server_that_asks_for_quiet_gets_it_and_one_that_is_gone_is_left_alone(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    busy = await feeds.add(db, f"{site.url}/busy")
    gone = await feeds.add(db, f"{site.url}/gone")
    site.pages["/busy"] = Answer(status=503, headers={"Retry-After": "7200"})
    site.pages["/gone"] = Answer(status=410)
    await poll_due(db, fetcher, parsers, clock)
    assert (await feeds.get(db, busy.id)).next_check_at == clock() + timedelta(hours=2)
    assert (await feeds.get(db, gone.id)).paused


async def test_one_slow_feed_delays_no_other(db: Database, parsers: Parsers, site: Site, clock: HandClock) -> None:
    fed_at: dict[str, float] = {}
    started = time.perf_counter()

    async def silence(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def quick(writer: asyncio.StreamWriter) -> None:
        body = rss(item(1))
        fed_at["quick"] = time.perf_counter() - started
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    site.pages |= {"/slow": silence, "/quick": quick}
    slow = await feeds.add(db, f"{site.url}/slow")
    await feeds.add(db, f"{site.url}/quick")
    async with Fetcher(allow_private=True, deadline=timedelta(seconds=1.5)) as fetcher:
        counts = await poll_due(db, fetcher, parsers, clock)
    assert dict(counts) == {"failed": 1, "fed": 1, "new": 1}
    assert fed_at["quick"] < 1
    assert "within" in (await feeds.get(db, slow.id)).last_error


async def test_a_bad_entry_stops_no_other(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss(item(1), "<title></title>", item(2)))
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "new": 2, "refused": 1}


async def test_feeds_with_odd_guids_repeat_nothing(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    for number in range(4):
        churning = item(1).replace("story-1", f"random-{number}")
        moving = item(2).replace("/2<", f"/2?utm_source={number}&amp;sid={number}<").replace("story-2", f"x{number}")
        without = item(3).replace("<guid>story-3</guid>", "")
        site.pages["/feed"] = Answer(rss(churning, moving, without))
        await poll(db, fetcher, parsers, clock)
    assert await announced(db) == []
    assert await articles.count(db) == 3


@pytest.mark.parametrize("body", [b"", b"  ", b"<html><body>Under construction</body></html>", b"<rss/>", rss()])
async def test_a_document_that_is_suddenly_none_or_empty_deletes_nothing_and_repeats_nothing(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock, body: bytes
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    for document in (rss(), rss(item(2), item(1)), body, rss(item(2), item(1)), body, rss(item(3), item(2))):
        site.pages["/feed"] = Answer(document)
        clock.now = (await feeds.get(db, feed.id)).next_check_at
        await poll_due(db, fetcher, parsers, clock)
    assert await announced(db) == ["Story 1", "Story 2", "Story 3"]
    assert await articles.count(db) == 3


async def test_the_newest_of_the_first_poll_go_out_in_order_when_the_maintainer_said_so(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    await db.execute("UPDATE feed SET announce_first = 2")
    dated = [item(number) + f"<pubDate>Mon, 0{number} Nov 2026 10:00:00 GMT</pubDate>" for number in (2, 4, 1, 3)]
    site.pages["/feed"] = Answer(rss(*dated))
    assert await poll(db, fetcher, parsers, clock) == {"fed": 1, "new": 4}
    assert await announced(db) == ["Story 3", "Story 4"]
    assert (await feeds.get(db, feed.id)).announce_first == 0, "so a restored store does not announce them again"


async def test_a_first_poll_that_was_interrupted_still_announces_the_newest_once(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss(item(3), item(2), item(1)))
    await poll(db, fetcher, parsers, clock)
    for _ in range(2):  # as if it had ended before it was noted down
        await db.execute("UPDATE feed SET polled_at = NULL, body_hash = '', announce_first = 2")
        await poll_feed(db, fetcher, parsers, clock, await feeds.get(db, feed.id))
    assert await announced(db) == ["Story 2", "Story 3"]


async def test_more_may_be_asked_for_than_there_is(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    await db.execute("UPDATE feed SET announce_first = 20")
    site.pages["/feed"] = Answer(rss(item(2), item(1)))
    await poll(db, fetcher, parsers, clock)
    assert await announced(db) == ["Story 1", "Story 2"]


def test_what_is_dated_goes_by_its_date_and_what_is_not_from_the_last_to_the_first() -> None:
    def dated(*days: int | None) -> list[Submission]:
        return [
            Submission(title=str(number), published_at=None if day is None else START + timedelta(days=day))
            for number, day in enumerate(days)
        ]

    def titles(*days: int | None) -> str:
        return "".join(submission.title for submission in in_order(dated(*days), START))

    assert titles(-1, -3, -2) == "120"
    assert titles(-1, None, -3) == "210"
    assert titles(-1, -1, -1) == "210"
    assert titles(400, -1, 0, 9000) == "1320", "dates to come are as good as now"


async def test_a_feed_just_added_can_be_polled_at_once(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    site.pages["/feed"] = Answer(rss(item(1)))
    feed = await feeds.add(db, f"{site.url}/feed")
    assert dict(await poll_feed(db, fetcher, parsers, clock, feed)) == {"fed": 1, "new": 1}
    assert await feeds.due(db, 10) == []


async def test_items_that_share_a_guid_or_an_address_are_told_apart_and_stay_as_they_are(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss())
    await poll(db, fetcher, parsers, clock)
    shared = [item(number).replace(f"story-{number}", "the-guid") for number in (1, 2)]
    home = [f"<title>Note {number}</title><link>https://example.org/</link>" for number in (1, 2)]
    site.pages["/feed"] = Answer(rss(*shared, *home, home[0]))
    for _poll in range(3):
        await poll(db, fetcher, parsers, clock)
    assert sorted(await announced(db)) == ["Note 1", "Note 2", "Story 1", "Story 2"]
    assert {article.revision for article in await articles.announced_after(db, 0, 10)} == {1}


async def test_a_guid_that_is_shared_from_now_on_repeats_nothing(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await feeds.add(db, f"{site.url}/feed")
    first, second = (item(number).replace(f"story-{number}", "the-guid") for number in (1, 2))
    for body in (rss(), rss(first), rss(second, first), rss(second)):
        site.pages["/feed"] = Answer(body)
        await poll(db, fetcher, parsers, clock)
    assert await announced(db) == ["Story 1", "Story 2"]
