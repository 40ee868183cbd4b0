"""How updates reach the bot."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.scene import Scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api


async def test_a_message_comes_as_an_update_with_its_command_marked(api: Api, scene: Scene, telegram: Telegram) -> None:
    telegram.people.start(scene.rosa, scene.bot, "abc")
    (update,) = await api.get("getUpdates")
    message = update["message"]
    assert message["text"] == "/start abc"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["chat"] == {
        "id": scene.rosa.id, "first_name": "Rosa", "username": "rosa_reads", "type": "private"
    }  # fmt: skip
    assert message["from"]["id"] == scene.rosa.id


async def test_updates_come_again_until_the_offset_confirms_them(api: Api, scene: Scene, telegram: Telegram) -> None:
    for word in "abc":
        telegram.people.send(scene.rosa, scene.rosa.id, word)
    first = await api.get("getUpdates")
    assert await api.get("getUpdates") == first
    ids = [update["update_id"] for update in first]
    assert ids == sorted(set(ids))
    assert await api.get("getUpdates", offset=ids[1], limit=1) == [first[1]]
    assert await api.get("getUpdates", offset=ids[2] + 1) == []
    assert await api.get("getUpdates") == []


async def test_a_negative_offset_forgets_all_but_the_last(api: Api, scene: Scene, telegram: Telegram) -> None:
    for word in "abc":
        telegram.people.send(scene.rosa, scene.rosa.id, word)
    updates = await api.get("getUpdates", offset=-1)
    assert [update["message"]["text"] for update in updates] == ["c"]
    assert await api.get("getUpdates") == updates


async def test_a_long_poll_ends_when_something_happens(api: Api, scene: Scene, telegram: Telegram) -> None:
    poll = asyncio.create_task(api.get("getUpdates", timeout=30))
    await _waits(scene)
    telegram.people.send(scene.rosa, scene.rosa.id, "hello")
    updates = await asyncio.wait_for(poll, 5)
    assert [update["message"]["text"] for update in updates] == ["hello"]


async def test_a_second_poller_ends_the_first_with_a_conflict(api: Api, scene: Scene, telegram: Telegram) -> None:
    first = asyncio.create_task(api.call("getUpdates", timeout=30))
    await _waits(scene)
    second = asyncio.create_task(api.call("getUpdates", timeout=30))
    answer = await asyncio.wait_for(first, 5)
    assert answer["error_code"] == 409
    assert answer["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    telegram.people.send(scene.rosa, scene.rosa.id, "hello")
    assert (await asyncio.wait_for(second, 5))["ok"]


async def test_changes_of_members_come_only_when_asked_for(
    api: Api, channel: int, scene: Scene, telegram: Telegram
) -> None:
    telegram.people.join(scene.owen, channel)
    assert await api.get("getUpdates", allowed_updates=["message", "chat_member"]) == []
    telegram.people.leave(scene.owen, channel)
    telegram.people.post(scene.chiara, channel, "not listed, not sent")
    (update,) = await api.get("getUpdates")
    assert update["chat_member"]["new_chat_member"]["status"] == "left"
    await api.get("getUpdates", offset=update["update_id"] + 1, allowed_updates=[])
    telegram.people.join(scene.owen, channel)
    telegram.people.post(scene.chiara, channel, "sent by default")
    (update,) = await api.get("getUpdates")
    assert update["channel_post"]["text"] == "sent by default"


async def test_polling_is_refused_while_a_webhook_is_set(api: Api) -> None:
    await api.get("setWebhook", url="https://example.org/hook", allowed_updates=["message"])
    assert "can't use getUpdates method while webhook is active" in await api.refusal("getUpdates")
    info = await api.get("getWebhookInfo")
    assert (info["url"], info["allowed_updates"]) == ("https://example.org/hook", ["message"])
    await api.get("deleteWebhook")
    assert (await api.get("getWebhookInfo"))["url"] == ""
    assert await api.get("getUpdates") == []


@pytest.mark.parametrize("url", ["http://example.org/hook", "example.org", "ftp://example.org"])
async def test_a_webhook_needs_https(api: Api, url: str) -> None:
    refusal = await api.refusal("setWebhook", url=url)
    assert refusal == "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"


async def test_a_webhook_gets_each_update_once_with_the_secret_and_again_after_a_failure(
    api: Api, scene: Scene, telegram: Telegram
) -> None:
    got: list[tuple[str, Any]] = []
    statuses = iter([500, 200, 200])
    done = asyncio.Event()

    async def hook(request: Request) -> Response:
        update = await request.json()
        got.append((request.headers["x-telegram-bot-api-secret-token"], update["message"]["text"]))
        if len(got) == 3:
            done.set()
        return Response(status_code=next(statuses))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
        receiver = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        serving = asyncio.create_task(receiver.serve([listener]))
        await api.get(
            "setWebhook", url=f"http://127.0.0.1:{listener.getsockname()[1]}/hook", secret_token="s3cret"
        )  # fmt: skip
        telegram.people.send(scene.rosa, scene.rosa.id, "one")
        telegram.people.send(scene.rosa, scene.rosa.id, "two")
        await asyncio.wait_for(done.wait(), 10)
        receiver.should_exit = True
        await serving
    assert got == [("s3cret", "one"), ("s3cret", "one"), ("s3cret", "two")]


async def test_a_stopped_server_ends_long_polls(telegram: Telegram, scene: Scene) -> None:
    async with aiohttp.ClientSession() as http:
        async with Server(telegram) as server:
            poll = asyncio.create_task(Api(http, server.url, scene.bot.token).call("getUpdates", timeout=50))
            await _waits(scene)
        answer = await asyncio.wait_for(poll, 5)
    assert answer == {"ok": True, "result": []}


async def _waits(scene: Scene) -> None:
    for _ in range(500):
        if scene.bot.poll is not None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the poll never began to wait")
