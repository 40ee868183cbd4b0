"""Lists of five: /latest, /top, /search."""

from bot.model import Listing
from bot.render.callbacks import ListRef
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def listing(listing: Listing, ref: ListRef, words: Words, menu: Menu, *, tag: str = "", query: str = "") -> Outgoing:
    """The page with its buttons; an empty one says what to do. `tag`: of a TAG list, `query`: the words of a SEARCH."""
    raise NotImplementedError


def search_help(words: Words, query: str = "") -> Outgoing:
    """How to search: for an empty query, or one that holds nothing to look for."""
    raise NotImplementedError
