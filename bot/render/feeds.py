"""/feeds: the list with its health, and the offer to follow one."""

from collections.abc import Sequence
from datetime import datetime

from bot.model import Feed
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words

PAGE_SIZE = 10


def feeds(
    items: Sequence[Feed], page: int, words: Words, menu: Menu, *, now: datetime, has_next: bool = False
) -> Outgoing:
    """One page of feeds; none: how to add one."""
    raise NotImplementedError


def offer(title: str, url: str, query_id: int, entries: int, words: Words, menu: Menu) -> Outgoing:
    """A link is a feed: follow it? `query_id`: under which the address is remembered."""
    raise NotImplementedError


def followed(feed: Feed, words: Words, *, already: bool = False) -> Outgoing:
    raise NotImplementedError


def not_followed(words: Words) -> Outgoing:
    raise NotImplementedError


def cannot_follow(words: Words, url: str, reason: str) -> Outgoing:
    """`reason`: FetchError.reason, or "feed" for a document that is no feed, "url" for what is no address."""
    raise NotImplementedError
