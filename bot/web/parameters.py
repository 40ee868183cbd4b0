"""What is asked for, out of a query string. Pure; anything may stand in one, and what is not known is passed over."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from bot.clock import from_text
from bot.errors import PaperboyError
from bot.model import Period
from bot.query import CHARS_LIMIT

FIELDS_LIMIT = 20
DIGITS_LIMIT = 18  # of a number; more do not fit into the store's


class WrongParameter(PaperboyError):
    """A parameter that cannot be understood; the text says which one, what was found, and what it may be."""

    @classmethod
    def of(cls, name: str, found: str, expected: str) -> "WrongParameter":
        shown = found if len(found) <= 40 else f"{found[:40]}…"
        return cls(f"{name}: found {shown!r}, expected {expected}")


def fields(query: bytes) -> dict[str, str]:
    """The parameters of a query string; of those with the same name the last. Raises WrongParameter for too many."""
    try:
        pairs = parse_qsl(query.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS_LIMIT)
    except ValueError:
        raise WrongParameter(f"the address has more than {FIELDS_LIMIT} parameters; leave some out") from None
    return dict(pairs)


def number(given: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number between the two; the default where there is none. Raises WrongParameter."""
    text = given.get(name, "")
    if not text:
        return default
    value = digits(text)
    if value is None or not lowest <= value <= highest:
        raise WrongParameter.of(name, text, f"a number from {lowest} to {highest}")
    return value


def digits(text: str) -> int | None:
    """The number that plain digits write; None: the text is not that, or too long."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_LIMIT else None


def period(given: Mapping[str, str]) -> Period:
    """The period of /top, a week where none is given. Raises WrongParameter."""
    text = given.get("period", "") or Period.WEEK.value
    try:
        return Period(text.casefold())
    except ValueError:
        raise WrongParameter.of("period", text, "one of " + ", ".join(Period)) from None


def tag(given: Mapping[str, str]) -> str | None:
    """A tag without its #, cut where no tag is as long; None: of whatever tag."""
    return given.get("tag", "")[:CHARS_LIMIT].strip().lstrip("#").strip() or None


def place(given: Mapping[str, str]) -> tuple[datetime, int] | int | None:
    """The place in the newest articles after which to go on: a moment and an article's id (0: only the moment was
    given), or an id alone; None: from the beginning. Raises WrongParameter."""
    text = given.get("before", "").strip()
    if not text:
        return None
    if (alone := digits(text)) is not None:
        return alone
    moment, comma, number = text.partition(",")
    after = digits(number) if comma else 0
    try:
        at = from_text(moment.replace(" ", "+"))  # a + that was not escaped
    except ValueError:
        at = None
    if at is None or after is None:
        raise WrongParameter.of(
            "before", text, "what an answer gave as `next`, a time such as 2026-11-24T09:00:00Z, or an article's id"
        )
    return at, after
