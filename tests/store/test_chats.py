"""Chats: kept as Telegram tells of them, suspended, resumed, moved to another id."""

import pytest

from bot.errors import NotFound
from bot.model import Chat, ChatKind, ChatState, Mode, NoticeKind
from bot.store import articles, chats, deliveries, notices, plans, reports, rights, subscriptions
from bot.store.db import Database
from tests.clock import START
from tests.store.samples import add_article, add_chat, subscribe

OLD, NEW = -7, -1007


async def plan(db: Database, title: str) -> int:
    article_id = await add_article(db, title, announce=True)
    await plans.plan_article(db, article_id, await articles.last_announced_seq(db))
    return article_id


async def test_a_chat_seen_again_keeps_its_state_language_and_who_connected_it(db: Database) -> None:
    await chats.saw(db, Chat(-1, ChatKind.CHANNEL, "Old", "old", "de", connected_by=5))
    await chats.suspend(db, -1, "kicked")
    await chats.saw(db, Chat(-1, ChatKind.CHANNEL, "New", None, "en"))
    assert await chats.get(db, -1) == Chat(
        -1, ChatKind.CHANNEL, "New", None, "de", ChatState.SUSPENDED, "kicked", START, connected_by=5
    )


async def test_seeing_the_same_again_writes_nothing(db: Database) -> None:
    chat = Chat(-1, ChatKind.CHANNEL, "A", None, "en", connected_by=5)
    await chats.saw(db, chat)

    async def writes() -> int:
        return (await db._connections[0].execute_fetchall("SELECT total_changes()"))[0][0]  # type: ignore[index, no-any-return]

    before = await writes()
    await chats.saw(db, chat)
    await chats.saw(db, Chat(-1, ChatKind.CHANNEL, "A", None, "fr"))
    assert await writes() == before


async def test_a_chat_is_suspended_and_resumed_once(db: Database) -> None:
    await add_chat(db, -1)
    assert [await chats.suspend(db, -1, "kicked"), await chats.suspend(db, -1, "blocked")] == [True, False]
    assert (await chats.get(db, -1)).reason == "blocked", "what is wrong there now"
    assert [await chats.resume(db, -1), await chats.resume(db, -1)] == [True, False]
    chat = await chats.get(db, -1)
    assert (chat.state, chat.reason, chat.since) == (ChatState.ACTIVE, "", None)
    with pytest.raises(NotFound):
        await chats.get(db, -2)
    assert not await chats.suspend(db, -2, "unknown")


async def test_a_person_who_starts_is_remembered_whether_seen_before_or_not(db: Database) -> None:
    await chats.mark_started(db, 5)
    await chats.saw(db, Chat(5, ChatKind.PRIVATE, "Ann", "ann", "en"))
    assert (await chats.get(db, 5)).started
    await add_chat(db, 6, ChatKind.PRIVATE)
    await chats.mark_started(db, 6)
    assert (await chats.get(db, 6)).started


async def test_a_person_lists_the_chats_linked_to_them(db: Database) -> None:
    for chat_id in (-1, -2, -3):
        await add_chat(db, chat_id)
        await chats.link_admin(db, chat_id, 5)
    await chats.link_admin(db, -1, 5)
    await chats.unlink_admin(db, -2, 5)
    assert [chat.id for chat in await chats.administered_by(db, 5)] == [-1, -3]
    assert await chats.administered_by(db, 6) == []
    await chats.set_language(db, -1, "fa")
    assert (await chats.get(db, -1)).language == "fa"


async def test_a_removed_chat_gets_nothing_more_and_keeps_its_ledger(db: Database) -> None:
    await subscribe(db, -1)
    await chats.link_admin(db, -1, 5)
    await plan(db, "a")
    await chats.remove(db, -1)
    assert await chats.administered_by(db, 5) == []
    assert await subscriptions.of_chat(db, -1) == []
    assert [(d.state, d.error) for d in await deliveries.of_chat(db, -1)] == [("cancelled", "unsubscribed")]


async def test_a_migrated_chat_takes_everything_along(db: Database) -> None:
    await add_chat(db, OLD, ChatKind.GROUP, connected_by=5)
    subscription = await subscribe(db, OLD)
    await chats.link_admin(db, OLD, 5)
    await notices.add(db, 5, NoticeKind.CHANNEL_CARD, {"chat_id": OLD, "title": "x"})
    await notices.add(db, 5, NoticeKind.FEED_FAILING, {"feed_id": 1, "title": "x", "error": "y"})
    first, second = await plan(db, "first"), await plan(db, "second")
    (sent,) = await deliveries.claim(db, db.now(), 1)
    await deliveries.mark_sent(db, sent.id, [1])
    await reports.want(db, OLD, False)
    await db.execute("UPDATE chat SET reported_at = 7")
    await chats.migrate(db, OLD, NEW)
    await chats.migrate(db, OLD, NEW)
    [told] = await db.read("SELECT reported_at FROM chat WHERE id = :id", {"id": NEW})
    assert (told["reported_at"], await reports.is_wanted(db, NEW)) == (7, False)
    assert await chats.find(db, OLD) is None
    chat = await chats.get(db, NEW)
    assert (chat.kind, chat.connected_by, chat.title) == (ChatKind.SUPERGROUP, 5, f"Chat {OLD}")
    assert [s.id for s in await subscriptions.of_chat(db, NEW)] == [subscription.id]
    assert [c.id for c in await chats.administered_by(db, 5)] == [NEW]
    assert [(d.article_id, d.state) for d in await deliveries.of_chat(db, NEW)] == [
        (first, "sent"),
        (second, "pending"),
    ]
    assert [(d.chat_id, d.article_id) for d in await deliveries.claim(db, db.now(), 9)] == [(NEW, second)]
    await chats.mark_started(db, 5)
    assert [notice.data.get("chat_id") for notice in await notices.due(db, 9)] == [NEW, None]


