"""/why: which subscription brought a post that is forwarded to the bot. For admins of its channel, and maintainers."""

from telegram import Message, MessageOriginChannel, Update

from bot import filters
from bot.access import Act
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.model import Delivery
from bot.render import greeting
from bot.render import why as screens
from bot.store import origins, subscriptions, topics, weighing


async def why(update: Update, context: Context) -> None:
    """/why, in reply to a forwarded post."""
    message = update.effective_message
    words = await context.words_for(update)
    replied = message.reply_to_message if message is not None else None
    origin = None if replied is None else replied.forward_origin
    if origin is None:
        await context.say(update, screens.how_to(words))
    elif not isinstance(origin, MessageOriginChannel):
        await context.say(update, screens.untraceable(words))
    elif not await _may_ask(update, context, origin.chat.id):
        await context.say(update, greeting.say(refusal(Act.MANAGE_CHAT, words)))
    else:
        delivery = await origins.of_message(context.db, origin.chat.id, origin.message_id)
        if delivery is None:
            await context.say(update, screens.not_ours(words))
        else:
            await _explain(update, context, delivery)


async def forwarded(update: Update, context: Context, message: Message) -> bool:
    """Explains a post of ours to who may know. False: it is something else, or for somebody else."""
    origin = message.forward_origin
    if not isinstance(origin, MessageOriginChannel):
        return False
    delivery = await origins.of_message(context.db, origin.chat.id, origin.message_id)
    if delivery is None or not await _may_ask(update, context, origin.chat.id):
        return False
    await _explain(update, context, delivery)
    return True


async def _may_ask(update: Update, context: Context, chat_id: int) -> bool:
    """An admin of that channel at this moment, or a maintainer."""
    return await allowed(update, context, Act.MANAGE_CHAT, chat_id) or await allowed(update, context, Act.SEE_STATS)


async def _explain(update: Update, context: Context, delivery: Delivery) -> None:
    words, menu = await context.words_and_menu(update)
    brought = []
    for subscription_id, articles in (await origins.brought(context.db, delivery)).items():
        one = None if subscription_id is None else await subscriptions.find(context.db, subscription_id)
        if one is None:
            brought.append(screens.Brought(None, [(article, None) for article in articles]))
            continue
        ready = await weighing.weighed(context.db, articles)
        brought.append(screens.Brought(one, [(each.article, filters.why(one.filter, each)) for each in ready]))
    chat = await topics.destination(context.db, delivery.chat_id, delivery.topic_id)
    await context.say(update, screens.explained(chat, delivery, brought, words, menu, now=context.now))
