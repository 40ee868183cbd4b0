"""Buttons of who gets what, and of channels."""

from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    INSTANT = "i"
    DAILY = "d"
    OFF = "o"  # unsubscribe; on a channel's card: Not now


@dataclass(frozen=True, slots=True)
class ShowSubscribe:
    """Show the choices of /subscribe for the chat where the menu stands."""


@dataclass(frozen=True, slots=True)
class SubscribeChoice:
    """Instant, Daily or off, for the chat where the menu stands."""

    choice: Choice


@dataclass(frozen=True, slots=True)
class ShowChannels:
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowChannelCard:
    """Show a channel's card (again): Instant, Daily, Not now."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """Instant, Daily or Not now (OFF), for a channel or group elsewhere."""

    chat_id: int
    choice: Choice


@dataclass(frozen=True, slots=True)
class PauseChannel:
    chat_id: int
    pause: bool  # False: resume
    page: int = 0


@dataclass(frozen=True, slots=True)
class SourceChannel:
    """The channel's posts become articles from now on, or no longer."""

    chat_id: int
    follow: bool
    page: int = 0


@dataclass(frozen=True, slots=True)
class TryChannel:
    """Send to a suspended chat again, and see."""

    chat_id: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class RemoveChannel:
    """First step asks (sure=False), second step removes (sure=True)."""

    chat_id: int
    sure: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    code: str
