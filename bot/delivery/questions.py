"""The questions about digests that their admins wish to see first: sent to them, and kept as the proposals stand."""

import logging
from collections.abc import Callable

from telegram.error import TelegramError

from bot.delivery import approving, send
from bot.delivery.admins import ADMINS
from bot.delivery.bot import Bot
from bot.delivery.retry import Again, Halt, Policy, Rung, Suspend, Uncertain, outcome
from bot.model import Chat, ChatKind, Proposal
from bot.render import approval as render
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import chats, proposals, restored, subscriptions, topics
from bot.store.db import Database, Store
from bot.store.proposals import Question

log = logging.getLogger(__name__)

BATCH = 50


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
    return render.Proposed(await topics.destination_of(store, one), one, proposal, items)


async def _show(db: Database, bot: Bot, words: Words, question: Question, key: bytes) -> bool:
    proposal, chat = question.proposal, question.chat
    asked = await proposed(db, proposal)
    try:
        is_wanted = bool(question.message_id) if asked is None else await _may_see(bot, asked, chat)
        if not is_wanted:
            await proposals.forget(db, proposal, chat.id, question.message_id)
            return False
    except TelegramError as error:
        log.info("admin not confirmed: run=%d chat=%d error=%s", proposal.run_id, chat.id, error.message)
        return False
    menu = Menu(key, chat.id)
    outgoing = (
        render.removed(words) if asked is None else render.question(asked, words, menu, bot_username=bot.username)
    )
    try:
        message_id = await _put(bot, question, outgoing)
    except TelegramError as error:
        log.warning("question not shown: run=%d chat=%d error=%s", proposal.run_id, chat.id, error.message)
        await _judge(db, question, error)
        return False
    await proposals.note_shown(db, proposal, chat.id, message_id)
    return True


async def _may_see(bot: Bot, asked: render.Proposed, where: Chat) -> bool:
    """Whether it may be shown there: to an admin in private, or in the chat itself. Raises TelegramError: unknown."""
    if where.kind is not ChatKind.PRIVATE or where.id == asked.chat.id:
        return where.id == asked.chat.id
    return (await bot.get_chat_member(asked.chat.id, where.id)).status in ADMINS


async def _put(bot: Bot, question: Question, outgoing: Outgoing) -> int:
    """The message that shows it."""
    if not question.message_id:
        return (await send.message(bot, question.chat.id, outgoing)).message_id
    await send.edit(bot, question.chat.id, send.Posted(question.message_id), outgoing)
    return question.message_id


async def _judge(db: Database, question: Question, error: TelegramError) -> None:
    """It is tried again later, or there is no such message; who cannot be written to is asked when that is mended."""
    match outcome(error, attempts=1, policy=Policy.HOLD, rung=Rung.PLAIN):
        case Again() | Halt() | Uncertain():  # one too many does no harm
            return
        case Suspend(reason=reason) if not question.message_id and question.chat.kind is ChatKind.PRIVATE:
            await chats.suspend(db, question.chat.id, reason)
        case _:
            await proposals.forget(db, question.proposal, question.chat.id, question.message_id)
