"""Who gets what: /subscribe and /unsubscribe for the chat one is in, /channels for the ones one looks after."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from telegram import Message, Update

from bot.access import Act
from bot.delivery import digesting, suspensions
from bot.delivery.digest import next_run
from bot.handlers import following
from bot.handlers.actors import allowed, is_admin_now
from bot.handlers.context import Context
from bot.model import Chat, ChatKind, ChatState, Filter, Look, Mode, Restraint, Schedule, Selection, Subscription
from bot.render import hints
from bot.render import subscriptions as screens
from bot.render.callbacks import (
    ChannelChoice,
    Choice,
    PauseChannel,
    RemoveChannel,
    ShowChannelCard,
    ShowChannels,
    ShowSubscribe,
    SubscribeChoice,
    TryChannel,
)
from bot.render.outgoing import Outgoing
from bot.store import channels as store_channels
from bot.store import chats, subscriptions, topics


def daily(context: Context) -> Schedule:
    """What Daily means: 09:00 in the configured zone."""
    return Schedule(timezone=context.services.zone.key)


async def subscribe(update: Update, context: Context) -> None:
    """/subscribe: the choice for this chat, in a forum for this topic; /subscribe tag follows it."""
    chat = await remember_chat(update, context)
    if context.args:
        await following.follow(update, context, chat.id, topic_of(update), following.named(context), person_of(update))
    else:
        await context.say_in_passing(update, await _choices(update, context))
    # The answer stands there, so a suspended chat can be written to. Of what a group allows all its members, Telegram
    # reports no change.
    if await suspensions.resume(context.db, chat.id, chat.connected_by or person_of(update)):
        context.services.wake()


async def show_subscribe(update: Update, context: Context, _: ShowSubscribe) -> None:
    await context.show(update, await _choices(update, context))


async def subscribe_choice(update: Update, context: Context, tapped: SubscribeChoice) -> None:
    chat = await remember_chat(update, context)
    await _choose(context, chat.id, topic_of(update), tapped.choice, _person(update))
    if tapped.choice is Choice.OFF:
        words, menu = await context.words_for(update), context.menu(chat.id)
        await context.show(update, screens.unsubscribed(words, menu, was_subscribed=True))
    else:
        await context.show(update, await _choices(update, context))


async def unsubscribe(update: Update, context: Context) -> None:
    """/unsubscribe: nothing more is pushed to this chat (in a forum: to this topic)."""
    chat = await remember_chat(update, context)
    if context.args:
        await following.unfollow(update, context, chat.id, topic_of(update), following.named(context))
        return
    removed = await _choose(context, chat.id, topic_of(update), Choice.OFF, _person(update))
    words = await context.words_for(update)
    await context.say_in_passing(update, screens.unsubscribed(words, context.menu(chat.id), was_subscribed=removed))


async def channels(update: Update, context: Context) -> None:
    """/channels: the channels and groups that the person connected."""
    await context.say(update, await _channels(update, context, 0))


async def show_channels(update: Update, context: Context, tapped: ShowChannels) -> None:
    await context.show(update, await _channels(update, context, tapped.page))


async def show_card(update: Update, context: Context, tapped: ShowChannelCard) -> None:
    chat = await _connected(update, context, tapped.chat_id)
    if chat is not None:
        chat = await topics.destination(context.db, chat.id, 0)
        words, menu = await context.words_for(update), context.menu(_person(update))
        await context.show(update, screens.channel_card(chat, words, menu, daily(context)))


async def channel_choice(update: Update, context: Context, tapped: ChannelChoice) -> None:
    """A tap on a channel's card. Not now leaves everything as it is."""
    chat = await _connected(update, context, tapped.chat_id)
    if chat is None:
        return
    if tapped.choice is not Choice.OFF:
        await _choose(context, chat.id, 0, tapped.choice, _person(update))
        await chats.link_admin(context.db, chat.id, _person(update))
    chat = await topics.destination(context.db, chat.id, 0)
    words, menu = await context.words_for(update), context.menu(_person(update))
    held = [one for one in await subscriptions.of_chat(context.db, chat.id) if not one.topic_id]
    schedule = next((one.schedule for one in held if one.mode is Mode.DIGEST), daily(context))
    await context.show(update, screens.channel_chosen(chat, tapped.choice, words, menu, schedule))


