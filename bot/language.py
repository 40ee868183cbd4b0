"""Which language a text is in: by its script, and by the words that are commonest in each language. Pure.

The words (commonest.json) are the heads of jusText's stop lists, most frequent first, less what is no function word:
BSD 2-Clause, copyright 2011 Jan Pomikálek. A model that knows more (py3langid) takes 95 MB and 0.8 s to load.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from math import log2

import regex

LOOKED_AT_CHARS = 2_000
STOP_WORDS = 25  # of each language, that say nothing about what a text is about
KANA_SHARE = 0.1  # of Han and kana together: from so much on it is Japanese

# Scripts that tell the language, or nearly.
_OF_SCRIPT = {
    "Hangul": "ko", "Thai": "th", "Lao": "lo", "Khmer": "km", "Myanmar": "my", "Georgian": "ka", "Armenian": "hy",
    "Greek": "el", "Hebrew": "he", "Tamil": "ta", "Telugu": "te", "Kannada": "kn", "Malayalam": "ml", "Gujarati": "gu",
    "Bengali": "bn", "Gurmukhi": "pa", "Sinhala": "si", "Ethiopic": "am", "Han": "zh",
}  # fmt: skip
# Scripts of several languages: these, and which it is when none of their words is there (""): unknown.
_SHARED = {
    "Cyrillic": ({"ru", "uk", "be", "bg", "mk", "sr", "kk", "ky"}, "ru"),
    "Arabic": ({"ar", "fa", "ur"}, "ar"),
    "Devanagari": ({"hi", "mr", "ne"}, "hi"),
}
# Letters that few languages of a script have, for what is too short to hold common words.
_LETTERS = {
    "ru": "ыэё", "be": "ўыэёі", "uk": "їєґі", "sr": "ђћљњјџ", "mk": "ѓќѕљњј", "bg": "ъщ", "kk": "әңғұқһыі",
    "ky": "өүңыэ", "fa": "پچگژ", "ur": "ےٹڈںھپچگ", "ar": "ةىأإ", "de": "ßäöü", "fr": "çèêœàù", "es": "ñ¿¡",
    "pt": "ãõç", "it": "òìàù", "pl": "łżźńąęś", "cs": "řěůč", "sk": "ľĺŕôč", "hu": "őű", "tr": "ğışç",
    "az": "əğışç", "ro": "țșăâ", "sv": "åäö", "da": "æøå", "nb": "øåæ", "fi": "äö", "et": "õäü",
    "lv": "āēīūļķņ", "lt": "ėųįūšž", "hr": "đćčšž", "sl": "čšž", "vi": "ăđơưạảấầậắ", "ca": "·ŀçï",
    "eo": "ĉĝĥĵŝŭ", "cy": "ŵŷ", "sq": "ëç", "ga": "áéíóú",
}  # fmt: skip
_LETTER_VOTES = 2.0
_SHORT = 0.3  # of the vote of a word of one letter, which may be an initial or what is left of don't
_SCRIPTS = (*_OF_SCRIPT, *_SHARED, "Latin", "Hiragana", "Katakana")
_RUN = regex.compile("|".join(rf"(?P<{script}>\p{{Script={script}}}+)" for script in _SCRIPTS))
_WORD = regex.compile(r"[\p{L}\p{Mn}\p{Mc}\u200c]+")


@lru_cache(maxsize=1)
def commonest() -> Mapping[str, tuple[str, ...]]:
    """The commonest words of each language, as they are written in small letters, most frequent first."""
    found = json.loads((resources.files("bot") / "commonest.json").read_text(encoding="utf-8"))
    return {code: tuple(words.split()) for code, words in found.items()}


@lru_cache(maxsize=64)
def stop_words(code: str) -> frozenset[str]:
    """The words of a language that need not be looked for; none of an unknown one."""
    return frozenset(commonest().get(code, ())[:STOP_WORDS])


@lru_cache(maxsize=64)
def script_of(code: str) -> str:
    """The script that most of a language's texts are written in, by Unicode's name."""
    of_script = {known: script for script, known in _OF_SCRIPT.items()} | {"ja": "Han", "yi": "Hebrew"}
    for script, (codes, _) in _SHARED.items():
        of_script |= dict.fromkeys(codes, script)
    return of_script.get(code, "Latin")


def script(text: str) -> str:
    """The script of most letters of a text; "" for none that is known."""
    counts = _counted(text)
    return counts.most_common(1)[0][0] if counts else ""


def code(language: str) -> str:
    """The language alone: "pt" of "pt-BR"; Norwegian, whatever it is called, is "nb"."""
    short = language.replace("_", "-").split("-")[0].strip().lower()
    return {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}.get(short, short)


def number(code: str) -> int:
    """A number that stands for the code where only numbers can be kept."""
    return int.from_bytes(code.encode("ascii", "replace")[:7], "big")


def of_number(number: int) -> str:
    """The code that `number` stands for."""
    return number.to_bytes(7, "big").lstrip(b"\0").decode("ascii", "replace")


def spoken(said: str, title: str, summary: str, text: str) -> str:
    """The code of an article's language: as it says, else as its words tell, by its beginning; "" for unknown."""
    return code(said) or guess(f"{text[:LOOKED_AT_CHARS]} {summary} {title}")


def guess(text: str) -> str:
    """The code of the language; "" where nothing tells it. Looks at the first 2,000 characters."""
    text = text[:LOOKED_AT_CHARS]
    counts = _counted(text)
    kana = counts.pop("Hiragana", 0) + counts.pop("Katakana", 0)
    if kana:
        counts["Han"] += kana
    if not counts:
        return ""
    main = counts.most_common(1)[0][0]
    if main == "Han":
        return "ja" if kana > KANA_SHARE * counts["Han"] else "zh"
    if main in _OF_SCRIPT:
        return _OF_SCRIPT[main]
    return _by_words(text, main) or (_SHARED[main][1] if main in _SHARED else "")


def _counted(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for run in _RUN.finditer(text):
        counts[str(run.lastgroup)] += len(run.group())
    return counts


def _by_words(text: str, main: str) -> str:
    """The language whose common words and letters are there most; a word weighs the more the commoner it is."""
    votes: dict[str, float] = defaultdict(float)
    known = _ballots(main)
    small = text.lower()
    for word in _WORD.findall(small):
        for language, weight in known.get(word, ()):
            votes[language] += weight if len(word) > 1 else weight * _SHORT
    there = set(small)
    for language, letters in _LETTERS.items():
        if script_of(language) == main:
            votes[language] += _LETTER_VOTES * len(there.intersection(letters))
    best = max(votes, key=lambda language: (votes[language], language), default="")
    return best if votes[best] else ""


@lru_cache(maxsize=8)
def _ballots(main: str) -> Mapping[str, tuple[tuple[str, float], ...]]:
    """For each common word of a script: the languages that have it, with what it says for each."""
    votes: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for language, words in commonest().items():
        if script_of(language) == main:
            for place, word in enumerate(words):
                votes[word].append((language, 1 + log2(len(words) / (place + 1))))
    return {word: tuple(found) for word, found in votes.items()}
