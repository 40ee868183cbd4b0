"""The last word on the order of the best few: words that stand together, in the title, and news. Pure.

It only lifts, by a few per cent: BM25 has the say, and articles that have all the words stay on top.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from bot import tokens
from bot.store.matching import Hit, Wanted

TOGETHER = 0.10  # lifts an article whose words follow each other as they were asked for
IN_TITLE = 0.05  # one whose title has them all
FRESH = 0.05  # one of this moment; half of it for one that is HALF_LIFE old
HALF_LIFE = timedelta(days=90)
NEAR = 6  # words apart, which counts half
LOOKED_AT_CHARS = 3_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit with what it says."""

    hit: Hit
    title: str
    text: str


def ranked(candidates: Iterable[Candidate], wanted: Sequence[Wanted], now_ms: int) -> list[Hit]:
    """The hits, best first."""
    number_of = {stem: number for number, one in enumerate(wanted) for stem, _ in one.stems}
    scored = [(candidate.hit, _lifted(candidate, number_of, len(wanted), now_ms)) for candidate in candidates]
    scored.sort(key=lambda each: (not each[0].has_all, -each[1], -each[0].published, -each[0].article_id))
    return [hit for hit, _ in scored]


def _lifted(candidate: Candidate, number_of: Mapping[str, int], count: int, now_ms: int) -> float:
    """The score with what lifts it."""
    title = _occurrences(candidate.title, candidate.hit.language, number_of)
    half_lives: float = max(0, now_ms - candidate.hit.published) / (HALF_LIFE / timedelta(milliseconds=1))
    lift: float = FRESH * 2.0**-half_lives
    if count:
        lift += IN_TITLE * len({number for _, number in title}) / count
    if count > 1:
        text = _occurrences(candidate.text[:LOOKED_AT_CHARS], candidate.hit.language, number_of)
        lift += TOGETHER * max(together(title, count), together(text, count))
    return candidate.hit.score * (1 + lift)


def together(occurrences: Sequence[tuple[int, int]], count: int) -> float:
    """From 0 to 1: how many of the words asked for are followed by the next one, at once or (for half) soon.

    The occurrences are (place in the text, number of the word), in order.
    """
    best = [0.0] * (count - 1)
    for (here, number), (there, following) in pairwise(occurrences):
        if following == number + 1:
            best[number] = max(best[number], 1.0 if there - here == 1 else 0.5 if there - here <= NEAR else 0.0)
    return sum(best) / len(best) if best else 0.0


def _occurrences(text: str, language: str, number_of: Mapping[str, int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    words, heads = tokens.known(language), tokens.heads(number_of, language)
    for word in tokens.split(text):
        if heads is not None and word[:2] not in heads and word.isascii():
            at += 1
            continue
        known = words[word]
        if known.plain:
            if known.plain in number_of:
                found.append((at, number_of[known.plain]))
            at += 1
            continue
        for form in known.forms:
            for step, stem in enumerate(tokens.asked(form)):
                if stem in number_of:
                    found.append((at + step, number_of[stem]))
            at += len(form.exact)
    return found
