"""The sandbox's server inside another program's event loop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.scene import Scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api
from tests.sandbox.test_media import png


async def test_a_taken_port_is_an_error_and_not_an_exit(server: Server, telegram: Telegram) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        async with Server(telegram, port=server.port):
            pass


async def test_signals_stay_with_the_program_around_it(telegram: Telegram) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with Server(telegram):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_the_same_world_can_be_served_again(telegram: Telegram, scene: Scene) -> None:
    telegram.people.start(scene.rosa, scene.bot)
    async with aiohttp.ClientSession() as http:
        for round_ in range(2):
            async with Server(telegram) as server:
                api = Api(http, server.url, scene.bot.token)
                await api.get("sendMessage", chat_id=scene.rosa.id, text=str(round_))
    assert [message.text for message in telegram.messages(scene.rosa.id)] == ["/start", "0", "1"]


async def test_the_web_chat_is_on_the_same_port(server: Server) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{server.url}/") as page:
        assert page.status == 200
        assert page.content_type == "text/html"


async def test_a_folder_can_be_served_and_its_pictures_sent_by_their_address(
    telegram: Telegram, scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "boat.png").write_bytes(png(320, 200))
    telegram.people.start(scene.rosa, scene.bot)
    async with Server(telegram, static={"/pictures": tmp_path}) as server, aiohttp.ClientSession() as http:
        api = Api(http, server.url, scene.bot.token)
        sent = await api.get("sendPhoto", chat_id=scene.rosa.id, photo=f"{server.url}/pictures/boat.png")
    assert sent["photo"][0]["width"] == 320


async def test_many_bots_talk_at_once(api: Api, reader: int, channel: int, telegram: Telegram) -> None:
    sends = [api.get("sendMessage", chat_id=chat, text=str(n)) for n in range(20) for chat in (reader, channel)]
    sent = await asyncio.gather(*sends)
    posts = [message["message_id"] for message in sent if message["chat"]["id"] == channel]
    assert sorted(posts) == list(range(1, 21))
    assert len(telegram.messages(reader)) == 21
