"""The poller goes on while feeds are slow, keeps to what servers ask, and follows a feed to where it has moved."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import Poller, poll_due, poll_feed, spread
from bot.model import NoticeKind, Role
from bot.store import faults, feeds, maintainers
from bot.store.db import Database
from tests.clock import HandClock
from tests.faults import fill_disk, make_room
from tests.intake.site import Answer, Site, Writer, item, rss


@pytest.fixture
async def other() -> AsyncIterator[Site]:
    """A site on another host."""
    async with Site("127.0.0.2") as running:
        yield running


@pytest.fixture
async def poller(db: Database, fetcher: Fetcher, parsers: Parsers, clock: HandClock) -> AsyncIterator[Poller]:
    running = Poller(db, fetcher, parsers, clock, width=4)
    yield running
    await running.stop()


class Gate:
    """A page that answers once it is opened."""

    def __init__(self) -> None:
        self.asked = 0
        self.opened = asyncio.Event()

    def page(self) -> Writer:
        async def answer(writer: asyncio.StreamWriter) -> None:
            self.asked += 1
            await self.opened.wait()
            body = rss(item(1))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

        return answer


async def until_polled(db: Database, feed_id: int) -> None:
    async with asyncio.timeout(5):
        while (await feeds.get(db, feed_id)).polled_at is None:
            await asyncio.sleep(0.005)


async def poll_next(db: Database, fetcher: Fetcher, parsers: Parsers, clock: HandClock, feed_id: int) -> None:
    """The feed's next poll, when it is due."""
    clock.now = max(clock.now, (await feeds.get(db, feed_id)).next_check_at)
    await poll_due(db, fetcher, parsers, clock)


# Side by side -----------------------------------------------------------------------------------------------------


async def test_many_feeds_of_a_slow_host_hold_up_no_other_host(
    db: Database, poller: Poller, site: Site, other: Site
) -> None:
    gate = Gate()
    site.pages |= {f"/{number}": gate.page() for number in range(20)}
    other.pages["/feed"] = Answer(rss(item(1)))
    for number in range(20):
        await feeds.add(db, f"{site.url}/{number}")
    quick = await feeds.add(db, f"{other.url}/feed")
    await poller.look()
    await until_polled(db, quick.id)
    assert gate.asked == 2, "two of a host at once"
    gate.opened.set()
    counts = await poller.idle()
    assert (gate.asked, counts["fed"]) == (20, 21)


async def test_a_slow_feed_does_not_hold_up_those_that_become_due_later(
    db: Database, poller: Poller, site: Site, other: Site, clock: HandClock
) -> None:
    gate = Gate()
    site.pages["/slow"] = gate.page()
    other.pages["/late"] = Answer(rss(item(1)))
    slow = await feeds.add(db, f"{site.url}/slow")
    await poller.look()
    late = await feeds.add(db, f"{other.url}/late")
    clock.move(minutes=1)
    await poller.look()
    await until_polled(db, late.id)
    await poller.look()
    assert gate.asked == 1, "the same feed never twice at once"
    assert (await feeds.get(db, slow.id)).polled_at is None
    gate.opened.set()
    await poller.idle()
    assert (await feeds.get(db, slow.id)).polled_at == clock()


async def test_what_is_paused_or_removed_while_it_waits_is_not_polled(
    db: Database, fetcher: Fetcher, parsers: Parsers, clock: HandClock, site: Site
) -> None:
    poller, gate = Poller(db, fetcher, parsers, clock, width=1), Gate()
    site.pages["/0"] = gate.page()
    ids = [(await feeds.add(db, f"{site.url}/{number}")).id for number in range(4)]
    await poller.look()
    await feeds.set_paused(db, ids[1], True)
    await feeds.remove(db, ids[2])
    gate.opened.set()
    await poller.idle()
    assert [path for path, _ in site.requests] == ["/0", "/3"]


async def test_a_poller_that_is_stopped_ends_at_once_and_the_feed_stays_due(
    db: Database, poller: Poller, site: Site
) -> None:
    site.pages["/slow"] = Gate().page()
    slow = await feeds.add(db, f"{site.url}/slow")
    await poller.look()
    while not site.requests:
        await asyncio.sleep(0.005)
    async with asyncio.timeout(1):
        await poller.stop()
    assert await feeds.due(db, 10) == [(slow.id, slow.url)]
    assert (await feeds.get(db, slow.id)).failures == 0
    await poller.look()
    assert len(site.requests) == 1, "nothing more is begun"


