"""Words: translations, plurals, dates and numbers as the reader writes them."""

import gettext
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.model import Schedule
from bot.render.words import languages, load
from tests.render.samples import ENGLISH, NOW, PSEUDO


@pytest.fixture
def german(tmp_path: Path) -> gettext.GNUTranslations:
    catalogue = Catalog(locale="de")
    catalogue.add("Hello, {name}!", "Hallo, {name}! {nane}")
    catalogue.add(("{count} read", "{count} reads"), ("{count} Mal gelesen", "{count} Male gelesen"))
    with (tmp_path / "de.mo").open("wb") as file:
        write_mo(file, catalogue)
    with (tmp_path / "de.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_texts_and_plurals_are_translated(german: gettext.GNUTranslations) -> None:
    words = load("de-AT", ZoneInfo("UTC"), {"de": german})
    assert words.n("{count} read", "{count} reads", 1) == "1 Mal gelesen"
    assert words.n("{count} read", "{count} reads", 12345) == "12.345 Male gelesen"


def test_a_field_that_a_translation_misspells_stays_visible(german: gettext.GNUTranslations) -> None:
    assert load("de", ZoneInfo("UTC"), {"de": german})._("Hello, {name}!", name="{x}") == "Hallo, {x}! {nane}"


@pytest.mark.parametrize("code", ["", "xx", "de", "zh-hans", "en-GB", "a" * 500, "../..", "\0", "en_", "-"])
def test_an_unknown_language_is_english(code: str) -> None:
    assert load(code, ZoneInfo("UTC"))._("Off") == "Off"


def test_a_day_is_the_readers_own() -> None:
    assert ENGLISH.date(NOW) == "Nov 25, 2026"
    assert load("en", ZoneInfo("America/New_York")).date(NOW) == "Nov 24, 2026"
    assert ENGLISH.long_date(date(2026, 11, 24)) == "Tuesday, November 24, 2026"


def test_moments_of_the_last_day_are_relative() -> None:
    assert ENGLISH.when(NOW - timedelta(hours=3), NOW) == "3 hours ago"
    assert ENGLISH.when(NOW - timedelta(days=3), NOW) == "Nov 22, 2026"
    assert ENGLISH.when(NOW + timedelta(days=3), NOW) == "Nov 28, 2026"


def test_dates_at_the_ends_of_time_are_survived() -> None:
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        for zone in ("America/New_York", "Asia/Tokyo"):
            assert load("en", ZoneInfo(zone)).date(moment)
            assert load("en", ZoneInfo(zone)).when(moment, NOW)


def test_a_schedule_names_its_times_and_its_zone() -> None:
    assert ENGLISH.times(Schedule(timezone="Asia/Tehran")) == "09:00 (Tehran)"
    assert ENGLISH.times(Schedule(times=(time(7, 30), time(18, 0)))) == "07:30, 18:00 (UTC)"
    assert PSEUDO.times(Schedule(timezone="Europe/Berlin")) == "09:00 (برلین)"


def test_the_pseudo_locale_reads_right_to_left_and_english_does_not() -> None:
    assert (PSEUDO.rtl, ENGLISH.rtl) == (True, False)
    assert languages() == ("en",)
