"""Messages of ours whose time is over are deleted."""

import asyncio
import logging
from datetime import datetime, timedelta

from telegram.error import TelegramError

from bot.delivery.bot import Bot
from bot.delivery.retry import Again, Halt, Policy, Rung, Uncertain, outcome
from bot.store import passing
from bot.store.db import Database
from bot.store.passing import Passing

log = logging.getLogger(__name__)

BATCH = 20
PATIENCE = timedelta(hours=24)  # so long deleting is tried; then the message stays


async def take_away(db: Database, bot: Bot, now: datetime) -> int:
    """How many messages were deleted, or found to be gone."""
    messages = await passing.due(db, now, BATCH)
    return sum(await asyncio.gather(*(_take_away(db, bot, message, now) for message in messages)))


async def _take_away(db: Database, bot: Bot, message: Passing, now: datetime) -> bool:
    try:
        await bot.call("deleteMessage", {"chat_id": message.chat_id, "message_id": message.message_id})
    except TelegramError as error:
        decided = outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN)
        if isinstance(decided, Again | Uncertain | Halt) and now < message.delete_at + PATIENCE:
            log.info("message not deleted yet: chat=%d message=%d", message.chat_id, message.message_id)
            await passing.failed(db, message, now)
            return False
        log.info("message not deleted: chat=%d message=%d error=%s", message.chat_id, message.message_id, error.message)
    await passing.forget(db, message.chat_id, message.message_id)
    return True
