"""Reactions to posts in channels, by article."""

from datetime import timedelta

from bot.model import Period, Source, SourceKind
from bot.store import articles, channels, deliveries, plans, reactions, reads, tidy
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.store.samples import add_article, new_article, subscribe


async def post(db: Database, title: str = "a", message_id: int = 7, chats: int = 1) -> int:
    """An announced article that stands in so many channels, -1, -2, …, as the message of that id."""
    for number in range(1, chats + 1):
        await subscribe(db, -number)
    article_id = await add_article(db, title, announce=True)
    await plans.plan_article(db, article_id, await articles.last_announced_seq(db))
    for delivery in await deliveries.claim(db, db.now(), 100):
        await deliveries.mark_sent(db, delivery.id, [message_id])
    return article_id


async def shown(db: Database) -> list[tuple[str, int | None, int]]:
    return [(one.title, one.reads, one.reactions) for one in (await reads.top(db, Period.ALL)).teasers]


async def test_an_articles_reactions_are_those_of_all_its_posts_as_they_are_now(db: Database) -> None:
    article_id = await post(db, chats=2)
    await reads.record(db, article_id, "x", "link")
    assert await shown(db) == [("a", 1, 0)]
    assert await reactions.note(db, -1, 7, 3, START) == article_id
    assert await reactions.note(db, -2, 7, 5, START) == article_id
    assert await shown(db) == [("a", 1, 8)]
    await reactions.note(db, -1, 7, 2, START + timedelta(minutes=1))
    await reactions.note(db, -1, 7, 2, START + timedelta(minutes=1))  # told twice
    await reactions.note(db, -1, 7, 9, START)  # an older count, told late
    assert await shown(db) == [("a", 1, 7)]
    await reactions.note(db, -1, 7, 0, START + timedelta(minutes=2))
    assert await shown(db) == [("a", 1, 5)]


async def test_what_is_no_articles_post_is_not_counted(db: Database) -> None:
    await post(db)
    for chat_id, message_id in ((-1, 8), (-1, 77), (-3, 7), (1, 7)):
        assert await reactions.note(db, chat_id, message_id, 3, START) is None
    assert await db.read("SELECT * FROM reaction_count") == []


async def test_reactions_lift_no_article(db: Database) -> None:
    liked = await post(db, "liked")
    for reader, article_id in (("x", liked), ("x", await add_article(db, "read")), ("y", 2)):
        await reads.record(db, article_id, reader, "link")
    await reactions.note(db, -1, 7, 1000, START)
    assert await shown(db) == [("read", 2, 0), ("liked", 1, 1000)]


async def test_reactions_to_a_post_that_became_an_article_count(db: Database) -> None:
    source = Source(SourceKind.CHANNEL, "-5")
    article_id = await articles.add(db, new_article("a", guid=channels.guid_of(12)), source, announce=True)
    assert await reactions.note(db, -5, 12, 4, START) == article_id
    assert await reactions.note(db, -6, 12, 4, START) is None


async def test_reactions_go_on_when_the_delivery_is_only_counted_any_more(db: Database, clock: HandClock) -> None:
    article_id = await post(db)
    await reads.record(db, article_id, "x", "link")
    await reactions.note(db, -1, 7, 3, clock())
    clock.move(days=91)
    await tidy.fold_deliveries(db)
    await reactions.note(db, -1, 7, 4, clock())
    assert await shown(db) == [("a", 1, 4)]
