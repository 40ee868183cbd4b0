"""What goes into a digest, of what waits for it, and what becomes of one that is late. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.model import CatchUp, Order, Selection
from bot.store.digests import Candidate

PUNCTUAL = timedelta(minutes=10)  # a run made within this of its time was not missed


def choose(selection: Selection, waiting: Sequence[Candidate], reads: Mapping[int, int]) -> list[int] | None:
    """The ids of its articles, in their order; none for a digest that says so; None: no digest.

    `waiting`: newest first. Of more than `at_most` the best of that order are taken.
    """
    if len(waiting) < selection.at_least and (waiting or selection.skip_if_empty):
        return None
    ids = [one.id for one in waiting]
    if selection.order is Order.MOST_READ:
        ids.sort(key=lambda article_id: -reads.get(article_id, 0))
    return ids[: selection.at_most or None]


def catch_up(selection: Selection, run_at: datetime, now: datetime) -> CatchUp | None:
    """What becomes of a run that is made now; None: it is on time."""
    return None if now - run_at <= PUNCTUAL else selection.catch_up
