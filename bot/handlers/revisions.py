"""Corrections: /edit shows an article as it would be, then Apply or Discard; /delete asks once, then withdraws it."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from telegram import Message, MessageEntity, Update

from bot.errors import RefusedItem
from bot.handlers.context import Context, buttons
from bot.handlers.publishing import after_command, behind, marks, source
from bot.intake import revisions, text
from bot.model import Article, ArticleState, Submission
from bot.render import greeting, links
from bot.render import publishing as publishing_screens
from bot.render import revisions as screens
from bot.render.callbacks import DecideEdit, HowToEdit, WithdrawArticle
from bot.store import articles, copies


async def edit(update: Update, context: Context) -> None:
    """/edit N TEXT, /edit N as a reply to a message with the text, or /edit TEXT as a reply to the opened article."""
    message = update.effective_message
    assert message is not None
    words = await context.words_for(update)
    number, given, entities = _asked(message, context)
    replied = message.reply_to_message
    if not given and replied is not None:
        given, entities = replied.text or replied.caption or "", replied.entities or replied.caption_entities
    if number is None or not given.strip():
        await context.say(update, screens.how_to_edit(words, number))
        return
    article = await _published(context, number)
    if article is None:
        await context.say(update, screens.no_such(words))
        return
    try:
        submission = replace(_submission(given, entities), guid=f"update:{update.update_id}")
        draft_id = await revisions.propose(context.db, article, submission, source(update))
    except RefusedItem:
        await context.say(update, publishing_screens.cannot_add(words, "empty"))
        return
    draft = await articles.get(context.db, draft_id)
    menu = context.menu(message.chat_id)
    await context.say(update, screens.preview(article, draft, words, menu, bot_username=context.bot.username))


async def how_to_edit(update: Update, context: Context, tapped: HowToEdit) -> None:
    await context.say(update, screens.how_to_edit(await context.words_for(update), tapped.article_id))


async def decide(update: Update, context: Context, tapped: DecideEdit) -> None:
    """Apply or discard. A second tap finds it done and changes nothing."""
    assert update.effective_user is not None
    words = await context.words_for(update)
    if not tapped.apply:
        await articles.discard(context.db, tapped.draft_id)
    elif await revisions.apply(context.db, tapped.draft_id, by=update.effective_user.id):
        context.services.wake()
    article = await _published(context, tapped.article_id)
    if article is None:
        await context.show(update, greeting.say(greeting.article_gone(words)))
    elif tapped.apply:
        how_many = await copies.how_many(context.db, article.id)
        await context.show(update, screens.applied(article, how_many, words, bot_username=context.bot.username))
    else:
        await context.show(update, screens.discarded(article, words))


async def delete(update: Update, context: Context) -> None:
    """/delete N, or /delete as a reply to the opened article."""
    message = update.effective_message
    assert message is not None
    number, _given, _entities = _asked(message, context)
    if number is None:
        await context.say(update, screens.how_to_delete(await context.words_for(update)))
        return
    await _ask(update, context, number, in_place=False)


async def withdraw(update: Update, context: Context, tapped: WithdrawArticle) -> None:
    """Ask; after Yes withdraw. A second tap finds it withdrawn."""
    assert update.effective_user is not None
    if not tapped.sure:
        await _ask(update, context, tapped.article_id, in_place=True)
        return
    article = await articles.get(context.db, tapped.article_id)
    how_many = await copies.how_many(context.db, article.id)
    if await articles.withdraw(context.db, article.id, by=update.effective_user.id):
        context.services.wake()
    await context.show(update, screens.now_withdrawn(article, how_many, await context.words_for(update)))


async def _ask(update: Update, context: Context, article_id: int, *, in_place: bool) -> None:
    assert update.effective_chat is not None
    answer = context.show if in_place else context.say
    words, article = await context.words_for(update), await _published(context, article_id)
    if article is None:
        await answer(update, screens.no_such(words))
        return
    menu = context.menu(update.effective_chat.id)
    await answer(update, screens.ask_withdraw(article, await copies.how_many(context.db, article.id), words, menu))


async def _published(context: Context, article_id: int) -> Article | None:
    article = await articles.find(context.db, article_id)
    return article if article is not None and article.state is ArticleState.PUBLISHED else None


def _asked(message: Message, context: Context) -> tuple[int | None, str, tuple[MessageEntity, ...]]:
    """Which article is meant, by number or by the reply, and what follows."""
    given, entities = after_command(message)
    first = given.split(maxsplit=1)[0] if given else ""
    if first.isascii() and first.isdecimal() and len(first) < 16:
        return int(first), *behind(given, entities, len(first))
    return _replied_to(message, context), given, entities


def _replied_to(message: Message, context: Context) -> int | None:
    """The article that the message replied to is about, as its buttons say."""
    asked = context.replied_to(message, HowToEdit)
    if asked is not None:
        return asked.article_id
    for button in buttons(message.reply_to_message):
        for payload in parse_qs(urlsplit(button.url or "").query).get("start", ()):
            started = links.parse_start(payload)
            if isinstance(started, links.StartArticle):
                return started.article_id
    return None


def _submission(given: str, entities: tuple[MessageEntity, ...]) -> Submission:
    """What the maintainer wrote; one line is a title alone. Raises RefusedItem."""
    given = given.strip() if "\n" not in given.strip() else given
    return Submission(title=given) if "\n" not in given else text.from_text(given, marks(entities))
