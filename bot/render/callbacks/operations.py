"""Buttons of the outbox, of doubts, of a restored store."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ResumeSending:
    """Let a restored store send, after dropping what was due or not."""

    drop: bool


@dataclass(frozen=True, slots=True)
class SettleDoubts:
    """What is uncertain in this chat, from the first to the last of these deliveries, arrived or is to go out again."""

    chat_id: int
    first_id: int
    last_id: int
    arrived: bool


@dataclass(frozen=True, slots=True)
class SettleMissed:
    """What a chat missed while it was suspended is sent now, or is left."""

    chat_id: int
    send: bool


@dataclass(frozen=True, slots=True)
class ShowOutbox:
    """The outbox, its troubled deliveries `after` this one."""

    after: int = 0


class Remedy(StrEnum):
    SEND_AGAIN = "s"
    DROP = "d"


@dataclass(frozen=True, slots=True)
class MendDelivery:
    """Do this with one delivery of the outbox; `after` is the page that shows it."""

    delivery_id: int
    remedy: Remedy
    after: int = 0
