"""HTML of articles, as Telegram shows it."""

import time

import pytest
from hypothesis import given, settings

from bot.render.html import plain, to_text
from bot.render.split import pages
from tests.render.strategies import html, wild
from tests.render.tdlib import refusal


@given(html())
@settings(max_examples=300)
def test_telegram_takes_whatever_html_nh3_lets_through(source: str) -> None:
    text = to_text(source)
    assert text.text == text.text.strip()
    if text.text:
        assert refusal(text) == ""


@given(wild)
def test_any_text_is_survived(source: str) -> None:
    text = to_text(source)
    if text.text:
        assert refusal(text) == ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("just text", "just text"),
        ("<p>One</p><p>two</p>", "One\n\ntwo"),
        ("<p>One</p>\n\n  <p> two </p>", "One\n\ntwo"),
        ("<div><div><p>One</p></div></div><p>two</p>", "One\n\ntwo"),
        ("<p></p><p> </p><p>One</p><p></p>", "One"),
        ("One<br>two<br><br><br><br>three<br>", "One\ntwo\n\nthree"),
        ("a  \n b", "a b"),
        ("a<b> b</b> c", "a b c"),
        ("a &amp;amp; b &lt;c&gt;&nbsp;d", "a &amp; b <c>\u00a0d"),
        ("<h2>Title</h2>Text", "Title\n\nText"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<ul><li><p>a</p></li><li></li><li><p>b</p></li></ul>c", "• a\n• b\n\nc"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ('<ol start="9"><li>a<li>b</ol>', "9. a\n10. b"),
        ("<ul><li>a<ol><li>b</ol><li>c</ul>", "• a\n\u2002\u20021. b\n• c"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\n\u2002\u2002b"),
        ("<pre>\n a\n\tb \n</pre>c", "a\n    b\n\nc"),
        ("<p>a</p><hr><p>b</p>", "a\n\n⁂\n\nb"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
        ("x<sup>2</sup> 10<sup>-6</sup> H<sub>2</sub>O 1<sup>st</sup>", "x² 10⁻⁶ H₂O 1st"),
        ("<q>a</q>", "“a”"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢(kan)"),
        ('a <img src="https://e.org/i.png" alt="A cat"> b', "a [A cat] b"),
        ('a <img src="https://e.org/i.png" alt=""> b', "a b"),
        ('a <img src="https://e.org/i.png" width="1" height="1"> b', "a b"),
        ('<img src="https://e.org/i.png">', "🖼"),
        ('<a href="mailto:a@b.org">Write</a>', "Write (a@b.org)"),
        ('<a href="mailto:a@b.org?subject=x">a@b.org</a>', "a@b.org"),
        ('<a href="tel:+123">Call</a>', "Call (+123)"),
        ("a\0b\u202ec", "abc"),
        ("</p></b>x</ul>", "x"),
    ],
)
def test_text_of(source: str, text: str) -> None:
    assert to_text(source).text == text
    assert plain(source) == text


@pytest.mark.parametrize(
    ("source", "entities"),
    [
        ("<b>a</b> <i>b</i>", [("bold", "a"), ("italic", "b")]),
        ("x <b> a </b> y", [("bold", "a")]),
        ("<h1>a</h1>b", [("bold", "a")]),
        ("<p>a <b>b <i>c</i></b></p>", [("bold", "b c"), ("italic", "c")]),
        ("<b></b><i> </i>", []),
        ("<blockquote><p>a</p><p>b</p></blockquote>c", [("blockquote", "a\n\nb")]),
        ("<pre><code><b>a</b></code></pre>", [("pre", "a")]),
        ("<code>a <b>b</b></code>", [("code", "a b")]),
        ('<a href="https://e.org/"><code>a</code></a>', [("text_link", "a")]),
        ('<a href="https://e.org/"><b>a</b></a>', [("text_link", "a"), ("bold", "a")]),
        ('<a href="#x">a</a> <a href="/y">b</a> <a>c</a>', []),
        ('<a href="http://localhost/">a</a>', []),
        ("<del>a</del><ins>b</ins>", [("strikethrough", "a"), ("underline", "b")]),
        ('<img src="https://e.org/i.png" alt="A cat">', [("text_link", "[A cat]")]),
        ('<a href="https://e.org/"><img src="https://e.org/i.png" alt="A cat"></a>', [("text_link", "[A cat]")]),
        ("😀 <b>😀</b>", [("bold", "😀")]),
        ("<b>unclosed", [("bold", "unclosed")]),
    ],
)
def test_formatting_of(source: str, entities: list[tuple[str, str]]) -> None:
    text = to_text(source)
    units = text.text.encode("utf-16-le")
    found = [
        (e["type"], units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")) for e in text.entities
    ]
    assert found == entities


def test_links_keep_their_address() -> None:
    entities = to_text('<a href="https://e.org/?a=1&amp;b=2">a</a>').entities
    assert [e["url"] for e in entities] == ["https://e.org/?a=1&b=2"]


HOSTILE = {
    "deep": "<b>" * 20_000 + "x",
    "pre": "<pre>a\n\n</pre>" * 5_000,
    "mail": '<a href="mailto:a@b.c">x</a>' * 5_000,
    "lists": "<ul><li>x" * 5_000,
    "quotes": "<blockquote>" * 5_000 + "x <i>y</i>" * 5_000,
    "marks": "a" + "\N{COMBINING ACUTE ACCENT}" * 50_000,
    "words": "word " * 30_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_take_no_more_time_than_their_size(source: str) -> None:
    began = time.process_time()
    assert pages(to_text(source))
    assert time.process_time() - began < 5  # they take under 0.5 s; quadratic ones take minutes
