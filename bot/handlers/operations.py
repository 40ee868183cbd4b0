"""How the bot is doing: /stats, /outbox."""

import logging

from telegram import Update

from bot.handlers.context import Context
from bot.render import outbox as outbox_screens
from bot.render import stats as screens
from bot.render.callbacks import MendDelivery, Remedy, ShowOutbox
from bot.render.outgoing import Outgoing
from bot.store import outbox, stats

log = logging.getLogger(__name__)


async def stats_command(update: Update, context: Context) -> None:
    figures = await stats.stats(context.db)
    await context.say(update, screens.stats(figures, await context.words_for(update)))


async def outbox_command(update: Update, context: Context) -> None:
    """/outbox: what waits, what is suspended, what somebody should look at."""
    await context.say(update, await _outbox(update, context, 0))


async def show_outbox(update: Update, context: Context, tapped: ShowOutbox) -> None:
    await context.show(update, await _outbox(update, context, tapped.after))


async def mend_delivery(update: Update, context: Context, tapped: MendDelivery) -> None:
    """A tap on Send again or Drop; one that has ended meanwhile is left as it is."""
    match tapped.remedy:
        case Remedy.SEND_AGAIN:
            done = await outbox.send_again(context.db, tapped.delivery_id)
        case Remedy.DROP:
            done = await outbox.drop(context.db, tapped.delivery_id)
    if done:
        log.info("delivery mended by hand: delivery=%d remedy=%s", tapped.delivery_id, tapped.remedy.name)
        context.services.wake()
    await context.show(update, await _outbox(update, context, tapped.after))


async def _outbox(update: Update, context: Context, after: int) -> Outgoing:
    assert update.effective_chat is not None
    size = outbox_screens.PAGE_SIZE
    found = await outbox.troubled(context.db, size + 1, after=after)
    return outbox_screens.outbox(
        await outbox.counts(context.db),
        await outbox.held(context.db, outbox_screens.HELD_SIZE),
        found[:size],
        await context.words_for(update),
        context.menu(update.effective_chat.id),
        now=context.now,
        after=after,
        has_next=len(found) > size,
    )
