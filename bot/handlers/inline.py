"""Inline mode: who writes the bot's name and some words, in whatever chat, chooses an article and sends it there.

The bot need not be in that chat, and is not told of it. What was sent is the person's message: it stays as it is.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from telegram import InlineQuery, Message, Update
from telegram.error import BadRequest
from telegram.ext import filters

from bot.clock import from_ms, to_ms
from bot.delivery import send
from bot.errors import SearchFailed
from bot.handlers.context import Context
from bot.handlers.turns import Turn
from bot.model import Listing, Teaser
from bot.query import Kind, Query, parse
from bot.render import inline
from bot.render.inline import Result
from bot.render.links import SEARCH
from bot.render.words import Words
from bot.store import articles
from bot.store.search import DEPTH

log = logging.getLogger(__name__)

SIZE = 20  # articles in an answer
FRESH_SECONDS = 10  # for so long Telegram may give the same person the same answer without asking the bot
SHORTEST_BEGINNING = 3  # letters of what may still be typed
_PLACE = re.compile(r"(-?[0-9]{1,14}),([0-9]{1,18})")
_AMOUNT = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Found:
    """Articles to choose from, where the list goes on ("": nowhere), and a sentence above them."""

    teasers: tuple[Teaser, ...] = ()
    next_offset: str = ""
    button: str = ""


class _Sent(filters.MessageFilter):
    """What somebody chose, as it stands in a chat that the bot reads."""

    def filter(self, message: Message) -> bool:
        return message.via_bot is not None and message.via_bot.id == message.get_bot().id


SENT = _Sent(name="sent by inline mode")


async def sent(_update: Update, _context: Context) -> None:
    """An article of ours: no search, no answer to a question, and no news of a channel that is a source."""


async def asked(update: Update, context: Context) -> None:
    """@bot words: what /search finds. @bot alone: the newest."""
    query = update.inline_query
    assert query is not None
    turn = context.services.turns.take(query.from_user.id, context.now)
    if turn is Turn.IGNORE:
        return
    words = await context.words_for(update)
    try:
        found = Found(button=inline.try_again(words)) if turn is Turn.TELL else await _found(context, query, words)
    except SearchFailed:
        found = Found(button=inline.try_again(words))
    these = {article.id: article for article in await articles.published(context.db, [t.id for t in found.teasers])}
    results = [
        inline.result(these[teaser.id], teaser, words, context.bot.username)
        for teaser in found.teasers
        if teaser.id in these
    ]
    await _answer(context, query, found, results)


async def _found(context: Context, query: InlineQuery, words: Words) -> Found:
    """Raises SearchFailed."""
    wanted = parse(query.query)
    if wanted.wrong:
        return Found(button=inline.no_date(words, wanted.wrong[0]))
    if wanted.is_empty:
        listing = await articles.latest(context.db, size=SIZE, before=_place(query.offset))
        last = listing.teasers[-1] if listing.has_next else None
        return Found(
            listing.teasers,
            "" if last is None else f"{to_ms(last.published_at)},{last.id}",
            "" if listing.teasers or query.offset else inline.no_articles(words),
        )
    first = min(int(query.offset), DEPTH) if _AMOUNT.fullmatch(query.offset) else 0
    listing, meant = await _searched(context, query.query, first)
    button = inline.meant(words, meant) if meant else "" if listing.total else inline.nothing_found(words)
    return Found(listing.teasers, str(first + SIZE) if listing.has_next else "", button)


async def _searched(context: Context, text: str, first: int) -> tuple[Listing, str]:
    """What the text finds; if nothing, what the word finds that may still be typed; if nothing, what may have been
    meant, and that."""
    find = context.services.search.find
    listing = await find(text, size=SIZE, offset=first)
    meant = listing.meant
    if not listing.total and _is_begun(parse(text), parse(f"{text}*")):
        listing = await find(f"{text}*", size=SIZE, offset=first)
    if not listing.total and meant:
        return await find(meant, size=SIZE, offset=first), meant
    return listing, ""


def _is_begun(query: Query, going_on: Query) -> bool:
    """Whether a star behind what was written makes its last word one that goes on, and changes nothing else."""
    if not query.wanted or len(query.wanted[-1].words[-1]) < SHORTEST_BEGINNING:
        return False
    *before, last = query.wanted
    return going_on == replace(query, wanted=(*before, replace(last, kind=Kind.PREFIX))) != query


def _place(offset: str) -> tuple[datetime, int] | None:
    """The place in the newest articles after which to go on; anything may stand there."""
    given = _PLACE.fullmatch(offset)
    try:
        return None if given is None else (from_ms(int(given[1])), int(given[2]))
    except (ValueError, OverflowError):
        return None


async def _answer(context: Context, query: InlineQuery, found: Found, results: Sequence[Result]) -> None:
    """Once more without pictures, marks and buttons if Telegram refuses them: no article keeps the others away."""
    whole: dict[str, Any] = {
        "inline_query_id": query.id,
        "is_personal": True,  # in the person's language
        "cache_time": FRESH_SECONDS if results else 0,
        "next_offset": found.next_offset,
        "button": {"text": found.button, "start_parameter": SEARCH} if found.button else None,
    }
    try:
        await context.bot.call("answerInlineQuery", {**whole, "results": [_shown(each) for each in results]})
    except BadRequest as error:
        if not results or "query is too old" in str(error).lower():
            raise
        log.error("inline results refused: query=%s error=%s", query.id, error)
        await context.bot.call("answerInlineQuery", {**whole, "results": [_bare(each) for each in results]})


def _shown(result: Result) -> dict[str, Any]:
    """An InlineQueryResultArticle."""
    content = send.text(result.message)
    shown = _bare(result)
    shown["input_message_content"] = {"message_text": content.pop("text"), **content}
    if result.thumbnail_url is not None:
        shown["thumbnail_url"] = result.thumbnail_url
    if result.message.keyboard is not None:
        shown["reply_markup"] = result.message.keyboard
    return shown


def _bare(result: Result) -> dict[str, Any]:
    return {
        "type": "article",
        "id": result.id,
        "title": result.title,
        "description": result.description,
        "input_message_content": {"message_text": result.message.text.text},
    }
