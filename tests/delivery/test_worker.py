"""Deliveries from the announcement to Telegram and back to the ledger, also when Telegram or the bot fails."""

import asyncio
from datetime import timedelta

import pytest

from bot.delivery import send
from bot.delivery.pace import Pacer
from bot.delivery.plan import plan
from bot.delivery.retry import Policies, Policy
from bot.delivery.worker import Worker
from bot.errors import PaperboyError
from bot.metrics import Metrics
from bot.model import ChatKind, ChatState, DeliveryState, Mode, NoticeKind, Role
from bot.render.post import post as render_post
from bot.sandbox.faults import FaultKind
from bot.sandbox.nouns import Event
from bot.store import articles, chats, deliveries, maintainers, subscriptions
from bot.store.db import Database
from tests.delivery.conftest import Newsroom, english
from tests.faults import Gate
from tests.store.samples import add_digest


async def notices_of(db: Database) -> list[tuple[int, str]]:
    rows = await db.read("SELECT person_id, kind FROM notice ORDER BY id")
    return [(row["person_id"], row["kind"]) for row in rows]


async def test_an_announced_article_is_posted_once_in_every_destination_in_order(room: Newsroom) -> None:
    places = [room.scene.channel.id, room.scene.group.id, room.scene.rosa.id]
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    for chat_id in places:
        await room.subscribe(chat_id)
    for title in ("First", "Second", "Third"):
        await room.announce(title)
    await room.worker.run_until_idle()
    await room.worker.run_until_idle()
    for chat_id in places:
        assert room.titles(chat_id) == ["First", "Second", "Third"]
        rows = await room.rows(chat_id)
        assert [row.state for row in rows] == [DeliveryState.SENT] * 3
        assert [row.message_ids for row in rows] == [(post.id,) for post in room.posts(chat_id)]


async def test_what_was_announced_before_a_subscription_is_never_sent_to_it(room: Newsroom) -> None:
    await room.announce("Before")
    await room.subscribe(room.scene.channel.id)
    await room.announce("After")
    await room.worker.run_until_idle()
    assert room.titles(room.scene.channel.id) == ["After"]


async def test_the_row_is_sending_before_the_request_leaves(room: Newsroom) -> None:
    states: list[str] = []
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce("First")
    room.telegram.listen(lambda event: states.append(event.kind))
    task = asyncio.create_task(room.worker.step())
    while not room.telegram.calls or room.telegram.calls[-1].method != "sendMessage":
        await asyncio.sleep(0.001)
    assert (await room.row()).state in (DeliveryState.SENDING, DeliveryState.SENT)
    await task
    assert (await room.row()).attempts == 1


async def test_flood_control_delays_one_chat_and_no_other(room: Newsroom) -> None:
    slow, quick = room.scene.channel.id, room.scene.group.id
    for chat_id in (slow, quick):
        await room.subscribe(chat_id)
    room.telegram.faults.add(FaultKind.FLOOD, chat_id=slow, retry_after=600, count=1)
    await room.announce("First")
    await room.announce("Second")
    await room.worker.run_until_idle()
    assert room.titles(quick) == ["First", "Second"]
    assert room.titles(slow) == []
    first, second = await room.rows(slow)
    assert (first.state, first.attempts) == (DeliveryState.PENDING, 0), "the attempt is not counted"
    assert timedelta(seconds=600) <= first.not_before - room.clock() <= timedelta(seconds=601)
    assert second.attempts == 0, "nothing overtakes it"


async def test_what_became_of_deliveries_is_counted_and_told_as_news_once(room: Newsroom) -> None:
    for chat_id in (room.scene.channel.id, room.scene.group.id):
        await room.subscribe(chat_id)
    metrics = Metrics()
    worker = Worker(room.db, room.bot, english, clock=room.clock, metrics=metrics)
    room.telegram.faults.add(FaultKind.FLOOD, chat_id=room.scene.channel.id, retry_after=600, count=1)
    await room.announce("First")
    await worker.run_until_idle()
    assert metrics.news() == {"post_again": 1, "post_sent": 1}
    assert metrics.news() == {}
    room.clock.move(seconds=602)
    await worker.run_until_idle()
    assert metrics.news() == {"post_sent": 1}
    assert metrics.counts() == {"post_again": 1, "post_sent": 2}


