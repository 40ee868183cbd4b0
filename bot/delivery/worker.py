"""The worker: claims due deliveries, sends them side by side, one in flight a chat, and writes what became of each.

`sending` is committed before the first byte leaves, and each answer is written as it arrives; so what a crash leaves
`sending` counts as one attempt that may have arrived (store.deliveries.recover).
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock, utcnow
from bot.delivery import edit, pins, send
from bot.delivery.bot import Bot
from bot.delivery.compose import Composer
from bot.delivery.ledger import Ledger
from bot.delivery.pace import Pacer
from bot.delivery.retry import Again, Halt, Outcome, Policies, Rung, Sent, outcome
from bot.delivery.unwritten import Unwritten
from bot.errors import PaperboyError, StoreFault
from bot.metrics import Metrics
from bot.model import Chat, Delivery, DeliveryKind, Form
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import claims, deliveries, restored
from bot.store.claims import Claim
from bot.store.copies import Done
from bot.store.db import Database
from bot.store.merging import Merging

log = logging.getLogger(__name__)

WIDTH = 100  # deliveries in flight: enough for 1,000 a second with answers that take 100 ms
GATHER_SECONDS = 0.01  # a claim costs the same for one and for many: while messages are under way it waits for several
TICK_SECONDS = 1.0  # how soon what another process wrote is noticed
PATIENCE = timedelta(seconds=15)  # for what is in flight at the end: the read timeout and 5 s
DEFAULT_POLICIES = Policies()
DEFAULT_MERGING = Merging()


class Worker:
    """Sends what is due until it is stopped. `words` by language code; `bot` must be initialised.

    With a Pacer as the bot's rate limiter, chats that must wait are not claimed from, so they cost no slot.
    """

    def __init__(
        self,
        db: Database,
        bot: Bot,
        words: Callable[[str], Words],
        *,
        clock: Clock = utcnow,
        policy: Policies = DEFAULT_POLICIES,
        merging: Merging = DEFAULT_MERGING,
        width: int = WIDTH,
        paid: bool = False,
        metrics: Metrics | None = None,
    ) -> None:
        self._db = db
        self._bot = bot
        self._words = words
        self._clock = clock
        self._policy = policy
        self._merging = merging
        self._width = width
        self._paid = paid
        self._ledger = Ledger(db, clock, metrics or Metrics())
        self._composer = Composer(db)
        self.unwritten = Unwritten()  # while it holds anything, nothing more is claimed
        self._pacer = bot.rate_limiter if isinstance(bot.rate_limiter, Pacer) else None
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by chat
        self._wake = asyncio.Event()  # there may be something to claim
        self._plan_at = 0.0  # by the loop's time: others announce too
        self._filling = asyncio.Lock()
        self._stopping = False
        self._halted = ""
        self._failures = 0  # times in a row that Telegram was out of reach
        self._offline_until: datetime | None = None

    def wake(self) -> None:
        """Something may be due; look now rather than at the next tick."""
        self._plan_at = 0.0
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped. Raises PaperboyError when Telegram refuses the token; the queue is kept."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._wake.clear()
            try:
                if self._plan_at <= loop.time():
                    self._plan_at = loop.time() + TICK_SECONDS
                await self._fill()
            except Exception as error:  # it is tried again; a fault of the store stands in the log already
                if StoreFault.of(error) is None:
                    log.exception("delivery: nothing could be claimed")
            self._raise_if_halted()
            await self._rest()

    async def step(self) -> int:
        """Claim once and wait for what was claimed; how many that was."""
        claimed = await self._fill()
        await asyncio.gather(*self._tasks.values())
        self._raise_if_halted()
        return claimed

    async def run_until_idle(self) -> None:
        """Send everything that is due now, also what waits for a second of pacing; not what is due later."""
        while await self.step() or await self._is_paced():
            pass

    async def stop(self, patience: timedelta = PATIENCE) -> None:
        """Claim no more and wait for what is in flight. What is not done then stays `sending`: the next start knows."""
        self._stopping = True
        self.wake()
        async with self._filling:
            tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                log.warning("delivery stopped with answers outstanding: deliveries=%d", len(late))
        with suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                await self.unwritten.flush()
        if self.unwritten:
            log.error("delivery stopped with outcomes that could not be written: deliveries=%d", len(self.unwritten))

    async def _fill(self) -> int:
        """Claims as many as there are free slots and starts them."""
        async with self._filling:
            now = self._clock()
            free = self._width - len(self._tasks)
            if self._pacer is not None:
                free = min(free, self._pacer.room())
            is_offline = self._offline_until is not None and now < self._offline_until
            if self._stopping or self._halted or is_offline or free <= 0:
                return 0
            if self._db.fault is not None or not await self.unwritten.flush():
                return 0
            due_at = await deliveries.next_due_at(self._db)
            if due_at is None or due_at > now or await restored.find(self._db):
                return 0
            paced = self._pacer.busy() if self._pacer is not None else {}
            busy = {*self._tasks, *(chat for chat in paced if isinstance(chat, int))}
            claimed = await claims.take(self._db, now, free, busy_chats=busy, merging=self._merging)
            for claim in claimed:
                self._start(claim)
            return len(claimed)

    def _start(self, claim: Claim) -> None:
        delivery = claim.delivery
        task = asyncio.create_task(self._deliver(claim), name=f"delivery {delivery.id}")
        self._tasks[delivery.chat_id] = task

        def done(_: asyncio.Task[None]) -> None:
            del self._tasks[delivery.chat_id]
            self._wake.set()

        task.add_done_callback(done)

    async def _deliver(self, claim: Claim) -> None:
        """One delivery from claim to ledger. What goes wrong here stops no other."""
        delivery, chat = claim.delivery, claim.chat
        try:
            if delivery.kind is not DeliveryKind.POST:
                await self._change(delivery, chat)
                return
            has_ended = claim.silent is None and delivery.subscription_id is not None
            if has_ended:  # while this was being tried; subscriptions.remove has seen to the rest
                await self.unwritten.write(delivery, partial(self._ledger.drop, delivery, "unsubscribed"))
                return
            try:
                words = self._words(chat.language)
                parts = await self._composer.parts_of(claim, words, self._bot.username)
            except Exception as error:
                if StoreFault.of(error) is not None:
                    raise
                log.exception("delivery cannot be written: delivery=%d", delivery.id)
                why = f"cannot be written: {type(error).__name__}"
                await self.unwritten.write(delivery, partial(self._ledger.refuse, delivery, chat, why, is_content=True))
                return
            if parts:
                await self._send(delivery, chat, parts, silent=bool(claim.silent))
            else:
                await self.unwritten.write(delivery, partial(self._ledger.drop, delivery, "withdrawn"))
        except Exception as error:
            if StoreFault.of(error) is not None:  # in reading what to send: nothing was sent
                await self.unwritten.write(delivery, partial(self._ledger.give_back, delivery))
                return
            # The row stays `sending`, and the next start counts it as doubtful.
            log.exception("delivery has no recorded outcome: delivery=%d chat=%d", delivery.id, delivery.chat_id)

    async def _send(self, delivery: Delivery, chat: Chat, parts: list[Outgoing], *, silent: bool) -> None:
        """The parts that have not gone yet, one after another; the first failure decides for all."""
        began_at = self._clock()
        sent = list(delivery.message_ids)
        form, picture = Form.TEXT, ""
        error: Exception | None = None
        for part in parts[len(sent) :]:
            if self._stopping:  # told so since it was claimed, or between two parts
                await self.unwritten.write(delivery, partial(self._ledger.give_back, delivery))
                return
            try:
                posted = await send.message(
                    self._bot,
                    delivery.chat_id,
                    part,
                    topic_id=delivery.topic_id,
                    silent=silent,
                    bulk=True,
                    paid=self._paid,
                )
            except Exception as failure:  # noqa: BLE001  (every failure has a decision, see retry)
                error = failure
                break
            sent.append(posted.message_id)
            if posted.is_photo:
                form, picture = Form.PHOTO, edit.picture_of(part.photo)
            if len(sent) < len(parts):
                await self.unwritten.write(delivery, partial(deliveries.progress, self._db, delivery.id, tuple(sent)))
        decided = self._decide(delivery, chat, error)
        write = partial(self._ledger.write, delivery, chat, decided, sent, began_at, form, picture)
        await self.unwritten.write(delivery, write)
        if isinstance(decided, Sent) and delivery.digest_run_id is not None and sent:
            await pins.pin(self._db, self._bot, delivery, sent[0])

    async def _change(self, delivery: Delivery, chat: Chat) -> None:
        """An edit or a recall: what stands there is brought up to date; the outcome is judged as a post's first."""
        if self._stopping:
            await self.unwritten.write(delivery, partial(self._ledger.give_back, delivery))
            return
        began_at = self._clock()
        judged: Outcome | Done | None
        try:
            judged = await edit.bring_up_to_date(self._db, self._bot, delivery, self._words(chat.language))
            self._decide(delivery, chat, None)
        except Exception as error:
            if StoreFault.of(error) is not None:  # to edit once more does no harm
                raise
            judged = edit.judge(error, delivery, self._decide(delivery, chat, error))
        match judged:
            case None:
                await self.unwritten.write(delivery, partial(self._ledger.drop, delivery, "nothing to do"))
            case Done():
                await self.unwritten.write(delivery, partial(self._ledger.change, delivery, judged))
            case _:
                write = partial(self._ledger.write, delivery, chat, judged, delivery.message_ids, began_at)
                await self.unwritten.write(delivery, write)

    def _decide(self, delivery: Delivery, chat: Chat, error: Exception | None) -> Outcome:
        decided = outcome(
            error,
            attempts=delivery.attempts,
            policy=self._policy.of(chat.kind),
            rung=Rung.PLAIN,  # send.message has been down the ladder
            failures=self._failures,
            jitter=random.random(),  # noqa: S311
        )
        match decided:
            case Again(is_offline=True):
                self._offline(decided.after)
            case Halt(error=text):
                self._halted = text
            case _:
                self._failures, self._offline_until = 0, None
        return decided

    def _offline(self, pause: timedelta) -> None:
        """Telegram is out of reach: claim nothing for a while. Those in flight together count once."""
        now = self._clock()
        if self._offline_until is None or now >= self._offline_until:
            self._failures += 1
            self._offline_until = now + pause
            log.warning("Telegram is out of reach: failures=%d again_in=%.0fs", self._failures, pause.total_seconds())

    def _raise_if_halted(self) -> None:
        if self._halted:
            raise PaperboyError(
                f"telegram.token: Telegram refuses it ({self._halted}); ask @BotFather for a valid one. "
                "What is due waits in the store"
            )

    async def _rest(self) -> None:
        """Until woken, until the next tick, or until a chat may be written to again."""
        paced = self._pacer.busy().values() if self._pacer is not None else ()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), min((TICK_SECONDS, *paced)))
        if self._tasks:
            await asyncio.sleep(GATHER_SECONDS)

    async def _is_paced(self) -> bool:
        """Whether something due only waits for its chat's next second; returns when that has come."""
        paced = min(self._pacer.busy().values(), default=0.0) if self._pacer is not None else 0.0
        due_at = await deliveries.next_due_at(self._db)
        if not 0 < paced <= TICK_SECONDS or due_at is None or due_at > self._clock():
            return False
        await asyncio.sleep(paced)
        return True
