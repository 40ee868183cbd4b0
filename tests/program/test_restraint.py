"""Quiet hours and limits: set on their screen, kept by what is posted; the clock is moved."""

from datetime import UTC, datetime

from bot.sandbox.nouns import Message
from bot.store import articles, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import posts
from tests.program.test_settings import opened

# The program's zone is UTC, and it is Monday noon.


async def limits(program: Program) -> Message:
    """The screen, in Chiara's private chat, of her channel's instant subscription."""
    screen = await opened(program)
    await program.tap(program.scene.chiara, screen, "Limits")
    return screen


async def at(program: Program, moment: str) -> list[str]:
    """What stands in the channel at that moment."""
    program.clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    await program.run_jobs()
    return posts(program, program.scene.channel)


async def quiet_nights(program: Program) -> Message:
    screen = await limits(program)
    for label in ("Quiet hours", "22:00", "07:00"):
        await program.tap(program.scene.chiara, screen, label)
    assert "Nothing is sent from 22:00 to 07:00" in (screen.text or "")
    return screen


async def test_what_is_published_at_night_is_one_message_in_the_morning(program: Program) -> None:
    await quiet_nights(program)
    assert await at(program, "2026-03-02T23:00") == []
    await program.publish("First")
    assert await at(program, "2026-03-03T02:00") == []
    await program.publish("Second")
    assert await at(program, "2026-03-03T06:59") == []
    [post] = await at(program, "2026-03-03T07:00")
    assert "First" in post
    assert "Second" in post
    await program.publish("Third")
    assert "Third" in (await at(program, "2026-03-03T07:01"))[1]


async def test_a_night_with_a_restart_in_it_loses_and_repeats_nothing(program: Program) -> None:
    await quiet_nights(program)
    program.clock.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    await program.publish("Only one")
    await program.run_jobs()
    await program.stop_bot()
    program.clock.now = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # two nights later
    await program.start_bot()
    await program.app.worker.run_until_idle()
    assert await at(program, "2026-03-04T23:31") == []
    [post] = await at(program, "2026-03-05T07:00")
    assert post.startswith("Only one")
    assert len(await at(program, "2026-03-05T08:00")) == 1


async def test_edits_and_withdrawals_are_not_held(program: Program) -> None:
    await quiet_nights(program)
    await program.publish("A tyop", url="https://example.org/a")
    mistake = await program.publish("A mistake")
    assert len(await at(program, "2026-03-02T13:00")) == 2
    program.clock.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    await program.publish("A typo", url="https://example.org/a")
    await articles.withdraw(program.app.db, mistake.article_id)
    assert [post.split("\n")[0] for post in await at(program, "2026-03-02T23:01")] == ["A typo"]


async def test_quiet_hours_are_dropped_and_what_waited_goes_at_once_as_one(program: Program) -> None:
    screen = await quiet_nights(program)
    program.clock.now = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    await program.publish("First")
    await program.publish("Second")
    await program.run_jobs()
    await program.tap(program.scene.chiara, screen, "Other quiet hours")
    assert "‹ Back" in program.labels(screen)
    await program.tap(program.scene.chiara, screen, "‹ Back")
    assert "in 8 hours" in (screen.text or "")
    await program.tap(program.scene.chiara, screen, "No quiet hours")
    await program.run_jobs()
    assert len(posts(program, program.scene.channel)) == 1
    assert "it waits" not in (screen.text or "")


async def test_a_daily_cap_and_a_spacing_are_set_and_kept(program: Program) -> None:
    screen = await limits(program)
    await program.tap(program.scene.chiara, screen, "3 a day")
    await program.tap(program.scene.chiara, screen, "30 min")
    assert "At most 3 posts a day" in (screen.text or "")
    assert "At least 30 minutes" in (screen.text or "")
    assert "✓ 3 a day" in program.labels(screen)
    for title in ("First", "Second", "Third"):
        await program.publish(title)
    assert len(await at(program, "2026-03-02T12:00")) == 1
    assert len(await at(program, "2026-03-02T12:29")) == 1
    both = await at(program, "2026-03-02T12:30")
    assert len(both) == 2
    assert "Second" in both[1]
    assert "Third" in both[1]
    await program.publish("Fourth")
    assert len(await at(program, "2026-03-02T14:00")) == 3
    await program.publish("Fifth")
    assert len(await at(program, "2026-03-02T23:59")) == 3
    assert len(await at(program, "2026-03-03T00:00")) == 4
    await program.tap(program.scene.chiara, screen, "No limit")
    await program.tap(program.scene.chiara, screen, "No wait")
    assert "No wait between two posts" in (screen.text or "")


async def test_only_the_chats_admins_set_them(program: Program) -> None:
    screen = await limits(program)
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    answer = await program.tap(program.scene.chiara, screen, "5 a day")
    assert "admin" in (answer.text or "")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    assert one.restraint.daily_cap == 0
