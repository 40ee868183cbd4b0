"""Edits and recalls: what stands at a destination becomes what the article is now. Nothing is ever posted anew.

Unlike a post an edit may be repeated: what a lost answer left in doubt is simply done again.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from telegram.error import BadRequest, TelegramError

from bot.delivery import send
from bot.delivery.bot import Bot
from bot.delivery.pace import BULK
from bot.delivery.retry import Again, Outcome, Policy, Refused, Rung, Sent, Simpler, Suspend, Uncertain, outcome
from bot.model import Article, ArticleState, Copy, Delivery, DeliveryKind, DeliveryState, Effect, Form, Unedited
from bot.render.outgoing import TEXT_LIMIT, Outgoing
from bot.render.post import post, signed
from bot.render.revisions import withdrawn
from bot.render.text import join
from bot.render.words import Words
from bot.store import articles, copies, deliveries
from bot.store.copies import Done
from bot.store.db import Store

log = logging.getLogger(__name__)

ATTEMPTS = 8  # that may have been in vain; then it is impossible
_FIRST_PAUSE, _LAST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
_RANK = (Effect.UNCHANGED, Effect.DELETED, Effect.CHANGED, Effect.LOST, Effect.IMPOSSIBLE)
_IN_DOUBT = (DeliveryState.SENDING, DeliveryState.UNCERTAIN, DeliveryState.EXPIRED)


async def bring_up_to_date(store: Store, bot: Bot, delivery: Delivery, words: Words) -> Done | None:
    """What came of it for all copies at the delivery's destination; None: there is nothing to do.

    Raises Telegram's error where that says nothing about the copies, but about the chat, the bot or the connection.
    """
    article = await articles.get(store, delivery.article_id or 0)
    is_withdrawn = article.state is not ArticleState.PUBLISHED
    if is_withdrawn and delivery.kind is DeliveryKind.EDIT:
        return None  # its recall comes next
    done: list[Done] = []
    for copy in await copies.at(store, article.id, delivery.chat_id, delivery.topic_id):
        parts = await _parts(store, copy, article, words, bot.username)
        done.append(await _bring(store, bot, delivery, copy, parts, words, is_withdrawn=is_withdrawn))
    return _worst(done) if done else None


def judge(error: Exception, delivery: Delivery, decided: Outcome) -> Outcome | Done:
    """What `decided` for a post means for an edit, which may be repeated, and concerns no other message."""
    match decided:
        case Uncertain() | Again(is_ambiguous=True) if delivery.attempts < ATTEMPTS:
            pause = min(_FIRST_PAUSE * 2 ** (delivery.attempts - 1), _LAST_PAUSE)
            return Again(pause, decided.error, is_ambiguous=True)
        case Uncertain() | Again(is_ambiguous=True) | Refused() | Simpler() | Suspend(topic_only=True):
            return Done(Effect.IMPOSSIBLE, str(error) or type(error).__name__)
        case _:
            return decided


def picture_of(url: str | None) -> str:
    """What tells a picture's address from another's; "" for none."""
    return blake2b(url.encode("utf-8", "replace"), digest_size=6).hexdigest() if url else ""


async def _parts(store: Store, copy: Copy, article: Article, words: Words, bot_username: str) -> list[Outgoing]:
    """What the copy's messages are to say, in its look and of its form; none when nothing of it is left."""
    if copy.digest_run_id is not None:
        frame = send.frame_of(copy.name, copy.selection)
        return signed(await send.digest_parts(store, copy.digest_run_id, words, bot_username, frame), copy.look)
    if article.state is not ArticleState.PUBLISHED:
        return []
    may_be_photo = copy.form is not Form.TEXT  # then it cannot become a text, whatever the look is by now
    return [post(article, words, bot_username=bot_username, look=copy.look, as_photo=may_be_photo)]


async def _bring(
    store: Store,
    bot: Bot,
    delivery: Delivery,
    copy: Copy,
    parts: Sequence[Outgoing],
    words: Words,
    *,
    is_withdrawn: bool,
) -> Done:
    """One copy, message by message. A digest that has become longer gets no further message."""
    if copy.form is Form.GONE:
        return Done(Effect.LOST, Unedited.OUT_OF_REACH)
    room = len(copy.message_ids)
    if copy.state in _IN_DOUBT or not room:
        for message_id, part in zip(copy.message_ids, parts, strict=False):  # the first of a digest may be known
            await _put(bot, delivery.chat_id, message_id, copy, part)
        return Done(Effect.IMPOSSIBLE, Unedited.UNKNOWN)
    if copy.state is not DeliveryState.SENT:
        parts = parts[:room]  # of a digest; its other messages have not gone
    if len(parts) > room:
        if not is_withdrawn:
            return Done(Effect.IMPOSSIBLE, Unedited.TOO_LONG)
        rest = join("\n\n", [part.text for part in parts[room - 1 :]]).trimmed(TEXT_LIMIT)
        parts = [*parts[: room - 1], Outgoing(rest)]
    done = [
        await _put(bot, delivery.chat_id, message_id, copy, part)
        for message_id, part in zip(copy.message_ids, parts, strict=False)
    ]
    kept = list(copy.message_ids)
    for message_id in copy.message_ids[len(parts) :]:
        done.append(await _remove(bot, delivery, message_id, copy, withdrawn(words)))
        if done[-1].effect in (Effect.DELETED, Effect.LOST):
            kept.remove(message_id)
            if len(copy.message_ids) > 1:  # should the next one fail, this one is known to be deleted
                await deliveries.progress(store, delivery.id, sorted(set(copy.message_ids) - set(kept)))
    left = replace(copy, message_ids=tuple(kept), form=copy.form if kept else Form.GONE)
    return _worst([*done, Done(Effect.UNCHANGED, copies=(left,))] if left != copy else done)


