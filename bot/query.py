"""What a query asks for: words, "phrases", -without, prefix*, tag: from: author: lang: id: since: until:. Pure.

Any text is a query: what is none of these is plain words, and nonsense asks for nothing. Who types too much is answered
for the first 512 characters and 64 words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import regex

from bot import tokens

CHARS_LIMIT = 512
WORDS_LIMIT = 64

# An optional minus, perhaps a key, then a "phrase" in some pair of quotes, or a word; quotes within a word are its own.
_TERM = regex.compile(
    r"""(?<![^\s"“”„«»])(?:(?<!\S)(?P<minus>[-\u2212]))?(?:(?P<key>tag|from|author|lang|id|since|until):)?
        (?:["“”„«»](?P<phrase>[^"“”„«»]*)["“”„«»]?|(?P<word>[^\s"“”„«»]\S*))""",
    regex.VERBOSE | regex.IGNORECASE,
)
_ID = regex.compile(r"[1-9][0-9]{0,17}")
_DATE = regex.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?")


class Kind(StrEnum):
    WORD = "word"
    PHRASE = "phrase"
    PREFIX = "prefix"
    JOINED = "joined"


class Key(StrEnum):
    """What an article must have, or must not."""

    TAG = "tag"
    SOURCE = "from"
    AUTHOR = "author"
    LANGUAGE = "lang"
    ARTICLE = "id"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, words that stand side by side, words of which the last one may go on, or parts of what is one word, too;
    as bot.tokens splits them."""

    words: tuple[str, ...]
    kind: Kind = Kind.WORD


@dataclass(frozen=True, slots=True)
class Condition:
    """What an article must have, or, with `is_not`, must not have; as it was typed."""

    key: Key
    value: str
    is_not: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, what must not be there, and of which articles; `wanted` repeats what was typed twice.

    `since` is the first moment, `until` the first one after. `wrong` are the dates that are none, as they were typed.
    """

    wanted: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    wrong: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.wanted or self.is_narrowed or self.wrong)

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for some articles only, whatever their words."""
        return any(not each.is_not for each in self.conditions) or self.since is not None or self.until is not None


def parse(text: str) -> Query:
    """What the text asks for. Never raises."""
    wanted: list[Term] = []
    without: list[Term] = []
    conditions: list[Condition] = []
    bounds: dict[str, datetime] = {}
    wrong: list[str] = []
    for match in _TERM.finditer(text[:CHARS_LIMIT]):
        key, value = (match["key"] or "").lower(), match["phrase"] if match["phrase"] is not None else match["word"]
        if key in ("since", "until"):
            bound = _bound(value, is_end=key == "until")
            if bound is None:
                wrong.append(value)
            else:
                bounds[key] = bound
        elif key and _is_condition(key, value):
            conditions.append(Condition(Key(key), value, bool(match["minus"])))
        elif match["minus"]:
            without += _whole(value, is_phrase=match["phrase"] is not None)
        elif match["phrase"] is not None:
            wanted += _whole(value, is_phrase=True)
        else:
            wanted += _words(f"{key}:{value}" if key else value)
    return Query(
        _cut(wanted),
        _cut(without),
        tuple(conditions[:WORDS_LIMIT]),
        bounds.get("since"),
        bounds.get("until"),
        tuple(wrong),
    )


def _is_condition(key: str, value: str) -> bool:
    """Whether an article can be compared with this; if not, key and value are plain words."""
    return bool(_ID.fullmatch(value) if key == Key.ARTICLE else tokens.split(value))


def _whole(value: str, *, is_phrase: bool) -> list[Term]:
    """What belongs together: a phrase, or what is to be excluded, which may be several words (well-known)."""
    words = tuple(tokens.split(value))
    if not words:
        return []
    if not is_phrase and value.endswith("*"):
        return [Term(words, Kind.PREFIX)]
    return [Term(words, Kind.WORD if len(words) == 1 and not is_phrase else Kind.PHRASE)]


def _words(value: str) -> list[Term]:
    """What stands between two spaces may be several words: each counts."""
    words = tokens.split(value)
    if not words:
        return []
    if len(words) > 1 and tokens.joined(value) == ["".join(words)]:
        return [Term(tuple(words), Kind.JOINED)]
    last = Kind.PREFIX if value.endswith("*") else Kind.WORD
    return [*(Term((word,)) for word in words[:-1]), Term((words[-1],), last)]


def _cut(terms: list[Term]) -> tuple[Term, ...]:
    left, kept = WORDS_LIMIT, []
    for term in terms:
        words = term.words[:left]
        if words:
            kept.append(Term(words, term.kind))
        left -= len(words)
    return tuple(kept)


def _bound(value: str, *, is_end: bool) -> datetime | None:
    """The beginning of a year, month or day, or the beginning of what follows it; None: it is no date."""
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    try:
        begin = datetime(year, month, day, tzinfo=UTC)
        if not is_end:
            return begin
        if found["day"]:
            return begin + timedelta(days=1)
        if found["month"]:
            return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
