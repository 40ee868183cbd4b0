"""Updates pushed to a bot's webhook: one after another, again after a failure, with the secret token."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from bot.sandbox.nouns import Bot
    from bot.sandbox.world import Telegram

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0


class Webhooks:
    """A task for each bot that has a webhook, while the server runs."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def open(self) -> None:
        self._telegram.on_webhook = self._changed
        for bot in self._telegram.bots.values():
            self._changed(bot)

    async def close(self) -> None:
        self._telegram.on_webhook = None
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _changed(self, bot: Bot) -> None:
        if task := self._tasks.pop(bot.id, None):
            task.cancel()
        if bot.webhook:
            self._tasks[bot.id] = asyncio.get_running_loop().create_task(self._push(bot))

    async def _push(self, bot: Bot) -> None:
        headers = (
            {"X-Telegram-Bot-Api-Secret-Token": bot.webhook["secret_token"]} if bot.webhook["secret_token"] else {}
        )
        wait = FIRST_RETRY_SECONDS
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as client:
            while True:
                if not bot.updates:
                    bot.poll = asyncio.get_running_loop().create_future()
                    await bot.poll
                    continue
                update = bot.updates[0]
                error = await self._post(client, bot.webhook["url"], update)
                if error is None:
                    wait = FIRST_RETRY_SECONDS
                    if bot.updates and bot.updates[0] is update:
                        bot.updates.popleft()
                    continue
                now = int(self._telegram.clock().timestamp())
                bot.webhook |= {"last_error_date": now, "last_error_message": error}
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_RETRY_SECONDS)

    async def _post(self, client: httpx.AsyncClient, url: str, update: dict[str, object]) -> str | None:
        try:
            answer = await client.post(url, json=update)
        except httpx.HTTPError:
            return "Connection refused"
        return (
            None
            if answer.is_success
            else f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        )
