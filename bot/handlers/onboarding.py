"""Coming and going: /start, /help, /language, and the bot being added to, or losing rights in, a chat."""

import logging

from telegram import ChatMemberAdministrator, ChatMemberUpdated, Update, User

from bot.delivery import admins, suspensions
from bot.handlers import reading
from bot.handlers.connecting import PRESENT, obstacle
from bot.handlers.context import Context
from bot.handlers.subscriptions import remember_chat
from bot.model import Bar, Chat, ChatKind, NoticeKind
from bot.render import greeting, hints
from bot.render.callbacks import ChooseLanguage
from bot.render.links import StartArticle, StartOwner, StartSearch, parse_start
from bot.render.listing import search_help
from bot.render.outgoing import Outgoing
from bot.store import admins as store_admins
from bot.store import chats, notices, rights, settings, subscriptions
from bot.store.db import Transaction

log = logging.getLogger(__name__)


async def start(update: Update, context: Context) -> None:
    """/start: a welcome; with a link's payload the article it names, or the ownership of this bot."""
    person = update.effective_user
    assert person is not None
    await remember_chat(update, context)
    await chats.mark_started(context.db, person.id)
    await suspensions.resume(context.db, person.id, person.id)
    context.services.wake()  # notices may have waited for this
    is_new_owner = False
    match parse_start(" ".join(context.args or ())):
        case StartArticle(article_id):
            await reading.say_article(update, context, article_id)
            return
        case StartSearch():
            await context.say(update, search_help(await context.words_for(update)))
            return
        case StartOwner(token):
            is_new_owner = await settings.use_owner_link(context.db, token, person.id, person.full_name)
            if not is_new_owner:
                await context.say(update, hints.owner_link_void(await context.words_for(update)))
                return
            await context.services.introduce_to(person.id)
        case None:
            pass
    words, menu = await context.words_for(update), context.menu(person.id)
    await context.say(update, greeting.start(words, menu, name=person.first_name, new_owner=is_new_owner))


async def language(update: Update, context: Context) -> None:
    await remember_chat(update, context)
    await context.say(update, await _languages(update, context))


async def choose_language(update: Update, context: Context, tapped: ChooseLanguage) -> None:
    chat = await remember_chat(update, context)
    await chats.set_language(context.db, chat.id, tapped.code)
    await context.show(update, await _languages(update, context))


async def membership(update: Update, context: Context) -> None:
    """The bot's own place in a chat changed."""
    change = update.my_chat_member
    assert change is not None
    if change.chat.type == ChatKind.PRIVATE:
        if change.new_chat_member.status in PRESENT:
            await suspensions.resume(context.db, change.chat.id, change.chat.id)
        else:
            await chats.suspend(context.db, change.chat.id, "blocked")
            log.info("chat suspended: chat=%d reason=blocked", change.chat.id)
    elif reason := obstacle(ChatKind(change.chat.type), change.new_chat_member):
        await _lost(context, change, reason)
    else:
        await _gained(context, change)
    context.services.wake()


async def admins_changed(update: Update, context: Context) -> None:
    """Somebody was made an admin of a chat, or is one no longer: /channels follows. Anonymous ones are left alone."""
    change = update.chat_member
    assert change is not None
    member, chat_id = change.new_chat_member, change.chat.id
    if member.user.is_bot:
        return
    if member.status not in admins.ADMINS:
        await chats.unlink_admin(context.db, chat_id, member.user.id)
    elif not admins.is_anonymous(member):
        await chats.link_admins(context.db, chat_id, [member.user.id])


async def renamed(update: Update, context: Context) -> None:
    """A channel or group is called otherwise from now on."""
    chat = update.effective_chat
    assert chat is not None
    await chats.rename(context.db, chat.id, chat.title or "", chat.username)


