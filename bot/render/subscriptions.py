"""/subscribe, /unsubscribe, the card of a new channel, /channels."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Chat, ChatKind, ChatState, Filter, Mode, Schedule, Subscription, Topic
from bot.render.callbacks import (
    AskForChannel,
    ChannelChoice,
    Choice,
    PauseChannel,
    RemoveChannel,
    ShowChannelCard,
    ShowChannels,
    ShowSettings,
    ShowSubscribe,
    SourceChannel,
    SubscribeChoice,
    TryChannel,
)
from bot.render.keyboards import Button, Menu, Row, keyboard, link_button, page_buttons
from bot.render.links import add_to_channel_link, add_to_group_link
from bot.render.outgoing import Outgoing
from bot.render.reasons import obstacle
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 5
_TITLE_16 = 128


@dataclass(frozen=True, slots=True)
class Connected:
    """A channel or group that a person looks after, and its subscriptions.

    `is_source`: its posts become articles; `may_follow`: the person may change that.
    """

    chat: Chat
    subscriptions: Sequence[Subscription]
    is_source: bool = False
    may_follow: bool = False


def subscribe(
    subscription: Subscription | None,
    words: Words,
    menu: Menu,
    schedule: Schedule,
    chat: Chat,
    *,
    besides: int = 0,
) -> Outgoing:
    """Instant, Daily, off for the chat where it stands; what holds now is marked. `schedule`: what Daily would be.

    `besides`: how many subscriptions there are of some articles only.
    """
    is_private = chat.kind is ChatKind.PRIVATE
    heading = words._("New articles for you") if is_private else words._("New articles for {chat}")
    now = _choice(subscription)
    labels = {Choice.INSTANT: words._("Instant"), Choice.DAILY: words._("Daily"), Choice.OFF: words._("Off")}
    buttons = [
        menu.button(f"✓ {label}" if choice is now else label, SubscribeChoice(choice))
        for choice, label in labels.items()
    ]
    current = _holds_here(subscription, words) if subscription or not besides else ""
    some = words.n(
        "{count} subscription sends some articles here; /settings shows it.",
        "{count} subscriptions send some articles here; /settings shows them.",
        besides,
    )
    return Outgoing(
        join(
            "\n\n",
            [
                fill(heading, chat=name_of(chat, words)).bold(),
                current,
                some if besides else "",
                _explained(words, schedule),
            ],
        ),
        keyboard(buttons),
    )


def unsubscribed(words: Words, menu: Menu, *, was_subscribed: bool) -> Outgoing:
    if was_subscribed:
        text = words._("Done: no more articles are sent here.")
        return Outgoing(plain(text), keyboard([menu.button(words._("Subscribe again"), ShowSubscribe())]))
    text = words._("No articles were being sent here, so there is nothing to end.")
    return Outgoing(plain(text), keyboard([menu.button(words._("Get new articles"), ShowSubscribe())]))


def channel_card(chat: Chat, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """What should the channel (or group) get: Instant, Daily, what is set up in its settings, or nothing now."""
    return Outgoing(
        join(
            "\n\n",
            [
                fill(words._("I am connected to {chat}."), chat=name_of(chat, words).bold()),
                words._("What shall I post there?"),
                _explained(words, schedule),
                words._("Only articles that appear from now on are posted, and nothing before you choose."),
            ],
        ),
        keyboard(
            [
                menu.button(words._("Instant"), ChannelChoice(chat.id, Choice.INSTANT)),
                menu.button(words._("Daily"), ChannelChoice(chat.id, Choice.DAILY)),
                menu.button(words._("Choose…"), ShowSettings(chat.id)),
            ],
            [menu.button(words._("Not now"), ChannelChoice(chat.id, Choice.OFF))],
        ),
    )


def channel_chosen(chat: Chat, choice: Choice, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """The card after a tap."""
    name = name_of(chat, words).bold()
    match choice:
        case Choice.INSTANT:
            said = fill(words._("From now on {chat} gets every article as soon as it is published."), chat=name)
        case Choice.DAILY:
            every = words._("From now on {chat} gets a digest every day at {time}.")
            some = words._("From now on {chat} gets a digest at {time}.")
            when = words.times_and_days(schedule)
            said = fill(every if schedule.is_daily else some, chat=name, time=when)
        case Choice.OFF:
            said = fill(
                words._("All right, I change nothing in {chat}. /channels is there when you want to."), chat=name
            )
    change = menu.button(words._("Change"), ShowChannelCard(chat.id))
    return Outgoing(said, keyboard([change, menu.button(words._("My channels"), ShowChannels())]))


def channels(
    items: Sequence[Connected], page: int, words: Words, menu: Menu, *, bot_username: str, has_next: bool = False
) -> Outgoing:
    """One page of the person's channels and groups, at most PAGE_SIZE; none: how to add one."""
    add: Row = [
        link_button(words._("Add to channel"), add_to_channel_link(bot_username)),
        link_button(words._("Add to group"), add_to_group_link(bot_username)),
    ]
    choose: Row = [menu.button(words._("Choose a channel where I am already"), AskForChannel())]
    turns = page_buttons(words, menu, page, has_next, ShowChannels)
    if not items:
        empty: list[Text | str] = [
            plain(words._("No channels yet")).bold(),
            words._("Add me to a channel as an admin, and I will ask you here what to post."),
        ]
        return Outgoing(join("\n\n", empty), keyboard(turns, add, choose))
    first = page * PAGE_SIZE + 1
    lines = [_line(number, item, words) for number, item in enumerate(items, first)]
    numbers = [words.number(number) if len(items) > 1 else "" for number, _ in enumerate(items, first)]
    rows = [
        row
        for number, item in zip(numbers, items, strict=True)
        for row in (_row(number, item, page, words, menu), _source_row(number, item, page, words, menu))
    ]
    heading = plain(words._("Your channels and groups")).bold()
    return Outgoing(join("\n\n", [heading, *lines]), keyboard(*rows, turns, add, choose))


