"""The letters of a page, whatever it says of its encoding: as browsers do it, and more wary of wrong words. Pure."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_XML: Final = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]+)""", re.IGNORECASE)
_PRESCAN: Final = 4096
_SAMPLE: Final = 50_000
# What a name means on the web, where it is more than Python takes it for: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ALIASES: Final = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-8859-8-i": "iso8859-8",
    "ks_c_5601-1987": "cp949",
    "x-gbk": "gb18030",
    "x-cp1251": "cp1251",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-euc-jp": "euc_jp",
    "x-x-big5": "big5hkscs",
    "unicode": "utf-8",
}
_LANGUAGE: Final = re.compile(rb"""<html[^>]*?\slang\s*=\s*["']?([a-zA-Z]{2})""", re.IGNORECASE)
_LATIN: Final = {
    **dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl"), "cp1250"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    "tr": "cp1254",
}
_BROKEN: Final = 0.02  # of the letters outside ASCII; more than so many unreadable ones, and the name was wrong


def decode(body: bytes, content_type: str = "") -> str:
    """The text: by byte order mark, as UTF-8 where it is that, by the server's word, by the page's own, by a guess."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if wide := _wide(body):
        return body.decode(wide, "replace")
    if not body.isascii() and (text := _decoded(body, "utf-8")) is not None:
        return text
    for name in _named(body, content_type):
        if (text := _decoded(body, name)) is not None:
            return text
    return body.decode("ascii" if body.isascii() else _guessed(body), "replace")


def _named(body: bytes, content_type: str) -> Iterator[str]:
    """Python's names of the encodings that the server and the page name, in the order in which they are believed."""
    places = (_CHARSET.search(content_type.encode()), _CHARSET.search(body[:_PRESCAN]), _XML.search(body[:200]))
    for found in places:
        if found is not None and (name := _codec(found[1].decode("ascii", "ignore"))):
            yield name


def _codec(name: str) -> str | None:
    """Python's name for it; None for what is unknown, or stands for letters a browser would not see in it (UTF-7)."""
    try:
        known = codecs.lookup(_ALIASES.get(name.lower(), name))
    except (LookupError, ValueError):
        return None
    is_text = getattr(known, "_is_text_encoding", True)
    if not is_text or known.name.startswith(
        ("utf-7", "utf-16", "utf-32", "idna", "punycode", "unicode", "raw_unicode")
    ):
        return None
    return _MEANT.get(known.name, known.name)


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of the tags is NUL, and none beside them."""
    even, odd = body[:200:2].count(b"\0"), body[1:200:2].count(b"\0")
    if max(even, odd) < max(2, len(body[:200]) // 8) or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _decoded(body: bytes, name: str) -> str | None:
    """The text; None when too much of it is not of that encoding."""
    text = body.decode(name, "replace")
    wrong = text.count("\ufffd")
    if wrong and wrong > _BROKEN * sum(1 for letter in text if not letter.isascii()) and wrong > 1:
        return None
    return text


def _guessed(body: bytes) -> str:
    """By what the letters look like; Latin ones, among which that tells nothing, by the language, as browsers do."""
    # Without its tags, which are ASCII in any case and drown what could be told from the rest.
    words = re.sub(rb"<[^<>]*>", b" ", body[: 4 * _SAMPLE])[:_SAMPLE]
    foreign = len(re.findall(rb"[\x80-\xff]", words))
    if sum(map(len, re.findall(rb"[\x80-\xff]{3,}", words))) < foreign // 4:  # they stand alone among ASCII
        found = _LANGUAGE.search(body[:_PRESCAN])
        return _LATIN.get(found[1].decode().lower() if found else "", "cp1252")
    from charset_normalizer import from_bytes  # only for pages that say nothing true of themselves

    best = from_bytes(words, cp_exclusion=["utf_7", "utf_16", "utf_32"]).best()
    return _MEANT.get(best.encoding, best.encoding) if best else "cp1252"
