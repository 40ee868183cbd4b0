"""What every handler is given: the services, the words of the chat it answers in, and the ways to answer."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from telegram import Chat, InlineKeyboardButton, Message, Update
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
from bot.store import chats, passing
from bot.store.db import Database
from bot.store.faults import attempt
from bot.store.search import Search

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICES = "services"  # the one key of bot_data
MENU_STAYS = timedelta(minutes=10)  # in a group, after the last tap


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
        """The words of the chat that the update came from: its chosen language, else the person's, else the default.
        Where it names no chat, those of the person's chat with the bot."""
        user = update.effective_user
        chat = update.effective_chat or user
        known = await chats.find(self.db, chat.id) if chat is not None else None
        if known is not None and known.language:
            return self.services.words(known.language)
        return self.services.words((user.language_code if user is not None else None) or "")

    async def words_and_menu(self, update: Update) -> tuple[Words, Menu]:
        """For a screen with buttons in the chat that the update came from."""
        assert update.effective_chat is not None
        return await self.words_for(update), self.menu(update.effective_chat.id)

    async def say(self, update: Update, outgoing: Outgoing) -> int:
        """Answer with a new message, in groups as a reply to what was asked. Returns its id."""
        message = update.effective_message
        assert message is not None
        in_topic = message.message_thread_id if message.is_topic_message else None
        asked = message.message_id if message.chat.type != ChatType.PRIVATE and update.callback_query is None else None
        began_at = self.now
        posted = await send.message(self.bot, message.chat_id, outgoing, topic_id=in_topic or 0, reply_to=asked)
        await self.note_posted(message.chat, posted.message_id, began_at)
        return posted.message_id

    async def say_in_passing(self, update: Update, outgoing: Outgoing) -> None:
        """As `say`; in a group the answer goes away after a while without a tap."""
        message_id = await self.say(update, outgoing)
        chat = update.effective_chat
        assert chat is not None
        if chat.type != ChatType.PRIVATE:
            await passing.put(self.db, chat.id, message_id, self.now + MENU_STAYS)

    async def note_posted(self, chat: Chat, message_id: int, began_at: datetime) -> None:
        """A message of ours stands there: what its number says of those in doubt."""
        if chat.type in (ChatType.SUPERGROUP, ChatType.CHANNEL):
            seen = Seen(message_id, began_at, answered=True)
            await attempt(self.db, partial(doubts.note, self.db, chat.id, seen))

    async def show(self, update: Update, outgoing: Outgoing) -> None:
        """Put this in place of the menu whose button was tapped; a menu that can no longer be edited gets a new one."""
        query = update.callback_query
        assert query is not None
        if not isinstance(query.message, Message):
            await self.say(update, outgoing)
            return
        chat_id, message_id = query.message.chat_id, query.message.message_id
        posted = send.Posted(message_id, is_photo=bool(query.message.photo))
        is_passing = chat_id < 0 and await passing.find(self.db, chat_id, message_id) is not None
        try:
            await send.edit(self.bot, chat_id, posted, outgoing)
        except BadRequest as error:
            log.info("menu not edited, a new one is sent: chat=%d error=%s", chat_id, error)
            await (self.say_in_passing(update, outgoing) if is_passing else self.say(update, outgoing))
        else:
            if is_passing:
                await passing.put(self.db, chat_id, message_id, self.now + MENU_STAYS)

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