async def pause_channel(update: Update, context: Context, tapped: PauseChannel) -> None:
    for subscription in await subscriptions.of_chat(context.db, tapped.chat_id):
        if tapped.pause:
            await subscriptions.set_paused(context.db, subscription.id, True)
        else:
            await subscriptions.change(context.db, subscription.id, lambda one: digesting.resumed(one, context.now))
    context.services.wake()
    await context.show(update, await _channels(update, context, tapped.page))


async def try_channel(update: Update, context: Context, tapped: TryChannel) -> None:
    """Telegram may not have told us that we are let in again. If we are not, the next article shows it."""
    await suspensions.resume(context.db, tapped.chat_id, _person(update))
    context.services.wake()
    await context.show(update, await _channels(update, context, tapped.page))


async def remove_channel(update: Update, context: Context, tapped: RemoveChannel) -> None:
    """Asks once more before the subscriptions of a channel go; what was posted stays."""
    if tapped.sure:
        for subscription in await subscriptions.of_chat(context.db, tapped.chat_id):
            await subscriptions.remove(context.db, subscription.id)
        await context.show(update, await _channels(update, context, tapped.page))
        return
    chat = await _connected(update, context, tapped.chat_id)
    if chat is not None:
        words, menu = await context.words_for(update), context.menu(_person(update))
        await context.show(update, screens.remove_channel(chat, tapped.page, words, menu))


async def remember_chat(update: Update, context: Context) -> Chat:
    """The chat of the update, as the store knows it from now on."""
    there = update.effective_chat
    assert there is not None
    known = await chats.find(context.db, there.id)
    if known is not None and (known.title, known.username) == (there.effective_name or "", there.username):
        return known
    is_private = there.type == ChatKind.PRIVATE
    chat = Chat(
        id=there.id,
        kind=ChatKind(there.type),
        title=there.effective_name or "",
        username=there.username,
        language="",
        connected_by=person_of(update) if known is None else None,
        started=is_private,
    )
    await chats.saw(context.db, chat)
    if known is not None:
        return await chats.get(context.db, chat.id)
    if not is_private and chat.connected_by is not None:
        await chats.link_admin(context.db, chat.id, chat.connected_by)
    return chat


async def _choose(context: Context, chat_id: int, topic_id: int, choice: Choice, person_id: int) -> bool:
    """Make the choice what holds for this destination. Returns whether there was a subscription before.

    Instant and Daily take turns. What has a filter stays beside them, and so does a digest that somebody made as they
    wanted it, which is what Daily means there.
    """
    wanted = {Choice.INSTANT: Mode.INSTANT, Choice.DAILY: Mode.DIGEST, Choice.OFF: None}[choice]
    existing = [s for s in await subscriptions.of_chat(context.db, chat_id) if s.topic_id == topic_id]
    digests = [s for s in existing if s.mode is Mode.DIGEST and s.filter == Filter()]
    ending = [s.id for s in existing if wanted is None or (s.mode is not wanted and _is_usual(s, context))]
    if wanted is None or (wanted is Mode.DIGEST and digests):
        for digest in digests if wanted else ():
            await subscriptions.change(context.db, digest.id, lambda one: digesting.resumed(one, context.now))
        for subscription_id in ending:
            await subscriptions.remove(context.db, subscription_id)
    else:
        schedule = daily(context)
        await subscriptions.add(
            context.db,
            chat_id,
            topic_id,
            wanted,
            schedule,
            next_run_at=next_run(schedule, context.now) if wanted is Mode.DIGEST else None,
            created_by=person_id,
            in_place_of=ending,
        )
    context.services.wake()
    return bool(existing)


