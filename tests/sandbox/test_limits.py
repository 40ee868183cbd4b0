"""Flood control: by chat, by minute, over all chats; it can be switched off."""

from __future__ import annotations

from bot.sandbox.limits import FloodControl
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.clock import HandClock
from tests.sandbox.conftest import Api


async def test_flood_control_delays_one_chat_and_no_other(
    api: Api, reader: int, clock: HandClock, scene: Scene, telegram: Telegram
) -> None:
    telegram.people.start(scene.owen, scene.bot)
    telegram.flood.enabled = True
    for _ in range(telegram.flood.burst):
        await api.get("sendMessage", chat_id=reader, text="x")
    answer = await api.call("sendMessage", chat_id=reader, text="x")
    assert answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    await api.get("sendMessage", chat_id=scene.owen.id, text="x")
    clock.move(seconds=1)
    await api.get("sendMessage", chat_id=reader, text="x")
    assert not (await api.call("sendMessage", chat_id=reader, text="x"))["ok"]
    telegram.flood.enabled = False
    await api.get("sendMessage", chat_id=reader, text="x")


def test_a_channel_takes_twenty_messages_a_minute(clock: HandClock) -> None:
    flood = FloodControl()
    for _ in range(20):
        assert flood.retry_after(1, -5, clock()) == 0
        clock.move(seconds=1.5)
    wait = flood.retry_after(1, -5, clock())
    assert wait == 30
    clock.move(seconds=wait)
    assert flood.retry_after(1, -5, clock()) == 0


def test_a_channel_in_flood_wait_is_told_the_truth(clock: HandClock) -> None:
    flood = FloodControl()
    asked = 0
    while asked < 200:
        wait = flood.retry_after(1, -5, clock())
        if wait:
            clock.move(seconds=wait)
            assert flood.retry_after(1, -5, clock()) == 0
        asked += 1


def test_thirty_messages_a_second_go_out_over_all_chats(clock: HandClock) -> None:
    flood = FloodControl()
    assert [flood.retry_after(1, chat, clock()) for chat in range(1, 32)] == [0] * 30 + [1]
    assert flood.retry_after(2, 1, clock()) == 0  # another bot
    assert flood.retry_after(1, 31, clock(), paid=True) == 0
    clock.move(seconds=1)
    assert flood.retry_after(1, 31, clock()) == 0


def test_an_album_counts_as_many_messages(clock: HandClock) -> None:
    flood = FloodControl()
    assert flood.retry_after(1, -5, clock(), messages=10) == 0
    assert flood.retry_after(1, -5, clock()) > 0
