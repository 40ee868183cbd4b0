"""What is withdrawn, or unsubscribed, between two attempts: nothing more is sent, what may stand is not forgotten."""

from datetime import timedelta

import pytest

from bot.delivery import suspensions
from bot.delivery.plan import plan_changes
from bot.delivery.worker import Worker
from bot.model import ChatState, DeliveryState, Effect, Mode
from bot.store import articles, chats, deliveries, doubts, outbox, subscriptions
from bot.store.merging import Merging
from tests.delivery.conftest import Newsroom, english
from tests.delivery.test_edit import effect, follow, revise
from tests.store.samples import new_article


async def test_what_may_have_arrived_and_is_withdrawn_before_it_is_sent_again_stays_in_doubt(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await articles.withdraw(room.db, article_id)
    await plan_changes(room.db)
    room.clock.move(minutes=1)
    await room.worker.run_until_idle()
    post = (await room.rows(rosa))[0]
    assert (post.state, post.error, post.attempts) == (DeliveryState.UNCERTAIN, "withdrawn", 1)
    state, came_to, error = await effect(room, rosa, f"recall:{article_id}")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)
    assert "nobody knows" in error
    assert room.titles(rosa) == ["Wrong"]
    assert await doubts.unasked(room.db) == []


async def test_who_corrects_what_may_have_arrived_before_it_is_sent_again_is_told_that_nobody_knows(
    room: Newsroom,
) -> None:
    """Seeds 12009 and 12108 of `make chaos`: the edit said that there was nothing to do."""
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    one = await room.subscribe(rosa)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await subscriptions.set_paused(room.db, one.id, True)
    await revise(room, article_id, title="Right")
    await follow(room)
    state, came_to, error = await effect(room, rosa, f"edit:{article_id}:r2")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)
    assert "nobody knows" in error
    await subscriptions.set_paused(room.db, one.id, False)
    room.clock.move(minutes=1)
    await room.worker.run_until_idle()
    assert room.titles(rosa) == ["Wrong", "Right"]


async def test_what_was_missed_while_in_doubt_and_then_asked_for_is_still_in_doubt(room: Newsroom) -> None:
    """Seed 7003 of `make chaos`: it was cancelled as withdrawn, and stands there."""
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await chats.suspend(room.db, rosa, "blocked")
    await chats.resume(room.db, rosa)
    assert await deliveries.set_aside(room.db, rosa) == 1
    assert await deliveries.settle_missed(room.db, rosa, send=True) == 1
    await articles.withdraw(room.db, article_id)
    await plan_changes(room.db)
    room.clock.move(minutes=1)
    await room.worker.run_until_idle()
    post = (await room.rows(rosa))[0]
    assert (post.state, post.error) == (DeliveryState.UNCERTAIN, "withdrawn")
    state, came_to, _ = await effect(room, rosa, f"recall:{article_id}")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)


@pytest.mark.parametrize("answer", ["none", "leave", "send"])
async def test_what_was_missed_while_in_doubt_stays_listed_and_its_recall_is_tried(room: Newsroom, answer: str) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await room.announce("Waits")
    await chats.suspend(room.db, rosa, "blocked")
    assert await suspensions.resume(room.db, rosa, rosa)
    doubtful, waiting = await room.rows(rosa)
    assert (doubtful.state, doubtful.error, doubtful.ended_at) == (DeliveryState.UNCERTAIN, "missed", None)
    assert (waiting.state, waiting.error) == (DeliveryState.CANCELLED, "missed")
    assert await deliveries.missed(room.db, rosa) == 2
    assert await doubts.unasked(room.db) == []  # the offer asks
    if answer != "none":
        assert await deliveries.settle_missed(room.db, rosa, send=answer == "send") == 2
        assert await deliveries.missed(room.db, rosa) == 0
    if answer != "send":
        assert [each.id for each in await outbox.troubled(room.db, 9)] == [doubtful.id]
    await articles.withdraw(room.db, article_id)
    await plan_changes(room.db)
    await room.worker.run_until_idle()
    assert (await room.rows(rosa))[0].state is DeliveryState.UNCERTAIN
    state, came_to, _ = await effect(room, rosa, f"recall:{article_id}")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)


