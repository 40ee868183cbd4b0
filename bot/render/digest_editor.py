"""The editor of a digest: one message, edited in place. Every screen says whose it is and when it goes out next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.model import CatchUp, Chat, ChatKind, Order, Proposal, Subscription
from bot.render.callbacks import (
    AskDigestText,
    Callback,
    ClearDigestText,
    DigestOption,
    DigestPart,
    DigestText,
    EditDigest,
    PauseSubscription,
    PickHour,
    PreviewDigest,
    RemoveSubscription,
    SendDigest,
    SetDay,
    SetDigest,
    SetTime,
    SetZone,
    ShowProposal,
    ShowSettings,
    ShowSubscription,
)
from bot.render.conditions import conditions
from bot.render.keyboards import Button, Menu, Row, keyboard
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.restraint import quiet_hours, waits
from bot.render.settings import heading_of, parts_of, title_of, trial_of
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import N_, Words

TIMES_LIMIT = 6  # a day
MINUTE_STEP = 5
LEAST, MOST = (1, 2, 3, 5, 10), (0, 3, 5, 10, 20, 40)  # articles; of the most 0: all
PAUSES = (0, 1, 7, 30)  # days
AHEAD = (0, 15, 30, 60, 120)  # minutes before its time; 0: nobody is asked
LIMITS_16 = {DigestText.NAME: 40, DigestText.HEADER: 300, DigestText.FOOTER: 300}

ORDERS = {
    Order.NEWEST: N_("Newest"),
    Order.MOST_READ: N_("Most read"),
    Order.PICKED: N_("Recommended by editors"),
}
CATCH_UPS = {
    CatchUp.LATE: N_("send it late"),
    CatchUp.MERGE: N_("put its articles into the next one"),
    CatchUp.SKIP: N_("leave it out"),
}


@dataclass(frozen=True, slots=True)
class Edited:
    """A digest with what its screens show beside it: its next runs, nearest first; the one that its admins are asked
    about now, if there is one."""

    chat: Chat
    digest: Subscription
    now: datetime
    runs: Sequence[datetime] = ()
    proposal: Proposal | None = None


def editor(edited: Edited, words: Words, menu: Menu, said: str = "") -> Outgoing:
    """All of it. `said`: what has just been done."""
    one = edited.digest

    def part(label: str, which: DigestPart) -> Button:
        return menu.button(label, EditDigest(one.id, which))

    return Outgoing(
        join("\n\n", [*_head(edited, words), bullets(_facts(edited, words)), _next(edited, words), said]),
        keyboard(
            [
                part(words._("Times"), DigestPart.TIMES),
                part(words._("Days"), DigestPart.DAYS),
                part(words._("Zone"), DigestPart.ZONE),
            ],
            [
                part(words._("Content"), DigestPart.CONTENT),
                part(words._("Texts"), DigestPart.TEXTS),
                part(words._("More"), DigestPart.MORE),
            ],
            [
                part(words._("Ask me first"), DigestPart.APPROVAL),
                None
                if (asked := edited.proposal) is None
                else menu.button(words._("What I ask about"), ShowProposal(one.id, asked.run_id)),
            ],
            parts_of(one, words, menu),
            [
                menu.button(words._("Preview to me"), PreviewDigest(one.id)),
                menu.button(words._("Send now"), SendDigest(one.id)),
            ],
            trial_of(edited.chat, one, words, menu),
            [
                menu.button(
                    words._("Resume") if one.paused else words._("Pause"), PauseSubscription(one.id, not one.paused)
                ),
                menu.button(words._("Remove"), RemoveSubscription(one.id)),
            ],
            [menu.button(words._("‹ Back"), ShowSettings(one.chat_id))],
        ),
    )


def times(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """The times it goes out at, each taken away by a tap, and the hours for one more."""
    one = edited.digest
    chosen = [
        menu.button(f"✕ {words.clock(at)}", SetTime(one.id, at.hour * 60 + at.minute, on=False))
        for at in one.schedule.times
    ]
    hours = [menu.button(words.clock(time(hour)), PickHour(one.id, hour)) for hour in range(24)]
    is_full = len(chosen) >= TIMES_LIMIT
    asked = (
        words._("That is as many times a day as there can be. Tap one to take it away.")
        if is_full
        else words._("Tap a time to take it away, or an hour to add one.")
    )
    return _screen(edited, words, menu, asked, chosen, *([] if is_full else _rows(hours, 6)))


def minutes(edited: Edited, hour: int, words: Words, menu: Menu) -> Outgoing:
    """The minutes of an hour."""
    choices = [
        menu.button(words.clock(time(hour, minute)), SetTime(edited.digest.id, hour * 60 + minute, on=True))
        for minute in range(0, 60, MINUTE_STEP)
    ]
    back = menu.button(words._("‹ Back"), EditDigest(edited.digest.id, DigestPart.TIMES))
    text = join("\n\n", [*_head(edited, words), words._("At which minute?"), _next(edited, words)])
    return Outgoing(text, keyboard(*_rows(choices, 4), [back]))


def days(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """The weekdays, each on or off; one is always left."""
    one = edited.digest
    names = words.weekdays(range(7))
    chosen = one.schedule.weekdays
    toggles = [_choice(menu, names[day], day in chosen, SetDay(one.id, day, on=day not in chosen)) for day in range(7)]
    return _screen(edited, words, menu, words._("On which days does it go out?"), toggles[:4], toggles[4:])


def zone(edited: Edited, words: Words, menu: Menu, offered: Sequence[str], typed: str | None = None) -> Outgoing:
    """Whose clocks count. `typed`: what was searched for, and `offered` is what was found."""
    one = edited.digest
    current = one.schedule.timezone
    asked = words._("Its times are those of {zone}. Which clocks shall it go by?", zone=words.zone_name(current))
    if typed is not None:
        asked = (
            words._("These are like “{typed}”:", typed=typed)
            if offered
            else words._("I know no city or country like “{typed}”. Try a bigger city nearby.", typed=typed)
        )
    choices = [
        [_choice(menu, _there(name, edited.now, words), name == current, SetZone(one.id, name))] for name in offered
    ]
    search = [menu.button(words._("Search by city"), AskDigestText(one.id, DigestText.CITY))]
    return _screen(edited, words, menu, asked, *choices, search)


def content(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """Which articles, how many, in which order."""
    one, chosen = edited.digest, edited.digest.selection

    def numbers(sign: str, option: DigestOption, values: Sequence[int], current: int) -> list[Button]:
        return [
            _choice(
                menu,
                f"{sign} {words.number(value)}" if value else words._("all"),
                value == current,
                SetDigest(one.id, option, value),
            )
            for value in values
        ]

    orders = [
        [_choice(menu, words._(label), order is chosen.order, SetDigest(one.id, DigestOption.ORDER, index))]
        for index, (order, label) in enumerate(ORDERS.items())
    ]
    text = join(
        "\n",
        [
            words._("≥ Fewer articles than that wait for the next time."),
            words._("≤ Of more than that the best are taken, and the rest is passed by."),
        ],
    )
    return _screen(
        edited,
        words,
        menu,
        text,
        *orders,
        numbers("≥", DigestOption.AT_LEAST, LEAST, chosen.at_least),
        numbers("≤", DigestOption.AT_MOST, MOST, chosen.at_most),
        [_toggle(one.id, DigestOption.BY_TAG, words._("Grouped by tag"), chosen.by_tag, menu)],
        [
            _toggle(
                one.id, DigestOption.SKIP_IF_EMPTY, words._("Not sent when nothing is new"), chosen.skip_if_empty, menu
            )
        ],
    )


def texts(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """Its name, and what stands above and below the articles."""
    one = edited.digest
    shown: list[Text | str] = [
        fill(words._("Name: {text}"), text=plain(title_of(one, words)).bold()),
        fill(words._("Above the articles: {text}"), text=_or_nothing(one.selection.header, words)),
        fill(words._("Below the articles: {text}"), text=_or_nothing(one.selection.footer, words)),
    ]
    labels = {
        DigestText.NAME: words._("Name"),
        DigestText.HEADER: words._("Text above"),
        DigestText.FOOTER: words._("Text below"),
    }
    row = [menu.button(label, AskDigestText(one.id, text)) for text, label in labels.items()]
    return _screen(edited, words, menu, join("\n", shown), row)


def more(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """Silent, pinned, paused for a while, what becomes of a missed one."""
    one, chosen = edited.digest, edited.digest.selection
    catch_up = [
        [
            _choice(
                menu,
                words._("If I was off: {what}", what=words._(label)),
                each is chosen.catch_up,
                SetDigest(one.id, DigestOption.CATCH_UP, index),
            )
        ]
        for index, (each, label) in enumerate(CATCH_UPS.items())
    ]
    pauses = [
        menu.button(
            words.n("Pause {count} day", "Pause {count} days", value) if value else words._("Resume"),
            SetDigest(one.id, DigestOption.PAUSE_DAYS, value),
        )
        for value in PAUSES
        if value or one.paused
    ]
    return _screen(
        edited,
        words,
        menu,
        words._("How it goes out:"),
        [
            _toggle(one.id, DigestOption.SILENT, words._("Silent"), one.silent, menu),
            _toggle(one.id, DigestOption.PIN, words._("Pinned"), chosen.pin, menu),
        ],
        *catch_up,
        pauses,
    )


def approval(edited: Edited, words: Words, menu: Menu) -> Outgoing:
    """Whether its admins are asked about it, how long before its time, and what becomes of it without an answer."""
    one, chosen = edited.digest, edited.digest.selection
    minutes = [
        _choice(
            menu,
            words.n("{count} minute before", "{count} minutes before", value) if value else words._("Do not ask"),
            value == chosen.approve_minutes,
            SetDigest(one.id, DigestOption.ASK_MINUTES, value),
        )
        for value in AHEAD
    ]
    answers = [
        [_choice(menu, label, must is chosen.must_approve, SetDigest(one.id, DigestOption.MUST_APPROVE, int(must)))]
        for must, label in (
            (False, words._("It goes out at its time by itself")),
            (True, words._("It waits until somebody approves it")),
        )
    ]
    asked = words._(
        "Shall the digest come to its admins first? They can move its articles, strike them out, add some, approve or "
        "skip it. Who has not started me in private is not asked."
    )
    if edited.chat.kind is ChatKind.PRIVATE:
        asked = words._(
            "Shall the digest come to you first? You can move its articles, strike them out, add some, approve or "
            "skip it."
        )
    return _screen(edited, words, menu, asked, *_rows(minutes, 2), *(answers if chosen.approve_minutes else []))


def ask_for(edited: Edited, text: DigestText, words: Words, menu: Menu, note: str = "") -> Outgoing:
    """The question that is replied to; `note` says what was wrong with the last reply."""
    questions = {
        DigestText.NAME: words._("Reply to this message with a name for the digest."),
        DigestText.HEADER: words._("Reply to this message with the text that shall stand above the articles."),
        DigestText.FOOTER: words._("Reply to this message with the text that shall stand below the articles."),
        DigestText.CITY: words._("Reply to this message with a city or a country, in any language."),
    }
    label = words._("Leave it") if text is DigestText.CITY else words._("Without")
    return Outgoing(
        join("\n\n", [*_head(edited, words), note, questions[text]]),
        keyboard([menu.button(label, ClearDigestText(edited.digest.id, text))]),
    )


def ask_to_send(edited: Edited, articles: int, words: Words, menu: Menu) -> Outgoing:
    """Asks once more before it is sent out of its turn."""
    one = edited.digest
    question = words.n(
        "Send it now, with {count} article? What it holds is in no later digest.",
        "Send it now, with {count} articles? What it holds is in no later digest.",
        articles,
    )
    if not articles:
        question = words._("Nothing is new for this digest, so there is nothing to send now.")
    send = menu.button(words._("Yes, send it"), SendDigest(one.id, sure=True)) if articles else None
    back = menu.button(words._("‹ Back"), ShowSubscription(one.id))
    return Outgoing(join("\n\n", [*_head(edited, words), question]), keyboard([send, back]))


def sent_now(
    edited: Edited, words: Words, menu: Menu, *, is_sent: bool, held_until: datetime | None = None
) -> Outgoing:
    """The editor after that. `held_until`: nothing of the digest is sent before then."""
    said = words._("It is on its way.") if is_sent else words._("Nothing is new, so nothing was sent.")
    if is_sent and held_until is not None:
        said = waits(held_until, edited.now, words)
    return editor(edited, words, menu, said)


def nothing_waits(words: Words) -> Outgoing:
    """In place of a preview."""
    return Outgoing(plain(words._("Nothing is new for this digest.")))


def _screen(edited: Edited, words: Words, menu: Menu, asked: Text | str, *rows: Row) -> Outgoing:
    back = menu.button(words._("‹ Back"), ShowSubscription(edited.digest.id))
    text = join("\n\n", [*_head(edited, words), asked, _next(edited, words)])
    return Outgoing(text, keyboard(*rows, [back]))


def _head(edited: Edited, words: Words) -> list[Text | str]:
    return [join("\n", [heading_of(edited.chat, words), plain(title_of(edited.digest, words)).bold()])]


def _next(edited: Edited, words: Words) -> Text | str:
    """The next runs, whatever screen it is."""
    one = edited.digest
    if one.suspended:
        return obstacle(one.suspended, words)
    if one.paused:
        if one.paused_until is not None:
            until = words.run(one.paused_until, one.schedule.timezone)
            return words._("Paused until {moment}.", moment=until)
        return words._("Paused: nothing is sent here at present.")
    runs = bullets([words.run(run, one.schedule.timezone) for run in edited.runs])
    return join("\n", [plain(words._("The next three times:")).bold(), runs])


def _facts(edited: Edited, words: Words) -> list[Text | str]:
    one, chosen = edited.digest, edited.digest.selection
    facts: list[Text | str] = [
        words.times_and_days(one.schedule),
        *conditions(one.filter, words),
        words._(ORDERS[chosen.order]),
    ]
    if chosen.at_least > 1:
        facts.append(words.n("At least {count} article", "At least {count} articles", chosen.at_least))
    if chosen.at_most:
        facts.append(words.n("At most {count} article", "At most {count} articles", chosen.at_most))
    if chosen.by_tag:
        facts.append(words._("Grouped by tag"))
    if chosen.approve_minutes:
        minutes = chosen.approve_minutes
        is_private = edited.chat.kind is ChatKind.PRIVATE
        to_one = words.n("You are asked {count} minute before", "You are asked {count} minutes before", minutes)
        to_all = words.n(
            "Its admins are asked {count} minute before", "Its admins are asked {count} minutes before", minutes
        )
        facts.append(to_one if is_private else to_all)
    if chosen.waits_for_approval:
        facts.append(words._("It waits until somebody approves it"))
    if one.silent:
        facts.append(words._("Silent"))
    if chosen.pin:
        facts.append(words._("Pinned"))
    if quiet := quiet_hours(one, words):
        facts.append(quiet)
    return facts


def _toggle(subscription_id: int, option: DigestOption, label: str, is_on: bool, menu: Menu) -> Button:
    return _choice(menu, label, is_on, SetDigest(subscription_id, option, int(not is_on)))


def _there(zone: str, now: datetime, words: Words) -> str:
    """The city, and what its clocks show now: by that people see whether it is theirs."""
    there = now.astimezone(ZoneInfo(zone)).time()
    return words._("{city}, where it is {time}", city=words.zone_name(zone), time=words.clock(there))


def _or_nothing(text: str, words: Words) -> Text:
    return plain(text) if text else plain(words._("nothing")).italic()


def _choice(menu: Menu, label: str, is_on: bool, to: Callback) -> Button:
    return menu.button(f"✓ {label}" if is_on else label, to)


def _rows(buttons: Sequence[Button], width: int) -> list[Sequence[Button]]:
    return [buttons[i : i + width] for i in range(0, len(buttons), width)]
