"""Every screen, in English and in the pseudo-locale: complete, within Telegram's limits, and taken by Telegram."""

import gettext
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog

from bot.render.callbacks import decode
from bot.render.outgoing import CAPTION_LIMIT, TEXT_LIMIT, Outgoing
from bot.render.template import PLACEHOLDERS
from bot.render.words import NATIVE_NAMES, PseudoTranslations, Words
from tests.render import (
    samples,
    samples_filters,
    samples_inline,
    samples_looks,
    samples_newsroom,
    samples_onboarding,
)
from tests.render.catalogue import extracted
from tests.render.samples import ENGLISH, KEY, MENU, PSEUDO
from tests.render.tdlib import refusal


def screens(words: Words) -> Iterator[tuple[str, Outgoing]]:
    for subject in (samples, samples_filters, samples_inline, samples_looks, samples_newsroom, samples_onboarding):
        yield from subject.screens(words)


PSEUDO_ONLY = [pytest.param(screen, id=name) for name, screen in screens(PSEUDO)]
BOTH = [*PSEUDO_ONLY, *(pytest.param(screen, id=f"{name} in English") for name, screen in screens(ENGLISH))]

_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r"|tagz|ъ)\}")  # of an admin's template, as they are typed


def labels(screen: Outgoing) -> list[str]:
    rows = screen.keyboard["inline_keyboard"] if screen.keyboard else ()
    return [button["text"] for row in rows for button in row]


@pytest.mark.parametrize("screen", PSEUDO_ONLY)
def test_everything_a_person_reads_goes_through_gettext(screen: Outgoing) -> None:
    for text in (screen.text.text, *labels(screen)):
        ours = re.sub(r"/[a-z]+|" + "|".join(NATIVE_NAMES.values()), "", _PLACEHOLDER.sub("", text))
        assert re.findall(r"[A-Za-z]+", ours) == []


@pytest.mark.parametrize("screen", BOTH)
def test_telegram_takes_every_screen(screen: Outgoing) -> None:
    assert refusal(screen.text) == ""
    assert 0 < screen.text.len16 <= (CAPTION_LIMIT if screen.photo else TEXT_LIMIT)
    assert "{" not in _PLACEHOLDER.sub("", screen.text.text)


@pytest.mark.parametrize("screen", BOTH)
def test_keyboards_stay_within_limits_and_their_data_is_ours(screen: Outgoing) -> None:
    if screen.keyboard is None:
        return
    assert all(1 <= len(row) <= 8 for row in screen.keyboard["inline_keyboard"])
    for button in (button for row in screen.keyboard["inline_keyboard"] for button in row):
        assert 1 <= len(button["text"]) <= 64
        if "switch_inline_query" in button:
            assert len(button["switch_inline_query"]) <= 256
        elif "url" not in button:
            assert isinstance(button["callback_data"], str)
            assert len(button["callback_data"].encode()) <= 64
            assert decode(button["callback_data"], KEY, MENU.chat_id) is not None


def test_every_text_of_ours_is_on_some_screen() -> None:
    shown = Recorder()
    list(screens(Words(shown, ENGLISH.locale, ENGLISH.zone)))
    assert {message for message in _ours(extracted()) if message not in shown.seen} == set()


def _ours(catalogue: Catalog) -> set[str]:
    """The messages of this folder's files."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and any(path.startswith("render/") for path, _ in message.locations)
    }


class Recorder(gettext.NullTranslations):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def gettext(self, message: str) -> str:
        self.seen.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.seen.add(msgid1)
        return super().ngettext(msgid1, msgid2, n)


def test_the_pseudo_locale_is_longer_and_keeps_fields_and_commands() -> None:
    message = "Try /search {words} again, please"
    pseudo = PseudoTranslations().gettext(message)
    assert len(pseudo) >= 1.35 * len(message)
    assert "{words}" in pseudo
    assert "/search" in pseudo
    assert pseudo.startswith("\u200f")
    assert pseudo.endswith("\u200f")
