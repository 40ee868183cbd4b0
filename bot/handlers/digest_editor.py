"""The editor of a digest: what it holds, when it goes out, how it looks; each tap changes one thing and shows it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import islice

from telegram import Update

from bot.delivery import digesting, send
from bot.delivery.digest import next_run
from bot.handlers.actors import answered
from bot.handlers.context import Context
from bot.handlers.looks import send_privately
from bot.handlers.subscriptions import topic_of
from bot.model import Filter, Proposal, Schedule, Subscription
from bot.render import digest_editor as screens
from bot.render import zones
from bot.render.callbacks import (
    AskDigestText,
    ClearDigestText,
    DigestOption,
    DigestPart,
    DigestText,
    EditDigest,
    NewDigest,
    PickHour,
    PreviewDigest,
    SendDigest,
    SetDay,
    SetDigest,
    SetTime,
    SetZone,
)
from bot.render.looks import too_long
from bot.render.outgoing import Outgoing
from bot.render.text import len16
from bot.store import held, proposals, subscriptions, topics

RUNS = 3  # that are shown
DAY_MINUTES = 24 * 60


async def new(update: Update, context: Context, tapped: NewDigest) -> None:
    """One more digest of the chat: every day at nine by the clocks that the person likely goes by.

    In a forum it goes to the topic where it was asked for.
    """
    user, chat = update.effective_user, update.effective_chat
    assert user is not None
    assert chat is not None
    topic_id = topic_of(update) if chat.id == tapped.chat_id else 0
    likely = zones.guess(user.language_code or "", context.now)
    schedule = Schedule(timezone=likely or context.services.zone.key)
    made = await subscriptions.add_digest(
        context.db, tapped.chat_id, topic_id, schedule, Filter(), next_run(schedule, context.now), user.id
    )
    await context.show(update, await editor(update, context, made.id))


async def editor(update: Update, context: Context, subscription_id: int) -> Outgoing:
    """The editor's first screen."""
    words, menu = await context.words_and_menu(update)
    return screens.editor(await _edited(context, subscription_id), words, menu)


async def show_part(update: Update, context: Context, tapped: EditDigest) -> None:
    await context.show(update, await _part(update, context, tapped.subscription_id, tapped.part))


async def pick_hour(update: Update, context: Context, tapped: PickHour) -> None:
    edited, (words, menu) = await _edited(context, tapped.subscription_id), await context.words_and_menu(update)
    await context.show(update, screens.minutes(edited, tapped.hour % 24, words, menu))


async def set_time(update: Update, context: Context, tapped: SetTime) -> None:
    """One time of the day more or less; there is always one, and never more than TIMES_LIMIT."""
    at = time(*divmod(tapped.minute % DAY_MINUTES, 60))

    def how(one: Subscription) -> Subscription:
        kept = [each for each in one.schedule.times if each != at]
        times = tuple(sorted([*kept, at])) if tapped.on else tuple(kept)
        if not 0 < len(times) <= screens.TIMES_LIMIT:
            return one
        return digesting.scheduled(one, replace(one.schedule, times=times), context.now)

    await _change(update, context, tapped.subscription_id, how, DigestPart.TIMES)


async def set_day(update: Update, context: Context, tapped: SetDay) -> None:
    """A weekday more or less; there is always one."""

    def how(one: Subscription) -> Subscription:
        days = one.schedule.weekdays - {tapped.day} | ({tapped.day % 7} if tapped.on else set())
        return one if not days else digesting.scheduled(one, replace(one.schedule, weekdays=days), context.now)

    await _change(update, context, tapped.subscription_id, how, DigestPart.DAYS)


async def set_zone(update: Update, context: Context, tapped: SetZone) -> None:
    def how(one: Subscription) -> Subscription:
        if not zones.is_known(tapped.zone):
            return one
        return digesting.scheduled(one, replace(one.schedule, timezone=tapped.zone), context.now)

    await _change(update, context, tapped.subscription_id, how, DigestPart.ZONE)


