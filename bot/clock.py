"""The time, injected, so that tests move it: aware UTC datetimes everywhere, Unix milliseconds in the database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The present moment, aware, in UTC: the clock of the running program."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Unix milliseconds of an aware datetime, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC datetime of Unix milliseconds."""
    return EPOCH + milliseconds * MILLISECOND
