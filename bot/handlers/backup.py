"""/backup: a copy of the store for its owner; and the answer to whether a restored store may send."""

import asyncio
import logging

from telegram import Update
from telegram.error import TelegramError

from bot.errors import StoreError
from bot.handlers.context import Context
from bot.render import backup as screens
from bot.render.callbacks import ResumeSending
from bot.store import backup, restored

log = logging.getLogger(__name__)

UPLOAD_LIMIT_BYTES = 50_000_000  # Telegram's, for a bot's documents
UPLOAD_SECONDS = 600.0


async def backup_command(update: Update, context: Context) -> None:
    """Makes the copy beside the store. It stays there, unless Telegram has taken it."""
    words = await context.words_for(update)
    store, now = context.db.path, context.now
    target = store.with_name(f"{store.stem}-backup-{now:%Y%m%dT%H%M%SZ}.db")
    await context.say(update, screens.under_way(words))
    try:
        made = await backup.write(store, target, now=now)
    except StoreError as error:
        log.error("backup failed: file=%s error=%s", target, error)
        await context.say(update, screens.failed(words))
        return
    log.info("backup made: file=%s bytes=%d", target, made.size_bytes)
    if made.size_bytes <= UPLOAD_LIMIT_BYTES and await _sent(update, context, made):
        target.unlink()
    else:
        await context.say(update, screens.lies_at(str(made.path.absolute()), made.size_bytes, words))


async def _sent(update: Update, context: Context, made: backup.Backup) -> bool:
    assert update.effective_chat is not None
    caption = screens.caption(await context.words_for(update)).text
    try:
        await context.bot.send_document(
            update.effective_chat.id,
            await asyncio.to_thread(made.path.read_bytes),
            filename=made.path.name,
            caption=caption,
            write_timeout=UPLOAD_SECONDS,
        )
    except TelegramError as error:
        log.warning("backup not sent: file=%s error=%s", made.path, error)
        return False
    return True


async def resume(update: Update, context: Context, tapped: ResumeSending) -> None:
    """A tap below the question; a second one finds that it was answered."""
    done = await restored.resume(context.db, drop=tapped.drop)
    words = await context.words_for(update)
    if done is None:
        await context.show(update, screens.resumed_already(words))
        return
    log.info("sending resumes: pushes=%d articles=%d dropped=%s", done.pushes, done.articles, tapped.drop)
    context.services.wake()
    await context.show(update, screens.resumed(done.pushes, done.articles, words, dropped=tapped.drop))
