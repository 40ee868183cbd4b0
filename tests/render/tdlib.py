"""Telegram's own verdict on text and entities, through TDLib (PyPI tdjson, where it is installed: Linux).

getMarkdownText refuses bad offsets and addresses; parseMarkdown gives back the entities as Telegram would keep them.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.render.text import Entity, Text

tdjson = pytest.importorskip("tdjson", reason="TDLib is not installed: what Telegram would say is not checked")

_TYPES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "blockquote": "BlockQuote",
    "text_link": "TextUrl",
}


def refusal(text: Text) -> str:
    """What Telegram would say against the text and its entities, "" when it takes them."""
    answer = _ask("getMarkdownText", text.text, text.entities)
    return str(answer.get("message", ""))


def kept(text: Text) -> tuple[str, list[set[str]]]:
    """The text and, for each UTF-16 unit, the formatting that Telegram keeps. Not for text with Markdown in it."""
    answer = _ask("parseMarkdown", text.text, text.entities)
    assert "message" not in answer, answer
    found = [(e["type"]["@type"].removeprefix("textEntityType"), e["offset"], e["length"]) for e in answer["entities"]]
    return answer["text"], _units(answer["text"], found)


def sent(text: Text) -> list[set[str]]:
    """For each UTF-16 unit the formatting that we send."""
    return _units(text.text, [(_TYPES[e["type"]], e["offset"], e["length"]) for e in text.entities])


def _units(text: str, entities: Sequence[tuple[str, int, int]]) -> list[set[str]]:
    units: list[set[str]] = [set() for _ in range(len(text.encode("utf-16-le")) // 2)]
    for kind, offset, length in entities:
        for unit in units[offset : offset + length]:
            unit.add(kind)
    return units


def _ask(method: str, text: str, entities: Sequence[Entity]) -> dict[str, Any]:
    listed = []
    for entity in entities:
        kind: dict[str, Any] = {"@type": f"textEntityType{_TYPES[entity['type']]}"}
        if "url" in entity:
            kind["url"] = entity["url"]
        listed.append({"@type": "textEntity", "offset": entity["offset"], "length": entity["length"], "type": kind})
    formatted = {"@type": "formattedText", "text": text, "entities": listed}
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps({"@type": method, "text": formatted}).encode()))
    return answer


tdjson.td_execute(b'{"@type":"setLogVerbosityLevel","new_verbosity_level":0}')
