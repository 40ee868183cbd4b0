"""Articles that are due together, or too late to go alone, go out as one digest: in order, each once, none lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import ChatKind, Delivery, DeliveryState, Restraint
from bot.store import articles, chats, deliveries, digests, held, merging, outbox, plans, subscriptions
from bot.store.db import Database
from bot.store.merging import ITEMS_LIMIT, Merging
from tests.clock import HandClock
from tests.store.samples import add_article, add_chat, subscribe

BURSTS = Merging(burst=5, expire_after=timedelta(hours=24))
LATE = timedelta(hours=25)


async def announce(db: Database, count: int, *, first: int = 0) -> list[int]:
    """The ids of so many new articles, planned."""
    ids = [await add_article(db, f"Article {first + n}", announce=True, tags=("t",)) for n in range(count)]
    last = await articles.last_announced_seq(db)
    for n, article_id in enumerate(ids):
        await plans.plan_article(db, article_id, last - count + 1 + n)
    return ids


async def claim(db: Database, rule: Merging = BURSTS) -> list[Delivery]:
    return await deliveries.claim(db, db.now(), 10, merging=rule)


async def contents(db: Database, delivery: Delivery) -> list[int]:
    """The articles that go out with it."""
    if delivery.digest_run_id is None:
        return [delivery.article_id or 0]
    return list((await digests.get(db, delivery.digest_run_id)).article_ids)


async def send_all(db: Database, rule: Merging = BURSTS) -> list[list[int]]:
    """What each message held that went out now."""
    sent = []
    while claimed := await claim(db, rule):
        for delivery in claimed:
            sent.append(await contents(db, delivery))
            await deliveries.mark_sent(db, delivery.id, [1])
    return sent


async def states(db: Database, chat_id: int = -100) -> dict[str, int]:
    rows = await deliveries.of_chat(db, chat_id)
    return {state: sum(row.state == state for row in rows) for state in {str(row.state) for row in rows}}


async def test_one_more_than_a_burst_become_one_digest_and_each_article_says_what_it_was_merged_into(
    db: Database,
) -> None:
    await subscribe(db)
    ids = await announce(db, 6)
    [digest] = await claim(db)
    assert await contents(db, digest) == ids
    rows = await deliveries.of_chat(db, -100)
    merged = {row.dedupe_key: row.merged_into for row in rows if row.state is DeliveryState.MERGED}
    assert merged == {f"post:{article_id}": digest.id for article_id in ids}
    assert all(row.ended_at == db.now() for row in rows if row.state is DeliveryState.MERGED)
    assert (digest.dedupe_key, digest.article_id) == (f"digest:{digest.digest_run_id}", None)
    assert await claim(db) == []
    run = await digests.get(db, digest.digest_run_id or 0)
    assert (run.slot, run.local_date) == (None, db.now().date())


@pytest.mark.parametrize("rule", [BURSTS, Merging(burst=0)])
async def test_no_more_than_a_burst_go_one_by_one_and_all_do_when_bursts_are_switched_off(
    db: Database, rule: Merging
) -> None:
    await subscribe(db)
    ids = await announce(db, 5 if rule.burst else 30)
    assert await send_all(db, rule) == [[article_id] for article_id in ids]


async def test_a_large_burst_becomes_several_digests_in_order_also_when_one_must_wait(db: Database) -> None:
    await subscribe(db)
    ids = await announce(db, 2 * ITEMS_LIMIT + 7)
    [first] = await claim(db)
    await deliveries.again(db, first.id, db.now(), counted=False)  # flood control met it
    late = await announce(db, 1, first=100)
    sent = await send_all(db)
    assert [len(message) for message in sent] == [ITEMS_LIMIT, ITEMS_LIMIT, 8]
    assert [article for message in sent for article in message] == ids + late


async def test_each_destination_has_bursts_of_its_own_and_the_chats_order_is_kept(db: Database) -> None:
    await subscribe(db)
    await subscribe(db, topic_id=7, tags=("t",))
    ids = await announce(db, 6)
    sent = await send_all(db)
    assert sent == [ids, ids]
    topics = [row.topic_id for row in await deliveries.of_chat(db, -100) if row.state is DeliveryState.SENT]
    assert topics == [0, 7]


async def test_what_may_have_arrived_already_is_in_no_digest(db: Database) -> None:
    await add_chat(db, 7, ChatKind.PRIVATE)
    await subscribe(db, 7)
    first, *rest = await announce(db, 7)
    await deliveries.claim(db, db.now(), 1)
    assert await deliveries.recover(db) == 1
    assert await send_all(db) == [[first], rest]


async def test_a_burst_does_not_come_past_an_article_that_must_still_wait(db: Database, clock: HandClock) -> None:
    """As when a chat is told to wait, suspended, and then wants what it missed: that has the lower numbers."""
    await subscribe(db)
    missed = await announce(db, 1)
    waiting = await announce(db, 1, first=1)
    later = await announce(db, 6, first=2)
    [first, second, *_] = await deliveries.of_chat(db, -100)
    await outbox.drop(db, first.id)
    [claimed] = await claim(db, Merging(burst=0))
    assert claimed.id == second.id
    await deliveries.again(db, second.id, db.now() + timedelta(seconds=60), counted=False)
    await db.execute("UPDATE delivery SET state = 'pending' WHERE id = :id", {"id": first.id})
    assert await send_all(db) == [missed]
    clock.move(seconds=61)
    assert [article for sent in await send_all(db) for article in sent] == waiting + later


async def test_what_is_paused_is_in_no_digest_and_goes_on_later(db: Database) -> None:
    held, other = await subscribe(db, tags=("t",)), await subscribe(db, tags=("x",))
    ids = await announce(db, 6)
    await subscriptions.set_paused(db, held.id, True)
    [free] = [await add_article(db, "Other", announce=True, tags=("x",))]
    await plans.plan_article(db, free, await articles.last_announced_seq(db))
    assert await send_all(db) == [[free]]
    await subscriptions.set_paused(db, held.id, False)
    assert await send_all(db) == [ids]
    assert other.id != held.id


async def test_what_is_late_waits_for_the_next_one_there_and_holds_up_nothing(db: Database, clock: HandClock) -> None:
    await subscribe(db)
    await subscribe(db, topic_id=7, tags=("x",))
    late = await announce(db, 3)
    clock.now += LATE
    assert await send_all(db) == []
    [elsewhere] = [await add_article(db, "Elsewhere", announce=True, tags=("x",))]
    await db.execute("UPDATE subscription SET paused = 1 WHERE topic_id = 0")
    await plans.plan_article(db, elsewhere, await articles.last_announced_seq(db))
    assert await send_all(db) == [[elsewhere]]
    await db.execute("UPDATE subscription SET paused = 0 WHERE topic_id = 0")
    assert await send_all(db) == []
    fresh = await announce(db, 2, first=10)
    assert await send_all(db) == [[*late, fresh[0]], [fresh[1]]]


async def test_what_is_late_goes_with_the_next_one_also_when_bursts_are_switched_off(
    db: Database, clock: HandClock
) -> None:
    await subscribe(db)
    late = await announce(db, 1)
    clock.now += LATE
    fresh = await announce(db, 1, first=10)
    assert await send_all(db, Merging(burst=0)) == [late + fresh]


async def test_a_week_without_a_next_one_expires_what_is_late_and_nothing_else(db: Database, clock: HandClock) -> None:
    await subscribe(db)
    await chats.suspend(db, -100, "blocked")
    await announce(db, 3)
    clock.move(days=6, hours=23)
    assert await merging.expire(db, BURSTS) == 0
    await chats.resume(db, -100)
    await chats.suspend(db, -100, "blocked")
    fresh = await announce(db, 1, first=10)
    clock.move(hours=1)
    assert await merging.expire(db, BURSTS) == 3
    assert await merging.expire(db, BURSTS) == 0
    assert await states(db) == {"expired": 3, "pending": 1}
    await chats.resume(db, -100)
    assert await send_all(db) == [fresh]


async def test_a_digest_of_which_another_subscription_wants_a_part_outlives_the_one_that_ends(db: Database) -> None:
    ending, other = await subscribe(db), await subscribe(db, tags=("t",))
    ids = await announce(db, 6)
    [digest] = await claim(db)
    assert digest.subscription_id == ending.id
    await deliveries.again(db, digest.id, db.now(), counted=False)
    await subscriptions.remove(db, ending.id)
    [digest] = await claim(db)
    assert (digest.subscription_id, await contents(db, digest)) == (other.id, ids)


async def test_a_group_that_got_a_digest_gets_nothing_of_it_again_under_its_new_id(db: Database) -> None:
    await add_chat(db, -5, ChatKind.GROUP)
    for chat_id in (-5, -100):
        await subscribe(db, chat_id)
    await announce(db, 6)
    [digest] = [delivery for delivery in await claim(db) if delivery.chat_id == -5]
    await deliveries.mark_sent(db, digest.id, [1])
    await deliveries.recover(db, resend=())
    await db.execute("UPDATE delivery SET state = 'pending' WHERE chat_id = -100 AND state = 'merged'")
    await chats.migrate(db, -5, -100)
    assert await send_all(db, Merging(burst=0)) == []


numbers = st.integers(0, 9)
names = st.sampled_from(
    ["announce", "announce", "send", "again", "hours", "suspend", "resume", "restart", "restrain", "tick"]
)
QUIET = Restraint(quiet_from=time(22), quiet_until=time(7))
RESTRAINTS = (Restraint(), QUIET, Restraint(daily_cap=1), Restraint(spacing_minutes=60), replace(QUIET, daily_cap=2))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps=st.lists(st.tuples(names, numbers), min_size=5, max_size=30))
async def test_whatever_happens_each_article_goes_out_once_and_in_order(
    db: Database, clock: HandClock, steps: list[tuple[str, int]]
) -> None:
    for table in ("digest_item", "delivery", "digest_run", "subscription", "chat"):
        await db.execute(f"DELETE FROM {table}")
    restrained, _ = [await subscribe(db, topic_id=topic_id) for topic_id in (0, 7)]
    sent: dict[int, list[int]] = {0: [], 7: []}
    announced: list[int] = []

    async def attempt(end: Callable[[Delivery], object]) -> None:
        for delivery in await claim(db):
            if end(delivery):
                sent[delivery.topic_id] += await contents(db, delivery)
                await deliveries.mark_sent(db, delivery.id, [1])
            else:
                await deliveries.again(db, delivery.id, clock() + timedelta(minutes=1), counted=False)

    async def restrain(restraint: Restraint) -> None:
        await subscriptions.change(db, restrained.id, lambda one: replace(one, restraint=restraint))

    for step, number in steps:
        match step:
            case "restrain":
                await restrain(RESTRAINTS[number % len(RESTRAINTS)])
            case "tick":
                await held.move_on(db)
            case "announce":
                announced += await announce(db, number, first=len(announced))
            case "send":
                for _ in range(number):
                    await attempt(lambda _: True)
            case "again":
                await attempt(lambda _: False)
            case "hours":
                clock.move(hours=number * 4, minutes=2)
            case "suspend":
                await chats.suspend(db, -100, "x")
            case "resume":
                await chats.resume(db, -100)
            case "restart":
                await claim(db)
                await deliveries.recover(db, resend=list(ChatKind), ambiguous_resends=99)
    await chats.resume(db, -100)
    await restrain(Restraint())
    clock.move(minutes=2)
    announced += await announce(db, 1, first=len(announced))
    for _ in range(len(announced) * 2 + 2):
        await attempt(lambda _: True)
    rows = await deliveries.of_chat(db, -100)
    assert {row.state for row in rows} <= {DeliveryState.SENT, DeliveryState.MERGED}
    for topic_id, got in sent.items():
        wanted = sorted(row.article_id or 0 for row in rows if row.topic_id == topic_id and row.article_id)
        assert got == wanted


async def test_expiring_many_takes_several_short_transactions(
    db: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "CHUNK", 2)
    await subscribe(db)
    await announce(db, 5)
    clock.move(days=8)
    assert await merging.expire(db, BURSTS) == 5
    assert await states(db) == {"expired": 5}
