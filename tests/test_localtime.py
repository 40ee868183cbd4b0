"""Daily hours and the end of the day in UTC, through both clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import localtime

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(1_100_000_000, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "now", "expected"),
    [
        ("22:00", "07:00", "2026-07-01T12:00", ("2026-07-01T20:00", "2026-07-02T05:00")),
        ("22:00", "07:00", "2026-07-01T21:00", ("2026-07-01T20:00", "2026-07-02T05:00")),
        ("22:00", "07:00", "2026-07-02T04:59", ("2026-07-01T20:00", "2026-07-02T05:00")),
        ("22:00", "07:00", "2026-07-02T05:00", ("2026-07-02T20:00", "2026-07-03T05:00")),
        ("13:00", "15:00", "2026-07-01T12:00", ("2026-07-01T11:00", "2026-07-01T13:00")),
        # 29 March 2026, 02:00 CET becomes 03:00 CEST: an hour less.
        ("22:00", "07:00", "2026-03-28T22:00", ("2026-03-28T21:00", "2026-03-29T05:00")),
        ("22:00", "02:30", "2026-03-28T22:00", ("2026-03-28T21:00", "2026-03-29T01:00")),
        ("02:00", "03:00", "2026-03-28T22:00", ("2026-03-30T00:00", "2026-03-30T01:00")),  # that day has no such hour
        # 25 October 2026, 03:00 CEST becomes 02:00 CET: what is repeated is quiet both times.
        ("22:00", "07:00", "2026-10-24T22:00", ("2026-10-24T20:00", "2026-10-25T06:00")),
        ("22:00", "02:30", "2026-10-24T22:00", ("2026-10-24T20:00", "2026-10-25T01:30")),
        ("02:00", "03:00", "2026-10-24T22:00", ("2026-10-25T00:00", "2026-10-25T02:00")),
    ],
)
def test_hours_of_a_day_are_the_present_or_the_next_ones(
    begin: str, end: str, now: str, expected: tuple[str, str]
) -> None:
    found = localtime.window(time.fromisoformat(begin), time.fromisoformat(end), BERLIN, utc(now))
    assert found == (utc(expected[0]), utc(expected[1]))


def test_hours_that_end_when_they_begin_are_none() -> None:
    assert localtime.window(time(7), time(7), BERLIN, utc("2026-07-01T12:00")) is None


def test_a_day_ends_at_its_local_midnight_or_when_the_clocks_have_passed_it() -> None:
    assert localtime.midnight(BERLIN, utc("2026-07-01T22:00")) == utc("2026-07-02T22:00")
    assert localtime.midnight(BERLIN, utc("2026-07-01T21:59")) == utc("2026-07-01T22:00")
    # In Brazil summer time began at midnight: that day began at 01:00.
    assert localtime.midnight(ZoneInfo("America/Sao_Paulo"), utc("2018-11-03T12:00")) == utc("2018-11-04T03:00")


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    now=MOMENTS,
    begin=st.integers(0, 23).map(time),
    end=st.integers(0, 23).map(time),
)
def test_a_moment_is_quiet_just_when_the_clock_on_the_wall_says_so(
    zone: ZoneInfo, now: datetime, begin: time, end: time
) -> None:
    found = localtime.window(begin, end, zone, now)
    wall = now.astimezone(zone).time()
    says = begin <= wall < end if begin < end else not end <= wall < begin
    if begin == end:
        assert found is None
    else:
        assert found is not None
        assert now < found[1] <= now + timedelta(days=4)
        assert found[0] < found[1]
        assert (found[0] <= now) == says


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    now=MOMENTS,
)
def test_the_day_changes_just_when_it_ends(zone: ZoneInfo, now: datetime) -> None:
    end = localtime.midnight(zone, now)
    today = now.astimezone(zone).date()
    assert end > now
    assert (end - timedelta(microseconds=1)).astimezone(zone).date() == today
    assert end.astimezone(zone).date() > today
