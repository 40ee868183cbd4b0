"""Quiet hours and limits of a subscription: what holds, in words, and the buttons that set it."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from bot.model import Chat, Mode, Restraint, Subscription
from bot.render.callbacks import (
    Callback,
    ChooseQuiet,
    DropQuiet,
    SetDailyCap,
    SetSpacing,
    ShowRestraint,
    ShowSubscription,
)
from bot.render.keyboards import Button, Menu, Row, keyboard
from bot.render.outgoing import Outgoing
from bot.render.settings import heading_of, title_of
from bot.render.text import Text, join, plain
from bot.render.words import Words

CAPS = (0, 1, 3, 5, 10, 20)  # posts a day; 0: no cap
SPACINGS = (0, 15, 30, 60, 120, 240)  # minutes; 0: none
HOURS_A_ROW = 6


def restraint(
    chat: Chat, one: Subscription, words: Words, menu: Menu, *, now: datetime, held_until: datetime | None = None
) -> Outgoing:
    """What holds, and what can be set. `held_until`: nothing of it is sent before then."""
    limits = one.restraint
    lines = [
        quiet_hours(one, words) or words._("No quiet hours."),
        words.n("At most {count} post a day.", "At most {count} posts a day.", limits.daily_cap)
        if limits.daily_cap
        else words._("As many posts a day as there are."),
        words._("At least {time} from one post to the next.", time=_minutes(limits.spacing_minutes, words))
        if limits.spacing_minutes
        else words._("No wait between two posts."),
    ]
    if limits != Restraint():
        together = words._("What has to wait goes out together afterwards, in one message.")
        alone = words._("A digest whose time comes meanwhile goes out afterwards.")
        lines.append(together if one.mode is Mode.INSTANT else alone)
    if held_until is not None:
        lines.append(waits(held_until, now, words))
    begin = words._("Quiet hours") if limits.quiet_from is None else words._("Other quiet hours")
    end = words._("No quiet hours")
    caps = [_choice(_cap(posts, words), posts == limits.daily_cap, SetDailyCap(one.id, posts), menu) for posts in CAPS]
    spacings = [
        _choice(_spacing(minutes, words), minutes == limits.spacing_minutes, SetSpacing(one.id, minutes), menu)
        for minutes in SPACINGS
    ]
    return Outgoing(
        join("\n\n", [_heading(chat, one, words), join("\n", lines)]),
        keyboard(
            [
                menu.button(begin, ChooseQuiet(one.id)),
                menu.button(end, DropQuiet(one.id)) if limits.quiet_from is not None else None,
            ],
            *_rows(caps, 3),
            *_rows(spacings, 3),
            [menu.button(words._("‹ Back"), ShowSubscription(one.id))],
        ),
    )


def waits(held_until: datetime, now: datetime, words: Words) -> str:
    """That quiet hours or limits hold what is sent, and how long yet."""
    return words._("⏸ Now it waits; it goes on {when}.", when=words.ahead(held_until, now))


def quiet_hours(one: Subscription, words: Words) -> str:
    """When it is quiet, with the zone; "" when it never is."""
    begin, end = one.restraint.quiet_from, one.restraint.quiet_until
    if begin is None or end is None:
        return ""
    return words._(
        "Nothing is sent from {begin} to {end} ({zone}).",
        begin=words.clock(begin),
        end=words.clock(end),
        zone=words.zone_name(one.schedule.timezone),
    )


def ask_begin(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """When do quiet hours begin?"""
    question = words._("When do quiet hours begin? (Time of {zone})", zone=words.zone_name(one.schedule.timezone))
    return _ask_hour(chat, one, question, range(24), lambda hour: ChooseQuiet(one.id, hour), words, menu)


def ask_end(chat: Chat, one: Subscription, begin: int, words: Words, menu: Menu) -> Outgoing:
    """And when do they end?"""
    question = words._("Quiet from {begin}. Until when?", begin=words.clock(time(begin)))
    hours = [(begin + n) % 24 for n in range(1, 24)]
    return _ask_hour(chat, one, question, hours, lambda hour: ChooseQuiet(one.id, begin, hour), words, menu)


def _ask_hour(
    chat: Chat,
    one: Subscription,
    question: str,
    hours: range | list[int],
    chosen: Callable[[int], ChooseQuiet],
    words: Words,
    menu: Menu,
) -> Outgoing:
    buttons = [menu.button(words.clock(time(hour)), chosen(hour)) for hour in hours]
    back = [menu.button(words._("‹ Back"), ShowRestraint(one.id))]
    return Outgoing(join("\n\n", [_heading(chat, one, words), question]), keyboard(*_rows(buttons, HOURS_A_ROW), back))


def _heading(chat: Chat, one: Subscription, words: Words) -> Text:
    return join("\n", [heading_of(chat, words), f"{title_of(one, words)}: {words._('Quiet hours and limits')}"])


def _cap(posts: int, words: Words) -> str:
    return words.n("{count} a day", "{count} a day", posts) if posts else words._("No limit")


def _spacing(minutes: int, words: Words) -> str:
    """Short: three such buttons stand side by side on a phone."""
    if not minutes:
        return words._("No wait")
    hours, rest = divmod(minutes, 60)
    if rest:
        return words._("{count} min apart", count=words.number(minutes))
    return words._("{count} h apart", count=words.number(hours))


def _minutes(minutes: int, words: Words) -> str:
    return words.ago(timedelta(minutes=minutes))


def _choice(label: str, is_now: bool, callback: Callback, menu: Menu) -> Button:
    return menu.button(f"✓ {plain(label)}" if is_now else label, callback)


def _rows(buttons: list[Button], size: int) -> list[Row]:
    return [buttons[i : i + size] for i in range(0, len(buttons), size)]
