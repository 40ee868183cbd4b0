"""Taps and inline queries, and their answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.nouns import CallbackAnswer
from bot.sandbox.people import ActError
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.clock import HandClock
from tests.sandbox.conftest import Api

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def sent_with_button(api: Api, chat_id: int) -> int:
    markup = {"inline_keyboard": [[{"text": "Next", "callback_data": "next"}]]}
    message = await api.get("sendMessage", chat_id=chat_id, text="x", reply_markup=markup)
    number: int = message["message_id"]
    return number


async def query(api: Api) -> dict[str, Any]:
    (update,) = await api.get("getUpdates", offset=-1, timeout=5)
    found: dict[str, Any] = update["callback_query"]
    return found


async def test_a_tap_waits_for_its_answer(api: Api, reader: int, scene: Scene, telegram: Telegram) -> None:
    number = await sent_with_button(api, reader)
    tap = asyncio.create_task(telegram.people.tap(scene.rosa, reader, number, "next"))
    await asyncio.sleep(0)
    asked = await query(api)
    assert (asked["data"], asked["message"]["message_id"], asked["from"]["id"]) == ("next", number, scene.rosa.id)
    await api.get("answerCallbackQuery", callback_query_id=asked["id"], text="Page 2", show_alert=True)
    assert await tap == CallbackAnswer(True, "Page 2", alert=True)
    assert await api.refusal("answerCallbackQuery", callback_query_id=asked["id"]) == TOO_OLD


async def test_an_unanswered_tap_says_so(api: Api, reader: int, scene: Scene, telegram: Telegram) -> None:
    number = await sent_with_button(api, reader)
    answer = await telegram.people.tap(scene.rosa, reader, number, "forged", timeout=0.01)
    assert not answer.answered
    assert (await query(api))["data"] == "forged"


async def test_late_and_invented_answers_are_refused(
    api: Api, reader: int, clock: HandClock, scene: Scene, telegram: Telegram
) -> None:
    number = await sent_with_button(api, reader)
    late = telegram.people.tap_nowait(scene.rosa, reader, number, "next")
    refusal = await api.refusal("answerCallbackQuery", callback_query_id=late, text="x" * 201)
    assert refusal == "Bad Request: MESSAGE_TOO_LONG"
    clock.move(seconds=31)
    assert await api.refusal("answerCallbackQuery", callback_query_id=late) == TOO_OLD
    assert await api.refusal("answerCallbackQuery", callback_query_id="12") == TOO_OLD
    assert await api.refusal("answerCallbackQuery") == TOO_OLD


def test_only_messages_of_bots_have_buttons(telegram: Telegram, scene: Scene) -> None:
    said = telegram.people.start(scene.rosa, scene.bot)
    with pytest.raises(ActError, match="only a bot's message has buttons"):
        telegram.people.tap_nowait(scene.rosa, scene.rosa.id, said.id, "x")


def article(number: object, **more: object) -> dict[str, Any]:
    content = {"message_text": f"Article {number}"}
    return {"type": "article", "id": str(number), "title": "A", "input_message_content": content, **more}


async def test_inline_results_are_offered_and_sent(api: Api, reader: int, scene: Scene, telegram: Telegram) -> None:
    asking = asyncio.create_task(telegram.people.ask_inline(scene.rosa, scene.bot, "boats"))
    await asyncio.sleep(0)
    (update,) = await api.get("getUpdates", timeout=5)
    asked = update["inline_query"]
    assert asked["query"] == "boats"
    await api.get("answerInlineQuery", inline_query_id=asked["id"], results=[article(1), article(2)])
    answer = await asking
    assert answer is not None
    sent = telegram.people.choose_inline(scene.rosa, scene.bot, reader, "boats", answer["results"][1])
    assert (sent.text, sent.json()["via_bot"]["id"]) == ("Article 2", scene.bot.id)
    last = (await api.get("getUpdates", offset=-1))[0]
    assert last["chosen_inline_result"]["result_id"] == "2"


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"results": [article(n) for n in range(51)]}, "too many inline query results specified"),
        ({"results": [article(1), article(1)]}, "RESULT_ID_DUPLICATE"),
        ({"results": [article("x" * 65)]}, "RESULT_ID_INVALID"),
        ({"results": [], "next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
        (
            {"results": [{"type": "article", "id": "1", "input_message_content": {"message_text": "x"}}]},
            'can\'t parse inline query result: Can\'t find field "title"',
        ),
        ({"results": [{"type": "pigeon", "id": "1"}]}, "can't parse inline query result: Unsupported type specified"),
        ({"results": "["}, "can't parse results JSON object"),
    ],
)  # fmt: skip
async def test_inline_answers_are_checked(
    api: Api, scene: Scene, telegram: Telegram, params: dict[str, Any], refusal: str
) -> None:
    asking = asyncio.create_task(telegram.people.ask_inline(scene.rosa, scene.bot, "x", timeout=5))
    await asyncio.sleep(0)
    (update,) = await api.get("getUpdates", timeout=5)
    number = update["inline_query"]["id"]
    assert await api.refusal("answerInlineQuery", inline_query_id=number, **params) == f"Bad Request: {refusal}"
    asking.cancel()
