"""A chat's settings: what it gets, one line a subscription, and the screen of each with what can be set of it."""

from collections.abc import Mapping, Sequence

from bot.model import Chat, ChatKind, Filter, Mode, Subscription, Topic
from bot.render.callbacks import (
    NewDigest,
    NewSubscription,
    PauseSubscription,
    RemoveSubscription,
    SendTestPost,
    ShowChannelCard,
    ShowChannels,
    ShowFilter,
    ShowLedger,
    ShowLook,
    ShowRestraint,
    ShowSettings,
    ShowSubscribe,
    ShowSubscription,
)
from bot.render.conditions import conditions
from bot.render.keyboards import Menu, Row, keyboard
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.subscriptions import name_of, name_of_topic
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

NAME_16 = 64
_CONDITIONS_16 = 300


def settings(
    chat: Chat,
    subscriptions: Sequence[Subscription],
    words: Words,
    menu: Menu,
    topics: Mapping[int, Topic] | None = None,
) -> Outgoing:
    """What the chat gets. `menu` stands there, or in the private chat of one of its admins.

    `topics`: by subscription, those of a forum, where they are not all of one.
    """
    is_here, topics = menu.chat_id == chat.id, topics or {}
    above = words._("What is sent here:") if is_here else words._("What is sent there:")
    heading = join("\n", [heading_of(chat, words), above if subscriptions else ""])
    lines = [
        join("", [f"{words.number(n)}. ", in_topic(topics.get(one.id), summary(one, words), words)])
        for n, one in enumerate(subscriptions, 1)
    ]
    if not lines:
        nothing = (
            words._("Nothing is sent here at present.") if is_here else words._("Nothing is sent there at present.")
        )
        lines = [plain(nothing)]
    numbers: Row = [
        menu.button(
            f"{words.number(n)}. {in_topic(topics.get(one.id), title_of(one, words), words)}", ShowSubscription(one.id)
        )
        for n, one in enumerate(subscriptions, 1)
    ]
    has_instant = any(one.mode is Mode.INSTANT and one.filter == Filter() for one in subscriptions)
    begin = ShowSubscribe() if is_here else ShowChannelCard(chat.id)
    new = [
        menu.button(words._("New digest"), NewDigest(chat.id)),
        menu.button(words._("Add a subscription"), NewSubscription(chat.id)),
    ]
    more = [
        None if has_instant else menu.button(words._("Get new articles"), begin),
        menu.button(words._("Ledger"), ShowLedger(chat.id)),
        None if is_here else menu.button(words._("My channels"), ShowChannels()),
    ]
    return Outgoing(join("\n\n", [heading, join("\n", lines)]), keyboard(*([button] for button in numbers), new, more))


def subscription(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """One subscription: what it sends and when, and what can be set."""
    pause = PauseSubscription(one.id, not one.paused)
    return Outgoing(
        join("\n\n", [heading_of(chat, words), summary(one, words)]),
        keyboard(
            [
                menu.button(words._("Resume") if one.paused else words._("Pause"), pause),
                menu.button(words._("Remove"), RemoveSubscription(one.id)),
            ],
            parts_of(one, words, menu),
            trial_of(chat, one, words, menu),
            [menu.button(words._("‹ Back"), ShowSettings(chat.id))],
        ),
    )


def parts_of(one: Subscription, words: Words, menu: Menu) -> Row:
    """What is set on screens of their own, of whatever kind of subscription."""
    return [
        menu.button(words._("Filter"), ShowFilter(one.id)),
        menu.button(words._("Look"), ShowLook(one.id)),
        menu.button(words._("Limits"), ShowRestraint(one.id)),
    ]


def trial_of(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Row:
    """What shows how it looks there, to all; in private there is nobody else."""
    return [None if chat.kind is ChatKind.PRIVATE else menu.button(words._("Send a test post"), SendTestPost(one.id))]


def remove_subscription(chat: Chat, one: Subscription, words: Words, menu: Menu) -> Outgoing:
    """Asks once more."""
    question = words._("Remove “{name}”? What has been posted stays.", name=title_of(one, words))
    return Outgoing(
        join("\n\n", [heading_of(chat, words), question]),
        keyboard(
            [
                menu.button(words._("Yes, remove it"), RemoveSubscription(one.id, sure=True)),
                menu.button(words._("Keep it"), ShowSubscription(one.id)),
            ]
        ),
    )


def in_topic(topic: Topic | None, said: Text | str, words: Words) -> Text:
    """What is said of a forum's topic, with its name; what is said of a chat as it is."""
    if topic is None:
        return join("", [said])
    return fill(words._("{topic}: {what}"), topic=name_of_topic(topic, words).bold(), what=said)


def heading_of(chat: Chat, words: Words) -> Text:
    """Which chat a screen is about: it stands on every one of them."""
    if chat.kind is ChatKind.PRIVATE:
        return plain(words._("Your settings")).bold()
    return fill(words._("Settings of {chat}"), chat=name_of(chat, words)).bold()


def title_of(one: Subscription, words: Words) -> str:
    """The digest's name, or what kind of subscription it is."""
    usual = words._("Instant") if one.mode is Mode.INSTANT else words._("Digest")
    return plain(" ".join(one.name.split())).trimmed(NAME_16).text or usual


def summary(one: Subscription, words: Words) -> str:
    """What it sends and when, on one line."""
    if one.suspended:
        return obstacle(one.suspended, words)
    if one.mode is Mode.INSTANT:
        said = words._("Every article, as soon as it is published")
    else:
        said = words._("A digest at {time}", time=words.times_and_days(one.schedule))
    narrowed = "; ".join(line.text for line in conditions(one.filter, words))
    if narrowed:
        said = words._("{what}, {conditions}", what=said, conditions=plain(narrowed).trimmed(_CONDITIONS_16))
    return words._("{what} (paused)", what=said) if one.paused else said
