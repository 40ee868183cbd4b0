"""Telegram's limits (facts gathered November 2026), and its flood control."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TEXT_MAX = 4096  # UTF-16 units after parsing
CAPTION_MAX = 1024
RAW_TEXT_MAX_BYTES = 32_768
ENTITIES_MAX = 100
CALLBACK_DATA_MAX_BYTES = 64
CALLBACK_ANSWER_MAX = 200
CALLBACK_LIFE_SECONDS = 30
KEYBOARD_MAX = 100
COMMANDS_MAX = 100
PHOTO_MAX_BYTES = 10 * 2**20
FILE_MAX_BYTES = 50 * 2**20
PHOTO_BY_URL_MAX_BYTES = 5 * 2**20
FILE_BY_URL_MAX_BYTES = 20 * 2**20
DOWNLOAD_MAX_BYTES = 20 * 2**20
DELETE_WITHIN_SECONDS = 48 * 3600


@dataclass(slots=True)
class FloodControl:
    """About 1 message/s a chat with a short burst, 20/min in groups and channels, 30/s over all chats.

    Real limits are unpublished; these are the documented ones. Times come from the injected clock.
    """

    enabled: bool = True
    per_second: float = 1.0
    burst: int = 5
    per_minute: int = 20  # groups and channels
    overall: int = 30
    paid_overall: int = 1000
    _full_at: dict[tuple[int, int], float] = field(default_factory=dict)
    _minute: defaultdict[tuple[int, int], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _second: defaultdict[tuple[int, bool], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def retry_after(self, bot_id: int, chat_id: int, now: datetime, *, messages: int = 1, paid: bool = False) -> int:
        """Seconds to wait, 0 when the messages may go now (they are counted then, and only then)."""
        if not self.enabled:
            return 0
        at = now.timestamp()
        key = (bot_id, chat_id)
        # A bucket of `burst` that fills with `per_second`, kept as the moment at which it would be full again.
        full_at = max(self._full_at.get(key, at), at) + messages / self.per_second
        wait = full_at - at - max(self.burst, messages) / self.per_second
        minute = self._minute[key]
        if chat_id < 0:
            while minute and minute[0] <= at - 60:
                minute.popleft()
            over = len(minute) + messages - self.per_minute
            if over > 0 and minute:
                wait = max(wait, minute[min(over, len(minute)) - 1] + 60 - at)
        second = self._second[bot_id, paid]
        while second and second[0] <= at - 1:
            second.popleft()
        if len(second) + messages > (self.paid_overall if paid else self.overall) and second:
            wait = max(wait, second[0] + 1 - at)
        if wait > 0:
            return max(1, math.ceil(wait))
        self._full_at[key] = full_at
        if chat_id < 0:
            minute.extend([at] * messages)
        second.extend([at] * messages)
        return 0
