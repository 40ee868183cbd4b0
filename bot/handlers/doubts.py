"""What became of messages of which nobody knew, and of what a chat missed: evidence, and the answers of its admins."""

import logging
from functools import partial

from telegram import Update

from bot.delivery import doubts as delivery
from bot.delivery.evidence import Seen
from bot.handlers.context import Context
from bot.render import doubts as screens
from bot.render.callbacks import SettleDoubts, SettleMissed
from bot.store import chats, deliveries, doubts
from bot.store.faults import attempt

log = logging.getLogger(__name__)


async def note(update: Update, context: Context) -> None:
    """What others write in a channel or supergroup tells which ids are taken."""
    message = update.effective_message
    assert message is not None
    seen = Seen(message.message_id, message.date)
    if await attempt(context.db, partial(delivery.note, context.db, message.chat_id, seen)):
        context.services.wake()


async def settle_doubts(update: Update, context: Context, tapped: SettleDoubts) -> None:
    """A tap on It arrived or Send again; what is still uncertain there is asked next."""
    count = await doubts.settle(context.db, tapped.chat_id, tapped.first_id, tapped.last_id, arrived=tapped.arrived)
    log.info("doubts ended: chat=%d deliveries=%d by=person arrived=%s", tapped.chat_id, count, tapped.arrived)
    context.services.wake()
    chat = await chats.get(context.db, tapped.chat_id)
    words = await context.words_for(update)
    if left := await doubts.listed(context.db, chat.id, screens.LIMIT):
        assert update.effective_chat is not None
        await context.show(update, screens.question(chat, left, words, context.menu(update.effective_chat.id)))
    else:
        await context.show(update, screens.settled(chat, count, words, arrived=tapped.arrived))


async def settle_missed(update: Update, context: Context, tapped: SettleMissed) -> None:
    """A tap on the card of a chat that resumed."""
    count = await deliveries.settle_missed(context.db, tapped.chat_id, send=tapped.send)
    log.info("missed settled: chat=%d deliveries=%d send=%s", tapped.chat_id, count, tapped.send)
    context.services.wake()
    chat = await chats.get(context.db, tapped.chat_id)
    await context.show(update, screens.missed_settled(chat, count, await context.words_for(update), send=tapped.send))
