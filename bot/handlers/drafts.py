"""A draft is mended before it is published: another title or summary, as a reply to the message that asks for it."""

from telegram import Update

from bot.access import Act
from bot.errors import RefusedItem
from bot.handlers.actors import allowed, refusal
from bot.handlers.context import Context
from bot.intake import drafts
from bot.model import Article, ArticleState
from bot.render import greeting
from bot.render import publishing as screens
from bot.render.callbacks import DraftPart, LeaveDraft, MendDraft
from bot.store import articles


async def ask(update: Update, context: Context, tapped: MendDraft) -> None:
    """Change title, or Change summary."""
    assert update.effective_chat is not None
    words, draft = await context.words_for(update), await _draft(context, tapped.article_id)
    if draft is None:
        await context.say(update, screens.no_draft(words))
    else:
        menu = context.menu(update.effective_chat.id)
        await context.say(update, screens.ask_for(draft, tapped.part, words, menu))


async def leave(update: Update, context: Context, tapped: LeaveDraft) -> None:
    """Leave it as it is: the preview, in place of the question."""
    assert update.effective_chat is not None
    words, draft = await context.words_for(update), await _draft(context, tapped.article_id)
    if draft is None:
        await context.show(update, screens.no_draft(words))
    else:
        menu = context.menu(update.effective_chat.id)
        await context.show(update, screens.preview(draft, words, menu, bot_username=context.bot.username))


async def replied(update: Update, context: Context) -> bool:
    """Takes a reply to such a question, and shows the draft as it is then. False: it is a reply to something else."""
    message = update.effective_message
    assert message is not None
    assert update.effective_user is not None
    asked = context.replied_to(message, LeaveDraft)
    if asked is None:
        return False
    words = await context.words_for(update)
    if not await allowed(update, context, Act.PUBLISH):
        await context.say(update, greeting.say(refusal(Act.PUBLISH, words)))
        return True
    given = {"title" if asked.part is DraftPart.TITLE else "summary": message.text or ""}
    try:
        draft = await drafts.mend(context.db, asked.article_id, by=update.effective_user.id, **given)
    except RefusedItem:
        await context.say(update, screens.cannot_add(words, "empty"))
        return True
    if draft is None:
        await context.say(update, screens.no_draft(words))
    else:
        menu = context.menu(message.chat_id)
        await context.say(update, screens.preview(draft, words, menu, bot_username=context.bot.username))
    return True


async def _draft(context: Context, article_id: int) -> Article | None:
    article = await articles.find(context.db, article_id)
    return article if article is not None and article.state is ArticleState.DRAFT else None