async def test_after_the_flood_wait_the_chat_goes_on_in_order(room: Newsroom) -> None:
    slow = room.scene.channel.id
    await room.subscribe(slow)
    room.telegram.faults.add(FaultKind.FLOOD, chat_id=slow, retry_after=600, count=1)
    await room.announce("First")
    await room.announce("Second")
    await room.worker.run_until_idle()
    room.clock.move(seconds=602)
    await room.worker.run_until_idle()
    assert room.titles(slow) == ["First", "Second"]


@pytest.mark.parametrize("fault", [FaultKind.LOST_ANSWER, FaultKind.SERVER_ERROR_AFTER, FaultKind.RESET])
async def test_a_channel_holds_what_may_have_arrived_and_goes_on(room: Newsroom, fault: FaultKind) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    room.telegram.faults.add(fault, chat_id=channel, count=1)
    await room.announce("First")
    await room.announce("Second")
    await room.worker.run_until_idle()
    first, second = await room.rows(channel)
    assert (first.state, second.state) == (DeliveryState.UNCERTAIN, DeliveryState.SENT)
    assert first.error
    assert room.scene.bot.token not in first.error
    room.clock.move(days=1)
    await room.worker.run_until_idle()
    assert room.titles(channel).count("First") == (0 if fault is FaultKind.RESET else 1)


