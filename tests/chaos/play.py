"""One run of chaos: the program against a sandbox that loses answers, killed over and over, until its queue is at rest.

What it does is drawn from the seed. When exactly a kill falls is the machine's: no two runs are the same to the byte.
"""

import asyncio
import os
import random
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.intake.decide import normalise
from bot.intake.submit import submit
from bot.model import Chat, ChatKind, Mode, Source, SourceKind, Submission
from bot.sandbox import nouns
from bot.sandbox.faults import FaultKind
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from bot.store import articles, chats, subscriptions
from bot.store.db import Database
from tests.chaos.absences import SPACING_SECONDS, Absences
from tests.chaos.nouns import Case, Pair, Place, arrivals, shown
from tests.chaos.oracle import Verdict, judge
from tests.chaos.rows import changes_of, left_sending, reports_of, rows_of, sending, suspended, unsettled

ROOT = Path(__file__).parent.parent.parent
TOKEN = "7000000001:AAchaos-no-secret-just-a-sample-000"
# How a life ends, as often as it stands here: when a post, or an edit, was taken and not yet answered; soon after one.
MODES = ("posted", "posted", "after", "after", "edited", "whenever", "stop")
AT_ONCE = ("posted", "edited")
LIFE_SECONDS = 6.0  # at most, when what was to end it does not come
STILL_SECONDS = 45.0  # nothing waits longer by itself
SLOW_SECONDS = 0.8
EVIDENCE_SECONDS = 61.0
SOURCE = Source(SourceKind.FILE, "chaos")
CHANGES = 3  # at most so many stories are changed before a life, and so many during it
MOVES = 2  # at most so many places pause, unsubscribe or come back before a life, and so many during it
RECENT = 8  # … of the last
WITHDRAWALS = 0.3  # of the changes
OFFERS = ("Send it", "Send them")
FAULTS = {  # how often, of all calls
    FaultKind.LOST_ANSWER: 0.03,
    FaultKind.RESET: 0.03,
    FaultKind.SERVER_ERROR: 0.03,
    FaultKind.SERVER_ERROR_AFTER: 0.02,
    FaultKind.FLOOD: 0.03,
    FaultKind.FORBIDDEN: 0.02,
    FaultKind.SLOW: 0.02,
    FaultKind.SLOW_ANSWER: 0.03,
}
DOUBTFUL = {FaultKind.LOST_ANSWER, FaultKind.RESET, FaultKind.SERVER_ERROR, FaultKind.SERVER_ERROR_AFTER}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is made of. `kills` of kill -9; ends by SIGTERM come on top.

    `is_patient`: in the end a last story comes when the doubts are old enough for evidence.
    """

    seed: int
    policy: str
    faults: bool
    kills: int
    is_patient: bool = False

    @property
    def name(self) -> str:
        return f"{self.policy}, {'faults' if self.faults else 'clean'}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Played:
    setting: Setting
    case: Case
    verdict: Verdict
    journal: str  # as it was written
    kills: int
    stops: int
    faults: Counter[str]


class Run:
    """A folder, a Telegram with its faults, and the bot's lives one after another."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self.setting = setting
        self.folder = folder
        self.store = folder / "paperboy.db"
        self.chance = random.Random(f"{setting.seed} {setting.policy} {setting.faults}")
        self._journal = folder / "journal.jsonl"
        self.telegram = Telegram(flood_control=False, journal=self._journal)
        self.telegram.faults.chance = random.Random(self.chance.random())
        self.bot = self.telegram.add_bot(TOKEN, username="chaos_bot", name="Chaos")
        self.owner = self.telegram.add_person("Owen")
        self.places: list[Place] = []
        self.stories: list[int] = []
        self.articles: dict[int, int] = {}  # by story
        self.versions: Counter[int] = Counter()
        self.withdrawn: dict[int, int] = {}
        self.flying: set[Pair] = set()
        self.told: set[int] = set()
        self.doubts: Counter[Pair] = Counter()
        self.kills = self.stops = 0
        self.fired: Counter[str] = Counter()
        self.asked_for: set[Pair] = set()
        self.absences = Absences(self.store, self.places, self.chance, self._line)
        self._storing = asyncio.Lock()  # nothing is written while a dead bot's store is copied
        self._calls_seen = self._born_at = 0  # numbers of calls
        self._offers_seen: set[tuple[int, int]] = set()  # chat and message
        self._brought_back: dict[int, float] = {}

    async def play(self) -> Played:
        """The run, from an empty store to a queue at rest."""
        try:
            return await self._play()
        finally:
            self.telegram.close()

    async def _play(self) -> Played:
        await self._furnish()
        async with Server(self.telegram) as server:
            while self.kills < self.setting.kills:
                await self._live(server)
            bot = await self._spawn(server)
            try:
                await self._change(self.chance.randint(0, CHANGES))
                async with self._writing() as db:
                    await self.absences.all_come_back(db, self.stories)
                await self._rest(bot)
                if self.setting.is_patient:
                    await asyncio.sleep(EVIDENCE_SECONDS)
                    await self._announce(1)
                    await self._change(1)
                    await self._rest(bot)
                await self._stop(bot)
            finally:
                _kill(bot)
        self._note_calls()
        self.absences.end(self.stories)
        journal = self._journal.read_text(encoding="utf-8")
        case = Case(
            self.setting.policy,
            self.places,
            self.stories,
            rows_of(self.store),
            arrivals(journal),
            self.doubts,
            self.asked_for,
            self.versions,
            self.withdrawn,
            self.flying,
            changes_of(self.store),
            self.told,
            reports_of(self.store),
            self.absences.ended,
            self.absences.excused,
            {self.absences.spaced: SPACING_SECONDS},
        )
        return Played(self.setting, case, judge(case), journal, self.kills, self.stops, self.fired)

    # What is there before the bot ------------------------------------------------------------------------------------

    async def _furnish(self) -> None:
        """Readers, channels, groups and a forum in Telegram, each of them subscribed to everything."""
        self.telegram.people.start(self.owner, self.bot)
        readers = [self.telegram.add_person(f"Reader {number}") for number in range(8)]
        channels = [self.telegram.add_channel(self.owner, f"Channel {number}") for number in range(7)]
        groups = [self.telegram.add_group(self.owner, f"Group {number}") for number in range(3)]
        groups += [self.telegram.add_group(self.owner, f"Club {number}", kind="group") for number in range(2)]
        forum = self.telegram.add_group(self.owner, "Forum", forum=True)
        topics = [self.telegram.add_topic(forum, name) for name in ("Ferries", "Market")]
        for reader in readers:
            self.telegram.people.start(reader, self.bot)
        for chat in (*channels, *groups, forum):
            self.telegram.people.add_bot(self.owner, chat.id, self.bot)
        self.bot.updates.clear()  # the store knows them already
        async with self._writing() as db:
            for reader in readers:
                await self._subscribe(db, self.telegram.private_chat(reader, self.bot), 0)
            for chat in (*channels, *groups):
                await self._subscribe(db, chat, 0)
            for topic in topics:
                await self._subscribe(db, forum, topic)
            await chats.mark_started(db, self.owner.id)
            await self.absences.begin_spacing(db)
        if self.setting.faults:
            for chat_id in {chat_id for chat_id, _ in self.places}:
                for kind, probability in FAULTS.items():
                    text = "bot was blocked by the user" if chat_id > 0 else "bot is not a member of the chat"
                    self.telegram.faults.add(
                        kind,
                        chat_id=chat_id,
                        probability=probability,
                        text=text if kind is FaultKind.FORBIDDEN else "",
                        retry_after=1,
                        delay=self.chance.uniform(0.1, SLOW_SECONDS),
                    )

    async def _subscribe(self, db: Database, chat: nouns.Chat, topic: int) -> None:
        known = Chat(
            chat.id, ChatKind(chat.kind), chat.title or "", None, "en", connected_by=self.owner.id, started=chat.started
        )
        await chats.saw(db, known)
        await subscriptions.add(db, chat.id, topic, Mode.INSTANT)
        self.places.append((chat.id, topic))

    async def _announce(self, count: int) -> None:
        """New stories into the store, as `paperboy import --announce` does beside a running bot."""
        async with self._writing() as db:
            for _ in range(count):
                story = len(self.stories) + 1
                self.stories.append(story)
                self.versions[story] = 1
                self.articles[story] = (await submit(db, _submission(story), SOURCE, announce=True)).article_id

    async def _change(self, count: int) -> None:
        """So many stories say something else, or are withdrawn: by their source, or by a maintainer."""
        for _ in range(count):
            if not (left := [story for story in self.stories if story not in self.withdrawn]):
                return
            story = self.chance.choice(left[-RECENT:])
            async with self._writing() as db:
                await self._change_one(db, story)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Database]:
        """The store, beside a running bot."""
        async with self._storing:
            db = await Database.open(self.store)
            try:
                yield db
            finally:
                await db.close()

    def _line(self) -> int:
        """The journal's next line."""
        return len(self._journal.read_text(encoding="utf-8").splitlines())

    async def _change_one(self, db: Database, story: int) -> None:
        article_id, by = self.articles[story], self.owner.id
        if self.chance.random() < WITHDRAWALS:
            await articles.withdraw(db, article_id, by=by)
            # Whatever of it comes from here on was under way.
            self.flying.update(pair for pair in sending(self.store) if pair[1] == story)
            self.withdrawn[story] = self._line()
            self.told.add(story)
            return
        self.versions[story] += 1
        submission = _submission(story, self.versions[story])
        # What a source changes again soon is held back for longer than a run.
        if self.versions[story] == 2 and self.chance.random() < 0.5:
            await submit(db, submission, SOURCE, announce=True)
        else:
            await articles.update(db, article_id, normalise(submission, db.now()), by=by)
            self.told.add(story)

    # The bot's lives -------------------------------------------------------------------------------------------------

    async def _live(self, server: Server) -> None:
        """From a start to a kill, or to the clean stop that comes now and then."""
        mode, batch = self.chance.choice(MODES), self.chance.randint(1, 4)
        is_early = self.chance.random() < 0.5  # the stories wait when the bot starts
        changes, early_changes = self.chance.randint(0, CHANGES), self.chance.randint(0, CHANGES)
        moves, early_moves = self.chance.randint(0, MOVES), self.chance.randint(0, MOVES)
        if not self.doubts:  # a run of few kills finds a post in flight, too: nothing is withdrawn before it is posted
            mode, changes, early_changes, moves, early_moves = "posted", 0, 0, 0, 0
        if is_early:
            await self._announce(batch)
            await self._change(early_changes)
        async with self._writing() as db:
            await self.absences.come_or_go(db, self.stories, early_moves)
        if mode == "edited":
            changes, target = max(changes, 1), self.chance.randint(1, len(self.places))
        else:
            target = self.chance.randint(1, max(1, len(self.places) * batch * 3 // 4))
        bot = await self._spawn(server)
        reached = asyncio.Event()
        at_target = partial(_kill, bot) if mode in AT_ONCE else None
        with self._counting(target, at_target, reached, edits=mode == "edited"):
            ending = asyncio.create_task(self._end(bot, mode, reached))
            try:
                if not is_early:
                    await asyncio.sleep(self.chance.uniform(0.5, 1.5))
                    await self._announce(batch)
                while not ending.done():
                    self._bring_back()
                    if changes and self.chance.random() < 0.5:
                        changes -= 1
                        await self._change(1)
                    if moves and self.chance.random() < 0.5:
                        moves -= 1
                        async with self._writing() as db:
                            await self.absences.come_or_go(db, self.stories, 1)
                    await asyncio.wait([ending], timeout=0.2)
                await ending
            finally:
                _kill(bot)
                await bot.wait()
        self._note_calls()

    async def _end(self, bot: Process, mode: str, reached: asyncio.Event) -> None:
        """Waits for the moment and ends the bot; in the modes AT_ONCE the moment itself has killed it."""
        if mode == "whenever":
            await asyncio.sleep(self.chance.uniform(0.2, 3.0))
        else:
            await self._moment(reached)
            if mode not in AT_ONCE:
                await asyncio.sleep(self.chance.uniform(0, 0.03))
        if mode == "stop":
            await self._until_started()
            await self._stop(bot)
            self.stops += 1
            return
        _kill(bot)
        if (code := await bot.wait()) != -signal.SIGKILL:
            raise AssertionError(f"the bot ended by itself: {code}\n{self._log()}")
        self.kills += 1
        self.doubts.update(await self._in_flight())

    async def _in_flight(self) -> list[Pair]:
        async with self._storing:
            return left_sending(self.store)

    async def _moment(self, reached: asyncio.Event) -> None:
        """Until it is reached, or LIFE_SECONDS after the bot has started."""
        started, wanted = asyncio.create_task(self._until_started()), asyncio.create_task(reached.wait())
        try:
            await asyncio.wait((started, wanted), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((wanted,), timeout=LIFE_SECONDS)
        finally:
            started.cancel()
            wanted.cancel()

    @contextmanager
    def _counting(
        self, target: int, at_target: Callable[[], None] | None, reached: asyncio.Event, *, edits: bool
    ) -> Iterator[None]:
        """Does something the moment that so many stories were taken since now: before the last is answered.

        Or so many `edits`, deletions among them.
        """
        taken = 0
        chats_of_places = {chat_id for chat_id, _ in self.places}

        def count(event: nouns.Event) -> None:
            nonlocal taken
            before = taken
            if not edits and event.kind == "message":
                taken += len(shown(self._text(event)))
            elif edits and event.kind in ("edit", "delete") and event.chat_id in chats_of_places:
                taken += 1
            if before < target <= taken:
                if at_target is not None:
                    at_target()
                reached.set()

        unlisten = self.telegram.listen(count)
        try:
            yield
        finally:
            unlisten()

    def _text(self, event: nouns.Event) -> str:
        chat = self.telegram.find_chat(self.bot, event.chat_id)
        message = chat.messages.get(event.message_id or 0) if chat is not None else None
        return "" if message is None else message.text or message.caption or ""

    async def _spawn(self, server: Server) -> Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PAPERBOY__")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "PAPERBOY__TELEGRAM__TOKEN": TOKEN,
            "PAPERBOY__TELEGRAM__API_URL": server.url,
            "PAPERBOY__TELEGRAM__OWNERS": str(self.owner.id),
            "PAPERBOY__STORE__URL": f"sqlite:///{self.store}",
            "PAPERBOY__DELIVERY__MESSAGES_PER_SECOND": "1000",
            "PAPERBOY__DELIVERY__CHAT_LIMITS": "false",
            "PAPERBOY__DELIVERY__ON_UNCERTAIN_PRIVATE": self.setting.policy,
            "PAPERBOY__DELIVERY__ON_UNCERTAIN_CHANNEL": self.setting.policy,
        }
        with (self.folder / "bot.log").open("a") as log:
            bot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        self._born_at = self.telegram.calls[-1].number if self.telegram.calls else 0
        return bot

    async def _until_started(self) -> None:
        """Until the bot that runs now has asked for updates: from then on it knows what SIGTERM means."""
        async with asyncio.timeout(60):
            while not any(call.method == "getUpdates" and call.number > self._born_at for call in self.telegram.calls):
                await asyncio.sleep(0.05)

    async def _stop(self, bot: Process) -> None:
        """SIGTERM: nothing may be left half done."""
        bot.terminate()
        code = await asyncio.wait_for(bot.wait(), 30)
        if code != 0:
            raise AssertionError(f"the bot ended with {code}\n{self._log()}")
        if left := await self._in_flight():
            raise AssertionError(f"a clean stop left half done: {left}\n{self._log()}")

    async def _rest(self, bot: Process) -> None:
        """Until nothing waits any more. What moves no more before that, the verdict reports."""
        await self._until_started()
        loop = asyncio.get_running_loop()
        before, moved_at = (0, 0), loop.time()
        while loop.time() < moved_at + STILL_SECONDS:
            if bot.returncode is not None:
                raise AssertionError(f"the bot ended by itself: {bot.returncode}\n{self._log()}")
            if self._answer_offers():
                await asyncio.sleep(0.5)
                continue
            self._bring_back()
            await asyncio.sleep(0.2)
            left, attempts, waits_until = unsettled(self.store)
            if not left:
                await asyncio.sleep(SLOW_SECONDS)  # for what an earlier life had asked for
                return
            if (left, attempts) != before or time.time() < waits_until:
                before, moved_at = (left, attempts), loop.time()

    def _bring_back(self) -> None:
        """Whoever the bot thinks has shut it out lets it in again: 403s here are slips, not people."""
        now = asyncio.get_running_loop().time()
        people = self.telegram.people
        for chat_id in suspended(self.store):
            if now - self._brought_back.get(chat_id, 0.0) < 2.0:
                continue
            self._brought_back[chat_id] = now
            if chat_id < 0:
                people.set_rights(self.owner, chat_id, self.bot, {"can_manage_chat": True})
            elif self.chance.random() < 0.5:
                people.start(self.telegram.persons[chat_id], self.bot)
            else:
                people.block(self.telegram.persons[chat_id], self.bot)
                people.unblock(self.telegram.persons[chat_id], self.bot)

    def _answer_offers(self) -> bool:
        """What a chat missed while it was suspended is offered; every other time somebody wants it. False: no offer."""
        is_any = False
        for person in self.telegram.persons.values():
            for message in self.telegram.messages(person.id):
                if (person.id, message.id) in self._offers_seen or not (data := _offer(message)):
                    continue
                self._offers_seen.add((person.id, message.id))
                if self.chance.random() < 0.5:
                    is_any = True
                    self.asked_for.update(row.pair for row in rows_of(self.store) if row.state == "cancelled")
                    self.telegram.people.tap_nowait(person, person.id, message.id, data)
        return is_any

    def _note_calls(self) -> None:
        """The doubts that the faults of this life have caused."""
        for call in self.telegram.calls:
            if call.number <= self._calls_seen or call.fault is None:
                continue
            self.fired[call.fault] += 1
            if call.fault in DOUBTFUL and call.method.startswith("send"):
                place = call.params["chat_id"], call.params.get("message_thread_id", 0)
                text = call.params.get("text") or call.params.get("caption") or ""
                self.doubts.update((place, story) for story in shown(text))
        if self.telegram.calls:
            self._calls_seen = self.telegram.calls[-1].number

    def _log(self) -> str:
        return (self.folder / "bot.log").read_text(encoding="utf-8")[-4000:]


def _submission(story: int, version: int = 1) -> Submission:
    title = f"Story {story:04}" + (f", version {version}" if version > 1 else "")
    return Submission(title, url=f"https://example.org/{story}", body="<p>Text.</p>")


def _kill(bot: Process) -> None:
    """kill -9; again does no harm (Process.kill would look whether the process has ended, and take its exit code)."""
    if bot.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(bot.pid, signal.SIGKILL)


def _offer(message: nouns.Message) -> str:
    """The data of the button that sends what was missed; empty: the message offers nothing."""
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return next((button["callback_data"] for row in rows for button in row if button["text"] in OFFERS), "")


async def play(setting: Setting, folder: Path) -> Played:
    """A run in this empty folder. Raises AssertionError when the bot ends by itself or unclean."""
    return await Run(setting, folder).play()