async def test_a_feed_can_be_checked_now_and_what_is_under_way_is_waited_for(
    db: Database, poller: Poller, site: Site, clock: HandClock
) -> None:
    gate = Gate()
    site.pages["/feed"] = gate.page()
    feed = await feeds.add(db, f"{site.url}/feed")
    await poller.look()
    asked = asyncio.create_task(poller.check(feed.id))
    while not gate.asked:
        await asyncio.sleep(0.005)
    gate.opened.set()
    await asked
    assert (gate.asked, (await feeds.get(db, feed.id)).polled_at) == (1, clock())
    await poller.check(feed.id)
    assert gate.asked == 2
    await poller.check(404)


async def test_a_store_that_cannot_be_written_is_not_the_feeds_failure(
    db: Database, poller: Poller, site: Site, clock: HandClock
) -> None:
    site.pages["/feed"] = Answer(rss(item(1)))
    feed = await feeds.add(db, f"{site.url}/feed")
    await fill_disk(db)
    await poller.look()
    assert dict(await poller.idle()) == {}
    assert db.fault is not None
    await poller.look()
    await poller.idle()
    assert len(site.requests) == 1, "nothing is begun meanwhile"
    await make_room(db)
    assert await faults.probe(db) is None
    await poller.look()
    assert dict(await poller.idle()) == {"fed": 1, "new": 1}
    assert (await feeds.get(db, feed.id)).failures == 0


# What servers ask for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ({"Cache-Control": "public, max-age=7200"}, 120),
        ({"Cache-Control": "max-age=60"}, None),
        ({"Cache-Control": "no-cache, max-age=7200"}, None),
        ({"Cache-Control": "max-age=99999999"}, 24 * 60),
        ({"Date": "Tue, 24 Nov 2026 09:00:00 GMT", "Expires": "Tue, 24 Nov 2026 12:00:00 GMT"}, 180),
        ({"Date": "Tue, 24 Nov 2026 09:00:00 GMT", "Expires": "0"}, None),
        ({"Cache-Control": "max-age=nonsense"}, None),
    ],
)
async def test_a_feed_is_not_asked_sooner_than_its_server_wants_within_a_day(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock, said: dict[str, str],
    minutes: int | None,
) -> None:  # fmt: skip
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss(item(1)), headers=said)
    await poll_due(db, fetcher, parsers, clock)
    usual = timedelta(minutes=15) * spread(feed.id)
    wanted = usual if minutes is None else timedelta(minutes=minutes)
    assert abs((await feeds.get(db, feed.id)).next_check_at - clock() - wanted) < timedelta(seconds=1)


