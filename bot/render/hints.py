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


def unknown_feeds_word(words: Words, asked: str) -> Outgoing:
    return say(
        words._(
            "“{asked}” is not something /feeds does. /feeds lists them, /feeds add ADDRESS adds one.",
            asked=_short(asked),
        )
    )


def no_such_channel(words: Words) -> Outgoing:
    return say(words._("I am no longer in that channel or group. /channels shows where I am."))


def owner_link_void(words: Words) -> Outgoing:
    return say(
        words._(
            "This link has been used or has expired: each works once, for an hour. "
            "If the bot has no owner yet, its next start prints a new one."
        )
    )


def one_address(words: Words) -> Outgoing:
    return say(words._("One address at a time, please: /feeds add ADDRESS"))


def forwarded(words: Words) -> Outgoing:
    return say(words._("To make an article of this, reply to it with /add."))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
