"""Pacing of every call of the bot: even over all, gentle to each chat, people ahead of bulk, flood control per chat.

Limits as Telegram documents them (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits): the real ones are
unpublished. PTB's AIORateLimiter is not used: one chat's 429 halts everyone there, and is then released early.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.clock import Clock, utcnow
from bot.delivery.flood import BOT, ChatKey, Floods
from bot.delivery.transport import Flooded, seconds_to_wait
from bot.metrics import Metrics

log = logging.getLogger(__name__)

BULK = 1  # rate_limit_args of what nobody waits for
CHAT_INTERVAL = 1.0  # seconds between messages of a chat …
CHAT_BURST = 3  # … but for so many in a row
GROUP_LIMIT, GROUP_PERIOD = 20, 60.5  # groups and channels: their ids are negative; half a second for jitter
PATIENCE_SECONDS = 10.0  # a reply to a person waits so long for flood control to end, and is sent then
BULK_PATIENCE_SECONDS = 2.0  # what nobody waits for waits for its chat's limits so long; else it comes again later
PEOPLE_IN_A_ROW = 4  # calls for people before one of bulk that waits
TRIES = 3
ROOM_SECONDS = 0.5  # calls of bulk are taken in for so long at a time
STEPS_PER_SECOND = 20  # how finely a second is divided to be even
JITTER_SECONDS = 0.05  # calls may come to Telegram so much closer together than they went; allowed for up to one call
LATE_SECONDS = 0.01  # a timer is late once a step: so much of it the next step makes good

Answer: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
Remember: TypeAlias = Callable[[Mapping[int, datetime]], Awaitable[None]]


class Timer(Protocol):
    def cancel(self) -> None:
        """It will not ring."""


def _call_later(delay: float, callback: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay, callback)


@dataclass(slots=True)
class _Chat:
    """What went to a chat lately. `full_at`: when its burst is whole again."""

    full_at: float = -math.inf
    minute: deque[float] = field(default_factory=lambda: deque(maxlen=GROUP_LIMIT))

    def ready_at(self, *, is_asked_for: bool = False) -> float:
        """When it may get one more. What a person asked for need not wait for the second, only for the minute."""
        minute = self.minute[0] + GROUP_PERIOD if len(self.minute) == GROUP_LIMIT else -math.inf
        return minute if is_asked_for else max(self.full_at - (CHAT_BURST - 1) * CHAT_INTERVAL, minute)

    def note(self, now: float, *, is_group: bool) -> None:
        """It got one. Replies may be quicker than the second allows, and then hold up what is pushed by one second."""
        self.full_at = min(max(self.full_at, now) + CHAT_INTERVAL, now + CHAT_BURST * CHAT_INTERVAL)
        if is_group:
            self.minute.append(now)

    def is_forgettable(self, now: float) -> bool:
        last = self.minute[-1] + GROUP_PERIOD if self.minute else -math.inf
        return max(self.full_at, last) <= now


@dataclass(slots=True, eq=False)
class _Call:
    """A call that waits for its turn."""

    chat: ChatKey | None
    is_bulk: bool
    turn: asyncio.Future[None]


class Pacer(BaseRateLimiter[int]):
    """At most `rate` calls in any second, also as they come to Telegram, evenly.

    With `rate_limit_args=BULK` a call lets all others go first.

    What nobody waits for keeps to its chat's limits, and so does everything for an hour after the chat was told to
    wait. A chat in flood wait stops nobody else: calls of bulk for it raise Flooded at once, replies wait a little.
    Several chats at once slow down the bot as a whole. `remember` is told of waits, and `restore` takes those of a
    former run. `per_chat=False` leaves only the rate over all, for servers without limits of their own. Flood waits
    end by the program's clock `now`, as the deliveries do that wait for them; the rest is counted in monotonic seconds.
    """

    def __init__(
        self,
        rate: float = 25,
        *,
        per_chat: bool = True,
        remember: Remember | None = None,
        metrics: Metrics | None = None,
        now: Clock = utcnow,
        clock: Callable[[], float] = time.monotonic,
        call_later: Callable[[float, Callable[[], None]], Timer] = _call_later,
    ) -> None:
        step = max(1, math.floor(rate / STEPS_PER_SECOND))
        most = max(1, math.floor(rate))
        self._rate = rate
        self._second = max(1.0, 1 / rate) + min(JITTER_SECONDS, 1 / rate)
        self._calls: deque[float] = deque(maxlen=most)  # when the last calls went: the limit
        self._period = step * self._second / most
        self._steps: deque[float] = deque(maxlen=step)  # when they did, or should have: evenness
        self._per_chat = per_chat
        self._remember = remember
        self._metrics = metrics or Metrics()
        self._floods = Floods(now)
        self._clock = clock
        self._call_later = call_later
        self._chats: dict[ChatKey, _Chat] = {}
        self._people: deque[_Call] = deque()
        self._bulk: deque[_Call] = deque()
        self._in_a_row = 0  # calls for people while bulk waited
        self._timer: Timer | None = None

    def restore(self, waits: Mapping[int, datetime]) -> None:
        """Flood waits that a former run was told of, by chat."""
        self._floods.restore(waits)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Whoever still waits is cancelled."""
        if self._timer is not None:
            self._timer.cancel()
        for lane in (self._people, self._bulk):
            while lane:
                lane.popleft().turn.cancel()

    def busy(self) -> dict[ChatKey, float]:
        """The chats to which no bulk can go now, and the seconds until it can."""
        now = self._clock()
        self._chats = {key: chat for key, chat in self._chats.items() if not chat.is_forgettable(now)}
        waits = {key: chat.ready_at() - now for key, chat in self._chats.items() if chat.ready_at() > now}
        return waits | {key: max(wait, waits.get(key, 0.0)) for key, wait in self._floods.waiting().items()}

    def room(self) -> int:
        """How many calls of bulk may be begun now: no more than go out soon, so that few are under way at a crash."""
        if self._floods.seconds(BOT) > 0:
            return 0
        soon = math.ceil(self._rate * ROOM_SECONDS / self._floods.slowness())
        return max(0, soon - len(self._bulk))

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,  # noqa: ANN401
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Answer:
        """The answer of the call, made when its turn has come. Raises Flooded while its chat is in flood wait."""
        chat = _chat_of(endpoint, data)
        is_bulk = rate_limit_args == BULK
        for tries_left in reversed(range(TRIES)):
            await self._turn(chat, is_bulk=is_bulk)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                seconds = seconds_to_wait(error)
                if chat is not None:
                    await self._told_to_wait(chat, seconds)
                if is_bulk or chat is None or not tries_left or seconds > PATIENCE_SECONDS:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    async def _told_to_wait(self, chat: ChatKey, seconds: float) -> None:
        """The chat waits; with several at once all bulk does, also what was about to go."""
        self._metrics.count("flood_waits")
        waits = self._floods.told(chat, seconds)
        if (pause := self._floods.seconds(BOT)) > 0:
            log.warning("flood control in several chats: pause=%.0fs slowness=%d", pause, self._floods.slowness())
            while self._bulk:
                call = self._bulk.popleft()
                if not call.turn.done():
                    call.turn.set_exception(Flooded(math.ceil(pause)))
        if self._remember is not None:
            try:
                await self._remember(waits)
            except Exception:  # the store may be full; this run knows the wait
                log.exception("flood wait not stored: chat=%s", chat)

    async def _turn(self, chat: ChatKey | None, *, is_bulk: bool) -> None:
        wait = self._must_wait(chat, is_bulk=is_bulk)
        if wait > 0:
            if is_bulk or wait > PATIENCE_SECONDS:
                raise Flooded(math.ceil(wait))
            over = asyncio.Event()
            self._call_later(wait, over.set)
            await over.wait()
        call = _Call(chat, is_bulk, asyncio.get_running_loop().create_future())
        lane = self._bulk if is_bulk else self._people
        lane.append(call)
        self._advance()
        try:
            await call.turn
        finally:
            if call in lane:  # cancelled while it waited
                lane.remove(call)
        if is_bulk and (wait := self._floods.seconds(chat)) > 0:  # since it joined the queue
            raise Flooded(math.ceil(wait))

    def _must_wait(self, chat: ChatKey | None, *, is_bulk: bool) -> float:
        """Seconds for which the call should not even join the queue."""
        wait = self._floods.seconds(chat)
        if not is_bulk:
            return wait
        known = None if chat is None else self._chats.get(chat)
        limits = 0.0 if known is None else known.ready_at() - self._clock()
        return max(wait, self._floods.seconds(BOT), limits if limits > BULK_PATIENCE_SECONDS else 0.0)

    def _advance(self) -> None:
        """Every call whose turn has come goes; the clock is set for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._people or self._bulk:
            now = self._clock()
            wake_at = self._open_at()
            if wake_at <= now:
                wake_at = self._release(now)
            if wake_at > now:
                self._timer = self._call_later(wake_at - now, self._advance)
                return

    def _open_at(self) -> float:
        """When the next call may go: evenly, and never more than the rate in any second."""
        slowness = self._floods.slowness()
        limits = ((self._steps, self._period), (self._calls, self._second))
        return max((went[0] + span * slowness if len(went) == went.maxlen else -math.inf) for went, span in limits)

    def _release(self, now: float) -> float:
        """Lets the first call go whose chat is ready. Returns now, or when one will be."""
        soonest = math.inf
        lanes = (self._people, self._bulk)
        for lane in lanes if self._in_a_row < PEOPLE_IN_A_ROW else reversed(lanes):
            for call in lane:
                ready_at = self._ready_at(call)
                if ready_at <= now:
                    lane.remove(call)
                    if not call.turn.done():
                        self._in_a_row = 0 if call.is_bulk or not self._bulk else self._in_a_row + 1
                        call.turn.set_result(None)
                        self._note(call.chat, now)
                    return now
                soonest = min(soonest, ready_at)
        return soonest

    def _ready_at(self, call: _Call) -> float:
        chat = None if call.chat is None else self._chats.get(call.chat)
        if chat is None:
            return -math.inf
        return chat.ready_at(is_asked_for=not call.is_bulk and not self._floods.is_strict(call.chat))

    def _note(self, key: ChatKey | None, now: float) -> None:
        due = self._open_at()
        self._steps.append(due if now - due <= LATE_SECONDS else now)
        self._calls.append(now)
        if key is not None and self._per_chat:
            self._chats.setdefault(key, _Chat()).note(now, is_group=isinstance(key, str) or key < 0)


def _chat_of(endpoint: str, data: dict[str, Any]) -> ChatKey | None:
    """The chat in which the call puts or changes a message; None for calls that do neither."""
    if not endpoint.startswith(("send", "edit", "copy", "forward")) or endpoint == "sendChatAction":
        return None
    chat = data.get("chat_id")
    return chat if isinstance(chat, int | str) else None
