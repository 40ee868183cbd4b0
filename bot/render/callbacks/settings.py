"""Buttons of a chat's settings and of one subscription: who may tap them is asked of the chat that they are about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """Show what a chat gets: its subscriptions, and what can be set."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class ShowSubscription:
    """Show one subscription, and what of it can be set."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class PauseSubscription:
    subscription_id: int
    pause: bool  # False: resume


@dataclass(frozen=True, slots=True)
class RemoveSubscription:
    """First step asks (sure=False), second step removes (sure=True)."""

    subscription_id: int
    sure: bool = False
