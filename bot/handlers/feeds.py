"""/feeds: the feeds that are followed, with their health, what can be changed of each, and new ones."""

from datetime import timedelta

from telegram import Update

from bot.access import Act
from bot.errors import FeedError, FetchError, NotFound
from bot.handlers import offers, secrets
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.intake import discover
from bot.intake.address import check_headers, shown, split_credentials
from bot.intake.decide import tags_of
from bot.model import Feed
from bot.render import feed as one_screen
from bot.render import feeds as screens
from bot.render import greeting, hints
from bot.render.callbacks import (
    CheckFeed,
    ClearFeed,
    FeedPart,
    PauseFeed,
    RemoveFeed,
    SetAnnounceFirst,
    SetFeedEvery,
    SetFullText,
    ShowFeed,
    ShowFeeds,
)
from bot.render.outgoing import Outgoing
from bot.store import feeds

VERBS = ("check", "pause", "resume", "remove")


async def feeds_command(update: Update, context: Context) -> None:
    """/feeds, /feeds NUMBER, /feeds add ADDRESS, /feeds check|pause|resume|remove NUMBER"""
    words, args = await context.words_for(update), context.args or []
    match args:
        case []:
            await context.say(update, await _page(update, context, 0))
        case ["add", url]:
            await _add(update, context, url)
        case ["add", *_]:
            note = await secrets.hide(update, context, *args)
            await context.say(update, hints.one_address(words, note))
        case [verb, number] if verb in VERBS:
            await _do(update, context, verb, number)
        case [verb, *_] if verb in VERBS:
            await context.say(update, hints.which_feed(words, verb))
        case [number] if _is_number(number):
            await _do(update, context, "", number)
        case _:
            note = await secrets.hide(update, context, *args)
            await context.say(update, hints.unknown_feeds_word(words, shown(args[0]), note))


# Taps -------------------------------------------------------------------------------------------------------------


async def show_feeds(update: Update, context: Context, tapped: ShowFeeds) -> None:
    await context.show(update, await _page(update, context, tapped.page))


async def show(update: Update, context: Context, tapped: ShowFeed) -> None:
    """A feed's screen, or the question about a part of it."""
    await context.show(update, await _screen(update, context, tapped.feed_id, tapped.part))


async def check(update: Update, context: Context, tapped: CheckFeed) -> None:
    """Read it now, and say how it is."""
    await context.services.check_feed(tapped.feed_id)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def pause(update: Update, context: Context, tapped: PauseFeed) -> None:
    await feeds.set_paused(context.db, tapped.feed_id, tapped.pause)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def set_every(update: Update, context: Context, tapped: SetFeedEvery) -> None:
    every = next((choice for choice in one_screen.EVERY if choice / timedelta(minutes=1) == tapped.minutes), None)
    if every is not None or tapped.minutes == 0:
        within = every or context.services.poll_every
        await feeds.set_every(context.db, tapped.feed_id, every, within=within)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def set_full_text(update: Update, context: Context, tapped: SetFullText) -> None:
    await feeds.set_full_text(context.db, tapped.feed_id, tapped.on)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def set_announce_first(update: Update, context: Context, tapped: SetAnnounceFirst) -> None:
    if tapped.count in one_screen.FIRST:
        await feeds.set_announce_first(context.db, tapped.feed_id, tapped.count)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def clear(update: Update, context: Context, tapped: ClearFeed) -> None:
    """No tags, or no headers."""
    if tapped.part is FeedPart.TAGS:
        await feeds.set_tags(context.db, tapped.feed_id, ())
    elif tapped.part is FeedPart.HEADERS:
        await feeds.clear_headers(context.db, tapped.feed_id)
    await context.show(update, await _screen(update, context, tapped.feed_id))


async def remove(update: Update, context: Context, tapped: RemoveFeed) -> None:
    """After Yes. Its articles stay."""
    words, menu = await context.words_and_menu(update)
    feed = await _find(context, tapped.feed_id)
    if feed is None:
        await context.show(update, one_screen.no_such(words, menu))
    else:
        await feeds.remove(context.db, feed.id)
        await context.show(update, one_screen.removed(feed, words, menu))


# Replies ----------------------------------------------------------------------------------------------------------


