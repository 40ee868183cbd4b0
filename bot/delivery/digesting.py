"""The digests that are due become deliveries, many in a transaction; what those share is looked up once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from bot.delivery.choosing import catch_up, choose
from bot.delivery.digest import next_run, slot_of
from bot.model import CatchUp, Filter, Mode, Order, Schedule, Subscription
from bot.store import digests, plans, restored, subscriptions
from bot.store.db import Database, Store, Transaction
from bot.store.digests import Announced, Begun, Candidate, NewRun

log = logging.getLogger(__name__)

BATCH = 500  # digests in one transaction


@dataclass(slots=True)
class Shelf:
    """What digests are chosen from: found once for all that share filter and beginning.

    Up to the last article whose deliveries are planned: of what comes after, nobody knows yet who gets it at once.
    """

    until_seq: int
    announced: dict[bool, Announced] = field(default_factory=dict)  # by whether editors recommend it
    candidates: dict[tuple[Filter, int, bool], list[Candidate]] = field(default_factory=dict)
    reads: dict[int, int] = field(default_factory=dict)

    async def of(self, store: Store, one: Subscription, start: Begun) -> list[Candidate]:
        """What passes its filter, newest first."""
        is_picked = one.selection.order is Order.PICKED
        key = one.filter, start.seq, is_picked
        if key not in self.candidates:
            announced = self.announced.setdefault(is_picked, Announced(self.until_seq, picked=is_picked))
            self.candidates[key] = await announced.passing(store, one.filter, start.seq)
        found = self.candidates[key]
        if one.selection.order is Order.MOST_READ and not {each.id for each in found} <= self.reads.keys():
            ids = [each.id for each in found]
            self.reads |= dict.fromkeys(ids, 0) | await digests.reads_of(store, ids)
        return found


@dataclass(frozen=True, slots=True)
class Turn:
    """The next run of a digest: when it is, what becomes of it if that has been missed, its slot, and when the one
    after it is."""

    subscription: Subscription
    run_at: datetime
    late: CatchUp | None
    local_date: date
    slot: int
    next_run_at: datetime

    @property
    def is_let_pass(self) -> bool:
        """It was missed, and is not sent late."""
        return self.late in (CatchUp.MERGE, CatchUp.SKIP)

    def run(self, article_ids: Sequence[int], until_seq: int) -> NewRun:
        return NewRun(self.subscription, self.local_date, self.slot, article_ids, until_seq)


async def due(db: Database) -> int:
    """How many digests became deliveries: one for each subscription whose time has come, if it has enough to say.

    Of one whose time passed while the bot was down becomes what its catch-up says. Goes on until nothing is due. None
    are made in a restored store until an owner resumes it. What must be approved is left to proposing.
    """
    made = 0
    if await restored.find(db):
        return made
    await _resume(db)
    shelf = Shelf(await plans.plan_cursor(db))
    after: tuple[datetime, int] | None = None
    while found := await subscriptions.due_digests(db, db.now(), BATCH, after=after):
        after = found[-1]
        made += await db.write(partial(_make, [subscription_id for _, subscription_id in found], shelf))
    return made


async def send_now(store: Store, subscription_id: int) -> int | None:
    """The id of a run of its own with what waits, which goes at once; None: nothing waits. Raises NotFound."""

    async def work(tx: Transaction) -> int | None:
        one = await subscriptions.get(tx, subscription_id)
        shelf = Shelf(await plans.plan_cursor(tx))
        now = replace(one, selection=replace(one.selection, at_least=1, skip_if_empty=True))
        ids = (await choice(tx, [now], shelf))[one.id]
        if not ids:
            return None
        local_date, _ = slot_of(one.schedule.timezone, tx.now())
        return (await digests.add(tx, [NewRun(one, local_date, None, ids, shelf.until_seq)]))[one.id]

    return await store.write(work)


async def preview(store: Store, one: Subscription) -> list[int]:
    """The ids of what would be in the digest if it went now, however few they are."""
    shelf = Shelf(await plans.plan_cursor(store))
    now = replace(one, selection=replace(one.selection, at_least=1))
    return (await choice(store, [now], shelf))[one.id] or []


async def let_pass(tx: Transaction, turn: Turn, shelf: Shelf) -> None:
    """A run that was missed and is not made up for: what it would have held is in the next one, or in none."""
    if turn.late is CatchUp.SKIP:
        waiting = [article.id for article in await digests.waiting(tx, turn.subscription, digests.CANDIDATES)]
        await digests.add_runs(tx, [turn.run((), shelf.until_seq)])
        await digests.pass_by(tx, turn.subscription.id, waiting)


async def _make(ids: Sequence[int], shelf: Shelf, tx: Transaction) -> int:
    """Runs, deliveries and the times of the next ones, at once; of what is not due any more nothing."""
    now = tx.now()
    turns = [turn for one in await subscriptions.several(tx, ids) if (turn := _due_turn(one, now)) is not None]
    await subscriptions.set_next_runs(tx, {turn.subscription.id: turn.next_run_at for turn in turns})
    made = [turn for turn in turns if not turn.is_let_pass]
    chosen = await choice(tx, [turn.subscription for turn in made], shelf)
    runs = []
    for turn in turns:
        if turn.is_let_pass:
            await let_pass(tx, turn, shelf)
        elif (article_ids := chosen[turn.subscription.id]) is not None:
            runs.append(turn.run(article_ids, shelf.until_seq))
    return len(await digests.add(tx, runs)) if runs else 0


def _due_turn(one: Subscription, now: datetime) -> Turn | None:
    is_due = one.next_run_at is not None and one.next_run_at <= now
    return turn_of(one, now) if is_due and not one.selection.waits_for_approval else None


def turn_of(one: Subscription, now: datetime) -> Turn | None:
    """The subscription's next run; None: it is no digest that has one."""
    run_at = one.next_run_at
    if one.mode is not Mode.DIGEST or one.paused or run_at is None:
        return None
    try:
        local_date, slot = slot_of(one.schedule.timezone, run_at)
        following = next_run(one.schedule, run_at)  # the same for many
        if following <= now:
            following = next_run(one.schedule, now)
    except Exception:  # one subscription with, say, an unknown zone stops no other
        log.exception("digest failed: subscription=%d", one.id)
        return None
    return Turn(one, run_at, catch_up(one.selection, run_at, now), local_date, slot, following)


