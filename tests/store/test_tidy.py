"""What is old is folded into counts: every total stays what it was, and nothing that is needed goes."""

from datetime import timedelta

import pytest

from bot.model import DeliveryState, Mode, Period, Proposal, ProposalState, Subscription
from bot.store import articles, deliveries, digests, outbox, plans, proposals, reads, stats, subscriptions, tidy
from bot.store.db import Database, Transaction
from bot.store.digests import NewRun
from tests.clock import HandClock
from tests.store.samples import add_article, add_digest, subscribe


async def send(db: Database, title: str, *, state: DeliveryState = DeliveryState.SENT) -> int:
    """Announced, planned, and what is then due ended so."""
    article_id = await add_article(db, title, announce=True)
    await plans.plan_article(db, article_id, await articles.last_announced_seq(db))
    for delivery in await deliveries.claim(db, db.now(), 100):
        match state:
            case DeliveryState.SENT:
                await deliveries.mark_sent(db, delivery.id, [1])
            case DeliveryState.REFUSED:
                await deliveries.refuse(db, delivery.id, "too long")
            case _:
                await deliveries.mark_uncertain(db, delivery.id, "no answer")
    return article_id


async def kept(db: Database) -> list[tuple[int, str]]:
    rows = await db.read("SELECT article_id, state FROM delivery WHERE article_id IS NOT NULL ORDER BY id")
    return [(row["article_id"], row["state"]) for row in rows]


@pytest.mark.parametrize("chunk", [1, 2, 1000])
async def test_what_ended_ninety_days_ago_is_only_counted(db: Database, clock: HandClock, chunk: int) -> None:
    for chat_id in (-1, -2, -3):
        await subscribe(db, chat_id)
    await send(db, "sent")
    await send(db, "refused", state=DeliveryState.REFUSED)
    doubtful = await send(db, "doubtful", state=DeliveryState.UNCERTAIN)
    clock.move(days=1)
    await send(db, "sent a day later")
    clock.move(days=89, seconds=1)
    late = await send(db, "sent today")
    waiting = await add_article(db, "waiting", announce=True)
    await plans.plan_article(db, waiting, 6)
    before = await stats.stats(db)
    await tidy.fold_deliveries(db, chunk)
    after = await kept(db)
    assert sorted(set(after)) == [(doubtful, "uncertain"), (4, "sent"), (late, "sent"), (waiting, "pending")]
    assert await stats.stats(db) == before
    clock.move(days=1)
    await tidy.fold_deliveries(db, chunk)
    assert sorted(set(await kept(db))) == [(doubtful, "uncertain"), (late, "sent"), (waiting, "pending")]
    counts = await db.read("SELECT kind, state, deliveries FROM delivery_count ORDER BY day, state")
    assert [tuple(row) for row in counts] == [("post", "refused", 3), ("post", "sent", 3), ("post", "sent", 3)]
    assert (await stats.stats(db)).outbox.sent == before.outbox.sent == 9


async def test_what_was_folded_is_not_planned_again(db: Database, clock: HandClock) -> None:
    await subscribe(db)
    article_id = await send(db, "news")
    clock.move(days=91)
    await tidy.tidy(db)
    await plans.plan_article(db, article_id, 1)
    assert await kept(db) == []


async def make_digest(db: Database, subscription: Subscription, clock: HandClock) -> int:
    ids = [await add_article(db, f"{clock()} {number}", announce=True) for number in range(2)]
    seq = await articles.last_announced_seq(db)
    run_id = await add_digest(db, subscription, clock().date(), 0, ids, seq)
    assert run_id is not None
    return run_id


