"""What a person is told without having asked."""

from bot.model import Notice, Schedule
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def notice(notice: Notice, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """The message for this notice; data that is missing is left out. `schedule`: what Daily on a channel's card would be."""
    raise NotImplementedError
