"""When a digest is due: plain arithmetic on zoneinfo, weekdays x local times x zone. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot import localtime
from bot.model import Schedule

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
            yield from (localtime.moment(day, local_time, zone) for local_time in schedule.times)
