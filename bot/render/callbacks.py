"""Typed callback data: what a button means, sealed so that nobody can make or move one.

`<version><seal><letter>.<field>.<field>…`, at most 64 bytes. The seal is a keyed hash over the rest and the
id of the chat where the menu stands, so data from another chat, another version or a forger decodes to None: "this menu
has expired".
"""

import base64
import hmac
import string
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, get_type_hints

from bot.model import Period

VERSION = "1"
LIMIT_BYTES = 64  # Telegram's
MAX_PAGE = 36**4 - 1
_SEAL = 6
_DIGITS = string.digits + string.ascii_lowercase


class ListKind(StrEnum):
    LATEST = "l"
    TAG = "g"  # /latest TAG; query_id names the tag (queries.remember)
    TOP = "t"  # query_id names the tag, 0: of all
    SEARCH = "s"  # query_id names the words (queries.remember)


@dataclass(frozen=True, slots=True)
class ListRef:
    """A page of a list, as buttons carry it. `query_id`: of TAG, SEARCH and a TOP of one tag; `period`: of TOP."""

    kind: ListKind = ListKind.LATEST
    page: int = 0
    query_id: int = 0
    period: Period = Period.WEEK


class Choice(StrEnum):
    INSTANT = "i"
    DAILY = "d"
    OFF = "o"  # unsubscribe; on a channel's card: Not now


class DraftChoice(StrEnum):
    PUBLISH = "p"
    DISCARD = "d"


@dataclass(frozen=True, slots=True)
class ShowList:
    """Show this page of this list, in place."""

    list: ListRef


@dataclass(frozen=True, slots=True)
class OpenArticle:
    """Open an article's page; `list` is where Back leads."""

    list: ListRef
    article_id: int
    article_page: int = 0


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
class DraftDecision:
    """Publish or discard the draft that the preview shows."""

    article_id: int
    choice: DraftChoice


class DraftPart(StrEnum):
    TITLE = "t"
    SUMMARY = "s"


@dataclass(frozen=True, slots=True)
class MendDraft:
    """Ask for another title or summary of the draft that the preview shows."""

    article_id: int
    part: DraftPart


@dataclass(frozen=True, slots=True)
class LeaveDraft:
    """Leave the draft as it is. A reply to the message with this button is what was asked for."""

    article_id: int
    part: DraftPart


@dataclass(frozen=True, slots=True)
class HowToEdit:
    """Say how to correct this article."""

    article_id: int


@dataclass(frozen=True, slots=True)
class DecideEdit:
    """Apply the draft to the article that it revises, or discard it."""

    article_id: int
    draft_id: int
    apply: bool


@dataclass(frozen=True, slots=True)
class WithdrawArticle:
    """First step asks (sure=False), second step withdraws (sure=True)."""

    article_id: int
    sure: bool = False


@dataclass(frozen=True, slots=True)
class FollowFeed:
    """Follow the feed whose address is remembered under `query_id` (queries.remember), or do not.

    `announce`: so many of its newest articles go out at its first poll.
    """

    query_id: int
    follow: bool
    announce: int = 0


@dataclass(frozen=True, slots=True)
class FindFeeds:
    """Offer the feeds that the address remembered under `query_id` leads to."""

    query_id: int


@dataclass(frozen=True, slots=True)
class ShowFeeds:
    page: int = 0