async def choice(store: Store, wanted: Sequence[Subscription], shelf: Shelf) -> dict[int, list[int] | None]:
    """What goes into the digest of each; None: it is not sent."""
    starts = await digests.begun(store, wanted)
    offers = [(one, starts[one.id], await shelf.of(store, one, starts[one.id])) for one in wanted]
    had = await digests.had(store, [offer for offer in offers if offer[2]])
    nothing: set[int] = set()
    return {
        one.id: choose(one.selection, [each for each in offer if each.id not in had.get(one.id, nothing)], shelf.reads)
        for one, _, offer in offers
    }


async def _resume(db: Database) -> None:
    """What was paused until now goes on: a digest with its next time after that, not with those it has let pass."""
    for one in await subscriptions.paused_until(db, db.now()):
        try:
            await subscriptions.change(db, one.id, partial(_resumed, db.now()))
        except Exception:
            log.exception("digest not resumed: subscription=%d", one.id)


def _resumed(now: datetime, one: Subscription) -> Subscription:
    if one.paused_until is None or one.paused_until > now:
        return one
    return resumed(one, one.paused_until)


def scheduled(one: Subscription, schedule: Schedule, now: datetime) -> Subscription:
    """The digest with another schedule. What is due already, and is made in a moment, stays due."""
    is_due = one.next_run_at is not None and one.next_run_at <= now and not one.paused
    at = one.next_run_at if is_due else next_run(schedule, now)
    return replace(one, schedule=schedule, next_run_at=at)


def resumed(one: Subscription, since: datetime) -> Subscription:
    """The subscription when it goes on at that moment."""
    at = one.next_run_at
    if one.mode is Mode.DIGEST and (at is None or at < since):
        at = next_run(one.schedule, since - timedelta(milliseconds=1))
    return replace(one, paused=False, paused_until=None, next_run_at=at)
