"""Dates as feeds write them: RFC 822 and ISO 8601, and what else people type, in many languages. Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from bot.clock import from_text

_ENGLISH: Final = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1)
    for name in names.split()
}  # fmt: skip
_LANGUAGES: Final = (
    *("de", "fr", "es", "it", "pt", "nl", "ca", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "sr", "ru"),
    *("uk", "be", "el", "tr", "id", "vi", "et", "lv", "lt", "sl", "ga", "cy", "eu", "gl", "is", "fa", "ar", "he", "hi"),
)
_ZONES: Final = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2,
    "MEST": 2, "MESZ": 2, "SAST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "PKT": 5, "IST": 5.5, "WIB": 7, "ICT": 7,
    "HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NDT": -2.5, "NST": -3.5, "BRT": -3, "ART": -3, "ADT": -3, "AST": -4, "EDT": -4, "EST": -5, "ET": -5, "CDT": -5,
    "CST": -6, "CT": -6, "MDT": -6, "MST": -7, "MT": -7, "PDT": -7, "PST": -8, "PT": -8, "AKDT": -8, "AKST": -9,
    "AT": -4, "HST": -10,
}  # fmt: skip
_AFTERNOON: Final = ("p", "오후", "下午", "午後", "ب")
_TIME: Final = re.compile(
    r"(오전|오후|上午|下午|午前|午後)?\s*(?<![\d:])(\d{1,2})"
    r"(?:[:h](\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?(?!\d|:\d)(?:\s*([ap])\.?\s?m\b\.?|\s*([ق]|ب)\.ظ\.?)?|\s?([ap])\.?m\b\.?)",
    re.IGNORECASE,
)
_BROKEN_TIME: Final = re.compile(r"\d:(?![\d+-])|\d:\d+:\d+:\d")
_GAP: Final = " ; "  # where a time was taken out
_OFFSET: Final = re.compile(r"(?:^|[\s:(])(?:[A-Z]{1,5}|-)?([+-])(\d{1,2}):?(\d{2})?(?=$|[\s)])")
_NUMERIC: Final = re.compile(
    r"(?<!\d)(?:(\d{4})([./-])(\d{1,3})\2(\d{1,2})|(\d{1,2})([./ -])(\d{1,2})\6(\d{4}|\d{2}))(?!\d)"
)
_WORD: Final = r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff])*"  # with the vowel signs of Indian scripts
_NAME: Final = re.compile(rf"{_WORD}(?:[/_]{_WORD})*")
_AFTER_DAY: Final = re.compile(rf"\d(?:st|nd|rd|th|er|º)?[.,\s-]*(?:de\s+)?({_WORD})")
_FULL_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)|\d{8}T\d{4}|\d{4}-?W\d{2}")
_SHORT_ISO: Final = re.compile(r"[-\dW]{4,10}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?")
_YMD: Final = re.compile(r"(\d{4})\s?[년年]\s?(\d{1,2})\s?[월月]\s?(\d{1,2})\s?([일日号])")
_EPOCH: Final = re.compile(r"\d{9,10}|\d{12,13}")


def parse_date(text: str | None) -> datetime | None:
    """The moment that the text names, in UTC, to the second; None when it names none that can be known.

    Without a zone it is taken as UTC, without a time as midnight.
    """
    text = " ".join((text or "").split())[:100]
    if not text or _BROKEN_TIME.search(text):
        return None
    readers = (_iso,) if _FULL_ISO.match(text) else (_epoch, _ideographs, _loose, _feedparser)
    for read in readers:
        try:
            if moment := read(text):
                return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError, KeyError, AttributeError, TypeError):
            continue
    return None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    number = int(text)
    return datetime.fromtimestamp(number / 1000 if len(text) > 10 else number, UTC)


def _iso(text: str) -> datetime | None:
    if text[10:11] == "-":
        return None
    try:
        return from_text(text)
    except ValueError:  # "2004-07-08 23:56:58 -00:20", "2003-12-31T10:14Z (approx.)"
        return _loose(re.sub(r"(?<=\d)Z", " UTC", re.sub(r"(?<=\d)T(?=\d)", " ", text)))


def _ideographs(text: str) -> datetime | None:
    """Korean, Japanese and Chinese; the zone of the country, as feedparser takes it."""
    found = _YMD.search(text)
    if not found:
        return None
    east = 9 if found[4] in "일日" and not re.search("[上下]午", text) else 8
    hour, minute, second, _rest, _tail = _time(text)
    day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=timezone(timedelta(hours=east)))
    return day + timedelta(hours=hour, minutes=minute, seconds=second)


def _feedparser(text: str) -> datetime | None:
    """feedparser's own readers: short ISO forms, Hungarian, Greek. They take much for a date that is none."""
    if text.isascii() and not _SHORT_ISO.fullmatch(text):
        return None
    from feedparser.datetimes import _parse_date

    found = _parse_date(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found[:6])
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)


