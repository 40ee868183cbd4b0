"""Digests that are proposed and released, beside others: nothing comes twice, and one stops no other."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import to_ms
from bot.delivery import approving, digest, digesting, questions
from bot.delivery.worker import Worker
from bot.model import DeliveryState, Mode, Proposal, ProposalState, Schedule, Selection, Subscription
from bot.store import deliveries, digests, proposals, restored, settings, subscriptions
from bot.store.db import Store
from tests.clock import START
from tests.delivery.conftest import Newsroom, english

AHEAD = 60  # minutes
NINE = START + timedelta(days=1)
WRITES = 5  # of a digest that goes by itself: proposed, shown, released, claimed, sent


async def wished(room: Newsroom, chat_id: int | None = None) -> Subscription:
    """A daily digest at nine whose admins are asked an hour before, first due on the day after the start."""
    schedule = Schedule()
    one = await room.subscribe(
        chat_id or room.scene.channel.id,
        mode=Mode.DIGEST,
        schedule=schedule,
        next_run_at=digest.next_run(schedule, START),
    )
    chosen = Selection(approve_minutes=AHEAD)
    return await subscriptions.change(room.db, one.id, lambda now: replace(now, selection=chosen))


async def tick(room: Newsroom) -> None:
    await approving.expire(room.db)
    await approving.release(room.db)
    await digesting.due(room.db)
    await approving.propose(room.db)


async def held(room: Newsroom) -> list[tuple[int, ...]]:
    """What the channel's digests hold, in the order they were made."""
    rows = [row for row in await room.rows(room.scene.channel.id) if row.digest_run_id is not None]
    return [(await digests.get(room.db, row.digest_run_id or 0)).article_ids for row in rows]


async def test_what_another_digest_brought_while_one_was_asked_about_is_not_in_the_one_after(room: Newsroom) -> None:
    one = await wished(room)
    first = await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    other = await subscriptions.add_digest(room.db, one.chat_id, 0, Schedule(), one.filter, None, None)
    second = await room.announce("Second")
    await digesting.send_now(room.db, other.id)  # its delivery is older than that of the one which is asked about
    room.clock.move(hours=1)
    await tick(room)
    third = await room.announce("Third")
    await subscriptions.change(room.db, one.id, lambda now: replace(now, selection=Selection()))
    room.clock.move(days=1)
    await tick(room)
    assert await held(room) == [(second,), (first,), (third,)]


async def test_one_that_cannot_be_proposed_stops_no_other(room: Newsroom) -> None:
    broken, one = await wished(room, room.scene.group.id), await wished(room)
    await room.db.execute("UPDATE subscription SET timezone = 'Atlantis/Town' WHERE id = :id", {"id": broken.id})
    await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    assert await proposals.open_of(room.db, one.id) is not None
    assert await proposals.open_of(room.db, broken.id) is None


async def test_a_slot_that_was_skipped_is_not_asked_about_again_when_the_times_change(room: Newsroom) -> None:
    one = await wished(room)
    await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    proposal = await proposals.open_of(room.db, one.id)
    assert proposal is not None
    assert await proposals.skip(room.db, proposal, 7, "Someone")
    assert not await proposals.skip(room.db, proposal, 8, "Someone else")
    await subscriptions.change(room.db, one.id, lambda now: digesting.scheduled(now, now.schedule, room.clock()))
    for _ in range(3):
        await tick(room)
        room.clock.move(minutes=30)
    assert await proposals.open_of(room.db, one.id) is None
    assert await held(room) == []
    after = await subscriptions.get(room.db, one.id)
    assert after.next_run_at == START + timedelta(days=2)


