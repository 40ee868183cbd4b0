"""A chat that cannot be sent to loses nothing: who looks after it is told what to mend, and then what it missed."""

from datetime import timedelta

from bot.sandbox.nouns import Message
from bot.store import chats
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def shut_out(program: Program, *titles: str) -> Message:
    """The channel takes away the right to post, and misses these. Returns what Chiara was told."""
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    program.telegram.people.set_rights(chiara, channel.id, bot, {"can_post_messages": False})
    await program.idle()
    for title in titles:
        await program.publish(title)
    await program.run_jobs()
    await program.run_jobs()
    assert posts(program, channel) == []
    return program.from_bot(chiara.id)[-1]


async def let_in(program: Program) -> Message:
    """The right comes back. Returns what Chiara was told."""
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    program.telegram.people.set_rights(chiara, channel.id, bot, {"can_post_messages": True})
    await program.idle()
    await program.run_jobs()
    return program.from_bot(chiara.id)[-1]


async def test_the_admin_is_told_once_which_right_is_missing_with_the_button_that_mends_it(program: Program) -> None:
    await connect(program)
    before = len(program.from_bot(program.scene.chiara.id))
    told = await shut_out(program, "Missed")
    assert "right to post messages" in (told.text or "")
    assert program.button(told, "Give me the right")["url"] == (
        "https://t.me/paperboy_bot?startchannel&admin=post_messages+edit_messages+delete_messages"
    )
    assert len(program.from_bot(program.scene.chiara.id)) == before + 1


async def test_who_adds_the_bot_again_without_the_right_is_told_that(program: Program) -> None:
    await connect(program)
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    program.telegram.people.remove_bot(chiara, channel.id, bot)
    await program.idle()
    await program.run_jobs()
    assert "I have been removed" in (program.from_bot(chiara.id)[-1].text or "")
    program.telegram.people.add_bot(chiara, channel.id, bot, rights={"can_edit_messages": True})
    await program.idle()
    await program.run_jobs()
    told = program.from_bot(chiara.id)[-1]
    assert "right to post messages" in (told.text or "")
    assert "Give me the right" in program.labels(told)


async def test_an_error_of_telegram_tells_the_same_as_a_report_of_it(program: Program) -> None:
    await connect(program)
    text = "need administrator rights in the channel chat"
    program.telegram.faults.add("bad_request", method="sendMessage", chat_id=program.scene.channel.id, text=text)
    await program.publish("Missed")
    await program.run_jobs()
    await program.run_jobs()
    told = program.from_bot(program.scene.chiara.id)[-1]
    assert "Harbour News" in (told.text or "")
    assert "startchannel" in program.button(told, "Give me the right")["url"]


async def test_what_was_missed_is_offered_and_sent_in_order_when_somebody_says_so(program: Program) -> None:
    await connect(program)
    await shut_out(program, "First", "Second")
    card = await let_in(program)
    assert "2 messages were kept back" in (card.text or "")
    assert posts(program, program.scene.channel) == [], "nothing is poured out"
    await program.tap(program.scene.chiara, card, "Send them")
    assert "2 messages are on their way to Harbour News" in (card.text or "")
    await program.run_jobs()
    assert [text.split("\n")[0] for text in posts(program, program.scene.channel)] == ["First", "Second"]


async def test_what_is_new_does_not_wait_for_the_answer(program: Program) -> None:
    await connect(program)
    await shut_out(program, "Missed")
    await let_in(program)
    await program.publish("New")
    await program.run_jobs()
    assert [text.split("\n")[0] for text in posts(program, program.scene.channel)] == ["New"]


async def test_what_is_left_stays_unsent(program: Program) -> None:
    await connect(program)
    await shut_out(program, "Missed")
    card = await let_in(program)
    send = program.button(card, "Send it")["callback_data"]
    await program.tap(program.scene.chiara, card, "Leave it")
    await program.tap_data(program.scene.chiara, card, send)
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    rows = await program.app.db.read("SELECT state, error FROM delivery")
    assert [tuple(row) for row in rows] == [("cancelled", "dropped")]


async def test_only_an_admin_decides_over_what_was_missed(program: Program) -> None:
    await connect(program)
    await shut_out(program, "Missed")
    card = await let_in(program)
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    answer = await program.tap(program.scene.chiara, card, "Send it")
    assert "admin" in (answer.text or "")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []


