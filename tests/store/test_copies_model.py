"""Whatever happens to articles and to the outbox, in whatever order: copies follow, and nothing is posted for a change.

Telegram is a table here: what each message shows. What was sent and whose answer was lost stands in it, unknown to the
store.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.delivery.ledger import Ledger
from bot.delivery.plan import plan_changes
from bot.metrics import Metrics
from bot.model import ArticleState, ChatKind, Copy, Delivery, DeliveryKind, DeliveryState, Effect, Form
from bot.store import articles, chats, copies, deliveries, digests, outbox, plans, subscriptions
from bot.store.copies import Done
from bot.store.db import Database, Row
from bot.store.merging import Merging
from tests.clock import HandClock
from tests.store.samples import add_article, add_chat, new_article, subscribe

CHATS = (-1, -2, 3)
PART = 2  # articles of one message of a digest
Part = dict[int, int]  # what a message shows: articles, and their revisions
NAMES = {  # and how often each is to come, beside the others
    "publish": 3, "claim": 4, "sent": 3, "begin": 1, "again": 1, "uncertain": 1, "refuse": 1, "give_back": 1,
    "edit": 2, "source": 2, "withdraw": 2, "follow": 3, "vanish": 1, "send_again": 1, "recover": 1, "pause": 1,
    "unpause": 1, "suspend": 1, "resume": 1, "miss": 1, "wait": 1, "migrate": 1,
}  # fmt: skip
names = [name for name, times in NAMES.items() for _ in range(times)]
steps = st.lists(st.tuples(st.sampled_from(names), st.integers(0, 9)), min_size=5, max_size=40)


@dataclass
class World:
    db: Database
    clock: HandClock
    messages: dict[int, Part] = field(default_factory=dict)
    in_flight: list[tuple[Delivery, list[Part], list[Copy]]] = field(default_factory=list)
    barred: set[int] = field(default_factory=set)  # posts that waited, untried, when their article was withdrawn
    doubted: set[int] = field(default_factory=set)  # posts of which a message may stand that nobody knows of
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.db, self.clock, Metrics())
        self.last_message = 0

    def post(self, part: Part) -> int:
        self.last_message += 1
        self.messages[self.last_message] = dict(part)
        return self.last_message


async def parts_of(db: Database, article_id: int | None, run_id: int | None) -> list[Part]:
    """What is to be shown now, message by message; nothing of what was withdrawn."""
    found = await digests.articles_of(db, run_id) if run_id else [await articles.get(db, article_id or 0)]
    shown = [(each.id, each.revision) for each in found if each.state is ArticleState.PUBLISHED]
    return [dict(shown[at : at + PART]) for at in range(0, len(shown), PART)]


async def posts(db: Database) -> list[Row]:
    return await db.read("SELECT * FROM delivery WHERE kind = 'post' ORDER BY id")


@asynccontextmanager
async def nothing_is_posted(db: Database) -> AsyncIterator[None]:
    """An edit never posts: no post is added for it, and none waits again."""
    before = {row["id"]: row["state"] for row in await posts(db)}
    yield
    for row in await posts(db):
        assert row["state"] in (before[row["id"]], "cancelled", "uncertain")


async def follow(world: World) -> None:
    """Edits and recalls are planned."""
    untried = await world.db.read(
        """SELECT d.id FROM delivery d JOIN article a ON a.id = d.article_id
           WHERE a.state = 'withdrawn' AND a.edited_seq > (SELECT edited_seq FROM edit_cursor)
               AND d.kind = 'post' AND d.state = 'pending' AND d.attempts = 0"""
    )
    async with nothing_is_posted(world.db):
        await plan_changes(world.db)
    world.barred.update(row["id"] for row in untried)


async def claim(world: World) -> None:
    db = world.db
    for delivery in await deliveries.claim(db, db.now(), 10, merging=Merging(burst=2)):
        standing: list[Copy] = []
        if delivery.kind is DeliveryKind.POST:
            assert delivery.id not in world.barred, "what was withdrawn is claimed as a post"
            parts = await parts_of(db, delivery.article_id, delivery.digest_run_id)
            is_idle = not parts
        else:
            is_withdrawn = (await articles.get(db, delivery.article_id or 0)).state is ArticleState.WITHDRAWN
            parts = []
            standing = await copies.at(db, delivery.article_id or 0, delivery.chat_id, delivery.topic_id)
            is_idle = not standing or (is_withdrawn and delivery.kind is DeliveryKind.EDIT)
        if not is_idle:
            world.in_flight.append((delivery, parts, standing))
        elif delivery.kind is DeliveryKind.POST:
            await world.ledger.drop(delivery, "withdrawn")
        else:
            await world.ledger.drop(delivery, "nothing to do")


async def end_post(world: World, delivery: Delivery, parts: list[Part], step: str, number: int) -> None:
    db, known = world.db, list(delivery.message_ids)
    left = parts[len(known) :]
    if step in ("again", "uncertain") and number % 2 and left:  # it has arrived
        world.post(left[0])
    match step:
        case "sent":
            await deliveries.mark_sent(db, delivery.id, [*known, *[world.post(part) for part in left]])
        case "begin" if len(left) > 1:
            await deliveries.progress(db, delivery.id, [*known, world.post(left[0])])
            await deliveries.again(db, delivery.id, db.now(), counted=False, error="flood")
        case "again":
            world.doubted.add(delivery.id)
            await deliveries.again(db, delivery.id, db.now(), counted=True, error="lost")
        case "uncertain":
            world.doubted.add(delivery.id)
            await deliveries.mark_uncertain(db, delivery.id, "lost")
        case "refuse" if not known:
            await deliveries.refuse(db, delivery.id, "refused")
        case _:
            await world.ledger.give_back(delivery)


async def end_change(world: World, delivery: Delivery, standing: list[Copy], step: str, number: int) -> None:
    async with nothing_is_posted(world.db):
        match step:
            case "sent":
                done = [await bring(world, delivery, copy) for copy in standing]
                worst = max(done, key=lambda each: RANK.index(each.effect))
                everything = tuple(copy for each in done for copy in each.copies)
                await copies.mark_done(world.db, delivery.id, replace(worst, copies=everything))
                world.seen[worst.effect] += 1
            case "refuse":
                await copies.mark_done(world.db, delivery.id, Done(Effect.IMPOSSIBLE, "not allowed"))
            case "again" | "uncertain":
                if number % 2:  # it was done, and the answer was lost
                    for copy in standing:
                        await bring(world, delivery, copy)
                await deliveries.again(world.db, delivery.id, world.db.now(), counted=True, error="lost")
            case _:
                await world.ledger.give_back(delivery)


RANK = (Effect.UNCHANGED, Effect.DELETED, Effect.CHANGED, Effect.LOST, Effect.IMPOSSIBLE)


async def bring(world: World, delivery: Delivery, copy: Copy) -> Done:
    """One copy shows what it should, as delivery/edit.py does it."""
    if copy.form is Form.GONE:
        return Done(Effect.LOST, "out of reach")
    if copy.state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN) or not copy.message_ids:
        return Done(Effect.IMPOSSIBLE, "nobody knows")
    run_id = copy.digest_run_id
    parts = await parts_of(world.db, None if run_id else delivery.article_id, run_id)
    if copy.state is not DeliveryState.SENT:
        parts = parts[: len(copy.message_ids)]
    if len(parts) > len(copy.message_ids):
        return Done(Effect.IMPOSSIBLE, "too long")
    effects = [Effect.UNCHANGED]
    for message_id, part in zip(copy.message_ids, parts, strict=False):
        if message_id not in world.messages:
            effects.append(Effect.LOST)
        elif world.messages[message_id] != part:
            world.messages[message_id] = part
            effects.append(Effect.CHANGED)
    for message_id in copy.message_ids[len(parts) :]:
        was_there = world.messages.pop(message_id, None) is not None
        effects.append(Effect.DELETED if was_there or delivery.attempts > 1 else Effect.LOST)
    kept = copy.message_ids[: len(parts)]
    left = replace(copy, message_ids=kept, form=copy.form if kept else Form.GONE)
    effect = max(effects, key=RANK.index)
    return Done(effect, "gone" if effect is Effect.LOST else "", () if left == copy else (left,))


async def change(world: World, step: str, number: int) -> None:
    """An article says something else, or nothing any more."""
    found = await world.db.read("SELECT id FROM article WHERE state = 'published' ORDER BY id")
    if not found:
        return
    article_id = found[number % len(found)]["id"]
    if step == "withdraw":
        await articles.withdraw(world.db, article_id)
        return
    revision = (await articles.get(world.db, article_id)).revision
    new = new_article(f"Article {article_id}, version {revision + 1}")
    await articles.update(world.db, article_id, new, by=7 if step == "edit" else None)


async def move_queue(world: World, step: str, number: int) -> None:
    """What befalls chats, subscriptions and the bot itself."""
    db, chat_id = world.db, CHATS[number % 3]
    match step:
        case "vanish" if world.messages:  # somebody deletes it in the chat
            del world.messages[sorted(world.messages)[number % len(world.messages)]]
        case "send_again":  # somebody looked, and wishes so
            for delivery in (await deliveries.uncertain(db))[:1]:
                await outbox.send_again(db, delivery.id)
                world.doubted.discard(delivery.id)
        case "recover" | "migrate":
            flying, world.in_flight = world.in_flight, []
            world.doubted.update(delivery.id for delivery, parts, _ in flying if parts)
            await deliveries.recover(db, resend=list(ChatKind) if number % 2 else ())
            if step == "migrate":
                await chats.migrate(db, chat_id, chat_id - 1000)
        case "pause" | "unpause":
            for subscription in await subscriptions.of_chat(db, chat_id):
                await subscriptions.set_paused(db, subscription.id, step == "pause")
        case "suspend":
            await chats.suspend(db, chat_id, "x")
        case "resume":
            await chats.resume(db, chat_id)
        case "miss":  # what waited is set aside, and then asked for
            await deliveries.set_aside(db, chat_id)
            await deliveries.settle_missed(db, chat_id, send=True)
        case "wait":
            world.clock.move(minutes=number)


async def take_step(world: World, step: str, number: int) -> None:
    match step:
        case "publish":
            article_id = await add_article(world.db, f"{world.clock()}{number}{world.last_message}", announce=True)
            await plans.plan_article(world.db, article_id, await articles.last_announced_seq(world.db))
        case "edit" | "source" | "withdraw":
            await change(world, step, number)
        case "follow":
            await follow(world)
        case "claim":
            await claim(world)
        case "sent" | "begin" | "again" | "uncertain" | "refuse" | "give_back":
            if world.in_flight:
                delivery, parts, standing = world.in_flight.pop(number % len(world.in_flight))
                if delivery.kind is DeliveryKind.POST:
                    await end_post(world, delivery, parts, step, number)
                else:
                    await end_change(world, delivery, standing, step, number)
        case _:
            await move_queue(world, step, number)


async def come_to_rest(world: World) -> None:
    """Everything goes well from here on, until nothing is left to do."""
    db = world.db
    for row in await db.read("SELECT id FROM chat WHERE state = 'suspended'"):
        await chats.resume(db, row["id"])
    for row in await db.read("SELECT id FROM subscription WHERE paused = 1"):
        await subscriptions.set_paused(db, row["id"], False)
    left = 1
    for _ in range(100):
        while world.in_flight:
            await take_step(world, "sent", 0)
        if not left:
            return
        world.clock.move(minutes=16)
        await follow(world)
        await claim(world)
        [row] = await db.read(
            """SELECT count(*) + (SELECT count(*) FROM article WHERE edit_due_at IS NOT NULL) AS number
               FROM delivery WHERE state IN ('pending', 'sending')"""
        )
        left = row["number"]
    raise AssertionError(f"{left} never end")


async def check_copies(world: World) -> None:
    """Each standing copy that is known shows the newest, or its last edit says why not; no doubt ended in silence."""
    db = world.db
    for row in await posts(db):
        assert row["state"] != "cancelled" or row["id"] not in world.doubted
        items = await db.read(
            "SELECT article_id FROM digest_item WHERE digest_run_id = :run", {"run": row["digest_run_id"]}
        )
        messages = json.loads(row["message_ids"])
        if not set(messages) <= world.messages.keys():  # somebody deleted it
            continue
        for article_id in [item["article_id"] for item in items] or [row["article_id"]]:
            article = await articles.get(db, article_id)
            wanted = [article.revision] if article.state is ArticleState.PUBLISHED else []
            shown = [world.messages[each][article_id] for each in messages if article_id in world.messages[each]]
            if row["state"] == "sent" and shown != wanted:
                assert await reason(db, row, article_id), (dict(row), shown, wanted)
            if row["state"] in ("cancelled", "merged"):
                assert not shown, dict(row)


async def reason(db: Database, row: Row, article_id: int) -> str:
    """Why the newest edit or recall of the article at this place came to nothing; empty: nothing says so."""
    article = await articles.get(db, article_id)
    is_withdrawn = article.state is ArticleState.WITHDRAWN
    found = await db.read_one(
        """SELECT effect, error FROM delivery
           WHERE chat_id = :chat_id AND topic_id = :topic_id AND dedupe_key = :key""",
        {
            "chat_id": row["chat_id"],
            "topic_id": row["topic_id"],
            "key": f"recall:{article_id}" if is_withdrawn else f"edit:{article_id}:r{article.revision}",
        },
    )
    return found["error"] if found is not None and found["effect"] in ("lost", "impossible") else ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps=steps)
async def test_copies_follow_their_articles_and_no_edit_posts(
    db: Database, clock: HandClock, steps: list[tuple[str, int]]
) -> None:
    for table in ("delivery", "digest_item", "digest_run", "subscription", "chat", "article_tag", "article_source"):
        await db.execute(f"DELETE FROM {table}")
    await db.execute("UPDATE article SET edit_due_at = NULL, state = 'withdrawn'")
    await plan_changes(db)
    await add_chat(db, 3, ChatKind.PRIVATE)
    for chat_id in CHATS:
        await subscribe(db, chat_id)
    world = World(db, clock)
    for step, number in steps:
        await take_step(world, step, number)
    await come_to_rest(world)
    await check_copies(world)
