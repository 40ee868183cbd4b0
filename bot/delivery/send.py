"""One message to Telegram, down the ladder where its content is refused; and what a delivery says."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from telegram.error import BadRequest, TelegramError

from bot.delivery import approving, digesting
from bot.delivery.bot import Bot
from bot.delivery.pace import BULK
from bot.delivery.pictures import Upload
from bot.delivery.retry import Policy, Rung, Sent, Simpler, outcome
from bot.delivery.transport import MaybeSent
from bot.model import ArticleState, Delivery, Look, Selection, Subscription
from bot.render.digest import Frame, digest, nothing_new
from bot.render.outgoing import TEXT_LIMIT, Outgoing
from bot.render.post import DEFAULT, post, signed
from bot.render.words import Words
from bot.store import articles, digests, proposals, subscriptions
from bot.store.db import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours as it stands in a chat. A photo keeps its picture: only its caption can be edited."""

    message_id: int
    is_photo: bool = False


async def message(
    bot: Bot,
    chat_id: int,
    outgoing: Outgoing,
    *,
    topic_id: int = 0,
    reply_to: int | None = None,
    silent: bool = False,
    bulk: bool = False,
    paid: bool = False,
) -> Posted:
    """The message as it stands in the chat. Raises Telegram's error when even its plain text is refused.

    `bulk`: nobody waits for it, so it lets replies go first; `paid`: with paid broadcast.
    """
    where: dict[str, Any] = {
        "chat_id": chat_id,
        "message_thread_id": topic_id or None,
        "reply_parameters": None if reply_to is None else {"message_id": reply_to, "allow_sending_without_reply": True},
        "disable_notification": silent or None,
        "allow_paid_broadcast": paid or None,
    }
    rung = Rung.FULL if outgoing.photo else Rung.WITHOUT_PHOTO
    while True:
        rung, photo = await photo_on(bot, outgoing, rung)
        method, content = _content(outgoing, rung, photo)
        try:
            answer = await bot.call(method, where | content, rate_limit_args=BULK if bulk else None, files=photo.files)
        except TelegramError as error:
            decided = outcome(error, attempts=1, policy=Policy.HOLD, rung=rung)
            if not isinstance(decided, Simpler):
                raise
            log.warning("content refused: chat=%d rung=%s error=%s", chat_id, rung.name, decided.error)
            rung = decided.rung
        else:
            remember_upload(bot, outgoing, rung, answer)
            return _posted(answer)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as a parameter of a call, and the file that it names."""

    value: str = ""
    files: Mapping[str, Upload] = field(default_factory=dict)


async def photo_on(bot: Bot, outgoing: Outgoing, rung: Rung) -> tuple[Rung, Photo]:
    """How the picture goes on this rung; without its bytes it is the next one down."""
    if outgoing.photo is None or rung > Rung.UPLOADED:
        return rung, Photo()
    if rung is Rung.FULL:
        known = bot.pictures.file_id(outgoing.photo) if bot.pictures is not None else None
        return rung, Photo(known or outgoing.photo)
    upload = await bot.pictures.get(outgoing.photo) if bot.pictures is not None else None
    if upload is None:
        return Rung.WITHOUT_PHOTO, Photo()
    return rung, Photo("attach://picture", {"picture": upload})


def remember_upload(bot: Bot, outgoing: Outgoing, rung: Rung, answer: Any) -> None:  # noqa: ANN401 - a server's
    """Whoever else is to get the picture need not be sent its bytes."""
    sizes = answer.get("photo") if isinstance(answer, dict) else None
    if rung is Rung.UPLOADED and bot.pictures is not None and outgoing.photo is not None and sizes:
        bot.pictures.uploaded(outgoing.photo, sizes[-1]["file_id"])


async def edit(bot: Bot, chat_id: int, posted: Posted, outgoing: Outgoing) -> None:
    """Puts this in place of what a message says; a photo keeps its picture. That it says so already is success.

    Raises BadRequest where Telegram refuses, as for a message that is gone.
    """
    where = {"chat_id": chat_id, "message_id": posted.message_id, "reply_markup": outgoing.keyboard}
    try:
        if posted.is_photo:
            await bot.call("editMessageCaption", where | caption(outgoing))
        else:
            await bot.call("editMessageText", where | text(outgoing))
    except BadRequest as error:
        if not isinstance(outcome(error, attempts=1, policy=Policy.HOLD), Sent):
            raise


async def parts_of(
    store: Store, delivery: Delivery, words: Words, bot_username: str, look: Look = DEFAULT
) -> list[Outgoing]:
    """The messages that a delivery is made of; none when what it was about has been withdrawn."""
    if delivery.digest_run_id is not None:
        return signed(await digest_parts(store, delivery.digest_run_id, words, bot_username), look)
    article = await articles.find(store, delivery.article_id or 0)
    if article is None or article.state is not ArticleState.PUBLISHED:
        return []
    return [post(article, words, bot_username=bot_username, look=look)]


def caption(outgoing: Outgoing) -> dict[str, Any]:
    """What a photo says, as parameters of a call."""
    return {"caption": outgoing.text.text, "caption_entities": outgoing.text.entities}


def text(outgoing: Outgoing) -> dict[str, Any]:
    """What a text says, as parameters of a call."""
    return {
        "text": outgoing.text.text,
        "entities": outgoing.text.entities,
        "link_preview_options": _preview(outgoing),
    }


def _content(outgoing: Outgoing, rung: Rung, photo: Photo) -> tuple[str, dict[str, Any]]:
    """The method that sends it on this rung of the ladder, and what it says."""
    keyboard = {"reply_markup": outgoing.keyboard or outgoing.reply_keyboard}
    match rung:
        case Rung.PLAIN:
            plain = {"text": outgoing.text.trimmed(TEXT_LIMIT).text, "link_preview_options": {"is_disabled": True}}
            return "sendMessage", plain
        case Rung.FULL | Rung.UPLOADED:
            return "sendPhoto", {"photo": photo.value} | caption(outgoing) | keyboard
        case _:
            return "sendMessage", text(outgoing) | keyboard


def _preview(outgoing: Outgoing) -> dict[str, Any]:
    """Large and above the text, of the address that is asked for, of a photo too; else off."""
    url = outgoing.preview_url or outgoing.photo
    if url is None:
        return {"is_disabled": True}
    return {"url": url, "prefer_large_media": True, "show_above_text": True}


def _posted(answer: Any) -> Posted:  # noqa: ANN401 - whatever a server sent
    if not isinstance(answer, dict) or not isinstance(answer.get("message_id"), int):
        raise MaybeSent("the answer could not be read: it names no message")
    return Posted(answer["message_id"], is_photo="photo" in answer)


async def digest_parts(
    store: Store, run_id: int, words: Words, bot_username: str, frame: Frame | None = None
) -> list[Outgoing]:
    """The messages of a digest, with its articles as they are now; none when all of them have been withdrawn.

    `frame`: the one that it was posted with; None: as its subscription says.
    """
    run = await digests.get(store, run_id)
    if run.is_burst:
        frame = Frame()
    elif frame is None:
        one = await subscriptions.find(store, run.subscription_id)
        frame = Frame() if one is None else frame_of(one.name, one.selection)
    if not run.article_ids:
        return nothing_new(words, date=run.local_date, frame=frame)
    items = await digests.articles_of(store, run.id)
    return digest(items, words, date=run.local_date, bot_username=bot_username, frame=frame)


async def preview_of(store: Store, one: Subscription, words: Words, bot_username: str) -> list[Outgoing]:
    """The messages of the digest if it went now, of the one that its admins are asked about if there is one; none when
    nothing waits."""
    proposal = await proposals.open_of(store, one.id)
    if proposal is not None:
        items, today = await approving.contents(store, one, proposal.run_id), proposal.due_at
    else:
        items = [await articles.get(store, article_id) for article_id in await digesting.preview(store, one)]
        today = store.now()
    date = today.astimezone(ZoneInfo(one.schedule.timezone)).date()
    frame = frame_of(one.name, one.selection)
    return signed(digest(items, words, date=date, bot_username=bot_username, frame=frame), one.look)


def frame_of(name: str, selection: Selection) -> Frame:
    """What stands around the articles of such digests."""
    return Frame(name, selection.header, selection.footer, selection.by_tag)
