"""What owners read when the store does not work, and what others do."""

from bot.errors import StoreFault
from bot.render.greeting import say
from bot.render.outgoing import Outgoing
from bot.render.text import join, plain
from bot.render.words import Words


def store_fault(fault: StoreFault, unwritten: int, words: Words) -> Outgoing:
    """`unwritten`: messages that went out and cannot be written down."""
    match fault:
        case StoreFault.FULL:
            what = words._("The disk is full: I cannot save anything.")
            mend = words._("Please make room on it. I go on by myself then.")
        case StoreFault.LOCKED:
            what = words._("Another program keeps the store locked: I cannot save anything.")
            mend = words._("Please see what it is. I go on by myself when it has ended.")
        case StoreFault.DAMAGED:
            what = words._("The store is damaged: a part of it cannot be read.")
            mend = words._("Please look at the disk, stop me and restore a backup.")
        case StoreFault.UNUSABLE:
            what = words._("The disk does not work as it should: I cannot save anything.")
            mend = words._("Please see whether it is mounted and writable. I go on by myself then.")
    waiting = words.n(
        "{count} message went out and is not noted down yet. Please do not restart me before it is.",
        "{count} messages went out and are not noted down yet. Please do not restart me before they are.",
        unwritten,
    )
    meanwhile = words._("Until then I send nothing new to subscribers. Who wants to read gets answers as far as I can.")
    return Outgoing(join("\n\n", [plain("⚠️ " + what).bold(), meanwhile, waiting if unwritten else "", mend]))


def store_works(words: Words) -> Outgoing:
    return say(words._("The store works again, and I go on with what had waited."))


def cannot_do(fault: StoreFault, words: Words) -> str:
    """For who asked for what takes a store that works."""
    if fault is StoreFault.DAMAGED:
        return words._("Sorry, a part of my store is damaged, and I cannot do that. Whoever runs me knows of it.")
    return words._("Sorry, I cannot save anything at the moment. Reading works: /latest, /search.")
