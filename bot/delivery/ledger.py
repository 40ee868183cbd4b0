"""What became of a delivery, written down: its row, the chat it concerns, and who must be told, in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime

from bot.clock import Clock
from bot.delivery import doubts
from bot.delivery.evidence import CONSECUTIVE, Seen
from bot.delivery.retry import Again, Halt, Moved, Outcome, Refused, Sent, Simpler, Suspend, Uncertain
from bot.metrics import Metrics
from bot.model import Chat, ChatKind, Delivery, DeliveryState, Effect, Form, NoticeKind, Role
from bot.store import admins, articles, chats, copies, deliveries, maintainers, notices, subscriptions, topics, unwanted
from bot.store.copies import Done
from bot.store.db import Database, Transaction

log = logging.getLogger(__name__)


class Ledger:
    """Writes outcomes; each method returns when it is committed."""

    def __init__(self, db: Database, clock: Clock, metrics: Metrics) -> None:
        self._db = db
        self._clock = clock
        self._metrics = metrics

    async def write(
        self,
        delivery: Delivery,
        chat: Chat,
        decided: Outcome,
        message_ids: Sequence[int],
        began_at: datetime,
        form: Form = Form.UNKNOWN,
        picture: str = "",
    ) -> None:
        """The decision of retry.outcome, carried out. `message_ids`: of all its messages, begun at `began_at`.

        `form`, `picture`: of the messages, when they were sent.
        """
        fresh = message_ids[len(delivery.message_ids) :] if chat.kind in CONSECUTIVE else ()
        seen = [Seen(message_id, began_at, answered=True) for message_id in fresh]

        async def sent(tx: Transaction) -> None:
            await deliveries.mark_sent(tx, delivery.id, message_ids, form, picture)
            await doubts.note(tx, chat.id, *seen)

        if seen and not isinstance(decided, Sent):  # its first messages stand there
            await doubts.note(self._db, chat.id, *seen)
        self._count(delivery, type(decided).__name__)
        match decided:
            case Sent() if seen:
                await self._db.write(sent)
            case Sent():
                await deliveries.mark_sent(self._db, delivery.id, message_ids, form, picture)
            case Again(after=after, error=error, is_ambiguous=is_ambiguous):
                _log("delivery waits", delivery, error)
                not_before = self._clock() + after
                await deliveries.again(self._db, delivery.id, not_before, counted=is_ambiguous, error=error)
            case Uncertain(error=error):
                _log("delivery is uncertain", delivery, error)
                await deliveries.mark_uncertain(self._db, delivery.id, error)
            case Refused(error=error, is_content=is_content):
                await self.refuse(delivery, chat, error, is_content=is_content)
            case Simpler(error=error):  # there is nothing simpler than what was tried
                await self.refuse(delivery, chat, error, is_content=True)
            # Of what was asked for by hand there is no subscription to suspend.
            case Suspend(error=error, topic_only=True) if delivery.subscription_id is None:
                await self.refuse(delivery, chat, error, is_content=False)
            case Suspend():
                await self._suspend(delivery, chat, decided)
            case Moved(to=to):
                await self._move(delivery, to)
            case Halt(error=error):
                log.error("delivery stops: Telegram refuses the token: error=%s", error)
                await self.give_back(delivery)

    async def change(self, delivery: Delivery, done: Done) -> None:
        """What an edit or a recall came to."""
        if done.effect is Effect.IMPOSSIBLE:
            _log(f"{delivery.kind} impossible", delivery, done.error)
        self._count(delivery, done.effect)
        await copies.mark_done(self._db, delivery.id, done)

    async def give_back(self, delivery: Delivery) -> None:
        """Pending again, as if it had not been claimed."""
        await deliveries.again(self._db, delivery.id, self._clock(), counted=False, error=delivery.error)

    async def drop(self, delivery: Delivery, reason: str) -> None:
        """It is not wanted any more, and was not sent now. What an attempt before may have brought stays in doubt."""
        state = await unwanted.end_one(self._db, delivery.id, reason)
        if state is not None:
            self._count(delivery, state)
        if state is DeliveryState.UNCERTAIN:
            _log("delivery is uncertain", delivery, reason)

    async def refuse(self, delivery: Delivery, chat: Chat, error: str, *, is_content: bool) -> None:
        """It ends. What its content was refused for, owners and editors are told."""

        async def work(tx: Transaction) -> None:
            await deliveries.refuse(tx, delivery.id, error)
            if is_content:
                data = {"article_id": delivery.article_id, "chat_id": chat.id, "title": chat.title, "error": error}
                if delivery.article_id is not None and (article := await articles.find(tx, delivery.article_id)):
                    data["article_title"] = article.title
                for maintainer in await maintainers.list(tx):
                    if maintainer.role in (Role.OWNER, Role.EDITOR):
                        await notices.add(tx, maintainer.person_id, NoticeKind.DELIVERY_REFUSED, data)

        log.error("delivery refused: delivery=%d article=%s chat=%d error=%s", *_ids(delivery), error)
        await self._db.write(work)

    def _count(self, delivery: Delivery, event: str) -> None:
        self._metrics.count(f"{delivery.kind}_{event.lower()}")

    async def _suspend(self, delivery: Delivery, chat: Chat, decided: Suspend) -> None:
        """Chat or topic get nothing more; the delivery waits; who looks after it is told when this is new."""
        subscription_id = delivery.subscription_id if decided.topic_only else None

        async def work(tx: Transaction) -> None:
            await deliveries.again(tx, delivery.id, self._clock(), counted=False, error=decided.error)
            told = None
            where = chat
            if subscription_id is None:
                is_new = await chats.suspend(tx, chat.id, decided.reason)
            else:
                is_new = await subscriptions.suspend(tx, subscription_id, decided.reason)
                subscription = await subscriptions.find(tx, subscription_id)
                told = subscription.created_by if subscription is not None else None
                where = topics.in_topic(chat, delivery.topic_id, await topics.names(tx, chat.id))
            if is_new and chat.kind is not ChatKind.PRIVATE:
                data = notices.about(where) | {"reason": str(decided.reason)}
                for person_id in await admins.told_of(tx, chat, told):
                    await notices.add(tx, person_id, NoticeKind.CHAT_SUSPENDED, data)

        _log(f"suspended ({decided.reason})", delivery, decided.error)
        await self._db.write(work)

    async def _move(self, delivery: Delivery, to: int) -> None:
        """The group has become a supergroup: its new id everywhere, and the delivery goes there."""

        async def work(tx: Transaction) -> None:
            await deliveries.again(tx, delivery.id, self._clock(), counted=False)
            await chats.migrate(tx, delivery.chat_id, to)

        log.info("chat moved: chat=%d to=%d", delivery.chat_id, to)
        await self._db.write(work)


def _ids(delivery: Delivery) -> tuple[int, int | None, int]:
    return delivery.id, delivery.article_id, delivery.chat_id


def _log(event: str, delivery: Delivery, error: str) -> None:
    log.warning(
        "%s: delivery=%d article=%s chat=%d attempt=%d error=%s", event, *_ids(delivery), delivery.attempts, error
    )
