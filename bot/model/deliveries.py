"""What is sent, was sent or may have been, and the digests that are made for it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.model.chats import Chat, ChatKind, Topic
from bot.model.subscriptions import Look, Selection


class DeliveryKind(StrEnum):
    POST = "post"
    EDIT = "edit"
    RECALL = "recall"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Form(StrEnum):
    """What a posted message is: Telegram lets a text become a photo by an edit, never a photo a text."""

    UNKNOWN = ""
    TEXT = "text"
    PHOTO = "photo"
    GONE = "gone"  # deleted, or out of reach for ever


class Unedited(StrEnum):
    """Why a copy was left as it is, where Telegram did not refuse the edit: an edit's or recall's error."""

    UNKNOWN = "nobody knows whether and where it stands"
    TOO_LONG = "it has become too long for its messages"
    PICTURE_STAYS = "a photo cannot become a text: its picture stays"
    OUT_OF_REACH = "it is out of reach"


class Effect(StrEnum):
    """What an edit or a recall of the copies at one destination came to."""

    CHANGED = "changed"  # they show the article as it is now, or that it was withdrawn
    UNCHANGED = "unchanged"  # they did so already
    DELETED = "deleted"
    LOST = "lost"  # they were no longer there
    IMPOSSIBLE = "impossible"  # Telegram does not allow it, or not all of it


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the outbox and the ledger."""

    id: int
    subscription_id: int | None
    chat_id: int
    topic_id: int
    kind: DeliveryKind
    article_id: int | None
    digest_run_id: int | None
    state: DeliveryState
    attempts: int
    not_before: datetime
    message_ids: tuple[int, ...]
    error: str
    dedupe_key: str
    created_at: datetime
    ended_at: datetime | None
    merged_into: int | None = None  # the delivery that it went out with


@dataclass(frozen=True, slots=True)
class Copy:
    """An article as it stands at a destination: the messages of the post, or of the digest, that showed it."""

    delivery_id: int
    state: DeliveryState  # sent; else it may stand there, or the first messages of a digest do
    message_ids: tuple[int, ...]
    form: Form
    picture: str  # of a photo: tells one address from another
    digest_run_id: int | None
    look: Look = field(default_factory=Look)  # when it was posted; name and selection, of a digest, too
    name: str = ""
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain post in a channel or supergroup, whose connection was `closed_at`.

    If it stands there its id is above `after_id`, and is that of no message known; None: nothing can be told from ids.
    """

    delivery_id: int
    chat_id: int
    after_id: int | None
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Troubled:
    """A delivery that somebody should look at, by the names that people know."""

    id: int
    chat_id: int
    chat_kind: ChatKind
    chat_title: str
    title: str  # the article's; "" for a digest
    digest_date: date | None
    state: DeliveryState
    error: str
    since: datetime  # that it is uncertain, refused or waiting
    topic: Topic | None = None  # in a forum


class Wait(StrEnum):
    """Why a delivery that is pending has not gone yet."""

    TURN = "turn"  # those before it go first
    ERROR = "error"  # it is tried again
    HELD = "held"  # by quiet hours, a daily cap or spacing
    PAUSED = "paused"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A delivery as the admins of its chat see it."""

    id: int
    chat_id: int
    topic_id: int
    kind: DeliveryKind
    state: DeliveryState
    wait: Wait | None  # of a pending one
    effect: Effect | None  # of an edit or recall that has ended
    error: str
    title: str  # the article's; "" for a digest
    digest_date: date | None
    at: datetime  # when it ended, became doubtful, or else was made
    message_ids: tuple[int, ...]  # () when it is gone
    is_gone: bool = False  # it was deleted since, or is out of reach for ever


@dataclass(frozen=True, slots=True)
class Held:
    """A suspended chat, and how many deliveries wait for it."""

    chat: Chat
    deliveries: int


@dataclass(frozen=True, slots=True)
class DigestRun:
    """What a digest holds. `slot`: the local time of its run in minutes since midnight; None: out of its turn."""

    id: int
    subscription_id: int
    local_date: date
    slot: int | None
    article_ids: tuple[int, ...]
    is_burst: bool = False  # made of what was due together, not by a subscription to digests


class ProposalState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"  # it waits for its time
    SENT = "sent"  # it is a delivery
    SKIPPED = "skipped"
    EXPIRED = "expired"  # nobody approved it until the next one was due
    MISSED = "missed"  # its time passed while the bot was off, and such a digest is not sent late
    EMPTY = "empty"  # nothing was left in it
    REMOVED = "removed"  # with its subscription


@dataclass(frozen=True, slots=True)
class Proposal:
    """A digest that its chat's admins are asked about ahead of its time. `decider`: who approved or skipped it."""

    run_id: int
    subscription_id: int
    due_at: datetime
    must_approve: bool  # else it goes by itself
    state: ProposalState
    decider: str
    revision: int  # counts its changes

    @property
    def is_open(self) -> bool:
        return self.state in (ProposalState.ASKED, ProposalState.APPROVED)