def remove_channel(chat: Chat, page: int, words: Words, menu: Menu) -> Outgoing:
    """Asks once more before a channel's subscription is removed."""
    question = fill(words._("Stop posting in {chat}? What has been posted stays."), chat=name_of(chat, words).bold())
    return Outgoing(
        question,
        keyboard(
            [
                menu.button(words._("Yes, stop"), RemoveChannel(chat.id, sure=True, page=page)),
                menu.button(words._("Keep it"), ShowChannels(page)),
            ]
        ),
    )


def name_of(chat: Chat, words: Words) -> Text:
    """The chat's title, on one line; with the topic, where one is meant."""
    title = " ".join(chat.title.split()) or (f"@{chat.username}" if chat.username else words._("a chat without a name"))
    name = plain(title).trimmed(_TITLE_16)
    if chat.topic is None:
        return name
    return fill(words._("{chat} › {topic}"), chat=name, topic=name_of_topic(chat.topic, words))


def name_of_topic(topic: Topic, words: Words) -> Text:
    """What a forum's topic is called, on one line."""
    usual = words._("topic {number}", number=str(topic.id)) if topic.id else words._("General")
    return plain(" ".join(topic.name.split()) or usual).trimmed(_TITLE_16)


def _choice(subscription: Subscription | None) -> Choice:
    if subscription is None:
        return Choice.OFF
    return Choice.INSTANT if subscription.mode is Mode.INSTANT else Choice.DAILY


def _explained(words: Words, schedule: Schedule) -> Text:
    time = words.times(schedule)
    return bullets(
        [
            fill(words._("{name}: every article as soon as it is published"), name=plain(words._("Instant")).bold()),
            fill(words._("{name}: one digest a day, at {time}"), name=plain(words._("Daily")).bold(), time=time),
        ]
    )


def _holds_here(subscription: Subscription | None, words: Words) -> str:
    if subscription is None:
        return words._("Nothing is sent here at present.")
    if subscription.suspended:
        return obstacle(subscription.suspended, words)
    if subscription.paused:
        return words._("Paused: nothing is sent here at present.")
    if subscription.mode is Mode.INSTANT:
        return words._("Every new article is sent here as soon as it is published.")
    if not subscription.schedule.is_daily:
        return words._("A digest is sent here at {time}.", time=words.times_and_days(subscription.schedule))
    return words._("A digest is sent here every day at {time}.", time=words.times(subscription.schedule))


def _line(number: int, item: Connected, words: Words) -> Text:
    name = join("", [f"{words.number(number)}. ", name_of(item.chat, words).bold()])
    lines: list[Text | str] = [name, _state(item, words)]
    if item.is_source:
        lines.append(words._("Its posts become articles."))
    return join("\n", lines)


def _state(item: Connected, words: Words) -> str:
    held = item.subscriptions
    if item.chat.state is ChatState.SUSPENDED:
        return obstacle(item.chat.reason, words)
    if not held:
        return words._("Nothing is posted there yet.")
    one = held[0]
    if len(held) == 1 and one.suspended:
        return obstacle(one.suspended, words)
    if all(each.paused for each in held):
        return words._("Paused")
    if len(held) > 1:
        return words.n("{count} subscription: see Settings", "{count} subscriptions: see Settings", len(held))
    if one.mode is Mode.DIGEST:
        when = words.times_and_days(one.schedule)
        every, some = words._("A digest every day at {time}", time=when), words._("A digest at {time}", time=when)
        return every if one.schedule.is_daily else some
    if one.filter != Filter():
        return words._("Some articles, as soon as they are published")
    return words._("Every article, as soon as it is published")


def _row(number: str, item: Connected, page: int, words: Words, menu: Menu) -> list[Button]:
    """What can be done with one of them; numbered when there are several."""
    chat_id = item.chat.id

    def label(text: str) -> str:
        return _numbered(number, text)

    remove = menu.button(label(words._("Remove")), RemoveChannel(chat_id, page=page))
    if item.chat.state is ChatState.SUSPENDED:
        again = menu.button(label(words._("Try again")), TryChannel(chat_id, page=page))
        return [again, remove] if item.subscriptions else []
    if not item.subscriptions:
        return [menu.button(label(words._("Set up")), ShowChannelCard(chat_id))]
    is_paused = all(one.paused for one in item.subscriptions)
    turn = words._("Resume") if is_paused else words._("Pause")
    return [
        menu.button(label(turn), PauseChannel(chat_id, pause=not is_paused, page=page)),
        menu.button(label(words._("Settings")), ShowSettings(chat_id)),
        remove,
    ]


def _source_row(number: str, item: Connected, page: int, words: Words, menu: Menu) -> list[Button]:
    """For maintainers: whether a channel's posts become articles."""
    if not item.may_follow or item.chat.kind is not ChatKind.CHANNEL:
        return []
    text = words._("Stop taking its posts as articles") if item.is_source else words._("Take its posts as articles")
    return [menu.button(_numbered(number, text), SourceChannel(item.chat.id, not item.is_source, page))]


def _numbered(number: str, text: str) -> str:
    return f"{number}. {text}" if number else text
