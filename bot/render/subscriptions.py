"""/subscribe, /unsubscribe, the card of a new channel, /channels."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Chat, ChatKind, Schedule, Subscription
from bot.render.callbacks import Choice
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


@dataclass(frozen=True, slots=True)
class Connected:
    """A channel or group that a person looks after, and its subscription if any."""

    chat: Chat
    subscription: Subscription | None


def subscribe(
    subscription: Subscription | None, words: Words, menu: Menu, schedule: Schedule, kind: ChatKind
) -> Outgoing:
    """The choice Instant, Daily, off for the chat where it stands, what holds now marked. `schedule`: what Daily would be."""
    raise NotImplementedError


def unsubscribed(words: Words, menu: Menu, *, was_subscribed: bool) -> Outgoing:
    raise NotImplementedError


def channel_card(chat: Chat, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """What should the channel (or group) get: Instant, Daily, Not now."""
    raise NotImplementedError


def channel_chosen(chat: Chat, choice: Choice, words: Words, menu: Menu, schedule: Schedule) -> Outgoing:
    """The card after a tap."""
    raise NotImplementedError


def channels(
    items: Sequence[Connected], page: int, words: Words, menu: Menu, *, bot_username: str, has_next: bool = False
) -> Outgoing:
    """One page of the person's channels and groups, at most PAGE_SIZE; none: how to add one."""
    raise NotImplementedError


def remove_channel(chat: Chat, page: int, words: Words, menu: Menu) -> Outgoing:
    """Asks once more before a channel's subscription is removed."""
    raise NotImplementedError


PAGE_SIZE = 5
