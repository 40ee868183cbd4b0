"""Channels, groups and people get what is announced: each article once, in order, whatever happens in between."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.nouns import Chat, Message
from tests.delivery.test_send import PNG
from tests.program.harness import Program


async def connect(program: Program, choice: str = "Instant") -> Message:
    """Chiara adds the bot to her channel and taps a button of the card. Returns the card."""
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await program.run_jobs()
    card = program.from_bot(chiara.id)[-1]
    assert "Harbour News" in (card.text or "")
    await program.tap(chiara, card, choice)
    return card


def posts(program: Program, chat: Chat) -> list[str]:
    return [message.text or message.caption or "" for message in program.from_bot(chat.id)]


async def test_instant_pushes_what_is_announced_from_then_on_and_nothing_older(program: Program) -> None:
    await program.publish("Before")
    await connect(program)
    await program.publish("Archive", announce=False)
    await program.publish("First")
    await program.publish("Second")
    await program.run_jobs()
    channel = posts(program, program.scene.channel)
    assert len(channel) == 2
    assert "First" in channel[0]
    assert "Second" in channel[1]
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 2


async def test_not_now_subscribes_nothing(program: Program) -> None:
    await connect(program, "Not now")
    await program.publish("First")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []


async def test_daily_comes_at_nine_in_the_configured_zone_with_what_is_new(program: Program) -> None:
    await connect(program, "Daily")
    await program.publish("First")
    await program.publish("Second")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    program.clock.move(hours=20, minutes=59)  # 08:59 UTC
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    program.clock.move(minutes=2)
    await program.run_jobs()
    [digest] = posts(program, program.scene.channel)
    assert "First" in digest
    assert "Second" in digest
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1
    await program.publish("Third")
    program.clock.move(days=1)
    await program.run_jobs()
    assert "First" not in posts(program, program.scene.channel)[1]
    assert "Third" in posts(program, program.scene.channel)[1]


async def test_the_card_waits_for_start_and_the_channel_gets_nothing_but_articles(program: Program) -> None:
    chiara, channel = program.scene.chiara, program.scene.channel
    program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    await program.run_jobs()
    assert program.from_bot(chiara.id) == []
    assert program.from_bot(channel.id) == []
    await program.start(chiara)
    await program.run_jobs()
    assert "Harbour News" in (program.from_bot(chiara.id)[-1].text or "")
    assert program.from_bot(channel.id) == []


async def test_only_an_admin_of_that_channel_can_use_its_card(program: Program) -> None:
    card = await connect(program, "Not now")
    chiara, channel = program.scene.chiara, program.scene.channel
    listed = await program.ask(chiara, "/channels")
    assert "Harbour News" in (listed.text or "")
    channel.members[chiara.id].status = "member"  # she lost her rights meanwhile
    for label in program.labels(listed):
        if "Add" not in label and "Choose" not in label:
            answer = await program.tap(chiara, listed, label)
    assert "admin" in (answer.text or "")
    assert await program.app.db.read("SELECT id FROM subscription") == []
    assert card.text
    assert "Harbour News" not in ((await program.ask(chiara, "/channels")).text or "")


async def test_channels_pauses_resumes_and_removes_in_two_steps(program: Program) -> None:
    await connect(program)
    chiara = program.scene.chiara
    listed = await program.ask(chiara, "/channels")
    await program.tap(chiara, listed, "Pause")
    await program.publish("While paused")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    await program.tap(chiara, listed, "Resume")
    await program.publish("After")
    await program.run_jobs()
    assert "After" in posts(program, program.scene.channel)[-1]
    await program.tap(chiara, listed, "Remove")
    assert len(await program.app.db.read("SELECT id FROM subscription")) == 1
    await program.tap(chiara, listed, "Yes")
    assert await program.app.db.read("SELECT id FROM subscription") == []
    await program.publish("After removal")
    await program.run_jobs()
    assert "After removal" not in " ".join(posts(program, program.scene.channel))


async def test_in_a_group_only_admins_subscribe_and_everyone_reads(program: Program) -> None:
    rosa, chiara, group = program.scene.rosa, program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    refused = await program.ask(rosa, "/subscribe", group)
    assert "admin" in (refused.text or "")
    menu = await program.ask(chiara, "/subscribe", group)
    stranger = await program.tap(rosa, menu, "Instant")
    assert "admin" in (stranger.text or "")
    assert await program.app.db.read("SELECT id FROM subscription") == []
    await program.tap(chiara, menu, "Instant")
    await program.publish("For the group")
    await program.run_jobs()
    assert "For the group" in posts(program, group)[-1]


async def test_a_forum_topic_is_a_destination_of_its_own(program: Program) -> None:
    chiara, forum = program.scene.chiara, program.scene.forum
    topic = program.scene.topics[0]
    program.telegram.people.add_bot(chiara, forum.id, program.scene.bot)
    await program.idle()
    menu = await program.ask(chiara, "/subscribe", forum, topic=topic)
    assert menu.topic == topic
    await program.tap(chiara, menu, "Instant")
    await program.publish("In the topic")
    await program.run_jobs()
    assert program.from_bot(forum.id)[-1].topic == topic
    assert "In the topic" in (program.from_bot(forum.id)[-1].text or "")


async def test_a_person_subscribes_and_unsubscribes_in_private(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    menu = await program.ask(rosa, "/subscribe")
    await program.tap(rosa, menu, "Instant")
    await program.publish("For Rosa")
    await program.run_jobs()
    assert "For Rosa" in posts(program, program.telegram.private_chat(rosa, program.scene.bot))[-1]
    await program.ask(rosa, "/unsubscribe")
    await program.publish("Too late")
    await program.run_jobs()
    assert "Too late" not in " ".join(program.shown(rosa.id))


async def test_a_block_suspends_keeps_the_settings_and_start_resumes(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    menu = await program.ask(rosa, "/subscribe")
    await program.tap(rosa, menu, "Instant")
    program.telegram.people.block(rosa, program.scene.bot)
    await program.idle()
    await program.publish("Missed")
    await program.run_jobs()
    assert "Missed" not in " ".join(program.shown(rosa.id))
    await program.start(rosa)
    await program.publish("Back again")
    await program.run_jobs()
    assert "Back again" in " ".join(program.shown(rosa.id))
    assert "Missed" not in " ".join(program.shown(rosa.id))
    card = next(message for message in program.from_bot(rosa.id) if "kept back" in (message.text or ""))
    await program.tap(rosa, card, "Send it")
    await program.run_jobs()
    assert sum(text.startswith("Missed") for text in program.shown(rosa.id)) == 1


@pytest.mark.parametrize("unheard", ["", "migrate_to_chat_id", "migrate_from_chat_id", "both"])
async def test_a_group_that_becomes_a_supergroup_keeps_its_subscription(program: Program, unheard: str) -> None:
    """Both chats say that it did; one is enough, and so is Telegram's error."""
    chiara, bot = program.scene.chiara, program.scene.bot
    group = program.telegram.add_group(chiara, "Small", kind="group")
    program.telegram.people.add_bot(chiara, group.id, bot)
    await program.idle()
    menu = await program.ask(chiara, "/subscribe", group)
    await program.tap(chiara, menu, "Instant")
    announce = program.telegram.announce

    def hushed(message: Message, *, edited: bool = False) -> None:
        if unheard != "both" and unheard not in (message.service or {}):
            announce(message, edited=edited)

    program.telegram.announce = hushed  # type: ignore[method-assign]
    upgraded = program.telegram.people.upgrade_group(group.id)
    program.telegram.announce = announce  # type: ignore[method-assign]
    await program.idle()
    assert bool(await program.app.db.read("SELECT 1 FROM chat WHERE id = :id", {"id": group.id})) == (unheard == "both")
    await program.publish("Moved along")
    await program.run_jobs()
    assert "Moved along" in posts(program, upgraded)[-1]


