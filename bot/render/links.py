"""Links into Telegram (deep links, adding the bot to a channel), and which addresses outside a message may hold."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_ARTICLE = re.compile(r"a([1-9][0-9]{0,18})")
_OWNER = re.compile(r"own_([A-Za-z0-9_-]{1,60})")
SEARCH = "search"  # what follows /start for how to search
_CHANNEL_RIGHTS = "post_messages+edit_messages+delete_messages"
CHANNEL_REQUEST = 1  # the request_id of the button that asks for a channel

_CHANNELS = -1_000_000_000_000  # channels and supergroups have lower ids: https://core.telegram.org/api/bots/ids
URL_LIMIT = 2048
_FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\\<>\"]")
_NETLOC = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)+\.?)(?::(?P<port>[1-9][0-9]{0,4}))?")


@dataclass(frozen=True, slots=True)
class StartArticle:
    article_id: int


@dataclass(frozen=True, slots=True)
class StartSearch:
    """How to search."""


@dataclass(frozen=True, slots=True)
class StartOwner:
    token: str


def parse_start(payload: str) -> StartArticle | StartSearch | StartOwner | None:
    """What follows /start: an article to open, how to search, an owner's token, or None for nothing that we made."""
    if found := _ARTICLE.fullmatch(payload):
        return StartArticle(int(found[1]))
    if payload == SEARCH:
        return StartSearch()
    if found := _OWNER.fullmatch(payload):
        return StartOwner(found[1])
    return None


def article_link(bot_username: str, article_id: int) -> str:
    """Opens the article in the chat with the bot."""
    return f"https://t.me/{bot_username}?start=a{article_id}"


def owner_link(bot_username: str, token: str) -> str:
    """Makes whoever opens it first the owner."""
    return f"https://t.me/{bot_username}?start=own_{token}"


def add_to_channel_link(bot_username: str) -> str:
    """Lets an admin pick a channel, and Telegram ask for the rights that the bot needs there. Carries no payload."""
    return f"https://t.me/{bot_username}?startchannel&admin={_CHANNEL_RIGHTS}"


def add_to_group_link(bot_username: str) -> str:
    return f"https://t.me/{bot_username}?startgroup"


def message_link(chat_id: int, username: str | None, message_id: int, topic_id: int = 0) -> str | None:
    """Opens a message of a channel or supergroup, for whoever may read it; None: of other chats there are no links."""
    if username:
        return f"https://t.me/{username}/{message_id}"
    if chat_id > _CHANNELS:
        return None
    topic = f"{topic_id}/" if topic_id else ""
    return f"https://t.me/c/{_CHANNELS - chat_id}/{topic}{message_id}"


def text_url(url: str | None) -> str | None:
    """The address if it may stand behind a text: absolute http(s) with a host that Telegram takes. None otherwise.

    Telegram refuses a whole message for a host of one label, and reads mailto and tel as hosts (tdjson says so).
    """
    url = (url or "").strip()
    if len(url) > URL_LIMIT or _FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and _is_netloc(parts.netloc) else None


def button_url(url: str | None) -> str | None:
    """The address if it may stand on a button: the same rule. None otherwise."""
    return text_url(url)


def _is_netloc(netloc: str) -> bool:
    found = _NETLOC.fullmatch(netloc)
    return found is not None and (found["port"] is None or int(found["port"]) <= 65535)
