"""/feeds: the feeds that are followed, with their health, and new ones."""

from telegram import Update

from bot.errors import NotFound
from bot.handlers import offers
from bot.handlers.context import Context
from bot.render import feeds as screens
from bot.render import hints
from bot.render.callbacks import CheckFeed, PauseFeed, ShowFeeds
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


async def check(update: Update, context: Context, tapped: CheckFeed) -> None:
    """Read it now, and say how it is."""
    await context.services.check_feed(tapped.feed_id)
    await _show_one(update, context, tapped.feed_id)


async def pause(update: Update, context: Context, tapped: PauseFeed) -> None:
    await feeds.set_paused(context.db, tapped.feed_id, tapped.pause)
    await _show_one(update, context, tapped.feed_id)


async def _show_one(update: Update, context: Context, feed_id: int) -> None:
    assert update.effective_chat is not None
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    try:
        feed = await feeds.get(context.db, feed_id)
    except NotFound:
        await context.show(update, screens.no_such(words))
    else:
        await context.show(update, screens.one(feed, words, menu, now=context.now))


async def _page(update: Update, context: Context, page: int) -> Outgoing:
    assert update.effective_chat is not None
    every = await feeds.list(context.db)
    first = page * screens.PAGE_SIZE
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    has_next = len(every) > first + screens.PAGE_SIZE
    return screens.feeds(
        every[first : first + screens.PAGE_SIZE], page, words, menu, now=context.now, has_next=has_next
    )
