"""Digests that their admins wish to see first: proposed ahead of their time, and delivered when that has come."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.delivery import digesting
from bot.delivery.choosing import catch_up
from bot.delivery.digesting import Shelf
from bot.model import Article, CatchUp, Proposal, ProposalState, Subscription
from bot.store import articles, digests, plans, proposals, restored, subscriptions
from bot.store.db import Database, Store, Transaction
from bot.store.digests import Begun, Candidate

log = logging.getLogger(__name__)

BATCH = 250


async def propose(db: Database) -> int:
    """How many digests their admins are asked about from now on.

    One that has nothing to say yet is looked at again until its time; then it is as one that asks nobody, but for one
    that must be approved: that is proposed even late, if its catch-up lets it be sent late. Of a subscription one is
    proposed at a time.
    """
    made, after_id = 0, 0
    if await restored.find(db):
        return made
    shelf = Shelf(await plans.plan_cursor(db))
    while found := await subscriptions.to_propose(db, db.now(), BATCH, after_id=after_id):
        after_id = found[-1].id
        chosen = await digesting.choice(db, found, shelf)
        for one in found:
            if chosen[one.id] or _is_due(one, db.now()):
                made += await _alone(db, one.id, partial(_propose, one.id, shelf))
    return made


async def release(db: Database) -> int:
    """How many proposals became deliveries: those whose time has come, if they are approved or go by themselves.

    Of one whose time passed while the bot was down, or its subscription paused, becomes what its catch-up says.
    """
    if await restored.find(db):
        return 0
    found = await proposals.due(db, db.now())
    return sum([await _alone(db, one.subscription_id, partial(_release, one)) for one in found])


async def expire(db: Database) -> int:
    """How many proposals nobody has approved until it is the next one's turn to be asked about, or to go out."""
    found = await proposals.outlived(db, db.now())
    return sum([await _alone(db, one.subscription_id, partial(_expire, one)) for one in found])


async def contents(store: Store, one: Subscription, run_id: int) -> list[Article]:
    """What a proposal would hold if it went now: less what was withdrawn, and what its destination got meanwhile."""
    held = await digests.articles_of(store, run_id)
    got = await _got(store, one, [Candidate(article.id, article.announced_seq or 0) for article in held])
    return [article for article in held if article.id not in got]


async def additions(store: Store, one: Subscription, run_id: int, limit: int) -> list[Article]:
    """What may be put into a proposal, newest first: announced since the subscription began, whatever its filter, and
    not there yet; what was struck out or passed by, too."""
    until = await plans.plan_cursor(store)
    newest = await digests.latest(store, one.started_seq, until, digests.CANDIDATES)
    out = await _got(store, one, newest) | set((await digests.get(store, run_id)).article_ids)
    offered = [article.id for article in newest if article.id not in out]
    return [await articles.get(store, article_id) for article_id in offered[:limit]]


async def _alone(db: Database, subscription_id: int, work: Callable[[Transaction], Awaitable[bool]]) -> bool:
    """The work in a transaction of its own; False where it fails: one digest stops no other."""
    try:
        return await db.write(work)
    except Exception:
        log.exception("proposal failed: subscription=%d", subscription_id)
        return False


async def _propose(subscription_id: int, shelf: Shelf, tx: Transaction) -> bool:
    one, now = await subscriptions.find(tx, subscription_id), tx.now()
    turn = digesting.turn_of(one, now) if one is not None and one.selection.approve_minutes else None
    if one is None or turn is None or turn.run_at - timedelta(minutes=one.selection.approve_minutes) > now:
        return False
    is_due = _is_due(one, now)
    if is_due and not one.selection.must_approve:
        return False
    if turn.is_let_pass:
        await subscriptions.set_next_runs(tx, {one.id: turn.next_run_at})
        await digesting.let_pass(tx, turn, shelf)
        return False
    if await proposals.open_of(tx, one.id) is not None:
        return False
    ids = (await digesting.choice(tx, [one], shelf))[one.id]
    if not ids and not is_due:
        return False
    await subscriptions.set_next_runs(tx, {one.id: turn.next_run_at})
    return ids is not None and await proposals.add(tx, turn.run(ids, shelf.until_seq), turn.run_at)


def _is_due(one: Subscription, now: datetime) -> bool:
    return one.next_run_at is not None and one.next_run_at <= now


async def _expire(proposal: Proposal, tx: Transaction) -> bool:
    found = await proposals.find(tx, proposal.run_id, proposal.subscription_id)
    if found is None or found.state is not ProposalState.ASKED:
        return False
    await proposals.give_up(tx, found, ProposalState.EXPIRED)
    return True


async def _release(proposal: Proposal, tx: Transaction) -> bool:
    """In the transaction that makes its delivery it is sent, so it is so once, whoever approves it or whatever dies."""
    one = await subscriptions.find(tx, proposal.subscription_id)
    found = await proposals.find(tx, proposal.run_id, proposal.subscription_id)
    if one is None or found is None or not found.is_open:
        return False
    match catch_up(one.selection, found.due_at, tx.now()):
        case CatchUp.MERGE:
            await proposals.give_up(tx, found, ProposalState.MISSED)
            return False
        case CatchUp.SKIP:
            await digests.pass_by(tx, one.id, (await digests.get(tx, found.run_id)).article_ids)
            await digests.set_items(tx, found.run_id, [])
            await proposals.close(tx, found, ProposalState.MISSED)
            return False
    held = await contents(tx, one, found.run_id)
    if not held and one.selection.skip_if_empty:
        await proposals.give_up(tx, found, ProposalState.EMPTY)
        return False
    await digests.set_items(tx, found.run_id, [article.id for article in held])
    await digests.deliver(tx, [(one, found.run_id)])
    await proposals.close(tx, found, ProposalState.SENT)
    return True


async def _got(store: Store, one: Subscription, offered: Sequence[Candidate]) -> set[int]:
    """Those that the destination got, may have got or is about to get."""
    return (await digests.had(store, [(one, Begun(0), offered)], there=True)).get(one.id, set())
