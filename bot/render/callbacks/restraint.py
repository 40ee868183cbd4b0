"""Buttons of a subscription's quiet hours, daily cap and spacing."""

from dataclasses import dataclass

UNCHOSEN = -1


@dataclass(frozen=True, slots=True)
class ShowRestraint:
    """Show when nothing of a subscription is sent, and what can be set of that."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class ChooseQuiet:
    """Ask for the hour at which quiet hours begin, then for the one at which they end; with both they are set."""

    subscription_id: int
    begin: int = UNCHOSEN
    end: int = UNCHOSEN


@dataclass(frozen=True, slots=True)
class DropQuiet:
    """No quiet hours."""

    subscription_id: int


@dataclass(frozen=True, slots=True)
class SetDailyCap:
    subscription_id: int
    posts: int  # 0: none


@dataclass(frozen=True, slots=True)
class SetSpacing:
    subscription_id: int
    minutes: int  # 0: none
