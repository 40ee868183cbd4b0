"""Doubts come to an end: by evidence, by asking who looks after the chat, by their expiry."""

import logging
from datetime import timedelta
from itertools import groupby

from bot.clock import Clock
from bot.delivery import evidence
from bot.delivery.evidence import NotDelivered, Open, Seen
from bot.model import ChatKind, NoticeKind
from bot.store import admins, chats, doubts, notices
from bot.store.db import Database, Store, Transaction

log = logging.getLogger(__name__)


async def note(store: Store, chat_id: int, *seen: Seen) -> int:
    """How many doubtful posts of a channel or supergroup are to be sent again, now that these messages were seen there.

    They are given in the order of their ids.
    """

    async def work(tx: Transaction) -> int:
        disproved = 0
        for message in seen:
            for doubt in await doubts.of_chat(tx, chat_id):
                match evidence.weigh(doubt, message):
                    case NotDelivered():
                        await doubts.disprove(tx, doubt.delivery_id)
                        log.info("doubt ended: delivery=%d chat=%d by=evidence", doubt.delivery_id, chat_id)
                        disproved += 1
                    case Open(after_id) if after_id != doubt.after_id:
                        await doubts.narrow(tx, doubt.delivery_id, after_id)
        if seen:
            await chats.note_message(tx, chat_id, seen[-1].message_id)
        return disproved

    return await store.write(work)


async def ask_due(db: Database, clock: Clock) -> int:
    """How many chats' admins are asked what arrived there: once for each doubt, with all others of that chat."""
    asked = 0
    for chat_id, open_ones in groupby(await doubts.unasked(db), key=lambda doubt: doubt.chat_id):
        if min(map(evidence.ask_at, open_ones)) <= clock():
            await _ask(db, chat_id)
            asked += 1
    return asked


async def expire(db: Database, clock: Clock, after: timedelta) -> int:
    """How many were in doubt for so long that they are given up."""
    expired = await doubts.expire(db, clock() - after)
    if expired:
        log.warning("doubts expired: deliveries=%d after=%.0fs", expired, after.total_seconds())
    return expired


async def _ask(db: Database, chat_id: int) -> None:
    async def work(tx: Transaction) -> None:
        chat = await chats.get(tx, chat_id)
        await doubts.mark_asked(tx, chat_id)
        is_private = chat.kind is ChatKind.PRIVATE
        for person_id in [chat.id] if is_private else await admins.looking_after(tx, chat):  # none: /outbox shows them
            await notices.add(tx, person_id, NoticeKind.DELIVERY_UNCERTAIN, notices.about(chat))

    log.info("doubts asked about: chat=%d", chat_id)
    await db.write(work)
