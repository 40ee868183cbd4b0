"""A digest's first message is pinned, and the one of the digest before it no longer, where its admins chose that."""

import logging

from telegram.error import TelegramError

from bot.delivery.bot import Bot
from bot.delivery.pace import BULK
from bot.model import Delivery
from bot.store import subscriptions
from bot.store.db import Store

log = logging.getLogger(__name__)


async def pin(store: Store, bot: Bot, delivery: Delivery, message_id: int) -> None:
    """Pins what was just sent. A right that is missing, or any other refusal, is no failure of the delivery."""
    one = await subscriptions.find(store, delivery.subscription_id or 0)
    if one is None or not one.selection.pin:
        return
    chat = {"chat_id": delivery.chat_id}
    silently = {"message_id": message_id, "disable_notification": True}
    try:
        await bot.call("pinChatMessage", chat | silently, rate_limit_args=BULK)
        await subscriptions.set_pinned(store, one.id, message_id)
        if one.pinned_message_id not in (None, message_id):
            await bot.call("unpinChatMessage", chat | {"message_id": one.pinned_message_id}, rate_limit_args=BULK)
    except TelegramError as error:
        log.warning("digest not pinned: delivery=%d chat=%d error=%s", delivery.id, delivery.chat_id, error.message)
