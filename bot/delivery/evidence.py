"""What a chat's next message tells of one that may have arrived: pure.

In channels and supergroups message ids are consecutive. A doubtful message, if it stands there, has an id above the
last one known before it was sent. When the very next id belongs to another message, it has none; and when that other
message is younger than the doubt by a minute, it gets none any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import ChatKind, Doubt

CONSECUTIVE = (ChatKind.SUPERGROUP, ChatKind.CHANNEL)
QUIET = timedelta(seconds=60)  # a request whose connection is closed this long has been carried out, or never will be
HOPE = timedelta(minutes=10)  # for so long the next message is waited for before anybody is asked


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that stands in a chat, made at that moment or later.

    `answered`: it is what Telegram answered to a request of ours, so it cannot be the doubtful one.
    """

    message_id: int
    made_at: datetime
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Still in doubt: it is above this id, if it is anywhere; None: its id can no longer tell."""

    after_id: int | None


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """It is not there, and will not be."""


def weigh(doubt: Doubt, seen: Seen) -> Open | NotDelivered:
    """What is known of the doubtful message now that this one has been seen."""
    if doubt.after_id is None or seen.message_id <= doubt.after_id:
        return Open(doubt.after_id)
    if seen.message_id > doubt.after_id + 1:
        return Open(None)  # something stands between them that nobody knows: it may be the doubtful one
    if seen.made_at >= doubt.closed_at + QUIET:
        return NotDelivered()
    # Too early to say. What we had no answer for may be the doubtful message itself, told of as somebody's.
    return Open(seen.message_id if seen.answered else None)


def ask_at(doubt: Doubt) -> datetime:
    """When a person is to be asked, unless the doubt has ended by then."""
    return doubt.closed_at + (QUIET if doubt.after_id is None else HOPE)
