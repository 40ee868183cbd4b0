"""What counts as the same letter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fold import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "CAFE"),
        ("Über", "uber"),
        ("Straße", "STRASSE"),
        ("İstanbul ılık", "istanbul ilik"),
        ("Łódź Ørsted đ æ", "lodz orsted d ae"),
        ("Ё", "е"),
        ("Ά ς", "α σ"),
        ("ﬁne", "FINE"),
        ("ＡＢＣ１", "abc1"),
        ("ｶﾞ", "ガ"),
        ("عَرَبِيّ", "عربي"),
        ("كتاب", "کتاب"),
        ("אֲנִי", "אני"),
        ("e\u0301", "é"),
        ("ｅ\u0301", "e"),
    ],
)
def test_what_readers_type_alike_is_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("कि", "क"), ("কা", "ক"), ("நி", "ந"), ("กี", "ก")])
def test_marks_that_are_letters_stay(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_and_composition_never_matter(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
