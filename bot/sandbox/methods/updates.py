"""getMe and how updates reach the bot: long polling, or a webhook."""

from __future__ import annotations

import asyncio
import re
from itertools import islice
from typing import TYPE_CHECKING

from bot.sandbox.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from bot.sandbox.methods.ask import Ask, Handler
    from bot.sandbox.nouns import Bot, Json

LONGEST_POLL_SECONDS = 50
SECRET_MAX = 256
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def get_me(ask: Ask) -> Json:
    return ask.bot.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not ask.bot.privacy,
        "supports_inline_queries": ask.bot.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(ask: Ask) -> list[Json]:
    """Gives what is there, or waits for the first update. A second poller ends the first, as in Telegram."""
    bot = ask.bot
    if bot.webhook:
        raise Refusal(409, WEBHOOK_ACTIVE)
    _allow(ask)
    _confirm(bot, ask.params.get("offset", 0))
    if bot.poll is not None and not bot.poll.done():
        bot.poll.set_exception(Refusal(409, OTHER_POLLER))
    bot.poll = None
    limit = min(max(ask.params.get("limit", 100), 1), 100)
    seconds = min(max(ask.params.get("timeout", 0), 0), LONGEST_POLL_SECONDS)
    if not bot.updates and seconds and not ask.telegram.closing:
        await _wait(bot, seconds)
    return list(islice(bot.updates, limit))


async def _wait(bot: Bot, seconds: float) -> None:
    woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    bot.poll = woken
    try:
        async with asyncio.timeout(seconds):
            await woken
    except TimeoutError:
        pass
    finally:
        if bot.poll is woken:
            bot.poll = None


def _allow(ask: Ask) -> None:
    """An empty list means the default; a call without the parameter leaves what was said before."""
    wanted: list[str] | None = ask.params.get("allowed_updates")
    if wanted is not None:
        ask.bot.allowed_updates = frozenset(wanted) or None


def _confirm(bot: Bot, offset: int) -> None:
    if offset < 0:
        while len(bot.updates) > -offset:
            bot.updates.popleft()
    else:
        while bot.updates and bot.updates[0]["update_id"] < offset:
            bot.updates.popleft()


def set_webhook(ask: Ask) -> bool:
    """An address of loopback may be plain http here, so that a bot beside the sandbox can try it."""
    url: str = ask.params.get("url", "")
    if not url:
        return delete_webhook(ask)
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = ask.params.get("secret_token", "")
    if len(secret) > SECRET_MAX:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    _allow(ask)
    if ask.params.get("drop_pending_updates"):
        ask.bot.updates.clear()
    connections = min(max(ask.params.get("max_connections", 40), 1), 100)
    ask.bot.webhook = {"url": url, "secret_token": secret, "max_connections": connections}
    if ask.bot.poll is not None and not ask.bot.poll.done():
        ask.bot.poll.set_exception(Refusal(409, "Conflict: terminated by setWebhook request"))
    ask.telegram.webhook_changed(ask.bot)
    return True


def delete_webhook(ask: Ask) -> bool:
    if ask.params.get("drop_pending_updates"):
        ask.bot.updates.clear()
    ask.bot.webhook = {}
    ask.telegram.webhook_changed(ask.bot)
    return True


def get_webhook_info(ask: Ask) -> Json:
    bot = ask.bot
    info: Json = {
        "url": bot.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates),
    }
    for key in ("max_connections", "last_error_date", "last_error_message"):
        if key in bot.webhook:
            info[key] = bot.webhook[key]
    if bot.allowed_updates is not None:
        info["allowed_updates"] = sorted(bot.allowed_updates)
    return info


METHODS: dict[str, Handler] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
