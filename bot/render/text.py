"""Text with formatting, as values: put together, cut and sent without a parse mode, so nothing can fail to parse.

Spans are counted in code points and may overlap freely; `entities` turns them into what Telegram takes: UTF-16 units,
properly nested, nothing inside pre and code, at most ENTITY_LIMIT. Rules: https://core.telegram.org/bots/api#messageentity.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NotRequired, TypedDict

import regex
from telegram import MessageEntity

from bot.render.links import text_url
from bot.render.spans import ENTITY_LIMIT, Span, nested
from bot.render.words import FIELD

__all__ = ["ENTITY_LIMIT", "Entity", "Span", "Text", "bullets", "clean", "fill", "graphemes", "join", "len16", "plain"]

# What Telegram itself replaces or drops, found by asking tdjson about every code point: here it is done first.
_LINE_ENDS = regex.compile(r"\r\n|[\r\u2028\u2029]")
_SPACES = regex.compile(r"[\t\v\f]")
_DROPPED_MARKS = regex.compile(r"[\u030a\u0333\u033f]")  # å, written as two code points, survives as one
_UNSENDABLE = regex.compile(r"[\p{Cc}\p{Cs}\u202a-\u202e--\n]", regex.VERSION1)
_GRAPHEME = regex.compile(r"\X")
_FSI, _PDI = "\u2068", "\u2069"


def len16(text: str) -> int:
    """The length in UTF-16 units, which Telegram's limits and offsets count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class Entity(TypedDict):
    """A MessageEntity as the Bot API takes it."""

    type: str
    offset: int
    length: int
    url: NotRequired[str]
    language: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Text:
    """A string and its formatting."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def __add__(self, other: "Text | str") -> "Text":
        return join("", (self, other))

    def __radd__(self, other: str) -> "Text":
        return join("", (other, self))

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def len16(self) -> int:
        return len16(self.text)

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The formatting as Telegram takes it; beyond ENTITY_LIMIT the least important is dropped."""
        return _entities(self)

    def bold(self) -> "Text":
        return self.styled(MessageEntity.BOLD)

    def italic(self) -> "Text":
        return self.styled(MessageEntity.ITALIC)

    def code(self) -> "Text":
        return self.styled(MessageEntity.CODE)

    def pre(self, language: str = "") -> "Text":
        return self.styled(MessageEntity.PRE, language=language)

    def quote(self) -> "Text":
        return self.styled(MessageEntity.BLOCKQUOTE)

    def link(self, url: str | None) -> "Text":
        """The text leading to the address, or unchanged where Telegram would refuse it (links.text_url)."""
        checked = text_url(url)
        return self.styled(MessageEntity.TEXT_LINK, url=checked) if checked else self

    def styled(self, entity_type: str, *, url: str = "", language: str = "") -> "Text":
        if not self.text:
            return self
        return Text(self.text, (Span(0, len(self.text), entity_type, url, language), *self.spans))

    def cut(self, start: int, end: int) -> "Text":
        """From code point `start` to `end`; formatting that reaches across is cut with it."""
        start, end = max(start, 0), min(end, len(self.text))
        spans = tuple(
            replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
            for span in self.spans
            if span.start < end and span.end > start
        )
        return Text(self.text[start:end], spans)

    def strip(self) -> "Text":
        end = len(self.text.rstrip())
        return self.cut(min(len(self.text) - len(self.text.lstrip()), end), end)

    def trimmed(self, limit16: int) -> "Text":
        """The whole text, or whole words (of a long one, graphemes) that fit into `limit16` with an ellipsis."""
        if self.len16 <= limit16:
            return self
        end = _last_grapheme(self.text, limit16 - 1)
        space = max((i for i in range(end, end // 2, -1) if self.text[i].isspace()), default=end)
        end = len(self.text[:space].rstrip())
        return self.cut(0, end) + "…" if limit16 > 0 else Text()


def plain(text: str) -> Text:
    """A string from anywhere without what Telegram drops (controls, bidi overrides), so that offsets stay true."""
    return Text(clean(text))


def join(separator: Text | str, parts: Iterable[Text | str]) -> Text:
    """The parts that are not empty, one after another, with the separator between them."""
    texts: list[str] = []
    spans: list[Span] = []
    offset = 0
    glue = _as_text(separator)
    for part in parts:
        if not part:
            continue
        for piece in (glue, _as_text(part)) if texts and glue else (_as_text(part),):
            spans.extend(replace(span, start=span.start + offset, end=span.end + offset) for span in piece.spans)
            texts.append(piece.text)
            offset += len(piece.text)
    return Text("".join(texts), tuple(spans))


def bullets(lines: Iterable[Text | str]) -> Text:
    """One line each, behind a bullet."""
    return join("\n", [join(" ", ["•", line]) for line in lines])


def fill(template: str, **fields: Text | str | int) -> Text:
    """A translated sentence with its {fields} filled by formatted texts; a field of the other direction is isolated."""
    parts: list[Text | str] = []
    done = 0
    for found in FIELD.finditer(template):
        value = fields.get(found[1], found[0])
        parts += [
            template[done : found.start()],
            _isolated(_as_text(str(value) if isinstance(value, int) else value), template),
        ]
        done = found.end()
    return join("", [*parts, template[done:]])


def graphemes(text: str, start: int = 0, stop: int | None = None) -> Iterator[int]:
    """Where each character ends, as a reader sees characters, from `start` (itself such an end) to `stop`."""
    return (found.end() for found in _GRAPHEME.finditer(text, start, len(text) if stop is None else stop))


def _as_text(value: Text | str) -> Text:
    return value if isinstance(value, Text) else plain(value)


def clean(text: str) -> str:
    """The text without what Telegram drops, replaced as Telegram would where it replaces."""
    if text.isascii() and text.isprintable():
        return text
    if _DROPPED_MARKS.search(text):
        text = _DROPPED_MARKS.sub("", unicodedata.normalize("NFC", text))
    return str(_UNSENDABLE.sub("", _SPACES.sub(" ", _LINE_ENDS.sub("\n", text))))


def _isolated(value: Text, template: str) -> Text:
    """In Unicode's isolates when it holds letters of the direction that the sentence does not have."""
    sentence = _is_rtl(template)
    if any(direction is not None and direction != sentence for direction in map(_direction, value.text)):
        return _FSI + value + _PDI
    return value


def _is_rtl(text: str) -> bool:
    return next((direction for direction in map(_direction, text) if direction is not None), False)


def _direction(char: str) -> bool | None:
    """True right to left, False left to right, None without a direction of its own."""
    return {"R": True, "AL": True, "L": False}.get(unicodedata.bidirectional(char))


def _last_grapheme(text: str, limit16: int) -> int:
    """Where the last character ends that is whole within the first `limit16` units; at least one code point."""
    end = units = 0
    for stop in graphemes(text):
        units += len16(text[end:stop])
        if units > limit16:
            break
        end = stop
    return end


@lru_cache(maxsize=256)  # lists and posts go out many times as they are
def _entities(text: Text) -> tuple[Entity, ...]:
    spans = nested(text.spans, len(text.text))
    offsets = _offsets16(text.text, {edge for span in spans for edge in (span.start, span.end)})
    return tuple(_entity(span, offsets) for span in spans)


def _entity(span: Span, offsets: dict[int, int]) -> Entity:
    entity = Entity(type=str(span.type), offset=offsets[span.start], length=offsets[span.end] - offsets[span.start])
    if span.url:
        entity["url"] = span.url
    if span.language:
        entity["language"] = span.language
    return entity


def _offsets16(text: str, edges: set[int]) -> dict[int, int]:
    offsets: dict[int, int] = {}
    done = units = 0
    for edge in sorted(edges):
        units += len16(text[done:edge])
        offsets[edge] = units
        done = edge
    return offsets
