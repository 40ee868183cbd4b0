"""The weekly report: once each, on Mondays at nine, of the week that has ended, and of no week without posts."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.model import NoticeKind
from bot.store import chats, deliveries, notices, reactions, reads, reports
from bot.store.db import Database
from tests.clock import HandClock
from tests.store.samples import add_chat, subscribe
from tests.store.test_merging import announce, send_all

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))  # a Wednesday


@pytest.fixture
async def db(db: Database) -> Database:
    """With a channel that Chiara (9) connected, known for a while."""
    await chats.mark_started(db, 9)
    await add_chat(db, -100, connected_by=9)
    await subscribe(db)
    assert await reports.report_due(db, BERLIN) == 0
    return db


async def told(db: Database) -> list[dict[str, object]]:
    return [dict(notice.data) for notice in await notices.due(db, 10) if notice.kind is NoticeKind.WEEKLY_REPORT]


def at(clock: HandClock, moment: str) -> None:
    clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)


async def test_a_week_is_told_of_once_on_monday_at_nine_with_its_days_and_the_best_hour(
    db: Database, clock: HandClock
) -> None:
    ids = await announce(db, 3)
    await send_all(db)
    [first, *_] = await deliveries.of_chat(db, -100)
    await reactions.note(db, -100, 1, 4, clock())
    for moment, readers in (("2026-07-01T13:30", 1), ("2026-07-03T22:30", 3)):  # Saturday, 00:30 in Berlin
        at(clock, moment)
        for reader in range(readers):
            await reads.record(db, ids[0], f"{reader} {moment}", "list")
    at(clock, "2026-07-04T12:00")
    await announce(db, 6, first=3)
    await send_all(db)  # one burst
    at(clock, "2026-07-06T06:59")
    assert await reports.report_due(db, BERLIN) == 0
    at(clock, "2026-07-06T07:00")
    assert await reports.report_due(db, BERLIN) == 1
    assert await reports.report_due(db, BERLIN) == 0
    [data] = await told(db)
    assert data == {
        "chat_id": -100,
        "title": "Chat -100",
        "kind": "channel",
        "first": "2026-06-29",
        "timezone": "Europe/Berlin",
        "posts": [0, 0, 3, 0, 0, 1, 0],
        "reads": [0, 0, 1, 0, 0, 3, 0],
        "reactions": 4,
        "best_hour": 0,
    }
    assert first.article_id == ids[0]
    at(clock, "2026-07-13T08:00")
    assert await reports.report_due(db, BERLIN) == 0  # nothing was posted that week
    at(clock, "2026-07-13T12:00")
    await announce(db, 1, first=9)
    await send_all(db)
    at(clock, "2026-07-22T12:00")  # the bot was off on Monday
    assert await reports.report_due(db, BERLIN) == 1
    assert [each["first"] for each in await told(db)] == ["2026-06-29", "2026-07-13"]


async def test_one_that_is_off_is_not_sent_and_on_again_begins_anew(db: Database, clock: HandClock) -> None:
    await reports.want(db, -100, False)
    assert not await reports.is_wanted(db, -100)
    await announce(db, 1)
    await send_all(db)
    at(clock, "2026-07-06T12:00")
    assert await reports.report_due(db, BERLIN) == 0
    await reports.want(db, -100, True)
    assert await reports.is_wanted(db, -100)
    assert await reports.report_due(db, BERLIN) == 0
    await announce(db, 1, first=1)
    await send_all(db)
    at(clock, "2026-07-13T12:00")
    assert await reports.report_due(db, BERLIN) == 1


async def test_people_and_chats_that_nobody_connected_get_none(db: Database, clock: HandClock) -> None:
    await subscribe(db, -200)
    await announce(db, 1)
    await send_all(db)
    await reports.want(db, -100, False)
    at(clock, "2026-07-06T12:00")
    assert await reports.report_due(db, BERLIN) == 0
    at(clock, "2026-07-13T12:00")
    assert await reports.report_due(db, BERLIN) == 0


async def test_where_nobody_connected_a_chat_its_admins_are_told_as_far_as_they_can_be_written_to(
    db: Database, clock: HandClock
) -> None:
    await db.execute("UPDATE chat SET connected_by = NULL")
    await chats.mark_started(db, 8)
    await chats.link_admins(db, -100, [7, 8, 9])
    assert await reports.report_due(db, BERLIN) == 0
    await announce(db, 1)
    await send_all(db)
    at(clock, "2026-07-06T12:00")
    assert await reports.report_due(db, BERLIN) == 1
    rows = await db.read("SELECT person_id FROM notice ORDER BY person_id")
    assert [row["person_id"] for row in rows] == [8, 9]


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2026-07-06T06:59", date(2026, 6, 29)),
        ("2026-07-06T07:00", date(2026, 7, 6)),
        ("2026-07-12T23:00", date(2026, 7, 6)),
        ("2026-03-30T07:00", date(2026, 3, 30)),  # summer time began the day before
        ("2026-10-26T07:59", date(2026, 10, 19)),
    ],
)
def test_the_last_monday_is_one_whose_nine_oclock_has_come(now: str, monday: date) -> None:
    assert reports.last_monday(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN) == monday
