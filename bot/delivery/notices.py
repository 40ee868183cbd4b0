"""What persons must be told goes to them, once, in private."""

import logging
from collections.abc import Callable
from dataclasses import replace

from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.delivery import send
from bot.delivery.bot import Bot
from bot.delivery.retry import Again, Halt, Policy, Rung, Suspend, outcome
from bot.model import Notice, NoticeKind, Schedule
from bot.render import notices as render
from bot.render.doubts import LIMIT as QUESTION_LIMIT
from bot.render.keyboards import Menu
from bot.render.words import Words
from bot.store import chats, deliveries, doubts, notices, restored
from bot.store.db import Database

log = logging.getLogger(__name__)

BATCH = 50


async def send_due(db: Database, bot: Bot, words: Callable[[str], Words], *, key: bytes, schedule: Schedule) -> int:
    """How many notices were sent to people who have started the bot; the others wait.

    `words` by language code, `key` seals the buttons, `schedule` is what Daily on a channel's card means. Not to be run
    twice at once.
    """
    sent = 0
    for notice in await notices.due(db, BATCH):
        if db.fault is not None:
            break  # that one was told could not be noted: it would be told again and again
        try:
            sent += await _send(db, bot, words, notice, key, schedule)
        except Exception:  # one notice that cannot be written stops no other
            log.exception("notice failed: notice=%d person=%d kind=%s", notice.id, notice.person_id, notice.kind)
    return sent


async def _send(
    db: Database, bot: Bot, words: Callable[[str], Words], notice: Notice, key: bytes, schedule: Schedule
) -> bool:
    person = await chats.get(db, notice.person_id)
    notice = await _with_facts(db, notice)
    chat_id = notice.data.get("chat_id") or 0
    facts = render.Facts(
        schedule,
        bot.username,
        uncertain=await doubts.listed(db, chat_id, QUESTION_LIMIT),
        missed=await deliveries.missed(db, chat_id),
    )
    if notice.kind is NoticeKind.DELIVERY_UNCERTAIN and not facts.uncertain:  # it has ended meanwhile
        await notices.mark_sent(db, notice.id)
        return False
    if notice.kind is NoticeKind.WEEKLY_REPORT:
        is_admin = await _is_admin(bot, chat_id, person.id)
        if is_admin is False:
            await notices.mark_sent(db, notice.id)
        if not is_admin:
            return False
    outgoing = render.notice(notice, words(person.language), Menu(key, person.id), facts)
    try:
        await send.message(bot, person.id, outgoing)
    except TelegramError as error:
        decided = outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN)
        log.warning("notice not sent: notice=%d person=%d error=%s", notice.id, person.id, error.message)
        match decided:
            case Again() | Halt():
                return False
            case Suspend(reason=reason):
                await chats.suspend(db, person.id, reason)
                return False
            case _:  # refused, or it may have arrived: told once at most
                await notices.mark_sent(db, notice.id)
                return False
    await notices.mark_sent(db, notice.id)
    return True


async def _is_admin(bot: Bot, chat_id: int, person_id: int) -> bool | None:
    """Whether who connected a chat may still know how it goes there; None: Telegram cannot be asked now."""
    try:
        member = await bot.get_chat_member(chat_id, person_id)
    except (BadRequest, Forbidden):
        return False
    except TelegramError as error:
        log.warning("admin not confirmed: chat=%d error=%s", chat_id, error.message)
        return None
    return member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)


async def _with_facts(db: Database, notice: Notice) -> Notice:
    """The notice; what an owner decides on is as it is now, not as it was when the question came up."""
    if notice.kind is not NoticeKind.STORE_RESTORED or (found := await restored.find(db)) is None:
        return notice
    due = await restored.due(db)
    facts = {"pushes": due.pushes, "articles": due.articles}
    if found.made_at is not None:
        facts["age_seconds"] = max(0, int((db.now() - found.made_at).total_seconds()))
    return replace(notice, data=facts)
