"""What may be sent, where, and what Telegram says to the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.scene import Scene, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from tests.clock import HandClock
from tests.sandbox.conftest import Api

BUTTON = {"text": "Read", "callback_data": "read:1"}


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", **button}]]}


async def test_a_message_stands_in_the_chat_as_it_was_answered(api: Api, reader: int, telegram: Telegram) -> None:
    sent = await api.get(
        "sendMessage", chat_id=reader, text="  Good morning \n", reply_markup={"inline_keyboard": [[BUTTON]]}
    )
    message = telegram.messages(reader)[-1]
    assert message.text == sent["text"] == "Good morning"
    assert message.buttons() == [BUTTON]
    assert message.json() == sent
    assert sent["from"]["username"] == "paperboy_bot"


@pytest.mark.parametrize("form", ["query", "form", "json", "multipart"])
async def test_parameters_are_read_from_every_kind_of_request(api: Api, reader: int, form: str) -> None:
    url = f"{api.url}/bot{api.token}/SENDmessage"
    fields = {"chat_id": str(reader), "text": "é & +", "reply_markup": json.dumps({"inline_keyboard": [[BUTTON]]})}
    match form:
        case "query":
            request = api.http.get(url, params=fields)
        case "form":
            request = api.http.post(url, data=fields)
        case "json":
            request = api.http.post(url, json=fields)
        case _:
            parts = aiohttp.FormData(fields, default_to_multipart=True)
            request = api.http.post(url, data=parts)
    async with request as answer:
        body = await answer.json()
    assert body["ok"], body
    assert body["result"]["text"] == "é & +"
    assert body["result"]["reply_markup"] == {"inline_keyboard": [[BUTTON]]}


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"text": None}, "Bad Request: message text is empty"),
        ({"text": ""}, "Bad Request: message text is empty"),
        ({"text": " \n "}, "Bad Request: text must be non-empty"),
        ({"text": "x" * 4097}, "Bad Request: message is too long"),
        ({"text": "😀" * 2049}, "Bad Request: message is too long"),
        ({"text": {"a": 1}}, 'Bad Request: field "text" must be of type String'),
        ({"chat_id": None}, "Bad Request: chat_id is empty"),
        ({"chat_id": 5}, "Bad Request: chat not found"),
        ({"chat_id": -100123}, "Bad Request: chat not found"),
        ({"chat_id": "@nowhere"}, "Bad Request: chat not found"),
        ({"message_thread_id": 7}, "Bad Request: message thread not found"),
        ({"reply_parameters": {"message_id": 999}}, "Bad Request: message to be replied not found"),
        ({"reply_markup": "{"}, "Bad Request: can't parse reply keyboard markup JSON object"),
        (
            {"reply_markup": {"keyboard": ["Yes"]}},
            'Bad Request: field "keyboard" must be an Array of Arrays',
        ),
        (
            {"reply_markup": {"inline_keyboard": [["Yes"]]}},
            "Bad Request: can't parse inline keyboard button: expected an Object",
        ),
        ({"reply_markup": []}, "Bad Request: object expected as reply markup"),
        (
            {"reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
            "Bad Request: can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            {"reply_markup": keyboard()},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"reply_markup": keyboard(callback_data="")},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"reply_markup": keyboard(callback_data="ä" * 33)}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"reply_markup": keyboard(callback_data="ä" * 32)}, None),
        ({"reply_markup": keyboard(url="https://example.org/a")}, None),
        ({"reply_markup": keyboard(url="tg://user?id=1")}, None),
        (
            {"reply_markup": keyboard(url="http://localhost:80/")},
            "Bad Request: inline keyboard button URL 'http://localhost:80/' is invalid: Wrong HTTP URL",
        ),
        (
            {"reply_markup": keyboard(url="ftp://example.org")},
            "Bad Request: inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
        ),
        ({"reply_markup": {"inline_keyboard": [[BUTTON] * 8] * 13}}, "Bad Request: reply markup is too long"),
        ({"reply_markup": {"keyboard": [["Yes", "No"]]}}, None),
        ({"reply_markup": {}}, None),
    ],
)  # fmt: skip
async def test_telegram_says_what_is_wrong(
    api: Api, reader: int, telegram: Telegram, params: dict[str, Any], refusal: str | None
) -> None:
    before = len(telegram.messages(reader))
    asked = {"chat_id": reader, "text": "x"} | params
    if refusal is None:
        await api.get("sendMessage", **asked)
    else:
        assert await api.refusal("sendMessage", **asked) == refusal
        assert len(telegram.messages(reader)) == before


async def test_a_bot_cannot_write_first(api: Api, scene: Scene) -> None:
    refusal = await api.refusal("sendMessage", chat_id=scene.owen.id, text="hello")
    assert refusal == "Forbidden: bot can't initiate conversation with a user"


async def test_a_blocked_bot_is_told_so_until_it_is_started_again(
    api: Api, reader: int, scene: Scene, telegram: Telegram
) -> None:
    telegram.people.block(scene.rosa, scene.bot)
    assert await api.refusal("sendMessage", chat_id=reader, text="x") == "Forbidden: bot was blocked by the user"
    telegram.people.start(scene.rosa, scene.bot)
    await api.get("sendMessage", chat_id=reader, text="x")
    standings = [
        update["my_chat_member"]["new_chat_member"]["status"]
        for update in await api.get("getUpdates")
        if "my_chat_member" in update
    ]
    assert standings == ["kicked", "member"]


async def test_message_ids_are_consecutive_within_a_channel_and_shared_by_private_chats(
    api: Api, channel: int, reader: int, scene: Scene, telegram: Telegram
) -> None:
    telegram.people.start(scene.owen, scene.bot)
    ids = []
    for chat in (channel, reader, channel, scene.owen.id, reader, channel):
        ids.append((chat, (await api.get("sendMessage", chat_id=chat, text="x"))["message_id"]))
    assert [number for chat, number in ids if chat == channel] == [1, 2, 3]
    private = [number for chat, number in ids if chat != channel]
    assert private == [private[0], private[0] + 1, private[0] + 2]


async def test_a_channel_needs_the_right_to_post(api: Api, channel: int, scene: Scene, telegram: Telegram) -> None:
    sent = await api.get("sendMessage", chat_id="@Harbour_News", text="x")
    assert "from" not in sent
    assert sent["sender_chat"]["id"] == channel
    telegram.people.set_rights(scene.chiara, channel, scene.bot, {"can_post_messages": False})
    refusal = await api.refusal("sendMessage", chat_id=channel, text="x")
    assert refusal == "Bad Request: need administrator rights in the channel chat"
    telegram.people.remove_bot(scene.chiara, channel, scene.bot)
    refusal = await api.refusal("sendMessage", chat_id=channel, text="x")
    assert refusal == "Forbidden: bot was kicked from the channel chat"


async def test_a_group_needs_membership_and_an_open_mouth(api: Api, scene: Scene, telegram: Telegram) -> None:
    group = scene.group.id
    refusal = await api.refusal("sendMessage", chat_id=group, text="x")
    assert refusal == "Forbidden: bot is not a member of the supergroup chat"
    telegram.people.add_bot(scene.chiara, group, scene.bot, admin=False)
    await api.get("sendMessage", chat_id=group, text="x")
    telegram.people.silence(scene.chiara, group)
    refusal = await api.refusal("sendMessage", chat_id=group, text="x")
    assert refusal == "Bad Request: not enough rights to send text messages to the chat"


async def test_topics_are_found_closed_and_deleted(api: Api, scene: Scene, telegram: Telegram) -> None:
    forum, (topic, other) = scene.forum.id, scene.topics
    telegram.people.add_bot(scene.chiara, forum, scene.bot, admin=False)
    sent = await api.get("sendMessage", chat_id=forum, text="x", message_thread_id=topic)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    telegram.people.close_topic(scene.chiara, forum, topic)
    assert (
        await api.refusal("sendMessage", chat_id=forum, text="x", message_thread_id=topic)
        == "Bad Request: TOPIC_CLOSED"
    )
    telegram.people.delete_topic(scene.chiara, forum, other)
    refusal = await api.refusal("sendMessage", chat_id=forum, text="x", message_thread_id=other)
    assert refusal == "Bad Request: message thread not found"


async def test_an_upgraded_group_gives_its_new_id(api: Api, scene: Scene, telegram: Telegram) -> None:
    old = telegram.add_group(scene.chiara, "Small", kind="group")
    telegram.people.add_bot(scene.chiara, old.id, scene.bot)
    new = telegram.people.upgrade_group(old.id)
    answer = await api.call("sendMessage", chat_id=old.id, text="x")
    assert answer["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert answer["parameters"] == {"migrate_to_chat_id": new.id}
    await api.get("sendMessage", chat_id=new.id, text="x")
    told = [update["message"] for update in await api.get("getUpdates") if "message" in update]
    assert [m.get("migrate_to_chat_id") or m.get("migrate_from_chat_id") for m in told[-2:]] == [new.id, old.id]


async def test_messages_are_forwarded_with_their_origin_and_copied_without(
    api: Api, channel: int, reader: int, scene: Scene, telegram: Telegram
) -> None:
    post = telegram.people.post(scene.chiara, channel, "News")
    forwarded = await api.get("forwardMessage", chat_id=reader, from_chat_id=channel, message_id=post.id)
    assert forwarded["text"] == "News"
    assert forwarded["forward_origin"]["chat"]["id"] == channel
    copied = await api.get("copyMessage", chat_id=reader, from_chat_id=channel, message_id=post.id)
    message = telegram.messages(reader)[-1]
    assert (message.id, message.text, message.forward_origin) == (copied["message_id"], "News", None)
    assert (
        await api.refusal("copyMessage", chat_id=reader, from_chat_id=channel, message_id=99)
        == "Bad Request: message to copy not found"
    )


async def test_the_journal_has_a_line_for_each_message_edit_and_deletion(
    scene: Scene, clock: HandClock, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    telegram = Telegram(clock=clock, journal=path)
    bot = telegram.add_bot(scene.bot.token, username="b", name="B")
    person = telegram.add_person("Rosa")
    telegram.people.start(person, bot)
    async with Server(telegram) as server, aiohttp.ClientSession() as http:
        api = Api(http, server.url, bot.token)
        sent = await api.get("sendMessage", chat_id=person.id, text="one")
        where = {"chat_id": person.id, "message_id": sent["message_id"]}
        await api.get("editMessageText", text="two", **where)
        await api.get("deleteMessage", **where)
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    telegram.close()
    at = clock.now.isoformat()
    assert lines[1:] == [
        {**where, "text": "one", "method": "sendMessage", "at": at},
        {**where, "text": "two", "method": "editMessageText", "at": at},
        {**where, "text": "two", "method": "deleteMessage", "at": at, "deleted": True},
    ]


def test_the_journal_says_in_which_topic_of_a_forum_a_message_stands(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    telegram = Telegram(journal=path)
    scene = default_scene(telegram)
    for topic in (None, scene.topics[1]):
        telegram.people.send(scene.chiara, scene.forum.id, "Ahoy", topic=topic)
    telegram.close()
    said = [line for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if line["text"] == "Ahoy"]
    assert [line.get("topic_id") for line in said] == [None, scene.topics[1]]


async def test_calls_are_kept_with_their_decoded_parameters_and_answers(
    api: Api, reader: int, telegram: Telegram
) -> None:
    await api.get("sendMessage", chat_id=str(reader), text="x", disable_web_page_preview=True)
    call = telegram.calls[-1]
    assert (call.method, call.params) == ("sendMessage", {"chat_id": reader, "text": "x"})
    assert call.unknown == ("disable_web_page_preview",)
    assert call.answer is not None
    assert call.answer["ok"]


async def test_wrong_tokens_and_methods_are_refused(api: Api) -> None:
    assert await api.refusal("sendPigeon") == "Not Found: method not found"
    api.token = "7000000002:" + "a" * 35
    assert (await api.call("getMe"))["error_code"] == 401
    api.token = "nonsense"
    assert (await api.call("getMe"))["error_code"] == 404
