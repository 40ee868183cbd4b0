"""The running program: Config in, every part made and started in order, stopped in the opposite one."""

import asyncio
import gc
import itertools
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, JobQueue

from bot import handlers, schedule
from bot.clock import Clock, utcnow
from bot.config import Config, DeliveryConfig, IntakeConfig
from bot.delivery import admins, approving, digesting, doubts, notices, passing, plan, questions, suspensions
from bot.delivery.alarm import Alarm
from bot.delivery.bot import Bot
from bot.delivery.pace import Pacer
from bot.delivery.pictures import Pictures
from bot.delivery.retry import Policies, Policy
from bot.delivery.transport import AiohttpRequest
from bot.delivery.worker import Worker
from bot.errors import ConfigError, PaperboyError, StoreError, StoreFault
from bot.handlers import commands
from bot.handlers.context import SERVICES, Context, Services
from bot.handlers.inbox import Inbox
from bot.handlers.turns import Turns
from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import Poller
from bot.metrics import Metrics
from bot.model import ChannelPolicy, Role, Schedule
from bot.render import links, words
from bot.store import (
    copies,
    deliveries,
    faults,
    floods,
    health,
    held,
    lock,
    maintainers,
    merging,
    reads,
    reports,
    restored,
    rights,
    settings,
    tidy,
)
from bot.store.db import Database
from bot.store.lock import StoreLock
from bot.store.merging import Merging
from bot.store.search import Search

if TYPE_CHECKING:  # loaded only where there is to be an HTTP surface
    from bot.web.server import Server

log = logging.getLogger(__name__)

MAX_LANGUAGES = 100  # of which words are kept; people send what codes they like
INLINE_IS_OFF = "telegram: articles cannot be shared by @{} in other chats; /setinline at @BotFather switches it on"
PATIENCE = timedelta(seconds=15)  # for what is in flight when we are told to stop: the read timeout and 5 s