async def set_option(update: Update, context: Context, tapped: SetDigest) -> None:
    is_of_content = tapped.option in (
        DigestOption.ORDER,
        DigestOption.AT_LEAST,
        DigestOption.AT_MOST,
        DigestOption.BY_TAG,
        DigestOption.SKIP_IF_EMPTY,
    )
    is_of_approval = tapped.option in (DigestOption.ASK_MINUTES, DigestOption.MUST_APPROVE)
    part = DigestPart.CONTENT if is_of_content else DigestPart.APPROVAL if is_of_approval else DigestPart.MORE
    await _change(update, context, tapped.subscription_id, lambda one: _set(one, tapped, context.now), part)


async def ask(update: Update, context: Context, tapped: AskDigestText) -> None:
    """Asks for a text, to be given as a reply."""
    edited, (words, menu) = await _edited(context, tapped.subscription_id), await context.words_and_menu(update)
    await context.say_in_passing(update, screens.ask_for(edited, tapped.text, words, menu))


async def clear(update: Update, context: Context, tapped: ClearDigestText) -> None:
    """Without that text; a city that is not given leaves the zone as it is."""
    if tapped.text is DigestText.CITY:
        await context.show(update, await _part(update, context, tapped.subscription_id, DigestPart.ZONE))
    else:
        await _change(update, context, tapped.subscription_id, lambda one: _worded(one, tapped.text, ""))


async def preview(update: Update, context: Context, tapped: PreviewDigest) -> None:
    """What it would hold now, as its readers would see it, to whoever taps, in private."""
    one = await subscriptions.get(context.db, tapped.subscription_id)
    chat, words = await topics.destination_of(context.db, one), await context.words_for(update)
    parts = await send.preview_of(context.db, one, context.services.words(chat.language), context.bot.username)
    await send_privately(update, context, parts or [screens.nothing_waits(words)])


async def send_now(update: Update, context: Context, tapped: SendDigest) -> None:
    """Asks once more, then sends it out of its turn. What it held is in no later one: a second tap sends nothing."""
    if not tapped.sure:
        edited, (words, menu) = await _edited(context, tapped.subscription_id), await context.words_and_menu(update)
        waiting = await digesting.preview(context.db, edited.digest)
        await context.show(update, screens.ask_to_send(edited, len(waiting), words, menu))
        return
    sent = await digesting.send_now(context.db, tapped.subscription_id)
    context.services.wake()
    until = await held.held_until(context.db, tapped.subscription_id)
    edited, (words, menu) = await _edited(context, tapped.subscription_id), await context.words_and_menu(update)
    await context.show(update, screens.sent_now(edited, words, menu, is_sent=sent is not None, held_until=until))


async def replied(update: Update, context: Context) -> bool:
    """Takes the text that was asked for. False: it is a reply to something else."""

    async def take(asked: ClearDigestText, one: Subscription, given: str) -> None:
        edited, (words, menu) = await _edited(context, one.id), await context.words_and_menu(update)
        if asked.text is DigestText.CITY:
            typed = " ".join(given.split())[: zones.TYPED_LIMIT]
            found = await asyncio.to_thread(zones.search, typed)
            await context.say_in_passing(update, screens.zone(edited, words, menu, found, typed))
        elif (length := len16(given.strip())) > screens.LIMITS_16[asked.text]:
            note = too_long(words, length, screens.LIMITS_16[asked.text])
            await context.say_in_passing(update, screens.ask_for(edited, asked.text, words, menu, note))
        else:
            await subscriptions.change(context.db, one.id, lambda now: _worded(now, asked.text, given.strip()))
            await context.say_in_passing(update, await editor(update, context, one.id))

    return await answered(update, context, ClearDigestText, take)


