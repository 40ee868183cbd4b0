"""One clear sentence for what was mistyped: what, where, and how to mend it."""

from bot.render.greeting import say
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def unknown_period(words: Words, asked: str) -> Outgoing:
    return say(
        words._(
            "“{asked}” is not a period of /top, nor a tag. Try day, week, month, year, all or rising: /top month",
            asked=_short(asked),
        )
    )


def unknown_command(words: Words, command: str) -> Outgoing:
    return say(words._("I do not know {command}. /help lists what I can do.", command=_short(command)))


def unknown_feeds_word(words: Words, asked: str, note: str = "") -> Outgoing:
    """`asked`: as it may be shown."""
    known = words._("/feeds lists them; with add ADDRESS, check, pause, resume or remove NUMBER it does that.")
    return say(" ".join([words._("“{asked}” is not something /feeds does.", asked=_short(asked)), known, note]).strip())


def which_feed(words: Words, verb: str) -> Outgoing:
    """`verb`: check, pause, resume or remove."""
    return say(words._("Which feed? {command} and the number that /feeds shows before it.", command=f"/feeds {verb}"))


def no_such_feed(words: Words, asked: str) -> Outgoing:
    return say(words._("There is no feed {number}. /feeds lists them with their numbers.", number=_short(asked)))


def no_date(words: Words, asked: str) -> Outgoing:
    return say(
        words._(
            "“{asked}” is not a date. Write a year, a month or a day: since:2026, until:2026-01-31",
            asked=_short(asked),
        )
    )


def too_many_searches(words: Words) -> Outgoing:
    return say(words._("Those are many searches at once. I answer again in a few seconds."))


def search_failed(words: Words) -> Outgoing:
    return say(words._("The search cannot answer just now. Try again in a moment, or with fewer words."))


def no_such_channel(words: Words) -> Outgoing:
    return say(words._("I am no longer in that channel or group. /channels shows where I am."))


def owner_link_void(words: Words) -> Outgoing:
    return say(
        words._(
            "This link has been used or has expired: each works once, for an hour. "
            "If the bot has no owner yet, its next start prints a new one."
        )
    )


def one_address(words: Words, note: str = "") -> Outgoing:
    return say(" ".join([words._("One address at a time, please: /feeds add ADDRESS"), note]).strip())


def forwarded(words: Words) -> Outgoing:
    return say(words._("To make an article of this, reply to it with /add."))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
