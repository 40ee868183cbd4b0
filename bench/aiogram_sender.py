"""The same messages as bench/outbox.py sends, by aiogram: its own process, in an environment of its own."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity


async def send_all(task: dict[str, Any]) -> tuple[float, float]:
    """Seconds, and seconds of CPU."""
    message = task["message"]
    entities = [MessageEntity(**entity) for entity in message["entities"]]
    keyboard = InlineKeyboardMarkup(**message["reply_markup"]) if message["reply_markup"] else None
    preview = LinkPreviewOptions(**message["link_preview_options"])
    session = AiohttpSession(api=TelegramAPIServer.from_base(task["url"]), limit=task["width"])

    async with Bot(task["token"], session=session) as bot:

        async def send(some: Iterator[int]) -> None:
            for chat_id in some:
                await bot.send_message(
                    chat_id, message["text"], entities=entities, reply_markup=keyboard, link_preview_options=preview
                )

        chats = iter(task["chats"])
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[send(chats) for _ in range(task["width"])])
        return time.perf_counter() - started, time.process_time() - cpu


if __name__ == "__main__":
    print(json.dumps(asyncio.run(send_all(json.load(sys.stdin)))))
