"""Quiet hours, daily cap and spacing of a subscription: shown and set by its chat's admins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time

from telegram import Update

from bot.handlers.context import Context
from bot.model import Restraint
from bot.render import restraint as screens
from bot.render.callbacks import UNCHOSEN, ChooseQuiet, DropQuiet, SetDailyCap, SetSpacing, ShowRestraint
from bot.store import held, subscriptions, topics


async def show_restraint(update: Update, context: Context, tapped: ShowRestraint) -> None:
    await _show(update, context, tapped.subscription_id)


async def choose_quiet(update: Update, context: Context, tapped: ChooseQuiet) -> None:
    """Two questions, then the hours are set."""
    begin, end = tapped.begin, tapped.end
    if begin != UNCHOSEN and end != UNCHOSEN:
        hours = time(begin), time(end)
        await _set(
            update, context, tapped.subscription_id, lambda old: replace(old, quiet_from=hours[0], quiet_until=hours[1])
        )
        return
    one = await subscriptions.get(context.db, tapped.subscription_id)
    chat = await topics.destination_of(context.db, one)
    words, menu = await context.words_and_menu(update)
    if begin == UNCHOSEN:
        await context.show(update, screens.ask_begin(chat, one, words, menu))
    else:
        await context.show(update, screens.ask_end(chat, one, begin, words, menu))


async def drop_quiet(update: Update, context: Context, tapped: DropQuiet) -> None:
    await _set(update, context, tapped.subscription_id, lambda old: replace(old, quiet_from=None, quiet_until=None))


async def set_daily_cap(update: Update, context: Context, tapped: SetDailyCap) -> None:
    await _set(update, context, tapped.subscription_id, lambda old: replace(old, daily_cap=tapped.posts))


async def set_spacing(update: Update, context: Context, tapped: SetSpacing) -> None:
    await _set(update, context, tapped.subscription_id, lambda old: replace(old, spacing_minutes=tapped.minutes))


async def _set(update: Update, context: Context, subscription_id: int, how: Callable[[Restraint], Restraint]) -> None:
    await subscriptions.change(context.db, subscription_id, lambda one: replace(one, restraint=how(one.restraint)))
    context.services.wake()
    await _show(update, context, subscription_id)


async def _show(update: Update, context: Context, subscription_id: int) -> None:
    one = await subscriptions.get(context.db, subscription_id)
    chat = await topics.destination_of(context.db, one)
    until = await held.held_until(context.db, subscription_id)
    words, menu = await context.words_and_menu(update)
    await context.show(update, screens.restraint(chat, one, words, menu, now=context.now, held_until=until))