@pytest.mark.parametrize("ending", ["expired", "dropped"])
async def test_who_withdraws_what_ended_in_doubt_is_told_that_nobody_knows(room: Newsroom, ending: str) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    if ending == "expired":
        room.clock.move(days=1)
        assert await doubts.expire(room.db, room.clock() - timedelta(hours=24)) == 1
    else:
        assert await outbox.drop(room.db, (await room.row()).id)
    await articles.update(room.db, article_id, new_article("Changed"), by=7)
    assert await plan_changes(room.db) == 0
    await articles.withdraw(room.db, article_id, by=7)
    await plan_changes(room.db)
    await room.worker.run_until_idle()
    state, came_to, error = await effect(room, channel, f"recall:{article_id}")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)
    assert "nobody knows" in error


@pytest.mark.parametrize("how", ["doubted", "refused", "missed"])
async def test_what_somebody_asks_for_is_sent_though_its_subscription_has_ended(room: Newsroom, how: str) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("Wanted")
    if how == "missed":
        assert await deliveries.set_aside(room.db, channel) == 1
    elif how == "refused":
        assert await deliveries.refuse(room.db, (await room.row()).id, "no")
    else:
        room.telegram.faults.add("reset", method="sendMessage", count=1)
        await room.worker.run_until_idle()
    await subscriptions.remove(room.db, subscription.id)
    if how == "missed":
        assert await deliveries.settle_missed(room.db, channel, send=True) == 1
    else:
        assert await outbox.send_again(room.db, (await room.row()).id)
    await room.worker.run_until_idle()
    assert ((await room.row()).state, room.titles(channel)) == (DeliveryState.SENT, ["Wanted"])


