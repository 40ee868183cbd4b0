"""What may have arrived: evidence sends it again, else a person is asked, else it expires. Nothing is there twice."""

import random
from datetime import timedelta

import pytest

from bot.delivery import doubts, notices
from bot.delivery.evidence import HOPE, QUIET, Seen
from bot.model import DeliveryState, Mode, NoticeKind, Schedule
from bot.render.digest import ITEMS_LIMIT
from bot.sandbox.faults import FaultKind
from bot.sandbox.nouns import Event
from bot.store import chats, deliveries, digests, outbox, subscriptions
from bot.store import doubts as store
from bot.store.doubts import UNKNOWN
from tests.delivery.conftest import Newsroom, english
from tests.store.samples import add_digest

LOST, NEVER = FaultKind.LOST_ANSWER, FaultKind.RESET


async def doubt(room: Newsroom, fault: FaultKind, *, first: str = "Before", title: str = "Doubtful") -> int:
    """A channel that has got one post, and then one of which nobody knows."""
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce(first)
    await room.worker.run_until_idle()
    await lose(room, fault, title)
    return channel


async def lose(room: Newsroom, fault: FaultKind, title: str) -> None:
    room.telegram.faults.add(fault, method="sendMessage", chat_id=room.scene.channel.id, count=1)
    await room.announce(title)
    await room.worker.run_until_idle()


async def states(room: Newsroom) -> list[DeliveryState]:
    return [row.state for row in await room.rows(room.scene.channel.id)]


async def asked(room: Newsroom) -> list[str]:
    """What Chiara has been asked."""
    chiara = room.scene.chiara
    room.telegram.people.start(chiara, room.scene.bot)
    await chats.mark_started(room.db, chiara.id)
    await doubts.ask_due(room.db, room.clock)
    await notices.send_due(room.db, room.bot, english, key=b"k" * 32, schedule=Schedule())
    return [post.text or "" for post in room.posts(chiara.id)]


