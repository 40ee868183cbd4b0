"""Pages: within the limits, together the text again, cut where a reader would."""

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.html import to_text
from bot.render.spans import nested
from bot.render.split import ENTITIES, PAGE_16, pages
from bot.render.text import Text, join, plain
from tests.render.strategies import formatted
from tests.render.tdlib import refusal


@given(formatted(most=20), st.integers(2, 80))
@settings(max_examples=300)
def test_pages_fit_and_give_the_text_back(text: Text, limit: int) -> None:
    done = pages(text, limit)
    assert "".join(page.text for page in done) == text.text
    assert all(page.len16 <= limit for page in done)
    assert all(page.text for page in done) or text.text == ""
    for page in done:
        if page.text.strip():
            assert refusal(page) == ""


@given(formatted(most=20), st.integers(10, 80))
def test_no_character_is_cut_that_fits_a_page(text: Text, limit: int) -> None:
    done = 0
    for page in pages(text, limit)[:-1]:
        done += len(page.text)
        around = next(found for found in regex.finditer(r"\X", text.text) if found.end() >= done)
        size = len(around[0].encode("utf-16-le")) // 2
        assert around.end() == done or size > limit or _after_a_cut_character(text.text, done, limit)


def _after_a_cut_character(text: str, end: int, limit: int) -> bool:
    """Behind a character longer than a page, what is one character depends on where one begins to look."""
    return any(len(found[0].encode("utf-16-le")) // 2 > limit for found in regex.finditer(r"\X", text[: end + limit]))


@given(formatted(most=20), st.integers(2, 80))
def test_formatting_goes_on_where_a_page_ends(text: Text, limit: int) -> None:
    def styles(one: Text, offset: int) -> set[tuple[int, str]]:
        spans = nested(one.spans, len(one.text), limit=None)
        return {(offset + i, span.type) for span in spans for i in range(span.start, span.end)}

    offset, found = 0, set()
    for page in pages(text, limit):
        found |= styles(page, offset)
        offset += len(page.text)
    assert found == styles(text, 0)


def test_paragraphs_are_kept_together() -> None:
    text = plain("\n\n".join(["A paragraph of some words. " * 3] * 10))
    assert all(page.text.endswith("\n\n") for page in pages(text, 300)[:-1])


def test_sentences_are_kept_together_where_a_paragraph_is_too_long() -> None:
    text = plain("One sentence of six words here. " * 40)
    assert all(page.text.rstrip().endswith(".") for page in pages(text, 300))


def test_a_link_is_not_cut() -> None:
    text = join(
        " ", ["word " * 50, plain("a link of some words that is here").link("https://example.org/"), "word " * 50]
    )
    for limit in range(100, 300, 7):
        links = [span for page in pages(text, limit) for span in page.spans]
        assert len(links) == 1


def test_code_longer_than_a_page_goes_on_on_the_next() -> None:
    text = plain("line of code\n" * 100).pre()
    done = pages(text, 200)
    assert all([e["type"] for e in page.entities] == ["pre"] for page in done)
    assert all(page.text.endswith("\n") for page in done)


def test_no_page_holds_more_formatting_than_telegram_honours() -> None:
    text = to_text("".join(f'<p><a href="https://example.org/{i}">x</a></p>' for i in range(500)))
    done = pages(text)
    assert sum(len(page.entities) for page in done) == 500
    assert all(len(page.entities) <= ENTITIES for page in done)


def test_a_page_leaves_room_for_what_stands_around_it() -> None:
    assert PAGE_16 <= 4096 - 256 - 300
