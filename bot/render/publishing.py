"""/add: how to, the preview, what became of it."""

from bot.model import Article
from bot.render.callbacks import DraftChoice
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def how_to_add(words: Words) -> Outgoing:
    raise NotImplementedError


def preview(draft: Article, words: Words, menu: Menu, *, bot_username: str) -> Outgoing:
    """The post exactly as it will be, with Publish and Discard below."""
    raise NotImplementedError


def decided(draft: Article, choice: DraftChoice, words: Words, *, bot_username: str) -> Outgoing:
    """The preview after a tap: the same post, buttons gone, said what happened."""
    raise NotImplementedError


def already_stored(article: Article, words: Words, menu: Menu) -> Outgoing:
    """What was to be added is in the store already."""
    raise NotImplementedError


def cannot_add(words: Words, reason: str) -> Outgoing:
    """`reason`: one of the short words of FetchError.reason, or "empty", "feed", "unreadable"."""
    raise NotImplementedError
