"""/feeds: the feeds that are followed, with their health, and new ones."""

from telegram import Update

from bot.errors import FeedError, FetchError, NotFound
from bot.handlers.context import Context
from bot.handlers.publishing import feed_offer, is_web
from bot.intake import discover
from bot.render import feeds as screens
from bot.render import greeting, hints
from bot.render.callbacks import CheckFeed, FollowFeed, PauseFeed, ShowFeeds
from bot.render.outgoing import Outgoing
from bot.store import feeds, queries


async def feeds_command(update: Update, context: Context) -> None:
    """/feeds, /feeds add ADDRESS"""
    match context.args or []:
        case []:
            await context.say(update, await _page(update, context, 0))
        case ["add", url]:
            await _add(update, context, url)
        case ["add", *_]:
            await context.say(update, hints.one_address(await context.words_for(update)))
        case [asked, *_]:
            await context.say(update, hints.unknown_feeds_word(await context.words_for(update), asked))


async def show_feeds(update: Update, context: Context, tapped: ShowFeeds) -> None:
    await context.show(update, await _page(update, context, tapped.page))


async def follow(update: Update, context: Context, tapped: FollowFeed) -> None:
    """The answer to: follow this feed? Its first poll comes within a minute and announces nothing."""
    words = await context.words_for(update)
    url = await queries.recall(context.db, tapped.query_id)
    if url is None:
        await context.show(update, greeting.say(greeting.expired(words)))
    elif not tapped.follow:
        await context.show(update, screens.not_followed(words))
    else:
        assert update.effective_user is not None
        already = await feeds.find(context.db, url) is not None
        feed = await feeds.add(context.db, url, title="", tags=(), added_by=update.effective_user.id)
        await context.show(update, screens.followed(feed, words, already=already))


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


async def _add(update: Update, context: Context, url: str) -> None:
    """Look at what is there before it is followed."""
    words = await context.words_for(update)
    if not is_web(url):
        await context.say(update, screens.cannot_follow(words, url, "url"))
        return
    try:
        found = await discover.read_link(url, context.services.fetcher, context.services.parsers)
    except FetchError as error:
        await context.say(update, screens.cannot_follow(words, url, error.reason))
    except FeedError:
        await context.say(update, screens.cannot_follow(words, url, "feed"))
    else:
        if isinstance(found, discover.FoundFeed):
            await context.say(update, await feed_offer(update, context, found))
        else:
            await context.say(update, screens.cannot_follow(words, url, "feed"))


async def _page(update: Update, context: Context, page: int) -> Outgoing:
    assert update.effective_chat is not None
    every = await feeds.list(context.db)
    first = page * screens.PAGE_SIZE
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    has_next = len(every) > first + screens.PAGE_SIZE
    return screens.feeds(
        every[first : first + screens.PAGE_SIZE], page, words, menu, now=context.now, has_next=has_next
    )