async def test_the_next_post_a_minute_later_proves_that_it_is_missing_and_it_goes_out_again(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    room.clock.move(seconds=60)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Before", "After", "Doubtful"]
    assert await states(room) == [DeliveryState.SENT] * 3
    assert [row.attempts for row in await room.rows(channel)] == [1, 1, 1], "the disproved attempt is not counted"
    room.clock.move(minutes=30)
    assert await asked(room) == []


async def test_what_stands_there_is_never_sent_again_by_the_bot(room: Newsroom) -> None:
    channel = await doubt(room, LOST)
    for number in range(3):
        room.clock.move(minutes=2)
        await room.announce(f"After {number}")
        await room.worker.run_until_idle()
    assert room.titles(channel).count("Doubtful") == 1
    assert (await states(room))[1] is DeliveryState.UNCERTAIN


async def test_a_busy_channel_keeps_its_evidence_over_the_posts_of_the_first_minute(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    for number in range(4):
        room.clock.move(seconds=25)
        await room.announce(f"After {number}")
        await room.worker.run_until_idle()
    assert room.titles(channel) == ["Before", "After 0", "After 1", "After 2", "Doubtful", "After 3"]


async def test_two_in_doubt_at_once_both_go_out_again_in_their_order(room: Newsroom) -> None:
    channel = await doubt(room, NEVER, title="One")
    await lose(room, NEVER, "Two")
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Before", "After", "One", "Two"]


async def test_one_that_arrived_beside_one_that_did_not_leaves_both_in_doubt(room: Newsroom) -> None:
    channel = await doubt(room, NEVER, title="Missing")
    await lose(room, LOST, "There")
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Before", "There", "After"]
    assert (await states(room))[1:3] == [DeliveryState.UNCERTAIN] * 2


async def test_what_a_person_posts_a_minute_later_is_proof_too(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    room.clock.move(seconds=61)
    post = room.telegram.people.send(room.scene.chiara, channel, "Good morning")
    assert await doubts.note(room.db, channel, Seen(post.id, room.clock())) == 1
    await room.worker.run_until_idle()
    assert room.titles(channel)[-1] == "Doubtful"


async def test_what_a_person_posted_before_is_where_evidence_begins(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    post = room.telegram.people.send(room.scene.chiara, channel, "Good morning")
    await doubts.note(room.db, channel, Seen(post.id, room.clock()))
    await lose(room, NEVER, "Doubtful")
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel)[-2:] == ["After", "Doubtful"]


async def test_a_post_that_nobody_told_of_leaves_it_in_doubt(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    room.telegram.people.send(room.scene.chiara, channel, "The bot does not hear of this")
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert "Doubtful" not in room.titles(channel)
    assert (await states(room))[1] is DeliveryState.UNCERTAIN


async def test_a_crash_in_flight_is_settled_by_evidence_as_well(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce("Before")
    await room.worker.run_until_idle()
    await room.announce("Doubtful")
    await room.claim_and_crash()
    room.clock.move(hours=1)
    await deliveries.recover(room.db)
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Before", "After", "Doubtful"]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_goes_wrong_a_channel_has_no_post_twice_and_misses_none_that_counts_as_sent(
    room: Newsroom, seed: int
) -> None:
    """Lost answers, resets, crashes, people's posts that are told of or not, at random: P1 and P3 hold."""
    chance, channel = random.Random(seed), room.scene.channel.id
    await room.subscribe(channel)
    wanted, settled_by_evidence = [], 0
    for number in range(40):
        for fault in (LOST, NEVER, FaultKind.SERVER_ERROR, FaultKind.SERVER_ERROR_AFTER):
            room.telegram.faults.add(fault, method="sendMessage", probability=0.08, count=1)
        wanted.append(f"Story {number}")
        await room.announce(wanted[-1])
        if chance.random() < 0.1:
            await room.claim_and_crash()  # before its first byte left
            await deliveries.recover(room.db)
        before = sum(state is DeliveryState.UNCERTAIN for state in await states(room))
        await room.worker.run_until_idle()
        settled_by_evidence += before > sum(state is DeliveryState.UNCERTAIN for state in await states(room))
        room.clock.move(seconds=chance.choice([0, 5, 61, 600]))
        if chance.random() < 0.2:
            post = room.telegram.people.send(room.scene.chiara, channel, f"Good morning {number}")
            if chance.random() < 0.7:
                await doubts.note(room.db, channel, Seen(post.id, room.clock()))
        room.telegram.faults.clear()
    titles = room.titles(channel)
    assert max(map(titles.count, titles)) == 1
    rows = {row.article_id: row.state for row in await room.rows(channel)}
    assert set(rows.values()) <= {DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.PENDING}
    for article_id, title in enumerate(wanted, 1):
        assert rows[article_id] is not DeliveryState.SENT or title in titles
        assert rows[article_id] is not DeliveryState.PENDING or title not in titles
    assert settled_by_evidence, "or this has tested nothing"


async def long_digest(room: Newsroom) -> int:
    """A digest of two messages is due in the channel, which has had a post before."""
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("Before")
    await room.worker.run_until_idle()
    ids = [await room.announce(f"Item {number}") for number in range(ITEMS_LIMIT + 1)]
    for row in await room.rows(channel):
        await outbox.drop(room.db, row.id)
    await add_digest(room.db, subscription, room.clock().date(), 0, ids, 99)
    return channel


async def lose_second_part(room: Newsroom, fault: FaultKind) -> None:
    """The digest's first message is answered, its second one is not."""

    def strike(event: Event) -> None:
        if event.kind == "message" and not room.telegram.faults.rules:
            room.telegram.faults.add(fault, method="sendMessage", count=1)

    room.telegram.listen(strike)
    await room.worker.run_until_idle()


async def test_of_a_digest_in_two_messages_only_the_missing_one_goes_out_again(room: Newsroom) -> None:
    channel = await long_digest(room)
    await lose_second_part(room, NEVER)
    digest = (await room.rows(channel))[-1]
    assert (digest.state, len(digest.message_ids)) == (DeliveryState.UNCERTAIN, 1)
    room.clock.move(seconds=61)
    await room.announce("After")
    await room.worker.run_until_idle()
    posts = [post.text or "" for post in room.posts(channel)]
    assert [sum(f"Item {number}\n" in text + "\n" for text in posts) for number in (0, ITEMS_LIMIT)] == [1, 1]
    digest = await deliveries.get(room.db, digest.id)
    assert (digest.state, len(digest.message_ids)) == (DeliveryState.SENT, 2)


async def test_that_the_first_message_of_a_digest_arrived_sends_the_second(room: Newsroom) -> None:
    channel = await long_digest(room)
    room.telegram.faults.add(LOST, method="sendMessage", count=1)
    await room.worker.run_until_idle()
    digest = (await room.rows(channel))[-1]
    assert digest.state is DeliveryState.UNCERTAIN
    assert await store.settle(room.db, channel, digest.id, digest.id, arrived=True) == 1
    await room.worker.run_until_idle()
    posts = [post.text or "" for post in room.posts(channel)]
    assert [sum(f"Item {number}\n" in text + "\n" for text in posts) for number in (0, ITEMS_LIMIT)] == [1, 1]
    digest = await deliveries.get(room.db, digest.id)
    assert (digest.state, digest.message_ids) == (DeliveryState.SENT, (UNKNOWN, room.posts(channel)[-1].id))


async def test_who_connected_the_channel_is_asked_once_about_all_that_is_in_doubt(room: Newsroom) -> None:
    await doubt(room, LOST, title="One")
    await lose(room, LOST, "Two")
    room.clock.move(seconds=61)
    assert await asked(room) == [], "the next post may tell"
    room.clock.now += HOPE - QUIET
    [question] = await asked(room)
    assert "Harbour News" in question
    assert "One" in question
    assert "Two" in question
    room.clock.move(hours=1)
    assert len(await asked(room)) == 1


async def test_where_ids_tell_nothing_any_more_the_question_comes_after_a_minute(room: Newsroom) -> None:
    channel = await doubt(room, LOST)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert "After" in room.titles(channel)
    room.clock.move(seconds=61)
    assert len(await asked(room)) == 1


async def test_a_question_that_has_answered_itself_is_not_asked(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    room.clock.now += HOPE
    await doubts.ask_due(room.db, room.clock)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(channel)[-1] == "Doubtful"
    assert await asked(room) == []


async def test_a_person_is_asked_about_their_own_chat(room: Newsroom) -> None:
    rosa = room.scene.rosa
    room.telegram.people.start(rosa, room.scene.bot)
    await room.subscribe(rosa.id)
    room.telegram.faults.add(LOST, method="sendMessage", chat_id=rosa.id, count=2)
    await room.announce("First")
    for _ in range(3):
        await room.worker.run_until_idle()
        room.clock.move(minutes=1)
    await doubts.ask_due(room.db, room.clock)
    await notices.send_due(room.db, room.bot, english, key=b"k" * 32, schedule=Schedule())
    assert "whether it is here" in (room.posts(rosa.id)[-1].text or "")


@pytest.mark.parametrize("hours", [23, 25])
async def test_a_doubt_expires_after_a_day_and_no_digest_repeats_it(room: Newsroom, hours: int) -> None:
    channel = await doubt(room, LOST)
    room.clock.move(hours=hours)
    assert await doubts.expire(room.db, room.clock, timedelta(days=1)) == (1 if hours > 24 else 0)
    row = (await room.rows(channel))[1]
    assert row.state is (DeliveryState.EXPIRED if hours > 24 else DeliveryState.UNCERTAIN)
    assert room.titles(channel) == ["Before", "Doubtful"]
    daily = await room.subscribe(channel, mode=Mode.DIGEST)
    await room.db.execute("UPDATE subscription SET started_seq = 0 WHERE id = :id", {"id": daily.id})
    assert await digests.waiting(room.db, await subscriptions.get(room.db, daily.id), 10) == []


async def test_asked_again_after_a_second_doubt(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    row = (await room.rows(channel))[1]
    room.clock.now += HOPE
    assert len(await asked(room)) == 1
    assert await store.settle(room.db, channel, row.id, row.id, arrived=False) == 1
    room.telegram.faults.add(LOST, method="sendMessage", chat_id=channel, count=1)
    await room.worker.run_until_idle()
    assert (await deliveries.get(room.db, row.id)).state is DeliveryState.UNCERTAIN
    room.clock.now += HOPE
    assert len(await asked(room)) == 2


async def test_what_was_dropped_by_hand_is_settled(room: Newsroom) -> None:
    channel = await doubt(room, LOST)
    row = (await room.rows(channel))[1]
    assert await outbox.drop(room.db, row.id)
    assert not await outbox.send_again(room.db, row.id)
    assert not await outbox.drop(room.db, row.id)
    assert await store.settle(room.db, channel, row.id, row.id, arrived=False) == 0


async def test_an_upgraded_group_takes_no_evidence_along(room: Newsroom) -> None:
    channel = await doubt(room, NEVER)
    await chats.migrate(room.db, channel, room.scene.group.id)
    assert await store.of_chat(room.db, room.scene.group.id) == []
    assert [each.after_id for each in await store.unasked(room.db)] == [None]


async def test_nobody_to_ask_leaves_it_to_the_outbox(room: Newsroom) -> None:
    await doubt(room, LOST)
    await room.db.execute("UPDATE chat SET connected_by = NULL")
    room.clock.now += HOPE
    await doubts.ask_due(room.db, room.clock)
    kinds = [row["kind"] for row in await room.db.read("SELECT kind FROM notice")]
    assert NoticeKind.DELIVERY_UNCERTAIN not in kinds
    assert [item.title for item in await outbox.troubled(room.db, 9)] == ["Doubtful"]
    assert timedelta(0) < room.clock() - (await outbox.troubled(room.db, 9))[0].since
