"""Feeds that an address leads to are offered, each with what it holds, and followed when a maintainer says so."""

from collections.abc import Sequence

from telegram import Update

from bot.errors import FeedError, FetchError, PageError
from bot.handlers.context import Context
from bot.intake import discover
from bot.intake.address import shown
from bot.intake.discover import FoundFeed
from bot.render import feeds as screens
from bot.render import greeting
from bot.render.callbacks import FindFeeds, FollowFeed
from bot.render.feed import FIRST
from bot.store import feeds, queries


def looks_like_web(address: str) -> bool:
    """Whether it is meant as a web address; which of those may be fetched, the fetcher judges."""
    return address.lower().startswith(("http://", "https://"))


async def look(update: Update, context: Context, url: str, *, note: str = "") -> None:
    """Offers the feeds that the address leads to, or says why there is none; `note` follows the reason."""
    words, services = await context.words_for(update), context.services
    if not looks_like_web(url):
        await context.say(update, screens.cannot_follow(words, shown(url), "url", note=note))
        return
    try:
        found = await discover.find_feeds(url, services.fetcher, services.parsers)
    except (FetchError, PageError) as error:
        await context.say(update, screens.cannot_follow(words, shown(url), error.reason, note=note))
        return
    except FeedError:
        found = []
    if found:
        await show(update, context, url, found)
    else:
        await context.say(update, screens.cannot_follow(words, shown(url), "feed", note=note))


async def show(update: Update, context: Context, url: str, found: Sequence[FoundFeed]) -> None:
    """One feed: the question whether to follow it; several: which one."""
    assert update.effective_chat is not None
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    offered = [
        screens.Offered(
            feed.parsed.feed.title,
            feed.url,
            await queries.remember(context.db, feed.url),
            [entry.title for entry in discover.newest(feed.parsed)],
        )
        for feed in found
    ]
    if len(offered) == 1:
        await context.say(update, screens.offer(offered[0], words, menu))
    else:
        await context.say(update, screens.offers(shown(url), offered, words, menu))


async def find(update: Update, context: Context, tapped: FindFeeds) -> None:
    """The feeds of a page that was added, or one of several that were offered."""
    url = await queries.recall(context.db, tapped.query_id)
    if url is None:
        await context.say(update, greeting.say(greeting.expired(await context.words_for(update))))
    else:
        await look(update, context, url)


async def follow(update: Update, context: Context, tapped: FollowFeed) -> None:
    """The answer to an offer. The first poll comes within a minute, and announces what was chosen."""
    words = await context.words_for(update)
    url = await queries.recall(context.db, tapped.query_id)
    if url is None:
        await context.show(update, greeting.say(greeting.expired(words)))
    elif not tapped.follow:
        await context.show(update, screens.not_followed(words))
    else:
        assert update.effective_user is not None
        already = await feeds.find(context.db, url) is not None
        announce = tapped.announce if tapped.announce in FIRST else 0
        feed = await feeds.add(context.db, url, added_by=update.effective_user.id, announce_first=announce)
        await context.show(update, screens.followed(feed, words, already=already))
