"""What happens when a handler fails: a line in the log without anybody's words, and a sentence for who asked."""

import logging
import sqlite3
from collections.abc import Callable
from functools import partial

from telegram import Update
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.ext import CallbackContext

from bot.errors import StoreFault
from bot.handlers.context import Context
from bot.render import faults, greeting
from bot.render.words import Words
from bot.store import chats

log = logging.getLogger(__name__)


async def failed(update: object, context: CallbackContext) -> None:  # type: ignore[type-arg]
    """PTB's error handler; it must not raise."""
    assert isinstance(context, Context)
    apology: Callable[[Words], str] = greeting.went_wrong
    error, number = context.error, update.update_id if isinstance(update, Update) else None
    match error:
        case BadRequest() if "query is too old" in str(error).lower():
            return
        case Forbidden():
            log.info("answer refused: update=%s error=%s", number, error)
            await _suspend_blocker(update, context)
            return
        case RetryAfter():
            log.warning("answer given up under flood control: update=%s error=%s", number, error)
            return
        case sqlite3.Error() if (fault := StoreFault.of(error)) is not None:
            log.warning("not done for want of a working store: update=%s error=%s", number, error)
            apology = partial(faults.cannot_do, fault)
        case _:
            log.error("handler failed: update=%s", number, exc_info=error)
    if isinstance(update, Update) and _was_asked(update):
        try:
            await context.say(update, greeting.say(apology(await context.words_for(update))))
        except TelegramError as second:
            log.warning("apology failed: update=%s error=%s", number, second)


def _was_asked(update: Update) -> bool:
    """Whether somebody waits for an answer. What people say to each other in groups and channels is none of ours."""
    if update.callback_query is not None:
        return True
    message = update.message or update.edited_message
    return message is not None and (message.chat.type == "private" or (message.text or "").startswith("/"))


async def _suspend_blocker(update: object, context: Context) -> None:
    """Who blocked the bot gets nothing until they start it again."""
    if isinstance(update, Update) and update.effective_chat is not None and update.effective_chat.type == "private":
        await chats.suspend(context.db, update.effective_chat.id, "blocked")
