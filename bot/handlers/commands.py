"""The command menus that people see when they type a slash: by where they are and who they are."""

from collections.abc import Iterable
from typing import Any

from telegram import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.handlers import COMMANDS, Audience
from bot.model import Maintainer
from bot.render.words import Words


async def introduce(bot: ExtBot[Any], words: Words, maintainers: Iterable[Maintainer]) -> None:
    """Sets the menus of people, groups, group admins and each maintainer. A narrower scope replaces the wider list."""
    await bot.set_my_commands(_menu(Audience.PEOPLE, words), scope=BotCommandScopeAllPrivateChats())
    await bot.set_my_commands(_menu(Audience.GROUPS, words), scope=BotCommandScopeAllGroupChats())
    admins = Audience.GROUPS | Audience.GROUP_ADMINS
    await bot.set_my_commands(_menu(admins, words), scope=BotCommandScopeAllChatAdministrators())
    for maintainer in maintainers:
        await introduce_to(bot, words, maintainer.person_id)


async def introduce_to(bot: ExtBot[Any], words: Words, person_id: int) -> None:
    """A maintainer's own menu. Who has never written to the bot gets it at the next start of it."""
    menu = _menu(Audience.PEOPLE | Audience.MAINTAINERS, words)
    try:
        await bot.set_my_commands(menu, scope=BotCommandScopeChat(person_id))
    except BadRequest as error:
        if "chat not found" not in str(error).lower():
            raise


def _menu(audience: Audience, words: Words) -> list[BotCommand]:
    return [
        BotCommand(command.name, words._(command.description)) for command in COMMANDS if command.audience & audience
    ]
