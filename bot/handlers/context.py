"""What every handler is given: the services, the words of the chat it answers in, and the ways to answer."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest
from telegram.ext import CallbackContext

from bot.clock import Clock
from bot.delivery import doubts, send
from bot.delivery.bot import Bot
from bot.delivery.evidence import Seen
from bot.handlers.turns import Turns
from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.render import callbacks
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import chats
from bot.store.db import Database
from bot.store.faults import attempt
from bot.store.search import Search

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICES = "services"  # the one key of bot_data


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with; app.py makes it. `wake` says that something may be due (an optimisation)."""

    db: Database
    clock: Clock
    key: bytes  # seals callback data, hashes readers
    words: Callable[[str], Words]  # by language code; an unknown one gives the default
    fetcher: Fetcher
    parsers: Parsers
    search: Search
    turns: Turns
    zone: ZoneInfo
    wake: Callable[[], None]
    poll_every: timedelta  # for feeds without an interval of their own
    check_feed: Callable[[int], Awaitable[None]]  # polls the feed now, and waits for it
    introduce_to: Callable[[int], Awaitable[None]]  # puts a new maintainer's commands into their menu


class Context(CallbackContext[Bot, dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """PTB's context with our services. Handlers ask `words_for`, and answer with `say` and `show`."""

    @property
    def services(self) -> Services:
        services: Services = self.application.bot_data[SERVICES]
        return services

    @property
    def db(self) -> Database:
        return self.services.db

    @property
    def now(self) -> datetime:
        return self.services.clock()

    async def words_for(self, update: Update) -> Words:
        """The words of the chat that the update came from: its chosen language, else the person's, else the default."""
        chat = update.effective_chat
        known = await chats.find(self.db, chat.id) if chat is not None else None
        if known is not None and known.language:
            return self.services.words(known.language)
        user = update.effective_user
        return self.services.words((user.language_code if user is not None else None) or "")

    async def words_and_menu(self, update: Update) -> tuple[Words, Menu]:
        """For a screen with buttons in the chat that the update came from."""
        assert update.effective_chat is not None
        return await self.words_for(update), self.menu(update.effective_chat.id)

    async def say(self, update: Update, outgoing: Outgoing) -> None:
        """Answer with a new message, in groups as a reply to what was asked."""
        message = update.effective_message
        assert message is not None
        in_topic = message.message_thread_id if message.is_topic_message else None
        asked = message.message_id if message.chat.type != ChatType.PRIVATE and update.callback_query is None else None
        began_at = self.now
        posted = await send.message(self.bot, message.chat_id, outgoing, topic_id=in_topic or 0, reply_to=asked)
        if message.chat.type == ChatType.SUPERGROUP:
            seen = Seen(posted.message_id, began_at, answered=True)
            await attempt(self.db, partial(doubts.note, self.db, message.chat_id, seen))

    async def show(self, update: Update, outgoing: Outgoing) -> None:
        """Put this in place of the menu whose button was tapped; a menu that can no longer be edited gets a new one."""
        query = update.callback_query
        assert query is not None
        if not isinstance(query.message, Message):
            await self.say(update, outgoing)
            return
        posted = send.Posted(query.message.message_id, is_photo=bool(query.message.photo))
        try:
            await send.edit(self.bot, query.message.chat_id, posted, outgoing)
        except BadRequest as error:
            log.info("menu not edited, a new one is sent: chat=%d error=%s", query.message.chat_id, error)
            await self.say(update, outgoing)

    def replied_to(self, message: Message, kind: type[T]) -> T | None:
        """What a button of this kind says under the message that this one replies to; None: there is none of ours."""
        for button in buttons(message.reply_to_message):
            if isinstance(button.callback_data, str):
                callback = callbacks.decode(button.callback_data, self.services.key, message.chat_id)
                if isinstance(callback, kind):
                    return callback
        return None

    def menu(self, chat_id: int) -> Menu:
        """For menus that stand in this chat."""
        return Menu(self.services.key, chat_id)


def buttons(message: Message | None) -> list[InlineKeyboardButton]:
    """Those under the message."""
    markup = message.reply_markup if message is not None else None
    return [button for row in markup.inline_keyboard for button in row] if markup is not None else []
