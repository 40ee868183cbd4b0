"""The questions about digests that their admins wish to see first: sent to them, and kept as the proposals stand."""

import logging
from collections.abc import Callable

from telegram import ChatMember
from telegram.error import TelegramError

from bot.delivery import approving, send
from bot.delivery.bot import Bot
from bot.delivery.retry import Again, Halt, Policy, Rung, Suspend, outcome
from bot.model import Chat, ChatKind, Proposal
from bot.render import approval as render
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import chats, proposals, restored, subscriptions
from bot.store.db import Database, Store
from bot.store.proposals import Question

log = logging.getLogger(__name__)

BATCH = 50
_ADMINS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


async def show_due(db: Database, bot: Bot, words: Callable[[str], Words], *, key: bytes) -> int:
    """How many questions were sent, or edited to say how their proposal stands.

    Those to people who have not started the bot, or blocked it, wait and stop nothing. Not to be run twice at once.
    """
    done = 0
    if await restored.find(db):
        return done
    for question in await proposals.stale(db, BATCH):
        if db.fault is not None:
            break
        try:
            done += await _show(db, bot, words(question.chat.language), question, key)
        except Exception:  # one question stops no other
            log.exception("question failed: run=%d chat=%d", question.proposal.run_id, question.chat.id)
    return done


async def proposed(store: Store, proposal: Proposal) -> render.Proposed | None:
    """What a question shows; None: the digest has been removed."""
    one = await subscriptions.find(store, proposal.subscription_id)
    if one is None:
        return None
    items = await approving.contents(store, one, proposal.run_id)
    return render.Proposed(await chats.get(store, one.chat_id), one, proposal, items)


async def _show(db: Database, bot: Bot, words: Words, question: Question, key: bytes) -> bool:
    proposal, person = question.proposal, question.chat
    asked = await proposed(db, proposal)
    menu = Menu(key, person.id)
    outgoing = (
        render.removed(words) if asked is None else render.question(asked, words, menu, bot_username=bot.username)
    )
    is_new = not question.message_id
    if is_new and (asked is None or not await _is_admin(bot, asked.chat, person.id)):
        await proposals.forget(db, proposal, person.id, 0)
        return False
    try:
        message_id = await _put(bot, question, outgoing)
    except TelegramError as error:
        log.warning("question not shown: run=%d chat=%d error=%s", proposal.run_id, person.id, error.message)
        await _judge(db, question, error)
        return False
    await proposals.note_shown(db, proposal, person.id, message_id)
    return True


async def _put(bot: Bot, question: Question, outgoing: Outgoing) -> int:
    """The message that shows it."""
    if not question.message_id:
        return (await send.message(bot, question.chat.id, outgoing)).message_id
    await send.edit(bot, question.chat.id, send.Posted(question.message_id), outgoing)
    return question.message_id


async def _judge(db: Database, question: Question, error: TelegramError) -> None:
    """It is tried again later, or there is no such message; who cannot be written to is asked when that is mended."""
    match outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN):
        case Again() | Halt():
            return
        case Suspend(reason=reason) if not question.message_id and question.chat.kind is ChatKind.PRIVATE:
            await chats.suspend(db, question.chat.id, reason)
        case _:
            await proposals.forget(db, question.proposal, question.chat.id, question.message_id)


async def _is_admin(bot: Bot, chat: Chat, person_id: int) -> bool:
    """Whoever is no admin any more is not asked. Raises TelegramError: nobody knows now."""
    if chat.kind is ChatKind.PRIVATE:
        return chat.id == person_id
    member = await bot.get_chat_member(chat.id, person_id)
    return member.status in _ADMINS
