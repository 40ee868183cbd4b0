"""What a maintainer writes that is nobody else's to read: it is deleted from the chat, and never repeated."""

import logging

from telegram import Update
from telegram.error import TelegramError

from bot.errors import FetchError
from bot.handlers.context import Context
from bot.intake.address import hides_password
from bot.render import feed as screens

log = logging.getLogger(__name__)


async def hide(update: Update, context: Context, *written: str) -> str:
    """Deletes the message if one of these words of it has a password in its address: what to tell of that, else ""."""
    if any(map(hides_password, written)):
        return await delete(update, context)
    return ""


async def delete(update: Update, context: Context) -> str:
    """Deletes the message, if Telegram allows it: what to tell of that."""
    message = update.effective_message
    assert message is not None
    try:
        await context.bot.call("deleteMessage", {"chat_id": message.chat_id, "message_id": message.message_id})
    except TelegramError as error:
        log.warning("message with a secret not deleted: chat=%d error=%s", message.chat_id, error)
        return screens.secret_kept(await context.words_for(update), is_deleted=False)
    return screens.secret_kept(await context.words_for(update), is_deleted=True)


def headers_of(text: str) -> dict[str, str]:
    """A header a line, "Name: value"; an empty value removes it. Raises FetchError, whose text repeats nothing."""
    headers: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon:
            raise FetchError("headers", "a header is a line of the form Name: value")
        headers[name.strip()] = value.strip()
    return headers
