"""Messages a second through the whole outbox, against bare python-telegram-bot that sends the same on our transport.

And the share of a core that a steady 1,000 a second takes, for a minute: limited to that, and to a little more. aiogram
sends the same where BENCH_AIOGRAM names a Python that has it (its limits on pydantic keep it out of this environment).
"""

import asyncio
import gettext
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from telegram import InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity
from telegram.ext import ExtBot

from bench import crowd
from bench.answers import Answers
from bench.children import TOKEN
from bot.delivery.bot import Bot
from bot.delivery.pace import Pacer
from bot.delivery.plan import plan
from bot.delivery.transport import AiohttpRequest
from bot.delivery.worker import WIDTH, Worker
from bot.render.outgoing import Outgoing
from bot.render.post import post
from bot.render.words import Words
from bot.store import articles, deliveries, outbox
from bot.store.db import Database

MESSAGES = 10_000
ROUNDS = 3
UNLIMITED = 1_000_000  # a second, of the pacer: out of the way
STEADY = 1_000
LIMITS = (STEADY, STEADY * 21 // 20)  # a second: what is never passed in any second is not quite reached on average
STEADY_SECONDS = 60
AIOGRAM = "BENCH_AIOGRAM"
ENGLISH = Words(gettext.NullTranslations(), Locale("en"), ZoneInfo("UTC"))


async def main(messages: int = MESSAGES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "crowd.db"
        await crowd.gather(store, messages)
        outgoing = await _planned(store)
        steady = Path(folder) / "steady.db"
        await crowd.gather(steady, LIMITS[-1] * STEADY_SECONDS)
        await _planned(steady)
        answer = {"text": outgoing.text.text, "entities": outgoing.text.entities, "reply_markup": outgoing.keyboard}
        ratios = []
        for number in range(1, ROUNDS + 1):
            async with Answers(answer) as telegram:
                bare, bare_cpu = await _run("bare", telegram.url, crowd.copy(store, "bare.db"))
                ours, our_cpu = await _run("outbox", telegram.url, crowd.copy(store, "ours.db"))
                if telegram.calls != 2 * messages:
                    sys.exit(f"{telegram.calls} messages came instead of {2 * messages}")
                if AIOGRAM in os.environ:
                    theirs, their_cpu = await _aiogram(telegram.url, outgoing, messages)
                    print(f"round {number}: aiogram {messages / theirs:,.0f}/s ({their_cpu / messages * 1e6:.0f} us)")
            ratios.append((bare / ours, bare_cpu / our_cpu))
            print(
                f"round {number}: bare PTB {messages / bare:,.0f}/s ({bare_cpu / messages * 1e6:.0f} us of CPU each), "
                f"outbox {messages / ours:,.0f}/s ({our_cpu / messages * 1e6:.0f} us), ratio {bare / ours:.2f}"
            )
        for limit in LIMITS:
            async with Answers(answer) as telegram:
                seconds, cpu = await _run("outbox", telegram.url, crowd.copy(steady, "limited.db"), limit)
                print(
                    f"steady: {telegram.calls / seconds:,.0f}/s for {seconds:.0f} s at {cpu / seconds:.0%} of a core, "
                    f"limited to {limit:,} in any second (goal 1,000/s at <= 60 %)"
                )
    by_clock, by_cpu = (sorted(each)[ROUNDS // 2] for each in zip(*ratios, strict=True))
    print(f"outbox: median ratio {by_clock:.2f}, by CPU {by_cpu:.2f} (goal >= 0.8)")


async def _planned(store: Path) -> Outgoing:
    """What everybody is about to be sent."""
    db = await Database.open(store)
    try:
        article_id = await crowd.announce(db)
        await plan(db)
        return post(await articles.get(db, article_id), ENGLISH, bot_username="bench_bot")
    finally:
        await db.close()


async def _run(sender: str, url: str, store: Path, rate: int = UNLIMITED) -> tuple[float, float]:
    """Seconds, and seconds of CPU, in a process of its own."""
    arguments = "-m", "bench.outbox", sender, url, str(store), str(rate)
    process = await create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
    out, _ = await process.communicate()
    seconds, cpu = json.loads(out)
    return seconds, cpu


async def _aiogram(url: str, outgoing: Outgoing, messages: int) -> tuple[float, float]:
    script = Path(__file__).with_name("aiogram_sender.py")
    process = await create_subprocess_exec(os.environ[AIOGRAM], str(script), stdin=PIPE, stdout=PIPE)
    message = {
        "text": outgoing.text.text,
        "entities": outgoing.text.entities,
        "reply_markup": outgoing.keyboard,
        "link_preview_options": {"is_disabled": True},
    }
    task = {"url": url, "token": TOKEN, "message": message, "chats": [*range(1, messages + 1)], "width": WIDTH}
    out, _ = await process.communicate(json.dumps(task).encode())
    seconds, cpu = json.loads(out)
    return seconds, cpu


async def _outbox(url: str, store: Path, rate: int) -> tuple[float, float]:
    """Claims, sends and acknowledges all that waits."""
    db = await Database.open(store)
    pacer = Pacer(rate)
    try:
        async with Bot(TOKEN, base_url=f"{url}/bot", request=AiohttpRequest(), rate_limiter=pacer) as bot:
            worker = Worker(db, bot, lambda _: ENGLISH)
            started, cpu = time.perf_counter(), time.process_time()
            running = asyncio.create_task(worker.run())
            while await deliveries.next_due_at(db) is not None or (await outbox.counts(db)).sending:
                await asyncio.sleep(0.05)
            took = time.perf_counter() - started, time.process_time() - cpu
            await worker.stop()
            await running
            return took
    finally:
        await db.close()


async def _bare(url: str, store: Path, _rate: int) -> tuple[float, float]:
    """The same messages to the same chats, as many at once, straight from PTB."""
    db = await Database.open(store)
    try:
        chats = iter([row["chat_id"] for row in await db.read("SELECT chat_id FROM delivery ORDER BY id")])
        outgoing = post(await articles.get(db, 1), ENGLISH, bot_username="bench_bot")
    finally:
        await db.close()
    async with ExtBot[None](TOKEN, base_url=f"{url}/bot", request=AiohttpRequest()) as bot:
        entities = [MessageEntity.de_json(dict(entity), bot) for entity in outgoing.text.entities]
        keyboard = InlineKeyboardMarkup.de_json(dict(outgoing.keyboard), bot) if outgoing.keyboard else None

        async def send(some: Iterator[int]) -> None:
            for chat_id in some:
                await bot.send_message(
                    chat_id,
                    outgoing.text.text,
                    entities=entities,
                    reply_markup=keyboard,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )

        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[send(chats) for _ in range(WIDTH)])
        return time.perf_counter() - started, time.process_time() - cpu


def run_sender(sender: str, url: str, store: str, rate: str) -> None:
    work = {"bare": _bare, "outbox": _outbox}[sender]
    print(json.dumps(asyncio.run(work(url, Path(store), int(rate)))))


if __name__ == "__main__":
    run_sender(*sys.argv[1:])
