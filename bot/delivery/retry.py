"""What becomes of a delivery after one attempt to send it: pure, from Telegram's error to a decision.

The table is by Telegram's text, not by code; PTB strips "Bad Request: " and capitalises the rest, so case is ignored.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.delivery.transport import NotSent, seconds_to_wait
from bot.model import ChatKind

AMBIGUOUS_RESENDS = 1  # under RESEND there are at most this many copies beside the first
AMBIGUOUS_PAUSE = timedelta(seconds=5)
BACK_OFF_FIRST = timedelta(seconds=1)
BACK_OFF_LAST = timedelta(minutes=1)


class Policy(StrEnum):
    """What to do with a message that may have arrived: send it once more, or hold it and ask."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of each kind of chat."""

    private: Policy = Policy.RESEND
    channel: Policy = Policy.HOLD  # groups too

    def of(self, kind: ChatKind) -> Policy:
        return self.private if kind is ChatKind.PRIVATE else self.channel

    @property
    def resend(self) -> tuple[ChatKind, ...]:
        """The kinds of chats in which what may have arrived is sent once more."""
        return tuple(kind for kind in ChatKind if self.of(kind) is Policy.RESEND)


class Rung(IntEnum):
    """The ladder down which a message goes whose content is refused."""

    FULL = 0
    UPLOADED = 1  # the picture's bytes, where Telegram cannot fetch it by its address
    WITHOUT_PHOTO = 2  # as text, the picture as a link preview
    PLAIN = 3  # no formatting, no buttons, no preview


class Reason(StrEnum):
    """Why a chat or a topic cannot be sent to; a word that bot/render puts into a sentence."""

    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    REMOVED = "removed"
    RIGHTS = "rights"
    GONE = "gone"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Sent:
    """It stands there, or already stood there."""


@dataclass(frozen=True, slots=True)
class Again:
    """To be sent again after a while. `is_ambiguous`: it may have arrived, so the attempt counts; else it does not."""

    after: timedelta
    error: str
    is_ambiguous: bool = False
    is_offline: bool = False  # it concerns every chat: Telegram is out of reach


@dataclass(frozen=True, slots=True)
class Simpler:
    """The content is refused: at once again, one rung down."""

    rung: Rung
    error: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have arrived, and must not be repeated."""

    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never arrive. `is_content`: because of what it says, which is ours to mend."""

    error: str
    is_content: bool = True


@dataclass(frozen=True, slots=True)
class Suspend:
    """Nothing can be sent there until somebody changes that; `topic_only`: to that topic."""

    reason: Reason
    error: str
    topic_only: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat has a new id."""

    to: int


@dataclass(frozen=True, slots=True)
class Halt:
    """The token is not accepted: nothing can be sent anywhere."""

    error: str


Outcome = Sent | Again | Simpler | Uncertain | Refused | Suspend | Moved | Halt

_DONE = ("message is not modified",)
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
    "message_id_invalid",
    "query is too old",
)
_TOPIC = ("topic_closed", "topic_deleted", "message thread not found")
_PHOTO_RIGHTS = ("rights to send photos", "rights to send a photo", "chat_send_photos_forbidden", "chat_send_media_")
_PHOTO = (
    "wrong file identifier/http url specified",
    "failed to get http url content",
    "wrong type of the web page content",
    "webpage_curl_failed",
    "webpage_media_empty",
    "photo_invalid_dimensions",
    "image_process_failed",
    "photo_ext_invalid",
    "photo_save_file_invalid",
    "file must be non-empty",
    "request entity too large",
)
_UNUSABLE: tuple[tuple[str, Reason], ...] = (
    ("bot was blocked by the user", Reason.BLOCKED),
    ("user is deactivated", Reason.UNREACHABLE),
    ("bot can't initiate conversation", Reason.UNREACHABLE),
    ("bot can't send messages to", Reason.UNREACHABLE),  # … bots; … the user
    ("bot was kicked", Reason.REMOVED),
    ("bot is not a member", Reason.REMOVED),
    ("need administrator rights", Reason.RIGHTS),
    ("not enough rights", Reason.RIGHTS),
    ("have no rights", Reason.RIGHTS),
    ("chat_write_forbidden", Reason.RIGHTS),
    ("chat_admin_required", Reason.RIGHTS),
    ("chat_send_plain_forbidden", Reason.RIGHTS),
    ("chat_restricted", Reason.RIGHTS),
    ("channel_private", Reason.REMOVED),
    ("group chat was deleted", Reason.GONE),
    ("chat not found", Reason.GONE),
    ("peer_id_invalid", Reason.GONE),
    # The message service tells the new id; an error without it leaves nothing to do but wait for that.
    ("group chat was upgraded to a supergroup chat", Reason.GONE),
)


def outcome(
    error: Exception | None,
    *,
    attempts: int,
    policy: Policy,
    rung: Rung = Rung.FULL,
    failures: int = 0,
    jitter: float = 0.0,
) -> Outcome:
    """What to do after an attempt that ended in `error` (None: Telegram took it).

    `attempts` counts this one and the earlier ones that may have arrived; `failures` the times in a row, over all
    chats, that Telegram was out of reach; `jitter` (0 to 1) keeps those who wait from coming back together.
    """
    match error:  # the narrow ones first: BadRequest and TimedOut are NetworkErrors
        case None:
            return Sent()
        case RetryAfter():
            return Again(timedelta(seconds=seconds_to_wait(error) + jitter), f"flood control: {error.message}")
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case InvalidToken():
            return Halt(error.message)
        case NotSent() | Conflict():
            pause = min(BACK_OFF_FIRST * 2 ** min(failures, 16), BACK_OFF_LAST) * (1 + jitter / 4)
            return Again(pause, error.message, is_offline=True)
        case EndPointNotFound():
            return _content(error.message, rung)
        case BadRequest() | Forbidden():
            return _told(error, rung)
        case TelegramError():
            return _ambiguous(error.message, attempts, policy)
        case _:  # ours: nobody knows how far it came
            return _ambiguous(f"{type(error).__name__}", attempts, policy)


def _told(error: BadRequest | Forbidden, rung: Rung) -> Outcome:
    """What Telegram's own words mean."""
    text = error.message.casefold()
    if _any(_DONE, text):
        return Sent()
    if _any(_GONE, text):
        return Refused(error.message, is_content=False)
    if _any(_TOPIC, text):
        return Suspend(Reason.TOPIC, error.message, topic_only=True)
    if _any(_PHOTO_RIGHTS, text):
        return _content(error.message, rung, down_to=Rung.WITHOUT_PHOTO)
    if _any(_PHOTO, text):
        return _content(error.message, rung, down_to=Rung.UPLOADED)
    for fragment, reason in _UNUSABLE:
        if fragment in text:
            return Suspend(reason, error.message)
    if isinstance(error, Forbidden):
        return Suspend(Reason.RIGHTS, error.message)
    return _content(error.message, rung)


def _content(error: str, rung: Rung, down_to: Rung = Rung.PLAIN) -> Simpler | Refused:
    """Down to there, or one below where that was not enough."""
    down = max(down_to, Rung(min(rung + 1, Rung.PLAIN)))
    return Refused(error) if rung is Rung.PLAIN else Simpler(down, error)


def _ambiguous(error: str, attempts: int, policy: Policy) -> Again | Uncertain:
    if policy is Policy.RESEND and attempts <= AMBIGUOUS_RESENDS:
        return Again(AMBIGUOUS_PAUSE, error, is_ambiguous=True)
    return Uncertain(error)


def _any(fragments: tuple[str, ...], text: str) -> bool:
    return any(fragment in text for fragment in fragments)