def _is_usual(one: Subscription, context: Context) -> bool:
    """Whether it is what Instant makes, however it looks; or what Daily makes, and nobody has changed anything."""
    if one.mode is Mode.INSTANT:
        return one.filter == Filter()
    usual = replace(
        one,
        name="",
        schedule=daily(context),
        filter=Filter(),
        selection=Selection(),
        look=Look(),
        restraint=Restraint(),
        silent=False,
    )
    return one == usual


async def _choices(update: Update, context: Context) -> Outgoing:
    topic = topic_of(update)
    chat = topics.in_topic(await remember_chat(update, context), topic, await _topics_here(update, context))
    current = [s for s in await subscriptions.of_chat(context.db, chat.id) if s.topic_id == topic]
    whole = next((s for s in current if s.filter == Filter()), None)
    words, menu = await context.words_for(update), context.menu(chat.id)
    return screens.subscribe(whole, words, menu, daily(context), chat, besides=len(current) - (whole is not None))


async def _topics_here(update: Update, context: Context) -> Mapping[int, str]:
    """The names known of the topics of the chat that the update came from; none for what is no forum."""
    chat = update.effective_chat
    return await topics.names(context.db, chat.id) if chat is not None and chat.is_forum else {}


async def _channels(update: Update, context: Context, page: int) -> Outgoing:
    shown, has_next = await _confirmed(context, _person(update), page)
    is_maintainer = await allowed(update, context, Act.MANAGE_FEEDS)
    sources = await store_channels.followed(context.db, [chat.id for chat in shown])
    items = []
    for chat in shown:
        held = await subscriptions.of_chat(context.db, chat.id)
        if len({one.topic_id for one in held}) == 1:  # then all of it is about that topic
            chat = topics.in_topic(chat, held[0].topic_id, await topics.names(context.db, chat.id))
        items.append(screens.Connected(chat, held, chat.id in sources, may_follow=is_maintainer))
    words, menu = await context.words_for(update), context.menu(_person(update))
    return screens.channels(items, page, words, menu, bot_username=context.bot.username, has_next=has_next)


async def _confirmed(context: Context, person_id: int, page: int) -> tuple[list[Chat], bool]:
    """The chats on this page of the person's, each asked of Telegram just now, and whether there are more.

    Those where they are an admin no more are gone, from the store too, and the next ones move up. What Telegram does
    not say (the bot itself was thrown out, or there is no connection) leaves a chat listed: a tap is checked again.
    """
    waiting = (await chats.administered_by(context.db, person_id))[page * screens.PAGE_SIZE :]
    shown: list[Chat] = []
    while waiting and len(shown) < screens.PAGE_SIZE:
        missing = screens.PAGE_SIZE - len(shown)
        asked, waiting = waiting[:missing], waiting[missing:]
        answers = await asyncio.gather(*(is_admin_now(context, chat.id, person_id) for chat in asked))
        shown += [chat for chat, answer in zip(asked, answers, strict=True) if answer is not False]
    return shown, bool(waiting)


async def _connected(update: Update, context: Context, chat_id: int) -> Chat | None:
    """The channel if the bot can still write there; otherwise says so."""
    chat = await chats.find(context.db, chat_id)
    if chat is not None and chat.state is ChatState.ACTIVE:
        return chat
    await context.show(update, hints.no_such_channel(await context.words_for(update)))
    return None


def topic_of(update: Update) -> int:
    """The forum topic that the update came from, 0 for none and for General."""
    message = update.effective_message
    if isinstance(message, Message) and message.is_topic_message:
        return message.message_thread_id or 0
    return 0


def person_of(update: Update) -> int | None:
    """Who it is; None for an anonymous admin, of whom Telegram says only that."""
    message = update.effective_message
    is_anonymous = update.callback_query is None and message is not None and message.sender_chat is not None
    return None if is_anonymous else _person(update)


def _person(update: Update) -> int:
    assert update.effective_user is not None
    return update.effective_user.id
