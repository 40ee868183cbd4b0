"""Digests become deliveries when they are due, hold what is new, and know when they are due next."""

from datetime import UTC, date, datetime, time

from bot.delivery import digest
from bot.model import DeliveryState, Mode, Schedule, Subscription
from bot.store import digests, subscriptions
from tests.clock import START
from tests.delivery.conftest import Newsroom

NINE = Schedule(times=(time(9, 0),))


async def subscribed(room: Newsroom, schedule: Schedule = NINE) -> Subscription:
    """A daily digest of the channel, first due on the day after the start."""
    return await room.subscribe(
        room.scene.channel.id, mode=Mode.DIGEST, schedule=schedule, next_run_at=digest.next_run(schedule, START)
    )


async def test_a_digest_waits_for_its_time_and_then_holds_what_is_new(room: Newsroom) -> None:
    subscription = await subscribed(room)
    ids = [await room.announce("First"), await room.announce("Second")]
    room.clock.move(hours=23, minutes=59)
    assert await digest.due(room.db) == 0
    room.clock.move(minutes=1)
    assert await digest.due(room.db) == 1
    assert await digest.due(room.db) == 0
    row = await room.row()
    assert row.digest_run_id is not None
    run = await digests.get(room.db, row.digest_run_id)
    assert (run.local_date, run.slot, run.article_ids) == (date(2026, 11, 25), 0, tuple(ids))
    after = await subscriptions.get(room.db, subscription.id)
    assert after.next_run_at == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    await room.worker.run_until_idle()
    [post] = room.posts(room.scene.channel.id)
    assert "First" in (post.text or "")
    assert "Second" in (post.text or "")
    assert (await room.row()).state is DeliveryState.SENT


async def test_a_digest_with_nothing_new_is_not_sent(room: Newsroom) -> None:
    subscription = await subscribed(room)
    room.clock.move(days=1)
    assert await digest.due(room.db) == 0
    assert await room.rows(room.scene.channel.id) == []
    assert (await subscriptions.get(room.db, subscription.id)).next_run_at == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


async def test_runs_missed_while_down_become_one_late_digest(room: Newsroom) -> None:
    subscription = await subscribed(room)
    await room.announce("First")
    room.clock.move(days=3, hours=5)
    await room.announce("Second")
    assert await digest.due(room.db) == 1
    row = await room.row()
    assert row.digest_run_id is not None
    assert len((await digests.get(room.db, row.digest_run_id)).article_ids) == 2
    assert (await subscriptions.get(room.db, subscription.id)).next_run_at == datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


async def test_what_the_destination_already_got_at_once_is_not_in_its_digest(room: Newsroom) -> None:
    await subscribed(room)
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    await room.worker.run_until_idle()
    room.clock.move(days=1)
    assert await digest.due(room.db) == 0


async def test_an_unknown_zone_of_one_digest_stops_no_other(room: Newsroom) -> None:
    broken = await subscribed(room)
    await room.db.execute("UPDATE subscription SET timezone = 'Atlantis/Town' WHERE id = :id", {"id": broken.id})
    await room.subscribe(room.scene.group.id, mode=Mode.DIGEST, next_run_at=START)
    await room.announce("First")
    room.clock.move(days=1)
    assert await digest.due(room.db) == 1
    assert len(await room.rows(room.scene.group.id)) == 1


async def test_more_than_one_digest_holds_goes_into_the_next(room: Newsroom) -> None:
    await subscribed(room)
    ids = [await room.announce(f"Article {n}") for n in range(digest.ITEMS_LIMIT + 5)]
    room.clock.move(days=1)
    assert await digest.due(room.db) == 1
    room.clock.move(days=1)
    assert await digest.due(room.db) == 1
    runs = [await digests.get(room.db, row.digest_run_id or 0) for row in await room.rows(room.scene.channel.id)]
    assert [article for run in runs for article in run.article_ids] == ids
