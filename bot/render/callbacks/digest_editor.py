"""Buttons of the editor of a digest. Each changes one thing, and shows the screen that it stands on as it is then."""

from dataclasses import dataclass
from enum import StrEnum


class DigestPart(StrEnum):
    """The screens of the editor."""

    TIMES = "t"
    DAYS = "d"
    ZONE = "z"
    CONTENT = "c"
    TEXTS = "x"
    MORE = "m"


class DigestText(StrEnum):
    """What is typed, as a reply to the message that asks for it."""

    NAME = "n"
    HEADER = "h"
    FOOTER = "f"
    CITY = "c"


class DigestOption(StrEnum):
    """What is set by a tap, to a number; of what is on or off, 1 or 0."""

    ORDER = "o"  # the index in Order
    AT_LEAST = "l"
    AT_MOST = "m"
    SKIP_IF_EMPTY = "s"
    BY_TAG = "g"
    SILENT = "q"
    PIN = "p"
    CATCH_UP = "c"  # the index in CatchUp
    PAUSE_DAYS = "d"


@dataclass(frozen=True, slots=True)
class NewDigest:
    """Makes one more digest of the chat, with what most want, and opens its editor."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class EditDigest:
    """Show this part of the editor."""

    subscription_id: int
    part: DigestPart


@dataclass(frozen=True, slots=True)
class PickHour:
    """Show the minutes of this hour, to choose a time."""

    subscription_id: int
    hour: int


@dataclass(frozen=True, slots=True)
class SetTime:
    """It goes out at this minute of the day, or no longer."""

    subscription_id: int
    minute: int
    on: bool


@dataclass(frozen=True, slots=True)
class SetDay:
    subscription_id: int
    day: int  # 0 Monday … 6 Sunday
    on: bool


@dataclass(frozen=True, slots=True)
class SetZone:
    subscription_id: int
    zone: str


@dataclass(frozen=True, slots=True)
class SetDigest:
    subscription_id: int
    option: DigestOption
    value: int


@dataclass(frozen=True, slots=True)
class AskDigestText:
    """Ask for a text of the digest, or for a city."""

    subscription_id: int
    text: DigestText


@dataclass(frozen=True, slots=True)
class ClearDigestText:
    """Leave that text away. A reply to the message with this button is the new one."""

    subscription_id: int
    text: DigestText


@dataclass(frozen=True, slots=True)
class PreviewDigest:
    """Send what the digest would hold now to whoever taps, in private."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class SendDigest:
    """First step asks (sure=False), second step sends it now, out of its turn (sure=True)."""

    subscription_id: int
    sure: bool = False