async def replied(update: Update, context: Context) -> bool:
    """Takes the tags or headers that a feed's question asked for. False: it is a reply to something else."""
    message = update.effective_message
    assert message is not None
    asked = context.replied_to(message, ClearFeed)
    if asked is None:
        return False
    is_secret = asked.part is FeedPart.HEADERS
    note = await secrets.delete(update, context) if is_secret else ""
    if not await allowed(update, context, Act.MANAGE_FEEDS):
        said = greeting.say(refusal(Act.MANAGE_FEEDS, await context.words_for(update)))
        await context.say(update, said)
    elif is_secret:
        await _take_headers(update, context, asked.feed_id, message.text or "", note)
    else:
        await feeds.set_tags(context.db, asked.feed_id, tags_of(message.text or ""))
        await context.say(update, await _screen(update, context, asked.feed_id))
    return True


async def _take_headers(update: Update, context: Context, feed_id: int, given: str, note: str) -> None:
    words, menu = await context.words_and_menu(update)
    try:
        headers = secrets.headers_of(given)
        check_headers({name: value for name, value in headers.items() if value})
    except FetchError:
        feed = await _find(context, feed_id)
        bad = one_screen.no_such(words, menu) if feed is None else one_screen.bad_header(feed, words, menu, note=note)
        await context.say(update, bad)
    else:
        await feeds.set_headers(context.db, feed_id, headers)
        await context.say(update, await _screen(update, context, feed_id, note=note))


# Inside -----------------------------------------------------------------------------------------------------------


async def _do(update: Update, context: Context, verb: str, number: str) -> None:
    """What a command asks of the feed with this number; without a verb it is shown."""
    words = await context.words_for(update)
    feed = await _find(context, int(number)) if _is_number(number) else None
    if feed is None:
        await context.say(update, hints.no_such_feed(words, shown(number)))
        return
    match verb:
        case "check":
            await context.services.check_feed(feed.id)
        case "pause" | "resume":
            await feeds.set_paused(context.db, feed.id, verb == "pause")
    part = FeedPart.REMOVE if verb == "remove" else FeedPart.ALL
    await context.say(update, await _screen(update, context, feed.id, part))


async def _add(update: Update, context: Context, given: str) -> None:
    """Look at what is there before it is followed."""
    url, headers = split_credentials(given)
    note = await secrets.hide(update, context, given)
    if not headers or not offers.looks_like_web(url):
        await offers.look(update, context, url, note=note)
        return
    try:
        await _follow_secretly(update, context, url, headers, note)
    except (FetchError, FeedError) as error:
        words, reason = await context.words_for(update), error.reason if isinstance(error, FetchError) else "feed"
        await context.say(update, screens.cannot_follow(words, shown(url), reason, note=note))


async def _follow_secretly(update: Update, context: Context, url: str, headers: dict[str, str], note: str) -> None:
    """At once, if a feed can be read there: an offer would have to keep the secret until it is answered.

    One that is followed already has the secret from now on. Raises FetchError, FeedError.
    """
    assert update.effective_user is not None
    parsed = await discover.read_feed(url, headers, context.services.fetcher, context.services.parsers)
    feed = await feeds.add_secret(
        context.db, url, headers, title=parsed.feed.title[:300], added_by=update.effective_user.id
    )
    await context.say(update, await _screen(update, context, feed.id, note=note))


async def _page(update: Update, context: Context, page: int) -> Outgoing:
    words, menu = await context.words_and_menu(update)
    items = await feeds.page(context.db, page, screens.PAGE_SIZE)
    counts = await feeds.counts(context.db)
    has_next = counts.total > (page + 1) * screens.PAGE_SIZE
    return screens.feeds(items, counts, page, words, menu, now=context.now, has_next=has_next)


async def _screen(
    update: Update, context: Context, feed_id: int, part: FeedPart = FeedPart.ALL, *, note: str = ""
) -> Outgoing:
    """The feed as it is now, or the question about a part of it."""
    words, menu = await context.words_and_menu(update)
    feed = await _find(context, feed_id)
    if feed is None:
        return one_screen.no_such(words, menu)
    every = context.services.poll_every
    match part:
        case FeedPart.TAGS:
            return one_screen.ask_tags(feed, words, menu)
        case FeedPart.HEADERS:
            return one_screen.ask_headers(feed, words, menu)
        case FeedPart.EVERY:
            return one_screen.ask_every(feed, every, words, menu)
        case FeedPart.REMOVE:
            return one_screen.ask_remove(feed, await feeds.article_count(context.db, feed.id), words, menu)
        case FeedPart.ALL:
            card = one_screen.Card(feed, shown(feed.url), await feeds.article_count(context.db, feed.id), every)
            return one_screen.card(card, words, menu, now=context.now, note=note)


async def _find(context: Context, feed_id: int) -> Feed | None:
    try:
        return await feeds.get(context.db, feed_id)
    except NotFound:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
