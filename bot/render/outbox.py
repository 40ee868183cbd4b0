"""/outbox: what waits to be sent, and what somebody should look at."""

from collections.abc import Sequence
from datetime import datetime

from bot.model import ChatKind, DeliveryState, Held, Troubled
from bot.render.callbacks import MendDelivery, Remedy, ShowOutbox
from bot.render.doubts import name_of_item
from bot.render.keyboards import Button, Menu, keyboard
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.stats import OutboxFigures, deliveries
from bot.render.subscriptions import name_of_topic
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 5  # deliveries, each with its buttons
HELD_SIZE = 5  # suspended chats
_TITLE_16 = 100
_ERROR_16 = 200


def outbox(
    figures: OutboxFigures,
    held: Sequence[Held],
    items: Sequence[Troubled],
    words: Words,
    menu: Menu,
    *,
    now: datetime,
    after: int = 0,
    has_next: bool = False,
) -> Outgoing:
    """The counts, the suspended chats, and one page of troubled deliveries: those `after` one of them."""
    sections = [join("\n", [plain(words._("Outbox")).bold(), join(" · ", deliveries(figures, words))])]
    if held:
        lines = [_held(each, words, now) for each in held]
        sections.append(join("\n", [plain(words._("Suspended")).bold(), *lines]))
    sections += [_item(number, item, words, now) for number, item in enumerate(items, 1)]
    if not held and not items:
        sections.append(plain(words._("Nothing needs your attention.")))
    rows = [_remedies(number, item, after, words, menu) for number, item in enumerate(items, 1)]
    turns = [menu.button(words._("Refresh"), ShowOutbox())]
    if has_next:
        turns.append(menu.button(words._("Next ›"), ShowOutbox(items[-1].id)))
    return Outgoing(join("\n\n", sections), keyboard(*rows, turns))


def _held(each: Held, words: Words, now: datetime) -> Text:
    kept = words.n("{count} waits.", "{count} wait.", each.deliveries)
    age = now - (each.chat.since or now)
    shut = fill(
        words._("• {chat}, for {age}:"), chat=_name(each.chat.kind, each.chat.title, words).bold(), age=words.ago(age)
    )
    return join(" ", [shut, obstacle(each.chat.reason, words), kept])


def _name(kind: ChatKind, title: str, words: Words) -> Text:
    """Of a reader's chat no name: maintainers need not know who reads."""
    if kind is ChatKind.PRIVATE:
        return plain(words._("a private chat"))
    return plain(" ".join(title.split()) or words._("a chat without a name")).trimmed(_TITLE_16)


def _item(number: int, item: Troubled, words: Words, now: datetime) -> Text:
    chat = _name(item.chat_kind, item.chat_title, words)
    if item.topic is not None and item.chat_kind is not ChatKind.PRIVATE:
        chat = fill(words._("{chat} › {topic}"), chat=chat, topic=name_of_topic(item.topic, words))
    into = fill(words._("{title} → {chat}"), title=name_of_item(item, words).bold(), chat=chat)
    match item.state:
        case DeliveryState.UNCERTAIN:
            state = words._("⚠️ Uncertain, {when}: it may have arrived.", when=words.when(item.since, now))
        case DeliveryState.REFUSED:
            state = words._("⚠️ Refused, {when}.", when=words.when(item.since, now))
        case _:
            state = words._("Waits to be tried again.")
    said = plain(" ".join(item.error.split())).trimmed(_ERROR_16).code()
    return join("\n", [join("", [f"{words.number(number)}. ", into]), state, said])


def _remedies(number: int, item: Troubled, after: int, words: Words, menu: Menu) -> list[Button]:
    """What can be done: what waits goes out by itself."""

    def button(label: str, remedy: Remedy) -> Button:
        return menu.button(f"{words.number(number)}. {label}", MendDelivery(item.id, remedy, after))

    drop = button(words._("Drop"), Remedy.DROP)
    if item.state is DeliveryState.PENDING:
        return [drop]
    return [button(words._("Send again"), Remedy.SEND_AGAIN), drop]
