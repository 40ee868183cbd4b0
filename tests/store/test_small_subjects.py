"""Feeds, inbox, notices, maintainers, settings, queries and stats."""

from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.model import ChatKind, Maintainer, NoticeKind, Role
from bot.store import articles, chats, feeds, inbox, maintainers, notices, queries, reads, settings, stats
from bot.store.db import Database, Transaction
from tests.clock import START, HandClock
from tests.store.samples import add_article, add_chat, subscribe

URL = "https://example.org/feed"


async def test_a_feed_is_added_once_and_due_at_once(db: Database) -> None:
    feed = await feeds.add(db, URL, "News", ("a", "b"), 5)
    assert (feed.title, feed.tags, feed.added_by, feed.polled_at, feed.next_check_at) == (
        "News", ("a", "b"), 5, None, START,
    )  # fmt: skip
    assert await feeds.add(db, URL, "Other") == feed == await feeds.get(db, feed.id) == await feeds.find(db, URL)
    assert await feeds.due(db, 10) == [(feed.id, URL)]
    assert await feeds.list(db) == [feed]
    with pytest.raises(NotFound, match="404"):
        await feeds.get(db, 404)


async def test_polls_move_the_next_check_and_failures_are_counted(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, URL)
    later = START + timedelta(minutes=15)
    assert [await feeds.failed(db, feed.id, "timeout", later), await feeds.failed(db, feed.id, "http", later)] == [1, 2]
    assert await feeds.due(db, 10) == []
    clock.move(minutes=15)
    assert await feeds.due(db, 10) == [(feed.id, URL)]
    failing = await feeds.get(db, feed.id)
    assert (failing.failures, failing.last_error, failing.polled_at) == (2, "http", None)
    await feeds.polled(
        db, feed.id, etag="e", last_modified="m", title="T", next_check_at=clock() + timedelta(minutes=1)
    )
    await feeds.polled(db, feed.id, etag="e", last_modified="m", title="", next_check_at=clock() + timedelta(minutes=1))
    fine = await feeds.get(db, feed.id)
    assert (fine.failures, fine.last_error, fine.etag, fine.last_modified, fine.title) == (0, "", "e", "m", "T")
    assert fine.polled_at == clock()
    assert await feeds.failed(db, 404, "gone", later) == 0


async def test_feeds_are_paged_those_that_fail_first_and_counted(db: Database, clock: HandClock) -> None:
    ids = [(await feeds.add(db, f"{URL}/{number}")).id for number in range(7)]
    for failing in (ids[3], ids[5]):
        await feeds.failed(db, failing, "timeout", clock())
    await feeds.set_paused(db, ids[5], True)
    pages = [[feed.id for feed in await feeds.page(db, number, 4)] for number in (0, 1, 2, 10**30)]
    assert pages == [[ids[3], ids[0], ids[1], ids[2]], [ids[4], ids[5], ids[6]], [], []]
    assert await feeds.counts(db) == feeds.Counts(total=7, paused=1, failing=1)


async def test_a_shorter_interval_holds_at_once_and_hurries_no_feed_that_fails(db: Database, clock: HandClock) -> None:
    fine, failing = await feeds.add(db, URL), await feeds.add(db, f"{URL}/2")
    later, hour = clock() + timedelta(hours=9), timedelta(hours=1)
    await feeds.polled(db, fine.id, etag="e", last_modified="", title="", next_check_at=later)
    await feeds.failed(db, failing.id, "timeout", later)
    for feed in (fine, failing):
        assert await feeds.set_every(db, feed.id, hour, within=hour)
    fine, failing = await feeds.get(db, fine.id), await feeds.get(db, failing.id)
    assert (fine.every, fine.next_check_at) == (hour, clock() + hour)
    assert (failing.every, failing.next_check_at) == (hour, later)
    await feeds.set_every(db, fine.id, timedelta(days=1), within=timedelta(days=1))
    assert (await feeds.get(db, fine.id)).next_check_at == clock() + hour
    await feeds.set_every(db, fine.id, None, within=hour)
    assert (await feeds.get(db, fine.id)).every is None


