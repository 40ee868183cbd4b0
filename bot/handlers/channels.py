"""Channels as sources: a maintainer who is an admin there links one, and from then on its posts become articles."""

import logging

from telegram import Message, MessageOriginChannel, MessageOriginUser, Update

from bot.access import Act
from bot.errors import RefusedItem
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.handlers.publishing import marks
from bot.handlers.subscriptions import show_channels
from bot.intake import channels as intake
from bot.intake.submit import submit
from bot.model import Change, Source, SourceKind
from bot.render import greeting
from bot.render.callbacks import ShowChannels, SourceChannel
from bot.store import channels, sources

log = logging.getLogger(__name__)


async def link(update: Update, context: Context, tapped: SourceChannel) -> None:
    """A tap in /channels, by somebody who is an admin there; that they are a maintainer is judged here."""
    assert update.effective_user is not None
    if not await allowed(update, context, Act.MANAGE_FEEDS):
        words = await context.words_for(update)
        await context.show(update, greeting.say(refusal(Act.MANAGE_FEEDS, words)))
        return
    if tapped.follow:
        await channels.follow(context.db, tapped.chat_id, update.effective_user.id)
    else:
        await channels.unfollow(context.db, tapped.chat_id)
    log.info("channel as source: chat=%d follow=%s by=%d", tapped.chat_id, tapped.follow, update.effective_user.id)
    await show_channels(update, context, ShowChannels(tapped.page))


async def posted(update: Update, context: Context) -> None:
    """A post of a channel that is a source becomes an article, an edited one a revision. Nothing is ever answered."""
    message = update.effective_message
    assert message is not None
    tags = await channels.tags_of(context.db, message.chat_id)
    if tags is None or await _is_ours(message, context):
        return
    post, source = _post(message), Source(SourceKind.CHANNEL, str(message.chat_id))
    is_known = await sources.find(context.db, source, post.own_guid) is not None
    if not is_known and (update.edited_channel_post or await sources.find(context.db, source, post.guid)):
        return  # written before it was linked; one more caption of an album
    try:
        submitted = await submit(context.db, intake.article(post, tags), source, announce=True)
    except RefusedItem as refused:
        log.info("post is no article: chat=%d message=%d reason=%s", message.chat_id, message.message_id, refused)
        return
    if post.album:
        await sources.add(context.db, submitted.article_id, source, post.own_guid)
    if submitted.change in (Change.NEW, Change.CHANGED):
        context.services.wake()


def _post(message: Message) -> intake.Post:
    return intake.Post(
        message_id=message.message_id,
        text=message.text or message.caption or "",
        entities=marks(message.entities or message.caption_entities),
        posted_at=message.date,
        album=message.media_group_id,
        username=message.chat.username,
    )


async def _is_ours(message: Message, context: Context) -> bool:
    """A forwarded post of the bot is no news to it. (What it posts itself, Telegram does not tell it.)"""
    match message.forward_origin:
        case MessageOriginUser(sender_user=user):
            return user.id == context.bot.id
        case MessageOriginChannel(chat=chat, message_id=message_id):
            return await channels.is_ours(context.db, chat.id, message_id)
    return False
