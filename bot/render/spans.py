"""Formatting as spans of code points, and the nesting that Telegram allows, made out of any overlap."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from telegram import MessageEntity as E

ENTITY_LIMIT = 100  # what is beyond is ignored by Telegram, at an end that we do not choose

# Outer to inner; also the order of importance.
_ORDER = (
    E.BLOCKQUOTE,
    E.EXPANDABLE_BLOCKQUOTE,
    E.PRE,
    E.TEXT_LINK,
    E.CODE,
    E.BOLD,
    E.ITALIC,
    E.UNDERLINE,
    E.STRIKETHROUGH,
    E.SPOILER,
)
_RANK: dict[str, int] = {str(name): rank for rank, name in enumerate(_ORDER)}
_QUOTES = frozenset({str(E.BLOCKQUOTE), str(E.EXPANDABLE_BLOCKQUOTE)})
_ALONE = (str(E.PRE), str(E.TEXT_LINK), str(E.CODE))  # of these one at a time, the first wins
_WITHOUT_STYLE = frozenset({str(E.PRE), str(E.CODE)})


@dataclass(frozen=True, slots=True)
class Span:
    """One kind of formatting from code point `start` to `end`."""

    start: int
    end: int
    type: str
    url: str = ""
    language: str = ""


_Kind = tuple[str, str, str]  # type, url, language


def nested(spans: tuple[Span, ...], length: int, limit: int | None = ENTITY_LIMIT) -> list[Span]:
    """The same look as spans properly nested, sorted, outer before inner, the most important `limit` of them."""
    done: list[Span] = []
    open_: list[tuple[_Kind, int]] = []
    for position, active in _segments(spans, length):
        keep = 0
        while keep < min(len(open_), len(active)) and open_[keep][0] == active[keep]:
            keep += 1
        done += [Span(start, position, *kind) for kind, start in reversed(open_[keep:])]
        open_[keep:] = [(kind, position) for kind in active[keep:]]
    if limit is not None and len(done) > limit:
        done = sorted(done, key=lambda span: (_RANK[span.type], span.start))[:limit]
    return sorted(done, key=lambda span: (span.start, -span.end, _RANK[span.type]))


def _segments(spans: tuple[Span, ...], length: int) -> list[tuple[int, list[_Kind]]]:
    """Where the formatting changes, and what holds from there on, outer to inner; the last one holds nothing."""
    starts: defaultdict[int, list[_Kind]] = defaultdict(list)
    ends: defaultdict[int, list[_Kind]] = defaultdict(list)
    for span in spans:
        start, end = max(span.start, 0), min(span.end, length)
        if start < end and span.type in _RANK:
            kind = (span.type, span.url, span.language)
            starts[start].append(kind)
            ends[end].append(kind)
    active: Counter[_Kind] = Counter()
    segments: list[tuple[int, list[_Kind]]] = []
    for position in sorted(starts.keys() | ends.keys()):
        active.update(starts[position])
        active.subtract(ends[position])
        segments.append((position, _allowed([kind for kind, count in active.items() if count > 0])))
    return segments


def _allowed(kinds: list[_Kind]) -> list[_Kind]:
    """What may hold together: one quote, then one of pre, link, code; no style inside pre and code."""
    ranked = sorted(kinds, key=lambda kind: _RANK[kind[0]])
    quotes = [kind for kind in ranked if kind[0] in _QUOTES][:1]
    alone = [kind for kind in ranked if kind[0] in _ALONE][:1]
    if alone and alone[0][0] in _WITHOUT_STYLE:
        return quotes + alone
    return quotes + alone + [kind for kind in ranked if kind[0] not in _QUOTES and kind[0] not in _ALONE]
