"""Subscriptions and digests: one a destination, mode and filter; what waits for the next digest."""

from datetime import date, time, timedelta

import pytest

from bot.errors import NotFound
from bot.model import Filter, Mode, Schedule
from bot.store import chats, deliveries, digests, plans, subscriptions
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.store.samples import add_article, add_chat, add_digest, subscribe

EVENING = Schedule((time(18, 30), time(7, 5)), frozenset({0, 4}), "Asia/Tehran")


async def waiting(db: Database, subscription_id: int, limit: int = 100) -> list[int]:
    subscription = await subscriptions.get(db, subscription_id)
    return [article.id for article in await digests.waiting(db, subscription, limit)]


async def test_a_subscription_comes_back_as_it_was_made(db: Database) -> None:
    await add_chat(db, -1)
    await add_article(db, "before", announce=True)
    made = await subscriptions.add(db, -1, 3, Mode.DIGEST, EVENING, Filter(("B", "a")), START, 5)
    assert (made.schedule, made.filter, made.next_run_at) == (EVENING, Filter(("B", "a")), START)
    assert (made.chat_id, made.topic_id, made.mode, made.created_by, made.started_seq) == (-1, 3, "digest", 5, 1)
    assert await subscriptions.of_chat(db, -1) == [made] == [await subscriptions.get(db, made.id)]


async def test_the_same_again_goes_on_with_the_new_schedule(db: Database) -> None:
    await add_chat(db, -1)
    made = await subscriptions.add(db, -1, 0, Mode.DIGEST, None, Filter(("Ä", "b")), START)
    await subscriptions.set_paused(db, made.id, True)
    await subscriptions.suspend(db, made.id, "topic closed")
    again = await subscriptions.add(db, -1, 0, Mode.DIGEST, EVENING, Filter(("B", "a")), START + timedelta(hours=1))
    assert (again.id, again.paused, again.suspended) == (made.id, False, "")
    assert (again.schedule, again.next_run_at) == (EVENING, START + timedelta(hours=1))
    others = [await subscribe(db, -1), await subscribe(db, -1, topic_id=1, mode=Mode.DIGEST)]
    assert len({made.id, *(other.id for other in others)}) == 3


async def test_an_unknown_chat_or_subscription_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound, match="-1"):
        await subscriptions.add(db, -1, 0, Mode.INSTANT)
    with pytest.raises(NotFound, match="404"):
        await subscriptions.get(db, 404)
    assert not await subscriptions.suspend(db, 404, "x")
    assert not await subscriptions.resume(db, 404)


async def test_digests_are_due_at_their_moment_unless_paused_or_their_chat_is_suspended(db: Database) -> None:
    made = []
    for chat_id in (-1, -2, -3, -4):
        await add_chat(db, chat_id)
        due_at = START + timedelta(minutes=10 + chat_id)
        made.append(await subscriptions.add(db, chat_id, 0, Mode.DIGEST, None, None, due_at))
    await subscriptions.set_paused(db, made[0].id, True)
    await chats.suspend(db, -2, "kicked")

    async def due(minutes: int, limit: int = 10) -> list[int]:
        found = await subscriptions.due_digests(db, START + timedelta(minutes=minutes), limit)
        return [(await subscriptions.get(db, subscription_id)).chat_id for _, subscription_id in found]

    assert [await due(5), await due(6), await due(60), await due(60, 1)] == [[], [-4], [-4, -3], [-4]]
    await subscriptions.set_next_run(db, made[3].id, START + timedelta(days=1))
    assert await due(60) == [-3]
    await subscriptions.set_next_run(db, made[2].id, None)
    assert await due(10**6) == [-4]


async def test_a_digest_holds_what_was_announced_since_the_last_run_and_passes(db: Database) -> None:
    await add_article(db, "before", announce=True, tags=("t",))
    digest = await subscribe(db, mode=Mode.DIGEST, tags=("t",))
    first = await add_article(db, "first", announce=True, tags=("t",))
    await add_article(db, "other tag", announce=True, tags=("u",))
    await add_article(db, "archive", tags=("t",))
    second = await add_article(db, "second", announce=True, tags=("T",))
    assert await waiting(db, digest.id) == [first, second]
    assert await waiting(db, digest.id, 1) == [first]
    run_id = await add_digest(db, digest, date(2026, 11, 24), 0, [second, first], 4)
    assert run_id is not None
    assert await add_digest(db, digest, date(2026, 11, 24), 0, [first], 4) is None
    run = await digests.get(db, run_id)
    assert (run.article_ids, run.local_date, run.slot) == ((second, first), date(2026, 11, 24), 0)
    assert [article.id for article in await digests.articles_of(db, run_id)] == [second, first]
    (delivery,) = await deliveries.claim(db, db.now(), 9)
    assert (delivery.digest_run_id, delivery.dedupe_key) == (run_id, f"digest:{run_id}")
    assert await waiting(db, digest.id) == []
    third = await add_article(db, "third", announce=True, tags=("t",))
    assert await waiting(db, digest.id) == [third]
    with pytest.raises(NotFound):
        await digests.get(db, 404)


async def test_a_digest_leaves_out_what_its_destination_got_alone_or_in_another_digest(db: Database) -> None:
    tagged = await subscribe(db, mode=Mode.DIGEST, tags=("t",))
    all_of_it = await subscribe(db, mode=Mode.DIGEST)
    elsewhere = await subscribe(db, topic_id=9, mode=Mode.DIGEST)
    await subscribe(db, tags=("now",))
    seen = await add_article(db, "seen", announce=True, tags=("t",))
    posted = await add_article(db, "posted", announce=True, tags=("now",))
    await plans.plan_article(db, posted, 2)
    fresh = await add_article(db, "fresh", announce=True)
    await add_digest(db, tagged, date(2026, 11, 24), 0, [seen], 3)
    assert await waiting(db, all_of_it.id) == [fresh]
    assert await waiting(db, elsewhere.id) == [seen, posted, fresh]


async def test_a_refused_post_may_come_in_a_digest(db: Database, clock: HandClock) -> None:
    await subscribe(db)
    digest = await subscribe(db, mode=Mode.DIGEST)
    article_id = await add_article(db, "a", announce=True)
    await plans.plan_article(db, article_id, 1)
    assert await waiting(db, digest.id) == []
    (delivery,) = await deliveries.claim(db, clock(), 1)
    await deliveries.refuse(db, delivery.id, "too long")
    assert await waiting(db, digest.id) == [article_id]