async def test_a_restart_in_the_middle_repeats_nothing_and_loses_nothing(program: Program) -> None:
    await connect(program)
    for number in range(1, 6):
        await program.publish(f"Story {number}")
    for job in program.app.jobs:
        if job.name == "plan":
            await job.run()
    await program.app.worker.step()
    await program.stop_bot()
    await program.start_bot()
    await program.run_jobs()
    titles = [text.split("\n")[0] for text in posts(program, program.scene.channel)]
    assert [title for title in titles if "Story" in title] == [f"Story {number}" for number in range(1, 6)]


async def test_flood_control_delays_one_chat_and_no_other(program: Program) -> None:
    await connect(program)
    rosa = program.scene.rosa
    await program.start(rosa)
    await program.tap(rosa, await program.ask(rosa, "/subscribe"), "Instant")
    program.telegram.faults.add("flood", method="sendMessage", chat_id=program.scene.channel.id, count=1, retry_after=1)
    await program.publish("Under flood control")
    await program.run_jobs()
    assert "Under flood control" in " ".join(program.shown(rosa.id))
    assert posts(program, program.scene.channel) == []
    program.clock.move(seconds=5)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_an_article_with_a_photo_arrives_as_a_photo_and_without_it_when_telegram_cannot_get_it(
    program: Program,
) -> None:
    await connect(program)
    await program.publish("No such picture", image_url="http://127.0.0.1:9/none.jpg")
    await program.run_jobs()
    assert "No such picture" in posts(program, program.scene.channel)[-1]


async def test_a_picture_that_only_the_bot_can_get_arrives_all_the_same(program: Program) -> None:
    await connect(program)

    async def picture(request: web.Request) -> web.Response:
        is_us = request.headers["User-Agent"].startswith("Paperboy")
        return web.Response(body=PNG, content_type="image/png") if is_us else web.Response(status=403)

    site = web.Application()
    site.router.add_get("/a.png", picture)
    async with TestServer(site) as server:
        await program.publish("Behind a wall", image_url=str(server.make_url("/a.png")))
        await program.run_jobs()
    [post] = program.from_bot(program.scene.channel.id)
    assert post.photo is not None
    assert "Behind a wall" in (post.caption or "")