async def run(config: Config, *, say: Callable[[str], None]) -> None:
    """The bot, until SIGINT or SIGTERM. `say` is told what the operator must read. Raises what ended it otherwise."""
    told = asyncio.create_task(until_signal())
    async with App(config) as app:
        started = asyncio.create_task(app.start(say))
        await asyncio.wait([told, started], return_when=asyncio.FIRST_COMPLETED)
        if started.done():
            started.result()
            gc.collect()
            gc.freeze()  # what is loaded now stays: looking through it again and again held everything up for 75 ms
            await asyncio.wait([told, app.failed], return_when=asyncio.FIRST_COMPLETED)
        else:  # told to stop while Telegram cannot be reached
            started.cancel()
            await asyncio.wait([started])
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
        self.merging = Merging(config.delivery.burst, config.delivery.expire_after, config.articles.zone)
        self.metrics = Metrics()
        self.web: Server | None = None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._languages: dict[str, words.Words] = {}
        self._nudged = asyncio.Event()
        self._telling = asyncio.Lock()
        self._planning = asyncio.Lock()

    async def __aenter__(self) -> Self:
        stack, config = self._stack, self.config
        try:
            stack.enter_context(StoreLock.hold(config.store.path))
            self.db = await Database.open(config.store.path, clock=self.clock)
            stack.push_async_callback(self.db.close)
            self.search = Search(self.db, default_language=config.articles.language)
            stack.push_async_callback(self.search.close)
            if config.web.listen:
                self.web = _web(config.web.listen, self.db, self.search)
                stack.callback(self.web.close)
            self.fetcher = await stack.enter_async_context(fetcher(config.intake))
            self.parsers = await stack.enter_async_context(Parsers())
            self.poller = Poller(self.db, self.fetcher, self.parsers, self.clock, every=config.intake.poll_every)
            self.pacer = Pacer(
                config.delivery.rate,
                per_chat=config.delivery.chat_limits,
                remember=partial(floods.remember, self.db),
                metrics=self.metrics,
                now=self.clock,
            )
            self.pacer.restore(await floods.waits(self.db))
            self.application = _application(config, self.pacer, Pictures(partial(_bytes, self.fetcher)))
            self.bot = self.application.bot
            stack.push_async_callback(self.bot.shutdown)  # its connections, signed in or not
            self.inbox = Inbox(self.db, self.bot, self.application.process_update)
            self.worker = Worker(
                self.db,
                self.bot,
                self._words,
                clock=self.clock,
                policy=_policies(config.delivery),
                merging=self.merging,
                paid=config.delivery.paid_broadcast,
                metrics=self.metrics,
            )
            self.alarm = Alarm(
                self.db, self.bot, self._words, clock=self.clock, unwritten=lambda: len(self.worker.unwritten)
            )
            self.jobs = self._jobs()
            self.key = await settings.secret(self.db)
            await rights.set_policy(self.db, ChannelPolicy(config.telegram.channels))
            self.application.bot_data[SERVICES] = Services(
                db=self.db,
                clock=self.clock,
                key=self.key,
                words=self._words,
                fetcher=self.fetcher,
                parsers=self.parsers,
                search=self.search,
                turns=Turns(),
                zone=config.articles.zone,
                wake=self.wake,
                poll_every=config.intake.poll_every,
                check_feed=self.poller.check,
                introduce_to=self._introduce_to,
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
        if self.web is not None:
            self._watch(self.web.run(), "web")
            log.info("listening: %s", self.web.url)
        recovered = await deliveries.recover(self.db, resend=_policies(self.config.delivery).resend)
        await self._sign_in()
        self._stack.push_async_callback(self.application.shutdown)
        await self._owners(say)
        if await restored.ask(self.db):
            log.warning("restored: nothing is sent until an owner resumes it, in Telegram or with `paperboy resume`")
        await self._introduce()
        if clockwork:
            assert self.application.job_queue is not None
            schedule.put_on(self.application.job_queue, self.jobs)
            await self.application.start()
            self._stack.push_async_callback(self.application.stop)
            self._watch(self.worker.run(), "delivery")
            self._watch(self._answer_nudges(), "wake-ups")
            self._watch(self.search.run(), "search")
        await settings.heartbeat(self.db)
        again = await self.inbox.recover()
        self._watch(self.inbox.poll(), "polling")
        log.info("started: bot=@%s doubtful=%d updates=%d", self.bot.username, recovered, again)

    async def stop(self) -> None:
        """Begin nothing more, and finish what is in flight."""
        for task in self._tasks:
            if task.get_name() == "polling":
                task.cancel()
        answered = [self.web.stop()] if self.web is not None else []
        await asyncio.gather(self.worker.stop(PATIENCE), self.inbox.stop(PATIENCE), self.poller.stop(), *answered)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something may be due: look now rather than at the next tick. The rows are the truth."""
        self._nudged.set()

    def _jobs(self) -> tuple[schedule.Job, ...]:
        """Everything that happens by the clock. Sending is not here: the worker claims as fast as it may."""
        db = self.db
        return (
            schedule.Job("store", timedelta(seconds=5), self._look_after_the_store),
            schedule.Job("held", timedelta(seconds=10), self._unless_faulty(self._move_on)),
            schedule.Job("plan", timedelta(seconds=1), self._unless_faulty(self._plan)),
            schedule.Job("digests", timedelta(seconds=10), self._unless_faulty(self._make_digests)),
            schedule.Job("reports", timedelta(minutes=10), self._unless_faulty(self._report)),
            schedule.Job("notices", timedelta(seconds=10), self._unless_faulty(self._send_notices)),
            schedule.Job("passing messages", timedelta(seconds=10), self._unless_faulty(self._take_away)),
            schedule.Job("doubts", timedelta(seconds=10), self._unless_faulty(self._end_doubts)),
            schedule.Job("topics", timedelta(minutes=10), self._unless_faulty(self._try_topics)),
            schedule.Job("admins", timedelta(minutes=1), self._unless_faulty(self._learn_admins)),
            schedule.Job("feeds", timedelta(seconds=5), self._unless_faulty(self.poller.look)),
            schedule.Job("heartbeat", timedelta(seconds=15), self._unless_faulty(partial(settings.heartbeat, db))),
            schedule.Job("metrics", timedelta(minutes=5), self._log_metrics),
            schedule.Job("ranking", timedelta(minutes=1), self._unless_faulty(partial(reads.refresh, db))),
            schedule.Job("expire", timedelta(hours=1), self._unless_faulty(self._expire)),
            schedule.Job("tidy up", timedelta(hours=1), partial(tidy.tidy, db)),
            schedule.Job("every page", timedelta(days=1), partial(faults.check, db)),
        )

    def _unless_faulty(self, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """What must be written down is not begun while the store cannot be written. The heartbeat stops, too."""

        async def run() -> None:
            if self.db.fault is None:
                await work()

        return run

    async def _look_after_the_store(self) -> None:
        was = self.db.fault
        if await self.alarm.look() is None and was is not None:
            self.wake()

    async def _log_metrics(self) -> None:
        if news := self.metrics.news():
            log.info("in five minutes: %s", " ".join(f"{event}={count}" for event, count in news.items()))

    async def _expire(self) -> None:
        if await restored.find(self.db) is None:  # else an owner decides first
            await merging.expire(self.db, self.merging)

    async def _plan(self) -> None:
        async with self._planning:
            if await plan.plan(self.db) + await plan.plan_changes(self.db):
                self.worker.wake()

    async def _move_on(self) -> None:
        if await held.move_on(self.db):
            self.worker.wake()

    async def _make_digests(self) -> None:
        await approving.expire(self.db)
        if await approving.release(self.db) + await digesting.due(self.db):
            self.worker.wake()
        if await approving.propose(self.db):
            self.wake()

    async def _end_doubts(self) -> None:
        await doubts.expire(self.db, self.clock, self.config.delivery.expire_after)
        if await doubts.ask_due(self.db, self.clock):
            self._nudged.set()

    async def _take_away(self) -> None:
        await passing.take_away(self.db, self.bot, self.clock())

    async def _try_topics(self) -> None:
        if await suspensions.try_topics(self.db, self.clock):
            self.worker.wake()

    async def _learn_admins(self) -> None:
        await admins.refresh(self.db, self.bot)

    async def _report(self) -> None:
        await reports.report_due(self.db, self.config.articles.zone)

    async def _send_notices(self) -> None:
        await copies.report_due(self.db)
        await health.report_due(self.db)
        async with self._telling:  # never twice at once: each is told once
            await notices.send_due(
                self.db, self.bot, self._words, key=self.key, schedule=Schedule(timezone=self.config.articles.timezone)
            )
            await questions.show_due(self.db, self.bot, self._words, key=self.key)

    async def _answer_nudges(self) -> None:
        while True:
            await self._nudged.wait()
            self._nudged.clear()
            for work in (self._plan, self._send_notices):
                try:
                    await self._unless_faulty(work)()
                except Exception as error:
                    if StoreFault.of(error) is None:
                        log.exception("wake-up failed: work=%s", work.__name__)
            self.worker.wake()

    def _words(self, code: str) -> words.Words:
        """The words of a language, in the configured zone; made once for each."""
        known = self._languages.get(code)
        if known is None:
            known = words.load(code or self.config.articles.language, self.config.articles.zone)
            if len(self._languages) < MAX_LANGUAGES:
                self._languages[code] = known
        return known

    async def _sign_in(self) -> None:
        """Learn who the bot is. Telegram may be out of reach for a while; a refused token is final."""
        pauses = itertools.chain((1, 2, 5, 10), itertools.repeat(30))
        while True:
            try:
                await self.application.initialize()
                return
            except InvalidToken as error:
                raise ConfigError(["telegram.token: Telegram refuses it; ask @BotFather for a valid one"]) from error
            except TelegramError as error:
                pause = next(pauses)
                log.warning("Telegram cannot be reached, again in %d s: %s", pause, error)
                await asyncio.sleep(pause)

    async def _owners(self, say: Callable[[str], None]) -> None:
        """Those of the configuration are owners; with none at all, a link makes whoever opens it first the owner."""
        for person_id in self.config.telegram.owners:
            if await maintainers.role_of(self.db, person_id) is not Role.OWNER:
                await maintainers.add(self.db, person_id, Role.OWNER, "")
        if await maintainers.any_owner(self.db):
            return
        token = await settings.new_owner_link(self.db, self.clock())
        say(
            "Nobody owns this bot yet. Who opens this link within the hour becomes its owner:\n"
            f"{links.owner_link(self.bot.username, token)}"
        )

    async def _introduce(self) -> None:
        """The command menus; a failure is no reason not to start."""
        try:
            await commands.introduce(self.bot, self._words(""), await maintainers.list(self.db))
        except TelegramError as error:
            log.warning("command menus not set: %s", error)

    async def _introduce_to(self, person_id: int) -> None:
        await commands.introduce_to(self.bot, self._words(""), person_id)

    def _watch(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run it beside the rest; when it ends by itself, the program ends, and says why."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)

        def ended(done: asyncio.Task[None]) -> None:
            if done.cancelled() or self.failed.done() or (error := done.exception()) is None:
                return
            if isinstance(error, InvalidToken):
                error = ConfigError(["telegram.token: Telegram refuses it now; ask @BotFather for a valid one"])
            if not isinstance(error, PaperboyError):
                log.error("part failed: part=%s", name, exc_info=error)
                error = PaperboyError(f"{name} failed: {type(error).__name__}; the log says more")
            self.failed.set_exception(error)

        task.add_done_callback(ended)


def fetcher(config: IntakeConfig) -> Fetcher:
    """The one client for addresses from outside."""
    return Fetcher(allow_private=config.allow_private_networks, proxy=config.proxy)


def _web(listen: str, db: Database, search: Search) -> "Server":
    """The HTTP surface, on its port."""
    from bot.web import api, server

    return server.Server(api.create_app(db, search), listen)


async def _bytes(fetcher: Fetcher, url: str) -> bytes:
    """What is behind an address from outside, for delivery, which does not know intake."""
    return (await fetcher.get(url)).body


def _application(
    config: Config, pacer: Pacer, pictures: Pictures | None = None
) -> Application[Bot, Context, Any, Any, Any, JobQueue[Any]]:
    telegram = config.telegram
    bot = Bot(
        telegram.token.get_secret_value(),
        base_url=f"{telegram.api_url}/bot",
        base_file_url=f"{telegram.api_url}/file/bot",
        request=AiohttpRequest(proxy=telegram.proxy),
        get_updates_request=AiohttpRequest(pool_size=1, proxy=telegram.proxy),
        rate_limiter=pacer,
        pictures=pictures,
    )
    return ApplicationBuilder().bot(bot).context_types(ContextTypes(context=Context)).updater(None).build()


def _policies(config: DeliveryConfig) -> Policies:
    return Policies(private=Policy(config.on_uncertain_private), channel=Policy(config.on_uncertain_channel))


async def check(config: Config, *, offline: bool) -> tuple[list[str], list[str]]:
    """What is wrong beyond the configuration's form, and notes on what is right."""
    problems, notes = [], [f"time zone: {config.articles.timezone}"]
    try:
        if config.store.path.exists():
            db = await Database.open(config.store.path, read_only=True)
            await db.close()
            notes.append(f"store: {config.store.path} can be used")
        else:
            notes.append(f"store: {config.store.path} will be made")
    except StoreError as error:
        problems.append(f"store.url: {error}")
    if not config.telegram.token.get_secret_value():
        problems.append("telegram.token: empty; ask @BotFather for one")
    elif not offline:
        bot = _application(config, Pacer(config.delivery.rate)).bot
        try:
            async with bot:
                notes.append(f"telegram: the token is @{bot.username}'s")
                if not bot.supports_inline_queries:
                    notes.append(INLINE_IS_OFF.format(bot.username))
        except InvalidToken:
            problems.append("telegram.token: Telegram refuses it; ask @BotFather for a valid one")
        except TelegramError as error:
            problems.append(f"telegram.api_url: {config.telegram.api_url} cannot be used: {error}")
    if config.web.listen:
        try:
            notes.append(_try_to_listen(config))
        except ConfigError as error:
            problems += error.problems
    if config.delivery.paid_broadcast:
        notes.append("delivery.paid_broadcast: each message beyond 30 a second costs 0.1 Telegram Stars")
    if not config.delivery.chat_limits:
        notes.append("delivery.chat_limits: off; Telegram will tell busy chats to wait, and some posts come late")
    return problems, notes


def _try_to_listen(config: Config) -> str:
    """A note on web.listen. Raises ConfigError when it cannot be had."""
    from bot.web import server

    listen = config.web.listen
    if config.store.path.exists() and (holder := lock.who(config.store.path)) is not None:
        return f"web.listen: {listen} is not tried, it may be that of the running bot: {holder}"
    server.bind(listen).close()
    return f"web.listen: {listen} is free; whoever reaches it may read what is published"
