"""A chat comes to the bot: chosen by an admin, asked about where the operator decides, or kept out."""

import logging

from telegram import ChatMember, ChatMemberAdministrator, Update
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden

from bot.access import Act
from bot.delivery import admins, suspensions
from bot.errors import Barred, NotFound
from bot.handlers.actors import allowed
from bot.handlers.context import Context
from bot.handlers.subscriptions import daily, person_of
from bot.model import Bar, Chat, ChatKind
from bot.render import hints
from bot.render import onboarding as screens
from bot.render.callbacks import AskForChannel, DecideChat
from bot.render.links import CHANNEL_REQUEST
from bot.render.settings import settings
from bot.render.subscriptions import channel_card
from bot.store import admins as store_admins
from bot.store import chats, rights, subscriptions

log = logging.getLogger(__name__)

PRESENT = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)


async def ask_for_channel(update: Update, context: Context, _: AskForChannel) -> None:
    await context.say(update, screens.asks_for_channel(await context.words_for(update)))


async def chosen(update: Update, context: Context) -> None:
    """The person chose a channel. That they are an admin there, and that the bot may post, Telegram is asked now."""
    message, person = update.effective_message, update.effective_user
    assert message is not None
    assert person is not None
    shared = message.chat_shared
    if shared is None or shared.request_id != CHANNEL_REQUEST:
        return
    words, menu = await context.words_and_menu(update)
    there = Chat(shared.chat_id, ChatKind.CHANNEL, shared.title or "", username=None, language="")
    try:
        about = await context.bot.get_chat(shared.chat_id)
        there = Chat(about.id, ChatKind(about.type), about.title or "", username=about.username, language="")
        reason = obstacle(there.kind, await context.bot.get_chat_member(there.id, context.bot.id))
    except (BadRequest, Forbidden) as error:
        log.info("chosen chat out of reach: chat=%d error=%s", shared.chat_id, error)
        reason = "removed"
    may_ask = reason not in ("removed", "not_admin")  # of a channel where the bot is no admin it cannot ask who is
    if may_ask and not await allowed(update, context, Act.MANAGE_CHAT, there.id):
        await context.say(update, screens.not_yours(words))
    elif reason:
        await context.say(update, screens.cannot_post(there, reason, words, menu, context.bot.username))
    else:
        await _connect(update, context, there)


async def tell_barred(update: Update, context: Context, barred: Barred) -> None:
    """Somebody may not have what they tapped for: why, and who decides has been asked."""
    person = update.effective_user
    assert person is not None
    chat = await chats.get(context.db, barred.chat_id)
    if barred.bar == Bar.WAITS:
        if person_of(update) is not None:
            await rights.ask(context.db, chat, person.id, person.full_name)
        else:  # an anonymous admin is told where one is who is not
            others = await store_admins.looking_after(context.db, chat)
            await rights.ask(context.db, chat, others[0] if others else 0, "")
        context.services.wake()
    await context.say_in_passing(update, screens.barred(chat, barred.bar, await context.words_for(update)))


async def decide(update: Update, context: Context, tapped: DecideChat) -> None:
    """A maintainer's answer about a stranger's chat."""
    words, menu = await context.words_and_menu(update)
    try:
        first = await rights.decide(
            context.db, tapped.chat_id, tapped.person_id, approve=tapped.approve, revise=tapped.revise
        )
        chat = await chats.get(context.db, tapped.chat_id)
    except NotFound:
        await context.show(update, hints.no_such_channel(words))
        return
    approval = await rights.approval_of(context.db, chat.id)
    await context.show(update, screens.decided(chat, tapped.person_id, approval, words, menu, first=first))
    context.services.wake()


def obstacle(kind: ChatKind, member: ChatMember) -> str:
    """Why the bot, being this in a chat, cannot write there; "" when it can."""
    if kind is ChatKind.CHANNEL:
        if not isinstance(member, ChatMemberAdministrator):
            return "not_admin" if member.status in PRESENT else "removed"
        return "" if member.can_post_messages else "no_right_to_post"
    if member.status == ChatMemberStatus.RESTRICTED:
        may_write = getattr(member, "is_member", False) and getattr(member, "can_send_messages", False)
        return "" if may_write else "restricted"
    return "" if member.status in PRESENT else "removed"


async def _connect(update: Update, context: Context, there: Chat) -> None:
    """The chat is known from now on, and its card, or what it gets already, is shown."""
    person = update.effective_user
    assert person is not None
    known = await chats.find(context.db, there.id)
    await chats.saw(context.db, _connected(there, person.id if known is None or known.connected_by is None else None))
    await chats.link_admin(context.db, there.id, person.id)
    await admins.learn(context.db, context.bot, there.id)
    if await suspensions.resume(context.db, there.id, person.id):
        context.services.wake()
    chat = await chats.get(context.db, there.id)
    words, menu = await context.words_and_menu(update)
    if held := await subscriptions.of_chat(context.db, chat.id):
        await context.say(update, settings(chat, held, words, menu))
    elif (bar := await rights.find(context.db, chat, person.id)) is not None:
        await tell_barred(update, context, Barred(bar, chat.id))
    else:
        await context.say(update, channel_card(chat, words, menu, daily(context)))


def _connected(there: Chat, by: int | None) -> Chat:
    return Chat(there.id, there.kind, there.title, there.username, there.language, connected_by=by)
