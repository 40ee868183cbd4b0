"""A feed's maintainers are told once that it has failed for a day, and once that it is back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.model import ChatKind, Maintainer, Role
from bot.store import chats, feeds, health, maintainers, notices, stats
from bot.store.db import Database
from tests.clock import HandClock
from tests.store.samples import add_chat

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def people(db: Database) -> None:
    for person_id, role in ((1, Role.OWNER), (2, Role.OWNER), (5, Role.EDITOR), (6, Role.CONTRIBUTOR)):
        await maintainers.add(db, person_id, role)
        await add_chat(db, person_id, ChatKind.PRIVATE)
        await chats.mark_started(db, person_id)


async def told(db: Database) -> list[tuple[int, str, Any]]:
    """Who was told what since this was asked last."""
    due = await notices.due(db, 100)
    for notice in due:
        await notices.mark_sent(db, notice.id)
    return [(notice.person_id, str(notice.kind), notice.data.get("title", notice.data.get("count"))) for notice in due]


async def well(db: Database, feed_id: int, next_check_at: datetime) -> None:
    await feeds.polled(db, feed_id, etag="", last_modified="", title="", next_check_at=next_check_at)


async def test_a_feed_is_told_of_once_after_a_day_and_once_when_it_is_back(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, "https://example.org/", "Old Mill", added_by=5)
    seen = []
    for hour in range(60):
        await feeds.failed(db, feed.id, "timeout: it did not answer", clock() + HOUR)
        await health.report_due(db)
        seen += [(hour, *each) for each in await told(db)]
        clock.move(minutes=59)
    assert seen == [(25, 5, "feed_failing", "Old Mill")]
    for _ in range(3):
        await well(db, feed.id, clock() + HOUR)
        assert await health.report_due(db) <= 1
    assert await told(db) == [(5, "feed_recovered", "Old Mill")]
    await feeds.failed(db, feed.id, "timeout: it did not answer", clock() + 30 * HOUR)
    await health.report_due(db)
    assert await told(db) == []
    clock.move(hours=25)
    await health.report_due(db)
    assert await told(db) == [(5, "feed_failing", "Old Mill")]


async def test_a_feed_that_fails_for_less_than_a_day_is_not_told_of(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, "https://example.org/", added_by=5)
    for _ in range(5):
        await feeds.failed(db, feed.id, "timeout", clock() + 24 * HOUR)
        clock.move(hours=23)
        assert await health.report_due(db) == 0
        await well(db, feed.id, clock() + HOUR)
        assert await health.report_due(db) == 0


async def test_a_feed_that_is_overdue_is_polled_before_anything_is_told(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, "https://example.org/", added_by=5)
    await feeds.failed(db, feed.id, "network", clock() + HOUR)
    clock.move(days=3)  # the machine was off
    assert await health.report_due(db) == 0
    await well(db, feed.id, clock() + HOUR)
    assert await health.report_due(db) == 0
    assert await told(db) == []


async def test_a_paused_feed_is_not_told_of(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, "https://example.org/", added_by=5)
    await feeds.failed(db, feed.id, "network", clock() + 99 * HOUR)
    await feeds.set_paused(db, feed.id, True)
    clock.move(days=2)
    assert await health.report_due(db) == 0


async def test_many_that_fail_together_are_one_message_and_so_they_are_when_they_are_back(
    db: Database, clock: HandClock
) -> None:
    ids = [(await feeds.add(db, f"https://example.org/{number}", added_by=5)).id for number in range(20)]
    for feed_id in ids:
        await feeds.failed(db, feed_id, "network", clock() + 99 * HOUR)
    clock.move(days=2)
    assert await health.report_due(db) == 20
    assert await told(db) == [(5, "feed_failing", 20)]
    for feed_id in ids:
        await well(db, feed_id, clock() + HOUR)
    assert await health.report_due(db) == 20
    assert await told(db) == [(5, "feed_recovered", 20)]


async def test_one_that_has_ended_is_paused_and_told_of_once(db: Database) -> None:
    feed = await feeds.add(db, "https://example.org/", "Old Mill", added_by=None)
    assert [await health.stop(db, feed.id, "http: 410"), await health.stop(db, feed.id, "http: 410")] == [True, False]
    stopped = await feeds.get(db, feed.id)
    assert (stopped.paused, stopped.failures, stopped.last_error) == (True, 1, "http: 410")
    assert await told(db) == [(1, "feed_stopped", "Old Mill"), (2, "feed_stopped", "Old Mill")]


async def test_one_that_has_ended_is_paused_and_not_failing_wherever_feeds_are_counted(db: Database) -> None:
    feed = await feeds.add(db, "https://example.org/", "Old Mill", added_by=None)
    await feeds.add(db, "https://example.org/new")
    await health.stop(db, feed.id, "http: 410")
    assert await feeds.counts(db) == feeds.Counts(total=2, paused=1, failing=0)
    assert (await stats.stats(db)).feeds == stats.FeedHealth(total=2, paused=1, failing=0, unpolled=2)


@pytest.mark.parametrize(("added_by", "asked"), [(5, [5]), (1, [1]), (6, [1, 2]), (7, [1, 2]), (None, [1, 2])])
def test_who_added_it_is_told_while_they_may_manage_feeds_else_the_owners(
    added_by: int | None, asked: list[int]
) -> None:
    people = [
        Maintainer(1, Role.OWNER, ""),
        Maintainer(2, Role.OWNER, ""),
        Maintainer(5, Role.EDITOR, ""),
        Maintainer(6, Role.CONTRIBUTOR, ""),
    ]
    assert health.responsible(added_by, people) == asked
