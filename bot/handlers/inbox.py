"""The door for updates: each is in the store before Telegram is told to forget it, and is handled even after a crash.

Updates of one chat are handled one after another, those of different chats side by side.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.delivery.admins import ADMINS
from bot.delivery.bot import Bot
from bot.store import inbox
from bot.store.db import Database
from bot.store.faults import attempt

log = logging.getLogger(__name__)

# Telegram sends chat_member and message_reaction_count only when they are listed; message_reaction nothing uses yet.
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "inline_query",
    "my_chat_member",
    "chat_member",
    "message_reaction_count",
)
WIDTH = 64  # updates handled side by side; see docs/design/flow.md
BACKLOG = 1_000  # updates waiting in memory; beyond it Telegram keeps the rest for us
LONG_POLL_SECONDS = 25
READ_SECONDS = 10.0  # beyond the long poll, until the connection counts as lost
MAX_RECOVERIES = 3
_BACK_OFF = (1, 2, 5, 10, 30)  # seconds between tries while Telegram cannot be reached


class Inbox:
    """Takes updates in, keeps them until they are handled. `process` must not raise (PTB's own does not)."""

    def __init__(self, db: Database, bot: Bot, process: Callable[[Update], Awaitable[None]]) -> None:
        self._db = db
        self._bot = bot
        self._process = process
        self._queues: dict[int, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._handled: set[int] = set()  # and not yet marked
        self._marking = asyncio.Lock()
        self._width = asyncio.Semaphore(WIDTH)
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    async def recover(self) -> int:
        """How many updates a former run had taken but not finished; they are handled now.

        One that was under way at several crashes is given up: it may be what brings the program down.
        """
        again = []
        for update_id, data in await inbox.pending(self._db):
            if await inbox.begin_attempt(self._db, update_id) > MAX_RECOVERIES:
                log.error("update given up: update=%d recoveries=%d", update_id, MAX_RECOVERIES)
                await inbox.mark_handled(self._db, {update_id})
            else:
                again.append(Update.de_json(data, self._bot))
        self._enqueue(again)
        return len(again)

    async def poll(self) -> None:
        """Ask Telegram for updates until cancelled. A wrong token ends it (InvalidToken); all else is tried again."""
        offset, failures = 0, 0
        while True:
            await self._room.wait()
            try:
                updates = await self._bot.updates(
                    offset, timeout=LONG_POLL_SECONDS, allowed=ALLOWED_UPDATES, read_timeout=READ_SECONDS
                )
            except InvalidToken:
                raise
            except TelegramError as error:
                failures += 1
                await asyncio.sleep(_pause(error, failures))
                continue
            failures = 0
            if offset:
                await attempt(self._db, partial(inbox.forget_confirmed, self._db, offset))
            if updates:
                if not await self.take(updates):
                    await self.idle()  # Telegram keeps them meanwhile
                offset = max(update["update_id"] for update in updates) + 1

    async def take(self, updates: Sequence[dict[str, Any]]) -> bool:
        """Keep these updates, as Telegram wrote them, then have them handled; a known one is not handled again.

        False: the store could not keep them. They are handled all the same, so that who reads is answered; until that
        is done Telegram must not be told to forget them.
        """
        updates = [update for update in updates if not _is_readers(update)]
        new = await attempt(self._db, partial(inbox.take, self._db, updates))
        if new is None:
            log.warning("updates handled without being kept: updates=%d", len(updates))
        wanted = [update for update in updates if new is None or update["update_id"] in new]
        self._enqueue([Update.de_json(update, self._bot) for update in wanted])
        return new is not None

    async def idle(self) -> None:
        """Wait until everything taken in has been handled."""
        await self._idle.wait()

    async def stop(self, patience: timedelta) -> None:
        """Begin nothing more, and wait for what is being handled. The rest is handled at the next start."""
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _enqueue(self, updates: Sequence[Update]) -> None:
        for update in updates:
            chat = _chat_of(update)
            self._waiting += 1
            if chat in self._queues:
                self._queues[chat].append(update)
                continue
            self._queues[chat] = deque([update])
            task = asyncio.create_task(self._drain(chat), name=f"updates of chat {chat}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._measure()

    async def _drain(self, chat: int) -> None:
        """Handle a chat's updates in their order until there are no more."""
        queue = self._queues[chat]
        while queue and not self._stopping:
            update = queue.popleft()
            if not _is_overtaken(update, queue):
                async with self._width:
                    await self._process(update)
            await self._mark(update.update_id)
            self._waiting -= 1
            self._measure()
        del self._queues[chat]

    async def _mark(self, update_id: int) -> None:
        """Returns when it is marked as handled; what other chats have handled meanwhile is marked with it."""
        self._handled.add(update_id)
        async with self._marking:
            if update_id not in self._handled:
                return
            handled, self._handled = self._handled, set()

            async def mark() -> bool:
                await inbox.mark_handled(self._db, handled)
                return True

            try:
                is_marked = await attempt(self._db, mark)
            except Exception:
                log.exception("updates handled but not marked: updates=%s", sorted(handled))
            else:
                if not is_marked:  # handled again after the next start, the chats go on now
                    log.warning("updates handled but not marked: updates=%s", sorted(handled))

    def _measure(self) -> None:
        for event, holds in ((self._room, self._waiting < BACKLOG), (self._idle, self._waiting == 0)):
            if holds:
                event.set()
            else:
                event.clear()


def _is_readers(update: Mapping[str, Any]) -> bool:
    """Whether it tells that a reader came to a chat or left it: with many channels most updates do, and nobody asks."""
    change = update.get("chat_member")
    return change is not None and not any(
        change[which]["status"] in ADMINS for which in ("old_chat_member", "new_chat_member")
    )


def _chat_of(update: Update) -> int:
    """What keeps updates in order: their chat, or the person where there is none."""
    if update.effective_chat is not None:
        return update.effective_chat.id
    return update.effective_user.id if update.effective_user is not None else 0


def _is_overtaken(update: Update, waiting: Iterable[Update]) -> bool:
    """An inline query comes letter by letter: who has typed on since wants no answer to what it was."""
    asked = update.inline_query
    return asked is not None and any(
        later.inline_query is not None and later.inline_query.query != asked.query for later in waiting
    )


def _pause(error: TelegramError, failures: int) -> float:
    """Seconds to wait before Telegram is asked again; says why in the log."""
    if isinstance(error, RetryAfter):
        after = error.retry_after
        return after.total_seconds() if isinstance(after, timedelta) else float(after)
    if isinstance(error, Conflict):
        log.error("polling refused: another program polls with this token, or a webhook is set: %s", error)
    elif isinstance(error, NetworkError):
        log.warning("polling failed: failures=%d error=%s", failures, error)
    else:
        log.error("polling failed: failures=%d error=%s", failures, error)
    return _BACK_OFF[min(failures, len(_BACK_OFF)) - 1]
