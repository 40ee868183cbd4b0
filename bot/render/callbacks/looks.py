"""Buttons of how the posts of one subscription look."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model import Preset


class LookPart(StrEnum):
    """What a post has or has not, by the fields of Look."""

    READ = "read"
    ORIGINAL = "original"
    SHARE = "share"
    HASHTAGS = "hashtags"


class LookWords(StrEnum):
    """What admins write themselves."""

    SIGNATURE = "s"
    TEMPLATE = "t"


@dataclass(frozen=True, slots=True)
class ShowLook:
    subscription_id: int


@dataclass(frozen=True, slots=True)
class ChoosePreset:
    """OWN asks for a template where there is none."""

    subscription_id: int
    preset: Preset


@dataclass(frozen=True, slots=True)
class SetLookPart:
    subscription_id: int
    part: LookPart
    on: bool


@dataclass(frozen=True, slots=True)
class AskForLook:
    """Ask for another signature or template."""

    subscription_id: int
    words: LookWords


@dataclass(frozen=True, slots=True)
class ClearLook:
    """Have no signature, or no template. A reply to the message with this button gives another one."""

    subscription_id: int
    words: LookWords


@dataclass(frozen=True, slots=True)
class PreviewLook:
    """Send the newest article, as it would be posted, to who taps."""

    subscription_id: int
