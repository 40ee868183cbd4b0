"""Reports: each maintainer is told once, when all is through; and corrections that wait are no articles."""

from bot.model import ArticleState, ChatKind, Effect, Notice
from bot.store import articles, chats, copies, deliveries, notices, plans
from bot.store.copies import Done
from bot.store.db import Database
from tests.clock import START
from tests.store.samples import FILE, add_article, add_chat, new_article, subscribe


async def plan(db: Database) -> None:
    while (article := await copies.next_edited(db)) is not None:
        await copies.plan(db, article)


async def post_everywhere(db: Database, *places: int) -> int:
    """An article that stands in each of these chats."""
    for place in places:
        await subscribe(db, place)
    article_id = await add_article(db, "First", announce=True)
    await plans.plan_article(db, article_id, 1)
    for delivery in await deliveries.claim(db, START, 10):
        await deliveries.mark_sent(db, delivery.id, [7])
    return article_id


async def finish(db: Database, effect: Effect) -> None:
    for delivery in await deliveries.claim(db, START, 10):
        assert await copies.mark_done(db, delivery.id, Done(effect))


async def told(db: Database) -> list[Notice]:
    return [notice for notice in await notices.due(db, 10) if notice.kind == "copies_changed"]


async def maintainers(db: Database, *persons: int) -> None:
    for person in persons:
        await add_chat(db, person, ChatKind.PRIVATE, started=True)


async def test_a_report_comes_when_all_is_through_and_what_a_suspended_chat_waits_for_is_in_it(db: Database) -> None:
    await maintainers(db, 5)
    article_id = await post_everywhere(db, -1, -2, -3)
    await chats.suspend(db, -3, "rights")
    await articles.update(db, article_id, new_article("Second"), by=5)
    await plan(db)
    assert await copies.report_due(db) == 0
    await finish(db, Effect.CHANGED)
    assert await copies.report_due(db) == 1
    assert await copies.report_due(db) == 0
    [notice] = await told(db)
    assert notice.person_id == 5
    assert notice.data == {
        "article_id": article_id, "title": "Second", "withdrawn": False, "waiting": 1, "changed": 2
    }  # fmt: skip


async def test_who_changed_it_before_is_told_what_the_newest_change_came_to(db: Database) -> None:
    await maintainers(db, 5, 6)
    article_id = await post_everywhere(db, -1)
    await articles.update(db, article_id, new_article("Second"), by=5)
    await plan(db)
    assert await articles.withdraw(db, article_id, by=6)
    await plan(db)
    await finish(db, Effect.DELETED)
    assert await copies.report_due(db) == 2
    assert [(n.person_id, n.data["withdrawn"], n.data["deleted"]) for n in await told(db)] == [
        (5, True, 1), (6, True, 1)
    ]  # fmt: skip


async def test_nothing_is_reported_of_what_was_never_posted_nor_of_what_a_source_changed(db: Database) -> None:
    await maintainers(db, 5)
    article_id = await post_everywhere(db, -1)
    await articles.update(db, article_id, new_article("Second"))
    other = await add_article(db, "Unposted", announce=True)
    await articles.withdraw(db, other, by=5)
    await plan(db)
    await finish(db, Effect.CHANGED)
    assert await copies.report_due(db) == 0


async def test_an_archive_that_changes_is_planned_nowhere(db: Database) -> None:
    article_id = await add_article(db, "Archive")
    await articles.update(db, article_id, new_article("Changed"))
    assert await articles.withdraw(db, article_id)
    assert not await articles.withdraw(db, article_id)
    assert await copies.next_edited(db) is None


async def test_the_draft_of_a_correction_is_not_exported(db: Database) -> None:
    article_id = await add_article(db, "First")
    draft = new_article("Second", state=ArticleState.DRAFT)
    await articles.add(db, draft, FILE, announce=False, revises=article_id)
    assert [article.title async for article, _ in articles.every(db)] == ["First"]


async def test_what_waits_of_a_withdrawn_article_is_cancelled_chunk_by_chunk(db: Database) -> None:
    """However many wait, a command's write waits for one chunk at most."""
    article_id = await post_everywhere(db, *range(-7, 0))
    late = range(-14, -7)
    for place in late:
        await subscribe(db, place)
    await db.execute(
        """INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, state, not_before, dedupe_key,
               created_at)
           SELECT s.id, s.chat_id, 0, 'post', :article_id, 'pending', 0, 'post:' || :article_id, 0
           FROM subscription s WHERE s.chat_id < -7""",
        {"article_id": article_id},
    )
    await articles.withdraw(db, article_id, by=5)
    article = await copies.next_edited(db)
    assert article is not None
    ended, recalls = [], []
    while await copies.next_edited(db) is not None:
        recalls.append(await copies.plan(db, article, chunk=3))
        ended.append(len(await db.read("SELECT id FROM delivery WHERE state = 'cancelled'")))
    assert sum(recalls) == 7
    assert ended[-1] == 7
    steps = [after - before for before, after in zip([0, *ended], ended, strict=False)]
    assert max(recalls) <= 3
    assert max(steps) <= 3
