"""Rows of buttons, within Telegram's limits."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NotRequired, TypedDict

from bot.render import callbacks
from bot.render.callbacks import Callback
from bot.render.links import button_url
from bot.render.text import plain
from bot.render.words import Words

ROW_LIMIT = 8  # as many are shown side by side
KEYBOARD_LIMIT = 100
LABEL_LIMIT = 64  # what a phone shows, and more


class Button(TypedDict):
    """An InlineKeyboardButton as the Bot API takes it."""

    text: str
    callback_data: NotRequired[str]
    url: NotRequired[str]
    switch_inline_query: NotRequired[str]


class Keyboard(TypedDict):
    """An InlineKeyboardMarkup as the Bot API takes it."""

    inline_keyboard: list[list[Button]]


class ReplyKeyboard(TypedDict):
    """A ReplyKeyboardMarkup as the Bot API takes it."""

    keyboard: list[list[dict[str, Any]]]
    one_time_keyboard: bool
    resize_keyboard: bool


Row = Sequence[Button | None]


@dataclass(frozen=True, slots=True)
class Menu:
    """Where a menu stands and the key that seals its buttons."""

    key: bytes
    chat_id: int

    def button(self, label: str, callback: Callback) -> Button:
        return Button(text=_label(label), callback_data=callbacks.encode(callback, self.key, self.chat_id))


def link_button(label: str, url: str | None) -> Button | None:
    """A button that leads outside, or None where Telegram would refuse the address."""
    checked = button_url(url)
    return Button(text=_label(label), url=checked) if checked else None


def share_button(label: str, query: str) -> Button:
    """A button with which the reader chooses a chat, to send there what the bot's inline mode finds for the query."""
    return Button(text=_label(label), switch_inline_query=query)


def keyboard(*rows: Row) -> Keyboard | None:
    """The rows without what is None and what is empty, long rows broken; None when no button is left."""
    broken = [part for row in rows for part in _broken([button for button in row if button is not None])]
    kept: list[list[Button]] = []
    for row in broken:
        if sum(map(len, kept)) + len(row) <= KEYBOARD_LIMIT:
            kept.append(row)
    return Keyboard(inline_keyboard=kept) if kept else None


def _broken(row: list[Button]) -> Iterable[list[Button]]:
    return (row[i : i + ROW_LIMIT] for i in range(0, len(row), ROW_LIMIT))


@lru_cache(maxsize=256)  # most are the same few words
def _label(label: str) -> str:
    return plain(" ".join(plain(label).text.split())).trimmed(LABEL_LIMIT).text or "…"


def page_buttons(words: Words, menu: Menu, page: int, has_next: bool, to: Callable[[int], Callback]) -> list[Button]:
    """Previous and Next, each where there is such a page."""
    turns = []
    if page > 0:
        turns.append(menu.button(words._("‹ Previous"), to(page - 1)))
    if has_next and page < callbacks.MAX_PAGE:
        turns.append(menu.button(words._("Next ›"), to(page + 1)))
    return turns
