"""The outbox: planned once a destination, claimed in order, one a chat, and never lost."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.model import ArticleState, ChatKind, Delivery, DeliveryState
from bot.store import articles, chats, deliveries, doubts, outbox, plans, subscriptions
from bot.store.db import Database
from bot.store.outbox import Outbox
from tests.clock import START, HandClock
from tests.store.samples import add_article, add_chat, subscribe


async def announce(db: Database, title: str = "news", **other: object) -> int:
    """A new article, announced and planned."""
    article_id = await add_article(db, title, announce=True, **other)
    await plans.plan_article(db, article_id, await articles.last_announced_seq(db))
    return article_id


async def claimed(db: Database, limit: int = 10, busy: tuple[int, ...] = ()) -> list[tuple[int, int | None]]:
    return [(d.chat_id, d.article_id) for d in await deliveries.claim(db, db.now(), limit, busy_chats=busy)]


async def claim_one(db: Database) -> Delivery:
    (delivery,) = await deliveries.claim(db, db.now(), 1)
    return delivery


async def states(db: Database, chat_id: int = -100) -> list[str]:
    return [f"{d.state}" for d in await deliveries.of_chat(db, chat_id)]


async def test_an_article_goes_to_a_destination_once_whichever_subscriptions_match(db: Database) -> None:
    await subscribe(db, -1)
    await subscribe(db, -1, tags=("Tag",))
    await subscribe(db, -1, topic_id=7, tags=("other", "tag"))
    await subscribe(db, -2, tags=("other",))
    article_id = await announce(db, tags=("TAG",))
    await plans.plan_article(db, article_id, 1)
    rows = await deliveries.of_chat(db, -1)
    assert sorted((d.topic_id, d.dedupe_key, d.state) for d in rows) == [
        (0, f"post:{article_id}", "pending"),
        (7, f"post:{article_id}", "pending"),
    ]
    assert await deliveries.of_chat(db, -2) == []
    assert await plans.plan_cursor(db) == 1


async def test_only_what_was_announced_after_the_start_is_planned(db: Database) -> None:
    before = await add_article(db, "before", announce=True)
    await subscribe(db)
    after = await add_article(db, "after", announce=True)
    await plans.plan_article(db, before, 1)
    await plans.plan_article(db, after, 2)
    assert [d.article_id for d in await deliveries.of_chat(db, -100)] == [after]


async def test_an_archive_or_a_withdrawn_article_is_planned_for_nobody(db: Database) -> None:
    await subscribe(db)
    archive = await add_article(db, "archive")
    await plans.plan_article(db, archive, 1)
    withdrawn = await add_article(db, "withdrawn", announce=True)
    await db.execute("UPDATE article SET state = 'withdrawn' WHERE id = :id", {"id": withdrawn})
    await plans.plan_article(db, withdrawn, 1)
    assert await deliveries.of_chat(db, -100) == []


async def test_paused_and_long_suspended_subscriptions_are_not_planned(db: Database, clock: HandClock) -> None:
    for chat_id in (-1, -2, -3):
        await subscribe(db, chat_id)
    await subscriptions.set_paused(db, 1, True)
    await subscriptions.suspend(db, 2, "topic closed")
    clock.move(hours=23)
    await announce(db)
    clock.move(hours=2)
    await announce(db)
    assert [len(await deliveries.of_chat(db, chat_id)) for chat_id in (-1, -2, -3)] == [0, 1, 2]


async def test_a_chat_suspended_for_less_than_a_day_finds_its_articles_when_it_resumes(
    db: Database, clock: HandClock
) -> None:
    await subscribe(db)
    await chats.suspend(db, -100, "kicked")
    clock.move(hours=23)
    missed = await announce(db, "within a day")
    clock.move(hours=2)
    await announce(db, "too late")
    assert await claimed(db) == []
    assert await deliveries.next_due_at(db) is None
    await chats.resume(db, -100)
    assert await deliveries.next_due_at(db) is not None
    assert await claimed(db) == [(-100, missed)]
    assert await claimed(db) == []


async def test_a_claim_takes_the_oldest_of_each_chat_and_one_at_a_time(db: Database, clock: HandClock) -> None:
    await subscribe(db, -1)
    await subscribe(db, -2)
    first, second = await announce(db, "first"), await announce(db, "second")
    assert await claimed(db) == [(-2, first), (-1, first)]
    assert await claimed(db) == []
    done, other = await deliveries.of_chat(db, -1)
    assert (done.state, done.attempts, other.state) == (DeliveryState.SENDING, 1, DeliveryState.PENDING)
    clock.move(seconds=1)
    await deliveries.mark_sent(db, done.id, [10, 11])
    assert await claimed(db) == [(-1, second)]
    sent = await deliveries.get(db, done.id)
    assert (sent.state, sent.message_ids, sent.ended_at) == (DeliveryState.SENT, (10, 11), clock())


async def test_claims_keep_to_the_limit_pass_over_busy_chats_and_let_chats_take_turns(
    db: Database, clock: HandClock
) -> None:
    for chat_id in (-1, -2, -3, -4):
        await subscribe(db, chat_id)
    ids = [await announce(db, f"{number}") for number in range(3)]
    assert await claimed(db, 0) == []
    assert await claimed(db, 10, busy=(-1, -2, -3)) == [(-4, ids[0])]
    turns = []
    for _ in range(9):
        clock.move(seconds=1)
        delivery = await claim_one(db)
        turns.append(delivery.chat_id)
        await deliveries.mark_sent(db, delivery.id, [1])
    assert sorted(turns[:3]) == [-3, -2, -1]
    assert sorted(turns[3:6]) == [-3, -2, -1]
    assert -4 not in turns  # its first one is in flight still


async def test_side_by_side_claims_never_take_the_same_row(db: Database) -> None:
    for chat_id in range(1, 41):
        await subscribe(db, chat_id)
    await announce(db)
    found = await asyncio.gather(*[claimed(db, 7) for _ in range(8)])
    assert sorted(chat_id for part in found for chat_id, _ in part) == list(range(1, 41))


async def test_one_that_must_wait_holds_up_its_own_chat_only(db: Database, clock: HandClock) -> None:
    await subscribe(db, -1)
    await subscribe(db, -2)
    first, second = await announce(db, "first"), await announce(db, "second")
    one, two = await deliveries.claim(db, db.now(), 10)
    await deliveries.again(db, one.id, START + timedelta(seconds=30), counted=False)
    await deliveries.mark_sent(db, two.id, [1])
    assert await claimed(db) == [(-1, second)]
    assert await deliveries.next_due_at(db) == START + timedelta(seconds=30)
    clock.move(seconds=29)
    assert await claimed(db) == []
    clock.move(seconds=1)
    assert await claimed(db) == [(-2, first)]


async def test_attempts_are_counted_unless_said_otherwise(db: Database) -> None:
    await subscribe(db)
    await announce(db)
    for counted, attempts in ((False, 0), (True, 1), (False, 1), (True, 2)):
        delivery = await claim_one(db)
        assert await deliveries.again(db, delivery.id, db.now(), counted=counted, error="why")
        kept = await deliveries.get(db, delivery.id)
        assert (kept.attempts, kept.error, kept.state) == (attempts, "why", "pending")


async def test_an_uncertain_one_blocks_none_and_can_be_ended(db: Database) -> None:
    await subscribe(db)
    await announce(db, "first")
    second = await announce(db, "second")
    doubtful = await claim_one(db)
    assert await deliveries.mark_uncertain(db, doubtful.id, "no answer")
    assert [d.id for d in await deliveries.uncertain(db)] == [doubtful.id]
    assert await claimed(db) == [(-100, second)]
    assert await outbox.drop(db, doubtful.id)
    assert not await outbox.drop(db, doubtful.id)
    assert await states(db) == ["cancelled", "sending"]


async def test_what_has_ended_stays_ended(db: Database) -> None:
    await subscribe(db)
    await announce(db)
    delivery = await claim_one(db)
    assert await deliveries.refuse(db, delivery.id, "too long")
    assert not await deliveries.refuse(db, delivery.id, "again")
    await deliveries.mark_sent(db, delivery.id, [1])
    assert not await deliveries.again(db, delivery.id, db.now(), counted=True)
    assert not await deliveries.mark_uncertain(db, delivery.id, "x")
    kept = await deliveries.get(db, delivery.id)
    assert (kept.state, kept.error, kept.ended_at) == (DeliveryState.REFUSED, "too long", START)
    with pytest.raises(NotFound):
        await deliveries.get(db, 404)


async def test_a_paused_subscription_waits_and_does_not_hold_up_another_of_its_chat(db: Database) -> None:
    paused = await subscribe(db, topic_id=1)
    await subscribe(db, topic_id=2)
    await announce(db)
    await subscriptions.set_paused(db, paused.id, True)
    first = await claim_one(db)
    assert first.topic_id == 2
    await deliveries.mark_sent(db, first.id, [1])
    assert await claimed(db) == []
    assert await deliveries.next_due_at(db) is None
    await subscriptions.set_paused(db, paused.id, False)
    assert (await claim_one(db)).topic_id == 1


@pytest.mark.parametrize("earlier_attempts", [0, 1])
async def test_what_was_in_flight_at_a_crash_is_held_or_resent_once(db: Database, earlier_attempts: int) -> None:
    await add_chat(db, 5, ChatKind.PRIVATE)
    await subscribe(db, 5)
    await subscribe(db, -100)
    await announce(db)
    await db.execute("UPDATE delivery SET attempts = :attempts", {"attempts": earlier_attempts})
    await deliveries.claim(db, db.now(), 10)
    assert await deliveries.recover(db) == 2
    assert await deliveries.recover(db) == 0
    assert await states(db, -100) == ["uncertain"]
    assert await states(db, 5) == (["pending"] if earlier_attempts == 0 else ["uncertain"])
    assert len(await claimed(db)) == 1 - earlier_attempts


async def test_recovery_under_hold_repeats_nothing(db: Database) -> None:
    await add_chat(db, 5, ChatKind.PRIVATE)
    await subscribe(db, 5)
    await announce(db)
    await claim_one(db)
    assert await deliveries.recover(db, resend=()) == 1
    assert await states(db, 5) == ["uncertain"]


async def test_unsubscribing_cancels_what_is_pending_and_keeps_the_ledger(db: Database) -> None:
    subscription = await subscribe(db)
    for number in range(3):
        await announce(db, f"{number}")
    sent = await claim_one(db)
    await deliveries.mark_sent(db, sent.id, [1])
    in_flight = await claim_one(db)
    assert await subscriptions.remove(db, subscription.id)
    assert not await subscriptions.remove(db, subscription.id)
    assert await states(db) == ["sent", "sending", "cancelled"]
    assert (await deliveries.of_chat(db, -100))[2].error == "unsubscribed"
    await deliveries.mark_sent(db, in_flight.id, [2])
    assert await claimed(db) == []
    new = await subscribe(db)
    assert new.id != subscription.id
    assert await states(db) == ["sent", "sent", "cancelled"]


async def test_what_another_subscription_wants_too_survives_unsubscribing(db: Database) -> None:
    everything = await subscribe(db)
    tagged = await subscribe(db, tags=("t",))
    await announce(db, "plain")
    wanted = await announce(db, "tagged", tags=("t",))
    await subscriptions.remove(db, everything.id)
    assert await states(db) == ["cancelled", "pending"]
    assert [(d.article_id, d.subscription_id) for d in await deliveries.claim(db, db.now(), 9)] == [(wanted, tagged.id)]


async def test_the_outbox_counts_every_state(db: Database, clock: HandClock) -> None:
    assert await outbox.counts(db) == Outbox()
    for chat_id in (-1, -2, -3):
        await subscribe(db, chat_id)
    await announce(db, "first")
    clock.move(seconds=90)
    await announce(db, "second")
    await deliveries.mark_sent(db, (await claim_one(db)).id, [1])
    await deliveries.claim(db, db.now(), 1)
    await chats.suspend(db, -1, "kicked")
    clock.move(seconds=7.9)
    assert await outbox.counts(db) == Outbox(pending=4, sending=1, sent=1, suspended=2, oldest_seconds=7)


async def test_drafts_are_never_planned(db: Database) -> None:
    await subscribe(db)
    draft = await add_article(db, "draft", state=ArticleState.DRAFT, announce=True)
    await plans.plan_article(db, draft, 0)
    assert await deliveries.of_chat(db, -100) == []
    await articles.publish(db, draft)
    await plans.plan_article(db, draft, 1)
    assert await claimed(db) == [(-100, draft)]


async def test_what_is_to_go_out_after_all_counts_as_new(db: Database, clock: HandClock) -> None:
    """Else it would be too late already when somebody says so."""
    await subscribe(db)
    for title in ("missed", "doubtful", "refused"):
        await announce(db, title)
    await chats.suspend(db, -100, "kicked")
    assert await deliveries.set_aside(db, -100) == 3
    await db.execute("UPDATE delivery SET state = 'uncertain', error = 'timeout' WHERE id = 2")
    await db.execute("UPDATE delivery SET state = 'refused' WHERE id = 3")
    clock.move(days=3)
    assert await deliveries.settle_missed(db, -100, send=True) == 1
    assert await doubts.settle(db, -100, 2, 2, arrived=False) == 1
    assert await outbox.send_again(db, 3)
    rows = await deliveries.of_chat(db, -100)
    assert [(row.state, row.created_at, row.ended_at) for row in rows] == [(DeliveryState.PENDING, clock(), None)] * 3
