"""Flood control as Telegram told it: which chats wait, whether all do, and by how much the bot has slowed down."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.clock import Clock

ChatKey: TypeAlias = int | str

BOT = 0  # the key of the bot as a whole, beside the chats'
STRICT_FOR = timedelta(hours=1)  # so long a chat that was told to wait is held to its limits in everything
MANY_CHATS, MANY_WITHIN = 3, timedelta(seconds=10)  # so many chats at once: it is the bot that is too fast
PAUSE_LIMIT = timedelta(minutes=1)  # the three may each have a long wait of their own: then the others are tried again
SLOWEST = 32
EASED_AFTER = timedelta(minutes=1)


class Floods:
    """Who must wait, by the program's clock: the deliveries that wait with them go by it too.

    When several chats at once are told to wait, the bot as a whole pauses, and halves its rate; each quiet minute
    doubles it again.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._until: dict[ChatKey, datetime] = {}
        self._strict_until: dict[ChatKey, datetime] = {}
        self._lately: deque[tuple[datetime, ChatKey, timedelta]] = deque()
        self._slowness = 1
        self._eased_at = now()

    def restore(self, waits: Mapping[int, datetime]) -> None:
        """These waits were told to a former run."""
        self._until.update(waits.items())

    def told(self, chat: ChatKey, seconds: float) -> dict[int, datetime]:
        """A chat was told to wait. The waits that a restart must not forget."""
        now, wait = self._now(), timedelta(seconds=seconds)
        self._until[chat] = now + wait
        self._strict_until[chat] = now + wait + STRICT_FOR
        self._lately = deque(entry for entry in self._lately if entry[0] > now - MANY_WITHIN and entry[1] != chat)
        self._lately.append((now, chat, wait))
        new = {chat} if isinstance(chat, int) else set()
        if len(self._lately) >= MANY_CHATS:
            self._until[BOT] = now + min(PAUSE_LIMIT, *(wait for _, _, wait in self._lately))
            self._slowness = min(self.slowness() * 2, SLOWEST)
            self._eased_at = self._until[BOT] + EASED_AFTER
            self._lately.clear()
            new.add(BOT)
        return {key: self._until[key] for key in new}

    def seconds(self, chat: ChatKey | None) -> float:
        """How long the chat (BOT: the bot as a whole) must still wait; 0 or less: it need not."""
        until = None if chat is None else self._until.get(chat)
        return 0.0 if until is None else (until - self._now()).total_seconds()

    def is_strict(self, chat: ChatKey | None) -> bool:
        """Whether the chat was told to wait within the hour."""
        return chat is not None and chat in self._strict_until and self._strict_until[chat] > self._now()

    def slowness(self) -> int:
        """By how much the rate over all chats is divided at present."""
        now = self._now()
        while self._slowness > 1 and self._eased_at <= now:
            self._slowness //= 2
            self._eased_at += EASED_AFTER
        return self._slowness

    def waiting(self) -> dict[ChatKey, float]:
        """The chats that must wait, and the seconds; who need not any more is forgotten."""
        now = self._now()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._strict_until = {key: until for key, until in self._strict_until.items() if until > now}
        return {key: (until - now).total_seconds() for key, until in self._until.items() if key != BOT}