async def test_one_that_is_skipped_while_it_is_being_released_does_not_go_out(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await wished(room)
    await room.announce("First")
    room.clock.now = NINE - timedelta(hours=1)
    await tick(room)
    asked = await proposals.open_of(room.db, one.id)
    assert asked is not None
    due = proposals.due

    async def then_skipped(store: Store, now: datetime) -> list[Proposal]:
        found = await due(store, now)
        for proposal in found:
            assert await proposals.skip(store, proposal, 7, "Someone")
        return found

    monkeypatch.setattr(proposals, "due", then_skipped)
    room.clock.now = NINE
    await tick(room)
    assert await held(room) == []
    found = await proposals.find(room.db, asked.run_id, one.id)
    assert found is not None
    assert (found.state, found.decider) == (ProposalState.SKIPPED, "Someone")


async def test_nothing_is_proposed_or_released_in_a_restored_store_and_to_drop_is_to_give_up(room: Newsroom) -> None:
    one = await wished(room)
    await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    stamp = {"made_at": None, "restored_at": to_ms(room.clock())}
    await settings.put(room.db, restored.KEY, json.dumps(stamp))
    room.clock.move(hours=1)
    await tick(room)
    assert await held(room) == []
    proposal = await proposals.open_of(room.db, one.id)
    assert proposal is not None
    await restored.resume(room.db, drop=True)
    await tick(room)
    assert await held(room) == []
    found = await proposals.find(room.db, proposal.run_id, one.id)
    assert found is not None
    assert found.state is ProposalState.MISSED


async def test_a_proposal_is_found_by_its_own_subscription_alone(room: Newsroom) -> None:
    one, other = await wished(room), await wished(room, room.scene.group.id)
    await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    proposal = await proposals.open_of(room.db, one.id)
    assert proposal is not None
    assert await proposals.find(room.db, proposal.run_id, other.id) is None


async def test_looking_for_what_is_to_be_proposed_reads_an_index_alone(room: Newsroom) -> None:
    await wished(room)
    plan = await room.db.read(
        """EXPLAIN QUERY PLAN SELECT s.id FROM subscription s
           WHERE s.asks_at <= 5 AND s.mode = 'digest' AND s.paused = 0 AND s.suspended = ''"""
    )
    assert "subscription_asks" in plan[0]["detail"]


class Killed(Exception):
    """Nothing is written from then on."""


async def run_until_killed(room: Newsroom, writes: int, *, is_committed: bool) -> bool:
    """A day of the digest, with the program killed at that write, before or after it reaches the disk."""
    db, left = room.db, writes
    hand_over = db._hand_over

    async def counted(work: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or (left == 0 and not is_committed):
            raise Killed
        result = await hand_over(work)
        if left == 0:
            raise Killed
        return result

    worker = Worker(db, room.bot, english, clock=room.clock)
    db._hand_over = counted  # type: ignore[method-assign]
    try:
        await tick(room)
        await questions.show_due(db, room.bot, english, key=b"k" * 32)
        if room.clock() < NINE:
            room.clock.now = NINE
        await tick(room)
        await worker.run_until_idle()
    except Killed:
        pass
    finally:
        db._hand_over = hand_over  # type: ignore[method-assign]
    await worker.stop()
    return left <= 0


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("writes", range(1, 8))
async def test_a_kill_at_any_write_leaves_one_digest(room: Newsroom, writes: int, is_committed: bool) -> None:
    await room.know(room.scene.chiara.id)
    room.telegram.people.start(room.scene.chiara, room.scene.bot)
    one = await wished(room)
    await room.announce("First")
    room.clock.now = NINE - timedelta(hours=1)
    was_killed = await run_until_killed(room, writes, is_committed=is_committed)
    await deliveries.recover(room.db, resend=())
    await run_until_killed(room, 1000, is_committed=False)
    await run_until_killed(room, 1000, is_committed=False)
    [row] = await room.rows(room.scene.channel.id)
    posts = len(room.posts(room.scene.channel.id))
    # One that was in flight is in doubt, and not repeated: evidence or an admin says what became of it.
    assert (row.state, posts) in [(DeliveryState.SENT, 1), (DeliveryState.UNCERTAIN, posts)]
    assert posts <= 1
    assert was_killed == (writes <= WRITES)
    assert (await subscriptions.get(room.db, one.id)).next_run_at == NINE + timedelta(days=1)


async def test_two_that_go_out_at_once_in_one_place_hold_nothing_twice(room: Newsroom) -> None:
    one = await wished(room)
    other = await subscriptions.add_digest(room.db, one.chat_id, 0, one.schedule, one.filter, NINE, None)
    await subscriptions.change(room.db, other.id, lambda now: replace(now, selection=one.selection))
    first, second = await room.announce("First"), await room.announce("Second")
    room.clock.move(hours=23)
    await tick(room)
    proposal = await proposals.open_of(room.db, one.id)
    assert proposal is not None
    assert await proposals.strike(room.db, proposal, second)
    room.clock.move(hours=1)
    await tick(room)
    assert await held(room) == [(first,), (second,)]


async def test_one_that_cannot_be_released_stops_no_other(room: Newsroom) -> None:
    broken, one = await wished(room, room.scene.group.id), await wished(room)
    first = await room.announce("First")
    room.clock.move(hours=23)
    await tick(room)
    await room.db.execute(
        f"""CREATE TRIGGER broken BEFORE INSERT ON delivery WHEN NEW.chat_id = {broken.chat_id}
            BEGIN SELECT raise(ABORT, 'broken'); END"""
    )
    room.clock.move(hours=1)
    await tick(room)
    assert await held(room) == [(first,)]
    assert await proposals.open_of(room.db, one.id) is None
    waits = await proposals.open_of(room.db, broken.id)
    await room.db.execute("DROP TRIGGER broken")
    await tick(room)
    assert waits is not None
    assert await proposals.open_of(room.db, broken.id) is None