async def _put(bot: Bot, chat_id: int, message_id: int, copy: Copy, outgoing: Outgoing) -> Done:
    """The message says this now, down the ladder where that is refused."""
    picture = picture_of(outgoing.photo)
    is_photo = copy.form is Form.PHOTO
    is_new_picture = bool(picture) and not (is_photo and picture == copy.picture)
    rung = Rung.FULL if is_new_picture else Rung.WITHOUT_PHOTO
    effect, refused = Effect.CHANGED, ""
    while True:
        rung, photo = await send.photo_on(bot, outgoing, rung)
        method, content = _content(outgoing, rung, photo, is_photo=is_photo)
        where = {"chat_id": chat_id, "message_id": message_id}
        try:
            answer = await bot.call(method, where | content, rate_limit_args=BULK, files=photo.files)
            send.remember_upload(bot, outgoing, rung, answer)
            break
        except TelegramError as error:
            if "no text in the message" in error.message and not is_photo:
                is_photo = True  # posted before its form was known
                continue
            match outcome(error, attempts=1, policy=Policy.HOLD, rung=rung):
                case Sent():
                    effect = Effect.UNCHANGED
                    break
                case Simpler(rung=down, error=refused):
                    log.warning("edit refused: chat=%d rung=%s error=%s", chat_id, rung.name, refused)
                    rung = down
                case Refused(error=text):
                    return Done(Effect.LOST if _is_gone(text) else Effect.IMPOSSIBLE, text)
                case _:
                    raise
    return _put_done(copy, effect, rung, refused, picture=picture, is_photo=is_photo)


def _put_done(copy: Copy, effect: Effect, rung: Rung, refused: str, *, picture: str, is_photo: bool) -> Done:
    if rung <= Rung.UPLOADED:
        return Done(effect, copies=(replace(copy, form=Form.PHOTO, picture=picture),))
    if is_photo and picture != copy.picture:  # it shows the old one
        return Done(Effect.IMPOSSIBLE, refused or Unedited.PICTURE_STAYS)
    return Done(effect)


def _content(outgoing: Outgoing, rung: Rung, photo: send.Photo, *, is_photo: bool) -> tuple[str, dict[str, Any]]:
    """The method that puts it in place on this rung of the ladder, and what it says."""
    keyboard = {"reply_markup": outgoing.keyboard}
    match rung:
        case Rung.FULL | Rung.UPLOADED:
            media = {"type": "photo", "media": photo.value} | send.caption(outgoing)
            return "editMessageMedia", {"media": media} | keyboard
        case Rung.PLAIN if is_photo:
            return "editMessageCaption", {"caption": outgoing.text.text}
        case Rung.PLAIN:
            return "editMessageText", {"text": outgoing.text.text, "link_preview_options": {"is_disabled": True}}
        case _ if is_photo:
            return "editMessageCaption", send.caption(outgoing) | keyboard
        case _:
            return "editMessageText", send.text(outgoing) | keyboard


async def _remove(bot: Bot, delivery: Delivery, message_id: int, copy: Copy, instead: Outgoing) -> Done:
    """The message is deleted, or says `instead` where Telegram does not allow that: too old, or no right to."""
    try:
        await bot.call("deleteMessage", {"chat_id": delivery.chat_id, "message_id": message_id}, rate_limit_args=BULK)
    except BadRequest as error:
        if not _is_gone(error.message):
            log.info("message not deleted: chat=%d error=%s", delivery.chat_id, error.message)
            return await _put(bot, delivery.chat_id, message_id, copy, instead)
        if delivery.attempts == 1 and message_id not in delivery.message_ids:
            return Done(Effect.LOST, error.message)
        # Deleted by an attempt before, whose answer was lost.
    return Done(Effect.DELETED)


def _is_gone(error: str) -> bool:
    text = error.casefold()
    return "message to edit not found" in text or "message to delete not found" in text or "message_id_inv" in text


def _worst(done: Sequence[Done]) -> Done:
    """One answer for several messages or copies: the effect that says most."""
    worst = max(done, key=lambda each: _RANK.index(each.effect))
    return replace(worst, copies=tuple(copy for each in done for copy in each.copies))
