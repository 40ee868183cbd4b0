"""When a digest is due: plain arithmetic on zoneinfo, weekdays x local times x zone. Pure."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.model import Schedule

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@lru_cache(maxsize=1024)  # many digests that are due together have the same schedule
def next_run(schedule: Schedule, after: datetime) -> datetime:
    """The first run later than `after` (pass the later of now and the last run), in UTC.

    A local time that does not exist runs when the gap ends, a repeated one at its first occurrence. Raises ValueError
    for a schedule without times or weekdays.
    """
    return min(moment for moment in _around(schedule, after) if moment > after)


def slot_of(timezone: str, run_at: datetime) -> tuple[date, int]:
    """The local date of a run and the local time at which it goes, in minutes since midnight.

    It says nothing of the schedule: whatever is changed of that, a slot stays the one that it was.
    """
    local = run_at.astimezone(ZoneInfo(timezone))
    return local.date(), local.hour * 60 + local.minute


def _around(schedule: Schedule, moment: datetime) -> Iterator[datetime]:
    """The runs from more than a week before to more than a week after."""
    if not schedule.times or not schedule.weekdays:
        raise ValueError("a digest's schedule needs at least one time and one weekday")
    zone = ZoneInfo(schedule.timezone)
    today = moment.astimezone(zone).date()
    # Zones have skipped a whole day (Samoa, 30 December 2011), hence the day more on either side.
    for day in (today + n * _DAY for n in range(-9, 10)):
        if day.weekday() in schedule.weekdays:
            yield from (_moment(day, local_time, zone) for local_time in schedule.times)


def _moment(day: date, local_time: time, zone: ZoneInfo) -> datetime:
    """The first moment at which the zone's clocks show this, or, where they skip it, at which they have passed it."""
    local = datetime.combine(day, local_time)
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    # In a gap fold=0 counts with the offset before it, fold=1 with the one after, which gives the earlier moment:
    # the clocks jump between the two.
    early = local.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC)
    before = _offset(early, zone)
    seconds = range(1 + (first - early) // _SECOND)
    return early + bisect_left(seconds, True, key=lambda n: _offset(early + n * _SECOND, zone) != before) * _SECOND


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
