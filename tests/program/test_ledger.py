"""The ledger of a channel: what was sent and why not, links to the posts, and Post again in two steps."""

from dataclasses import replace
from datetime import UTC, datetime, time

from bot.model import Restraint
from bot.sandbox.nouns import Message
from bot.store import articles, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def settings(program: Program) -> Message:
    await connect(program)
    listed = await program.ask(program.scene.chiara, "/channels")
    await program.tap(program.scene.chiara, listed, "Settings")
    return listed


async def test_the_ledger_shows_what_was_sent_page_by_page_with_links(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    await program.tap(chiara, screen, "Ledger")
    assert "Nothing has been sent yet" in (screen.text or "")
    for number in range(1, 11):
        await program.publish(f"Story {number}")
        await program.run_jobs()
    await program.tap(chiara, screen, "‹ Back")
    await program.tap(chiara, screen, "Ledger")
    assert "Settings of Harbour News" in (screen.text or "")
    assert "1. Story 10\nSent" in (screen.text or "")
    links = [entity["url"] for entity in screen.entities if entity["type"] == "text_link"]
    last = program.from_bot(program.scene.channel.id)[-1]
    channel = program.scene.channel
    where = channel.username or f"c/{str(channel.id).removeprefix('-100')}"
    assert links[0] == f"https://t.me/{where}/{last.id}"
    assert len(links) == 8
    await program.tap(chiara, screen, "Older")
    assert "Story 2\n" in (screen.text or "")
    assert "Story 3\n" not in (screen.text or "")
    await program.tap(chiara, screen, "‹ To the newest")
    assert "Story 10\n" in (screen.text or "")


async def test_post_again_asks_and_posts_once_however_often_it_is_tapped(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    await program.publish("Worth it")
    await program.run_jobs()
    await program.tap(chiara, screen, "Ledger")
    await program.tap(chiara, screen, "1")
    await program.tap(chiara, screen, "Post again")
    assert "once more?" in (screen.text or "")
    yes = program.button(screen, "Yes")["callback_data"]
    await program.tap_data(chiara, screen, yes)
    await program.tap_data(chiara, screen, yes)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 2
    assert "Posted again 1 time" in (screen.text or "")
    await program.stop_bot()
    await program.start_bot()
    await program.tap_data(chiara, screen, yes)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 2


async def test_post_again_in_quiet_hours_says_that_it_waits_and_does(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    await program.publish("Worth it")
    await program.run_jobs()
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    night = Restraint(quiet_from=time(22), quiet_until=time(7))
    await subscriptions.change(program.app.db, one.id, lambda old: replace(old, restraint=night))
    program.clock.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    await program.run_jobs()
    for label in ("Ledger", "1", "Post again"):
        await program.tap(chiara, screen, label)
    assert "Now it waits; it goes on in 8 hours" in (screen.text or "")
    await program.tap(chiara, screen, "Yes")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1
    program.clock.now = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 2


async def test_what_failed_says_why_and_what_was_withdrawn_is_not_posted_again(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    where = program.scene.channel.id
    program.telegram.faults.add("bad_request", method="sendMessage", chat_id=where, text="message is too ugly")
    published = await program.publish("Not wanted")
    await program.run_jobs()
    await program.tap(chiara, screen, "Ledger")
    await program.tap(chiara, screen, "1")
    assert "Refused by Telegram" in (screen.text or "")
    assert "It said: Message is too ugly" in (screen.text or "")
    program.telegram.faults.rules.clear()
    again = program.button(screen, "Post again")["callback_data"]
    await articles.withdraw(program.app.db, published.article_id)
    await program.tap_data(chiara, screen, again)
    await program.tap(chiara, screen, "Yes")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == []
    assert "Post again" not in program.labels(screen)


async def test_a_word_of_ours_is_not_put_into_telegrams_mouth(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    await program.publish("Doubtful")
    await program.run_jobs()
    await program.app.db.execute("UPDATE delivery SET state = 'uncertain', error = 'missed', doubt_at = ended_at")
    for label in ("Ledger", "1"):
        await program.tap(chiara, screen, label)
    assert "May have arrived" in (screen.text or "")
    assert "It said" not in (screen.text or "")


async def test_an_edit_of_what_is_in_doubt_says_that_nobody_knows_and_blames_nobody(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    submitted = await program.publish("Doubtful")
    await program.run_jobs()
    await program.app.db.execute(
        "UPDATE delivery SET state = 'uncertain', error = 'interrupted', message_ids = '[]', doubt_at = ended_at"
    )
    await articles.withdraw(program.app.db, submitted.article_id)
    await program.run_jobs()
    for label in ("Ledger", "1"):
        await program.tap(chiara, screen, label)
    assert "Not edited: nobody knows whether the post stands here" in (screen.text or "")
    assert "It said" not in (screen.text or "")


async def test_only_admins_of_the_chat_post_again(program: Program) -> None:
    chiara, screen = program.scene.chiara, await settings(program)
    await program.publish("Worth it")
    await program.run_jobs()
    for label in ("Ledger", "1", "Post again"):
        await program.tap(chiara, screen, label)
    program.scene.channel.members[chiara.id].status = "member"
    answer = await program.tap(chiara, screen, "Yes")
    assert "admin" in (answer.text or "")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1


async def test_who_connected_a_channel_is_told_of_its_week_once_until_they_want_it_no_more(program: Program) -> None:
    chiara = program.scene.chiara
    await connect(program)
    await program.publish("Of the week")
    await program.run_jobs()

    def reports() -> list[Message]:
        return [message for message in program.from_bot(chiara.id) if "The week in" in (message.text or "")]

    async def monday() -> None:
        program.clock.move(days=7)
        await program.stop_bot()
        await program.start_bot()
        await program.run_jobs()
        await program.run_jobs()

    await monday()
    [told] = reports()
    assert "The week in Harbour News" in (told.text or "")
    assert "█▁▁▁▁▁▁ 1 post\n" in (told.text or "")
    await monday()
    assert len(reports()) == 1  # nothing was posted
    await program.tap(chiara, told, "No weekly report")
    await program.publish("Later")
    await program.run_jobs()
    await monday()
    assert len(posts(program, program.scene.channel)) == 2
    assert len(reports()) == 0  # the message says now that there are none
    await program.tap(chiara, told, "Weekly report again")
    assert "On Mondays" in (told.text or "")
    await program.publish("Not hers to read of")
    await program.run_jobs()
    program.scene.channel.members[chiara.id].status = "member"
    await monday()
    assert len(reports()) == 0
    program.scene.channel.members[chiara.id].status = "administrator"
    await monday()
    assert len(reports()) == 0  # it was not kept for her
