"""What owners read about backups, and about a store that was restored."""

from datetime import timedelta

from bot.render.callbacks import ResumeSending
from bot.render.greeting import say
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import Text, bullets, join, plain
from bot.render.words import Words


def under_way(words: Words) -> Outgoing:
    return say(words._("I am copying the store. That may take a while."))


def caption(words: Words) -> Text:
    """Below the document."""
    return plain(
        words._("Everything that I know is in this file, also who subscribed to what. Please keep it to yourself.")
    )


def lies_at(path: str, size_bytes: int, words: Words) -> Outgoing:
    """It was too large for Telegram, or Telegram did not take it."""
    megabytes = words.number(max(1, round(size_bytes / 1_000_000)))
    sentence = words._("The backup is complete. It stays where I run ({size} MB):", size=megabytes)
    return Outgoing(join("\n\n", [sentence, plain(path).trimmed(1000).code()]))


def failed(words: Words) -> Outgoing:
    return say(
        words._("There is no backup: the copy could not be completed. The log says why; perhaps the disk is full.")
    )


def asks_to_resume(age: timedelta | None, pushes: int, articles: int, words: Words, menu: Menu) -> Outgoing:
    """The question to the owners of a restored store; `age` of the backup, None: unknown."""
    facts = [
        words._("The backup was {age} old.", age=words.ago(age)) if age is not None else "",
        words.n("{count} message is due.", "{count} messages are due.", pushes),
        words.n("{count} new article would be announced.", "{count} new articles would be announced.", articles),
    ]
    return Outgoing(
        join(
            "\n\n",
            [
                plain(words._("I was restored from a backup, and send nothing for now.")).bold(),
                bullets(fact for fact in facts if fact),
                words._(
                    "I do not know what I have sent since the backup was made. If I resume, some of it may arrive "
                    "twice; if I drop it, some may never arrive. Who asks me something gets an answer meanwhile."
                ),
            ],
        ),
        keyboard(
            [menu.button(words._("Resume sending"), ResumeSending(drop=False))],
            [menu.button(words._("Drop what was due, then resume"), ResumeSending(drop=True))],
        ),
    )


def resumed(pushes: int, articles: int, words: Words, *, dropped: bool) -> Outgoing:
    dropping = words._("What was due is dropped. From now on I send again.")
    title = dropping if dropped else words._("I am sending again.")
    facts = [
        words.n("{count} message", "{count} messages", pushes),
        words.n("{count} new article", "{count} new articles", articles),
    ]
    return Outgoing(join("\n\n", [title, bullets(facts)]))


def resumed_already(words: Words) -> Outgoing:
    return say(words._("Somebody has answered this already: I am sending again."))
