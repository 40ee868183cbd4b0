"""Digests that their admins wish to see first: proposed ahead of their time, and delivered when that has come."""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.delivery import digesting
from bot.delivery.choosing import catch_up
from bot.delivery.digesting import Shelf, Turn
from bot.model import Article, CatchUp, Proposal, ProposalState, Subscription
from bot.store import articles, digests, plans, proposals, restored, subscriptions
from bot.store.db import Database, Store, Transaction
from bot.store.digests import Begun, Candidate

log = logging.getLogger(__name__)

BATCH = 500


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
        wanted = [one.id for one in found if chosen[one.id] or _is_due(one, db.now())]
        made += await _together(db, partial(_propose, shelf), wanted)
    return made


async def release(db: Database) -> int:
    """How many proposals became deliveries: those whose time has come, if they are approved or go by themselves.

    Of one whose time passed while the bot was down, or its subscription paused, becomes what its catch-up says.
    """
    if await restored.find(db):
        return 0
    found = [one.run_id for one in await proposals.due(db, db.now())]
    return sum([await _together(db, _release, found[at : at + BATCH]) for at in range(0, len(found), BATCH)])


async def expire(db: Database) -> int:
    """How many proposals nobody has approved until it is the next one's turn to be asked about, or to go out."""
    found = [one.run_id for one in await proposals.outlived(db, db.now())]
    return sum([await _together(db, _expire, found[at : at + BATCH]) for at in range(0, len(found), BATCH)])


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


async def _together(
    db: Database, work: Callable[[Sequence[int], Transaction], Awaitable[int]], ids: Sequence[int]
) -> int:
    """The sum of what the work makes of all of them, in one transaction; or of each, in one of its own, where that
    fails: one digest stops no other."""
    try:
        return await db.write(partial(work, ids)) if ids else 0
    except Exception:
        if len(ids) > 1:
            return sum([await _together(db, work, [one]) for one in ids])
        log.exception("proposal failed: id=%d", ids[0])
        return 0


async def _propose(shelf: Shelf, ids: Sequence[int], tx: Transaction) -> int:
    now, asked = tx.now(), await proposals.asked_about(tx, ids)
    turns = [turn for one in await subscriptions.several(tx, ids) if (turn := _turn_to_ask(one, now)) is not None]
    passed = [turn for turn in turns if turn.is_let_pass]
    wanted = [turn for turn in turns if not turn.is_let_pass and turn.subscription.id not in asked]
    chosen = await digesting.choice(tx, [turn.subscription for turn in wanted], shelf)
    made = [turn for turn in wanted if chosen[turn.subscription.id] or _is_due(turn.subscription, now)]
    await subscriptions.set_next_runs(tx, {turn.subscription.id: turn.next_run_at for turn in (*passed, *made)})
    for turn in passed:
        await digesting.let_pass(tx, turn, shelf)
    runs = [(turn, chosen[turn.subscription.id]) for turn in made]
    return await proposals.add(
        tx, [(turn.run(held, shelf.until_seq), turn.run_at) for turn, held in runs if held is not None]
    )


def _turn_to_ask(one: Subscription, now: datetime) -> Turn | None:
    """The subscription's next run, if its admins are to be asked about it now."""
    turn = digesting.turn_of(one, now) if one.selection.approve_minutes else None
    if turn is None or turn.run_at - timedelta(minutes=one.selection.approve_minutes) > now:
        return None
    return None if _is_due(one, now) and not one.selection.must_approve else turn


def _is_due(one: Subscription, now: datetime) -> bool:
    return one.next_run_at is not None and one.next_run_at <= now


async def _expire(run_ids: Sequence[int], tx: Transaction) -> int:
    found = [one for one in await proposals.several(tx, run_ids) if one.state is ProposalState.ASKED]
    for one in found:
        await proposals.give_up(tx, one, ProposalState.EXPIRED)
    return len(found)


async def _release(run_ids: Sequence[int], tx: Transaction) -> int:
    """In the transaction that makes its delivery each is sent: once, whoever approves it, whatever dies."""
    found = [one for one in await proposals.several(tx, run_ids) if one.is_open]
    known = {one.id: one for one in await subscriptions.several(tx, [each.subscription_id for each in found])}
    going = []
    for proposal in found:
        if (one := known.get(proposal.subscription_id)) is None:
            continue
        match catch_up(one.selection, proposal.due_at, tx.now()):
            case CatchUp.MERGE:
                await proposals.give_up(tx, proposal, ProposalState.MISSED)
            case CatchUp.SKIP:
                await digests.pass_by(tx, one.id, (await digests.get(tx, proposal.run_id)).article_ids)
                await digests.set_items(tx, {proposal.run_id: []})
                await proposals.close(tx, [proposal.run_id], ProposalState.MISSED)
            case _:
                going.append((one, proposal))
    return await _send(tx, going)


async def _send(tx: Transaction, going: Sequence[tuple[Subscription, Proposal]]) -> int:
    """Each goes with what its destination has not got, of another one of these either."""
    held = await digests.items_of(tx, [proposal.run_id for _, proposal in going])
    offers = [(one, Begun(0), held[proposal.run_id]) for one, proposal in going]
    got = await digests.had(tx, offers, there=True)
    taken: dict[tuple[int, int], set[int]] = defaultdict(set)
    sent: dict[int, list[int]] = {}
    for one, proposal in going:
        there = taken[one.chat_id, one.topic_id] | got.get(one.id, set())
        left = [each.id for each in held[proposal.run_id] if each.id not in there]
        if not left and one.selection.skip_if_empty:
            await proposals.give_up(tx, proposal, ProposalState.EMPTY)
        else:
            taken[one.chat_id, one.topic_id].update(left)
            sent[proposal.run_id] = left
    await digests.set_items(tx, sent)
    await digests.deliver(tx, [(one, proposal.run_id) for one, proposal in going if proposal.run_id in sent])
    await proposals.close(tx, list(sent), ProposalState.SENT)
    return len(sent)


async def _got(store: Store, one: Subscription, offered: Sequence[Candidate]) -> set[int]:
    """Those that the destination got, may have got or is about to get."""
    return (await digests.had(store, [(one, Begun(0), offered)], there=True)).get(one.id, set())