class FileChoice(StrEnum):
    IMPORT = "i"
    ASK = "q"  # whether to announce
    ANNOUNCE = "a"  # after it was asked
    CANCEL = "c"


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Do this with the document remembered under `query_id` (queries.remember); `articles`: how many were new in it."""

    query_id: int
    choice: FileChoice
    articles: int


@dataclass(frozen=True, slots=True)
class CheckFeed:
    """Read this feed now."""

    feed_id: int


@dataclass(frozen=True, slots=True)
class PauseFeed:
    feed_id: int
    pause: bool  # False: resume


class FeedPart(StrEnum):
    """What of a feed is shown: all of it, or the question about one part."""

    ALL = "a"
    TAGS = "t"
    EVERY = "e"
    HEADERS = "h"
    REMOVE = "r"


@dataclass(frozen=True, slots=True)
class ShowFeed:
    feed_id: int
    part: FeedPart = FeedPart.ALL


@dataclass(frozen=True, slots=True)
class ClearFeed:
    """Leave the feed without tags, or without headers. A reply to the message with this button gives it new ones."""

    feed_id: int
    part: FeedPart


@dataclass(frozen=True, slots=True)
class SetFeedEvery:
    feed_id: int
    minutes: int  # between two polls; 0: as the configuration says


@dataclass(frozen=True, slots=True)
class SetFullText:
    feed_id: int
    on: bool


@dataclass(frozen=True, slots=True)
class SetAnnounceFirst:
    """So many of the newest articles of the first poll go out."""

    feed_id: int
    count: int


@dataclass(frozen=True, slots=True)
class RemoveFeed:
    """The second step: ShowFeed asks before."""

    feed_id: int


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    code: str


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


Callback = (
    ShowList
    | OpenArticle
    | ShowSubscribe
    | SubscribeChoice
    | ShowChannels
    | ShowChannelCard
    | ChannelChoice
    | PauseChannel
    | SourceChannel
    | TryChannel
    | RemoveChannel
    | DraftDecision
    | MendDraft
    | LeaveDraft
    | HowToEdit
    | DecideEdit
    | WithdrawArticle
    | FollowFeed
    | FindFeeds
    | ShowFeeds
    | CheckFeed
    | PauseFeed
    | ImportFile
    | ShowFeed
    | ClearFeed
    | SetFeedEvery
    | SetFullText
    | SetAnnounceFirst
    | RemoveFeed
    | ChooseLanguage
    | ResumeSending
    | SettleDoubts
    | SettleMissed
    | ShowOutbox
    | MendDelivery
)

_LETTERS: dict[str, type[Any]] = {
    "l": ShowList,
    "a": OpenArticle,
    "u": ShowSubscribe,
    "s": SubscribeChoice,
    "C": ShowChannels,
    "k": ShowChannelCard,
    "c": ChannelChoice,
    "p": PauseChannel,
    "S": SourceChannel,
    "t": TryChannel,
    "r": RemoveChannel,
    "d": DraftDecision,
    "X": MendDraft,
    "x": LeaveDraft,
    "E": HowToEdit,
    "e": DecideEdit,
    "w": WithdrawArticle,
    "f": FollowFeed,
    "Q": FindFeeds,
    "F": ShowFeeds,
    "h": CheckFeed,
    "P": PauseFeed,
    "i": ImportFile,
    "V": ShowFeed,
    "I": ClearFeed,
    "v": SetFeedEvery,
    "T": SetFullText,
    "A": SetAnnounceFirst,
    "z": RemoveFeed,
    "g": ChooseLanguage,
    "R": ResumeSending,
    "q": SettleDoubts,
    "m": SettleMissed,
    "O": ShowOutbox,
    "o": MendDelivery,
}
_LETTER_OF = {cls: letter for letter, cls in _LETTERS.items()}


def encode(callback: Callback, key: bytes, chat_id: int) -> str:
    """The button's data, for a menu that stands in this chat."""
    body = _body(callback)
    data = VERSION + _seal(body, key, chat_id) + body
    assert len(data.encode()) <= LIMIT_BYTES, data
    return data


def decode(data: str, key: bytes, chat_id: int) -> Callback | None:
    """What the button means, or None for whatever this program did not put into a menu of this chat."""
    body = data[len(VERSION) + _SEAL :]
    genuine = VERSION + _seal(body, key, chat_id) + body
    if not hmac.compare_digest(genuine.encode(errors="replace"), data.encode(errors="replace")):
        return None
    letter, *values = body.split(".")
    try:
        callback: Callback = _build(_LETTERS[letter], values)
    except (KeyError, ValueError, IndexError):
        return None
    return None if values else callback


def _seal(body: str, key: bytes, chat_id: int) -> str:
    digest = blake2b(f"{chat_id}:{body}".encode(errors="replace"), key=key[:64], digest_size=6).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_SEAL]


@lru_cache(maxsize=1024)  # the buttons of the lists that many people have open
def _body(callback: Callback) -> str:
    return ".".join([_LETTER_OF[type(callback)], *_flatten(callback)])


def _flatten(value: Callback | ListRef | int | str) -> list[str]:
    match value:
        case bool():
            return [str(int(value))]
        case int():
            return [_base36(value)]
        case str():
            return [str(value)]
        case _:
            return [text for field in fields(value) for text in _flatten(getattr(value, field.name))]


def _build(kind: type[Any], values: list[str]) -> Any:  # noqa: ANN401 - of that type
    """Read a value of this type off the front of `values`."""
    if kind is bool:
        return {"0": False, "1": True}[values.pop(0)]
    if kind is int:
        return int(values.pop(0), 36)
    if issubclass(kind, str):
        return kind(values.pop(0))
    return kind(*[_build(hint, values) for hint in get_type_hints(kind).values()])


def _base36(number: int) -> str:
    sign, number = ("-" if number < 0 else ""), abs(number)
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return sign + digits
