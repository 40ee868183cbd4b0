"""Owners are told of a fault of the store, straight away: a notice would be a row, and rows cannot be written then."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from telegram.error import TelegramError

from bot.clock import Clock
from bot.delivery import send
from bot.delivery.bot import Bot
from bot.errors import StoreFault
from bot.model import Role
from bot.render import faults as render
from bot.render.outgoing import Outgoing
from bot.render.words import Words
from bot.store import chats, faults, maintainers
from bot.store.db import Database

log = logging.getLogger(__name__)

QUIET = timedelta(hours=1)  # between two alarms of one kind
SOUND = timedelta(minutes=1)  # without a fault, until owners are told that all is well
CHECK_EVERY = timedelta(minutes=10)  # a damaged store is read as a whole


class Alarm:
    """Looks after the store's faults. `unwritten`: how many messages went out and could not be written down."""

    def __init__(
        self, db: Database, bot: Bot, words: Callable[[str], Words], *, clock: Clock, unwritten: Callable[[], int]
    ) -> None:
        self._db = db
        self._bot = bot
        self._words = words
        self._clock = clock
        self._unwritten = unwritten
        self._owners: list[int] = []  # as last read: they may be on a page that is damaged
        self._languages: dict[int, str] = {}
        self._told_at: dict[StoreFault, datetime] = {}
        self._owe_all_clear = False
        self._checked_at: datetime | None = None
        self._faulty_at: datetime | None = None

    async def look(self) -> StoreFault | None:
        """Tries a faulty store again, and tells the owners of what is new; the fault that remains."""
        now, fault = self._clock(), self._db.fault
        await self._remember_owners()  # also while all is well: later they may be out of reach
        if fault is None:
            if self._owe_all_clear and self._faulty_at is not None and now - self._faulty_at >= SOUND:
                self._owe_all_clear = not await self._tell(render.store_works)
            return None
        self._faulty_at = now
        is_quiet = fault in self._told_at and now - self._told_at[fault] < QUIET
        if not is_quiet and await self._tell(lambda words: render.store_fault(fault, self._unwritten(), words)):
            self._told_at[fault], self._owe_all_clear = now, True
        if fault is StoreFault.DAMAGED:
            if self._checked_at is not None and now - self._checked_at < CHECK_EVERY:
                return fault
            self._checked_at = now
        return await faults.probe(self._db)

    async def _remember_owners(self) -> None:
        try:
            owners = [m.person_id for m in await maintainers.list(self._db) if m.role is Role.OWNER]
            found = {owner: await chats.find(self._db, owner) for owner in owners}
        except Exception as error:
            if StoreFault.of(error) is None:
                raise
            return
        self._owners = owners
        self._languages = {owner: chat.language for owner, chat in found.items() if chat is not None}

    async def _tell(self, outgoing: Callable[[Words], Outgoing]) -> bool:
        """Whether some owner was told."""
        told = False
        for owner in self._owners:
            try:
                await send.message(self._bot, owner, outgoing(self._words(self._languages.get(owner, ""))))
                told = True
            except TelegramError as error:
                log.warning("owner not told of the store: person=%d error=%s", owner, error)
        return told