async def test_a_person_gets_what_may_have_arrived_once_more_at_most(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    room.telegram.faults.add(FaultKind.LOST_ANSWER, chat_id=rosa)
    await room.announce("First")
    for _ in range(4):
        await room.worker.run_until_idle()
        room.clock.move(minutes=1)
    assert room.titles(rosa) == ["First", "First"]
    assert (await room.row(rosa)).state is DeliveryState.UNCERTAIN


async def test_a_person_whose_answer_was_lost_once_ends_with_the_message_and_a_sent_row(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    room.telegram.faults.add(FaultKind.RESET, chat_id=rosa, count=1)
    await room.announce("First")
    await room.worker.run_until_idle()
    room.clock.move(minutes=1)
    await room.worker.run_until_idle()
    assert room.titles(rosa) == ["First"]
    assert (await room.row(rosa)).state is DeliveryState.SENT


async def test_a_policy_can_be_told_otherwise(room: Newsroom) -> None:
    channel = room.scene.channel.id
    worker = Worker(room.db, room.bot, english, clock=room.clock, policy=Policies(channel=Policy.RESEND))
    await room.subscribe(channel)
    room.telegram.faults.add(FaultKind.RESET, chat_id=channel, count=1)
    await room.announce("First")
    await worker.run_until_idle()
    room.clock.move(minutes=1)
    await worker.run_until_idle()
    assert room.titles(channel) == ["First"]


async def test_a_crash_in_flight_leaves_a_channel_uncertain_and_a_person_one_more_try(room: Newsroom) -> None:
    channel, rosa = room.scene.channel.id, room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(channel)
    await room.announce("First")
    await room.claim_and_crash()
    await room.subscribe(rosa)
    await room.announce("Second")
    await plan(room.db)
    await deliveries.claim(room.db, room.clock(), 10)
    assert await deliveries.recover(room.db, resend=Policies().resend) == 2
    await room.worker.run_until_idle()
    assert [row.state for row in await room.rows(channel)] == [DeliveryState.UNCERTAIN, DeliveryState.SENT]
    assert room.titles(channel) == ["Second"]
    assert room.titles(rosa) == ["Second"]


async def test_telegram_out_of_reach_loses_nothing_and_is_tried_with_back_off(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce("First")
    room.bot._base_url = "http://127.0.0.1:9/bot"  # the discard port: nobody listens
    for _ in range(5):
        await room.worker.run_until_idle()
    row = await room.row()
    assert (row.state, row.attempts) == (DeliveryState.PENDING, 0)
    room.clock.move(minutes=5)
    room.bot._base_url = f"{room.url}/bot{room.scene.bot.token}"
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["First"]


async def test_a_bot_that_lost_its_right_suspends_the_channel_keeps_its_rows_and_tells_who_connected_it(
    room: Newsroom,
) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("First")
    await room.announce("Second")
    room.telegram.people.set_rights(room.scene.chiara, channel, room.scene.bot, {"can_post_messages": False})
    await room.worker.run_until_idle()
    chat = await chats.get(room.db, channel)
    assert (chat.state, chat.reason) == (ChatState.SUSPENDED, "rights")
    assert [(row.state, row.attempts) for row in await room.rows(channel)] == [(DeliveryState.PENDING, 0)] * 2
    assert await notices_of(room.db) == [(room.scene.chiara.id, NoticeKind.CHAT_SUSPENDED)]
    assert await subscriptions.find(room.db, subscription.id) is not None
    room.telegram.people.set_rights(room.scene.chiara, channel, room.scene.bot, {"can_post_messages": True})
    await chats.resume(room.db, channel)
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["First", "Second"]


async def test_a_person_who_blocked_the_bot_is_suspended_and_nobody_is_told(room: Newsroom) -> None:
    rosa = room.scene.rosa
    room.telegram.people.start(rosa, room.scene.bot)
    await room.subscribe(rosa.id)
    room.telegram.people.block(rosa, room.scene.bot)
    await room.announce("First")
    await room.worker.run_until_idle()
    assert (await chats.get(room.db, rosa.id)).reason == "blocked"
    assert await notices_of(room.db) == []


async def test_a_removed_bot_suspends_the_channel(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    room.telegram.people.remove_bot(room.scene.chiara, channel, room.scene.bot)
    await room.announce("First")
    await room.worker.run_until_idle()
    assert (await chats.get(room.db, channel)).reason == "removed"


async def test_a_closed_topic_suspends_that_subscription_only(room: Newsroom) -> None:
    forum, (ferries, market) = room.scene.forum.id, room.scene.topics
    closed = await room.subscribe(forum, topic_id=ferries)
    open_one = await room.subscribe(forum, topic_id=market)
    room.telegram.faults.add(FaultKind.BAD_REQUEST, method="sendMessage", text="TOPIC_CLOSED", count=1)
    await room.announce("First")
    await room.worker.run_until_idle()
    assert (await subscriptions.get(room.db, closed.id)).suspended == "topic"
    assert (await subscriptions.get(room.db, open_one.id)).suspended == ""
    assert (await chats.get(room.db, forum)).state is ChatState.ACTIVE
    assert [(row.topic_id, row.state) for row in await room.rows(forum)] == [
        (ferries, DeliveryState.PENDING),
        (market, DeliveryState.SENT),
    ]
    assert await notices_of(room.db) == [(room.scene.chiara.id, NoticeKind.CHAT_SUSPENDED)]


async def test_an_upgraded_group_gets_its_articles_under_its_new_id(room: Newsroom) -> None:
    group = room.telegram.add_group(room.scene.chiara, "Small group", kind="group")
    await room.subscribe(group.id)
    upgraded = room.telegram.people.upgrade_group(group.id)
    await room.announce("First")
    await room.worker.run_until_idle()
    assert room.titles(upgraded.id) == ["First"]
    assert await chats.find(room.db, group.id) is None
    assert (await chats.get(room.db, upgraded.id)).kind is ChatKind.SUPERGROUP
    assert (await room.row(upgraded.id)).state is DeliveryState.SENT


async def test_refused_content_goes_as_plain_text_without_buttons(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    room.telegram.faults.add(FaultKind.BAD_REQUEST, chat_id=channel, text="can't parse entities: x", count=1)
    await room.announce("First")
    await room.worker.run_until_idle()
    [post] = room.posts(channel)
    assert (post.text or "").startswith("First")
    assert not post.entities
    assert post.reply_markup is None
    assert (await room.row()).state is DeliveryState.SENT


async def test_content_refused_even_as_plain_text_ends_and_maintainers_are_told_and_the_rest_goes_on(
    room: Newsroom,
) -> None:
    channel = room.scene.channel.id
    for person, role in ((room.scene.owen, Role.OWNER), (room.scene.rosa, Role.CONTRIBUTOR)):
        await maintainers.add(room.db, person.id, role)
    await room.subscribe(channel)
    room.telegram.faults.add(FaultKind.BAD_REQUEST, chat_id=channel, text="MESSAGE_SOMETHING_INVALID", count=2)
    await room.announce("First")
    await room.announce("Second")
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Second"]
    assert [row.state for row in await room.rows(channel)] == [DeliveryState.REFUSED, DeliveryState.SENT]
    assert await notices_of(room.db) == [(room.scene.owen.id, NoticeKind.DELIVERY_REFUSED)]


async def test_a_photo_is_posted_and_one_that_telegram_cannot_get_becomes_text_with_a_preview(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    room.telegram.faults.add(FaultKind.BAD_REQUEST, method="sendPhoto", text="failed to get HTTP URL content", count=1)
    image = "https://example.org/photo.jpg"
    await room.announce("First", image_url=image)
    await room.worker.run_until_idle()
    call = next(call for call in room.telegram.calls if call.method == "sendMessage")
    assert image in str(call.params["link_preview_options"])
    [post] = room.posts(channel)
    assert (post.text or "").startswith("First")
    assert post.reply_markup is not None


async def test_a_withdrawn_article_is_not_posted(room: Newsroom) -> None:
    await room.subscribe(room.scene.channel.id)
    article_id = await room.announce("First")
    await plan(room.db)
    await room.db.execute("UPDATE article SET state = 'withdrawn' WHERE id = :id", {"id": article_id})
    await room.worker.run_until_idle()
    row = await room.row()
    assert (row.state, row.error) == (DeliveryState.CANCELLED, "withdrawn")
    assert room.posts(room.scene.channel.id) == []


async def test_what_was_being_tried_when_somebody_unsubscribed_is_not_sent_later(room: Newsroom) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel)
    await room.announce("First")
    delivery = await room.claim_and_crash()
    await subscriptions.remove(room.db, subscription.id)
    await deliveries.again(room.db, delivery.id, room.clock(), counted=False)  # flood control had met it
    await room.worker.run_until_idle()
    assert room.posts(channel) == []
    row = await room.row()
    assert (row.state, row.error) == (DeliveryState.CANCELLED, "unsubscribed")


async def test_a_silent_subscription_makes_no_sound(room: Newsroom) -> None:
    subscription = await room.subscribe(room.scene.channel.id)
    await room.db.execute("UPDATE subscription SET silent = 1 WHERE id = :id", {"id": subscription.id})
    await room.announce("First")
    await room.worker.run_until_idle()
    assert room.telegram.calls[-1].params["disable_notification"] is True


async def test_an_article_that_cannot_be_written_stops_no_other(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = render_post

    def post(article: object, *args: object, **kwargs: object) -> object:
        if getattr(article, "title", "") == "First":
            raise LookupError("a mistake of ours")
        return real(article, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(send, "post", post)
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    await room.announce("Second")
    await room.worker.run_until_idle()
    assert [row.state for row in await room.rows(room.scene.channel.id)] == [DeliveryState.REFUSED, DeliveryState.SENT]


async def test_a_refused_token_stops_sending_and_keeps_the_queue(room: Newsroom) -> None:
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    del room.telegram.bots[room.scene.bot.token]
    with pytest.raises(PaperboyError, match=r"telegram\.token: Telegram refuses it") as caught:
        await asyncio.wait_for(room.worker.run(), 10)
    assert room.scene.bot.token not in str(caught.value)
    row = await room.row()
    assert (row.state, row.attempts) == (DeliveryState.PENDING, 0)


async def test_one_delivery_is_in_flight_a_chat_and_chats_go_side_by_side(room: Newsroom) -> None:
    channels = [room.telegram.add_channel(room.scene.chiara, f"Channel {n}").id for n in range(10)]
    for chat_id in channels:
        await room.subscribe(chat_id)
    await room.announce("First")
    await room.announce("Second")
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived(10)  # none waits for another
    gate.open()
    await sending
    for chat_id in channels:
        assert room.titles(chat_id) == ["First"]


async def test_stopping_claims_no_more_and_waits_for_what_is_in_flight(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce("First")
    await room.announce("Second")
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW)
    running = asyncio.create_task(room.worker.run())
    await gate.arrived()
    stopping = asyncio.create_task(room.worker.stop())
    asyncio.get_running_loop().call_soon(gate.open)  # once it is told to stop
    await stopping
    await running
    assert [row.state for row in await room.rows(channel)] == [DeliveryState.SENT, DeliveryState.PENDING]
    assert room.titles(channel) == ["First"]


async def test_stopping_is_bounded_and_leaves_the_doubt_to_the_next_start(room: Newsroom) -> None:
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW)
    running = asyncio.create_task(room.worker.run())
    await gate.arrived()
    await room.worker.stop(timedelta(seconds=0.05))
    gate.open()
    await running
    assert (await room.row()).state is DeliveryState.SENDING


async def test_what_another_process_announces_is_noticed_within_two_seconds(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    arrived = asyncio.Event()
    running = asyncio.create_task(room.worker.run())
    room.telegram.listen(lambda _: arrived.set())
    await asyncio.sleep(0.05)
    await room.announce("First")
    await asyncio.wait_for(arrived.wait(), 2)
    await room.worker.stop()
    await running


async def test_a_digest_of_several_messages_goes_on_after_the_ones_that_went(room: Newsroom) -> None:
    channel = room.scene.channel.id
    subscription = await room.subscribe(channel, mode=Mode.DIGEST)
    ids = [await room.announce(f"Article {n}", summary="word " * 40) for n in range(60)]
    seq = await articles.last_announced_seq(room.db)
    await add_digest(room.db, subscription, room.clock().date(), 0, ids, seq)

    def flood(_: Event) -> None:
        if not room.telegram.faults.rules:
            room.telegram.faults.add(FaultKind.FLOOD, chat_id=channel, retry_after=60, count=1)

    room.telegram.listen(flood)
    await room.worker.run_until_idle()
    assert len(room.posts(channel)) == 1
    assert (await room.row()).message_ids == (room.posts(channel)[0].id,)
    room.clock.move(seconds=62)
    await room.worker.run_until_idle()
    row = await room.row()
    assert row.state is DeliveryState.SENT
    assert row.message_ids == tuple(post.id for post in room.posts(channel))
    text = "\n".join(post.text or "" for post in room.posts(channel))
    assert [text.count(f"• Article {n}\n") for n in range(60)] == [1] * 60


async def test_a_chat_whose_pace_is_used_up_is_not_claimed_from_and_costs_no_slot(room: Newsroom) -> None:
    pacer = room.bot.rate_limiter
    assert isinstance(pacer, Pacer)
    pacer._per_chat = True
    pacer._clock = lambda: 1000.0
    busy, other = room.scene.channel.id, room.scene.group.id
    await room.subscribe(busy)
    for n in range(5):
        await room.announce(f"Article {n}")
    for _ in range(3):
        assert await room.worker.step() == 1
    await room.subscribe(other)
    await room.announce("Last")
    assert await room.worker.step() == 1
    assert room.titles(other) == ["Last"]
    assert room.titles(busy) == ["Article 0", "Article 1", "Article 2"]
    assert [row.state for row in await room.rows(busy)][3:] == [DeliveryState.PENDING] * 3
    pacer._clock = lambda: 1001.0
    assert await room.worker.step() == 1
    assert room.titles(busy)[-1] == "Article 3"
