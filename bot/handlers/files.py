"""Documents that maintainers send: what would become of them first, then Import, Import and announce, or Cancel.

Nothing is kept between the steps but the document's file_id: each downloads it again.
"""

import logging
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from telegram import Message, Update
from telegram.error import TelegramError

from bot.access import Act
from bot.delivery import send
from bot.errors import RefusedFile
from bot.handlers import publishing
from bot.handlers.actors import allowed
from bot.handlers.context import Context
from bot.intake import imports, reading
from bot.model import Source, SourceKind
from bot.render import files as screens
from bot.render.callbacks import FileChoice, ImportFile
from bot.store import queries, subscriptions

log = logging.getLogger(__name__)

DOWNLOAD_LIMIT_BYTES = 20 * 2**20  # Telegram's, for a bot
TELL_EVERY = 1000  # items


@dataclass(frozen=True, slots=True)
class _Asked:
    """A document that was sent: what is remembered of it."""

    file_id: str
    name: str


async def document(update: Update, context: Context) -> None:
    """A document in private. A stranger's is not for us."""
    message = update.effective_message
    assert message is not None
    assert message.document is not None
    if not await allowed(update, context, Act.PUBLISH):
        if message.forward_origin is not None:
            await publishing.forwarded(update, context)
        return
    asked = _Asked(message.document.file_id, _file_name(message.document.file_name or ""))
    words = await context.words_for(update)
    if (message.document.file_size or 0) > DOWNLOAD_LIMIT_BYTES:
        command = f"paperboy import {shlex.quote(asked.name)}"
        await context.say(update, screens.too_large(asked.name, DOWNLOAD_LIMIT_BYTES, command, words))
        return
    tally = imports.Tally()
    try:
        async with _items(context, asked) as items:
            judge = context.services.fetcher.judge
            async for outcome in imports.take(
                context.db, items, _source(asked), announce=False, judge=judge, is_trial=True
            ):
                tally.count(outcome)
    except RefusedFile as error:
        await context.say(update, screens.unreadable(asked.name, str(error), words))
    except TelegramError as error:
        log.warning("document not downloaded: error=%s", error)
        await context.say(update, screens.unavailable(asked.name, words))
    else:
        query_id = await queries.remember(context.db, f"{asked.file_id}\n{asked.name}")
        menu = context.menu(message.chat_id)
        await context.say(update, screens.summary(asked.name, tally, query_id, words, menu))


async def decide(update: Update, context: Context, tapped: ImportFile) -> None:
    """A tap below the summary. A second Import finds everything as it is."""
    assert update.effective_chat is not None
    words, remembered = await context.words_for(update), await queries.recall(context.db, tapped.query_id)
    if remembered is None:
        await context.show(update, screens.forgotten(words))
        return
    asked = _Asked(*remembered.split("\n", 1))
    match tapped.choice:
        case FileChoice.CANCEL:
            await context.show(update, screens.cancelled(asked.name, words))
        case FileChoice.ASK:
            places, menu = await subscriptions.destinations(context.db), context.menu(update.effective_chat.id)
            question = screens.asks_to_announce(asked.name, tapped.query_id, tapped.articles, places, words, menu)
            await context.show(update, question)
        case FileChoice.IMPORT | FileChoice.ANNOUNCE:
            await _import(update, context, asked, announce=tapped.choice is FileChoice.ANNOUNCE)


async def _import(update: Update, context: Context, asked: _Asked, *, announce: bool) -> None:
    words, tally = await context.words_for(update), imports.Tally()
    await _tell(update, context, asked, 0)
    try:
        async with _items(context, asked) as items:
            by = update.effective_user.id if update.effective_user is not None else None
            judge = context.services.fetcher.judge
            async for outcome in imports.take(
                context.db, items, _source(asked), announce=announce, judge=judge, added_by=by
            ):
                tally.count(outcome)
                if tally.total % TELL_EVERY == 0:
                    await _tell(update, context, asked, tally.total)
    except RefusedFile as error:
        await context.show(update, screens.unreadable(asked.name, str(error), words))
    except TelegramError as error:
        log.warning("document not downloaded: error=%s", error)
        await context.show(update, screens.unavailable(asked.name, words))
    else:
        log.info("document imported: added=%d changed=%d refused=%d", tally.added, tally.changed, tally.refused)
        context.services.wake()
        await context.show(update, screens.imported(asked.name, tally, words, announced=announce))
        if tally.refused > screens.SHOWN:
            await _send_report(update, context, asked, tally)


async def _tell(update: Update, context: Context, asked: _Asked, done: int) -> None:
    """How far it has come. Nothing depends on it."""
    query = update.callback_query
    if query is None or not isinstance(query.message, Message):
        return
    outgoing = screens.under_way(asked.name, done, await context.words_for(update))
    with suppress(TelegramError):
        await send.edit(context.bot, query.message.chat_id, send.Posted(query.message.message_id), outgoing)


async def _send_report(update: Update, context: Context, asked: _Asked, tally: imports.Tally) -> None:
    assert update.effective_chat is not None
    lines = "".join(f"{' '.join(reason.split())}\n" for reason in tally.reasons)
    if tally.refused > len(tally.reasons):
        lines += f"… {tally.refused - len(tally.reasons)}\n"
    await context.bot.send_document(
        update.effective_chat.id,
        lines.encode("utf-8", "replace"),
        filename=f"{PurePosixPath(asked.name).stem or 'file'}-refused.txt",
        caption=screens.report_caption(tally, await context.words_for(update)).text,
    )


@asynccontextmanager
async def _items(context: Context, asked: _Asked) -> AsyncIterator[imports.Items]:
    """What the document holds. Raises TelegramError when Telegram does not give it; reading it raises RefusedFile."""
    file = await context.bot.get_file(asked.file_id)
    body = await file.download_as_bytearray()
    with tempfile.TemporaryDirectory() as folder, reading.Reader() as reader:
        path = Path(folder) / asked.name
        path.write_bytes(body)
        try:
            yield reader.read(path)
        except RefusedFile as error:
            raise RefusedFile(str(error).replace(f"{folder}/", "")) from error


def _source(asked: _Asked) -> Source:
    return Source(SourceKind.FILE, asked.name)


def _file_name(given: str) -> str:
    """The name that a document was given, as one that can be a file's."""
    name = "".join(char for char in given if char.isprintable()).replace("/", "_").strip(" .")
    suffix = PurePosixPath(name).suffix[:10]
    return f"{name[: 60 - len(suffix)]}{suffix}" if len(name) > 60 else name or "file"
