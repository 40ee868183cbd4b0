"""What counts as the same letter: for search, filters and the words marked in what was found. Pure.

Case, width, accents and the points of Arabic and Hebrew are put aside. Marks that are letters stay: the vowel signs of
the Indic scripts, the dakuten of kana.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import regex

# Accents and points that readers leave out when they type: Latin, Greek, Cyrillic; Hebrew; Arabic; marks for symbols.
_MARKS = regex.compile(
    r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]+"
)
# Letters that Unicode does not take apart but keyboards do; Arabic and Persian forms of one letter; what is unseen.
_LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th",
        "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ـ": "", "\u200c": " ", "\u200d": "", "\u00ad": "",
    }
)  # fmt: skip
_HALVES = regex.compile(r"[\ud800-\udfff]+")  # of surrogate pairs: not text
_PLAIN = regex.compile(r"[\x00-\x7f]*")
_GRAPHEME = regex.compile(r"\X")
# As the search index takes words apart: letters, digits and the marks that folding left.
_WORD = regex.compile(r"[\p{L}\p{N}\p{Co}\p{Mn}\p{Mc}]+")
# Scripts written without spaces between words.
_DENSE_CLASS = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}"
)
_DENSE = regex.compile(rf"[{_DENSE_CLASS}]")
_RUN = regex.compile(rf"(?P<dense>[{_DENSE_CLASS}]+)|[^{_DENSE_CLASS}]+")


def fold(text: str) -> str:
    """The text as it is compared. Folding twice is the same as folding once."""
    if _PLAIN.fullmatch(text):
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = _MARKS.sub("", apart).translate(_LETTERS)
    return _HALVES.sub("", unicodedata.normalize("NFC", bare))


def words(text: str) -> list[str]:
    """The folded words of a text, in order, as the search index holds them.

    Where a script has no spaces, overlapping pairs of characters stand for words, and the last character for itself,
    so that each character begins one.
    """
    line = fold(text)
    if not _DENSE.search(line):
        return list(_WORD.findall(line))
    found: list[str] = []
    for word in _WORD.findall(line):
        for run in _RUN.finditer(word):
            part = run.group()
            if run.group("dense"):
                found.extend(part[i : i + 2] for i in range(len(part)))
            else:
                found.append(part)
    return found


def index_text(text: str) -> str:
    """What the search index is given for a text."""
    return " ".join(words(text))


def find_words(text: str, wanted: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """The code point ranges (start, end) of `text` where the wanted words stand, in order, without overlap.

    Words are folded here; one that ends in * is found at the beginning of longer words, too. Those of scripts without
    spaces are found anywhere.
    """
    folded = [(fold(word.rstrip("*")), word.endswith("*")) for word in wanted]
    whole = {word for word, is_prefix in folded if word and not is_prefix}
    prefixes = tuple(word for word, is_prefix in folded if word and is_prefix)
    dense = [word for word in (*whole, *prefixes) if _DENSE.match(word)]
    if not whole and not prefixes:
        return ()
    line, places = _places(text)
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(line):
        for run in _RUN.finditer(match.group()):
            part, start = run.group(), match.start() + run.start()
            if run.group("dense"):
                spans.extend(
                    (start + at, start + at + len(word))
                    for word in dense
                    for at in range(len(part))
                    if part.startswith(word, at)
                )
            elif part in whole or (prefixes and part.startswith(prefixes)):
                spans.append((start, start + len(part)))
    return _merged((places[start][0], places[end - 1][1]) for start, end in spans)


_fold_grapheme = lru_cache(maxsize=4096)(fold)  # a text has few different ones


def _places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and for each of its characters the range in `text` that it comes from."""
    if _PLAIN.fullmatch(text):
        return text.lower(), [(at, at + 1) for at in range(len(text))]
    line: list[str] = []
    places: list[tuple[int, int]] = []
    for grapheme in _GRAPHEME.finditer(text):
        folded = _fold_grapheme(grapheme.group())
        line.append(folded)
        places.extend([grapheme.span()] * len(folded))
    return "".join(line), places


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same places without overlap, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
