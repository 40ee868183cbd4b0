"""Who acts, looked up at the moment of use: the store for maintainers, Telegram for the admins of a chat."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from telegram import Update
from telegram.error import TelegramError

from bot.access import Act, Actor, may
from bot.delivery.admins import ADMINS
from bot.handlers.context import Context
from bot.model import Subscription
from bot.render import greeting
from bot.render.words import Words
from bot.store import chats, maintainers, subscriptions

log = logging.getLogger(__name__)

Q = TypeVar("Q", bound="Question")


async def allowed(update: Update, context: Context, act: Act, chat_id: int | None = None) -> bool:
    """Whether the person behind this update may do it; `chat_id`: which chat MANAGE_CHAT is about. Fails closed."""
    user = update.effective_user
    if user is None:
        return False
    if act is Act.MANAGE_CHAT:
        return may(Actor(user.id, is_chat_admin=await _is_admin(update, context, chat_id)), act)
    return may(Actor(user.id, role=await maintainers.role_of(context.db, user.id)), act)


class Question(Protocol):
    """A button under a question about a subscription; a reply to its message is the answer."""

    @property
    def subscription_id(self) -> int: ...


async def answered(
    update: Update, context: Context, kind: type[Q], take: Callable[[Q, Subscription, str], Awaitable[None]]
) -> bool:
    """Has `take` deal with what is replied to a question of this kind. False: it is a reply to something else.

    Whoever may not set the subscription, or replies about one that is gone, is told so.
    """
    message = update.effective_message
    assert message is not None
    asked = context.replied_to(message, kind)
    if asked is None:
        return False
    words = await context.words_for(update)
    one = await subscriptions.find(context.db, asked.subscription_id)
    if one is None:
        await context.say_in_passing(update, greeting.say(greeting.expired(words)))
    elif not await allowed(update, context, Act.MANAGE_CHAT, one.chat_id):
        await context.say_in_passing(update, greeting.say(refusal(Act.MANAGE_CHAT, words)))
    else:
        await take(asked, one, message.text or "")
    return True


def refusal(act: Act, words: Words) -> str:
    """What someone is told who may not do it."""
    match act:
        case Act.MANAGE_CHAT:
            return greeting.only_admins(words)
        case Act.KEEP_STORE:
            return greeting.only_owners(words)
        case _:
            return greeting.only_maintainers(words)


async def _is_admin(update: Update, context: Context, chat_id: int | None) -> bool:
    user, message, chat = update.effective_user, update.effective_message, update.effective_chat
    if user is None or chat is None or chat_id is None:
        return False
    if chat_id == user.id:
        return True  # one's own private chat
    is_command = update.callback_query is None and message is not None
    if is_command and message is not None and message.sender_chat is not None:
        # GROUP_ANONYMOUS_BOT with sender_chat == chat is an admin of that group; any other channel is a stranger.
        return message.sender_chat.id == chat_id == chat.id
    return bool(await is_admin_now(context, chat_id, user.id))


async def is_admin_now(context: Context, chat_id: int, person_id: int) -> bool | None:
    """Whether the person is an admin there, as Telegram says at this moment; None: it does not say.

    /channels lists the chat for who is, and no more for who is not.
    """
    try:
        member = await context.bot.get_chat_member(chat_id, person_id)
    except TelegramError as error:
        log.info("admin not confirmed: chat=%d error=%s", chat_id, error)
        return None
    if member.status in ADMINS:
        await chats.link_admins(context.db, chat_id, [person_id])
        return True
    await chats.unlink_admin(context.db, chat_id, person_id)
    return False
