"""Buttons of how a chat comes to the bot: choosing one, deciding on a stranger's, a post to try it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskForChannel:
    """Let the person choose one of their channels, in Telegram's own dialogue."""


@dataclass(frozen=True, slots=True)
class DecideChat:
    """May a stranger's chat be served? The first maintainer's answer holds; `revise`: a refusal is taken back."""

    chat_id: int
    person_id: int  # who asked, and is told
    approve: bool
    revise: bool = False


@dataclass(frozen=True, slots=True)
class SendTestPost:
    """Post a sample where this subscription leads."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class EndTestPost:
    """Delete the sample, or keep it."""

    subscription_id: int
    message_id: int
    keep: bool
