"""Reading in the chat: /latest, /top, /search, and an article opened from any of them."""

from functools import partial

from telegram import Update
from telegram.constants import ChatType

from bot.access import Act
from bot.errors import NotFound, SearchFailed
from bot.handlers.actors import allowed
from bot.handlers.context import Context
from bot.handlers.turns import Turn
from bot.model import Article, ArticleState, Period
from bot.query import parse
from bot.render import article as article_screen
from bot.render import greeting, hints, listing
from bot.render.callbacks import ListKind, ListRef, OpenArticle, PickArticle, ShowList
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import articles, picks, queries, reads
from bot.store.faults import attempt

NOT_NOTED = -1  # as the number of words: none have it, so what names it has expired


async def latest(update: Update, context: Context) -> None:
    """/latest [tag]"""
    tag = " ".join(context.args or ()).lstrip("#").strip()
    if tag:
        await _say_named(update, context, ListKind.TAG, tag)
    else:
        await _say_list(update, context, ListRef())


async def top(update: Update, context: Context) -> None:
    """/top [day|week|month|year|all|rising] [tag]; a tag alone means the week."""
    first, *more = context.args or [Period.WEEK.value]
    asked, tag = first.casefold(), " ".join(more)
    if asked not in list(Period):
        tag = " ".join([first, *more])
        if not (tag.startswith("#") or await articles.is_tag(context.db, tag)):
            await context.say(update, hints.unknown_period(await context.words_for(update), tag))
            return
        asked = Period.WEEK.value
    tag = tag.lstrip("#").strip()
    if tag:
        await _say_named(update, context, ListKind.TOP, tag, Period(asked))
    else:
        await _say_list(update, context, ListRef(ListKind.TOP, period=Period(asked)))


async def search_command(update: Update, context: Context) -> None:
    """/search words; a plain message in a private chat means the same."""
    message = update.effective_message
    assert message is not None
    query = (message.text or message.caption or "").strip()
    if query.startswith("/"):
        query = "".join(query.split(maxsplit=1)[1:])
    match context.services.turns.take(_person(update), context.now):
        case Turn.IGNORE:
            return
        case Turn.TELL:
            await context.say(update, hints.too_many_searches(await context.words_for(update)))
            return
        case Turn.GO:
            asked = parse(query)
    if asked.wrong:
        await context.say(update, hints.no_date(await context.words_for(update), asked.wrong[0]))
        return
    if asked.is_empty:
        await context.say(update, listing.search_help(await context.words_for(update), query))
        return
    await _say_named(update, context, ListKind.SEARCH, query)


async def show_list(update: Update, context: Context, tapped: ShowList) -> None:
    words, menu = await context.words_and_menu(update)
    await context.show(update, await _list(context, tapped.list, words, menu))


async def open_article(update: Update, context: Context, tapped: OpenArticle) -> None:
    """Puts the article in place of the list, and counts the read."""
    try:
        article = await readable(context, tapped.article_id)
    except NotFound:
        await context.show(update, greeting.say(greeting.article_gone(await context.words_for(update))))
        return
    await context.show(update, await _page(update, context, article, tapped.article_page, tapped.list))
    await count_read(update, context, article, via="list")


async def pick(update: Update, context: Context, tapped: PickArticle) -> None:
    """An editor recommends the article, or no longer: digests of the editors' pick hold those."""
    try:
        article = await readable(context, tapped.article_id)
    except NotFound:
        words = await context.words_for(update)
        await context.show(update, greeting.say(greeting.article_gone(words)))
        return
    await picks.put(context.db, article.id, _person(update), tapped.pick)
    await context.show(update, await _page(update, context, article, 0, tapped.list))


async def say_article(update: Update, context: Context, article_id: int) -> None:
    """Answer with the article: someone came by its link."""
    try:
        article = await readable(context, article_id)
    except NotFound:
        await context.say(update, greeting.say(greeting.article_gone(await context.words_for(update))))
        return
    await context.say(update, await _page(update, context, article, 0, ListRef()))
    await count_read(update, context, article, via="link")


