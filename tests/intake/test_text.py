"""A maintainer's message becomes an article."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RefusedItem
from bot.intake.decide import normalise
from bot.intake.html import plain
from bot.intake.text import from_text

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_the_first_line_is_the_title_and_empty_lines_part_paragraphs() -> None:
    article = from_text("  Storm warning \nStay in.\n\nClose the windows,\nplease.")
    assert (article.title, article.url) == ("Storm warning", None)
    assert article.body == "<p>Stay in.</p><p>Close the windows,<br>please.</p>"


def test_formatting_becomes_html_counted_in_utf16_and_escaped() -> None:
    text = "🌊 Title\nA <b> & a 🌊 wave, bold link."
    entities = [("bold", 28, 9, None), ("text_link", 33, 4, "https://example.org/?a=1&b=2"), ("italic", 0, 2, None)]
    article = from_text(text, entities)
    assert article.title == "🌊 Title"
    assert article.body == (
        '<p>A &lt;b&gt; &amp; a 🌊 wave, <b>bold <a href="https://example.org/?a=1&amp;b=2">link</a></b>.</p>'
    )


def test_entities_that_cross_are_closed_and_opened_again() -> None:
    article = from_text("T\nabcdef", [("bold", 2, 4, None), ("italic", 4, 4, None)])
    assert article.body == "<p><b>ab<i>cd</i></b><i>ef</i></p>"


def test_blocks_code_and_quotes_survive_sanitising() -> None:
    text = "T\nSay:\nx = 1\n\ny = 2\nand quote"
    article = from_text(text, [("pre", 7, 12, None), ("blockquote", 20, 9, None)])
    body = normalise(article, NOW).body
    assert "<pre>x = 1\n\ny = 2</pre>" in body
    assert "<blockquote>and quote</blockquote>" in body


def test_a_link_alone_or_in_the_title_is_what_the_article_is_about() -> None:
    alone = from_text("https://example.org/a", [("url", 0, 21, None)])
    assert (alone.title, alone.url, alone.body) == ("https://example.org/a", "https://example.org/a", "")
    titled = from_text("Read this: https://example.org/a\nIt is good.", [("url", 11, 21, None)])
    assert (titled.title, titled.url) == ("Read this:", "https://example.org/a")
    below = from_text("Title\nSee https://example.org/a", [("url", 10, 21, None)])
    assert below.url is None
    assert 'href="https://example.org/a"' in below.body


@pytest.mark.parametrize("text", ["", "  \n ", "Only a title"])
def test_a_message_without_an_article_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(RefusedItem, match=r"first line becomes the title|from its second line on"):
        from_text(text)


KINDS = st.sampled_from(["bold", "italic", "code", "pre", "text_link", "url", "email", "blockquote", "spoiler", "x"])
ENTITIES = st.lists(
    st.tuples(KINDS, st.integers(-2, 30), st.integers(-2, 30), st.none() | st.text(max_size=10)), max_size=5
)


@given(st.text(max_size=40), ENTITIES)
def test_any_message_becomes_an_article_or_is_refused(
    text: str, entities: list[tuple[str, int, int, str | None]]
) -> None:
    try:
        new = normalise(from_text(text, entities), NOW)
    except RefusedItem:
        return
    assert new.title
    assert "<script" not in new.body


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40), ENTITIES)
def test_no_word_of_the_message_is_lost(words: str, entities: list[tuple[str, int, int, str | None]]) -> None:
    article = from_text(f"T\n{words}", entities)
    assert plain(article.body).replace("\n", "").replace(" ", "") == words
