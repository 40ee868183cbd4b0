"""The words of a text as search holds them, at both ends: what articles are found by, and what queries ask for. Pure.

A word has two forms. The exact one is folded (bot.fold: case, accents, width) and has Arabic and Persian letters and
the digits of all scripts unified; phrases and prefixes go by it. The stem is Snowball's by the language of the text,
taken before accents are folded, for the stemmers need them. Where a script has no spaces, or glues words together,
overlapping pairs of characters stand for words.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from operator import add, itemgetter
from typing import NamedTuple, TypeVar

import regex
import Stemmer

from bot.fold import fold
from bot.language import script_of

VERSION = 2  # of these forms: an index of another one is made anew
WORD_LIMIT = 64  # characters of a word that count
KNOWN_LIMIT = 30_000  # words of a language, about 8 MB
LATELY_LIMIT = 40_000  # words of a language, or what stands between two spaces: about 8 MB each
CHUNK_CHARS = 32  # what is longer hardly comes again

_STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "fa": "persian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "hr": "serbian", "bs": "serbian", "st": "sesotho",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Scripts written without spaces between words; Korean has them, but glues endings to nouns.
_DENSE_CLASS = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}"
    r"\p{Script=Myanmar}\p{Script=Hangul}"
)
# Letters that folding leaves as they are, whatever stands beside them: of scripts with spaces, and of dense ones.
_SETTLED = re.compile("[a-z0-9а-ик-яα-ρσ-ωءابت-غفقل-وپچژکگی]+")
_SETTLED_DENSE = re.compile("[\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3]+")
_WORD = regex.compile(r"[\p{L}\p{N}\p{Co}\p{Mn}\p{Mc}]+")
_RUN = regex.compile(rf"(?P<dense>[{_DENSE_CLASS}]+)|[^{_DENSE_CLASS}]+")
_DENSE = regex.compile(rf"[{_DENSE_CLASS}]")
_PLAIN_WORD = re.compile("[a-z0-9]+")
_FIRST = itemgetter(0)
_GRAPHEME = regex.compile(r"\X")
_LATIN = regex.compile(r"\p{Script=Latin}")
# What stands inside words without being a letter: joiners, soft hyphens, the Arabic tatweel, halves of surrogate pairs.
_UNSEEN = re.compile("[\u200d\u00ad\u0640\ufe0e\ufe0f\ud800-\udfff]+")
_SPACED = {code: (chr(code).lower() if chr(code).isalnum() else " ") for code in range(128)}
_EDGES = ".,;:!?'\"()[]{}*#/“”„«»‘’…–—،؛؟"  # of a chunk: part of no word, nor of a letter made of several
_DIGITS = {zero + n: str(n) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for n in range(10)}
_LETTERS = str.maketrans(
    {"ٱ": "ا", "ە": "ه", "ھ": "ه", "ہ": "ه", "ۃ": "ه", "ۂ": "ه", "ڪ": "ک", "ے": "ی", "ۍ": "ی"} | {"ٲ": "ا", "ٳ": "ا"}
) | str.maketrans({"\u093c": "", "ँ": "ं", "ऩ": "न", "ऱ": "र", "ऴ": "ळ"}) | _DIGITS  # fmt: skip
_NASAL = re.compile("न्(?=[क-ह])")  # Hindi writes it as a dot, too
_TO_ARABIC = str.maketrans({"ی": "ي", "ک": "ك"})  # as Snowball's stemmer of Arabic expects them
_ARABIC_MARKS = regex.compile(r"[\u0610-\u061a\u064b-\u0652\u0670\u06d6-\u06dc]+")
_ARTICLE = re.compile("^[وف]?ال(?=...)")  # "the", "and the", "so the"; three letters must be left
# Words that a ZWNJ parts, as in Persian.
_PARTED = re.compile(
    "(?:[\u0620-\u065f\u0670-\u06d3\u06d5-\u06dc\u06ee-\u06fc]+\u200c+)+[\u0620-\u065f\u0670-\u06d3\u06d5-\u06dc\u06ee-\u06fc]+"
)
_NO_ARTICLE = {"fa", "ur"}
_PREFIXING = {"id", "ga", "ms", "eo"}  # languages whose stemmers change how words begin

V = TypeVar("V")


class Forms(NamedTuple):
    """One word's forms. Of a dense run: the pairs with the last character, and the pairs with every character.

    `bare`: the stem that the word would have without its accents, where that is another one; people leave them out.
    """

    exact: tuple[str, ...]
    stems: tuple[str, ...]
    bare: str = ""
    is_dense: bool = False


class Known(NamedTuple):
    """A word with its forms. `plain`: the stem of one that has nothing else."""

    forms: tuple[Forms, ...]
    plain: str


class _Words(dict[str, Known]):
    """The words of a language that were seen lately, which are nine of ten in the next text."""

    def __init__(self, language: str) -> None:
        self._language = language
        stemmer = _stemmer(language)
        self._stem: Callable[[str], str] = str if stemmer is None else stemmer.stemWord

    def __missing__(self, word: str) -> Known:
        if len(word) > WORD_LIMIT:
            return self._analysed(word)
        if len(self) >= KNOWN_LIMIT:
            self.clear()
        if word.isascii() and not word[0].isdigit():  # most words of most texts
            stem = self._stem(word) or word
            known = Known((Forms((word,), (stem,)),), stem)
        else:
            known = self._analysed(word)
        self[word] = known
        return known

    def _analysed(self, word: str) -> Known:
        found = _analysed(word, self._language)
        is_plain = len(found) == 1 and not found[0].is_dense and not found[0].bare
        return Known(found, found[0].stems[0] if is_plain else "")


class _Lately(dict[str, V]):
    """What was made of the keys seen lately: so many that nearly all of the next text is among them."""

    def __init__(self, language: str) -> None:
        self._language = language
        stemmer = _stemmer(language)
        self._stem: Callable[[str], str] = str if stemmer is None else stemmer.stemWord

    def _keep(self, key: str, value: V) -> V:
        if len(self) >= LATELY_LIMIT:
            for oldest in list(islice(self, LATELY_LIMIT // 2)):
                self.pop(oldest, None)  # another thread may have done so
        self[key] = value
        return value


class _Stems(_Lately[str]):
    """The stems of plain words, for texts that have no others."""

    def __missing__(self, word: str) -> str:
        return self._keep(word, word if word[0].isdigit() else self._stem(word) or word)


class _Chunks(_Lately[tuple[str, str]]):
    """The exact words and the stems of what stands between two spaces."""

    def __missing__(self, chunk: str) -> tuple[str, str]:
        if chunk.isascii() and chunk.isalnum() and len(chunk) <= WORD_LIMIT:
            word = chunk.lower()
            found = (word, word if word[0].isdigit() else self._stem(word) or word)
        elif (inner := chunk.strip(_EDGES)) != chunk:
            found = self[inner]
        else:
            found = self._taken_apart(chunk)
        return self._keep(chunk, found) if len(chunk) <= CHUNK_CHARS else found

    def _taken_apart(self, chunk: str) -> tuple[str, str]:
        every = [form for word in split(chunk) for form in _analysed(word, self._language)]
        exact = " ".join([each for form in every for each in form.exact])
        roots = [each for form in every for each in (*form.stems, form.bare) if each]
        if "\u200c" in chunk:
            roots += [each for word in joined(chunk) for form in _analysed(word, self._language) for each in form.stems]
        return exact, " ".join(roots)


_stems = lru_cache(maxsize=6)(_Stems)
_chunks = lru_cache(maxsize=6)(_Chunks)


@lru_cache(maxsize=6)
def known(language: str) -> Mapping[str, Known]:
    """What is known of each of `split`'s words in a text of this language; ask for any word."""
    return _Words(language)


