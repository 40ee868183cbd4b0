"""Pacing of every call of the bot: even over all, gentle to each chat, people ahead of bulk, flood control per chat.

Limits as Telegram documents them (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits): the real ones are
unpublished. PTB's AIORateLimiter is not used: one chat's 429 halts everyone there, and is then released early.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.clock import Clock, utcnow
from bot.delivery.transport import Flooded, seconds_to_wait

BULK = 1  # rate_limit_args of what nobody waits for
CHAT_INTERVAL = 1.0  # seconds between messages of a chat …
CHAT_BURST = 3  # … but for so many in a row
GROUP_LIMIT, GROUP_PERIOD = 20, 60.0  # groups and channels: their ids are negative
PATIENCE_SECONDS = 10.0  # a reply to a person waits so long for flood control to end, and is sent then
STRICT_SECONDS = 3600.0
TRIES = 3
STEPS_PER_SECOND = 50  # how finely a second is divided to be even

Answer: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
ChatKey: TypeAlias = int | str


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

    def ready_at(self) -> float:
        minute = self.minute[0] + GROUP_PERIOD if len(self.minute) == GROUP_LIMIT else -math.inf
        return max(self.full_at - (CHAT_BURST - 1) * CHAT_INTERVAL, minute)

    def is_forgettable(self, now: float) -> bool:
        last = self.minute[-1] + GROUP_PERIOD if self.minute else -math.inf
        return max(self.full_at, last) <= now


@dataclass(slots=True, eq=False)
class _Call:
    """A call that waits for its turn."""

    chat: ChatKey | None
    turn: asyncio.Future[None]


class Pacer(BaseRateLimiter[int]):
    """At most `rate` calls in any second, evenly. With `rate_limit_args=BULK` a call lets all others go first.

    A chat in flood wait stops nobody else: calls of bulk for it raise Flooded at once, replies wait a little.
    `per_chat=False` leaves only the rate over all, for servers without limits of their own. Flood waits end by the
    program's clock `now`, as the deliveries do that wait for them; the rest is counted in monotonic seconds.
    """

    def __init__(
        self,
        rate: float = 25,
        *,
        per_chat: bool = True,
        eager: bool = False,
        now: Clock = utcnow,
        clock: Callable[[], float] = time.monotonic,
        call_later: Callable[[float, Callable[[], None]], Timer] = _call_later,
    ) -> None:
        # A second holds a whole number of periods, so `step` calls in any period are at most `rate` in any second.
        step = max(1, math.ceil(rate / STEPS_PER_SECOND))
        self._period = 1 / math.floor(rate / step) if rate >= 1 else 1 / rate
        self._recent: deque[float] = deque(maxlen=step)
        self._per_chat = per_chat
        self._eager = eager
        self._strict_until: dict[ChatKey, float] = {}  # of an eager pacer: by chat
        self._now = now
        self._clock = clock
        self._call_later = call_later
        self._chats: dict[ChatKey, _Chat] = {}
        self._flooded_until: dict[ChatKey, datetime] = {}
        self._lanes: tuple[deque[_Call], deque[_Call]] = (deque(), deque())  # people, bulk
        self._timer: Timer | None = None

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Whoever still waits is cancelled."""
        if self._timer is not None:
            self._timer.cancel()
        for lane in self._lanes:
            while lane:
                lane.popleft().turn.cancel()

    def busy(self) -> dict[ChatKey, float]:
        """The chats to which nothing can go now, and the seconds until something can."""
        now, moment = self._clock(), self._now()
        self._chats = {key: chat for key, chat in self._chats.items() if not chat.is_forgettable(now)}
        self._flooded_until = {key: until for key, until in self._flooded_until.items() if until > moment}
        self._strict_until = {key: until for key, until in self._strict_until.items() if until > now}
        waits = {key: chat.ready_at() - now for key, chat in self._chats.items() if chat.ready_at() > now}
        return waits | {key: max(self._flooded(key), waits.get(key, 0.0)) for key in self._flooded_until}

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
                    self._flooded_until[chat] = self._now() + timedelta(seconds=seconds)
                    self._strict_until[chat] = self._clock() + STRICT_SECONDS
                if is_bulk or chat is None or not tries_left or seconds > PATIENCE_SECONDS:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    async def _turn(self, chat: ChatKey | None, *, is_bulk: bool) -> None:
        if (flooded := self._flooded(chat)) > 0:
            if is_bulk or flooded > PATIENCE_SECONDS:
                raise Flooded(math.ceil(flooded))
            over = asyncio.Event()
            self._call_later(flooded, over.set)
            await over.wait()
        call = _Call(chat, asyncio.get_running_loop().create_future())
        lane = self._lanes[is_bulk]
        lane.append(call)
        self._advance()
        try:
            await call.turn
        finally:
            if call in lane:  # cancelled while it waited
                lane.remove(call)
        if is_bulk and (flooded := self._flooded(chat)) > 0:  # since it joined the queue
            raise Flooded(math.ceil(flooded))

    def _flooded(self, chat: ChatKey | None) -> float:
        """Seconds that flood control still holds for the chat."""
        until = None if chat is None else self._flooded_until.get(chat)
        return 0.0 if until is None else (until - self._now()).total_seconds()

    def _advance(self) -> None:
        """Every call whose turn has come goes; the clock is set for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while any(self._lanes):
            now = self._clock()
            wake_at = self._recent[0] + self._period if len(self._recent) == self._recent.maxlen else now
            if wake_at <= now:
                wake_at = self._release(now)
            if wake_at > now:
                self._timer = self._call_later(wake_at - now, self._advance)
                return

    def _release(self, now: float) -> float:
        """Lets the first call go whose chat is ready. Returns now, or when one will be."""
        soonest = math.inf
        for lane in self._lanes:
            for call in lane:
                ready_at = self._ready_at(call.chat)
                if ready_at <= now:
                    lane.remove(call)
                    if not call.turn.done():
                        call.turn.set_result(None)
                        self._note(call.chat, now)
                    return now
                soonest = min(soonest, ready_at)
        return soonest

    def _ready_at(self, key: ChatKey | None) -> float:
        chat = None if key is None else self._chats.get(key)
        return -math.inf if chat is None else chat.ready_at()

    def _note(self, key: ChatKey | None, now: float) -> None:
        self._recent.append(now)
        if key is None or not self._per_chat or (self._eager and self._strict_until.get(key, -math.inf) < now):
            return
        chat = self._chats.setdefault(key, _Chat())
        chat.full_at = max(chat.full_at, now) + CHAT_INTERVAL
        if isinstance(key, str) or key < 0:
            chat.minute.append(now)


def _chat_of(endpoint: str, data: dict[str, Any]) -> ChatKey | None:
    """The chat in which the call puts or changes a message; None for calls that do neither."""
    if not endpoint.startswith(("send", "edit", "copy", "forward")) or endpoint == "sendChatAction":
        return None
    chat = data.get("chat_id")
    return chat if isinstance(chat, int | str) else None
