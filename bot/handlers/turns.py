"""How often one person may search: who asks too much is told once, then is not answered for a moment. Pure.

It costs nobody else anything: updates of one chat are handled one after another, and what is not answered is not
searched for.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import Enum, auto

AT_ONCE = 30  # searches that may follow each other as fast as anybody types
EVERY = timedelta(seconds=0.5)  # one more is allowed
SILENCE = timedelta(seconds=5)  # after the notice
REMEMBERED = 10_000  # people; who has not searched for long is forgotten first


class Turn(Enum):
    GO = auto()
    TELL = auto()  # that it is too much
    IGNORE = auto()


class Turns:
    """Whose turn it is. Allowances fill up with time, so that a pause makes good for haste."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[int, datetime] = OrderedDict()  # when the person's allowance is whole again
        self._silent_until: dict[int, datetime] = {}

    def take(self, person_id: int, now: datetime) -> Turn:
        """What to do with a search of this person at this moment."""
        if self._silent_until.get(person_id, now) > now:
            return Turn.IGNORE
        self._silent_until.pop(person_id, None)
        full_at = max(self._full_at.pop(person_id, now), now) + EVERY
        if full_at - now > AT_ONCE * EVERY:
            self._silent_until[person_id] = now + SILENCE
            return Turn.TELL
        self._full_at[person_id] = full_at
        while len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
        return Turn.GO
