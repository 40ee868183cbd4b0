"""A chat's ledger: what was sent there, edited, taken down, or failed, and why; a screen for each with Post again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model import Chat, ChatKind, DeliveryKind, DeliveryState, Effect, LedgerEntry, Topic, Unedited, Wait
from bot.render.callbacks import PostAgain, SetReport, ShowEntry, ShowLedger, ShowSettings
from bot.render.keyboards import Menu, Row, keyboard, link_button
from bot.render.links import message_link
from bot.render.outgoing import Outgoing
from bot.render.settings import heading_of, in_topic
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 8
_TITLE_16 = 100
_ERROR_16 = 300
# Rather than Telegram's.
_OUR_WORDS = ("interrupted", "withdrawn", "unsubscribed", "missed", "dropped", "migrated", *Unedited)


def ledger(
    chat: Chat,
    entries: Sequence[LedgerEntry],
    words: Words,
    menu: Menu,
    *,
    now: datetime,
    before: int = 0,
    has_next: bool = False,
    is_reported: bool = True,
    topics: Mapping[int, Topic | None] | None = None,
) -> Outgoing:
    """One page: those older than the delivery `before` (0: the newest). `is_reported`: by the week.

    `topics`: by delivery, where it is to go in a forum.
    """
    lines = [
        join(
            "", [f"{words.number(n)}. ", in_topic((topics or {}).get(entry.id), _line(chat, entry, words, now), words)]
        )
        for n, entry in enumerate(entries, 1)
    ]
    if not lines:
        nothing = words._("There is nothing older.") if before else words._("Nothing has been sent yet.")
        lines = [plain(nothing)]
    numbers: Row = [
        menu.button(words.number(n), ShowEntry(chat.id, entry.id, before)) for n, entry in enumerate(entries, 1)
    ]
    turns = [
        menu.button(words._("‹ To the newest"), ShowLedger(chat.id)) if before else None,
        menu.button(words._("Older ›"), ShowLedger(chat.id, entries[-1].id)) if has_next else None,
    ]
    label = words._("No weekly report") if is_reported else words._("Weekly report again")
    ends = [
        menu.button(words._("‹ Back"), ShowSettings(chat.id)),
        None if chat.kind is ChatKind.PRIVATE else menu.button(label, SetReport(chat.id, not is_reported)),
    ]
    return Outgoing(join("\n\n", [_heading(chat, words), join("\n", lines)]), keyboard(numbers, turns, ends))


def entry(
    chat: Chat,
    one: LedgerEntry,
    words: Words,
    menu: Menu,
    *,
    now: datetime,
    before: int = 0,
    times_again: int | None = None,
) -> Outgoing:
    """One delivery. `times_again`: how often it was posted again; None: it cannot be."""
    error = plain(" ".join(one.error.split())).trimmed(_ERROR_16)
    lines = [
        name_of_entry(one, words).bold(),
        join(" · ", [state(one, words), words.when(one.at, now)]),
        fill(words._("It said: {error}"), error=error.code()) if error and _is_telegrams(one) else "",
        words.n("Posted again {count} time.", "Posted again {count} times.", times_again) if times_again else "",
    ]
    again = None
    if times_again is not None:
        again = menu.button(words._("Post again"), PostAgain(chat.id, one.id, before, times_again + 1))
    return Outgoing(
        join("\n\n", [_heading(chat, words), join("\n", lines)]),
        keyboard(
            [link_button(words._("Open the post"), _link(chat, one)), again],
            [menu.button(words._("‹ Back"), ShowLedger(chat.id, before))],
        ),
    )


def ask_again(
    chat: Chat, one: LedgerEntry, words: Words, menu: Menu, *, before: int, number: int, note: str = ""
) -> Outgoing:
    """Asks once more. `number`: the how manyth time that would be; `note`: what else to know."""
    question = fill(words._("Post {title} once more? What stands there stays."), title=name_of_entry(one, words).bold())
    return Outgoing(
        join("\n\n", [_heading(chat, words), question, note]),
        keyboard(
            [
                menu.button(words._("Yes, post it again"), PostAgain(chat.id, one.id, before, number, sure=True)),
                menu.button(words._("No"), ShowEntry(chat.id, one.id, before)),
            ]
        ),
    )


def gone(chat: Chat, words: Words, menu: Menu) -> Outgoing:
    """It is so old that only its number is kept."""
    text = words._("This is no longer in the ledger: it is kept for 90 days.")
    back = [menu.button(words._("‹ Back"), ShowLedger(chat.id))]
    return Outgoing(join("\n\n", [_heading(chat, words), text]), keyboard(back))


def state(one: LedgerEntry, words: Words) -> str:
    """What became of it, or why it waits."""
    if one.kind is not DeliveryKind.POST and one.state is not DeliveryState.SENDING:
        return _effect(one, words)
    match one.state:
        case DeliveryState.PENDING:
            return _wait(one.wait, words)
        case DeliveryState.SENDING:
            return words._("Is being sent")
        case DeliveryState.SENT:
            return words._("Sent, and deleted since") if one.is_gone else words._("Sent")
        case DeliveryState.UNCERTAIN:
            return words._("⚠️ May have arrived")
        case DeliveryState.REFUSED:
            return words._("⚠️ Refused by Telegram")
        case DeliveryState.EXPIRED:
            return words._("⚠️ Not sent: it was too late")
        case _:
            return _cancelled(one.error, words)


def name_of_entry(one: LedgerEntry, words: Words) -> Text:
    """The article's title, or which digest it is."""
    title = " ".join(one.title.split())
    if not title and one.digest_date is not None:
        title = words._("Digest of {date}", date=words.date(one.digest_date))
    return plain(title or words._("without a name")).trimmed(_TITLE_16)


