"""Keyboards under messages: what Telegram takes, and what it says to the rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.sandbox.entities import link_fault
from bot.sandbox.limits import CALLBACK_DATA_MAX_BYTES, KEYBOARD_MAX
from bot.sandbox.refusal import bad_request

if TYPE_CHECKING:
    from bot.sandbox.nouns import Chat, Json

ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    }
)


def split(markup: Json | None, chat: Chat) -> tuple[Json | None, Json | None]:
    """(inline keyboard, what belongs under the input field). Raises Refusal."""
    if not markup:
        return None, None
    if "inline_keyboard" in markup:
        return inline(markup), None
    if chat.kind == "channel":
        raise bad_request("inline keyboard expected")
    if "keyboard" in markup:
        if sum(map(len, markup["keyboard"])) == 0:
            raise bad_request("keyboard must have at least one button")
        if any(not button.get("text") for row in markup["keyboard"] for button in row):
            raise bad_request("can't parse keyboard button: keyboard button text must not be empty")
        if chat.kind != "private" and any("request_chat" in button for row in markup["keyboard"] for button in row):
            raise bad_request("chats can be requested in private chats only")
    return None, markup


def inline(markup: Json | None) -> Json | None:
    """An inline keyboard that can be shown; None when it has no buttons. Raises Refusal."""
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > KEYBOARD_MAX:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check(button)
    return {"inline_keyboard": rows} if rows else None


def _check(button: Json) -> None:
    if not button["text"]:
        raise bad_request("can't parse inline keyboard button: Inline keyboard button text must be non-empty")
    actions = [key for key in button if key in ACTIONS and button[key] != ""]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("BUTTON_TYPE_INVALID")
    if len(button.get("callback_data", "").encode()) > CALLBACK_DATA_MAX_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if button.get("url") and (fault := _url_fault(button["url"])):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: {fault}")


@lru_cache(maxsize=4096)
def _url_fault(url: str) -> str | None:
    if urlsplit(url).scheme in {"tg", "ton", "tonsite"}:
        return None
    return link_fault(url)