async def test_a_feed_has_its_own_interval_and_its_own_headers(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    await db.execute("""UPDATE feed SET every_ms = 7200000, headers = '{"X-Key": "abc"}'""")
    site.pages["/feed"] = Answer(rss(item(1)))
    await poll_due(db, fetcher, parsers, clock)
    wait = (await feeds.get(db, feed.id)).next_check_at - clock()
    assert wait / timedelta(hours=2) == pytest.approx(spread(feed.id), abs=0.001)
    assert site.requests[0][1]["x-key"] == "abc"


async def test_an_equal_document_is_not_read_again_though_the_server_says_nothing(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(rss(item(1)), headers={"ETag": '"1"'})
    assert await poll_due(db, fetcher, parsers, clock) == {"fed": 1, "new": 1}
    site.pages["/feed"] = Answer(rss(item(1)), headers={"ETag": '"2"'})
    assert await poll_feed(db, fetcher, parsers, clock, await feeds.get(db, feed.id)) == {"unchanged": 1}
    assert (await feeds.get(db, feed.id)).etag == '"2"'


async def test_a_server_that_says_unchanged_of_what_was_never_read_has_not_been_read(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = Answer(status=304)
    assert await poll_due(db, fetcher, parsers, clock) == {"failed": 1}
    assert (await feeds.get(db, feed.id)).polled_at is None


async def test_a_feed_that_is_gone_is_paused_and_its_maintainer_is_told(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    await maintainers.add(db, 5, Role.EDITOR)
    feed = await feeds.add(db, f"{site.url}/feed", "Old Mill", added_by=5)
    site.pages["/feed"] = Answer(status=410)
    for _ in range(2):
        await poll_feed(db, fetcher, parsers, clock, await feeds.get(db, feed.id))
    assert (await feeds.get(db, feed.id)).paused
    assert await feeds.due(db, 10) == []
    [notice] = await db.read("SELECT person_id, kind FROM notice")
    assert tuple(notice) == (5, NoticeKind.FEED_STOPPED)


# Moving -----------------------------------------------------------------------------------------------------------


def leads_to(url: str, status: int = 301) -> Answer:
    return Answer(status=status, headers={"Location": url})


async def test_a_feed_that_moved_has_its_new_address_after_three_polls(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, other: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages["/feed"] = leads_to(f"{other.url}/new", 308)
    other.pages["/new"] = Answer(rss(item(1)))
    seen = []
    for _ in range(4):
        await poll_next(db, fetcher, parsers, clock, feed.id)
        seen.append((await feeds.get(db, feed.id)).url)
    assert seen == [f"{site.url}/feed"] * 2 + [f"{other.url}/new"] * 2
    assert (len(site.requests), len(other.requests)) == (3, 4)
    [row] = await db.read("SELECT moved_to, moved_seen FROM feed WHERE id = :id", {"id": feed.id})
    assert tuple(row) == ("", 0)


async def test_only_three_times_in_a_row_to_one_address_is_a_move(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    site.pages |= {path: Answer(rss(item(1))) for path in ("/a", "/b")}
    here = Answer(rss(item(1)))
    to_a, to_b, broken = leads_to(f"{site.url}/a"), leads_to(f"{site.url}/b"), leads_to(f"{site.url}/nowhere")
    for answer in (to_a, to_a, here, to_a, to_a, to_b, to_a, to_a, broken):
        site.pages["/feed"] = answer
        await poll_next(db, fetcher, parsers, clock, feed.id)
        assert (await feeds.get(db, feed.id)).url == f"{site.url}/feed"
    for _ in range(5):
        site.pages["/feed"] = leads_to(f"{site.url}/a", 302)
        await poll_next(db, fetcher, parsers, clock, feed.id)
    assert (await feeds.get(db, feed.id)).url == f"{site.url}/feed"


async def test_a_feed_that_moved_to_where_another_is_read_stays_and_moves_when_that_is_removed(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock
) -> None:
    old = await feeds.add(db, f"{site.url}/old")
    new = await feeds.add(db, f"{site.url}/new")
    site.pages |= {"/old": leads_to(f"{site.url}/new"), "/new": Answer(rss(item(1)))}
    for _ in range(4):
        await poll_next(db, fetcher, parsers, clock, old.id)
    assert [feed.url for feed in await feeds.list(db)] == [old.url, new.url]
    await feeds.remove(db, new.id)
    await poll_next(db, fetcher, parsers, clock, old.id)
    assert [feed.url for feed in await feeds.list(db)] == [new.url]


async def test_a_feed_with_headers_of_its_own_does_not_carry_them_to_another_origin(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, other: Site, clock: HandClock
) -> None:
    feed = await feeds.add(db, f"{site.url}/feed")
    await db.execute("""UPDATE feed SET headers = '{"X-Key": "abc"}'""")
    other.pages["/new"] = Answer(rss(item(1)))
    site.pages["/feed"] = leads_to(f"{other.url}/new")
    for _ in range(5):
        await poll_next(db, fetcher, parsers, clock, feed.id)
    assert (await feeds.get(db, feed.id)).url == feed.url
    assert not any("x-key" in headers for _, headers in other.requests)
    site.pages |= {"/feed": leads_to(f"{site.url}/here"), "/here": Answer(rss(item(1)))}
    for _ in range(3):
        await poll_next(db, fetcher, parsers, clock, feed.id)
    assert (await feeds.get(db, feed.id)).url == f"{site.url}/here"
