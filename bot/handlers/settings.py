"""/settings: what this chat gets, and each of its subscriptions; for channels the same screens stand in private."""

from telegram import Update

from bot.delivery import digesting
from bot.handlers import digest_editor
from bot.handlers.context import Context
from bot.handlers.subscriptions import remember_chat, topic_of
from bot.model import Mode, Subscription
from bot.render import hints
from bot.render import settings as screens
from bot.render.callbacks import PauseSubscription, RemoveSubscription, ShowSettings, ShowSubscription
from bot.render.outgoing import Outgoing
from bot.store import chats, subscriptions, topics


async def settings(update: Update, context: Context) -> None:
    chat = await remember_chat(update, context)
    await context.say_in_passing(update, await _settings(update, context, chat.id))


async def show_settings(update: Update, context: Context, tapped: ShowSettings) -> None:
    await context.show(update, await _settings(update, context, tapped.chat_id))


async def show_subscription(update: Update, context: Context, tapped: ShowSubscription) -> None:
    await show(update, context, tapped.subscription_id)


async def pause(update: Update, context: Context, tapped: PauseSubscription) -> None:
    if tapped.pause:
        await subscriptions.set_paused(context.db, tapped.subscription_id, True)
    else:
        await subscriptions.change(context.db, tapped.subscription_id, lambda one: digesting.resumed(one, context.now))
    context.services.wake()
    await show(update, context, tapped.subscription_id)


async def remove(update: Update, context: Context, tapped: RemoveSubscription) -> None:
    """Asks once more; what was posted stays."""
    one = await subscriptions.get(context.db, tapped.subscription_id)
    if tapped.sure:
        await subscriptions.remove(context.db, one.id)
        await context.show(update, await _settings(update, context, one.chat_id))
        return
    words, menu = await context.words_and_menu(update)
    chat = await topics.destination_of(context.db, one)
    await context.show(update, screens.remove_subscription(chat, one, words, menu))


async def show(update: Update, context: Context, subscription_id: int) -> None:
    """The screen of the subscription as it is now, in place of the menu that was tapped."""
    one = await subscriptions.get(context.db, subscription_id)
    await context.show(update, await _subscription(update, context, one))


async def _subscription(update: Update, context: Context, one: Subscription) -> Outgoing:
    words, menu = await context.words_and_menu(update)
    if one.mode is Mode.DIGEST:
        return await digest_editor.editor(update, context, one.id)
    return screens.subscription(await topics.destination_of(context.db, one), one, words, menu)


async def _settings(update: Update, context: Context, chat_id: int) -> Outgoing:
    chat = await chats.find(context.db, chat_id)
    words, menu = await context.words_and_menu(update)
    if chat is None:
        return hints.no_such_channel(words)
    held, known = await subscriptions.of_chat(context.db, chat_id), await topics.names(context.db, chat_id)
    here = update.effective_chat
    if here is not None and here.id == chat_id and here.is_forum:  # a menu in a topic is about that topic
        here_alone = [one for one in held if one.topic_id == topic_of(update)]
        return screens.settings(topics.in_topic(chat, topic_of(update), known), here_alone, words, menu)
    places = {one.id: topic for one in held if (topic := topics.topic_of(one.topic_id, known)) is not None}
    return screens.settings(chat, held, words, menu, places)
