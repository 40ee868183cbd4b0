"""What an answer's headers say about when to ask again. Pure; never more than a day."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = timedelta(hours=24)
_DIRECTIVE: Final = re.compile(r"""([\w-]+)\s*(?:=\s*("[^"]*"|[^,\s]*))?""")


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server wants its answer to be used before it is asked again; None: it does not say.

    Cache-Control's no-cache, no-store and max-age (less Age), then Expires (RFC 9111, sections 4.2.1 and 5). What is
    malformed counts as stale, as the RFC would have it.
    """
    directives: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(headers.get("cache-control", "").lower()):
        directives.setdefault(match[1], (match[2] or "").strip('"'))
    if "no-store" in directives or directives.get("no-cache") == "":  # no-cache="a-field" is of that field alone
        return timedelta()
    if "max-age" in directives:
        age = _seconds(headers.get("age", "")) or timedelta()
        return _bounded((_seconds(directives["max-age"]) or timedelta()) - age)
    if "expires" in headers:
        expires = _moment(headers["expires"])
        return _bounded(expires - (_moment(headers.get("date", "")) or now)) if expires else timedelta()
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server asks to be left alone: seconds or a date (RFC 9110, section 10.2.3); None: it does not say.

    A date is counted from the server's own, where it gives one: its clock may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if (wait := _seconds(value)) is not None:
        return _bounded(wait)
    moment = _moment(value)
    return _bounded(moment - (_moment(headers.get("date", "")) or now)) if moment else None


def _seconds(value: str) -> timedelta | None:
    value = value.strip()
    if not (value.isascii() and value.isdecimal()):
        return None
    return timedelta(seconds=min(int(value[:12]), 10**9))


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value.strip()[:100])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bounded(span: timedelta) -> timedelta:
    return max(timedelta(), min(span, LONGEST))
