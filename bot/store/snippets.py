"""What a list shows of an article that was found: the part where the words are, and where they stand in it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot import tokens
from bot.store.matching import Wanted, stems_of

Marks = tuple[tuple[int, int], ...]  # code point ranges (start, end), in order, apart

SNIPPET_CHARS = 200
LOOKED_THROUGH_CHARS = 10_000  # of a body
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Sought:
    """What marks a word as found: its stem, its exact form, or how it begins."""

    stems: frozenset[str]
    exact: frozenset[str]
    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, wanted: Sequence[Wanted]) -> "Sought":
        return cls(
            frozenset(stems_of(wanted)),
            frozenset(word for one in wanted for _, word in one.places),
            tuple(one.prefix for one in wanted if one.prefix),
        )

    def marks(self, text: str, language: str) -> Marks:
        """Where the words stand in the text."""
        heads = tokens.heads((*self.stems, *self.exact, *self.prefixes), language)

        def may_be(word: str) -> bool:
            return heads is None or word[:2] in heads or not word.isascii() or word.startswith(self.prefixes)

        found: list[tuple[int, int]] = []
        for place in tokens.places(text, language, may_be):
            if not (
                self.stems.intersection(place.stems)
                or place.exact in self.exact
                or (self.prefixes and place.exact.startswith(self.prefixes))
            ):
                continue
            if found and place.start < found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], place.end))
            else:
                found.append((place.start, place.end))
        return tuple(found)


def snippet(summary: str, text: str, sought: Sought, language: str) -> tuple[str, Marks]:
    """The summary where it has any of the words (or there is no text), else the part of the text that has most."""
    marks = sought.marks(summary, language)
    if marks or not text:
        return excerpt(summary, marks)
    text = text[:LOOKED_THROUGH_CHARS]
    return excerpt(text, sought.marks(text, language))


def excerpt(text: str, marks: Marks, limit: int = SNIPPET_CHARS) -> tuple[str, Marks]:
    """About `limit` characters of the text where most marks are, cut between words, never inside what is seen as one
    character, and the marks in it."""
    start, end = 0, len(text)
    if len(text) > limit:
        lead = limit // 5
        starts = [max(0, mark[0] - lead) for mark in marks] or [0]
        start = max(starts, key=lambda at: sum(at <= a and b <= at + limit for a, b in marks))
        end = min(len(text), start + limit)
        start = _begin(text, start, start + lead) if start else 0
        end = _end(text, max(start, end - lead), end) if end < len(text) else end
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return f"{before}{text[start:end]}{after}", inside


def _begin(text: str, start: int, latest: int) -> int:
    space = text.find(" ", start, latest)
    return _between(text, start if space < 0 else space + 1)


def _end(text: str, earliest: int, end: int) -> int:
    space = text.rfind(" ", earliest, end)
    return _between(text, end) if space < 0 else space


def _between(text: str, at: int) -> int:
    """The last place not after `at` that lies between two graphemes; they are counted from the space before."""
    for grapheme in _GRAPHEME.finditer(text, max(0, text.rfind(" ", 0, at))):
        if grapheme.end() >= at:
            return at if grapheme.end() == at else grapheme.start()
    return at
