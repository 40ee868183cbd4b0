"""The commands menu by scope and language, names and descriptions."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.methods.commands import menu
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api

LATEST = {"command": "latest", "description": "The newest articles"}


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"commands": [LATEST | {"command": "Latest"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [LATEST | {"command": "/latest"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [LATEST | {"command": "x" * 33}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [LATEST | {"command": ""}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [LATEST | {"description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [LATEST | {"description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x"}]}, "can't parse BotCommand: Can't find field \"description\""),
        ({"commands": [LATEST] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": "x"}, "can't parse commands JSON object"),
        ({"commands": [LATEST], "scope": {"type": "chat", "chat_id": 5}}, "chat not found"),
        ({"commands": [LATEST], "scope": {"type": "moon"}}, "can't parse BotCommandScope: Unsupported type specified"),
        ({"commands": [LATEST], "language_code": "english"}, "invalid language code specified"),
        ({}, 'parameter "commands" is required'),
    ],
)  # fmt: skip
async def test_wrong_commands_are_refused(api: Api, params: dict[str, Any], refusal: str) -> None:
    assert await api.refusal("setMyCommands", **params) == f"Bad Request: {refusal}"


async def test_the_narrowest_scope_and_the_persons_language_win(api: Api, scene: Scene, telegram: Telegram) -> None:
    async def put(name: str, **where: Any) -> None:
        await api.get("setMyCommands", commands=[{"command": name, "description": "x"}], **where)

    def shown(person: Any, chat: Any) -> list[str]:
        return [command["command"] for command in menu(scene.bot, chat, person)]

    private = telegram.private_chat(scene.rosa, scene.bot)
    owner = telegram.private_chat(scene.owen, scene.bot)
    assert shown(scene.rosa, private) == []
    await put("anyone")
    await put("private", scope={"type": "all_private_chats"})
    await put("privat", scope={"type": "all_private_chats"}, language_code="de")
    await put("owner", scope={"type": "chat", "chat_id": scene.owen.id})
    await put("group", scope={"type": "all_group_chats"})
    await put("admin", scope={"type": "all_chat_administrators"})
    assert shown(scene.rosa, private) == ["private"]
    assert shown(scene.owen, owner) == ["owner"]
    assert shown(scene.rosa, scene.group) == ["group"]
    assert shown(scene.chiara, scene.group) == ["admin"]
    scene.rosa.language_code = "de-AT"
    assert shown(scene.rosa, private) == ["privat"]
    await api.get("deleteMyCommands", scope={"type": "chat", "chat_id": scene.owen.id})
    assert shown(scene.owen, owner) == ["private"]
    assert await api.get("getMyCommands") == [{"command": "anyone", "description": "x"}]
    assert await api.get("getMyCommands", language_code="de") == []


async def test_descriptions_are_kept_by_language(api: Api) -> None:
    await api.get("setMyDescription", description="News")
    await api.get("setMyDescription", description="Nachrichten", language_code="de")
    assert await api.get("getMyDescription", language_code="de") == {"description": "Nachrichten"}
    assert await api.get("getMyDescription", language_code="fr") == {"description": "News"}
    assert await api.refusal("setMyShortDescription", short_description="x" * 121)
    await api.get("setMyName", name="The Paperboy")
    assert (await api.get("getMe"))["first_name"] == "The Paperboy"
    await api.get("setChatMenuButton", menu_button={"type": "commands"})
    assert await api.get("getChatMenuButton") == {"type": "commands"}
