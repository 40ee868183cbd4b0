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


def to_text(moment: datetime) -> str:
    """The moment in UTC as RFC 3339 writes it, to the millisecond: 2026-11-24T09:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The aware moment that ISO 8601 text says; in UTC where it names no zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC datetime of Unix milliseconds."""
    return EPOCH + milliseconds * MILLISECOND