def split(text: str) -> list[str]:
    """The words of a text in order, in small letters, with their accents."""
    if _is_settled(text):
        return [text]
    line = _prepared(text)
    return _PLAIN_WORD.findall(line) if line.isascii() else list(_WORD.findall(line))


def joined(text: str) -> list[str]:
    """The words of a text that a ZWNJ parts, as they are when somebody writes them in one: میخواهم for می‌خواهم."""
    return [match.group().replace("\u200c", "") for match in _PARTED.finditer(_prepared(text))]


def forms(word: str, language: str) -> tuple[Forms, ...]:
    """The forms of one of `split`'s words in a text of this language: one, but where scripts meet within the word."""
    return known(language)[word].forms


def index(text: str, language: str) -> tuple[str, str]:
    """What the index is given for a text: its exact words, its stems; each joined by spaces, in order.

    The same as `forms` says of each word, for no word reaches over a space; only faster. The stems of `joined` words
    are there, too.
    """
    if text.isascii():
        words = text.translate(_SPACED).split()
        if max(map(len, words), default=0) <= WORD_LIMIT:
            return " ".join(words), " ".join(map(_stems(language).__getitem__, words))
    chunks = text.split()
    if not chunks:
        return "", ""
    exact, stems = zip(*map(_chunks(language).__getitem__, chunks), strict=True)
    return " ".join(filter(None, exact)), " ".join(filter(None, stems))


