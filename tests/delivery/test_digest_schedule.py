"""When digests are due, across gaps and repeated hours of real zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.digest import next_run, slot_of
from bot.model import Schedule

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/New_York",
    "Africa/Casablanca",
)


def at(*times: str, zone: str = "UTC", weekdays: frozenset[int] = frozenset(range(7))) -> Schedule:
    return Schedule(tuple(time.fromisoformat(text) for text in times), weekdays, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        (at("09:00"), "2026-11-24T08:59:59", "2026-11-24T09:00:00"),
        (at("09:00"), "2026-11-24T09:00:00", "2026-11-25T09:00:00"),
        (at("18:00", "09:00"), "2026-11-24T09:00:00", "2026-11-24T18:00:00"),
        (at("09:00", weekdays=frozenset({0})), "2026-11-24T00:00:00", "2026-11-30T09:00:00"),
        (at("09:00", zone="Europe/Berlin"), "2026-11-24T00:00:00", "2026-11-24T08:00:00"),
        (at("09:00", zone="Asia/Kathmandu"), "2026-11-24T00:00:00", "2026-11-24T03:15:00"),
    ],
)
def test_the_next_run_is_the_first_later_one(schedule: Schedule, after: str, expected: str) -> None:
    assert next_run(schedule, utc(after)) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "local", "after", "expected"),
    [
        # Berlin, 29 March 2026: 02:00 -> 03:00 at 01:00 UTC.
        ("Europe/Berlin", "02:30", "2026-03-28T12:00:00", "2026-03-29T01:00:00"),
        # Lord Howe, 4 October 2026: half an hour, 02:00 -> 02:30 at 15:30 UTC.
        ("Australia/Lord_Howe", "02:15", "2026-10-03T12:00:00", "2026-10-03T15:30:00"),
        # São Paulo, 4 November 2018: midnight itself is missing, 00:00 -> 01:00 at 03:00 UTC.
        ("America/Sao_Paulo", "00:00", "2018-11-03T12:00:00", "2018-11-04T03:00:00"),
        ("America/Sao_Paulo", "00:59:59", "2018-11-03T12:00:00", "2018-11-04T03:00:00"),
        # Tehran, 22 March 2022: 00:00 -> 01:00 at 20:30 UTC of the day before.
        ("Asia/Tehran", "00:30", "2022-03-21T12:00:00", "2022-03-21T20:30:00"),
        # Samoa had no 30 December 2011 at all: 00:00 of the 31st is 10:00 UTC of the 30th.
        ("Pacific/Apia", "09:00", "2011-12-29T20:00:00", "2011-12-30T10:00:00"),
    ],
)
def test_a_time_that_does_not_exist_runs_when_the_gap_ends(zone: str, local: str, after: str, expected: str) -> None:
    assert next_run(at(local, zone=zone), utc(after)) == utc(expected)


@pytest.mark.parametrize(
    ("zone", "local", "first", "following"),
    [
        ("Europe/Berlin", "02:30", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        ("Australia/Lord_Howe", "01:45", "2026-04-04T14:45:00", "2026-04-05T15:15:00"),
        ("America/Sao_Paulo", "23:30", "2018-02-18T01:30:00", "2018-02-19T02:30:00"),
        ("Asia/Tehran", "23:30", "2022-09-21T19:00:00", "2022-09-22T20:00:00"),
    ],
)
def test_a_repeated_time_runs_once_at_its_first_occurrence(zone: str, local: str, first: str, following: str) -> None:
    schedule = at(local, zone=zone)
    assert next_run(schedule, utc(first) - timedelta(hours=2)) == utc(first)
    for minutes in (0, 30, 60, 90):  # also from within the second occurrence
        assert next_run(schedule, utc(first) + timedelta(minutes=minutes)) == utc(following)


def test_times_that_fall_into_one_gap_run_together_once() -> None:
    schedule = at("02:15", "02:45", "03:00", zone="Europe/Berlin")
    run = next_run(schedule, utc("2026-03-28T12:00:00"))
    assert run == utc("2026-03-29T01:00:00")
    assert slot_of("Europe/Berlin", run) == (date(2026, 3, 29), 3 * 60)
    assert next_run(schedule, run) == utc("2026-03-30T00:15:00")


def test_a_slot_is_the_local_date_and_time_of_its_run_whatever_the_schedule_is_now() -> None:
    assert slot_of("Asia/Tehran", utc("2026-11-24T14:30:00")) == (date(2026, 11, 24), 18 * 60)
    assert slot_of("Asia/Tehran", utc("2026-11-24T21:00:00")) == (date(2026, 11, 25), 30)


def test_a_schedule_without_times_or_weekdays_is_refused_in_words() -> None:
    for schedule in (Schedule(times=()), Schedule(weekdays=frozenset())):
        with pytest.raises(ValueError, match="at least one time and one weekday"):
            next_run(schedule, utc("2026-11-24T00:00:00"))


MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))  # as schedules are stored
SCHEDULES = st.builds(
    Schedule,
    times=st.lists(MINUTES, min_size=1, max_size=4).map(tuple),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    timezone=st.sampled_from(ZONES),
)
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(deadline=None)
@given(SCHEDULES, MOMENTS)
def test_runs_go_forward_and_each_slot_of_each_day_is_had_at_most_once(schedule: Schedule, start: datetime) -> None:
    seen = set()
    moment = start
    for _ in range(6):
        later = next_run(schedule, moment)
        assert moment < later <= moment + timedelta(days=9)
        slot = slot_of(schedule.timezone, later)
        assert slot not in seen
        seen.add(slot)
        moment = later


@settings(deadline=None)
@given(SCHEDULES, MOMENTS)
def test_a_run_is_at_its_local_time_or_at_the_end_of_a_gap(schedule: Schedule, start: datetime) -> None:
    run = next_run(schedule, start)
    zone = ZoneInfo(schedule.timezone)
    shown = run.astimezone(zone).replace(tzinfo=None)
    if shown.weekday() in schedule.weekdays and shown.time() in schedule.times:
        return
    just_before = (run - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    days = {just_before.date(), shown.date()} | {just_before.date() + timedelta(days=1)}
    wanted = [datetime.combine(day, at) for day in days if day.weekday() in schedule.weekdays for at in schedule.times]
    assert any(just_before < each < shown for each in wanted), "the clocks jumped over it"


@settings(deadline=None)
@given(SCHEDULES, MOMENTS, st.integers(0, 10 * 24 * 60))
def test_no_run_lies_between_a_moment_and_the_next_run(schedule: Schedule, start: datetime, minutes: int) -> None:
    between = min(start + timedelta(minutes=minutes), next_run(schedule, start) - timedelta(microseconds=1))
    assert next_run(schedule, max(start, between)) == next_run(schedule, start)