async def test_headers_are_added_by_name_and_the_document_is_read_afresh(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, URL)
    await feeds.polled(
        db, feed.id, etag="e", last_modified="m", title="", next_check_at=clock() + timedelta(days=1), body_hash="h"
    )
    assert await feeds.set_headers(db, feed.id, {"X-Key": "a", "Authorization": "b"})
    assert await feeds.set_headers(db, feed.id, {"x-key": "c", "AUTHORIZATION": ""})
    changed = await feeds.get(db, feed.id)
    assert changed.headers == {"x-key": "c"}
    assert (changed.etag, changed.last_modified, changed.body_hash) == ("", "", "")
    assert changed.next_check_at == clock()
    assert await feeds.clear_headers(db, feed.id)
    assert (await feeds.add_secret(db, URL, {"X-Key": "d"}, "", 5)).headers == {"X-Key": "d"}
    assert len(await feeds.list(db)) == 1


async def test_a_first_polls_choice_is_over_after_it_and_what_is_no_feed_is_not_changed(
    db: Database, clock: HandClock
) -> None:
    feed = await feeds.add(db, URL)
    assert await feeds.set_announce_first(db, feed.id, 3)
    assert await feeds.set_tags(db, feed.id, ["a"])
    assert await feeds.set_full_text(db, feed.id, True)
    changed = await feeds.get(db, feed.id)
    assert (changed.announce_first, changed.tags, changed.full_text) == (3, ("a",), True)
    await feeds.polled(db, feed.id, etag="", last_modified="", title="", next_check_at=clock())
    assert not await feeds.set_announce_first(db, feed.id, 3)
    assert not any(
        [
            await feeds.set_tags(db, 404, ["a"]),
            await feeds.set_full_text(db, 404, True),
            await feeds.set_every(db, 404, None, within=timedelta()),
            await feeds.set_headers(db, 404, {"a": "b"}),
            await feeds.clear_headers(db, 404),
        ]
    )
    assert await feeds.article_count(db, 404) == 0


async def test_a_paused_feed_is_not_due_and_goes_on_at_once(db: Database, clock: HandClock) -> None:
    feed = await feeds.add(db, URL)
    await feeds.set_paused(db, feed.id, True)
    assert await feeds.due(db, 10) == []
    clock.move(hours=1)
    await feeds.set_paused(db, feed.id, False)
    assert await feeds.due(db, 10) == [(feed.id, URL)]
    assert (await feeds.get(db, feed.id)).next_check_at == clock()
    assert [await feeds.remove(db, feed.id), await feeds.remove(db, feed.id)] == [True, False]
    assert await feeds.list(db) == []


async def test_updates_are_taken_once_and_handled_with_their_effect(db: Database) -> None:
    assert await inbox.take(db, []) == []
    assert await inbox.take(db, [{"update_id": 2, "a": "\ud800ü"}, {"update_id": 1}]) == [1, 2]
    assert await inbox.take(db, [{"update_id": 2, "a": "changed"}, {"update_id": 3}]) == [3]
    assert await inbox.pending(db) == [
        (1, {"update_id": 1}),
        (2, {"update_id": 2, "a": "\ud800ü"}),
        (3, {"update_id": 3}),
    ]

    async def effect_that_fails(tx: Transaction) -> None:
        await inbox.mark_handled(tx, {1})
        raise ValueError

    with pytest.raises(ValueError):
        await db.write(effect_that_fails)
    await inbox.mark_handled(db, {1})
    assert [update_id for update_id, _ in await inbox.pending(db)] == [2, 3]
    assert [await inbox.begin_attempt(db, 2), await inbox.begin_attempt(db, 2)] == [1, 2]


async def test_updates_are_forgotten_only_when_handled_and_confirmed(db: Database) -> None:
    await inbox.take(db, [{"update_id": number} for number in (1, 2, 3)])
    await inbox.mark_handled(db, {1})
    await inbox.mark_handled(db, {3})
    await inbox.forget_confirmed(db, 3)
    assert await inbox.take(db, [{"update_id": number} for number in (1, 2, 3)]) == [1]  # else it would run twice


