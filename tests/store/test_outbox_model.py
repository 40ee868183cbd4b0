"""Whatever happens to the outbox, in whatever order: a claim finds what is due, one a chat, oldest first."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.model import ChatKind, Delivery
from bot.store import articles, chats, deliveries, outbox, plans, subscriptions
from bot.store.db import Database
from tests.clock import HandClock
from tests.store.samples import add_article, add_chat, subscribe

CHATS = (-1, -2, 3)
numbers = st.integers(0, 9)
NAMES = {  # and how often each is to come, beside the others
    "publish": 2, "claim": 2, "sent": 1, "again": 1, "uncertain": 1, "refuse": 1, "cancel": 1, "requeue": 1, "pause": 1,
    "unpause": 1, "topic_closed": 1, "topic_open": 1, "suspend": 1, "resume": 1, "remove": 1, "recover": 1,
    "migrate": 1, "wait": 1,
}  # fmt: skip
names = [name for name, times in NAMES.items() for _ in range(times)]
steps = st.lists(st.tuples(st.sampled_from(names), numbers), min_size=5, max_size=40)


async def claimable(db: Database) -> list[int]:
    """What a claim must find, worked out the slow way: the oldest of each chat, if it is due."""
    rows = await db.read(
        """SELECT d.chat_id, min(d.id) AS head
           FROM delivery d
           JOIN chat c ON c.id = d.chat_id
           LEFT JOIN subscription s ON s.id = d.subscription_id
           WHERE d.state = 'pending' AND c.state = 'active'
               AND coalesce(s.paused, 0) = 0 AND coalesce(s.suspended, '') = ''
               AND d.chat_id NOT IN (SELECT chat_id FROM delivery WHERE state = 'sending')
           GROUP BY d.chat_id"""
    )
    due = []
    for row in rows:
        head = await deliveries.get(db, row["head"])
        if head.not_before <= db.now():
            due.append(head.id)
    return sorted(due)


async def take_step(db: Database, clock: HandClock, step: str, number: int, in_flight: list[Delivery]) -> None:
    chat_id = CHATS[number % 3]
    current = in_flight.pop(number % len(in_flight)) if in_flight and step in ENDINGS else None
    calls: dict[str, Any] = {
        "sent": lambda d: deliveries.mark_sent(db, d.id, [1]),
        "again": lambda d: deliveries.again(db, d.id, clock() + timedelta(seconds=number), counted=number % 2 == 0),
        "uncertain": lambda d: deliveries.mark_uncertain(db, d.id, "x"),
        "refuse": lambda d: deliveries.refuse(db, d.id, "x"),
    }
    match step:
        case "publish":
            article_id = await add_article(db, f"{clock()}{number}", announce=True)
            await plans.plan_article(db, article_id, await articles.last_announced_seq(db))
        case "sent" | "again" | "uncertain" | "refuse":
            if current is not None:
                await calls[step](current)
        case "cancel":
            for delivery in (await deliveries.of_chat(db, chat_id))[number::10]:
                await outbox.drop(db, delivery.id)
        case "requeue":
            if (await deliveries.uncertain(db))[:1]:
                await deliveries.again(db, (await deliveries.uncertain(db))[0].id, clock(), counted=True)
        case "pause" | "unpause":
            for subscription in await subscriptions.of_chat(db, chat_id):
                await subscriptions.set_paused(db, subscription.id, step == "pause")
        case "topic_closed" | "topic_open":
            for subscription in (await subscriptions.of_chat(db, chat_id))[:1]:
                call = subscriptions.suspend(db, subscription.id, "x") if step == "topic_closed" else None
                await (call or subscriptions.resume(db, subscription.id))
        case "suspend":
            await chats.suspend(db, chat_id, "x")
        case "resume":
            await chats.resume(db, chat_id)
        case "remove":
            for subscription in (await subscriptions.of_chat(db, chat_id))[:1]:
                await subscriptions.remove(db, subscription.id)
        case "recover":
            in_flight.clear()
            await deliveries.recover(db)
        case "migrate":
            in_flight[:] = [d for d in in_flight if d.chat_id != chat_id]
            await deliveries.recover(db, resend=list(ChatKind))  # as at a start, where migrations are told, too
            in_flight.clear()
            await chats.migrate(db, chat_id, chat_id - 1000)
            await subscribe(db, chat_id)
        case "wait":
            clock.move(seconds=number)


ENDINGS = ("sent", "again", "uncertain", "refuse")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(steps=steps)
@example([("publish", 0), ("claim", 0), ("again", 9), ("topic_closed", 0)])  # what was behind the held one is due
async def test_a_claim_finds_exactly_what_is_due(db: Database, clock: HandClock, steps: list[tuple[str, int]]) -> None:
    for table in ("delivery", "subscription", "chat"):
        await db.execute(f"DELETE FROM {table}")
    in_flight: list[Delivery] = []
    await add_chat(db, 3, ChatKind.PRIVATE)
    for chat_id in CHATS:
        await subscribe(db, chat_id)
        await subscribe(db, chat_id, topic_id=1)
    for step, number in steps:
        await take_step(db, clock, step, number, in_flight)
        expected = await claimable(db)
        if expected:
            next_due_at = await deliveries.next_due_at(db)
            assert next_due_at is not None
            assert to_ms(next_due_at) <= to_ms(clock())
        if step == "claim":
            claimed = await deliveries.claim(db, clock(), 10)
            in_flight += claimed
            assert [delivery.id for delivery in claimed] == expected