def _loose(text: str) -> datetime | None:
    """A date with a month's name, or in numbers with `/` or `.`, wherever its parts stand."""
    hour, minute, second, rest, tail = _time(text)
    day = _numbers(rest) or _named(rest)
    if day is None:
        return None
    zone = _zone(tail)
    if zone is None:
        return None
    moment = datetime(*day, tzinfo=zone)
    return moment + timedelta(hours=hour, minutes=minute, seconds=second)


def _time(text: str) -> tuple[int, int, int, str, str]:
    """Hour, minute, second, the text without them, and where a zone would stand."""
    found = _TIME.search(text)
    if not found:
        return 0, 0, 0, text, re.sub(r"^.*\d", "", text)
    hour, minute, second = int(found[2]), int(found[3] or 0), int(found[4] or 0)
    if half := found[1] or found[5] or found[6] or found[7]:
        hour = hour % 12 + (12 if half.lower() in _AFTERNOON else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(text)
    tail = text[found.end() :]
    if found[1] in ("오전", "오후") and not re.search("[A-Za-z+]", tail):
        tail = " +0900"
    return hour, minute, second, text[: found.start()] + _GAP + _OFFSET.sub(" ", tail), tail


def _numbers(text: str) -> tuple[int, int, int] | None:
    found = _NUMERIC.search(text)
    if not found:
        return None
    if found[1]:
        return int(found[1]), int(found[3]), int(found[4])
    first, second, year = int(found[5]), int(found[7]), _year(found[8], int(found[8]))
    if len(found[8]) < 4 and found[6] in "- ":
        return None
    is_american = second > 12 or (found[6] == "/" and first <= 12)
    return (year, first, second) if is_american else (year, second, first)


def _named(text: str) -> tuple[int, int, int] | None:
    """Day, month's name, year. A name after the day is preferred: "mar., 01 déc." is a Tuesday in December."""
    names = [name for name in (*_AFTER_DAY.findall(text), *_NAME.findall(text)) if _month(name)]
    numbers = re.findall(r"(?<!\d)\d{1,4}(?!\d)", text)
    if not names or not numbers:
        return None
    if len(numbers) == 1:  # "Nov. 2020"
        return (int(numbers[0]), _month(names[0]) or 0, 1) if len(numbers[0]) == 4 and _GAP not in text else None
    year = next((n for n in numbers if len(n) == 4), numbers[1])
    numbers.remove(year)
    return _year(year, int(year)), _month(names[0]) or 0, int(numbers[0])


def _year(written: str, number: int) -> int:
    if len(written) > 2:
        return number
    return number + (2000 if number < 70 else 1900)


def _month(name: str) -> int | None:
    folded = name.casefold()
    return _ENGLISH.get(folded) or _months().get(folded)


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Month names of many languages, from the Unicode CLDR, and their first three letters."""
    names: dict[str, int] = {}
    heads: dict[str, int] = {}
    for language in _LANGUAGES:
        months = Locale(language).months
        for context, width in product(("format", "stand-alone"), ("wide", "abbreviated")):
            for number, name in months[context][width].items():
                for word in _NAME.findall(name.casefold()):
                    if len(word) > 2:
                        names.setdefault(word, number)
                        heads.setdefault(word[:3], number)
    return heads | names


def _zone(text: str) -> tzinfo | None:
    """The zone named in what follows the time; UTC when nothing is; None when something is that cannot be read."""
    if offset := _OFFSET.search(text):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 15 or minutes > 59:
            return None
        return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[1] == "-" else 1))
    if re.search(r"(?<!\d)[+-](?:\D{2}|\d)", text):
        return None
    for name in _NAME.findall(text):
        if (hours_east := _ZONES.get(name.upper())) is not None:
            return timezone(timedelta(hours=hours_east))
        if "/" in name and name in _zone_names():
            return ZoneInfo(name)
    return UTC


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
