"""Links into Telegram (deep links, adding the bot to a channel), and which addresses outside a message may hold."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_ARTICLE = re.compile(r"a([1-9][0-9]{0,18})")
_OWNER = re.compile(r"own_([A-Za-z0-9_-]{1,60})")
_CHANNEL_RIGHTS = "post_messages+edit_messages+delete_messages"


@dataclass(frozen=True, slots=True)
class StartArticle:
    article_id: int


@dataclass(frozen=True, slots=True)
class StartOwner:
    token: str


def parse_start(payload: str) -> StartArticle | StartOwner | None:
    """What follows /start: an article to open, an owner's token, or None for nothing that we made."""
    if found := _ARTICLE.fullmatch(payload):
        return StartArticle(int(found[1]))
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


def text_url(url: str | None) -> str | None:
    """The address if it may stand behind a text: absolute http(s), mailto or tel. None otherwise."""
    if url is None or re.search(r"[\s\x00-\x1f\x7f<>\"]", url := url.strip()):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme in ("mailto", "tel"):
        return url if parts.path else None
    return url if parts.scheme in ("http", "https") and _is_host(parts.hostname) else None


def button_url(url: str | None) -> str | None:
    """The address if Telegram takes it on a button: http(s) with a host of more than one label. None otherwise."""
    checked = text_url(url)
    return checked if checked and checked.startswith(("http://", "https://")) and len(checked) <= 2048 else None


def _is_host(host: str | None) -> bool:
    return bool(host) and "." in str(host).strip(".")
