"""What counts as the same letter: for search, tags and filters. Pure.

Case, width, accents and the points of Arabic and Hebrew are put aside. Marks that are letters stay: the vowel signs of
the Indic scripts, the dakuten of kana.
"""

import unicodedata

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
_NO_LETTERS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")
_PLAIN = regex.compile(r"[\x00-\x7f]*")


def fold(text: str) -> str:
    """The text as it is compared. Folding twice is the same as folding once."""
    if _PLAIN.fullmatch(text):
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = _MARKS.sub("", apart).translate(_LETTERS)
    return _HALVES.sub("", unicodedata.normalize("NFC", bare))


def letters(text: str) -> str:
    """The text's letters and digits as they are compared, and nothing between them."""
    return _NO_LETTERS.sub("", fold(text))