async def test_a_chat_migrates_onto_one_that_is_known_already(db: Database) -> None:
    """Telegram sends my_chat_member for the new id, and somebody subscribes there, before the migration is told."""
    old = await subscribe(db, OLD)
    first = await plan(db, "got it under the old id")
    (sent,) = await deliveries.claim(db, db.now(), 1)
    await deliveries.mark_sent(db, sent.id, [1])
    kept = await subscribe(db, NEW)
    only_old = await subscribe(db, OLD, mode=Mode.DIGEST)
    await chats.link_admin(db, OLD, 5)
    await chats.link_admin(db, NEW, 5)
    await reports.want(db, OLD, False)
    for person in (5, 6):
        await notices.add(db, person, NoticeKind.CHANNEL_CARD, {"chat_id": OLD, "title": "x"})
    await notices.add(db, 5, NoticeKind.CHANNEL_CARD, {"chat_id": NEW, "title": "x"})
    both = await plan(db, "planned for both")
    await db.execute(
        """INSERT INTO delivery (chat_id, topic_id, kind, article_id, state, not_before, dedupe_key, created_at)
           VALUES (:chat_id, 0, 'post', :article_id, 'pending', 0, :key, 0)""",
        {"chat_id": NEW, "article_id": first, "key": f"post:{first}"},
    )
    await chats.migrate(db, OLD, NEW)
    assert [s.id for s in await subscriptions.of_chat(db, NEW)] == [kept.id, only_old.id]
    assert not await reports.is_wanted(db, NEW)
    assert await subscriptions.find(db, old.id) is None
    rows = await deliveries.of_chat(db, NEW)
    alive = [(d.article_id, d.state, d.subscription_id) for d in rows if d.state != "cancelled"]
    assert alive == [(first, "sent", kept.id), (both, "pending", kept.id)]
    assert [(d.article_id, d.error) for d in rows if d.state == "cancelled"] == [
        (both, "migrated"),
        (first, "migrated"),
    ]
    assert [d.article_id for d in await deliveries.claim(db, db.now(), 9)] == [both]
    for person in (5, 6):
        await chats.mark_started(db, person)
    assert sorted((n.person_id, n.data["chat_id"]) for n in await notices.due(db, 9)) == [(5, NEW), (6, NEW)]


@pytest.mark.parametrize(
    ("doubted", "then"),
    [((OLD,), ["pending", "cancelled"]), ((NEW,), ["cancelled", "pending"]), ((OLD, NEW), ["pending", "uncertain"])],
)
async def test_of_two_that_wait_when_a_group_migrates_none_in_doubt_is_cancelled(
    db: Database, doubted: tuple[int, ...], then: list[str]
) -> None:
    for chat_id in (OLD, NEW):
        await subscribe(db, chat_id)
    await plan(db, "planned for both")
    for delivery in await deliveries.claim(db, db.now(), 9):
        await deliveries.again(db, delivery.id, db.now(), counted=delivery.chat_id in doubted)
    [old] = await deliveries.of_chat(db, OLD)
    await chats.migrate(db, OLD, NEW)
    rows = sorted(await deliveries.of_chat(db, NEW), key=lambda row: row.id != old.id)
    assert [row.state for row in rows] == then
    assert [row.error for row in rows if row.state != "pending"] == ["migrated"]


@pytest.mark.parametrize(
    ("old", "new", "then"),
    [
        ("approved", "", "approved"),
        ("refused", "", "refused"),
        ("approved", "refused", "refused"),
        ("approved", "asked", "approved"),
        ("asked", "asked", "asked"),
        ("asked", "", ""),
    ],
)
async def test_what_was_decided_of_a_chat_holds_for_its_new_id_unless_that_was_decided_on(
    db: Database, old: str, new: str, then: str
) -> None:
    for chat_id, approval in ((OLD, old), (NEW, new)):
        await add_chat(db, chat_id)
        await db.execute("UPDATE chat SET approval = :is WHERE id = :id", {"is": approval, "id": chat_id})
    await chats.migrate(db, OLD, NEW)
    assert await rights.approval_of(db, NEW) == then


@pytest.mark.parametrize(
    ("old", "new", "then"),
    [((7, 0), None, (7, 0)), ((7, 1), (None, 1), (7, 1)), ((None, 0), (9, 1), (9, 0)), ((7, 1), (9, 0), (9, 0))],
)
async def test_the_weekly_report_of_a_chat_that_migrates_is_neither_repeated_nor_begun_again(
    db: Database, old: tuple[int | None, int], new: tuple[int | None, int] | None, then: tuple[int | None, int]
) -> None:
    for chat_id, report in ((OLD, old), (NEW, new)):
        if report is not None:
            await add_chat(db, chat_id)
            await db.execute(
                "UPDATE chat SET reported_at = :at, weekly_report = :wanted WHERE id = :id",
                {"id": chat_id, "at": report[0], "wanted": report[1]},
            )
    await chats.migrate(db, OLD, NEW)
    [row] = await db.read("SELECT reported_at, weekly_report FROM chat")
    assert (row["reported_at"], row["weekly_report"]) == then
