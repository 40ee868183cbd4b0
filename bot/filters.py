"""Which articles a subscription gets, and why. Pure; a filter is weighed once for an article, whoever has it.

Kinds of conditions are joined by "and", the values of one by "or", and what is excluded wins. Tags are compared whole;
a source, an author, words and phrases by whole words that stand side by side, folded as search folds them (bot.tokens);
`econom*` is a beginning. No value is a pattern, so none can be slow.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from urllib.parse import urlsplit
from zlib import crc32

from bot import language, tokens
from bot.fold import fold
from bot.model import Article, Filter

APART = "\u241f"  # a word that no value has: phrases end there
KNOWN_FILTERS = 4096
_BETWEEN = re.compile(r"[,،、，;\n]")
VALUES_LIMIT = 20  # of a kind
VALUE_LIMIT = 100  # characters


class Kind(StrEnum):
    """A kind of condition, by the name of the filter's field."""

    TAGS = "tags"
    SOURCES = "sources"
    AUTHORS = "authors"
    LANGUAGES = "languages"
    WORDS = "words"
    EXCLUDED = "excluded"


WANTED = tuple(kind for kind in Kind if kind is not Kind.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an article passes, and by what: in each kind that the filter names, the value that fits, as written.

    Of one that does not: what is excluded and there, or the kind of which nothing fits (value "").
    """

    passes: bool
    because: tuple[tuple[Kind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """The words of texts, in order."""

    text: str
    words: frozenset[str]

    def has(self, value: str) -> bool:
        """Whether these words, as `meant` writes them, stand there side by side."""
        if value.endswith("*"):
            return f" {value[:-1]}" in self.text
        first, more, _ = value.partition(" ")
        return first in self.words and (not more or f" {value} " in self.text)


class Weighed:
    """An article as filters look at it: each part of it is read once, when the first filter asks for it.

    `sources`: what its sources are called (store/weighing.py); where it stands on the web is one of them.
    """

    def __init__(self, article: Article, sources: Iterable[str] = ()) -> None:
        self.article = article
        self._sources = sources

    def fits(self, kind: Kind, value: str) -> bool:
        """Whether a value, as `meant` writes it, is the article's."""
        match kind:
            case Kind.TAGS:
                return value != "" and value in self._tags
            case Kind.LANGUAGES:
                return value == self._language != ""
            case Kind.SOURCES:
                return self._named.has(value)
            case Kind.AUTHORS:
                return self._author.has(value)
            case Kind.WORDS | Kind.EXCLUDED:
                return self._words.has(value)

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset(map(fold, self.article.tags))

    @cached_property
    def _language(self) -> str:
        one = self.article
        return language.spoken(one.language, one.title, one.summary, one.text)

    @cached_property
    def _named(self) -> Line:
        return _line(*self._sources, site(self.article.url))

    @cached_property
    def _author(self) -> Line:
        return _line(self.article.author)

    @cached_property
    def _words(self) -> Line:
        return _line(self.article.title, self.article.summary, self.article.text)


def passes(wanted: Filter, weighed: Weighed) -> bool:
    """Whether the article is one that the filter asks for."""
    return _stopped(_known(wanted), weighed) is None


def passes_key(key: str, weighed: Weighed) -> bool:
    """The same of a filter's key."""
    return _stopped(_of_key(key), weighed) is None


def why(wanted: Filter, weighed: Weighed) -> Verdict:
    """The same, and by which condition."""
    known = _known(wanted)
    stopped = _stopped(known, weighed)
    if stopped is not None:
        return Verdict(False, ((stopped, _first(wanted, stopped, weighed) if stopped is Kind.EXCLUDED else ""),))
    return Verdict(True, tuple((kind, _first(wanted, kind, weighed)) for kind, _ in known if kind in WANTED))


def meant(kind: Kind, value: str) -> str:
    """The value as it is compared: equal ones let the same articles pass. "": it says nothing, and fits no article."""
    match kind:
        case Kind.TAGS:
            return fold(value)
        case Kind.LANGUAGES:
            return language.code(value)
        case Kind.SOURCES | Kind.AUTHORS:
            return " ".join(tokens.exact(value))
        case Kind.WORDS | Kind.EXCLUDED:
            return _phrase(value)


class Refusal(StrEnum):
    """Why a value is not taken into a filter."""

    EMPTY = "empty"  # it says nothing: no letter, no digit
    LONG = "long"
    MANY = "many"  # the kind has VALUES_LIMIT already


def add(wanted: Filter, kind: Kind, values: Iterable[str]) -> tuple[Filter, list[tuple[str, Refusal]]]:
    """The filter with these values besides, each once; and what was not taken."""
    kept: list[str] = list(getattr(wanted, kind))
    refused: list[tuple[str, Refusal]] = []
    for value in (" ".join(value.split()) for value in values):
        if not meant(kind, value):
            refused.append((value, Refusal.EMPTY))
        elif len(value) > VALUE_LIMIT:
            refused.append((value, Refusal.LONG))
        elif meant(kind, value) in (meant(kind, each) for each in kept):
            continue
        elif len(kept) >= VALUES_LIMIT:
            refused.append((value, Refusal.MANY))
        else:
            kept.append(value)
    return replace(wanted, **{kind.value: tuple(kept)}), refused


def listed(text: str) -> list[str]:
    """The values that somebody wrote, separated by commas or lines."""
    return [value.strip() for value in _BETWEEN.split(text) if value.strip()]


def without(wanted: Filter, kind: Kind, value: str) -> Filter:
    """The filter without this value, however it is written."""
    kept = tuple(each for each in getattr(wanted, kind) if meant(kind, each) != meant(kind, value))
    return replace(wanted, **{kind.value: kept})


def mark(kind: Kind, value: str) -> int:
    """A number, never 0, by which a button names the value among a few others."""
    return crc32(meant(kind, value).encode()) or 1


def to_json(wanted: Filter) -> str:
    """The filter as it is stored: what it is made of, as people wrote it."""
    return _json({name: values for name, values in asdict(wanted).items() if values})


@lru_cache(maxsize=KNOWN_FILTERS)
def from_json(text: str) -> Filter:
    """The filter of what to_json gave."""
    return Filter(**{name: tuple(values) for name, values in json.loads(text).items()})


def key_of(wanted: Filter) -> str:
    """By which equal filters are told: those that let the same articles pass whatever is published."""
    return _json({kind.value: values for kind, values in _known(wanted)})


def site(url: str | None) -> str:
    """Where the address leads: its host, without the www; "" for none."""
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:  # what somebody called an address
        return ""


Known = tuple[tuple[Kind, tuple[str, ...]], ...]  # a filter's kinds that say something, their values as they are meant


def _stopped(known: Known, weighed: Weighed) -> Kind | None:
    """The kind that stops the article; None: it passes."""
    for kind, values in known:
        if any(weighed.fits(kind, value) for value in values) is (kind is Kind.EXCLUDED):
            return kind
    return None


def _first(wanted: Filter, kind: Kind, weighed: Weighed) -> str:
    """The value that fits, as people wrote it."""
    values: tuple[str, ...] = getattr(wanted, kind)
    return next((value for value in values if weighed.fits(kind, meant(kind, value))), "")


@lru_cache(maxsize=KNOWN_FILTERS)
def _known(wanted: Filter) -> Known:
    found = ((kind, {meant(kind, value) for value in getattr(wanted, kind)}) for kind in Kind)
    return tuple((kind, tuple(sorted(values))) for kind, values in found if values)


@lru_cache(maxsize=KNOWN_FILTERS)
def _of_key(key: str) -> Known:
    return tuple((Kind(name), tuple(values)) for name, values in json.loads(key).items())


def _phrase(value: str) -> str:
    """Of a script without spaces, what begins or ends within a run of it is found there too."""
    forms = [form for word in tokens.split(value) for form in tokens.forms(word, "")]
    if not forms:
        return ""
    *before, last = forms
    words = [each for form in before for each in form.exact]
    if last.is_dense:
        pairs = tokens.pairs(last)
        return " ".join([*words, *(pairs or (f"{last.exact[0]}*",))])
    return " ".join([*words, *last.exact]) + ("*" if value.rstrip().endswith("*") else "")


def _line(*texts: str) -> Line:
    words = [word for text in texts for word in (*tokens.index(text, "")[0].split(), APART)]
    return Line(f" {' '.join(words)} ", frozenset(words))


def _json(value: dict[str, tuple[str, ...]]) -> str:
    return json.dumps(value, separators=(",", ":"))
