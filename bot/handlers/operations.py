"""How the bot is doing: /stats."""

from telegram import Update

from bot.handlers.context import Context
from bot.render import stats as screens
from bot.store import stats


async def stats_command(update: Update, context: Context) -> None:
    figures = await stats.stats(context.db)
    await context.say(update, screens.stats(figures, await context.words_for(update)))
