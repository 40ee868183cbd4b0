"""The newsroom: /add takes a text, a link or a message and shows it as it will be posted; then Publish or Discard."""

from dataclasses import replace

from telegram import Message, MessageEntity, Update

from bot.access import Act
from bot.errors import FeedError, FetchError, PageError, RefusedItem
from bot.handlers import offers
from bot.handlers.actors import allowed
from bot.handlers.context import Context
from bot.intake import discover, drafts, submit, text
from bot.intake.page import Page
from bot.model import ArticleState, Change, Source, SourceKind, Submission
from bot.render import greeting, hints, listing
from bot.render import publishing as screens
from bot.render.callbacks import DraftChoice, DraftDecision
from bot.store import articles, queries


async def add(update: Update, context: Context) -> None:
    """/add TEXT (the first line is the title), /add LINK, or /add as a reply to a message."""
    message = update.effective_message
    assert message is not None
    given, entities = after_command(message)
    if not given and message.reply_to_message is not None:
        replied = message.reply_to_message
        given, entities = replied.text or replied.caption or "", replied.entities or replied.caption_entities
    if not given.strip():
        await context.say(update, screens.how_to_add(await context.words_for(update)))
    elif len(given.split()) == 1 and "://" in given:
        await _add_link(update, context, given.strip())
    else:
        await _add_text(update, context, given, entities)


async def forwarded(update: Update, context: Context) -> None:
    """A forwarded message is somebody else's words, not a search: maintainers are told what /add makes of it."""
    words = await context.words_for(update)
    if await allowed(update, context, Act.PUBLISH):
        await context.say(update, hints.forwarded(words))
    else:
        await context.say(update, listing.search_help(words))


async def decide(update: Update, context: Context, tapped: DraftDecision) -> None:
    """Publish or discard. A draft that is no longer one is left alone: two taps publish once."""
    assert update.effective_chat is not None
    draft = await articles.find(context.db, tapped.article_id)
    words = await context.words_for(update)
    if draft is None:
        await context.show(update, greeting.say(greeting.article_gone(words)))
        return
    choice = tapped.choice
    if draft.state is not ArticleState.DRAFT:
        choice = DraftChoice.PUBLISH
    elif choice is DraftChoice.PUBLISH:
        if there := await drafts.publish(context.db, draft):
            menu = context.menu(update.effective_chat.id)
            await context.show(update, screens.already_stored(there, words, menu))
            return
        context.services.wake()
    else:
        await articles.discard(context.db, draft.id)
    await context.show(update, screens.decided(draft, choice, words, bot_username=context.bot.username))


async def cancel(update: Update, context: Context) -> None:
    """/cancel: the person's drafts that were neither published nor discarded go."""
    open_drafts = await articles.drafts_of(context.db, source(update))
    for draft in open_drafts:
        await articles.discard(context.db, draft.id)
    await context.say(update, greeting.cancelled(await context.words_for(update), something=bool(open_drafts)))


async def _add_text(update: Update, context: Context, given: str, entities: tuple[MessageEntity, ...]) -> None:
    try:
        submission = text.from_text(given, marks(entities))
        await _preview(update, context, replace(submission, guid=f"update:{update.update_id}"))
    except RefusedItem:
        await context.say(update, screens.cannot_add(await context.words_for(update), "empty"))


async def _add_link(update: Update, context: Context, url: str) -> None:
    words = await context.words_for(update)
    if not offers.looks_like_web(url):
        await context.say(update, screens.cannot_add(words, "url"))
        return
    try:
        found = await discover.read_link(url, context.services.fetcher, context.services.parsers)
        if isinstance(found, discover.FoundFeed):
            await offers.show(update, context, url, [found])
        else:
            await _preview(update, context, found.submission, await _feeds_of(context, found, url))
    except (FetchError, PageError) as error:
        await context.say(update, screens.cannot_add(words, error.reason))
    except (FeedError, RefusedItem):
        await context.say(update, screens.cannot_add(words, "unreadable"))


async def _feeds_of(context: Context, page: Page, url: str) -> int | None:
    """What the button that offers the page's feeds carries; None: it announces none."""
    return await queries.remember(context.db, url) if page.feeds else None


async def _preview(update: Update, context: Context, submission: Submission, query_id: int | None = None) -> None:
    """Keep it as a draft and show it. Raises RefusedItem for what cannot be an article."""
    assert update.effective_chat is not None
    draft = replace(submission, state=ArticleState.DRAFT, published_at=None)
    submitted = await submit.submit(context.db, draft, source(update), announce=False)
    article = await articles.get(context.db, submitted.article_id)
    words, menu = await context.words_for(update), context.menu(update.effective_chat.id)
    if submitted.change in (Change.NEW, Change.CHANGED) or article.state is ArticleState.DRAFT:
        outgoing = screens.preview(article, words, menu, bot_username=context.bot.username, query_id=query_id)
    else:
        outgoing = screens.already_stored(article, words, menu)
    await context.say(update, outgoing)


def source(update: Update) -> Source:
    assert update.effective_user is not None
    return Source(SourceKind.MAINTAINER, str(update.effective_user.id))


def marks(entities: tuple[MessageEntity, ...]) -> tuple[text.Entity, ...]:
    """Telegram's formatting as intake takes it."""
    return tuple((entity.type, entity.offset, entity.length, entity.url) for entity in entities)


def after_command(message: Message) -> tuple[str, tuple[MessageEntity, ...]]:
    """The text behind the command and its entities, moved along."""
    start = next((e.length for e in message.entities if e.type == MessageEntity.BOT_COMMAND and e.offset == 0), 0)
    return behind(message.text or "", message.entities, start)


def behind(given: str, entities: tuple[MessageEntity, ...], start: int) -> tuple[str, tuple[MessageEntity, ...]]:
    """What follows `start`, less white space, and its entities. Offsets count UTF-16 units, as Telegram's do."""
    rest = given.encode("utf-16-le")[2 * start :].decode("utf-16-le")
    cut = start + len(rest) - len(rest.lstrip())  # white space is one unit a character
    kept = [
        MessageEntity(e.type, e.offset - cut, e.length, url=e.url, language=e.language)
        for e in entities
        if e.offset >= cut
    ]
    return rest.lstrip(), tuple(kept)
