"""Quiet hours, a daily cap and spacing hold what is announced; then it goes out together, in order, none lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from bot.clock import to_ms
from bot.model import ChatKind, Mode, Restraint, Subscription
from bot.store import deliveries, held, subscriptions
from bot.store.articles import last_announced_seq
from bot.store.db import Database
from bot.store.merging import ITEMS_LIMIT
from bot.store.plans import plan_article
from tests.clock import HandClock
from tests.store.samples import add_article, add_chat, add_digest, subscribe
from tests.store.test_merging import announce, send_all, states

NIGHT = Restraint(quiet_from=time(22), quiet_until=time(7))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))  # 14:00 in Berlin


async def restrain(db: Database, one: Subscription, restraint: Restraint, zone: str = "Europe/Berlin") -> None:
    await subscriptions.change(
        db, one.id, lambda old: replace(old, restraint=restraint, schedule=replace(old.schedule, timezone=zone))
    )


async def at(db: Database, clock: HandClock, moment: str) -> list[list[int]]:
    """What goes out at that moment (UTC), one list of articles a message."""
    clock.move(seconds=(datetime.fromisoformat(moment).replace(tzinfo=UTC) - clock()).total_seconds())
    await held.move_on(db)
    return await send_all(db)


async def test_what_is_announced_in_quiet_hours_goes_out_as_one_message_when_they_end(
    db: Database, clock: HandClock
) -> None:
    await restrain(db, await subscribe(db), NIGHT)
    assert await at(db, clock, "2026-07-01T19:59") == []
    before = await announce(db, 1)
    assert await send_all(db) == [before]
    assert await at(db, clock, "2026-07-01T20:00") == []
    first = await announce(db, 1, first=1)
    assert await send_all(db) == []
    assert await at(db, clock, "2026-07-02T04:59:59") == []
    second = await announce(db, 1, first=2)
    assert await at(db, clock, "2026-07-02T05:00") == [first + second]
    after = await announce(db, 2, first=3)
    assert await at(db, clock, "2026-07-02T05:01") == [[after[0]], [after[1]]]
    assert await states(db) == {"sent": 4, "merged": 2}


async def test_a_single_one_goes_as_itself_and_forty_a_message(db: Database, clock: HandClock) -> None:
    await restrain(db, await subscribe(db), NIGHT)
    await at(db, clock, "2026-07-01T23:00")
    one = await announce(db, 1)
    assert await at(db, clock, "2026-07-02T05:00") == [one]
    assert (await deliveries.of_chat(db, -100))[0].article_id == one[0]
    await at(db, clock, "2026-07-02T23:00")
    many = await announce(db, ITEMS_LIMIT + 2, first=1)
    assert await at(db, clock, "2026-07-03T05:00") == [many[:ITEMS_LIMIT], many[ITEMS_LIMIT:]]


async def test_nothing_goes_out_between_the_end_of_quiet_hours_and_the_tick(db: Database, clock: HandClock) -> None:
    """A bot that was down for days starts in the middle of a night."""
    await restrain(db, await subscribe(db), NIGHT)
    old = await announce(db, 1)
    clock.move(days=3, hours=10)
    ids = old + await announce(db, 1, first=1)
    assert await send_all(db) == []
    assert await held.move_on(db) == 1
    assert await send_all(db) == []
    assert await at(db, clock, "2026-07-05T05:00") == [ids]


async def test_other_subscriptions_of_the_chat_go_on_and_none_is_out_of_order_when_all_may_go(
    db: Database, clock: HandClock
) -> None:
    quiet = await subscribe(db, tags=("t",))
    await subscribe(db, topic_id=7)
    await restrain(db, quiet, NIGHT)
    await at(db, clock, "2026-07-01T23:00")
    ids = await announce(db, 2)
    assert await send_all(db) == [[ids[0]], [ids[1]]]  # in topic 7
    assert await at(db, clock, "2026-07-02T05:00") == [ids]


async def test_what_another_subscription_of_the_place_brought_between_goes_along_in_its_order(
    db: Database, clock: HandClock
) -> None:
    await restrain(db, await subscribe(db, tags=("t",)), NIGHT)
    await subscribe(db, tags=("x",))
    clock.move(hours=11)
    first = await announce(db, 1)
    between = await add_article(db, "Between", announce=True, tags=("x",))
    await plan_article(db, between, await last_announced_seq(db))
    last = await announce(db, 1, first=1)
    assert await at(db, clock, "2026-07-02T05:00") == [[*first, between, *last]]


async def test_a_digest_waits_and_goes_as_itself_behind_nothing_of_its_own(db: Database, clock: HandClock) -> None:
    one = await subscribe(db, mode=Mode.DIGEST)
    await restrain(db, one, NIGHT)
    await at(db, clock, "2026-07-01T23:00")
    run = await add_digest(db, one, date(2026, 7, 2), 0, await announce(db, 2), 2)
    assert await send_all(db) == []
    [sent] = await at(db, clock, "2026-07-02T05:00")
    [row] = await deliveries.of_chat(db, -100)
    assert (len(sent), row.digest_run_id) == (2, run)


async def test_a_change_in_quiet_hours_holds_at_once_and_what_waited_goes_together(
    db: Database, clock: HandClock
) -> None:
    one = await subscribe(db)
    await restrain(db, one, NIGHT)
    await at(db, clock, "2026-07-01T23:00")
    ids = await announce(db, 3)
    await restrain(db, one, NIGHT, "America/New_York")  # 19:00 there
    assert await send_all(db) == [ids]
    await restrain(db, one, NIGHT)
    assert await held.held_until(db, one.id) == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)
    later = await announce(db, 3, first=3)
    assert await send_all(db) == []
    await restrain(db, one, Restraint())
    assert await send_all(db) == [later]
    assert await held.held_until(db, one.id) is None


async def test_a_daily_cap_holds_until_the_local_midnight_and_what_waits_is_one_message(
    db: Database, clock: HandClock
) -> None:
    await restrain(db, await subscribe(db), Restraint(daily_cap=3))
    ids = await announce(db, 5)
    assert await send_all(db) == [[ids[0]], [ids[1]], [ids[2]]]
    assert await at(db, clock, "2026-07-01T21:59") == []
    more = await announce(db, 1, first=5)
    assert await at(db, clock, "2026-07-01T22:00") == [[*ids[3:], *more]]
    rest = await announce(db, 3, first=6)
    assert await send_all(db) == [[rest[0]], [rest[1]]]  # three that day
    assert await at(db, clock, "2026-07-02T22:00") == [[rest[2]]]


async def test_what_was_posted_yesterday_counts_no_more(db: Database, clock: HandClock) -> None:
    await restrain(db, await subscribe(db), Restraint(daily_cap=3))
    two = await announce(db, 2)
    assert await send_all(db) == [[two[0]], [two[1]]]
    await at(db, clock, "2026-07-02T12:00")
    three = await announce(db, 3, first=2)
    assert await send_all(db) == [[each] for each in three]


async def test_spacing_holds_after_each_post_and_what_waits_is_one_message(db: Database, clock: HandClock) -> None:
    one = await subscribe(db)
    await restrain(db, one, Restraint(spacing_minutes=60))
    ids = await announce(db, 3)
    assert await send_all(db) == [ids[:1]]
    assert await held.held_until(db, one.id) == datetime(2026, 7, 1, 13, 0, tzinfo=UTC)
    assert await at(db, clock, "2026-07-01T12:59:59") == []
    assert await at(db, clock, "2026-07-01T13:00") == [ids[1:]]
    assert await at(db, clock, "2026-07-01T15:00") == []
    later = await announce(db, 1, first=3)
    assert await send_all(db) == [later]


async def test_other_limits_hold_for_what_was_posted_already(db: Database, clock: HandClock) -> None:
    one = await subscribe(db)
    await restrain(db, one, Restraint(daily_cap=1))
    ids = await announce(db, 3)
    assert await send_all(db) == [ids[:1]]
    await restrain(db, one, Restraint(daily_cap=3, spacing_minutes=30))
    assert await send_all(db) == []
    assert await at(db, clock, "2026-07-01T12:30") == [ids[1:]]


async def test_one_that_may_have_arrived_counts_and_one_that_was_refused_does_not(db: Database) -> None:
    one = await subscribe(db)
    await restrain(db, one, Restraint(daily_cap=1))
    await announce(db, 2)
    [first] = await deliveries.claim(db, db.now(), 10)
    await deliveries.refuse(db, first.id, "too ugly")
    assert await held.held_until(db, one.id) is None
    [second] = await deliveries.claim(db, db.now(), 10)
    await deliveries.mark_uncertain(db, second.id, "reset")
    assert await held.held_until(db, one.id) == datetime(2026, 7, 1, 22, 0, tzinfo=UTC)


async def test_what_was_held_for_long_is_not_too_late_to_go(db: Database, clock: HandClock) -> None:
    """The cap holds until midnight, quiet hours until eleven: longer than expire_after."""
    await restrain(db, await subscribe(db), replace(NIGHT, quiet_until=time(11), daily_cap=1))
    ids = await announce(db, 2)
    assert await send_all(db) == [ids[:1]]
    clock.move(days=-1)
    await db.execute("UPDATE delivery SET created_at = :day WHERE state = 'pending'", {"day": to_ms(clock())})
    clock.move(days=1)
    assert await at(db, clock, "2026-07-02T08:59") == []
    assert await at(db, clock, "2026-07-02T09:00") == [ids[1:]]


async def test_what_quiet_hours_hold_is_not_missed_when_a_chat_comes_back(db: Database, clock: HandClock) -> None:
    await add_chat(db, -100, ChatKind.CHANNEL)
    await restrain(db, await subscribe(db), NIGHT)
    await at(db, clock, "2026-07-01T23:00")
    ids = await announce(db, 2)
    assert await deliveries.set_aside(db, -100) == 0
    assert await at(db, clock, "2026-07-02T05:00") == [ids]


async def test_a_zone_that_is_no_more_holds_nothing_for_ever(
    db: Database, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    one = await subscribe(db)
    await restrain(db, one, NIGHT)
    await announce(db, 1)
    await db.execute("UPDATE subscription SET timezone = 'Europe/Atlantis'")
    assert len(await at(db, clock, "2026-07-03T23:00")) == 1
    assert "restraint has no effect" in caplog.text


async def test_one_without_restraint_is_never_touched(db: Database, clock: HandClock) -> None:
    await subscribe(db)
    await announce(db, 3)
    assert len(await send_all(db)) == 3
    clock.move(days=3)
    assert await held.move_on(db) == 0
    [row] = await db.read("SELECT posted_today, posted_at, held_until, day_until, quiet_from FROM subscription")
    assert tuple(row) == (0, None, None, None, None)
