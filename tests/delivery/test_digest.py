"""Digests become deliveries when they are due, hold what is new, and know when they are due next."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.delivery import digest, digesting
from bot.delivery.plan import plan_changes
from bot.model import CatchUp, DeliveryState, Filter, Mode, Order, Schedule, Selection, Subscription
from bot.store import articles, digests, picks, reads, subscriptions
from tests.clock import START
from tests.delivery.conftest import Newsroom
from tests.delivery.test_edit import revise

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
    assert await digesting.due(room.db) == 0
    room.clock.move(minutes=1)
    assert await digesting.due(room.db) == 1
    assert await digesting.due(room.db) == 0
    row = await room.row()
    assert row.digest_run_id is not None
    run = await digests.get(room.db, row.digest_run_id)
    assert (run.local_date, run.slot, run.article_ids) == (date(2026, 11, 25), 9 * 60, tuple(reversed(ids)))
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
    assert await digesting.due(room.db) == 0
    assert await room.rows(room.scene.channel.id) == []
    assert (await subscriptions.get(room.db, subscription.id)).next_run_at == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


async def test_runs_missed_while_down_become_one_late_digest(room: Newsroom) -> None:
    subscription = await subscribed(room)
    await room.announce("First")
    room.clock.move(days=3, hours=5)
    await room.announce("Second")
    assert await digesting.due(room.db) == 1
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
    assert await digesting.due(room.db) == 0


async def test_an_unknown_zone_of_one_digest_stops_no_other(room: Newsroom) -> None:
    broken = await subscribed(room)
    await room.db.execute("UPDATE subscription SET timezone = 'Atlantis/Town' WHERE id = :id", {"id": broken.id})
    await room.subscribe(room.scene.group.id, mode=Mode.DIGEST, next_run_at=START)
    await room.announce("First")
    room.clock.move(days=1)
    assert await digesting.due(room.db) == 1
    assert len(await room.rows(room.scene.group.id)) == 1


async def picky(room: Newsroom, **selection: Any) -> Subscription:
    """A daily digest that is chosen so."""
    one = await subscribed(room)
    return await subscriptions.change(room.db, one.id, lambda s: replace(s, selection=Selection(**selection)))


async def next_titles(room: Newsroom, days: float = 1) -> list[str]:
    """The titles of the digests that came of the days that go by, in the order of a digest."""
    before = len(room.posts(room.scene.channel.id))
    room.clock.move(days=days)
    await digesting.due(room.db)
    await room.worker.run_until_idle()
    texts = [post.text or "" for post in room.posts(room.scene.channel.id)[before:]]
    return [line.removeprefix("• ") for text in texts for line in text.split("\n") if line.startswith("• ")]


async def test_of_more_than_a_digest_holds_the_newest_are_taken_and_the_rest_is_passed_by(room: Newsroom) -> None:
    await picky(room, at_most=2)
    for title in ("First", "Second", "Third"):
        await room.announce(title)
    assert await next_titles(room) == ["Third", "Second"]
    assert await next_titles(room) == []


async def test_most_read_takes_the_best_of_what_waits(room: Newsroom) -> None:
    await picky(room, at_most=2, order=Order.MOST_READ)
    ids = [await room.announce(title) for title in ("First", "Second", "Third")]
    for reader in ("a", "b"):
        await reads.record(room.db, ids[0], reader, "list")
    await reads.record(room.db, ids[1], "a", "list")
    assert await next_titles(room) == ["First", "Second"]


async def test_the_editors_pick_holds_what_they_recommend_however_old_and_each_once(room: Newsroom) -> None:
    await picky(room, order=Order.PICKED)
    first = await room.announce("First")
    await room.announce("Second")
    assert await next_titles(room) == []
    await picks.put(room.db, first, 1, True)
    assert await next_titles(room) == ["First"]
    assert await next_titles(room) == []


async def test_fewer_than_at_least_wait_for_the_next_digest(room: Newsroom) -> None:
    await picky(room, at_least=2)
    await room.announce("First")
    assert await next_titles(room) == []
    await room.announce("Second")
    assert await next_titles(room) == ["Second", "First"]


async def test_an_empty_digest_comes_only_where_it_is_wanted(room: Newsroom) -> None:
    await picky(room, skip_if_empty=False)
    room.clock.move(days=1)
    assert await digesting.due(room.db) == 1
    await room.worker.run_until_idle()
    [post] = room.posts(room.scene.channel.id)
    assert "Nothing is new this time." in (post.text or "")


async def test_a_digest_stands_between_its_header_and_its_footer_under_its_tags(room: Newsroom) -> None:
    one = await picky(room, by_tag=True, header="Good morning", footer="Write to us")
    await subscriptions.change(room.db, one.id, lambda s: replace(s, name="Breakfast"))
    await room.announce("First", tags=("tea",))
    await room.announce("Second")
    await room.announce("Third", tags=("Tea",))
    await next_titles(room)
    [post] = room.posts(room.scene.channel.id)
    text = post.text or ""
    said = ["Breakfast · ", "Good morning", "#Tea", "Third", "First", "Other", "Second", "Write to us"]
    assert sorted(said, key=text.index) == said


async def test_a_change_and_a_withdrawal_reach_a_posted_digest_in_its_form(room: Newsroom) -> None:
    await picky(room, by_tag=True, header="Good morning", footer="Write to us", order=Order.MOST_READ)
    first = await room.announce("First", tags=("tea",))
    second = await room.announce("Second", tags=("milk",))
    await next_titles(room)
    await revise(room, first, title="First, corrected")
    await plan_changes(room.db)
    await room.worker.run_until_idle()
    [post] = room.posts(room.scene.channel.id)
    text = post.text or ""
    said = ["Good morning", "#milk", "Second", "#tea", "First, corrected", "Write to us"]
    assert sorted(said, key=text.index) == said
    await articles.withdraw(room.db, second)
    await plan_changes(room.db)
    await room.worker.run_until_idle()
    [post] = room.posts(room.scene.channel.id)
    assert "Second" not in (post.text or "")
    assert "#milk" not in (post.text or "")
    assert "Good morning" in (post.text or "")


async def test_a_new_digest_is_pinned_and_the_last_one_no_longer(room: Newsroom) -> None:
    await picky(room, pin=True)
    for title in ("First", "Second"):
        await room.announce(title)
        await next_titles(room)
    last = room.posts(room.scene.channel.id)[-1]
    assert room.scene.channel.pinned == [last.id]


async def test_a_missing_right_to_pin_is_no_failure_of_the_digest(room: Newsroom) -> None:
    await picky(room, pin=True)
    room.scene.channel.members[room.scene.bot.id].rights["can_edit_messages"] = False
    await room.announce("First")
    assert await next_titles(room) == ["First"]
    assert (await room.row()).state is DeliveryState.SENT
    assert room.scene.channel.pinned == []


@pytest.mark.parametrize(
    ("policy", "at_once", "next_day"),
    [(CatchUp.LATE, ["First"], ["Second"]), (CatchUp.MERGE, [], ["Second", "First"]), (CatchUp.SKIP, [], ["Second"])],
)
async def test_a_digest_missed_while_the_bot_was_down_follows_its_catch_up(
    room: Newsroom, policy: CatchUp, at_once: list[str], next_day: list[str]
) -> None:
    await picky(room, catch_up=policy)
    await room.announce("First")
    assert await next_titles(room, days=1.2) == at_once
    await room.announce("Second")
    assert await next_titles(room, days=0.8) == next_day


async def test_what_is_paused_until_a_moment_goes_on_at_it_and_not_before(room: Newsroom) -> None:
    one = await subscribed(room)
    until = START + timedelta(days=2)
    await subscriptions.change(room.db, one.id, lambda s: replace(s, paused=True, paused_until=until))
    await room.announce("First")
    assert await next_titles(room, days=1.99) == []
    assert await next_titles(room, days=0.01) == ["First"]


async def test_changing_the_times_after_a_digest_repeats_and_drops_none(room: Newsroom) -> None:
    one = await subscribed(room, Schedule(times=(time(9, 0), time(12, 0))))
    await room.announce("First")
    assert await next_titles(room) == ["First"]  # at nine
    times = Schedule(times=(time(8, 0), time(10, 0), time(9, 0)))
    await subscriptions.change(room.db, one.id, lambda s: digesting.scheduled(s, times, room.clock()))
    await room.announce("Second")
    assert await next_titles(room, days=1 / 24) == ["Second"]
    assert len(await room.rows(room.scene.channel.id)) == 2


async def test_what_is_sent_now_goes_once_and_is_in_no_later_digest(room: Newsroom) -> None:
    one = await subscribed(room)
    await room.announce("First")
    assert await digesting.preview(room.db, one) != []
    assert await digesting.send_now(room.db, one.id) is not None
    assert await digesting.send_now(room.db, one.id) is None
    assert await digesting.preview(room.db, one) == []
    assert await next_titles(room) == ["First"]


async def test_more_than_a_batch_is_due_at_once_and_all_are_made(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digesting, "BATCH", 2)
    for hour in range(5):
        await subscriptions.add_digest(
            room.db, (await subscribed(room)).chat_id, 0, NINE, Filter(tags=(f"t{hour}",)), START, None
        )
        await room.announce(f"Number {hour}", tags=(f"t{hour}",))
    assert await digesting.due(room.db) == 5
