"""A sandbox over loopback with a clock that is moved, and a client that knows nothing but HTTP and JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox.scene import Scene, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.clock import HandClock


@dataclass
class Api:
    """Calls methods of the Bot API; an answer is Telegram's JSON."""

    http: aiohttp.ClientSession
    url: str
    token: str

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/bot{self.token}/{method}", json=params) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == (200 if body["ok"] else body["error_code"])
            return body

    async def get(self, method: str, **params: Any) -> Any:
        """The result. The test fails when the call is refused."""
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        """The description. The test fails when the call is not refused."""
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        description: str = answer["description"]
        return description


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def telegram(clock: HandClock) -> Telegram:
    return Telegram(clock=clock, flood_control=False)


@pytest.fixture
def scene(telegram: Telegram) -> Scene:
    return default_scene(telegram)


@pytest.fixture
async def server(telegram: Telegram) -> AsyncIterator[Server]:
    async with Server(telegram) as running:
        yield running


@pytest.fixture
async def api(server: Server, scene: Scene) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as http:
        yield Api(http, server.url, scene.bot.token)


@pytest.fixture
def reader(telegram: Telegram, scene: Scene) -> int:
    """The id of the chat with Rosa, who has started the bot; its updates are forgotten."""
    telegram.people.start(scene.rosa, scene.bot)
    scene.bot.updates.clear()
    return scene.rosa.id


@pytest.fixture
def channel(telegram: Telegram, scene: Scene) -> int:
    """The id of the channel, in which the bot is an administrator; its updates are forgotten."""
    telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    scene.bot.updates.clear()
    return scene.channel.id