async def test_the_last_digest_of_a_subscription_stays_known(db: Database, clock: HandClock) -> None:
    daily, gone = await subscribe(db, -1, mode=Mode.DIGEST), await subscribe(db, -2, mode=Mode.DIGEST)
    runs = []
    for _ in range(2):
        runs += [await make_digest(db, daily, clock), await make_digest(db, gone, clock)]
        for delivery in await deliveries.claim(db, clock(), 10):
            await deliveries.mark_sent(db, delivery.id, [1])
        clock.move(days=1)
    await subscriptions.remove(db, gone.id)
    waiting = [article.id for article in await digests.waiting(db, daily, 10)]
    clock.move(days=91)
    await tidy.fold_deliveries(db)
    assert [row["id"] for row in await db.read("SELECT id FROM digest_run")] == [runs[2]]
    assert await db.read("SELECT article_id FROM digest_item") == []
    assert [article.id for article in await digests.waiting(db, daily, 10)] == waiting
    assert (await outbox.counts(db)).sent == 4


async def test_a_digest_that_waits_keeps_its_articles(db: Database, clock: HandClock) -> None:
    run_id = await make_digest(db, await subscribe(db, mode=Mode.DIGEST), clock)
    clock.move(days=91)
    await tidy.tidy(db)
    assert len(await digests.articles_of(db, run_id)) == 2


async def test_proposals_are_forgotten_with_their_digests_and_those_that_were_skipped_too(
    db: Database, clock: HandClock
) -> None:
    one = await subscribe(db, mode=Mode.DIGEST)
    ids = [await add_article(db, f"{number}", announce=True) for number in range(3)]

    async def propose(slot: int, one: Subscription = one) -> Proposal:
        run = NewRun(one, clock().date(), slot, ids[slot : slot + 1], slot + 1)

        async def work(tx: Transaction) -> None:
            assert await proposals.add(tx, [(run, clock())])

        await db.write(work)
        proposal = await proposals.open_of(db, one.id)
        assert proposal is not None
        return proposal

    async def send(proposal: Proposal) -> None:
        async def work(tx: Transaction) -> None:
            await digests.deliver(tx, [(one, proposal.run_id)])
            await proposals.close(tx, [proposal.run_id], ProposalState.SENT)

        await db.write(work)

    await send(await propose(0))
    await proposals.skip(db, await propose(1), 7, "Someone")
    waits = await propose(2)
    gone = await subscribe(db, -2, mode=Mode.DIGEST)
    await propose(0, gone)
    await subscriptions.remove(db, gone.id)
    for delivery in await deliveries.claim(db, clock(), 10):
        await deliveries.mark_sent(db, delivery.id, [1])
    clock.move(days=91)
    await tidy.tidy(db)
    assert [row["id"] for row in await db.read("SELECT id FROM digest_run")] == [waits.run_id]
    assert await proposals.open_of(db, one.id) == waits


@pytest.mark.parametrize("chunk", [1, 2, 1000])
async def test_reads_of_long_ago_count_without_their_readers(db: Database, clock: HandClock, chunk: int) -> None:
    old, new = await add_article(db, "old"), await add_article(db, "new")
    for _ in range(3):
        for reader in ("a", "b"):
            await reads.record(db, old, reader, "chat")
        clock.move(days=1)
    await reads.record(db, new, "a", "chat")
    before = await stats.stats(db)
    ranking = (await reads.top(db, Period.ALL)).teasers
    assert [(teaser.id, teaser.reads) for teaser in ranking] == [(old, 6), (new, 1)]
    clock.move(days=398, seconds=1)  # the first two days are 400 days ago
    await tidy.fold_reads(db, chunk)
    assert (await reads.top(db, Period.ALL)).teasers == ranking
    assert (await stats.stats(db)).reads == before.reads == 7
    rows = await db.read("SELECT DISTINCT article_id, reader FROM read ORDER BY article_id, reader")
    assert [tuple(row) for row in rows] == [(old, "a"), (old, "b"), (new, "a")]
    assert [tuple(row) for row in await db.read("SELECT article_id, reads FROM read_count ORDER BY day")] == [
        (old, 2), (old, 2),
    ]  # fmt: skip
    clock.move(days=10)
    await tidy.tidy(db)
    assert await db.read("SELECT reader FROM read") == []
    assert (await reads.top(db, Period.ALL)).teasers == ranking


async def test_the_year_of_top_is_never_folded(db: Database) -> None:
    assert max(reads.LENGTHS.values()) + timedelta(days=1) < tidy.READS
