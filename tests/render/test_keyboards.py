"""Keyboards never exceed what Telegram shows and takes."""

from hypothesis import given
from hypothesis import strategies as st

from bot.render.callbacks import MAX_PAGE, ShowFeeds, ShowSubscribe
from bot.render.keyboards import LABEL_LIMIT, keyboard, link_button, page_buttons
from bot.render.text import len16
from tests.render.samples import ENGLISH, MENU
from tests.render.strategies import wild


@given(st.lists(st.integers(0, 30), max_size=30))
def test_rows_hold_at_most_eight_and_keyboards_a_hundred(sizes: list[int]) -> None:
    board = keyboard(*[[MENU.button("x", ShowSubscribe())] * size for size in sizes])
    rows = board["inline_keyboard"] if board else ()
    assert all(1 <= len(row) <= 8 for row in rows)
    assert sum(map(len, rows)) <= 100
    assert sum(map(len, rows)) == min(sum(sizes), sum(map(len, rows))) or sum(sizes) > 92


@given(wild)
def test_a_label_is_never_empty_nor_too_long(label: str) -> None:
    button = MENU.button(label, ShowSubscribe())
    assert button["text"].strip()
    assert len16(button["text"]) <= LABEL_LIMIT
    assert "\n" not in button["text"]


def test_no_buttons_are_no_keyboard() -> None:
    assert keyboard([], [None]) is None


def test_a_link_that_telegram_refuses_has_no_button() -> None:
    assert link_button("x", "http://localhost/") is None
    assert link_button("x", None) is None


def test_the_last_page_that_data_can_name_has_no_next() -> None:
    assert len(page_buttons(ENGLISH, MENU, MAX_PAGE, True, ShowFeeds)) == 1
