"""Updates a second for /latest, against a bare python-telegram-bot that echoes, on the same transport and sandbox."""

import asyncio
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from telegram import Update
from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from bench import children
from bench.start import fill
from bot.delivery.transport import AiohttpRequest
from bot.sandbox.server import Server

PEOPLE = 200
EACH = 25
ARTICLES = 1_000
ROUNDS = 3


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder) / "bench.db"
        await fill(filled, ARTICLES)
        ratios = []
        for number in range(1, ROUNDS + 1):
            echo = await _rate(lambda server: children.python("-m", "bench.updates", server.url))
            # A store of its own: each round's Telegram counts from the same update_id, and none is handled twice.
            store = Path(shutil.copy(filled, Path(folder) / f"round{number}.db"))
            ours = await _rate(partial(children.paperboy, store=store))
            ratios.append(ours / echo)
            print(
                f"round {number}: bare PTB echo {echo:,.0f}/s, Paperboy /latest {ours:,.0f}/s, ratio {ours / echo:.2f}"
            )
    print(f"updates: median ratio {sorted(ratios)[ROUNDS // 2]:.2f} (goal >= 0.6)")


async def _rate(start: Callable[[Server], Awaitable[Process]]) -> float:
    """Answers a second, from the first to the last, to updates that all wait when the bot starts."""
    telegram = children.telegram()
    [bot] = telegram.bots.values()
    async with Server(telegram) as server:
        for number in range(PEOPLE):
            person = telegram.add_person(f"Reader {number}")
            telegram.people.start(person, bot)
        bot.updates.clear()
        for _ in range(EACH):
            for person in list(telegram.persons.values()):
                telegram.people.send(person, person.id, "/latest")
        times: list[float] = []
        done = asyncio.Event()

        def count(event: object) -> None:
            if getattr(event, "kind", "") == "message":
                times.append(time.perf_counter())
                if len(times) == PEOPLE * EACH:
                    done.set()

        telegram.listen(count)
        process = await start(server)
        try:
            await asyncio.wait_for(done.wait(), 120)
        finally:
            await children.end(process)
        return (len(times) - 1) / (times[-1] - times[0])


async def _echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(update.message.text or "")


def run_echo(url: str) -> None:
    """The baseline: PTB's own polling and dispatch, 64 wide, on our transport."""
    application = (
        ApplicationBuilder()
        .token(children.TOKEN)
        .base_url(f"{url}/bot")
        .request(AiohttpRequest())
        .get_updates_request(AiohttpRequest(pool_size=1))
        .concurrent_updates(64)
        .build()
    )
    application.add_handler(CommandHandler("latest", _echo))
    application.run_polling()


if __name__ == "__main__":
    run_echo(sys.argv[1])