def _line(chat: Chat, one: LedgerEntry, words: Words, now: datetime) -> Text:
    title = name_of_entry(one, words).link(_link(chat, one))
    return join("\n", [title, join(" · ", [state(one, words), words.when(one.at, now)])])


def _link(chat: Chat, one: LedgerEntry) -> str | None:
    if not one.message_ids or chat.kind not in (ChatKind.CHANNEL, ChatKind.SUPERGROUP):
        return None
    return message_link(chat.id, chat.username, one.message_ids[0], one.topic_id)


def _heading(chat: Chat, words: Words) -> Text:
    return join("\n", [heading_of(chat, words), words._("Ledger")])


def _is_telegrams(one: LedgerEntry) -> bool:
    """Whether its error is what Telegram said, rather than a word of ours."""
    said = (DeliveryState.REFUSED, DeliveryState.UNCERTAIN, DeliveryState.PENDING)
    return one.state in said and one.error not in _OUR_WORDS


def _wait(wait: Wait | None, words: Words) -> str:
    match wait:
        case Wait.ERROR:
            return words._("Waits to be tried again")
        case Wait.HELD:
            return words._("Waits: quiet hours or limits")
        case Wait.PAUSED:
            return words._("Waits: paused")
        case Wait.SUSPENDED:
            return words._("⚠️ Waits: I cannot send here at present")
        case _:
            return words._("Waits for its turn")


def _cancelled(reason: str, words: Words) -> str:
    match reason:
        case "withdrawn":
            return words._("Not sent: the article was withdrawn")
        case "unsubscribed":
            return words._("Not sent: the subscription was removed")
        case "missed":
            return words._("Not sent: it was missed while I could not send")
        case "dropped":
            return words._("Not sent: dropped by hand")
        case _:
            return words._("Not sent")


def _effect(one: LedgerEntry, words: Words) -> str:
    match one.effect:
        case Effect.CHANGED:
            return words._("Edited")
        case Effect.DELETED:
            return words._("Taken down")
        case Effect.LOST:
            return words._("Not edited: the post was gone")
        case Effect.IMPOSSIBLE:
            return _unedited(one.error, words)
        case _ if one.state is DeliveryState.PENDING:
            return words._("An edit waits")
        case _:
            return words._("No edit was needed")


def _unedited(reason: str, words: Words) -> str:
    match reason:
        case Unedited.UNKNOWN:
            return words._("⚠️ Not edited: nobody knows whether the post stands here")
        case Unedited.TOO_LONG:
            return words._("⚠️ Not edited: it has become too long for its messages")
        case Unedited.PICTURE_STAYS:
            return words._("⚠️ Edited, but its picture stays")
        case _:
            return words._("⚠️ Telegram does not allow the edit")