async def migrated(update: Update, context: Context) -> None:
    """A group became a supergroup, with another id; both chats say so, and whichever comes first is enough."""
    message = update.effective_message
    assert message is not None
    if message.migrate_to_chat_id is not None:
        await chats.migrate(context.db, message.chat_id, message.migrate_to_chat_id)
    elif message.migrate_from_chat_id is not None:
        await chats.migrate(context.db, message.migrate_from_chat_id, message.chat_id)
    context.services.wake()


async def _gained(context: Context, change: ChatMemberUpdated) -> None:
    """The bot may write there: remember who did it, and ask that person, in private, what should go there."""
    chat, person = _reported(change), change.from_user
    by = chat.connected_by

    async def work(tx: Transaction) -> None:  # all or nothing: a crash in between would leave nobody told
        await chats.saw(tx, chat)
        if by is not None:
            await chats.link_admin(tx, chat.id, by)
        await suspensions.resume(tx, chat.id, by)
        is_new = not await subscriptions.of_chat(tx, chat.id)
        if is_new and chat.kind is ChatKind.CHANNEL and not _was_admin(change):
            await _welcome(tx, chat, person)

    await context.db.write(work)
    await admins.learn(context.db, context.bot, chat.id)


async def _welcome(tx: Transaction, chat: Chat, person: User) -> None:
    """The channel's card; or, where the operator decides on that, why there is none, and the question who decides."""
    bar = await rights.find(tx, await chats.get(tx, chat.id), person.id)
    if bar is None:
        await notices.add(tx, person.id, NoticeKind.CHANNEL_CARD, notices.about(chat))
        return
    await notices.add(tx, person.id, NoticeKind.CHAT_BARRED, notices.about(chat) | {"bar": bar})
    if bar is Bar.WAITS:
        await rights.ask(tx, chat, person.id, person.full_name)


async def _lost(context: Context, change: ChatMemberUpdated, reason: str) -> None:
    """The bot may no longer write there: everything is kept, and who looks after the chat is told."""

    async def work(tx: Transaction) -> None:
        known = await chats.find(tx, change.chat.id)
        is_served = known is not None and bool(await subscriptions.of_chat(tx, known.id))
        is_added = reason == "no_right_to_post" and change.old_chat_member.status not in PRESENT
        if is_added and not is_served:
            await _lacks_right(tx, change)
        elif known is not None and (await chats.suspend(tx, known.id, reason) or is_added) and is_served:
            for person_id in await store_admins.told_of(tx, known):
                await notices.add(tx, person_id, NoticeKind.CHAT_SUSPENDED, notices.about(known) | {"reason": reason})

    log.warning("chat suspended: chat=%d reason=%s", change.chat.id, reason)
    await context.db.write(work)


async def _lacks_right(tx: Transaction, change: ChatMemberUpdated) -> None:
    """The bot was added to a channel without what it needs: who did it is told. The card comes with the right."""
    chat = _reported(change)
    await chats.saw(tx, chat)
    await chats.suspend(tx, chat.id, "no_right_to_post")
    if chat.connected_by is not None:
        await chats.link_admin(tx, chat.id, chat.connected_by)
        data = notices.about(chat) | {"lacks": "no_right_to_post"}
        await notices.add(tx, chat.connected_by, NoticeKind.CHANNEL_CARD, data)


def _reported(change: ChatMemberUpdated) -> Chat:
    """The chat as the report names it, connected by who acts; an anonymous admin of a group goes by a bot's name."""
    there, person = change.chat, change.from_user
    return Chat(
        id=there.id,
        kind=ChatKind(there.type),
        title=there.title or "",
        username=there.username,
        language="",
        connected_by=None if person.is_bot else person.id,
    )


def _was_admin(change: ChatMemberUpdated) -> bool:
    before = change.old_chat_member
    return isinstance(before, ChatMemberAdministrator) and bool(before.can_post_messages)


async def _languages(update: Update, context: Context) -> Outgoing:
    assert update.effective_chat is not None
    words = await context.words_for(update)
    return greeting.language(words, context.menu(update.effective_chat.id), current=words.locale.language)
