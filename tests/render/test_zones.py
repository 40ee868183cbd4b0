"""Zones are found by what people call their cities and countries, and guessed where a language leaves no choice."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import zones

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Berlin", "Europe/Berlin"),
        ("تهران", "Asia/Tehran"),
        ("ایران", "Asia/Tehran"),
        ("東京", "Asia/Tokyo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Lord Howe", "Australia/Lord_Howe"),
        ("Deutschland", "Europe/Berlin"),
        ("america/new_york", "America/New_York"),
        ("New York", "America/New_York"),
        ("berln", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_found_by_its_city_or_country_in_any_language(typed: str, zone: str) -> None:
    assert zones.search(typed)[0] == zone


def test_what_names_no_place_finds_nothing() -> None:
    assert zones.search("") == zones.search("  ") == zones.search("qqqqqqqq") == []


@given(st.text(max_size=100))
def test_whatever_is_typed_only_zones_that_can_be_counted_with_are_found(typed: str) -> None:
    found = zones.search(typed)
    assert len(found) <= 8
    assert all(map(zones.is_known, found))


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("fa", "Asia/Tehran"),
        ("de", "Europe/Berlin"),
        ("en-GB", "Europe/London"),
        ("en", None),
        ("xx", None),
        ("", None),
    ],
)
def test_a_zone_is_guessed_where_who_speaks_so_has_one_time(code: str, zone: str | None) -> None:
    assert zones.guess(code, NOW) == zone
