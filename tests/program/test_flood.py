"""Flood control: one chat that must wait costs nobody else anything; many at once slow down the bot as a whole."""

from pathlib import Path

import pytest

from bot.delivery.worker import WIDTH
from bot.model import Mode
from bot.sandbox.nouns import Chat
from bot.store import floods, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import posts

ROUNDS = 3


async def channels(program: Program, count: int) -> list[Chat]:
    """Channels that get each article at once."""
    chiara = program.scene.chiara
    made = [program.telegram.add_channel(chiara, f"Pier {number}") for number in range(count)]
    for channel in made:
        program.telegram.people.add_bot(chiara, channel.id, program.scene.bot)
    await program.idle()
    for channel in made:
        await subscriptions.add(program.app.db, channel.id, 0, Mode.INSTANT)
    return made


async def calls_until_all_have_theirs(folder: Path, retry_after: int) -> tuple[list[int], list[int]]:
    """The channels that were posted to, in order, by number; and those that have every article in the end."""
    async with Program(folder) as program:
        made = await channels(program, 50)
        number_of = {channel.id: number for number, channel in enumerate(made)}
        if retry_after:
            program.telegram.faults.add("flood", chat_id=made[0].id, retry_after=retry_after)
        before = len(program.telegram.calls)
        for number in range(ROUNDS):
            await program.publish(f"Story {number}")
        await program.run_jobs()
        calls = [number_of[int(call.params["chat_id"])] for call in program.telegram.calls[before:]]
        complete = [n for n, channel in enumerate(made) if len(posts(program, channel)) == ROUNDS]
        return calls, complete


async def test_one_chat_that_must_wait_600_seconds_leaves_49_others_as_without_it(tmp_path: Path) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    calls, complete = await calls_until_all_have_theirs(tmp_path / "with", retry_after=600)
    assert complete == list(range(1, 50))
    assert calls.count(0) == 1, "it is asked once, and not again while it waits"
    others, _ = await calls_until_all_have_theirs(tmp_path / "without", retry_after=0)
    assert len(calls) - 1 == len(others) - ROUNDS == 49 * ROUNDS, "no call more than without it"


async def test_several_chats_at_once_make_the_bot_wait_also_after_a_restart_and_then_all_get_theirs(
    program: Program,
) -> None:
    made = await channels(program, WIDTH + 30)
    fault = program.telegram.faults.add("flood", method="sendMessage", retry_after=20)
    await program.publish("Story")
    await program.run_jobs()
    assert fault.fired <= WIDTH, "those that were not under way did not even try"
    program.telegram.faults.clear()
    program.clock.move(seconds=10)
    await program.run_jobs()
    await program.stop_bot()
    await program.start_bot()
    assert 0 in await floods.waits(program.app.db), "the bot as a whole"
    await program.run_jobs()
    assert all(posts(program, channel) == [] for channel in made)
    rosa = program.scene.rosa
    assert "Story" in ((await program.ask(rosa, "/latest")).text or ""), "people are answered meanwhile"
    program.clock.move(seconds=12)
    await program.run_jobs()
    assert all(len(posts(program, channel)) == 1 for channel in made)


async def test_a_chat_that_a_reply_was_told_to_wait_for_is_left_alone_also_after_a_restart(program: Program) -> None:
    [channel] = await channels(program, 1)
    rosa = program.scene.rosa
    await program.start(rosa)
    await subscriptions.add(program.app.db, rosa.id, 0, Mode.INSTANT)
    fault = program.telegram.faults.add("flood", chat_id=rosa.id, retry_after=60)
    program.telegram.people.send(rosa, rosa.id, "/help")
    await program.until(lambda: fault.fired > 0)
    await program.idle()
    await program.stop_bot()
    await program.start_bot()
    await program.publish("Story")
    await program.run_jobs()
    assert fault.fired == 1
    assert len(posts(program, channel)) == 1
    program.telegram.faults.clear()
    program.clock.move(seconds=62)
    await program.run_jobs()
    assert "Story" in program.shown(rosa.id)[-1]


async def test_the_log_says_now_and_then_what_was_delivered_and_how_often_telegram_told_to_wait(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    [channel] = await channels(program, 1)
    program.telegram.faults.add("flood", chat_id=channel.id, retry_after=60, count=1)
    await program.publish("First")
    await program.run_jobs()
    program.clock.move(seconds=62)
    with caplog.at_level("INFO", logger="bot.app"):
        await program.run_jobs()
        await program.run_jobs()
    told = [record.getMessage() for record in caplog.records if "in five minutes" in record.getMessage()]
    assert told[0].startswith("in five minutes: flood_waits=1 post_again=1")
    assert any("post_sent=1" in line for line in told)