def exact(text: str) -> list[str]:
    """The exact words of a text, in order."""
    return [each for word in split(text) for form in forms(word, "") for each in form.exact]


def stems(text: str, language: str) -> list[str]:
    """The stems of a text as a query asks for them, in order: of dense runs the pairs, of a single character itself."""
    return [each for word in split(text) for form in forms(word, language) for each in asked(form)]


def asked(form: Forms) -> tuple[str, ...]:
    """The stems that must be looked for to find this word."""
    return form.stems if not form.is_dense else pairs(form) or form.stems


def initials(parts: Iterable[str]) -> list[str]:
    """What the exact words in these parts begin with, each once; only of scripts that have prefixes."""
    letters = set(chain.from_iterable(map(_FIRST, part.split()) for part in parts))
    return list(_DENSE.sub("", "".join(letters)))


def heads(stems: Iterable[str], language: str) -> frozenset[str] | None:
    """How plain (ASCII) words begin that may have one of these stems; None: any, for some languages put words before.

    A quick look that spares the stemming of nearly all words of a text in which some are looked for.
    """
    return None if language in _PREFIXING else frozenset(stem[:2] for stem in stems)


def pairs(form: Forms) -> tuple[str, ...]:
    """The overlapping pairs of a dense run; none of a single character."""
    return form.exact[:-1]


class Place(NamedTuple):
    """A word of a text: where it stands (code points), and its forms. Of a dense run: a character, and each pair."""

    start: int
    end: int
    exact: str
    stems: tuple[str, ...]


def places(text: str, language: str, may_be: Callable[[str], bool] = bool) -> Iterator[Place]:
    """The words of a text with where they stand, in order; only those that may be wanted."""
    line, spans = _placed(text)
    words = known(language)
    parted = {match.start(): match for match in _PARTED.finditer(line)} if "\u200c" in line else {}
    for match in _WORD.finditer(line):
        if whole := parted.get(match.start()):
            for form in words[whole.group().replace("\u200c", "")].forms:
                yield Place(*_span(spans, *whole.span()), form.exact[0], form.stems)
        if not may_be(match.group()):
            continue
        for form, start, end in _runs(match.group(), words):
            start, end = start + match.start(), end + match.start()
            if not form.is_dense:
                every = (*form.stems, form.bare) if form.bare else form.stems
                yield Place(*_span(spans, start, end), form.exact[0], every)
                continue
            for at, each in enumerate(form.exact, start):
                yield Place(*_span(spans, at, at + 1), each[0], (each[0],))
                if len(each) > 1:
                    yield Place(*_span(spans, at, min(at + len(each), end)), each, (each,))


