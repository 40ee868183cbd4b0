"""/outbox shows owners and editors what waits, what is stuck and why, and lets them send it again or drop it."""

from datetime import timedelta

import pytest

from bot.model import Role
from bot.sandbox.nouns import Message
from bot.store import stats
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def outbox(program: Program) -> Message:
    await program.make_maintainer(program.scene.owen)
    return await program.ask(program.scene.owen, "/outbox")


async def troubled(program: Program, title: str, fault: str, **more: object) -> None:
    program.telegram.faults.add(fault, method="sendMessage", chat_id=program.scene.channel.id, **more)  # type: ignore[arg-type]
    await program.publish(title)
    await program.run_jobs()


async def states(program: Program) -> list[str]:
    return [row["state"] for row in await program.app.db.read("SELECT state FROM delivery ORDER BY id")]


async def test_nothing_to_see(program: Program) -> None:
    shown = await outbox(program)
    assert "Nothing needs your attention." in (shown.text or "")
    assert program.labels(shown) == ["Refresh"]


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, None])
async def test_it_is_for_owners_and_editors(program: Program, role: Role | None) -> None:
    await connect(program)
    await troubled(program, "Doubtful", "lost_answer", count=1)
    shown = await outbox(program)
    drop = program.button(shown, "Drop")["callback_data"]
    await program.app.db.execute("DELETE FROM maintainer")
    if role is not None:
        await program.make_maintainer(program.scene.owen, role)
    assert "Only maintainers" in ((await program.ask(program.scene.owen, "/outbox")).text or "")
    answer = await program.tap_data(program.scene.owen, shown, drop)
    assert "Only maintainers" in (answer.text or "")
    assert await states(program) == ["uncertain"]


async def test_it_says_what_is_stuck_where_why_and_for_how_long(program: Program) -> None:
    await connect(program)
    await troubled(program, "Doubtful", "lost_answer", count=1)
    await troubled(program, "Bad", "bad_request", count=2, text="MESSAGE_SOMETHING_INVALID")
    await troubled(program, "Slowed", "flood", count=1, retry_after=600)
    program.clock.now += timedelta(minutes=3)
    text = (await outbox(program)).text or ""
    assert "1. Doubtful → Harbour News\n⚠️ Uncertain, 3 minutes ago: it may have arrived.\n" in text
    assert "2. Bad → Harbour News\n⚠️ Refused, 3 minutes ago.\nMessage_something_invalid" in text
    assert "3. Slowed → Harbour News\nWaits to be tried again.\nflood control: " in text
    figures = await stats.stats(program.app.db)
    assert (figures.outbox.uncertain, figures.outbox.refused, figures.outbox.pending) == (1, 1, 1)
    assert figures.outbox.oldest_seconds == 180
    assert "Message_something_invalid" in figures.errors
    assert len(figures.errors) == 3


async def test_send_again_and_drop(program: Program) -> None:
    await connect(program)
    await troubled(program, "Doubtful", "reset", count=1)
    await troubled(program, "Bad", "bad_request", count=2, text="MESSAGE_SOMETHING_INVALID")
    await troubled(program, "Slowed", "flood", count=1, retry_after=600)
    owen, shown = program.scene.owen, await outbox(program)
    assert program.labels(shown) == ["1. Send again", "1. Drop", "2. Send again", "2. Drop", "3. Drop", "Refresh"]
    await program.tap(owen, shown, "3. Drop")
    await program.tap(owen, shown, "2. Drop")
    await program.tap(owen, shown, "1. Send again")
    program.clock.now += timedelta(seconds=601)  # Telegram has asked that chat to wait
    await program.run_jobs()
    assert await states(program) == ["sent", "cancelled", "cancelled"]
    assert [text.split("\n")[0] for text in posts(program, program.scene.channel)] == ["Doubtful"]
    await program.tap(owen, program.from_bot(owen.id)[-1], "Refresh")
    assert "Nothing needs your attention." in (program.from_bot(owen.id)[-1].text or "")


async def test_suspended_chats_are_shown_with_reason_since_and_what_waits(program: Program) -> None:
    await connect(program)
    people, channel = program.telegram.people, program.scene.channel
    people.set_rights(program.scene.chiara, channel.id, program.scene.bot, {"can_post_messages": False})
    await program.idle()
    for title in ("One", "Two"):
        await program.publish(title)
    await program.run_jobs()
    program.clock.now += timedelta(hours=2)
    text = (await outbox(program)).text or ""
    assert "• Harbour News, for 2 hours: I lack the right to post messages there." in text
    assert "2 wait." in text
    assert (await stats.stats(program.app.db)).suspended_for == {"no_right_to_post": 1}


async def test_what_waits_for_a_closed_topic_or_for_admins_who_paused_makes_no_monitor_wonder(program: Program) -> None:
    await connect(program)
    await troubled(program, "One", "bad_request", count=1, text="TOPIC_CLOSED")
    program.clock.now += timedelta(hours=2)
    figures = (await stats.stats(program.app.db)).outbox
    assert (figures.pending, figures.suspended, figures.oldest_seconds) == (1, 1, 0)
    await program.app.db.execute("UPDATE subscription SET suspended = ''")
    figures = (await stats.stats(program.app.db)).outbox
    assert (figures.pending, figures.suspended, figures.oldest_seconds) == (1, 0, 7200)
    await program.app.db.execute("UPDATE subscription SET paused = 1")
    figures = (await stats.stats(program.app.db)).outbox
    assert (figures.pending, figures.suspended, figures.oldest_seconds) == (1, 0, 0)


async def test_many_come_in_pages(program: Program) -> None:
    await connect(program)
    for number in range(7):
        await troubled(program, f"Doubtful {number}", "lost_answer", count=1)
    owen, shown = program.scene.owen, await outbox(program)
    assert "Doubtful 4" in (shown.text or "")
    assert "Doubtful 5" not in (shown.text or "")
    await program.tap(owen, shown, "Next")
    second = program.from_bot(owen.id)[-1]
    assert "Doubtful 5" in (second.text or "")
    assert "Next" not in " ".join(program.labels(second))


async def test_owners_are_told_which_article_telegram_refused(program: Program) -> None:
    await connect(program)
    owen = program.scene.owen
    await program.make_maintainer(owen)
    await program.start(owen)
    await troubled(program, "Endless", "bad_request", text="message is too long")
    await program.run_jobs()
    [told] = [text for text in program.shown(owen.id) if "Telegram refused" in text]
    assert "“Endless” for Harbour News. It is article 1." in told
    assert "Message is too long" in told
