"""What is withdrawn between two attempts: nothing more is sent, and what may stand there already is not forgotten."""

from bot.delivery.plan import plan_changes
from bot.delivery.worker import Worker
from bot.model import DeliveryState, Effect
from bot.store import articles, doubts, outbox
from bot.store.merging import Merging
from tests.delivery.conftest import Newsroom, english
from tests.delivery.test_edit import effect


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
