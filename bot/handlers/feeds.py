"""/feeds: the feeds that are followed, with their health, and new ones."""

from telegram import Update

from bot.handlers import offers
from bot.handlers.context import Context
from bot.render import feeds as screens
from bot.render import hints
from bot.render.callbacks import ShowFeeds
from bot.render.outgoing import Outgoing
from bot.store import feeds


async def feeds_command(update: Update, context: Context) -> None:
    """/feeds, /feeds add ADDRESS"""
    match context.args or []:
        case []:
            await context.say(update, await _page(update, context, 0))
        case ["add", url]:
            await offers.look(update, context, url)
        case ["add", *_]:
            await context.say(update, hints.one_address(await context.words_for(update)))
        case [asked, *_]:
            await context.say(update, hints.unknown_feeds_word(await context.words_for(update), asked))


async def show_feeds(update: Update, context: Context, tapped: ShowFeeds) -> None:
    await context.show(update, await _page(update, context, tapped.page))


async def _page(update: Update, context: Context, page: int) -> Outgoing:
    assert update.effective_chat is not None
    every = await feeds.list(context.db)
    first = page * screens.PAGE_SIZE
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    has_next = len(every) > first + screens.PAGE_SIZE
    return screens.feeds(
        every[first : first + screens.PAGE_SIZE], page, words, menu, now=context.now, has_next=has_next
    )
