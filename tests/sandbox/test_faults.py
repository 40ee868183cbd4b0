"""Faults on demand, seen on the wire."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.sandbox.faults import Faults
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api


async def raw(api: Api, chat_id: int) -> bytes:
    """All bytes that come back for one sendMessage, until the other side closes."""
    host, port = api.url.removeprefix("http://").split(":")
    stream, writer = await asyncio.open_connection(host, int(port))
    body = f"chat_id={chat_id}&text=hello".encode()
    head = (
        f"POST /bot{api.token}/sendMessage HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    received = await asyncio.wait_for(stream.read(), 5)
    writer.close()
    await writer.wait_closed()
    return received


async def test_a_lost_answer_has_its_effect_and_no_byte_of_reply(api: Api, reader: int, telegram: Telegram) -> None:
    telegram.faults.add("lost_answer", count=1)
    before = len(telegram.messages(reader))
    assert await raw(api, reader) == b""
    assert len(telegram.messages(reader)) == before + 1
    telegram.faults.add("lost_answer", count=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.call("sendMessage", chat_id=reader, text="x")
    assert b"200 OK" in await raw(api, reader)


async def test_a_reset_has_no_effect_and_no_reply(api: Api, reader: int, telegram: Telegram) -> None:
    telegram.faults.add("reset", count=1)
    before = len(telegram.messages(reader))
    assert await raw(api, reader) == b""
    assert len(telegram.messages(reader)) == before
    assert telegram.calls[-1].fault == "reset"


@pytest.mark.parametrize(
    ("kind", "options", "code", "description", "effect"),
    [
        ("flood", {"retry_after": 7}, 429, "Too Many Requests: retry after 7", 0),
        ("forbidden", {"text": "user is deactivated"}, 403, "Forbidden: user is deactivated", 0),
        ("bad_request", {"text": "TOPIC_CLOSED"}, 400, "Bad Request: TOPIC_CLOSED", 0),
        ("server_error", {"status": 500}, 500, "Internal Server Error", 0),
        ("server_error_after", {}, 502, "Bad Gateway", 1),
    ],
)
async def test_a_rule_makes_the_call_go_wrong(
    api: Api,
    reader: int,
    telegram: Telegram,
    kind: str,
    options: dict[str, object],
    code: int,
    description: str,
    effect: int,
) -> None:
    telegram.faults.add(kind, count=1, **options)  # type: ignore[arg-type]
    before = len(telegram.messages(reader))
    answer = await api.call("sendMessage", chat_id=reader, text="x")
    assert (answer["error_code"], answer["description"]) == (code, description)
    assert answer.get("parameters") == ({"retry_after": 7} if kind == "flood" else None)
    assert len(telegram.messages(reader)) == before + effect
    await api.get("sendMessage", chat_id=reader, text="x")


async def test_a_slow_call_goes_well_in_the_end(api: Api, reader: int, telegram: Telegram) -> None:
    telegram.faults.add("slow", delay=0.05)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await api.get("sendMessage", chat_id=reader, text="x")
    assert loop.time() - began >= 0.05


async def test_a_late_answer_comes_after_the_effect(api: Api, reader: int, telegram: Telegram) -> None:
    telegram.faults.add("slow_answer", count=1, delay=30)
    before = len(telegram.messages(reader))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api.call("sendMessage", chat_id=reader, text="x"), 0.5)
    assert len(telegram.messages(reader)) == before + 1


async def test_a_garbled_answer_is_a_200_that_nobody_can_read(api: Api, reader: int, telegram: Telegram) -> None:
    telegram.faults.add("garbled", count=1)
    before = len(telegram.messages(reader))
    assert (await raw(api, reader)).endswith(b'{"ok":true,"resu')
    assert len(telegram.messages(reader)) == before + 1


async def test_a_rule_is_for_its_method_and_its_chat(
    api: Api, reader: int, channel: int, scene: Scene, telegram: Telegram
) -> None:
    telegram.faults.add("forbidden", method="sendmessage", chat_id=channel)
    await api.get("sendMessage", chat_id=reader, text="x")
    await api.get("getChat", chat_id=channel)
    assert not (await api.call("sendMessage", chat_id="@harbour_news", text="x"))["ok"]
    telegram.faults.clear()
    await api.get("sendMessage", chat_id=channel, text="x")


def test_probability_and_count_bound_how_often_a_rule_strikes() -> None:
    faults = Faults()
    half = faults.add("reset", probability=0.5)
    struck = [faults.strike("sendMessage", 1) for _ in range(1000)]
    assert 400 < sum(fault is half for fault in struck) < 600
    faults.clear()
    faults.add("reset", count=3)
    assert sum(faults.strike("sendMessage", 1) is not None for _ in range(10)) == 3
    assert faults.strike("getUpdates", None) is None
    with pytest.raises(ValueError, match="is not a valid FaultKind"):
        faults.add("earthquake")
