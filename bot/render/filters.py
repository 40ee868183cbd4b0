"""The screens of a subscription's filter: in words, each kind of condition, and what it makes of the last articles."""

from collections.abc import Sequence

from bot.filters import Kind, Refusal, Verdict, mark
from bot.model import Article, Chat, Subscription
from bot.render.callbacks import (
    LeaveFilterKind,
    NewSubscription,
    ShowFilter,
    ShowFilterKind,
    ShowSettings,
    ShowSubscription,
    ToggleFilterValue,
    TryFilter,
)
from bot.render.conditions import because, conditions, kind_name, refused, shown
from bot.render.keyboards import Button, Menu, Row, keyboard
from bot.render.outgoing import Outgoing
from bot.render.settings import heading_of, title_of
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

SUGGESTED = 8
_TITLE_16 = 60
_REFUSED = 3  # told of
_PAIR = 2


def filter_screen(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """What passes, and a button for each kind of condition."""
    lines = conditions(one.filter, words)
    said: Text | str = bullets(lines) if lines else words._("Every article passes.")
    joined = words._("All of these lines must hold.") if len(lines) > 1 else ""
    kinds = [
        menu.button(_counted(kind, len(getattr(one.filter, kind)), words), ShowFilterKind(one.id, kind))
        for kind in Kind
    ]
    return Outgoing(
        join("\n\n", [heading_of(chat, words), title_of(one, words), said, joined]),
        keyboard(
            *_pairs(kinds),
            [menu.button(words._("Try it"), TryFilter(one.id))],
            [menu.button(words._("‹ Back"), ShowSubscription(one.id))],
        ),
    )


def kind_screen(
    chat: Chat,
    one: Subscription,
    kind: Kind,
    suggested: Sequence[str],
    words: Words,
    menu: Menu,
    *,
    left_out: Sequence[tuple[str, Refusal]] = (),
) -> Outgoing:
    """The values of one kind, to take away by a tap; `suggested`: what may be added by one. `left_out`: just now."""
    there: tuple[str, ...] = getattr(one.filter, kind)
    marks = {mark(kind, value) for value in there}

    def button(sign: str, value: str) -> Button:
        toggle = ToggleFilterValue(one.id, kind, mark(kind, value))
        return menu.button(f"{sign} {shown(kind, value, words)}", toggle)

    more = [value for value in suggested if mark(kind, value) not in marks][:SUGGESTED]
    taken = [button("✕", value) for value in there]
    offered = [button("+", value) for value in more]
    parts: list[Text | str] = [
        heading_of(chat, words),
        fill(words._("{subscription}: {kind}"), subscription=title_of(one, words), kind=kind_name(kind, words)),
        *(refused(value, reason, words) for value, reason in left_out[:_REFUSED]),
        _explained(kind, words),
        "" if taken else words._("None are named yet, so this stops no article."),
        words._("Reply to this message to add some, separated by commas or lines. A tap adds one, or takes it away."),
    ]
    leave = menu.button(words._("‹ Back"), LeaveFilterKind(one.id, kind))
    return Outgoing(join("\n\n", parts), keyboard(*_pairs(taken), *_pairs(offered), [leave]))


def tried(
    chat: Chat, one: Subscription, verdicts: Sequence[tuple[Article, Verdict]], words: Words, menu: Menu
) -> Outgoing:
    """What the filter makes of the last articles."""
    lines = [
        join(
            " ",
            [
                "✓" if verdict.passes else "✗",
                join(": ", [_title(article, words), because(verdict, words).italic()]),
            ],
        )
        for article, verdict in verdicts
    ]
    passing = sum(verdict.passes for _, verdict in verdicts)
    heading = words._(
        "Of the last {count} articles {passing} pass:", count=words.number(len(lines)), passing=words.number(passing)
    )
    said: list[Text | str] = [heading, join("\n", lines)] if lines else [words._("There are no articles yet.")]
    return Outgoing(
        join("\n\n", [heading_of(chat, words), title_of(one, words), *said]),
        keyboard([menu.button(words._("‹ Back"), ShowFilter(one.id))]),
    )


def taken(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """Another instant subscription there has that filter already."""
    said = words._(
        "Another subscription here has exactly this filter already, so nothing is changed. Remove one of them."
    )
    return Outgoing(
        join("\n\n", [heading_of(chat, words), said]),
        keyboard(
            [
                menu.button(words._("‹ Back"), ShowFilter(one.id)),
                menu.button(words._("Settings"), ShowSettings(chat.id)),
            ]
        ),
    )


def new_subscription(chat: Chat, suggested: Sequence[str], words: Words, menu: Menu) -> Outgoing:
    """Asks which tags one more instant subscription shall have."""
    offered = [
        menu.button(f"+ #{plain(tag).trimmed(_TITLE_16)}", NewSubscription(chat.id, mark(Kind.TAGS, tag)))
        for tag in suggested[:SUGGESTED]
    ]
    parts: list[Text | str] = [
        heading_of(chat, words),
        words._("What else shall be sent as soon as it is published, beside what is sent already?"),
        words._("Tap a tag, or reply to this message with some, separated by commas or lines."),
        words._("Sources, authors, languages and words can be added then. An article is sent once, whatever it fits."),
    ]
    back = [menu.button(words._("Settings"), ShowSettings(chat.id))]
    ask = [menu.button(words._("Other tags"), NewSubscription(chat.id))]
    return Outgoing(join("\n\n", parts), keyboard(*_pairs(offered), ask if not offered else [], back))


def _explained(kind: Kind, words: Words) -> str:
    match kind:
        case Kind.TAGS:
            return words._("An article passes that has one of these tags.")
        case Kind.SOURCES:
            return words._("An article passes that comes from one of these: a feed, a channel, a site, by its name.")
        case Kind.AUTHORS:
            return words._("An article passes that one of these wrote.")
        case Kind.LANGUAGES:
            return words._("An article passes that is written in one of these languages.")
        case Kind.WORDS:
            return words._(
                "An article passes in which one of these words or phrases stands. Whole words count; with a star at "
                "the end, econom*, every word that begins so. Capitals and accents make no difference."
            )
        case Kind.EXCLUDED:
            return words._("An article in which one of these words or phrases stands never passes.")


def _counted(kind: Kind, count: int, words: Words) -> str:
    return f"{kind_name(kind, words)} ({words.number(count)})" if count else kind_name(kind, words)


def _title(article: Article, words: Words) -> Text:
    return plain(" ".join(article.title.split()) or words._("Untitled")).trimmed(_TITLE_16)


def _pairs(buttons: Sequence[Button]) -> list[Row]:
    return [buttons[i : i + _PAIR] for i in range(0, len(buttons), _PAIR)]
