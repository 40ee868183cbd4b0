"""Questions to who looks after a chat: what may have arrived there, and what it missed while it was suspended."""

from collections.abc import Sequence

from bot.model import Chat, ChatKind, Troubled
from bot.render.callbacks import SettleDoubts, SettleMissed
from bot.render.keyboards import Button, Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.settings import in_topic
from bot.render.subscriptions import name_of
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

LIMIT = 8  # posts that a question lists; the next ones follow when these are settled
_TITLE_16 = 128


def question(chat: Chat, items: Sequence[Troubled], words: Words, menu: Menu) -> Outgoing:
    """Did these arrive? At most LIMIT of them, one at least."""
    count = len(items)
    if chat.kind is ChatKind.PRIVATE:
        said = plain(
            words.n(
                "The connection broke while I sent you a message, so I do not know whether it is here.",
                "The connection broke while I sent you {count} messages, so I do not know whether they are here.",
                count,
            )
        )
        why = words._("Please look, and tell me.")
    else:
        broke = words.n(
            "The connection broke while I posted in {chat}, so I do not know whether this is there:",
            "The connection broke while I posted in {chat}, so I do not know whether these {count} are there:",
            count,
        )
        said = fill(broke, chat=name_of(chat, words).bold())
        why = words._("I repeat nothing that may be there. Please look, and tell me.")
    lines = join("\n", [_line(number, item, words) for number, item in enumerate(items, 1)])
    return Outgoing(join("\n\n", [said, lines, why]), keyboard(*_answers(chat, items, words, menu)))


def settled(chat: Chat, count: int, words: Words, *, arrived: bool) -> Outgoing:
    """The question after the last tap. `count`: how many that tap has settled; none when something else had."""
    if not count:
        done = words._("This is settled already.")
    elif arrived:
        done = words.n("Noted: {count} message has arrived.", "Noted: {count} messages have arrived.", count)
    else:
        done = words.n("{count} message goes out again.", "{count} messages go out again.", count)
    if chat.kind is ChatKind.PRIVATE:
        return Outgoing(plain(done))
    clear = fill(words._("Nothing is in doubt in {chat} now."), chat=name_of(chat, words).bold())
    return Outgoing(join(" ", [done, clear]))


def resumed(chat: Chat, missed: int, words: Words, menu: Menu) -> Outgoing:
    """The chat can be written to again; with `missed` posts to send or leave."""
    if chat.kind is ChatKind.PRIVATE:
        back = plain(words._("I can write to you again."))
    else:
        back = fill(words._("I can send to {chat} again."), chat=name_of(chat, words).bold())
    if not missed:
        return Outgoing(back)
    kept = words.n("{count} message was kept back meanwhile.", "{count} messages were kept back meanwhile.", missed)
    shall = words.n("Shall I send it now?", "Shall I send them now?", missed)
    send = menu.button(words.n("Send it", "Send them", missed), SettleMissed(chat.id, send=True))
    leave = menu.button(words.n("Leave it", "Leave them", missed), SettleMissed(chat.id, send=False))
    return Outgoing(join("\n\n", [back, join(" ", [kept, shall])]), keyboard([send, leave]))


def missed_settled(chat: Chat, count: int, words: Words, *, send: bool) -> Outgoing:
    """After the tap on that."""
    if not count:
        said = words._("This is settled already.")
    elif send:
        said = words.n(
            "{count} message is on its way to {chat}.", "{count} messages are on their way to {chat}.", count
        )
    else:
        said = words._("All right, what {chat} missed is not sent. What is new is.")
    return Outgoing(fill(said, chat=name_of(chat, words).bold()))


def name_of_item(item: Troubled, words: Words) -> Text:
    """The article's title, or which digest it is."""
    title = " ".join(item.title.split())
    if not title and item.digest_date is not None:
        title = words._("Digest of {date}", date=words.date(item.digest_date))
    return plain(title or words._("without a name")).trimmed(_TITLE_16)


def _line(number: int, item: Troubled, words: Words) -> Text:
    return join("", [f"{words.number(number)}. ", in_topic(item.topic, name_of_item(item, words).bold(), words)])


def _answers(chat: Chat, items: Sequence[Troubled], words: Words, menu: Menu) -> list[list[Button]]:
    """For each of them, and for all."""

    def row(first: Troubled, last: Troubled, arrived: str, again: str) -> list[Button]:
        return [
            menu.button(arrived, SettleDoubts(chat.id, first.id, last.id, arrived=True)),
            menu.button(again, SettleDoubts(chat.id, first.id, last.id, arrived=False)),
        ]

    arrived, again = words._("It arrived"), words._("Send again")
    if len(items) == 1:
        return [row(items[0], items[0], arrived, again)]
    numbered = [(words.number(number), item) for number, item in enumerate(items, 1)]
    each = [row(item, item, f"{number}. {arrived}", f"{number}. {again}") for number, item in numbered]
    return [*each, row(items[0], items[-1], words._("All arrived"), words._("Send all again"))]
