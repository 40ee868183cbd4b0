"""The door for updates: each is in the store before Telegram is told to forget it, and is handled even after a crash.

Updates of one chat are handled one after another, those of different chats side by side.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.store import inbox
from bot.store.db import Database

log = logging.getLogger(__name__)

# message_reaction and chat_member would have to be listed; nothing uses them yet.
ALLOWED_UPDATES = ("message", "edited_message", "channel_post", "callback_query", "my_chat_member")
WIDTH = 64  # updates handled side by side; measured in docs/design/flow.md
BACKLOG = 1_000  # updates waiting in memory; beyond it Telegram keeps the rest for us
LONG_POLL = timedelta(seconds=25)
_BACK_OFF = (1, 2, 5, 10, 30)  # seconds between tries while Telegram cannot be reached


class Inbox:
    """Takes updates in, keeps them until they are handled. `process` must not raise (PTB's own does not)."""

    def __init__(self, db: Database, bot: Bot, process: Callable[[Update], Awaitable[None]]) -> None:
        self._db = db
        self._bot = bot
        self._process = process
        self._queues: dict[int, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._width = asyncio.Semaphore(WIDTH)
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    async def recover(self) -> int:
        """How many updates a former run had taken but not finished; they are handled now."""
        pending = await inbox.pending(self._db)
        self._enqueue([data for _, data in pending])
        return len(pending)

    async def poll(self) -> None:
        """Ask Telegram for updates until cancelled. A wrong token ends it (InvalidToken); all else is tried again."""
        offset, failures = 0, 0
        while True:
            await self._room.wait()
            try:
                updates = await self._get_updates(offset)
            except InvalidToken:
                raise
            except TelegramError as error:
                failures += 1
                await asyncio.sleep(_pause(error, failures))
                continue
            failures = 0
            if offset:
                await inbox.forget_confirmed(self._db, offset)
            if updates:
                await self.take(updates)
                offset = max(int(update["update_id"]) for update in updates) + 1

    async def take(self, updates: Sequence[dict[str, Any]]) -> None:
        """Keep these updates, then have them handled; one that is known already is not handled again."""
        new = set(await inbox.take(self._db, list(updates)))
        self._enqueue([update for update in updates if update["update_id"] in new])

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

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        # Not Bot.get_updates: what is kept is what Telegram sent, fields that PTB does not know included.
        seconds = int(LONG_POLL.total_seconds())
        arguments = {"offset": offset, "timeout": seconds, "allowed_updates": list(ALLOWED_UPDATES)}
        answer: list[dict[str, Any]] = await self._bot.do_api_request(
            "getUpdates", api_kwargs=arguments, read_timeout=seconds + 10
        )
        return answer

    def _enqueue(self, updates: Sequence[dict[str, Any]]) -> None:
        for data in updates:
            update = Update.de_json(data, self._bot)
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
            async with self._width:
                await self._process(update)
            await inbox.mark_handled(self._db, update.update_id)
            self._waiting -= 1
            self._measure()
        del self._queues[chat]

    def _measure(self) -> None:
        for event, holds in ((self._room, self._waiting < BACKLOG), (self._idle, self._waiting == 0)):
            if holds:
                event.set()
            else:
                event.clear()


def _chat_of(update: Update) -> int:
    """What keeps updates in order: their chat, or the person where there is none."""
    if update.effective_chat is not None:
        return update.effective_chat.id
    return update.effective_user.id if update.effective_user is not None else 0


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
