"""Who the admins of chats are, asked of Telegram: when a chat is connected, and once a day for what nobody told us."""

import logging
from datetime import timedelta

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberOwner
from telegram.error import TelegramError

from bot.delivery.bot import Bot
from bot.delivery.pace import BULK
from bot.delivery.retry import Again, Halt, Policy, Rung, Uncertain, outcome
from bot.store import admins
from bot.store.db import Database, Store

log = logging.getLogger(__name__)

ADMINS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)  # what Telegram calls those who may manage a chat

EVERY = timedelta(days=1)  # Telegram keeps what it reports of promotions for as long, while the bot is off
AGAIN_AFTER = timedelta(hours=1)  # where Telegram could not be reached
A_RUN = 60  # chats; with a run a minute 10,000 take less than three hours


async def learn(store: Store, bot: Bot, chat_id: int, *, bulk: bool = False) -> bool:
    """Lists the chat for all who are admins there now, and for nobody else; bots and anonymous admins are left out.

    `bulk`: all other calls go first. False: Telegram cannot be asked now.
    """
    asked_at = store.now()
    try:
        found = await bot.get_chat_administrators(chat_id, rate_limit_args=BULK if bulk else None)
    except TelegramError as error:
        log.info("admins not known: chat=%d error=%s", chat_id, error)
        match outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN):
            case Again() | Halt() | Uncertain():
                await admins.note_asked(store, chat_id, store.now() - EVERY + AGAIN_AFTER)
                return False
            case _:  # it does not say, and will not say in an hour
                await admins.note_asked(store, chat_id, store.now())
                return True
    people = [one for one in found if not one.user.is_bot]
    hidden = {one.user.id for one in people if is_anonymous(one)}
    await admins.put(store, chat_id, {one.user.id for one in people} - hidden, hidden, asked_at=asked_at)
    return True


def is_anonymous(member: ChatMember) -> bool:
    """Whether the admin's name is hidden in their chat."""
    return isinstance(member, ChatMemberOwner | ChatMemberAdministrator) and bool(member.is_anonymous)


async def refresh(db: Database, bot: Bot) -> None:
    """Looks up the admins of chats where that is due, one after another; stops where Telegram cannot be asked."""
    for chat_id in await admins.due(db, db.now() - EVERY, A_RUN):
        if not await learn(db, bot, chat_id, bulk=True):
            return
