"""Buttons of a chat's ledger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowLedger:
    """Show what was sent to a chat, newest first: what is older than the delivery `before` (0: from the newest on)."""

    chat_id: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class ShowEntry:
    """Show one delivery of the ledger; `before` is the page that lists it."""

    chat_id: int
    delivery_id: int
    before: int = 0


@dataclass(frozen=True, slots=True)
class SetReport:
    """Whether who connected the chat is sent a report of it each week."""

    chat_id: int
    wanted: bool


@dataclass(frozen=True, slots=True)
class PostAgain:
    """First step asks (sure=False), second step posts once more, as the `number`th time: a second tap does nothing."""

    chat_id: int
    delivery_id: int
    before: int
    number: int
    sure: bool = False
