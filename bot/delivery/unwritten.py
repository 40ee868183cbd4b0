"""Outcomes that the store could not take: kept in memory while the process lives, and written as soon as it can."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable

from bot.errors import StoreFault
from bot.model import Delivery

log = logging.getLogger(__name__)

Write = Callable[[], Awaitable[object]]


class Unwritten:
    """Writes of outcomes, in order. What was sent is sent: to forget it would be to send it again, or to wonder."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Write]] = deque()

    def __len__(self) -> int:
        """Of how many deliveries something is kept."""
        return len({delivery_id for delivery_id, _ in self._kept})

    async def write(self, delivery: Delivery, write: Write) -> None:
        """Writes it, or keeps it when the store is faulty. Raises every other error."""
        if all(delivery_id != delivery.id for delivery_id, _ in self._kept):
            try:
                await write()
                return
            except Exception as error:
                if StoreFault.of(error) is None:
                    raise
                log.error("outcome kept in memory: delivery=%d chat=%d error=%s", delivery.id, delivery.chat_id, error)
        self._kept.append((delivery.id, write))

    async def flush(self) -> bool:
        """Writes what is kept, in order; whether nothing is left."""
        written = 0
        while self._kept:
            delivery_id, write = self._kept[0]
            try:
                await write()
                written += 1
            except Exception as error:
                if StoreFault.of(error) is not None:
                    return False
                log.exception("delivery has no recorded outcome: delivery=%d", delivery_id)
            self._kept.popleft()
        if written:
            log.info("outcomes written after all: writes=%d", written)
        return True
