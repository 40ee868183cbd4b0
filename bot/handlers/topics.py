"""The topics of forums: what they are called, as their messages tell in passing, and that one is open again."""

from functools import partial

from telegram import Message, Update

from bot.handlers.context import Context
from bot.handlers.subscriptions import topic_of
from bot.store import subscriptions, topics
from bot.store.faults import attempt


async def note(update: Update, context: Context) -> None:
    """Whatever is written in a forum names its topic: its making, its renaming, or what it began with."""
    message = update.effective_message
    assert message is not None
    if not message.chat.is_forum:
        return
    name, is_newest = _name_of(message)
    topic_id = topic_of(update)
    if name or not topic_id:
        work = partial(topics.note, context.db, message.chat_id, topic_id, name, is_newest=is_newest)
        await attempt(context.db, work)


async def reopened(update: Update, context: Context) -> None:
    """What is sent to the topic goes on."""
    chat, topic = update.effective_chat, topic_of(update)
    assert chat is not None
    for subscription in await subscriptions.of_chat(context.db, chat.id):
        if subscription.topic_id == topic:
            await subscriptions.resume(context.db, subscription.id)
    context.services.wake()


def _name_of(message: Message) -> tuple[str, bool]:
    """What it says that its topic is called ("": nothing), and whether that is the newest name."""
    first = message.reply_to_message
    if (edited := message.forum_topic_edited) is not None and edited.name:
        return edited.name, True
    if (made := message.forum_topic_created) is not None:
        return made.name, True
    if first is not None and first.forum_topic_created is not None and first.message_id == message.message_thread_id:
        return first.forum_topic_created.name, False
    return "", False
