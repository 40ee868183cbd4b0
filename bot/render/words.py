"""Every text that a person reads goes through here: translated, with plurals, dates and numbers as readers write them.

`words._("…")` and `words.n("…", "…", count)` are what Babel extracts. Fields are written {name} and filled by `_`,
by `n`, or by text.fill where they are formatted. A field that a translation misspells stays visible and breaks nothing.
"""

import datetime as dt
import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_day_names,
    get_timezone_location,
    get_timezone_name,
)
from babel.numbers import format_decimal

from bot.model import Schedule

FIELD = re.compile(r"\{(\w+)\}")
PSEUDO = "qps"
SOURCE = "en"
NATIVE_NAMES = {SOURCE: "English"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Marks a text for translation where no Words is at hand yet (tables); it is translated later by `words._`."""
    return message


@dataclass(frozen=True, slots=True)
class Words:
    """One reader's language, country and zone."""

    translations: gettext.NullTranslations
    locale: Locale
    zone: ZoneInfo

    def _(self, message: str, **fields: object) -> str:
        """The message in the reader's language."""
        return _filled(self.translations.gettext(message), fields)

    def n(self, singular: str, plural: str, count: int, **fields: object) -> str:
        """The form for this count; {count} is filled as the reader writes numbers."""
        return _filled(self.translations.ngettext(singular, plural, count), {"count": self.number(count), **fields})

    def number(self, number: float) -> str:
        return _decimal(number, self.locale)

    def date(self, moment: datetime | dt.date) -> str:
        """A day: "24 Nov 2026", in the reader's zone."""
        return format_date(
            self._local(moment) if isinstance(moment, datetime) else moment, "medium", locale=self.locale
        )

    def long_date(self, day: dt.date) -> str:
        """A day for headings: "Tuesday, November 24, 2026"."""
        return format_date(day, "full", locale=self.locale)

    def when(self, moment: datetime, now: datetime) -> str:
        """How long ago it was ("3 hours ago"), within a day; else the day."""
        if timedelta(0) <= now - moment < timedelta(days=1):
            return format_timedelta(min(moment - now, timedelta(seconds=-1)), add_direction=True, locale=self.locale)
        return self.date(moment)

    def ahead(self, moment: datetime, now: datetime) -> str:
        """How soon it will be: "in 12 minutes"; the past counts as now ("in 0 seconds")."""
        return format_timedelta(max(moment - now, timedelta(0)), add_direction=True, locale=self.locale)

    def times(self, schedule: Schedule) -> str:
        """When a digest goes out: "09:00 (Berlin)". The zone is named by its city."""
        return f"{', '.join(map(self.clock, schedule.times))} ({self.zone_name(schedule.timezone)})"

    def times_and_days(self, schedule: Schedule) -> str:
        """As `times`, with the weekdays unless it is each of them: "09:00 (Berlin), on Mon"."""
        when = self.times(schedule)
        if schedule.is_daily:
            return when
        return self._("{times}, on {days}", times=when, days=", ".join(self.weekdays(schedule.weekdays)))

    def run(self, moment: datetime, timezone: str) -> str:
        """When something goes out there, by the clocks of a zone: "Tue, 24 Nov 2026, 09:00 GMT+1"."""
        local = moment.astimezone(ZoneInfo(timezone))
        zone = get_timezone_name(local, "short", locale=self.locale)
        day = format_skeleton("yMMMEd", local, locale=self.locale)
        return f"{day}, {format_time(local, 'HH:mm', locale=self.locale)} {zone}"

    def weekdays(self, days: Iterable[int]) -> list[str]:
        """Their short names, Monday first: "Mon"."""
        names = get_day_names("abbreviated", "stand-alone", self.locale)
        return [names[day] for day in sorted(days)]

    def zone_name(self, timezone: str) -> str:
        """The zone by its city."""
        return str(get_timezone_location(ZoneInfo(timezone), self.locale, return_city=True))

    def clock(self, at: dt.time) -> str:
        """A time of day: "09:05"."""
        return format_time(at, "HH:mm", locale=self.locale)

    def ago(self, age: timedelta) -> str:
        """How long: "3 hours"."""
        return format_timedelta(age, locale=self.locale)

    @property
    def rtl(self) -> bool:
        return self.locale.text_direction == "rtl"

    def _local(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self.zone)
        except OverflowError:  # the first or last day of the calendar
            return moment


@lru_cache(maxsize=256)
def _decimal(number: float, locale: Locale) -> str:
    return format_decimal(number, locale=locale)


def _filled(template: str, fields: Mapping[str, object]) -> str:
    return FIELD.sub(lambda found: str(fields.get(found[1], found[0])), template)


class PseudoTranslations(gettext.NullTranslations):
    """A language for tests: accented, 40 % longer, in right-to-left marks; {fields} and /commands stay as they are.

    Whatever shows plain ASCII letters under it did not go through gettext.
    """

    def gettext(self, message: str) -> str:
        return _pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _pseudo(msgid1 if n == 1 else msgid2)


_KEPT = re.compile(r"(\{\w+\}|(?<!\w)/[a-z]+)")
_ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçđéƒğħíĵķłɱñóþɋřšţúṽŵẋýžÀƁÇĐÉƑĞĦÍĴĶŁṀÑÓÞɊŘŠŢÚṼŴẊÝŽ",
)
_RLM = "\u200f"


def _pseudo(message: str) -> str:
    if not message:
        return message
    accented = "".join(part if _KEPT.fullmatch(part) else part.translate(_ACCENTED) for part in _KEPT.split(message))
    return f"{_RLM}{accented}{' ·' * round(len(message) * 0.2)}{_RLM}"


def languages() -> tuple[str, ...]:
    """The codes that a person may choose from."""
    return tuple(NATIVE_NAMES)


def load(code: str, zone: ZoneInfo, catalogues: Mapping[str, gettext.NullTranslations] | None = None) -> Words:
    """The words of a language code as Telegram gives it ("en", "pt-BR"): the nearest that there is, else English.

    `catalogues` by code: app has read them from files.
    """
    if code == PSEUDO:
        return Words(PseudoTranslations(), Locale("fa"), zone)
    available = {SOURCE: gettext.NullTranslations(), **(catalogues or {})}
    found = negotiate_locale([code.replace("-", "_")], list(available)) or SOURCE
    return Words(available[found], Locale.parse(found), zone)
