"""What people do in Telegram. /help, the command menus and the docs come from the COMMANDS table."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    MessageReactionHandler,
    filters,
)

from bot.access import Act
from bot.handlers import (
    backup,
    channels,
    connecting,
    digest_editor,
    doubts,
    drafts,
    feeds,
    files,
    filtering,
    inline,
    looks,
    menus,
    onboarding,
    operations,
    publishing,
    reactions,
    reading,
    revisions,
    settings,
    subscriptions,
    topics,
    why,
)
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.handlers.errors import failed
from bot.render import greeting, hints
from bot.render.words import N_
from bot.store import maintainers


class Audience(Flag):
    """Who finds a command in their menu."""

    PEOPLE = auto()  # everyone, in private
    GROUPS = auto()
    GROUP_ADMINS = auto()
    MAINTAINERS = auto()  # in private


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    run: Callable[[Update, Context], Coroutine[Any, Any, None]]
    description: str
    audience: Audience
    act: Act | None = None  # what a maintainer must be allowed to do


async def help_command(update: Update, context: Context) -> None:
    assert update.effective_chat is not None
    may_send_files = await allowed(update, context, Act.PUBLISH) and update.effective_chat.type == "private"
    words = await context.words_for(update)
    inline_name = context.bot.username if context.bot.supports_inline_queries else ""
    commands = await commands_for(update, context)
    await context.say(update, greeting.help_(words, commands, inline_name=inline_name, files=may_send_files))


_EVERYWHERE = Audience.PEOPLE | Audience.GROUPS
_SETTINGS = Audience.PEOPLE | Audience.GROUP_ADMINS
COMMANDS: tuple[Command, ...] = (
    Command("start", onboarding.start, N_("Begin"), Audience.PEOPLE),
    Command("latest", reading.latest, N_("The newest articles; of one tag: /latest tag"), _EVERYWHERE),
    Command(
        "top",
        reading.top,
        N_("The most read: /top day, week, month, year, all or rising; of one tag: /top week tag"),
        _EVERYWHERE,
    ),
    Command("search", reading.search_command, N_("Find articles by their words"), _EVERYWHERE),
    Command("subscribe", subscriptions.subscribe, N_("Get new articles here; of one tag: /subscribe tag"), _SETTINGS),
    Command(
        "unsubscribe",
        subscriptions.unsubscribe,
        N_("Get no more articles here, or none of a tag: /unsubscribe tag"),
        _SETTINGS,
    ),
    Command("settings", settings.settings, N_("What is sent here, and how"), _SETTINGS),
    Command("channels", subscriptions.channels, N_("Your channels and groups"), Audience.PEOPLE),
    Command("why", why.why, N_("Which subscription brought a post: reply to a forwarded one"), Audience.PEOPLE),
    Command("language", onboarding.language, N_("Choose your language"), Audience.PEOPLE),
    Command("help", help_command, N_("What I can do"), _EVERYWHERE),
    Command("add", publishing.add, N_("Add an article: text, link or reply"), Audience.MAINTAINERS, Act.PUBLISH),
    Command(
        "edit", revisions.edit, N_("Correct an article: number and text, or reply"), Audience.MAINTAINERS, Act.PUBLISH
    ),
    Command("delete", revisions.delete, N_("Withdraw an article: number, or reply"), Audience.MAINTAINERS, Act.PUBLISH),
    Command(
        "feeds",
        feeds.feeds_command,
        N_("Feeds and how they are; /feeds add ADDRESS follows one"),
        Audience.MAINTAINERS,
        Act.MANAGE_FEEDS,
    ),
    Command("outbox", operations.outbox_command, N_("What waits or is stuck"), Audience.MAINTAINERS, Act.MEND_OUTBOX),
    Command("stats", operations.stats_command, N_("How the bot is doing"), Audience.MAINTAINERS, Act.SEE_STATS),
    Command(
        "backup", backup.backup_command, N_("A copy of everything, for its owner"), Audience.MAINTAINERS, Act.KEEP_STORE
    ),
    Command("cancel", publishing.cancel, N_("Discard what was begun"), Audience.MAINTAINERS, Act.PUBLISH),
)


async def commands_for(update: Update, context: Context) -> list[tuple[str, str]]:
    """(name, description) of what this person can use in this chat."""
    chat, person = update.effective_chat, update.effective_user
    assert chat is not None
    if chat.type != "private":
        audience = Audience.GROUPS | Audience.GROUP_ADMINS
    elif person is not None and await maintainers.role_of(context.db, person.id) is not None:
        audience = Audience.PEOPLE | Audience.MAINTAINERS
    else:
        audience = Audience.PEOPLE
    return [(command.name, command.description) for command in COMMANDS if command.audience & audience]


def register(application: Application[Any, Context, Any, Any, Any, Any]) -> None:
    """Put every handler on the application. Edited messages and channel posts are nobody's commands."""
    fresh = filters.UpdateType.MESSAGE
    application.add_handler(MessageHandler(inline.SENT, inline.sent))  # ahead of all, for it is said to nobody
    for command in COMMANDS:
        application.add_handler(CommandHandler(command.name, _guarded(command), filters=fresh))
    application.add_handler(CallbackQueryHandler(menus.tapped))
    application.add_handler(InlineQueryHandler(inline.asked))
    application.add_handler(ChatMemberHandler(onboarding.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(ChatMemberHandler(onboarding.admins_changed, ChatMemberHandler.CHAT_MEMBER))
    application.add_handler(
        MessageReactionHandler(
            reactions.counted, message_reaction_types=MessageReactionHandler.MESSAGE_REACTION_COUNT_UPDATED
        )
    )
    titled = (fresh | filters.UpdateType.CHANNEL_POST) & filters.StatusUpdate.NEW_CHAT_TITLE
    application.add_handler(MessageHandler(titled, onboarding.renamed))
    application.add_handler(MessageHandler(fresh & filters.StatusUpdate.MIGRATE, onboarding.migrated))
    application.add_handler(MessageHandler(fresh & filters.StatusUpdate.FORUM_TOPIC_REOPENED, topics.reopened))
    numbered = filters.UpdateType.CHANNEL_POST | (fresh & filters.ChatType.SUPERGROUP)
    application.add_handler(MessageHandler(numbered, doubts.note), group=-1)  # beside whatever else is done with it
    application.add_handler(MessageHandler(fresh & filters.ChatType.SUPERGROUP, topics.note), group=-2)
    application.add_handler(MessageHandler(filters.UpdateType.CHANNEL_POSTS, channels.posted))
    private = fresh & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(private & filters.StatusUpdate.CHAT_SHARED, connecting.chosen))
    in_group = fresh & filters.ChatType.GROUPS
    application.add_handler(MessageHandler(in_group & filters.REPLY & filters.TEXT & ~filters.COMMAND, _group_reply))
    application.add_handler(MessageHandler(private & filters.COMMAND, _unknown))
    application.add_handler(MessageHandler(private & filters.Document.ALL, files.document))
    application.add_handler(MessageHandler(private & filters.FORWARDED, publishing.forwarded))
    application.add_handler(MessageHandler(private & filters.REPLY & filters.TEXT, _reply))
    application.add_handler(MessageHandler(private & filters.TEXT, reading.search_command))
    application.add_error_handler(failed)


def _guarded(command: Command) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
    """The command where it belongs and for whom it is meant; elsewhere it is not ours."""

    async def run(update: Update, context: Context) -> None:
        chat = update.effective_chat
        assert chat is not None
        if chat.type == "private":
            if command.act is not None and not await allowed(update, context, command.act):
                await context.say(update, greeting.say(refusal(command.act, await context.words_for(update))))
                return
            await command.run(update, context)
        elif command.audience & Audience.GROUPS:
            await command.run(update, context)
        elif command.audience & Audience.GROUP_ADMINS:
            if await allowed(update, context, Act.MANAGE_CHAT, chat.id):
                await command.run(update, context)
            else:
                refused = refusal(Act.MANAGE_CHAT, await context.words_for(update))
                await context.say_in_passing(update, greeting.say(refused))

    return run


async def _reply(update: Update, context: Context) -> None:
    """What one of our questions asked for; any other reply in private is a search, as every text is."""
    for replied in (drafts.replied, feeds.replied, *_OF_SETTINGS):
        if await replied(update, context):
            return
    await reading.search_command(update, context)


async def _group_reply(update: Update, context: Context) -> None:
    """What a question about the group's settings asked for; any other reply is talk."""
    for replied in _OF_SETTINGS:
        if await replied(update, context):
            return


_OF_SETTINGS = (looks.replied, digest_editor.replied, filtering.replied)


async def _unknown(update: Update, context: Context) -> None:
    message = update.effective_message
    assert message is not None
    command = (message.text or "").split()[0]
    if "@" in command:
        return  # meant for another bot
    await context.say(update, hints.unknown_command(await context.words_for(update), command))
