"""What could not be sent to goes on: what was missed meanwhile is offered, not poured out."""

import logging
from datetime import timedelta

from bot.clock import Clock
from bot.delivery.retry import Reason
from bot.model import ChatKind, NoticeKind
from bot.store import admins, chats, deliveries, notices, subscriptions
from bot.store.db import Database, Store, Transaction

log = logging.getLogger(__name__)

TRY_TOPICS_AFTER = timedelta(hours=1)  # a closed topic whose opening we were not told of


async def resume(store: Store, chat_id: int, told: int | None) -> bool:
    """The chat can be written to again; `told` (None: who looks after it) is offered what it missed.

    False: it was not suspended.
    """

    async def work(tx: Transaction) -> bool:
        if not await chats.resume(tx, chat_id):
            return False
        chat = await chats.get(tx, chat_id)
        missed = await deliveries.set_aside(tx, chat_id)
        log.info("chat resumed: chat=%d missed=%d", chat_id, missed)
        is_news = missed or (chat.kind is not ChatKind.PRIVATE and await subscriptions.of_chat(tx, chat_id))
        if is_news:
            for person_id in [told] if told is not None else await admins.looking_after(tx, chat):
                await notices.add(tx, person_id, NoticeKind.CHAT_RESUMED, notices.about(chat))
        return True

    return await store.write(work)


async def try_topics(db: Database, clock: Clock) -> int:
    """How many subscriptions of closed topics are tried again."""
    return await subscriptions.try_again(db, Reason.TOPIC, clock() - TRY_TOPICS_AFTER)
