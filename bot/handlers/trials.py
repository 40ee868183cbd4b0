"""A test post: the newest article in a subscription's place, as it would look. It is no delivery of that article."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

import telegram
from telegram import Update
from telegram.error import TelegramError

from bot.delivery import send
from bot.delivery.retry import Again, Policy, Rung, Suspend, Uncertain, outcome
from bot.handlers import looks, settings
from bot.handlers.context import Context
from bot.model import Chat, Mode, Subscription
from bot.render import onboarding as screens
from bot.render.callbacks import EndTestPost, SendTestPost
from bot.render.digest import digest
from bot.render.outgoing import Outgoing
from bot.render.post import post, signed
from bot.render.reasons import obstacle
from bot.render.words import Words
from bot.store import passing, subscriptions, topics

log = logging.getLogger(__name__)

STAYS = timedelta(hours=1)


async def send_test_post(update: Update, context: Context, tapped: SendTestPost) -> None:
    one = await subscriptions.get(context.db, tapped.subscription_id)
    chat = await topics.destination_of(context.db, one)
    words, menu = await context.words_and_menu(update)
    sample = await _sample(context, chat, one)
    if sample is None:
        await context.show(update, screens.test_post_failed(chat, one, screens.none_to_show(words), None, words, menu))
        return
    began_at = context.now
    try:
        posted = await send.message(context.bot, chat.id, sample, topic_id=one.topic_id, silent=True)
    except TelegramError as error:
        log.info("no test post: chat=%d error=%s", chat.id, error.message)
        said, reason = _why(error, words)
        mend = screens.mending(chat.kind, reason, words, context.bot.username)
        await context.show(update, screens.test_post_failed(chat, one, said, mend, words, menu))
        return
    await passing.put(context.db, chat.id, posted.message_id, context.now + STAYS)
    await context.note_posted(telegram.Chat(chat.id, chat.kind), posted.message_id, began_at)
    await context.show(update, screens.test_post_stands(chat, one, posted.message_id, words, menu))


async def end_test_post(update: Update, context: Context, tapped: EndTestPost) -> None:
    """Delete it now, or let it stay; one that is decided on, or gone by itself, is left as it is."""
    one = await subscriptions.get(context.db, tapped.subscription_id)
    if await passing.find(context.db, one.chat_id, tapped.message_id) is not None:
        if not tapped.keep and not await _deleted(context, one.chat_id, tapped.message_id):
            chat = await topics.destination_of(context.db, one)
            words, menu = await context.words_and_menu(update)
            said = screens.cannot_delete(words)
            await context.show(update, screens.test_post_failed(chat, one, said, None, words, menu))
            return
        await passing.forget(context.db, one.chat_id, tapped.message_id)
    await settings.show(update, context, one.id)


async def _sample(context: Context, chat: Chat, one: Subscription) -> Outgoing | None:
    """The newest article that it would send, in its look; None: there is none."""
    article = await looks.newest(context, one)
    if article is None:
        return None
    words, username = context.services.words(chat.language), context.bot.username
    if one.mode is Mode.INSTANT:
        return post(article, words, bot_username=username, look=one.look)
    today = context.now.astimezone(ZoneInfo(one.schedule.timezone)).date()
    return signed(
        digest([article], words, date=today, bot_username=username, frame=send.frame_of(one.name, one.selection)),
        one.look,
    )[0]


async def _deleted(context: Context, chat_id: int, message_id: int) -> bool:
    """Whether the message is gone now."""
    try:
        await context.bot.delete_message(chat_id, message_id)
    except TelegramError as error:
        log.info("test post not deleted: chat=%d error=%s", chat_id, error.message)
        return "not found" in error.message.lower()
    return True


def _why(error: TelegramError, words: Words) -> tuple[str, str]:
    """A sentence, and the word for what is missing if that is what it says."""
    match outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN):
        case Suspend(reason=reason):
            return obstacle(reason, words), reason
        case Again(is_ambiguous=False):
            return screens.wait_to_post(words), ""
        case Again() | Uncertain():
            return screens.may_stand(words), ""
        case _:
            return screens.refused_by_telegram(words), ""
