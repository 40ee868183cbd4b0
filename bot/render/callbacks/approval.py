"""Buttons under a digest that its admins are asked about ahead of its time. Each names what it is about by ids, so that
a tap that comes twice, or after another admin's, does no harm."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowProposal:
    """Show a page of it, or the one where an article stands, with what can be done with that."""

    subscription_id: int
    run_id: int
    article_id: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class MoveItem:
    """The article stands before another one, or last (0)."""

    subscription_id: int
    run_id: int
    article_id: int
    before_id: int


@dataclass(frozen=True, slots=True)
class StrikeItem:
    subscription_id: int
    run_id: int
    article_id: int


@dataclass(frozen=True, slots=True)
class ShowAdditions:
    """Show a page of what may be added."""

    subscription_id: int
    run_id: int
    page: int = 0


@dataclass(frozen=True, slots=True)
class AddItem:
    subscription_id: int
    run_id: int
    article_id: int


@dataclass(frozen=True, slots=True)
class DecideProposal:
    """Approve it, or skip it (approve=False)."""

    subscription_id: int
    run_id: int
    approve: bool