async def test_who_missed_nothing_is_told_so_in_a_sentence(program: Program) -> None:
    await connect(program)
    await shut_out(program)
    card = await let_in(program)
    assert card.text == "I can send to Harbour News again."
    assert program.labels(card) == []


async def test_a_group_whose_permissions_come_back_goes_on_when_an_admin_sends_subscribe(program: Program) -> None:
    chiara, group, bot = program.scene.chiara, program.scene.group, program.scene.bot
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, group.id, bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
    program.telegram.people.add_bot(chiara, group.id, bot, admin=False)  # a member, as all others are
    await program.idle()
    group.members[chiara.id].anonymous = True  # a bot that is no admin may not ask Telegram who is one
    program.telegram.people.silence(chiara, group.id)
    await program.publish("Missed")
    await program.run_jobs()
    await program.run_jobs()
    assert "I had to stop" in (program.from_bot(chiara.id)[-1].text or "")
    program.telegram.people.silence(chiara, group.id, silenced=False)
    await program.ask(chiara, "/subscribe", group)
    await program.publish("New")
    await program.run_jobs()
    assert posts(program, group)[-1].startswith("New")
    assert "1 message was kept back" in (program.from_bot(chiara.id)[-1].text or "")


async def test_an_admin_can_have_it_tried_again_where_telegrams_report_was_lost(program: Program) -> None:
    await connect(program)
    await chats.suspend(program.app.db, program.scene.channel.id, "rights")
    await program.publish("Missed")
    await program.run_jobs()
    chiara = program.scene.chiara
    listed = await program.ask(chiara, "/channels")
    await program.tap(chiara, listed, "Try again")
    await program.run_jobs()
    assert "1 message was kept back" in (program.from_bot(chiara.id)[-1].text or "")
    await program.publish("New")
    await program.run_jobs()
    assert posts(program, program.scene.channel)[-1].startswith("New")


async def forum_topic(program: Program) -> int:
    """The first topic of the forum gets what is new, and is closed."""
    chiara, forum, (ferries, _) = program.scene.chiara, program.scene.forum, program.scene.topics
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, forum.id, program.scene.bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", forum, topic=ferries), "Instant")
    program.telegram.faults.add("bad_request", method="sendMessage", chat_id=forum.id, text="TOPIC_CLOSED")
    await program.publish("While closed")
    await program.run_jobs()
    await program.publish("Later")
    await program.run_jobs()
    await program.run_jobs()
    assert "While closed" not in " ".join(program.shown(forum.id))
    return ferries


async def notices(program: Program) -> int:
    return len(await program.app.db.read("SELECT id FROM notice WHERE kind = 'chat_suspended'"))


async def test_a_reopened_topic_gets_what_it_missed(program: Program) -> None:
    ferries, forum, chiara = await forum_topic(program), program.scene.forum, program.scene.chiara
    program.telegram.people.close_topic(chiara, forum.id, ferries)
    program.telegram.faults.clear()
    program.telegram.people.reopen_topic(chiara, forum.id, ferries)
    await program.idle()
    await program.run_jobs()
    titles = [text.split("\n")[0] for text in posts(program, forum)]
    assert titles[-2:] == ["While closed", "Later"]
    assert {message.topic for message in program.from_bot(forum.id)} == {ferries}


async def test_a_topic_is_tried_again_now_and_then_and_nobody_is_told_twice(program: Program) -> None:
    await forum_topic(program)
    for _ in range(3):
        program.clock.now += timedelta(hours=1)
        await program.run_jobs()
        await program.run_jobs()
    assert await notices(program) == 1
    program.telegram.faults.clear()
    program.clock.now += timedelta(minutes=59)
    await program.run_jobs()
    assert "While closed" not in " ".join(program.shown(program.scene.forum.id))
    program.clock.now += timedelta(minutes=1)
    await program.run_jobs()
    assert "While closed" in " ".join(program.shown(program.scene.forum.id))


async def test_a_topic_closed_again_after_it_was_open_is_news(program: Program) -> None:
    ferries, forum, chiara = await forum_topic(program), program.scene.forum, program.scene.chiara
    program.telegram.people.reopen_topic(chiara, forum.id, ferries)
    await program.idle()
    await program.run_jobs()
    await program.run_jobs()
    assert await notices(program) == 2
