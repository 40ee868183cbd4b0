"""The whole program in one process: a sandbox over loopback, the bot against it, a clock that tests move.

Updates come by real long polling through the real transport. What happens by the clock, tests run (`run_jobs`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr

from bot.app import App
from bot.config import Config, DeliveryConfig, IntakeConfig, StoreConfig, TelegramConfig, WebConfig
from bot.intake.submit import submit
from bot.model import ArticleState, Role, Source, SourceKind, Submission, Submitted
from bot.sandbox.nouns import CallbackAnswer, Chat, Message, Person
from bot.sandbox.scene import Scene, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from bot.store import maintainers
from tests.clock import HandClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
PATIENCE_SECONDS = 10.0


@dataclass
class Program:
    """Use as `async with Program(tmp_path) as program`."""

    folder: Path
    clock: HandClock = field(default_factory=lambda: HandClock(NOON))
    said: list[str] = field(default_factory=list)
    listen: str = ""  # the HTTP surface, where there is to be one; port 0 takes a free one

    async def __aenter__(self) -> Self:
        self.telegram = Telegram(clock=self.clock, flood_control=False)
        self.scene: Scene = default_scene(self.telegram)
        self.server = await Server(self.telegram).__aenter__()
        await self.start_bot()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_bot()
        await self.server.__aexit__(None, None, None)

    async def start_bot(self) -> None:
        config = Config.model_construct(
            telegram=TelegramConfig(token=SecretStr(self.scene.bot.token), api_url=self.server.url),
            store=StoreConfig(url=f"sqlite:///{self.folder / 'paperboy.db'}"),
            web=WebConfig.model_construct(listen=self.listen),
            delivery=DeliveryConfig(messages_per_second=1000),
            intake=IntakeConfig(allow_private_networks=("127.0.0.0/8",)),
        )
        self.app = await App(config, clock=self.clock).__aenter__()
        await self.app.start(self.said.append, clockwork=False)

    async def stop_bot(self) -> None:
        await self.app.__aexit__(None, None, None)

    async def run_jobs(self) -> None:
        """Everything that happens by the clock, once, and what it made due sent."""
        for job in self.app.jobs:
            await job.run()
            await self.app.poller.idle()
        await self.app.worker.run_until_idle()

    # What people do, and what they see ----------------------------------------------------------------------------

    async def make_maintainer(self, person: Person, role: Role = Role.OWNER) -> None:
        await maintainers.add(self.app.db, person.id, role, person.first_name)

    async def start(self, person: Person, payload: str = "") -> Message:
        """The bot's answer to /start."""
        before = self._last_id(person.id)
        self.telegram.people.start(person, self.scene.bot, payload)
        return await self._answer(person.id, before)

    async def ask(self, person: Person, text: str, chat: Chat | None = None, **more: Any) -> Message:
        """The bot's answer to what the person writes, in private unless a chat is named."""
        chat_id = chat.id if chat is not None else person.id
        sent = self.telegram.people.send(person, chat_id, text, **more)
        return await self._answer(chat_id, sent.id)

    async def tap(self, person: Person, message: Message, label: str) -> CallbackAnswer:
        """Tap the first button whose label contains this, and wait until the bot is done with it."""
        return await self.tap_data(person, message, self.button(message, label)["callback_data"])

    async def tap_data(self, person: Person, message: Message, data: str) -> CallbackAnswer:
        answer = await self.telegram.people.tap(person, message.chat.id, message.id, data)
        await self.idle()
        return answer

    def button(self, message: Message, label: str) -> dict[str, Any]:
        for row in (message.reply_markup or {}).get("inline_keyboard", []):
            for button in row:
                if label in button["text"]:
                    found: dict[str, Any] = button
                    return found
        raise AssertionError(f"no button {label!r} in {self.labels(message)}")

    def labels(self, message: Message) -> list[str]:
        rows = (message.reply_markup or {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    def shown(self, chat_id: int) -> list[str]:
        """The texts that stand in a chat, the bot's and others'."""
        return [message.text or message.caption or "" for message in self.telegram.messages(chat_id)]

    def from_bot(self, chat_id: int) -> list[Message]:
        bot_id = self.scene.bot.id
        return [
            m for m in self.telegram.messages(chat_id) if m.by_chat or (m.from_ is not None and m.from_.id == bot_id)
        ]

    async def idle(self) -> None:
        """Wait until the bot has taken and handled every update there is."""
        await self.until(lambda: not self.scene.bot.updates)
        await self.app.inbox.idle()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something in Telegram."""
        changed = asyncio.Event()
        unlisten = self.telegram.listen(lambda _: changed.set())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():
                    changed.clear()
                    try:
                        await asyncio.wait_for(changed.wait(), 0.05)
                    except TimeoutError:
                        continue
        finally:
            unlisten()

    async def _answer(self, chat_id: int, after: int) -> Message:
        bot_id = self.scene.bot.id

        def answers() -> list[Message]:
            return [m for m in self.telegram.messages(chat_id) if m.id > after and m.from_ and m.from_.id == bot_id]

        await self.until(lambda: bool(answers()))
        await self.idle()
        return answers()[0]

    def _last_id(self, chat_id: int) -> int:
        return max((message.id for message in self.telegram.messages(chat_id)), default=0)

    # Articles ------------------------------------------------------------------------------------------------------

    async def publish(self, title: str, *, announce: bool = True, **fields: Any) -> Submitted:
        fields = {"body": f"<p>About {title}.</p>", "state": ArticleState.PUBLISHED, **fields}
        fields.setdefault("url", f"https://example.org/{title.replace(' ', '-').lower()}")
        return await submit(
            self.app.db, Submission(title=title, **fields), Source(SourceKind.FILE, "test"), announce=announce
        )
