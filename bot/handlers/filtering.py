"""A subscription's filter, seen and changed by the admins of its chat; and one more subscription with a filter."""

from collections.abc import Callable

from telegram import Update

from bot import filters
from bot.access import Act
from bot.errors import Taken
from bot.filters import Kind, Refusal
from bot.handlers import settings
from bot.handlers.actors import allowed, answered, refusal
from bot.handlers.context import Context
from bot.handlers.subscriptions import person_of, topic_of
from bot.intake.decide import tags_of
from bot.model import Filter, Mode, Subscription
from bot.render import filters as screens
from bot.render import greeting
from bot.render.callbacks import (
    LeaveFilterKind,
    NewSubscription,
    ShowFilter,
    ShowFilterKind,
    ToggleFilterValue,
    TryFilter,
)
from bot.render.conditions import language_code
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import articles, subscriptions, topics, weighing

TRIED = 20  # articles

LeftOut = list[tuple[str, Refusal]]


async def show(update: Update, context: Context, tapped: ShowFilter | LeaveFilterKind) -> None:
    words, menu = await context.words_and_menu(update)
    one = await subscriptions.get(context.db, tapped.subscription_id)
    await context.show(update, screens.filter_screen(await topics.destination_of(context.db, one), one, words, menu))


async def show_kind(update: Update, context: Context, tapped: ShowFilterKind) -> None:
    one = await subscriptions.get(context.db, tapped.subscription_id)
    await context.show(update, await _kind(update, context, one, tapped.kind))


async def toggle(update: Update, context: Context, tapped: ToggleFilterValue) -> None:
    kind = tapped.kind
    suggested = {filters.mark(kind, value): value for value in await weighing.values(context.db, kind)}

    def how(wanted: Filter) -> Filter:
        there = {filters.mark(kind, value): value for value in getattr(wanted, kind)}
        if tapped.mark in there:
            return filters.without(wanted, kind, there[tapped.mark])
        if tapped.mark in suggested:
            return filters.add(wanted, kind, [suggested[tapped.mark]])[0]
        return wanted

    await context.show(update, await _changed(update, context, tapped.subscription_id, kind, how))


async def try_it(update: Update, context: Context, tapped: TryFilter) -> None:
    words, menu = await context.words_and_menu(update)
    one = await subscriptions.get(context.db, tapped.subscription_id)
    last = await articles.newest(context.db, TRIED)
    ready = await weighing.weighed(context.db, last)
    verdicts = [(each.article, filters.why(one.filter, each)) for each in ready]
    await context.show(
        update,
        screens.tried(await topics.destination_of(context.db, one), one, verdicts, words, menu),
    )


async def new(update: Update, context: Context, tapped: NewSubscription) -> None:
    """The question; or the subscription of the tag that was tapped."""
    words, menu = await context.words_and_menu(update)
    suggested = await weighing.values(context.db, Kind.TAGS)
    tag = next((tag for tag in suggested if filters.mark(Kind.TAGS, tag) == tapped.mark), None)
    if tag is None:
        chat = await topics.destination(context.db, tapped.chat_id, _topic_in(update, tapped.chat_id))
        await context.show(update, screens.new_subscription(chat, suggested, words, menu))
        return
    one = await _subscribed(update, context, tapped.chat_id, (tag,))
    await settings.show(update, context, one.id)


async def replied(update: Update, context: Context) -> bool:
    """Takes the values that a filter's screen asked for. False: it is a reply to something else."""

    async def take(asked: LeaveFilterKind, one: Subscription, given: str) -> None:
        await context.say_in_passing(update, await _added(update, context, one.id, asked.kind, given))

    return await answered(update, context, LeaveFilterKind, take) or await _replied_new(update, context)


async def _replied_new(update: Update, context: Context) -> bool:
    message = update.effective_message
    assert message is not None
    asked = context.replied_to(message, NewSubscription)
    if asked is None:
        return False
    words, menu = await context.words_and_menu(update)
    if await allowed(update, context, Act.MANAGE_CHAT, asked.chat_id):
        await _answer_new(update, context, asked.chat_id, tags_of(message.text or ""), words, menu)
    else:
        await context.say_in_passing(update, greeting.say(refusal(Act.MANAGE_CHAT, words)))
    return True


async def _answer_new(
    update: Update, context: Context, chat_id: int, tags: tuple[str, ...], words: Words, menu: Menu
) -> None:
    chat = await topics.destination(context.db, chat_id, _topic_in(update, chat_id))
    if not tags:
        suggested = await weighing.values(context.db, Kind.TAGS)
        await context.say_in_passing(update, screens.new_subscription(chat, suggested, words, menu))
        return
    one = await _subscribed(update, context, chat_id, tags)
    await context.say_in_passing(update, screens.filter_screen(chat, one, words, menu))


async def _subscribed(update: Update, context: Context, chat_id: int, tags: tuple[str, ...]) -> Subscription:
    topic_id, wanted, created_by = _topic_in(update, chat_id), Filter(tags=tags), person_of(update)
    return await subscriptions.add(context.db, chat_id, topic_id, Mode.INSTANT, filter=wanted, created_by=created_by)


def _topic_in(update: Update, chat_id: int) -> int:
    """The topic of the chat that a new subscription is for: the one where it is asked for, else General."""
    assert update.effective_chat is not None
    return topic_of(update) if update.effective_chat.id == chat_id else 0


async def _added(update: Update, context: Context, subscription_id: int, kind: Kind, text: str) -> Outgoing:
    words = await context.words_for(update)
    unknown, left_out = LeftOut(), LeftOut()
    values = [value.strip().lstrip("#") if kind is Kind.TAGS else value for value in filters.listed(text)]
    if kind is Kind.LANGUAGES:
        known = [(value, language_code(value, words)) for value in values]
        unknown = [(value, Refusal.EMPTY) for value, code in known if not code]
        values = [code for _, code in known if code]

    def how(wanted: Filter) -> Filter:
        changed, refused = filters.add(wanted, kind, values)
        left_out[:] = [*unknown, *refused]
        return changed

    return await _changed(update, context, subscription_id, kind, how, left_out)


async def _changed(
    update: Update,
    context: Context,
    subscription_id: int,
    kind: Kind,
    how: Callable[[Filter], Filter],
    left_out: LeftOut | None = None,
) -> Outgoing:
    """The kind's screen after the change, or that another subscription has that filter."""
    try:
        one = await subscriptions.refilter(context.db, subscription_id, how)
    except Taken:
        words, menu = await context.words_and_menu(update)
        one = await subscriptions.get(context.db, subscription_id)
        return screens.taken(await topics.destination_of(context.db, one), one, words, menu)
    return await _kind(update, context, one, kind, left_out)


async def _kind(
    update: Update, context: Context, one: Subscription, kind: Kind, left_out: LeftOut | None = None
) -> Outgoing:
    words, menu = await context.words_and_menu(update)
    chat, suggested = (
        await topics.destination_of(context.db, one),
        await weighing.values(context.db, kind),
    )
    return screens.kind_screen(chat, one, kind, suggested, words, menu, left_out=left_out or ())