async def test_a_notice_is_told_once_and_waits_for_the_person_to_start(db: Database) -> None:
    card = {"title": "x", "chat_id": -1}
    for data in (card, dict(reversed(card.items())), {**card, "chat_id": -2}):
        await notices.add(db, 5, NoticeKind.CHANNEL_CARD, data)
    assert await notices.due(db, 10) == []
    await add_chat(db, 5, ChatKind.PRIVATE)
    assert await notices.due(db, 10) == []
    await chats.mark_started(db, 5)
    first, second = await notices.due(db, 10)
    assert (first.kind, first.data, first.person_id, first.created_at) == (NoticeKind.CHANNEL_CARD, card, 5, START)
    await notices.mark_sent(db, first.id)
    assert [notice.id for notice in await notices.due(db, 10)] == [second.id]
    await chats.suspend(db, 5, "blocked")
    assert await notices.due(db, 10) == []
    await notices.add(db, 5, NoticeKind.CHANNEL_CARD, card)  # the bot was added once more
    await chats.resume(db, 5)
    assert len(await notices.due(db, 10)) == 2


async def test_maintainers_have_one_role_each(db: Database) -> None:
    assert await maintainers.role_of(db, 5) is None
    assert not await maintainers.any_owner(db)
    await maintainers.add(db, 5, Role.EDITOR, "Ann")
    assert not await maintainers.any_owner(db)
    await maintainers.add(db, 5, Role.OWNER)
    assert await maintainers.role_of(db, 5) is Role.OWNER
    assert await maintainers.any_owner(db)
    assert await maintainers.list(db) == [Maintainer(5, Role.OWNER, "Ann")]


async def test_settings_and_the_secret_are_kept(db: Database) -> None:
    assert await settings.get(db, "a") is None
    await settings.put(db, "a", "1")
    await settings.put(db, "a", "2")
    assert await settings.get(db, "a") == "2"
    secret = await settings.secret(db)
    assert len(secret) == 32
    assert await settings.secret(db) == secret
    assert await settings.heartbeat_at(db) is None
    await settings.heartbeat(db)
    assert await settings.heartbeat_at(db) == START


async def test_the_owners_link_works_once_within_the_hour(db: Database, clock: HandClock) -> None:
    assert not await settings.use_owner_link(db, "", 5)
    void = await settings.new_owner_link(db, clock())
    token = await settings.new_owner_link(db, clock())
    assert len(token) == 22
    assert token not in str([tuple(row) for row in await db.read("SELECT value FROM setting")])
    assert not await settings.use_owner_link(db, void, 5)
    assert not await settings.use_owner_link(db, "\ud800é", 5)
    clock.move(minutes=59)
    assert await settings.use_owner_link(db, token, 5, "Ann")
    assert not await settings.use_owner_link(db, token, 6)
    assert await maintainers.list(db) == [Maintainer(5, Role.OWNER, "Ann")]
    late = await settings.new_owner_link(db, clock())
    clock.move(hours=1)
    assert not await settings.use_owner_link(db, late, 6)


async def test_the_words_of_a_search_have_one_number_and_are_forgotten_after_a_month(
    db: Database, clock: HandClock
) -> None:
    number = await queries.remember(db, "a b")
    assert await queries.remember(db, "a b") == number
    odd = await queries.remember(db, "\ud800 ?")
    assert await queries.recall(db, odd) == "? ?"
    clock.move(days=20)
    await queries.remember(db, "a b")
    clock.move(days=20)
    await queries.remember(db, "c")
    assert [await queries.recall(db, number), await queries.recall(db, odd)] == ["a b", None]


async def test_stats_count_everything(db: Database, clock: HandClock) -> None:
    empty = await stats.stats(db)
    assert (empty.articles, empty.chats, empty.reads, empty.feeds.total) == ({}, {}, 0, 0)
    await subscribe(db, -1)
    await add_chat(db, 5, ChatKind.PRIVATE)
    await chats.suspend(db, 5, "blocked")
    article_id = await add_article(db)
    await feeds.add(db, URL)
    await feeds.failed(db, 1, "x", START)
    await reads.record(db, article_id, "a", "chat")
    clock.move(days=2)
    await reads.record(db, article_id, "a", "chat")
    found = await stats.stats(db)
    assert (found.articles, found.chats) == ({"published": 1}, {"channel": 1, "private": 1})
    assert found.subscriptions == {"instant": 1}
    assert (found.suspended_chats, found.reads, found.reads_last_day) == (1, 2, 1)
    assert found.feeds == stats.FeedHealth(total=1, paused=0, failing=1, unpolled=1)
    assert await articles.count(db) == 1
