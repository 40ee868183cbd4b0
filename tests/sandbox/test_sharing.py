"""Buttons that ask for a chat: which chats can be chosen, and what the bot gets by it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.people import ActError
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api

POSTS = {"can_post_messages": True}


async def asked(api: Api, chat_id: int, **request: Any) -> int:
    button = {"text": "Choose", "request_chat": {"request_id": 7, "chat_is_channel": True, **request}}
    markup = {"keyboard": [[button]], "one_time_keyboard": True}
    message = await api.get("sendMessage", chat_id=chat_id, text="Which?", reply_markup=markup)
    number: int = message["message_id"]
    return number


async def test_a_chosen_channel_comes_as_a_service_message_with_what_was_asked_for(
    api: Api, scene: Scene, telegram: Telegram
) -> None:
    chiara = scene.chiara
    telegram.people.start(chiara, scene.bot)
    number = await asked(api, chiara.id, request_title=True)
    scene.bot.updates.clear()
    assert telegram.people.shareable(chiara, chiara.id, number, 7) == [scene.channel]
    telegram.people.share_chat(chiara, chiara.id, number, 7, scene.channel.id)
    [update] = await api.get("getUpdates")
    assert update["message"]["from"]["id"] == chiara.id
    assert update["message"]["chat_shared"] == {
        "request_id": 7,
        "chat_id": scene.channel.id,
        "title": scene.channel.title,
    }


async def test_only_chats_that_fit_can_be_chosen(api: Api, reader: int, scene: Scene, telegram: Telegram) -> None:
    rosa = scene.rosa  # a subscriber of the channel, who owns nothing
    anyones = await asked(api, reader)
    assert telegram.people.shareable(rosa, reader, anyones, 7) == [scene.channel]
    for request in ({"user_administrator_rights": POSTS}, {"chat_is_created": True}, {"chat_has_username": False}):
        number = await asked(api, reader, **request)
        assert telegram.people.shareable(rosa, reader, number, 7) == []
        with pytest.raises(ActError, match="not what the button asks for"):
            telegram.people.share_chat(rosa, reader, number, 7, scene.channel.id)
    with pytest.raises(ActError, match="no button"):
        telegram.people.shareable(rosa, reader, anyones, 8)


async def test_the_choice_gives_the_bot_the_rights_that_the_button_names(
    api: Api, scene: Scene, telegram: Telegram
) -> None:
    chiara = scene.chiara
    telegram.people.start(chiara, scene.bot)
    rights = {"user_administrator_rights": POSTS, "bot_administrator_rights": POSTS}
    number = await asked(api, chiara.id, bot_is_member=True, **rights)
    scene.bot.updates.clear()
    telegram.people.share_chat(chiara, chiara.id, number, 7, scene.channel.id)
    added, chosen = await api.get("getUpdates")
    assert added["my_chat_member"]["new_chat_member"]["can_post_messages"]
    assert not added["my_chat_member"]["new_chat_member"]["can_edit_messages"]
    assert chosen["message"]["chat_shared"]["chat_id"] == scene.channel.id
    scene.bot.updates.clear()
    telegram.people.share_chat(chiara, chiara.id, number, 7, scene.channel.id)
    assert len(scene.bot.updates) == 1  # it has them already


async def test_such_a_button_stands_in_private_only(api: Api, scene: Scene, telegram: Telegram) -> None:
    telegram.people.add_bot(scene.chiara, scene.group.id, scene.bot)
    button = {"text": "x", "request_chat": {"request_id": 1, "chat_is_channel": True}}
    refusal = await api.refusal("sendMessage", chat_id=scene.group.id, text="x", reply_markup={"keyboard": [[button]]})
    assert refusal == "Bad Request: chats can be requested in private chats only"
    telegram.people.start(scene.chiara, scene.bot)
    button["request_chat"] = {"request_id": 1}
    private = {"chat_id": scene.chiara.id, "text": "x", "reply_markup": {"keyboard": [[button]]}}
    assert "chat_is_channel" in await api.refusal("sendMessage", **private)