async def readable(context: Context, article_id: int) -> Article:
    """A published article. Raises NotFound for drafts and withdrawn ones too: their ids can be guessed."""
    article = await articles.get(context.db, article_id)
    if article.state is not ArticleState.PUBLISHED:
        raise NotFound(f"article {article_id} is not published")
    return article


async def count_read(update: Update, context: Context, article: Article, via: str) -> None:
    """One a reader, article and day; the reader is a keyed hash."""
    if update.effective_user is not None:
        reader = reads.reader_key(context.services.key, update.effective_user.id)
        await attempt(context.db, partial(reads.record, context.db, article.id, reader, via))


async def _page(update: Update, context: Context, article: Article, page: int, back: ListRef) -> Outgoing:
    """A page of the article; under the last one what is like it, if that is found soon."""
    words, menu = await context.words_and_menu(update)
    is_ours = await _may_change(update, context)
    return article_screen.article_page(
        article,
        page,
        words,
        menu,
        back,
        is_ours=is_ours,
        is_pick=is_ours and await picks.holds(context.db, article.id),
        may_follow=_is_private(update),
        may_share=context.bot.supports_inline_queries,
        related=await context.services.search.related(article.id) if article_screen.is_last(article, page) else (),
    )


def _is_private(update: Update) -> bool:
    return update.effective_chat is not None and update.effective_chat.type == ChatType.PRIVATE


async def _may_change(update: Update, context: Context) -> bool:
    """Whether the page gets the buttons of maintainers; what a tap on one may do is judged when it comes."""
    return _is_private(update) and await allowed(update, context, Act.PUBLISH)


async def _say_list(update: Update, context: Context, ref: ListRef) -> None:
    words, menu = await context.words_and_menu(update)
    await context.say(update, await _list(context, ref, words, menu))


async def _say_named(
    update: Update, context: Context, kind: ListKind, named: str, period: Period = Period.WEEK
) -> None:
    """A list of these words. Its pages cannot be turned when the store could not note them."""
    words, menu = await context.words_and_menu(update)
    query_id = await attempt(context.db, partial(queries.remember, context.db, named))
    ref = ListRef(kind, query_id=query_id or NOT_NOTED, period=period)
    await context.say(update, await _list(context, ref, words, menu, named))


async def _list(context: Context, ref: ListRef, words: Words, menu: Menu, named: str | None = None) -> Outgoing:
    """The page that the reference means, as it is now. A page beyond the end shows what a list's end says."""
    if named is None and (ref.kind in (ListKind.SEARCH, ListKind.TAG) or (ref.kind is ListKind.TOP and ref.query_id)):
        named = await queries.recall(context.db, ref.query_id)
        if named is None:
            return greeting.say(greeting.expired(words))
    match ref.kind:
        case ListKind.TOP:
            found = await reads.top(context.db, ref.period, ref.page, listing.PAGE_SIZE, tag=named)
            return listing.listing(found, ref, words, menu, tag=named or "")
        case ListKind.SEARCH:
            return await _found(context, ref, words, menu, named or "")
        case ListKind.TAG:
            found = await articles.latest(context.db, tag=named or "", page=ref.page, size=listing.PAGE_SIZE)
            return listing.listing(found, ref, words, menu, tag=named or "")
        case ListKind.LATEST:
            found = await articles.latest(context.db, tag=None, page=ref.page, size=listing.PAGE_SIZE)
    return listing.listing(found, ref, words, menu)


async def _found(context: Context, ref: ListRef, words: Words, menu: Menu, query: str) -> Outgoing:
    try:
        found = await context.services.search.find(query, page=ref.page, size=listing.PAGE_SIZE)
    except SearchFailed:
        return hints.search_failed(words)
    meant = None
    if found.meant is not None:
        meant = await attempt(context.db, partial(queries.remember, context.db, found.meant))
    return listing.listing(found, ref, words, menu, query=query, meant_id=meant or 0)


def _person(update: Update) -> int:
    """Who asks; where nobody is named (an anonymous admin), the chat."""
    asking = update.effective_user or update.effective_chat
    return asking.id if asking is not None else 0
