"""Tags that a chat follows: /subscribe tag, the button under an article, /unsubscribe tag. One subscription a tag.

A subscription of its own for each tag keeps the different filters as few as there are tags, and one tag is ended alone.
"""

from telegram import Update

from bot import filters
from bot.filters import Kind
from bot.handlers.context import Context
from bot.intake.decide import tags_of
from bot.model import Filter, Mode, Subscription
from bot.render import following as screens
from bot.render import greeting
from bot.render.callbacks import FollowTag
from bot.store import articles, subscriptions


def named(context: Context) -> tuple[str, ...]:
    """The tags behind the command: `#tea #green garden`, or `tea, green garden`."""
    return tags_of(" ".join(context.args or ()).replace("#", ",").strip())


async def tapped(update: Update, context: Context, tapped: FollowTag) -> None:
    assert update.effective_chat is not None
    article = await articles.find(context.db, tapped.article_id)
    tag = next((t for t in article.tags if filters.mark(Kind.TAGS, t) == tapped.mark), None) if article else None
    if tag is None:
        await context.say(update, greeting.say(greeting.article_gone(await context.words_for(update))))
    else:
        assert update.effective_user is not None
        await follow(update, context, update.effective_chat.id, 0, (tag,), update.effective_user.id)


async def follow(
    update: Update, context: Context, chat_id: int, topic_id: int, tags: tuple[str, ...], person_id: int | None
) -> None:
    """From now on what has one of the tags is sent there, and says so. `person_id`: who wants it, if that is known."""
    words, menu = await context.words_and_menu(update)
    there = await _instant(context, chat_id, topic_id)
    if not tags:
        await context.say_in_passing(update, screens.no_tag(words))
    elif any(one.filter == Filter() and not one.paused for one in there):
        await context.say_in_passing(update, screens.everything_comes(words))
    else:
        for tag in tags:
            wanted = Filter(tags=(tag,))
            await subscriptions.add(context.db, chat_id, topic_id, Mode.INSTANT, filter=wanted, created_by=person_id)
        await context.say_in_passing(update, screens.followed(tags, words, menu))


async def unfollow(update: Update, context: Context, chat_id: int, topic_id: int, tags: tuple[str, ...]) -> None:
    """Ends what was followed by /subscribe tag; other subscriptions that name the tag stay."""
    words = await context.words_for(update)
    by_key = {filters.key_of(one.filter): one for one in await _instant(context, chat_id, topic_id)}
    found = [(tag, by_key.get(filters.key_of(Filter(tags=(tag,))))) for tag in tags]
    for _, one in found:
        if one is not None:
            await subscriptions.remove(context.db, one.id)
    gone, unknown = [tag for tag, one in found if one], [tag for tag, one in found if not one]
    if gone:
        await context.say_in_passing(update, screens.ended(gone, words))
    if unknown:
        await context.say_in_passing(update, screens.not_followed(unknown, words))
    if not tags:
        await context.say_in_passing(update, screens.no_tag(words))


async def _instant(context: Context, chat_id: int, topic_id: int) -> list[Subscription]:
    every = await subscriptions.of_chat(context.db, chat_id)
    return [one for one in every if one.mode is Mode.INSTANT and one.topic_id == topic_id]
