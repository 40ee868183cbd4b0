"""One message to Telegram, down the ladder where its content is refused; and what a delivery says."""

import logging
from typing import Any

from telegram import LinkPreviewOptions, Message, ReplyParameters
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.delivery.pace import BULK
from bot.delivery.retry import Policy, Rung, Sent, Simpler, outcome
from bot.model import ArticleState, Delivery
from bot.render.digest import digest
from bot.render.outgoing import TEXT_LIMIT, Outgoing
from bot.render.post import post
from bot.render.words import Words
from bot.store import articles, digests
from bot.store.db import Store

log = logging.getLogger(__name__)


async def message(
    bot: ExtBot[Any],
    chat_id: int,
    outgoing: Outgoing,
    *,
    topic_id: int = 0,
    reply_to: int | None = None,
    silent: bool = False,
    bulk: bool = False,
    paid: bool = False,
) -> Message:
    """The message as it stands in the chat. Raises Telegram's error when even its plain text is refused.

    `bulk`: nobody waits for it, so it lets replies go first; `paid`: with paid broadcast.
    """
    options: dict[str, Any] = {
        "message_thread_id": topic_id or None,
        "reply_parameters": None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True),
        "disable_notification": silent or None,
        "allow_paid_broadcast": paid or None,
        "rate_limit_args": BULK if bulk and bot.rate_limiter is not None else None,
    }
    rung = Rung.FULL if outgoing.photo else Rung.WITHOUT_PHOTO
    while True:
        try:
            return await _once(bot, chat_id, outgoing, rung, options)
        except TelegramError as error:
            decided = outcome(error, attempts=1, policy=Policy.HOLD, rung=rung)
            if not isinstance(decided, Simpler):
                raise
            log.warning("content refused: chat=%d rung=%s error=%s", chat_id, rung.name, decided.error)
            rung = decided.rung


async def edit(bot: ExtBot[Any], message: Message, outgoing: Outgoing) -> None:
    """Puts this in place of what a message says; a photo keeps its picture. That it says so already is success.

    Raises BadRequest where Telegram refuses, as for a message that is gone.
    """
    where: dict[str, Any] = {
        "chat_id": message.chat_id,
        "message_id": message.message_id,
        "reply_markup": outgoing.keyboard,
    }
    text = outgoing.text
    try:
        if message.photo:
            await bot.edit_message_caption(caption=text.text, caption_entities=text.entities, **where)
        else:
            preview = _preview(outgoing)
            await bot.edit_message_text(text.text, entities=text.entities, link_preview_options=preview, **where)
    except BadRequest as error:
        if not isinstance(outcome(error, attempts=1, policy=Policy.HOLD), Sent):
            raise


async def parts_of(store: Store, delivery: Delivery, words: Words, bot_username: str) -> list[Outgoing]:
    """The messages that a delivery is made of; none when what it was about has been withdrawn."""
    if delivery.digest_run_id is not None:
        run = await digests.get(store, delivery.digest_run_id)
        items = await digests.articles_of(store, run.id)
        return digest(items, words, date=run.local_date, bot_username=bot_username)
    article = await articles.find(store, delivery.article_id or 0)
    if article is None or article.state is not ArticleState.PUBLISHED:
        return []
    return [post(article, words, bot_username=bot_username)]


async def _once(bot: ExtBot[Any], chat_id: int, outgoing: Outgoing, rung: Rung, options: dict[str, Any]) -> Message:
    text = outgoing.text
    if rung is Rung.PLAIN:
        plain = text.trimmed(TEXT_LIMIT).text
        return await bot.send_message(chat_id, plain, link_preview_options=LinkPreviewOptions(True), **options)
    if rung is Rung.FULL and outgoing.photo:
        return await bot.send_photo(
            chat_id,
            outgoing.photo,
            caption=text.text,
            caption_entities=text.entities,
            reply_markup=outgoing.keyboard,
            **options,
        )
    return await bot.send_message(
        chat_id,
        text.text,
        entities=text.entities,
        reply_markup=outgoing.keyboard,
        link_preview_options=_preview(outgoing),
        **options,
    )


def _preview(outgoing: Outgoing) -> LinkPreviewOptions:
    """Large and above the text, of the address that is asked for, of a photo too; else off."""
    url = outgoing.preview_url or outgoing.photo
    if url is None:
        return LinkPreviewOptions(is_disabled=True)
    return LinkPreviewOptions(url=url, prefer_large_media=True, show_above_text=True)
