"""When the clocks of a zone show something: plain arithmetic on zoneinfo, gaps and repeated hours included."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_TICK = timedelta.resolution


def moment(day: date, local_time: time, zone: ZoneInfo) -> datetime:
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


def window(begin: time, end: time, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | None:
    """The present or next hours from `begin` until `end`, which is of the next day where it is earlier.

    In UTC, the second moment excluded. Hours that clocks repeat belong to them until they pass `end` for good. None:
    both are the same, which is no hours at all.
    """
    if begin == end:
        return None
    today = now.astimezone(zone).date()
    for day in (today + n * _DAY for n in range(-2, 5)):  # a zone may skip a whole day, or these hours in a gap
        first = moment(day, begin, zone)
        last = _last(day if begin < end else day + _DAY, end, zone)
        if now < last and first < last:
            return first, last
    return None


def midnight(zone: ZoneInfo, now: datetime) -> datetime:
    """When the zone's present day ends, in UTC."""
    today = now.astimezone(zone).date()
    return next(end for n in range(1, 4) if (end := moment(today + n * _DAY, time(0), zone)) > now)


def _last(day: date, local_time: time, zone: ZoneInfo) -> datetime:
    """As `moment`, but the second time of two; the first where the second is when the clocks are put back."""
    before = datetime.combine(day, local_time) - _TICK
    last = before.replace(tzinfo=zone, fold=1).astimezone(UTC)
    is_shown = last.astimezone(zone).replace(tzinfo=None) == before
    return last + _TICK if is_shown else moment(day, local_time, zone)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
