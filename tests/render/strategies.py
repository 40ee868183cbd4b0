"""Text and HTML that hypothesis makes: every script, emoji, marks, controls; only lone surrogates are left out."""

import nh3
from hypothesis import strategies as st

from bot.render.spans import Span
from bot.render.text import Text, plain

_EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇫🇷", "𝒳"]
_SCRIPTS = ["ا", "שלום ", "سلام\u200cها", "e\N{COMBINING ACUTE ACCENT}", "a\N{COMBINING RING ABOVE}", "क्षि"]
_UNSEEN = ["\0", "\x07", "\r\n", "\t", "\u202e", "\u2028", "\ufeff", "\u200f", "\n\n", "\n", " "]
_LONG = ["x" * 30, "\N{COMBINING ACUTE ACCENT}" * 20, ". ", "。", "&amp;", "<b"]
_AWKWARD = st.sampled_from(_EMOJI + _SCRIPTS + _UNSEEN + _LONG)
characters = st.characters(exclude_categories=["Cs"])
wild = st.lists(st.one_of(_AWKWARD, st.text(characters, max_size=8)), max_size=40).map("".join)
plain_words = st.text(st.sampled_from("ab \nأب😀"), max_size=60)  # none of Markdown's characters

STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link")


@st.composite
def formatted(draw: st.DrawFn, letters: st.SearchStrategy[str] = wild, most: int = 12) -> Text:
    """A text with any formatting anywhere, overlapping as it likes."""
    text = plain(draw(letters)).text
    spans = []
    for _ in range(draw(st.integers(0, most))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        style = draw(st.sampled_from(STYLES))
        spans.append(Span(start, end, style, f"https://example.org/{start}" if style == "text_link" else ""))
    return Text(text, tuple(spans))


_TAGS = sorted(nh3.ALLOWED_TAGS)
_TAKEN = ["https://example.org/a", "mailto:a@example.org", "tel:+1234"]
_REFUSED = ["http://localhost", "#x", "http://", "http://a.b:0/", "javascript:1", "http://[::1", "//example.org"]
_ADDRESSES = _TAKEN + _REFUSED
_ALTS = ["", "a [b]", "🏳️‍🌈"]
_STARTS = ["", "5", "-3", "x", "9" * 99]


@st.composite
def html(draw: st.DrawFn) -> str:
    """Tags that nh3 knows, opened and closed at random, and what nh3 makes of it."""
    pieces = []
    for _ in range(draw(st.integers(0, 25))):
        tag, address = draw(st.sampled_from(_TAGS)), draw(st.sampled_from(_ADDRESSES))
        alt, start = draw(st.sampled_from(_ALTS)), draw(st.sampled_from(_STARTS))
        opening = f'<{tag} href="{address}" src="{address}" alt="{alt}" start="{start}">'
        pieces.append(draw(st.one_of(st.just(opening), st.just(f"</{tag}>"), wild)))
    return nh3.clean("".join(pieces), link_rel=None)
