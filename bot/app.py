"""The running program: Config in, every part made and started in order, stopped in the opposite one."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from telegram import BotCommandScopeAllChatAdministrators, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats
from telegram import BotCommandScopeChat
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot, JobQueue

from bot import handlers, schedule
from bot.clock import Clock, utcnow
from bot.config import Config, IntakeConfig
from bot.delivery import digest, notices, plan
from bot.delivery.pace import Pacer
from bot.delivery.transport import AiohttpRequest
from bot.delivery.worker import Worker
from bot.errors import ConfigError, PaperboyError, StoreError
from bot.handlers.context import SERVICES, Context, Services
from bot.handlers.inbox import Inbox
from bot.intake import poll
from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.model import Role
from bot.render import links, words
from bot.store import inbox as inbox_store
from bot.store import maintainers, reads, settings
from bot.store.db import Database
from bot.store.lock import StoreLock

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=15)  # for what is in flight when we are told to stop: the read timeout and 5 s


async def run(config: Config, *, say: Callable[[str], None]) -> None:
    """The bot, until SIGINT or SIGTERM. `say` is told what the operator must read. Raises what ended it otherwise."""
    async with App(config) as app:
        await app.start(say)
        told = asyncio.create_task(until_signal())
        await asyncio.wait([told, app.failed], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if app.failed.done():
            app.failed.result()
        log.info("stopping")


async def until_signal() -> None:
    """Returns at the first SIGINT or SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


class App:
    """Every part of the bot, wired. `async with App(config)` holds the store; `start()` begins the work.

    Tests leave out the clockwork (`start(say, clockwork=False)`) and call `jobs` themselves.
    """

    def __init__(self, config: Config, *, clock: Clock = utcnow) -> None:
        if not config.telegram.token.get_secret_value():
            raise ConfigError(["telegram.token: empty; ask @BotFather for one and put it into config.toml"])
        self.config = config
        self.clock = clock
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        stack, config = self._stack, self.config
        try:
            stack.enter_context(StoreLock.hold(config.store.path))
            self.db = await Database.open(config.store.path, clock=self.clock)
            stack.push_async_callback(self.db.close)
            self.fetcher = await stack.enter_async_context(fetcher(config.intake))
            self.parsers = await stack.enter_async_context(Parsers())
            self.application = _application(config)
            self.bot = self.application.bot
            self.inbox = Inbox(self.db, self.bot, self.application.process_update)
            self.worker = Worker(self.db, self.bot, self._words, clock=self.clock, policy=_policy(config))
            self.jobs = self._jobs()
            self.application.bot_data[SERVICES] = Services(
                db=self.db,
                clock=self.clock,
                key=await settings.secret(self.db),
                words=self._words,
                fetcher=self.fetcher,
                parsers=self.parsers,
                zone=config.articles.zone,
                wake=self.wake,
            )
            handlers.register(self.application)
        except BaseException:
            await stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self._stack.aclose()

    async def start(self, say: Callable[[str], None], *, clockwork: bool = True) -> None:
        """Take up what a former run left, then poll, deliver and keep time."""
        recovered = await deliveries.recover(self.db, resend=_resend(self.config))
        await self._sign_in()
        self._stack.push_async_callback(self.application.shutdown)
        await self._owners(say)
        await self._introduce()
        if clockwork:
            assert self.application.job_queue is not None
            schedule.put_on(self.application.job_queue, self.jobs)
            await self.application.start()
            self._stack.push_async_callback(self.application.stop)
            self._watch(self.worker.run(), "delivery")
        await settings.heartbeat(self.db)
        again = await self.inbox.recover()
        self._watch(self.inbox.poll(), "polling")
        log.info("started: bot=@%s doubtful=%d updates=%d", self.bot.username, recovered, again)

    async def stop(self) -> None:
        """Begin nothing more, and finish what is in flight."""
        for task in self._tasks:
            if task.get_name() == "polling":
                task.cancel()
        await self.inbox.stop(PATIENCE)
        await self.worker.stop(PATIENCE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something may be due: plan and send now rather than at the next tick. The rows are the truth."""
        self.worker.wake()
