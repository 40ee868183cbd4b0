"""Text and its entities: what we send is what Telegram keeps."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.render.text import ENTITY_LIMIT, Text, bullets, fill, join, len16, plain
from tests.render.strategies import formatted, plain_words, wild
from tests.render.tdlib import kept, refusal, sent


@given(formatted())
def test_telegram_takes_any_text_with_any_formatting(text: Text) -> None:
    if text.text.strip():
        assert refusal(text) == ""


@given(formatted(plain_words))
def test_telegram_keeps_the_formatting_that_is_sent(text: Text) -> None:
    if not text.text.strip():
        return
    body, units = kept(text)
    ours = sent(text)
    start = len16(text.text) - len16(text.text.lstrip()) if body != text.text else 0
    letters = [i for i, unit in enumerate(_utf16(body)) if not unit.isspace()]  # spaces at the edges may lose theirs
    assert [units[i] for i in letters] == [ours[start + i] for i in letters]


def _utf16(text: str) -> list[str]:
    units = text.encode("utf-16-le")
    return [units[i : i + 2].decode("utf-16-le", "replace") for i in range(0, len(units), 2)]


@given(formatted())
def test_entities_are_nested_or_apart_and_pre_and_code_hold_nothing(text: Text) -> None:
    entities = [(e["offset"], e["offset"] + e["length"], e["type"]) for e in text.entities]
    for i, (start, end, kind) in enumerate(entities):
        assert 0 <= start < end <= text.len16
        for other_start, other_end, _ in entities[i + 1 :]:
            assert other_start >= end or (start <= other_start and other_end <= end)
            if kind in ("pre", "code"):
                assert other_start >= end


@given(wild)
def test_plain_text_is_kept_by_telegram_letter_for_letter(letters: str) -> None:
    text = Text(plain(letters).text.translate({ord(c): None for c in "*_~`|[]\\"}))
    if text.text.strip():
        body, _ = kept(text)
        # It exchanges some invisible marks (U+200E, U+200F) for others; what counts is that no offset moves.
        assert body.strip().translate(_MARKS) == text.text.strip().translate(_MARKS)


_MARKS = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f"), "\u200c")


def test_at_most_a_hundred_entities_are_sent_and_links_are_the_last_to_go() -> None:
    words = join(" ", [plain(f"w{i}").bold() for i in range(150)])
    text = join(" ", [words, plain("link").link("https://example.org/")])
    assert len(text.entities) == ENTITY_LIMIT
    assert any(entity["type"] == "text_link" for entity in text.entities)


def test_offsets_count_utf_16_units() -> None:
    text = join("", ["😀 ", plain("bold").bold()])
    assert [(e["offset"], e["length"]) for e in text.entities] == [(3, 4)]


@given(formatted(), st.integers(1, 60))
def test_trimmed_text_fits_and_is_a_beginning_that_cuts_no_character(text: Text, limit: int) -> None:
    trimmed = text.trimmed(limit)
    assert trimmed.len16 <= limit
    if trimmed.text != text.text:
        assert trimmed.text.endswith("…")
        beginning = trimmed.text[:-1]
        assert text.text.startswith(beginning)
        ends = {0, *(found.end() for found in regex.finditer(r"\X", text.text))}
        assert len(beginning) in ends or text.text[len(beginning)].isspace()


def test_trimming_prefers_the_end_of_a_word() -> None:
    assert plain("The tea garden in the morning").trimmed(18).text == "The tea garden in…"


@given(formatted(), formatted())
def test_joined_texts_carry_their_formatting_along(one: Text, other: Text) -> None:
    joined = one + other
    assert joined.text == one.text + other.text
    assert joined.cut(0, len(one.text)).text == one.text
    assert joined.cut(len(one.text), len(joined.text)).entities == other.entities


def test_a_field_of_the_other_direction_is_isolated_and_one_of_the_same_is_not() -> None:
    assert fill("Results for {query}!", query="سلام!").text == "Results for \u2068سلام!\u2069!"
    assert fill("Results for {query}!", query="tea").text == "Results for tea!"


def test_a_field_keeps_its_formatting_and_an_unknown_one_stays_visible() -> None:
    text = fill("I follow {feed} {x}.", feed=plain("Tea").bold())
    assert text.text == "I follow Tea {x}."
    assert [(e["type"], e["offset"], e["length"]) for e in text.entities] == [("bold", 9, 3)]


def test_a_ring_written_apart_survives_as_one_letter() -> None:
    assert plain("A\u030angstro\u0308m").text == "Ångström"


def test_bullets_stand_before_each_line() -> None:
    assert bullets(["one", plain("two").bold()]).text == "• one\n• two"


def test_a_link_that_telegram_would_refuse_is_plain_text() -> None:
    assert plain("here").link("http://localhost/").entities == ()
    assert plain("here").link("mailto:a@example.org").entities == ()
