"""What counts as the same letter, and where words are found in a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fold import find_words, fold, words


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


def test_scripts_without_spaces_become_overlapping_pairs() -> None:
    assert words("東京の天気 today") == ["東京", "京の", "の天", "天気", "気", "today"]
    assert words("Well-known, it's 3.5") == ["well", "known", "it", "s", "3", "5"]
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert words("") == words("… -- !") == []


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("A Café, a CAFE\u0301!", ["cafe"], ["Café", "CAFE\u0301"]),
        ("STRASSE und Straße", ["straße"], ["STRASSE", "Straße"]),
        ("caféteria café", ["cafe"], ["café"]),
        ("caféteria café", ["CAFÉ*"], ["caféteria", "café"]),
        ("明日の東京都の天気", ["東京"], ["東京"]),
        ("明日の東京都の天気", ["東京", "京都", "天*"], ["東京都", "天"]),
        ("ﬁne ﬁnger", ["fine"], ["ﬁne"]),
        ("हिन्दी भाषा", ["हिन्दी"], ["हिन्दी"]),
        ("می‌خواهم", ["خواهم"], ["خواهم"]),
        ("nothing here", ["", "*", "x"], []),
    ],
)
def test_words_are_found_where_they_stand(text: str, wanted: list[str], found: list[str]) -> None:
    assert [text[start:end] for start, end in find_words(text, wanted)] == found


@given(st.text(), st.lists(st.text(max_size=5), max_size=5))
def test_places_are_in_order_within_the_text_and_apart(text: str, wanted: list[str]) -> None:
    spans = find_words(text, wanted)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(alphabet="aéÉßİ東京ガ\u3099\u0301कि ，.x", max_size=30))
def test_every_word_of_a_text_is_found_in_it(text: str) -> None:
    found = find_words(text, words(text))
    covered = {at for start, end in found for at in range(start, end)}
    letters = {at for at, char in enumerate(text) if unicodedata.category(char)[0] in "LN"}
    assert letters <= covered
