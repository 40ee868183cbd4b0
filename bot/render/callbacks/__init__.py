"""Typed callback data: what a button means, sealed so that nobody can make or move one.

`<version><seal><letter>.<field>.<field>…`, at most 64 bytes. The seal is a keyed hash over the rest and the
id of the chat where the menu stands, so data from another chat, another version or a forger decodes to None: "this menu
has expired".
"""

import base64
import hmac
import string
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from typing import Any, get_type_hints

from bot.render.callbacks.digest_editor import (
    AskDigestText,
    ClearDigestText,
    DigestOption,
    DigestPart,
    DigestText,
    EditDigest,
    NewDigest,
    PickHour,
    PreviewDigest,
    SendDigest,
    SetDay,
    SetDigest,
    SetTime,
    SetZone,
)
from bot.render.callbacks.feeds import (
    CheckFeed,
    ClearFeed,
    FeedPart,
    FindFeeds,
    FollowFeed,
    PauseFeed,
    RemoveFeed,
    SetAnnounceFirst,
    SetFeedEvery,
    SetFullText,
    ShowFeed,
    ShowFeeds,
)
from bot.render.callbacks.looks import (
    AskForLook,
    ChoosePreset,
    ClearLook,
    LookPart,
    LookWords,
    PreviewLook,
    SetLookPart,
    ShowLook,
)
from bot.render.callbacks.operations import MendDelivery, Remedy, ResumeSending, SettleDoubts, SettleMissed, ShowOutbox
from bot.render.callbacks.publishing import (
    DecideEdit,
    DraftChoice,
    DraftDecision,
    DraftPart,
    FileChoice,
    HowToEdit,
    ImportFile,
    LeaveDraft,
    MendDraft,
    PickArticle,
    WithdrawArticle,
)
from bot.render.callbacks.reading import ListKind, ListRef, OpenArticle, ShowList
from bot.render.callbacks.settings import PauseSubscription, RemoveSubscription, ShowSettings, ShowSubscription
from bot.render.callbacks.subscriptions import (
    ChannelChoice,
    Choice,
    ChooseLanguage,
    PauseChannel,
    RemoveChannel,
    ShowChannelCard,
    ShowChannels,
    ShowSubscribe,
    SourceChannel,
    SubscribeChoice,
    TryChannel,
)

__all__ = [
    "LIMIT_BYTES",
    "MAX_PAGE",
    "VERSION",
    "AskDigestText",
    "AskForLook",
    "Callback",
    "ChannelChoice",
    "CheckFeed",
    "Choice",
    "ChooseLanguage",
    "ChoosePreset",
    "ClearDigestText",
    "ClearFeed",
    "ClearLook",
    "DecideEdit",
    "DigestOption",
    "DigestPart",
    "DigestText",
    "DraftChoice",
    "DraftDecision",
    "DraftPart",
    "EditDigest",
    "FeedPart",
    "FileChoice",
    "FindFeeds",
    "FollowFeed",
    "HowToEdit",
    "ImportFile",
    "LeaveDraft",
    "ListKind",
    "ListRef",
    "LookPart",
    "LookWords",
    "MendDelivery",
    "MendDraft",
    "NewDigest",
    "OpenArticle",
    "PauseChannel",
    "PauseFeed",
    "PauseSubscription",
    "PickArticle",
    "PickHour",
    "PreviewDigest",
    "PreviewLook",
    "Remedy",
    "RemoveChannel",
    "RemoveFeed",
    "RemoveSubscription",
    "ResumeSending",
    "SendDigest",
    "SetAnnounceFirst",
    "SetDay",
    "SetDigest",
    "SetFeedEvery",
    "SetFullText",
    "SetLookPart",
    "SetTime",
    "SetZone",
    "SettleDoubts",
    "SettleMissed",
    "ShowChannelCard",
    "ShowChannels",
    "ShowFeed",
    "ShowFeeds",
    "ShowList",
    "ShowLook",
    "ShowOutbox",
    "ShowSettings",
    "ShowSubscribe",
    "ShowSubscription",
    "SourceChannel",
    "SubscribeChoice",
    "TryChannel",
    "WithdrawArticle",
    "decode",
    "encode",
]

VERSION = "1"
LIMIT_BYTES = 64  # Telegram's
MAX_PAGE = 36**4 - 1
_SEAL = 6
_DIGITS = string.digits + string.ascii_lowercase


Callback = (
    ShowList
    | ShowSettings
    | ShowSubscription
    | PauseSubscription
    | RemoveSubscription
    | AskDigestText
    | ClearDigestText
    | EditDigest
    | NewDigest
    | PickHour
    | PreviewDigest
    | SendDigest
    | SetDay
    | SetDigest
    | SetTime
    | SetZone
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
    | PickArticle
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
    | ShowLook
    | ChoosePreset
    | SetLookPart
    | AskForLook
    | ClearLook
    | PreviewLook
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
    "Dp": PickArticle,
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
    "H": ShowSettings,
    "U": ShowSubscription,
    "Y": PauseSubscription,
    "Z": RemoveSubscription,
    "K": ShowLook,
    "Kp": ChoosePreset,
    "Ks": SetLookPart,
    "Ka": AskForLook,
    "Kc": ClearLook,
    "Kv": PreviewLook,
    "yn": NewDigest,
    "ye": EditDigest,
    "yh": PickHour,
    "yt": SetTime,
    "yd": SetDay,
    "yz": SetZone,
    "ys": SetDigest,
    "ya": AskDigestText,
    "yc": ClearDigestText,
    "yp": PreviewDigest,
    "yg": SendDigest,
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
