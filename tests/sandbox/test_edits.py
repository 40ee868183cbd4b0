"""Edits and deletions: of what, by whom, how late."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.methods.edits import NOT_MODIFIED
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.clock import HandClock
from tests.sandbox.conftest import Api

BUTTONS = {"inline_keyboard": [[{"text": "Next", "callback_data": "next"}]]}


async def test_an_edit_changes_text_and_buttons_and_keeps_the_id(
    api: Api, reader: int, clock: HandClock, telegram: Telegram
) -> None:
    sent = await api.get("sendMessage", chat_id=reader, text="one", reply_markup=BUTTONS)
    where = {"chat_id": reader, "message_id": sent["message_id"]}
    clock.move(seconds=5)
    edited = await api.get("editMessageText", text="two", **where)
    assert (edited["message_id"], edited["text"]) == (sent["message_id"], "two")
    assert edited["edit_date"] == sent["date"] + 5
    assert "reply_markup" not in edited  # not named, so taken away
    with_buttons = await api.get("editMessageReplyMarkup", reply_markup=BUTTONS, **where)
    assert with_buttons["reply_markup"] == BUTTONS
    assert telegram.messages(reader)[-1].text == "two"


async def test_an_edit_that_changes_nothing_is_refused(api: Api, reader: int) -> None:
    asked = {
        "chat_id": reader,
        "text": "see the news",
        "entities": [{"type": "text_link", "offset": 4, "length": 3, "url": "https://example.org"}],
        "reply_markup": BUTTONS,
    }
    sent = await api.get("sendMessage", **asked)
    refusal = await api.refusal("editMessageText", message_id=sent["message_id"], **asked)
    assert refusal == f"Bad Request: {NOT_MODIFIED}"
    del asked["reply_markup"]
    await api.get("editMessageText", message_id=sent["message_id"], **asked)


@pytest.mark.parametrize(
    ("method", "content", "refusal"),
    [
        ("editMessageText", {"text": "x"}, "message to edit not found"),
        ("editMessageCaption", {"caption": "x"}, "message to edit not found"),
        ("editMessageReplyMarkup", {"reply_markup": BUTTONS}, "message to edit not found"),
        ("deleteMessage", {}, "message to delete not found"),
    ],
)
async def test_what_is_not_there_cannot_be_changed(
    api: Api, reader: int, method: str, content: dict[str, Any], refusal: str
) -> None:
    assert await api.refusal(method, chat_id=reader, message_id=999, **content) == f"Bad Request: {refusal}"


async def test_an_edit_without_a_message_is_told_what_is_missing(api: Api, reader: int) -> None:
    refusal = await api.refusal("editMessageText", text="x")
    assert refusal == "Bad Request: message identifier is not specified"
    assert await api.refusal("editMessageText", message_id=1, text="x") == "Bad Request: chat_id is empty"


async def test_text_and_captions_are_edited_by_their_own_methods(api: Api, reader: int) -> None:
    sent = await api.get("sendMessage", chat_id=reader, text="x")
    where = {"chat_id": reader, "message_id": sent["message_id"]}
    refusal = await api.refusal("editMessageCaption", caption="y", **where)
    assert refusal == "Bad Request: there is no caption in the message to edit"


async def test_only_own_messages_can_be_edited_but_in_a_channel_by_right(
    api: Api, reader: int, channel: int, scene: Scene, telegram: Telegram
) -> None:
    theirs = telegram.people.send(scene.rosa, reader, "mine")
    refusal = await api.refusal("editMessageText", chat_id=reader, message_id=theirs.id, text="x")
    assert refusal == "Bad Request: message can't be edited"
    post = telegram.people.post(scene.chiara, channel, "hers")
    await api.get("editMessageText", chat_id=channel, message_id=post.id, text="x")
    telegram.people.set_rights(scene.chiara, channel, scene.bot, {"can_edit_messages": False})
    refusal = await api.refusal("editMessageText", chat_id=channel, message_id=post.id, text="y")
    assert refusal == "Bad Request: message can't be edited"


async def test_deletion_has_48_hours_in_private_and_no_end_in_channels(
    api: Api, reader: int, channel: int, clock: HandClock, telegram: Telegram
) -> None:
    private = [(await api.get("sendMessage", chat_id=reader, text="x"))["message_id"] for _ in range(2)]
    post = await api.get("sendMessage", chat_id=channel, text="x")
    await api.get("deleteMessage", chat_id=reader, message_id=private[0])
    clock.move(seconds=48 * 3600 + 1)
    refusal = await api.refusal("deleteMessage", chat_id=reader, message_id=private[1])
    assert refusal == "Bad Request: message can't be deleted for everyone"
    await api.get("deleteMessage", chat_id=channel, message_id=post["message_id"])
    assert telegram.messages(channel) == []


async def test_messages_of_others_in_a_group_need_the_right_to_delete(
    api: Api, scene: Scene, telegram: Telegram
) -> None:
    group = scene.group.id
    telegram.people.add_bot(scene.chiara, group, scene.bot, admin=False)
    theirs = telegram.people.send(scene.rosa, group, "hello")
    refusal = await api.refusal("deleteMessage", chat_id=group, message_id=theirs.id)
    assert refusal == "Bad Request: message can't be deleted"
    telegram.people.set_rights(scene.chiara, group, scene.bot, {"can_delete_messages": True})
    await api.get("deleteMessage", chat_id=group, message_id=theirs.id)


async def test_many_are_deleted_at_once_and_those_gone_are_skipped(api: Api, reader: int, telegram: Telegram) -> None:
    ids = [(await api.get("sendMessage", chat_id=reader, text="x"))["message_id"] for _ in range(3)]
    await api.get("deleteMessages", chat_id=reader, message_ids=[ids[0], ids[2], 999])
    assert [m.id for m in telegram.messages(reader)][1:] == [ids[1]]


async def test_a_person_edits_and_the_bot_hears_of_it(api: Api, reader: int, scene: Scene, telegram: Telegram) -> None:
    said = telegram.people.send(scene.rosa, reader, "teh")
    telegram.people.edit(scene.rosa, reader, said.id, "the")
    updates = await api.get("getUpdates")
    assert [next(iter(u.keys() - {"update_id"})) for u in updates] == ["message", "edited_message"]
    assert updates[1]["edited_message"]["text"] == "the"


async def test_pins_need_a_message_and_a_right(api: Api, channel: int, scene: Scene, telegram: Telegram) -> None:
    post = await api.get("sendMessage", chat_id=channel, text="x")
    await api.get("pinChatMessage", chat_id=channel, message_id=post["message_id"])
    assert (await api.get("getChat", chat_id=channel))["pinned_message"]["message_id"] == post["message_id"]
    await api.get("unpinChatMessage", chat_id=channel)
    telegram.people.set_rights(scene.chiara, channel, scene.bot, {"can_edit_messages": False})
    refusal = await api.refusal("pinChatMessage", chat_id=channel, message_id=post["message_id"])
    assert refusal == "Bad Request: not enough rights to manage pinned messages in the chat"