async def test_what_somebody_asks_for_is_sent_as_another_subscription_there_says(room: Newsroom) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("Wanted")
    room.telegram.faults.add("reset", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    heir = await room.subscribe(channel, mode=Mode.DIGEST)
    await subscriptions.remove(room.db, subscription.id)
    await subscriptions.set_paused(room.db, heir.id, True)
    assert await outbox.send_again(room.db, (await room.row()).id)
    await room.worker.run_until_idle()
    assert room.titles(channel) == []
    await subscriptions.set_paused(room.db, heir.id, False)
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Wanted"]


async def test_what_somebody_asks_for_in_a_topic_that_is_closed_stops_nothing_else_there(room: Newsroom) -> None:
    forum, topic = room.scene.forum.id, room.telegram.add_topic(room.scene.forum, "Ferries")
    subscription = await room.subscribe(forum, topic_id=topic)
    await room.announce("Wanted")
    room.telegram.faults.add("reset", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await subscriptions.remove(room.db, subscription.id)
    assert await outbox.send_again(room.db, (await room.row(forum)).id)
    room.telegram.faults.add("bad_request", method="sendMessage", count=1, text="TOPIC_CLOSED")
    await room.worker.run_until_idle()
    assert (await room.row(forum)).state is DeliveryState.REFUSED
    assert (await chats.get(room.db, forum)).state is ChatState.ACTIVE


@pytest.mark.parametrize("moment", ["while it waits", "while it is tried"])
async def test_what_may_have_arrived_stays_in_doubt_when_somebody_unsubscribes(room: Newsroom, moment: str) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    subscription = await room.subscribe(rosa)
    await room.announce("Doubtful")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    room.clock.move(minutes=1)
    if moment == "while it is tried":
        delivery = await room.claim_and_crash()
        await subscriptions.remove(room.db, subscription.id)
        await deliveries.again(room.db, delivery.id, room.clock(), counted=False)  # flood control had met it
    else:
        await subscriptions.remove(room.db, subscription.id)
    await room.worker.run_until_idle()
    post = await room.row(rosa)
    assert (post.state, post.error, post.attempts) == (DeliveryState.UNCERTAIN, "unsubscribed", 1)
    assert room.titles(rosa) == ["Doubtful"]
    assert [each.id for each in await outbox.troubled(room.db, 9)] == [post.id]
    assert await doubts.unasked(room.db) == []
    room.clock.move(days=1)
    assert await doubts.expire(room.db, room.clock() - timedelta(hours=24)) == 1


@pytest.mark.parametrize("how", ["unsubscribed", "removed"])
async def test_what_is_held_as_uncertain_stays_so_when_its_subscription_ends(room: Newsroom, how: str) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("Doubtful")
    await room.announce("Waits")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.step()
    if how == "unsubscribed":
        await subscriptions.remove(room.db, subscription.id)
    else:
        await chats.remove(room.db, channel)
    rows = await room.rows(channel)
    assert [row.state for row in rows] == [DeliveryState.UNCERTAIN, DeliveryState.CANCELLED]
    assert await doubts.unasked(room.db) == []
    assert await doubts.settle(room.db, channel, rows[0].id, rows[0].id, arrived=True) == 1
    assert (await room.rows(channel))[0].state is DeliveryState.SENT


@pytest.mark.parametrize("how", ["unsubscribed", "paused", "missed"])
async def test_the_first_part_of_a_digest_follows_though_the_others_have_not_gone(room: Newsroom, how: str) -> None:
    channel = room.scene.channel.id
    worker = Worker(room.db, room.bot, english, clock=room.clock, merging=Merging(burst=5))
    subscription = await room.subscribe(channel)
    ids = [await room.announce(f"Story {number:02}", summary="word " * 40) for number in range(24)]
    room.clock.move(minutes=1)
    room.telegram.faults.add("slow", method="sendMessage", delay=0, count=1)
    room.telegram.faults.add("flood", method="sendMessage", count=1, retry_after=3)
    await worker.step()
    match how:
        case "unsubscribed":
            await subscriptions.remove(room.db, subscription.id)
        case "paused":
            await subscriptions.set_paused(room.db, subscription.id, True)
        case "missed":
            assert await deliveries.set_aside(room.db, channel) == 1
    await articles.withdraw(room.db, ids[2])
    await plan_changes(room.db)
    room.clock.move(minutes=1)
    await worker.run_until_idle()
    assert await effect(room, channel, f"recall:{ids[2]}") == (DeliveryState.SENT, Effect.CHANGED, "")
    [post] = room.posts(channel)
    assert "Story 01" in (post.text or "")
    assert "Story 02" not in (post.text or "")
    if how == "unsubscribed":
        return
    await deliveries.settle_missed(room.db, channel, send=True)
    await subscriptions.set_paused(room.db, subscription.id, False)
    room.clock.move(minutes=1)
    await worker.run_until_idle()
    shown = [line for post in room.posts(channel) for line in (post.text or "").split("\n") if line.startswith("• ")]
    assert shown == [f"• Story {number:02}" for number in range(24) if number != 2]


async def test_what_evidence_disproves_is_still_in_doubt_where_an_attempt_before_may_have_arrived(
    room: Newsroom,
) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    room.telegram.faults.add("reset", method="sendMessage", count=1)
    for _ in range(2):
        await room.worker.run_until_idle()
        room.clock.move(minutes=1)
    post = await room.row(rosa)
    assert (post.state, post.attempts) == (DeliveryState.UNCERTAIN, 2)
    await doubts.disprove(room.db, post.id)
    await articles.withdraw(room.db, article_id)
    await plan_changes(room.db)
    assert (await room.rows(rosa))[0].state is DeliveryState.UNCERTAIN


async def test_what_somebody_had_sent_again_is_cancelled_when_it_is_withdrawn_first(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    article_id = await room.announce("Wrong")
    room.telegram.faults.add("reset", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    assert await outbox.send_again(room.db, (await room.row(channel)).id)
    await articles.withdraw(room.db, article_id)
    await room.worker.run_until_idle()
    post = await room.row(channel)
    assert (post.state, post.error) == (DeliveryState.CANCELLED, "withdrawn")


async def test_the_first_part_of_a_digest_follows_what_was_withdrawn_before_the_second_went(room: Newsroom) -> None:
    channel = room.scene.channel.id
    worker = Worker(room.db, room.bot, english, clock=room.clock, merging=Merging(burst=5))
    await room.subscribe(channel)
    ids = [await room.announce(f"Story {number:02}", summary="word " * 40) for number in range(24)]
    room.clock.move(minutes=1)
    part = room.telegram.faults.add("slow", method="sendMessage", delay=0, count=1)  # the first, and the second …
    room.telegram.faults.add("flood", method="sendMessage", count=1, retry_after=3)
    await worker.step()
    assert part.fired
    assert len(room.posts(channel)) == 1
    await articles.withdraw(room.db, ids[2])
    await plan_changes(room.db)
    room.clock.move(seconds=10)
    await worker.run_until_idle()
    room.clock.move(minutes=1)
    await worker.run_until_idle()
    shown = [line for post in room.posts(channel) for line in (post.text or "").split("\n") if line.startswith("• ")]
    assert shown == [f"• Story {number:02}" for number in range(24) if number != 2]
    assert await effect(room, channel, f"recall:{ids[2]}") == (DeliveryState.SENT, Effect.CHANGED, "")
