"""The ledger of a chat, for its admins: what became of each delivery, and Post again."""

import logging

from telegram import Update

from bot.handlers.context import Context
from bot.render import ledger as screens
from bot.render import report
from bot.render.callbacks import PostAgain, SetReport, ShowEntry, ShowLedger
from bot.render.restraint import waits
from bot.store import chats, held, ledger, reports, topics

log = logging.getLogger(__name__)


async def show_ledger(update: Update, context: Context, tapped: ShowLedger) -> None:
    chat = await chats.get(context.db, tapped.chat_id)
    found = await ledger.page(context.db, chat.id, screens.PAGE_SIZE + 1, before=tapped.before)
    words, menu = await context.words_and_menu(update)
    known = await topics.names(context.db, chat.id)
    shown, has_next = found[: screens.PAGE_SIZE], len(found) > screens.PAGE_SIZE
    await context.show(
        update,
        screens.ledger(
            chat,
            shown,
            words,
            menu,
            now=context.now,
            before=tapped.before,
            has_next=has_next,
            is_reported=await reports.is_wanted(context.db, chat.id),
            topics={one.id: topics.topic_of(one.topic_id, known) for one in shown},
        ),
    )


async def show_entry(update: Update, context: Context, tapped: ShowEntry) -> None:
    await _show(update, context, tapped.chat_id, tapped.delivery_id, tapped.before)


async def set_report(update: Update, context: Context, tapped: SetReport) -> None:
    await reports.want(context.db, tapped.chat_id, tapped.wanted)
    chat = await chats.get(context.db, tapped.chat_id)
    words, menu = await context.words_and_menu(update)
    await context.show(update, report.decided(chat, words, menu, wanted=tapped.wanted))


async def post_again(update: Update, context: Context, tapped: PostAgain) -> None:
    """Asks once more; a second tap on Yes does nothing more, and shows what has become of the first."""
    if not tapped.sure:
        chat = await chats.get(context.db, tapped.chat_id)
        one = await ledger.find(context.db, chat.id, tapped.delivery_id)
        words, menu = await context.words_and_menu(update)
        if one is None:
            await context.show(update, screens.gone(chat, words, menu))
        else:
            chat = topics.in_topic(chat, one.topic_id, await topics.names(context.db, chat.id))
            heir = await ledger.heir(context.db, one.id)
            until = None if heir is None else await held.held_until(context.db, heir)
            note = "" if until is None else waits(until, context.now, words)
            await context.show(
                update, screens.ask_again(chat, one, words, menu, before=tapped.before, number=tapped.number, note=note)
            )
        return
    if await ledger.post_again(context.db, tapped.chat_id, tapped.delivery_id, tapped.number):
        log.info("posted again by hand: delivery=%d chat=%d", tapped.delivery_id, tapped.chat_id)
        context.services.wake()
    await _show(update, context, tapped.chat_id, tapped.delivery_id, tapped.before)


async def _show(update: Update, context: Context, chat_id: int, delivery_id: int, before: int) -> None:
    chat = await chats.get(context.db, chat_id)
    one = await ledger.find(context.db, chat_id, delivery_id)
    words, menu = await context.words_and_menu(update)
    if one is None:
        await context.show(update, screens.gone(chat, words, menu))
        return
    chat = topics.in_topic(chat, one.topic_id, await topics.names(context.db, chat_id))
    times = await ledger.times_again(context.db, one.id)
    await context.show(update, screens.entry(chat, one, words, menu, now=context.now, before=before, times_again=times))
