"""What `paperboy demo` plays: sandbox and bot in one process, a store full of articles, and a new one every minute."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot import app
from bot.clock import Clock, utcnow
from bot.config import Config, IntakeConfig, StoreConfig, TelegramConfig
from bot.intake import submit
from bot.intake.jsonl import article_from
from bot.model import Role, Source, SourceKind
from bot.sandbox.nouns import Person
from bot.sandbox.scene import TOKEN, default_scene
from bot.sandbox.server import Server
from bot.sandbox.world import Telegram
from bot.store import maintainers, reads
from bot.store.db import Database

EVERY = timedelta(minutes=1)
SOURCE = Source(SourceKind.FILE, "demo")
PHOTOS = "/photos"


async def play(port: int, *, say: Callable[[str], None] = print, clock: Clock = utcnow) -> None:
    """The demo, until SIGINT or SIGTERM. Raises OSError when the port is taken."""
    with tempfile.TemporaryDirectory(prefix="paperboy-demo-") as folder:
        telegram = Telegram(clock=clock)
        scene = default_scene(telegram)
        async with Server(telegram, port=port, static={PHOTOS: _photos()}) as server:
            config = _config(server.url, Path(folder))
            await fill(config.store.path, scene.owen, server.url, clock)
            async with app.App(config, clock=clock) as bot:
                await bot.start(lambda _: None)
                say(
                    f"Paperboy's demo: {server.url}/\n"
                    "Open it in a browser: read as Rosa, connect Chiara's channel, publish as Owen.\n"
                    "A new article is published every minute. Ctrl-C ends it; nothing is kept."
                )
                publishing = asyncio.create_task(_publish(bot, server.url))
                told = asyncio.create_task(app.until_signal())
                await asyncio.wait([told, bot.failed, publishing], return_when=asyncio.FIRST_COMPLETED)
                told.cancel()
                for part in (bot.failed, publishing):
                    if part.done():
                        part.result()
                publishing.cancel()


async def fill(path: Path, owner: Person, url: str, clock: Clock) -> None:
    """A store with the archive, its reads so far, and the owner."""
    moment = clock()
    db = await Database.open(path, clock=lambda: moment)
    try:
        await maintainers.add(db, owner.id, Role.OWNER, owner.first_name)
        wanted: list[tuple[int, datetime, int]] = []  # article, published, reads
        for record in _records("articles.jsonl", url):
            published_at = moment - timedelta(hours=record.pop("age_hours"))
            count = record.pop("reads")
            submission = article_from({**record, "published_at": published_at.isoformat()})
            submitted = await submit.submit(db, submission, SOURCE, announce=False)
            wanted.append((submitted.article_id, published_at, count))
        now = moment
        for age in (timedelta(days=30), timedelta(days=10), timedelta(days=4), timedelta(hours=8)):
            moment = now - age
            await asyncio.gather(*_reads(db, wanted, moment))
    finally:
        await db.close()


def _reads(
    db: Database, wanted: list[tuple[int, datetime, int]], moment: datetime
) -> Iterator[Coroutine[None, None, None]]:
    """What was read at this moment: of each article that was out, a share of its reads, by readers who never were."""
    for article_id, published_at, count in wanted:
        share = count // 3 if published_at <= moment else 0
        yield from (reads.record(db, article_id, f"demo-{number}", "list") for number in range(share))


async def _publish(bot: app.App, url: str) -> None:
    """One fresh article a minute, as long as there are any."""
    for record in _records("fresh.jsonl", url):
        await asyncio.sleep(EVERY.total_seconds())
        for own in ("age_hours", "reads", "published_at"):
            record.pop(own, None)
        await submit.submit(bot.db, article_from(record), SOURCE, announce=True)
        bot.wake()
    await asyncio.Event().wait()


def _records(name: str, url: str) -> Iterator[dict[str, Any]]:
    """The articles of a file; their pictures are served by the sandbox itself."""
    with (files("bot.demo") / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line.replace("demo:", f"{url}{PHOTOS}/"))


def _photos() -> Path:
    return Path(str(files("bot.demo") / "photos"))


def _config(url: str, folder: Path) -> Config:
    """Made without a look at the environment, which may name a real bot."""
    return Config.model_construct(
        telegram=TelegramConfig(token=SecretStr(TOKEN), api_url=url),
        store=StoreConfig(url=f"sqlite:///{folder / 'demo.db'}"),
        intake=IntakeConfig(allow_private_networks=("127.0.0.0/8",)),
    )