def _runs(word: str, words: Mapping[str, Known]) -> Iterator[tuple[Forms, int, int]]:
    """The forms of a word with the part of it that each comes from."""
    every = words[word].forms
    if len(every) == 1 and (not every[0].is_dense or len(every[0].exact) == len(word)):
        yield every[0], 0, len(word)
        return
    for run in _RUN.finditer(word):
        for form in words[run.group()].forms:
            if not form.is_dense or len(form.exact) == len(run.group()):
                yield form, run.start(), run.end()


def _span(spans: list[tuple[int, int]] | None, start: int, end: int) -> tuple[int, int]:
    return (start, end) if spans is None else (spans[start][0], spans[end - 1][1])


def _prepared(text: str) -> str:
    """In small letters and the usual width, without what is not seen; accents stay."""
    if text.isascii():
        return text.lower()
    line = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _UNSEEN.sub("", line.replace("i\u0307", "i"))


_prepare_grapheme = lru_cache(maxsize=4096)(_prepared)  # a text has few different ones


def _placed(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The prepared text, and for each of its characters the range in `text` that it comes from; None: its own."""
    line = _prepared(text)
    if len(line) == len(text) and (text.isascii() or _is_one_to_one(text)):
        return line, None
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    for grapheme in _GRAPHEME.finditer(text):
        prepared = _prepare_grapheme(grapheme.group())
        parts.append(prepared)
        spans.extend([grapheme.span()] * len(prepared))
    return "".join(parts), spans


def _is_one_to_one(text: str) -> bool:
    """Whether each character was prepared on its own, and became one."""
    return unicodedata.is_normalized("NFKC", text) and all(
        len(_prepare_grapheme(character)) == 1 for character in set(text)
    )


def _analysed(word: str, language: str) -> tuple[Forms, ...]:
    found: list[Forms] = []
    for part, is_dense in _parts(word):
        if is_dense:
            letters = _folded(part)
            both = tuple(map(add, letters, letters[1:]))
            if letters:
                found.append(Forms((*both, letters[-1]), (*both, *letters), is_dense=True))
            continue
        exact = _folded(part)[:WORD_LIMIT]
        if exact:
            found.append(_stemmed(part[:WORD_LIMIT], exact, language))
    return tuple(found)


def _parts(word: str) -> list[tuple[str, bool]]:
    """The word cut where its script begins or ceases to be a dense one, each with whether it is."""
    if _SETTLED.fullmatch(word):
        return [(word, False)]
    if _SETTLED_DENSE.fullmatch(word):
        return [(word, True)]
    return [(run.group(), run.group("dense") is not None) for run in _RUN.finditer(word)]


def _is_settled(text: str) -> bool:
    return bool(_SETTLED.fullmatch(text) or _SETTLED_DENSE.fullmatch(text))


def _folded(part: str) -> str:
    return part if _is_settled(part) else "".join(_WORD.findall(_NASAL.sub("ं", fold(part).translate(_LETTERS))))


def _stemmed(part: str, exact: str, language: str) -> Forms:
    stem = _stem(part, language, exact)
    bare = ""
    if part != exact and _LATIN.match(part) and (other := _stem(exact, language, exact)) != stem:
        bare = other
    return Forms((exact,), (stem,), bare)


def _stem(part: str, language: str, exact: str) -> str:
    stemmer = _stemmer(language)
    is_arabic = "\u0600" <= part[0] <= "\u06ff"
    if stemmer is None or exact[0].isdigit():
        stem = exact
    elif language == "ar":
        written = _ARTICLE.sub("ال", _ARABIC_MARKS.sub("", part.translate(_TO_ARABIC)))
        stem = _folded(stemmer.stemWord(written)) or exact
    else:
        stem = _folded(stemmer.stemWord(exact if is_arabic else part)) or exact
    return _ARTICLE.sub("", stem) if is_arabic and language not in _NO_ARTICLE else stem


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _STEMMERS.get(language)
    return None if name is None else Stemmer.Stemmer(name, 0)


def languages_of(word: str, languages: Iterable[str]) -> list[str]:
    """Those of the languages that the word may be of, by its script; "" is always one: no stem at all."""
    latin = bool(_LATIN.match(word))
    return ["", *(language for language in languages if (script_of(language) == "Latin") == latin)]
