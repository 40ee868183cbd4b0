"""Answers to taps and to inline queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox import entities, keyboards
from bot.sandbox.limits import CALLBACK_ANSWER_MAX, CALLBACK_LIFE_SECONDS, TEXT_MAX
from bot.sandbox.nouns import CallbackAnswer, Event
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Callback, Inline, Json

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
INLINE_RESULTS_MAX = 50
NEXT_OFFSET_MAX_BYTES = 64
RESULT_ID_MAX_BYTES = 64


def _fresh(ask: Ask, query: Callback | Inline | None) -> None:
    if query is None or query.bot is not ask.bot:
        raise bad_request(TOO_OLD)
    if (ask.telegram.clock() - query.asked_at).total_seconds() > CALLBACK_LIFE_SECONDS:
        raise bad_request(TOO_OLD)


def answer_callback_query(ask: Ask) -> bool:
    callback = ask.telegram.callbacks.get(ask.params["callback_query_id"])
    _fresh(ask, callback)
    assert callback is not None
    text = ask.params.get("text")
    if text is not None and len(text) > CALLBACK_ANSWER_MAX:
        raise bad_request("MESSAGE_TOO_LONG")
    url = ask.params.get("url")
    if url is not None and not url.startswith((f"https://t.me/{ask.bot.username}?start=", "tg://")):
        raise bad_request("URL_INVALID")
    del ask.telegram.callbacks[callback.id]
    answer = CallbackAnswer(True, text, bool(ask.params.get("show_alert")), url)
    if callback.answer is not None and not callback.answer.done():
        callback.answer.set_result(answer)
    data = {"query_id": callback.id, "person": callback.person.id, "text": text, "alert": answer.alert, "url": url}
    ask.telegram.emit(Event("callback", callback.chat_id, callback.message_id, ask.bot.id, data))
    return True


def answer_inline_query(ask: Ask) -> bool:
    inline = ask.telegram.inlines.get(ask.params["inline_query_id"])
    _fresh(ask, inline)
    assert inline is not None
    results: list[Json] = ask.params["results"]
    if len(results) > INLINE_RESULTS_MAX:
        raise bad_request("too many inline query results specified")
    if len(ask.params.get("next_offset", "").encode()) > NEXT_OFFSET_MAX_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    seen: set[str] = set()
    for result in results:
        _check_result(result, seen)
    del ask.telegram.inlines[inline.id]
    if inline.answer is not None and not inline.answer.done():
        inline.answer.set_result(ask.params)
    return True


def _check_result(result: Json, seen: set[str]) -> None:
    if not 1 <= len(result["id"].encode()) <= RESULT_ID_MAX_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if result["id"] in seen:
        raise bad_request("RESULT_ID_DUPLICATE")
    seen.add(result["id"])
    keyboards.inline(result.get("reply_markup"))
    content = result.get("input_message_content")
    if content and "message_text" in content:
        text, _ = entities.read(
            content["message_text"], parse_mode=content.get("parse_mode"), entities=content.get("entities")
        )
        if not text:
            raise bad_request("message text is empty")
        if entities.utf16_len(text) > TEXT_MAX:
            raise bad_request("message is too long")


METHODS: dict[str, Handler] = {
    "answerCallbackQuery": answer_callback_query,
    "answerInlineQuery": answer_inline_query,
}
