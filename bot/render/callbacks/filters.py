"""Buttons of a subscription's filter, and of following a tag. A value is named by its mark (bot.filters.mark)."""

from dataclasses import dataclass

from bot.filters import Kind


@dataclass(frozen=True, slots=True)
class ShowFilter:
    subscription_id: int


@dataclass(frozen=True, slots=True)
class ShowFilterKind:
    """One kind of its conditions: what there is, and what may be added."""

    subscription_id: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class LeaveFilterKind:
    """Back to the filter. A reply to the message with this button adds values to that kind."""

    subscription_id: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class ToggleFilterValue:
    """Take the value out of the filter if it is there; else add it, if it is still one that articles have."""

    subscription_id: int
    kind: Kind
    mark: int


@dataclass(frozen=True, slots=True)
class TryFilter:
    """Show which of the last articles pass, and why."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """Ask which tags a further instant subscription of the chat shall have; with a mark, make the one of that tag.

    A reply to the message with this button names them.
    """

    chat_id: int
    mark: int = 0


@dataclass(frozen=True, slots=True)
class FollowTag:
    """Send what has this tag of the article to the chat where the button is tapped."""

    article_id: int
    mark: int
