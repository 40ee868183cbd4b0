"""/start, /help, /language, /cancel, and the one-sentence answers."""

from collections.abc import Sequence

from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def start(words: Words, menu: Menu, *, name: str = "", new_owner: bool = False) -> Outgoing:
    """The welcome; with `new_owner` what the owner does first."""
    raise NotImplementedError


def help_(words: Words, commands: Sequence[tuple[str, str]]) -> Outgoing:
    """/help from (command, description) as in the COMMANDS table, descriptions not yet translated (marked with N_)."""
    raise NotImplementedError


def language(words: Words, menu: Menu, *, current: str) -> Outgoing:
    """The choice of languages, the current one marked."""
    raise NotImplementedError


def cancelled(words: Words, *, something: bool) -> Outgoing:
    """/cancel: `something`: whether there was anything to cancel."""
    raise NotImplementedError


def expired(words: Words) -> str:
    """For answerCallbackQuery: the menu is from another version, chat or person."""
    raise NotImplementedError


def only_maintainers(words: Words) -> str:
    raise NotImplementedError


def only_admins(words: Words) -> str:
    raise NotImplementedError


def article_gone(words: Words) -> str:
    raise NotImplementedError


def went_wrong(words: Words) -> str:
    """An error of ours that the person should hear of."""
    raise NotImplementedError


def say(sentence: str) -> Outgoing:
    """A sentence as a message."""
    raise NotImplementedError
