"""What maintainers read about documents they send: what would become of it, the questions, what became of it."""

from collections.abc import Sequence
from typing import Protocol

from bot.render.callbacks import FileChoice, ImportFile
from bot.render.greeting import say
from bot.render.keyboards import Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

SHOWN = 5  # refusals in the message; the report has them all
_NAME_16 = 120
_REASON_16 = 250


class Counts(Protocol):
    """What items of a file came to, or would, as intake.imports.Tally counts them."""

    @property
    def added(self) -> int: ...  # feeds among them
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def feeds(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def reasons(self) -> Sequence[str]: ...


def summary(name: str, counts: Counts, query_id: int, words: Words, menu: Menu) -> Outgoing:
    """What would become of the document, and what to do with it. `query_id`: under which it is remembered."""
    title = fill(words._("This is what I find in {file}:"), file=_name(name))
    if not (counts.added or counts.changed):
        return Outgoing(join("\n\n", [title, *_facts(counts, words), words._("There is nothing new to import.")]))
    articles = counts.added - counts.feeds
    end = words._("What is imported can be read and found; only what is announced is sent to subscribers.")

    asked = [FileChoice.IMPORT, FileChoice.ASK, FileChoice.CANCEL]
    imports, announces, cancels = (ImportFile(query_id, choice, articles) for choice in asked)
    parts: list[Text | str] = [title, *_facts(counts, words), *([end] if articles else [])]
    announcing = menu.button(words._("Import and announce"), announces) if articles else None
    return Outgoing(
        join("\n\n", parts),
        keyboard([menu.button(words._("Import"), imports), announcing], [menu.button(words._("Cancel"), cancels)]),
    )


def asks_to_announce(name: str, query_id: int, articles: int, places: int, words: Words, menu: Menu) -> Outgoing:
    """`places`: how many destinations have a subscription now."""
    question = fill(words._("Shall I import {file} and announce what is new?"), file=_name(name).bold())
    facts = [
        words.n("{count} new article is announced.", "{count} new articles are announced.", articles),
        words.n("{count} chat has subscribed.", "{count} chats have subscribed.", places),
    ]
    rows = [
        [menu.button(words._("Announce them"), ImportFile(query_id, FileChoice.ANNOUNCE, articles))],
        [menu.button(words._("Import without announcing"), ImportFile(query_id, FileChoice.IMPORT, articles))],
        [menu.button(words._("Cancel"), ImportFile(query_id, FileChoice.CANCEL, articles))],
    ]
    return Outgoing(join("\n\n", [question, bullets(facts)]), keyboard(*rows))


def under_way(name: str, done: int, words: Words) -> Outgoing:
    so_far = words.n("{count} item so far.", "{count} items so far.", done) if done else ""
    return Outgoing(
        join("\n", [fill(words._("I am importing {file}."), file=_name(name)), *([so_far] if so_far else [])])
    )


def imported(name: str, counts: Counts, words: Words, *, announced: bool) -> Outgoing:
    title = fill(words._("{file} is imported."), file=_name(name))
    articles = counts.added - counts.feeds
    sent = [words._("What is new is on its way to everyone who subscribed.")] if announced and articles else []
    feeds = [words._("/feeds shows how the feeds are doing.")] if counts.feeds else []
    return Outgoing(join("\n\n", [title, *_facts(counts, words), *sent, *feeds]))


def report_caption(counts: Counts, words: Words) -> Text:
    """Below the document that names everything that was refused."""
    return plain(words.n("{count} item that I could not take.", "{count} items that I could not take.", counts.refused))


def cancelled(name: str, words: Words) -> Outgoing:
    return Outgoing(fill(words._("All right, {file} is not imported."), file=_name(name)))


def unreadable(name: str, reason: str, words: Words) -> Outgoing:
    """`reason`: what intake says of the file."""
    title = fill(words._("I cannot import {file}."), file=_name(name)).bold()
    return Outgoing(join("\n\n", [title, _reason(reason)]))


def too_large(name: str, limit_bytes: int, command: str, words: Words) -> Outgoing:
    """`command`: what imports it on the command line."""
    size = words.number(limit_bytes // 2**20)
    sentence = words._("Telegram gives me documents of {size} MB at most. Where I run, this imports it:", size=size)
    title = fill(words._("{file} is too large."), file=_name(name)).bold()
    return Outgoing(join("\n", [title, sentence, plain(_one_line(command)).trimmed(_REASON_16).code()]))


def unavailable(name: str, words: Words) -> Outgoing:
    return Outgoing(fill(words._("Telegram does not give me {file}. Please send it again."), file=_name(name)))


def forgotten(words: Words) -> Outgoing:
    return say(words._("I no longer know which document that was. Please send it again."))


def _facts(counts: Counts, words: Words) -> list[Text]:
    articles = counts.added - counts.feeds
    facts = [
        words.n("{count} new article", "{count} new articles", articles) if articles else "",
        words.n("{count} feed to follow", "{count} feeds to follow", counts.feeds) if counts.feeds else "",
        words.n("{count} changed article", "{count} changed articles", counts.changed) if counts.changed else "",
        words.n("{count} that I have already", "{count} that I have already", counts.unchanged)
        if counts.unchanged
        else "",
        words.n("{count} that I cannot take:", "{count} that I cannot take:", counts.refused) if counts.refused else "",
    ]
    shown = [_reason(reason) for reason in counts.reasons[:SHOWN]]
    more = [plain("…")] if counts.refused > SHOWN else []
    return [text for text in (bullets(fact for fact in facts if fact), join("\n", [*shown, *more])) if text]


def _name(name: str) -> Text:
    return plain(_one_line(name)).trimmed(_NAME_16).bold()


def _reason(reason: str) -> Text:
    return plain(_one_line(reason)).trimmed(_REASON_16)


def _one_line(text: str) -> str:
    return " ".join(text.split())
