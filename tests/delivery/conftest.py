"""Delivery against the sandbox over loopback: a real store, the real transport, a clock that is moved."""

import gettext
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from bot.delivery.bot import Bot
from bot.delivery.pace import Pacer
from bot.delivery.pictures import Pictures
from bot.delivery.plan import plan
from bot.delivery.transport import AiohttpRequest, Timeouts
from bot.delivery.worker import Worker
from bot.errors import FetchError
from bot.model import ArticleState, Chat, ChatKind, Delivery, Filter, Mode, NewArticle, Source, SourceKind, Subscription
from bot.render.words import Words
from bot.sandbox.nouns import Message
from bot.sandbox.scene import Scene, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from bot.store import articles, chats, deliveries, subscriptions
from bot.store.db import Database
from tests.clock import HandClock


def english(_language: str) -> Words:
    return Words(gettext.NullTranslations(), Locale("en"), ZoneInfo("UTC"))


PICTURES: dict[str, bytes] = {}  # what there is to fetch, by address; tests put it there


async def fetched(url: str) -> bytes:
    try:
        return PICTURES[url]
    except KeyError:
        raise FetchError("http", f"{url} answered 404") from None


@dataclass
class Newsroom:
    """A store, a Telegram, and the worker between them."""

    db: Database
    clock: HandClock
    telegram: Telegram
    scene: Scene
    bot: Bot
    worker: Worker
    url: str

    async def subscribe(
        self, chat_id: int, *, topic_id: int = 0, mode: Mode = Mode.INSTANT, **fields: Any
    ) -> Subscription:
        """The chat gets what is announced from now on; Chiara connected it."""
        if await chats.find(self.db, chat_id) is None:
            await self.know(chat_id)
        return await subscriptions.add(
            self.db, chat_id, topic_id, mode, filter=Filter(), created_by=self.scene.chiara.id, **fields
        )

    async def know(self, chat_id: int) -> None:
        """The store has seen the chat; in groups and channels the bot is an administrator."""
        if chat_id > 0:
            await chats.saw(self.db, Chat(chat_id, ChatKind.PRIVATE, "Someone", None, "en", started=True))
            return
        chat = self.telegram.chats[chat_id]
        self.telegram.people.add_bot(self.scene.chiara, chat_id, self.scene.bot)
        noun = Chat(chat_id, ChatKind(chat.kind), chat.title or "", None, "en", connected_by=self.scene.chiara.id)
        await chats.saw(self.db, noun)

    async def announce(self, title: str, **fields: Any) -> int:
        values: dict[str, Any] = {
            "url": f"https://example.org/{title.lower()}",
            "canonical_url": None,
            "guid": title,
            "summary": "",
            "body": "",
            "text": "",
            "author": "",
            "language": "en",
            "tags": (),
            "image_url": None,
            "enclosures": (),
            "state": ArticleState.PUBLISHED,
            "content_hash": title,
            "published_at": self.clock(),
            **fields,
        }
        new = NewArticle(title=title, **values)
        article_id = await articles.add(self.db, new, Source(SourceKind.FILE, "test"), announce=True)
        await plan(self.db)
        return article_id

    async def row(self, chat_id: int | None = None) -> Delivery:
        """The only delivery (of a chat)."""
        [row] = await self.rows(chat_id or self.scene.channel.id)
        return row

    async def rows(self, chat_id: int) -> list[Delivery]:
        return await deliveries.of_chat(self.db, chat_id)

    def posts(self, chat_id: int) -> list[Message]:
        return [
            m for m in self.telegram.messages(chat_id) if m.by_chat or (m.from_ and m.from_.id == self.scene.bot.id)
        ]

    def titles(self, chat_id: int) -> list[str]:
        """The first line of everything the bot has posted there."""
        return [(m.text or m.caption or "").split("\n")[0] for m in self.posts(chat_id)]

    async def claim_and_crash(self) -> Delivery:
        """What a kill -9 leaves behind while one delivery is in flight."""
        await plan(self.db)
        [delivery] = await deliveries.claim(self.db, self.clock(), 1)
        return delivery


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def db(tmp_path: Path, clock: HandClock) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "paperboy.db", clock=clock)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def no_pictures() -> None:
    PICTURES.clear()


@pytest.fixture
async def room(db: Database, clock: HandClock) -> AsyncIterator[Newsroom]:
    telegram = Telegram(clock=clock, flood_control=False)
    scene = default_scene(telegram)
    async with Server(telegram) as server:
        bot = Bot(
            scene.bot.token,
            base_url=f"{server.url}/bot",
            request=AiohttpRequest(timeouts=Timeouts(read=30)),
            get_updates_request=AiohttpRequest(pool_size=1),
            rate_limiter=Pacer(1000, per_chat=False, now=clock),
            pictures=Pictures(fetched),
        )
        async with bot:
            worker = Worker(db, bot, english, clock=clock)
            yield Newsroom(db, clock, telegram, scene, bot, worker, server.url)
            await worker.stop()