async def _change(
    update: Update,
    context: Context,
    subscription_id: int,
    how: Callable[[Subscription], Subscription],
    part: DigestPart = DigestPart.TEXTS,
) -> None:
    await subscriptions.change(context.db, subscription_id, how)
    context.services.wake()
    await context.show(update, await _part(update, context, subscription_id, part))


async def _part(update: Update, context: Context, subscription_id: int, part: DigestPart) -> Outgoing:
    edited, (words, menu) = await _edited(context, subscription_id), await context.words_and_menu(update)
    match part:
        case DigestPart.TIMES:
            return screens.times(edited, words, menu)
        case DigestPart.DAYS:
            return screens.days(edited, words, menu)
        case DigestPart.ZONE:
            user = update.effective_user
            likely = zones.guess((user.language_code if user is not None else None) or "", context.now)
            current = edited.digest.schedule.timezone
            offered = dict.fromkeys(zone for zone in (current, likely, context.services.zone.key) if zone)
            return screens.zone(edited, words, menu, list(offered))
        case DigestPart.CONTENT:
            return screens.content(edited, words, menu)
        case DigestPart.TEXTS:
            return screens.texts(edited, words, menu)
        case DigestPart.MORE:
            return screens.more(edited, words, menu)
        case DigestPart.APPROVAL:
            return screens.approval(edited, words, menu)


async def _edited(context: Context, subscription_id: int) -> screens.Edited:
    one = await subscriptions.get(context.db, subscription_id)
    proposal = await proposals.open_of(context.db, one.id)
    runs = [] if one.paused else list(islice(_runs(one, proposal, context.now), RUNS))
    return screens.Edited(await topics.destination_of(context.db, one), one, context.now, runs, proposal)


def _runs(one: Subscription, proposal: Proposal | None, now: datetime) -> Iterator[datetime]:
    """From now on; of a time that its admins were asked about it is the proposal that says whether it comes."""
    if proposal is not None and proposal.due_at > now:
        yield proposal.due_at
    at = max(now, (one.next_run_at or now) - timedelta(milliseconds=1))
    while True:
        at = next_run(one.schedule, at)
        yield at


def _worded(one: Subscription, text: DigestText, typed: str) -> Subscription:
    match text:
        case DigestText.NAME:
            return replace(one, name=" ".join(typed.split()))
        case DigestText.HEADER:
            return replace(one, selection=replace(one.selection, header=typed))
        case DigestText.FOOTER:
            return replace(one, selection=replace(one.selection, footer=typed))
        case DigestText.CITY:
            return one


def _set(one: Subscription, tapped: SetDigest, now: datetime) -> Subscription:
    value, chosen = tapped.value, one.selection
    match tapped.option:
        case DigestOption.SILENT:
            return replace(one, silent=bool(value))
        case DigestOption.PAUSE_DAYS:
            if not value:
                return digesting.resumed(one, now)
            return replace(one, paused=True, paused_until=now + timedelta(days=value))
        case DigestOption.ORDER:
            chosen = replace(chosen, order=list(screens.ORDERS)[value])
        case DigestOption.CATCH_UP:
            chosen = replace(chosen, catch_up=list(screens.CATCH_UPS)[value])
        case DigestOption.AT_LEAST:
            chosen = replace(chosen, at_least=value, at_most=max(value, chosen.at_most) if chosen.at_most else 0)
        case DigestOption.AT_MOST:
            chosen = replace(chosen, at_most=value, at_least=min(value, chosen.at_least) if value else chosen.at_least)
        case DigestOption.SKIP_IF_EMPTY:
            chosen = replace(chosen, skip_if_empty=bool(value))
        case DigestOption.BY_TAG:
            chosen = replace(chosen, by_tag=bool(value))
        case DigestOption.PIN:
            chosen = replace(chosen, pin=bool(value))
        case DigestOption.ASK_MINUTES:
            chosen = replace(chosen, approve_minutes=value)
        case DigestOption.MUST_APPROVE:
            chosen = replace(chosen, must_approve=bool(value))
    return replace(one, selection=chosen)
