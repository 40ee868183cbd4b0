"""Faults on demand: rules that make chosen Bot API calls go wrong, before or after their effect."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    FLOOD = "flood"  # 429 with retry_after, no effect
    FORBIDDEN = "forbidden"  # 403 with text, no effect
    BAD_REQUEST = "bad_request"  # 400 with text, no effect
    SERVER_ERROR = "server_error"  # 5xx, no effect
    SERVER_ERROR_AFTER = "server_error_after"  # the effect, then 5xx
    LOST_ANSWER = "lost_answer"  # the effect, then the connection is closed without a reply
    RESET = "reset"  # the connection is closed without effect or reply
    SLOW = "slow"  # waits, then all goes well
    SLOW_ANSWER = "slow_answer"  # the effect at once, the answer late
    GARBLED = "garbled"  # the effect, then a 200 that is not JSON


@dataclass(slots=True)
class Fault:
    kind: FaultKind
    method: str | None = None  # None: every method but getUpdates
    chat_id: int | None = None  # None: every chat
    probability: float = 1.0
    count: int | None = None  # how many times still; None: always
    text: str = ""  # description after "Forbidden: " or "Bad Request: "
    retry_after: int = 3
    status: int = 502
    delay: float = 1.0  # real seconds
    fired: int = 0

    def json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Faults:
    rules: list[Fault] = field(default_factory=list)
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep  # how what is slow waits
    chance: random.Random = field(default_factory=lambda: random.Random(2))  # noqa: S311  (no secret)

    def add(
        self,
        kind: FaultKind | str,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        probability: float = 1.0,
        count: int | None = None,
        text: str = "",
        retry_after: int = 3,
        status: int = 502,
        delay: float = 1.0,
    ) -> Fault:
        """Adds a rule. Raises ValueError for a kind that does not exist."""
        rule = Fault(FaultKind(kind), method, chat_id, probability, count, text, retry_after, status, delay)
        self.rules.append(rule)
        return rule

    def remove(self, rule: Fault) -> None:
        self.rules.remove(rule)

    def clear(self) -> None:
        self.rules.clear()

    def strike(self, method: str, chat_id: int | None) -> Fault | None:
        """The first rule that hits this call, counted as fired."""
        for rule in self.rules:
            if rule.count is not None and rule.fired >= rule.count:
                continue
            if rule.method is None:
                if method == "getUpdates":
                    continue
            elif rule.method.lower() != method.lower():
                continue
            if rule.chat_id is not None and rule.chat_id != chat_id:
                continue
            if rule.probability < 1 and self.chance.random() >= rule.probability:
                continue
            rule.fired += 1
            return rule
        return None
