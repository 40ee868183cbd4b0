"""Text, parse modes and entities, as TDLib judges them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import entities
from bot.sandbox.refusal import Refusal

needs_tdlib = pytest.mark.skipif(not entities.has_tdlib(), reason="tdjson is not installed here")


def span(kind: str, offset: int, length: int, **more: str) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@needs_tdlib
@pytest.mark.parametrize(
    ("text", "mode", "plain", "found"),
    [
        ("<b>x</b> y", "HTML", "x y", [span("bold", 0, 1)]),
        ("*x* `y`", "MarkdownV2", "x y", [span("bold", 0, 1), span("code", 2, 1)]),
        ("[y](http://example.org)", "Markdown", "y", [span("text_link", 0, 1, url="http://example.org/")]),
        ('<pre><code class="language-python">x</code></pre>', "html", "x", [span("pre", 0, 1, language="python")]),
        ("😀 <i>x</i>", "HTML", "😀 x", [span("italic", 3, 1)]),
    ],
)  # fmt: skip
def test_parse_modes_become_entities(text: str, mode: str, plain: str, found: list[dict[str, Any]]) -> None:
    assert entities.read(text, parse_mode=mode) == (plain, found)


@needs_tdlib
@pytest.mark.parametrize(
    ("text", "mode", "refusal"),
    [
        ("<b>x", "HTML", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            "<b>x</i>",
            "HTML",
            'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        ),
        ("<blink>x</blink>", "HTML", 'can\'t parse entities: Unsupported start tag "blink" at byte offset 0'),
        (
            "x.",
            "MarkdownV2",
            "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        ("x", "BBCode", "unsupported parse_mode"),
    ],
)  # fmt: skip
def test_malformed_text_is_refused_in_telegrams_words(text: str, mode: str, refusal: str) -> None:
    with pytest.raises(Refusal) as caught:
        entities.read(text, parse_mode=mode)
    assert caught.value.description == f"Bad Request: {refusal}"


@pytest.mark.parametrize("tdlib", [pytest.param(True, marks=needs_tdlib), False])
@pytest.mark.parametrize(
    ("entity", "refusal"),
    [
        (
            span("bold", 3, 9),
            "entity beginning at UTF-16 offset 3 ends after the end of the text at UTF-16 offset 12",
        ),
        (span("bold", -1, 2), "receive an entity with incorrect offset -1"),
        (span("sparkle", 0, 2), "can't parse MessageEntity: Unsupported type specified"),
    ],
)
def test_offsets_are_checked_with_tdlib_and_without(
    monkeypatch: pytest.MonkeyPatch, tdlib: bool, entity: dict[str, Any], refusal: str
) -> None:
    if not tdlib:
        monkeypatch.setattr(entities, "_tdlib", lambda: None)
    with pytest.raises(Refusal) as caught:
        entities.read("hello", entities=[entity])
    assert caught.value.description == f"Bad Request: {refusal}"


def test_without_tdlib_html_is_refused_and_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entities, "_tdlib", lambda: None)
    with pytest.raises(Refusal, match="only where tdjson is installed"):
        entities.read("<b>x</b>", parse_mode="HTML")
    assert entities.link_fault("http://localhost:80/") == "Wrong HTTP URL"
    assert entities.link_fault("https://example.org/a") is None


@needs_tdlib
def test_links_are_checked() -> None:
    with pytest.raises(Refusal, match="Unsupported URL protocol"):
        entities.read("hello", entities=[span("text_link", 0, 5, url="ftp://example.org")])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start@paperboy_bot x", [("bot_command", "/start@paperboy_bot")]),
        ("see https://example.org/a?b=1, and (x)", [("url", "https://example.org/a?b=1")]),
        ("(http://x.example)", [("url", "http://x.example")]),
        ("😀 #economy @rosa_reads", [("hashtag", "#economy"), ("mention", "@rosa_reads")]),
        ("mail rosa@example.org #1", [("email", "rosa@example.org")]),
        ("a/b and/or 1/2", []),
    ],
)  # fmt: skip
def test_links_commands_and_mentions_are_found(text: str, found: list[tuple[str, str]]) -> None:
    units = text.encode("utf-16-le")
    seen = [
        (e["type"], units[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le"))
        for e in entities.read(text)[1]
    ]
    assert seen == found


@given(st.text(max_size=60), st.integers(-2, 70), st.integers(-2, 70), st.sampled_from(["bold", "code", "text_link"]))
def test_no_text_and_no_entity_fails_in_another_way_than_a_refusal(
    text: str, offset: int, length: int, kind: str
) -> None:
    try:
        plain, found = entities.read(text, entities=[span(kind, offset, length, url="https://example.org")])
    except Refusal:
        return
    size = entities.utf16_len(plain)
    assert plain == plain.rstrip(" \n\t")
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= size for e in found)


@given(st.text(max_size=80))
def test_utf16_units_are_counted(text: str) -> None:
    assert entities.utf16_len(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
