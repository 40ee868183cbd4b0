"""The hot queries use the indexes that were made for them, and sort nothing that grows."""

import sqlite3
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import Mode, Period, Restraint
from bot.store import (
    admins,
    articles,
    chats,
    copies,
    deliveries,
    doubts,
    feeds,
    health,
    held,
    inbox,
    ledger,
    notices,
    origins,
    outbox,
    reactions,
    reads,
    reports,
    rights,
    sources,
    subscriptions,
)
from bot.store.claims import take
from bot.store.db import Database, Row, Statement
from bot.store.merging import Merging, expire
from bot.store.plans import plan_article
from tests.clock import START, HandClock
from tests.store.samples import FEED, add_article, new_article, subscribe


class Plans:
    """The plan of every statement that ran while it watched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[str] = []
        monkeypatch.setattr("bot.store.db._fetch", self._fetch)

    def _fetch(self, connection: sqlite3.Connection, statement: Statement) -> list[Row]:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.params or {})
        self.lines += [row["detail"] for row in plan]
        return connection.execute(statement.sql, statement.params or {}).fetchall()

    def uses(self, *indexes: str, sorts: bool = False) -> None:
        plan = "\n".join(self.lines)
        for index in indexes:
            assert index in plan, plan
        scans = [line for line in self.lines if line.startswith("SCAN") and " INDEX " not in line]
        assert [line for line in scans if line.split()[1] in TABLES] == [], plan
        assert sorts or "USE TEMP B-TREE" not in plan, plan


TABLES = {
    "article",
    "a",
    "delivery",
    "d",
    "p",
    "h",
    "q",
    "chat",
    "c",
    "subscription",
    "s",
    "feed",
    "f",
    "notice",
    "n",
    "inbox",
    "ranking",
    "reaction_count",
}


@pytest.fixture
async def plans(db: Database, monkeypatch: pytest.MonkeyPatch) -> Plans:
    await subscribe(db, -1)
    await subscribe(db, -1, mode=Mode.DIGEST)
    await add_article(db, "a", announce=True, tags=("t",))
    await plan_article(db, 1, 1)
    await feeds.add(db, "https://example.org/feed")
    await chats.mark_started(db, 5)
    return Plans(monkeypatch)


async def test_a_claim_looks_at_due_chats_and_their_oldest_row_only(db: Database, plans: Plans) -> None:
    assert len(await deliveries.claim(db, START, 10, busy_chats=[-5])) == 1
    plans.uses(
        "chat_due",
        "SEARCH p USING INDEX delivery_state (state=? AND chat_id=?)",
        "SEARCH f USING COVERING INDEX",
        sorts=True,
    )  # sorted are the rows of one claim


async def test_a_claim_of_many_looks_each_up_and_never_through_all_that_waits(db: Database, plans: Plans) -> None:
    for chat_id in (-2, -3, -4, -5):
        await subscribe(db, chat_id)
    await plan_article(db, await add_article(db, "b", announce=True), 2)
    plans.lines.clear()
    assert len(await take(db, START, 10)) == 5
    assert [line for line in plans.lines if line.endswith("delivery_state (state=?)")] == []
    plans.uses("SEARCH d USING INTEGER PRIMARY KEY", "SEARCH a USING INTEGER PRIMARY KEY", sorts=True)


async def test_a_claim_that_merges_and_what_expires_read_the_rows_of_a_state(db: Database, plans: Plans) -> None:
    merging = Merging(burst=1)
    for number in range(2, 4):
        await add_article(db, str(number), announce=True)
        await plan_article(db, number, number)
    plans.lines.clear()
    [digest] = await deliveries.claim(db, START, 10, merging=merging)
    assert digest.digest_run_id is not None
    await expire(db, merging)
    plans.uses("SEARCH q USING COVERING INDEX delivery_state (state=? AND chat_id=?)", sorts=True)
    plans.uses("SEARCH d USING INDEX delivery_state", sorts=True)


async def test_whose_admins_are_to_be_asked_for_is_read_off_an_index(db: Database, plans: Plans) -> None:
    assert await admins.due(db, START, 10) == [-1]
    plans.uses("chat_admins_at")


async def test_how_many_chats_a_person_looks_after_is_read_off_an_index(db: Database, plans: Plans) -> None:
    other = replace(await chats.get(db, -1), id=-2)
    plans.lines.clear()
    assert await rights.find(db, other, 7) is None
    plans.uses("subscription_creator", "subscription_chat")


async def test_the_next_moment_is_read_off_an_index(db: Database, plans: Plans) -> None:
    assert await deliveries.next_due_at(db) == START
    plans.uses("chat_due")


async def test_what_was_held_is_read_off_indexes(db: Database, plans: Plans) -> None:
    restraint = Restraint(quiet_from=time(22), quiet_until=time(7), daily_cap=1, spacing_minutes=60)
    await subscriptions.change(db, 1, lambda one: replace(one, restraint=restraint))
    plans.lines.clear()
    assert await held.move_on(db) == 0
    plans.uses("subscription_quiet", "subscription_held", "subscription_day", sorts=True)  # sorted are those found


async def test_a_page_of_the_ledger_reads_the_ends_of_one_index(db: Database, plans: Plans) -> None:
    [first] = await ledger.page(db, -1, 8)
    assert await ledger.page(db, -1, 8, before=first.id) == []
    assert (
        plans.lines.count("SEARCH delivery USING COVERING INDEX delivery_state (state=? AND chat_id=? AND id<?)") == 14
    )
    plans.uses("SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", sorts=True)  # sorted are those of one page
    plans.lines.clear()
    await ledger.times_again(db, first.id)
    plans.uses("SEARCH o USING COVERING INDEX sqlite_autoindex_delivery_1 (chat_id=? AND topic_id=? AND dedupe_key>?")


async def test_chats_whose_week_is_to_be_told_of_are_read_off_an_index(db: Database, plans: Plans) -> None:
    await reports.report_due(db, ZoneInfo("UTC"))
    plans.uses("chat USING INDEX chat_report_due (<expr><?)")
    await reports.week(db, -1, date(2026, 11, 23), ZoneInfo("UTC"))
    plans.uses("SEARCH d USING INDEX delivery_state (state=? AND chat_id=?)", sorts=True)  # sorted is what it holds
    plans.uses("SEARCH r USING PRIMARY KEY (article_id=?)", sorts=True)
    plans.uses("SEARCH reaction_count USING PRIMARY KEY (chat_id=?)", sorts=True)


async def test_recovery_looks_at_rows_in_flight_only(db: Database, plans: Plans) -> None:
    await deliveries.claim(db, START, 10)
    plans.lines.clear()
    assert await deliveries.recover(db) == 1
    plans.uses("delivery_state")


async def test_planning_walks_one_index_and_reads_a_filter_once(db: Database, plans: Plans) -> None:
    await subscribe(db, -2)
    await plan_article(db, await add_article(db, "b", announce=True), 2)
    wants = "USING COVERING INDEX subscription_filter (filter_key"
    plans.uses(f"{wants}>?)", f"{wants}=? AND chat_id>", sorts=True)  # sorted are the filters


async def test_latest_walks_an_index(db: Database, plans: Plans) -> None:
    assert len((await articles.latest(db)).teasers) == 1
    plans.uses("article_latest", sorts=True)  # sorted are the rows of one page


async def test_latest_of_a_tag_walks_that_tags_rows(db: Database, plans: Plans) -> None:
    assert len((await articles.latest(db, tag="t")).teasers) == 1
    plans.uses("SEARCH t USING PRIMARY KEY (tag=?)", sorts=True)  # sorted are the rows of one page


async def test_latest_after_a_place_begins_there(db: Database, plans: Plans) -> None:
    later = START + timedelta(days=1), 1
    assert len((await articles.latest(db, before=later)).teasers) == 1
    plans.uses("article_latest (published_at<?)", sorts=True)
    plans.lines.clear()
    assert len((await articles.latest(db, tag="t", before=later)).teasers) == 1
    plans.uses("SEARCH t USING PRIMARY KEY (tag=? AND (published_at,article_id)<(?,?))", sorts=True)


async def test_known_articles_and_new_announcements_are_looked_up(db: Database, plans: Plans) -> None:
    assert await sources.find(db, FEED, "x") is None
    assert not await sources.is_shared(db, FEED, "x")
    assert not await sources.shares_ids(db, FEED)
    assert await sources.with_several_ids(db, FEED, {1, 2}) == 0
    assert len(await articles.announced_after(db, 0, 10)) == 1
    plans.uses("article_announced")


async def test_what_is_alike_is_looked_up_by_each_of_its_marks(db: Database, plans: Plans) -> None:
    await sources.alike(
        db, FEED, new_article("a", canonical_url="https://example.org/", title_mark="t", fingerprint="x")
    )
    marks = ("article_canonical_url (canonical_url=?)", "article_title_mark (title_mark=?)")
    plans.uses(*marks, "article_fingerprint (fingerprint=?)", sorts=True)
    assert not [line for line in plans.lines if line.startswith("SCAN a ")]


async def test_the_edits_that_are_held_back_are_an_index_range(db: Database, plans: Plans) -> None:
    assert await copies.release(db) == 0
    plans.uses("article_edit_due")


async def test_due_feeds_and_digests_are_index_ranges(db: Database, plans: Plans) -> None:
    assert len(await feeds.due(db, 10)) == 1
    plans.uses("feed_due")
    await subscriptions.due_digests(db, START + timedelta(days=1), 10)
    plans.uses("subscription_due")


async def test_feeds_to_be_told_of_are_looked_up(db: Database, plans: Plans) -> None:
    await feeds.failed(db, 1, "timeout", START + timedelta(days=9))
    assert await health.report_due(db) == 0
    plans.uses("feed_failing", "feed_told")


async def test_due_notices_are_read_off_the_unsent_ones(db: Database, plans: Plans) -> None:
    await notices.due(db, 10)
    plans.uses("notice_due")


async def test_pending_updates_are_read_in_order_off_their_index(db: Database, plans: Plans) -> None:
    assert await inbox.pending(db) == []
    plans.uses("inbox_pending")


@pytest.mark.parametrize(("period", "index"), [
    (Period.DAY, "COVERING INDEX ranking_day (tag=? AND day>?)"),
    (Period.WEEK, "COVERING INDEX ranking_week (tag=? AND week>?)"),
    (Period.MONTH, "COVERING INDEX ranking_month (tag=? AND month>?)"),
    (Period.YEAR, "COVERING INDEX ranking_year (tag=? AND year>?)"),
    (Period.ALL, "COVERING INDEX ranking_all (tag=? AND ever>?)"),
    (Period.RISING, "INDEX ranking_rising (tag=?)"),
])  # fmt: skip
async def test_each_list_of_top_is_a_range_of_its_index(db: Database, plans: Plans, period: Period, index: str) -> None:
    await reads.record(db, 1, "x", "list")
    for tag in (None, "t"):
        plans.lines.clear()
        assert len((await reads.top(db, period, tag=tag)).teasers) == 1
        plans.uses(f"SEARCH r USING {index}", sorts=True)
        assert [line for line in plans.lines if line.startswith("USE TEMP")] == ["USE TEMP B-TREE FOR ORDER BY"], (
            plans.lines
        )


async def test_a_read_is_counted_where_it_belongs(db: Database, plans: Plans) -> None:
    await reads.record(db, 1, "x", "list")
    plans.uses("ranking USING PRIMARY KEY (tag=? AND article_id=?)", "article_tag_article (article_id=?)")


async def test_what_left_a_period_is_read_off_its_index_and_its_totals_looked_up(
    db: Database, plans: Plans, clock: HandClock
) -> None:
    await reads.record(db, 1, "x", "list")
    clock.move(days=1)
    plans.lines.clear()
    assert await reads.refresh(db) == 1
    recent = "read_recent (read_at>? AND read_at<?)"
    plans.uses(recent, "SEARCH ranking USING PRIMARY KEY (tag=? AND article_id=?)", sorts=True)  # sorted: a chunk
    plans.lines.clear()
    clock.move(days=1)
    await reads.top(db, Period.DAY)
    plans.uses(recent, sorts=True)


async def test_the_article_of_a_message_is_looked_up(db: Database, plans: Plans) -> None:
    [post] = await deliveries.claim(db, START, 10)
    await deliveries.mark_sent(db, post.id, [7])
    plans.lines.clear()
    assert await reactions.note(db, -1, 7, 3, START) == 1
    plans.uses("delivery_message (chat_id=? AND message_ids=?)")


async def test_a_forwarded_post_is_found_by_its_number(db: Database, plans: Plans) -> None:
    posts = await deliveries.claim(db, START, 10)
    await deliveries.mark_sent(db, posts[0].id, [97, 99, 100])
    plans.lines.clear()
    for part in (97, 99, 100):
        found = await origins.of_message(db, posts[0].chat_id, part)
        assert found is not None
        assert list(await origins.brought(db, found)) == [posts[0].subscription_id]
    for other in (1, 9, 96, 98, 101, 970):
        assert await origins.of_message(db, posts[0].chat_id, other) is None
    plans.uses("delivery_message (chat_id=? AND message_ids>? AND message_ids<?)", sorts=True)


async def test_edits_look_at_the_copies_of_their_article_and_destination_only(db: Database, plans: Plans) -> None:
    [post] = await deliveries.claim(db, START, 10)
    await deliveries.mark_sent(db, post.id, [7])
    await articles.withdraw(db, 1, by=5)
    plans.lines.clear()
    article = await copies.next_edited(db)
    assert article is not None
    plans.uses("article_edited")
    assert await copies.plan(db, article) == 1
    assert len(await copies.at(db, 1, -1, 0)) == 1
    assert await copies.report_due(db) == 0
    assert await copies.how_many(db, 1) == 1
    assert await copies.effects(db) == {}
    plans.uses(
        "delivery_article (article_id=? AND kind=? AND rowid>?)",
        "delivery_change (article_id=? AND dedupe_key=?)",
        "sqlite_autoindex_delivery_1 (chat_id=? AND topic_id=? AND dedupe_key>? AND dedupe_key<?)",
        sorts=True,  # those in digests, and the few effects
    )


async def test_whether_any_look_shows_the_text_is_told_by_those_that_do(db: Database, plans: Plans) -> None:
    await db.execute("UPDATE article SET content_hash = 'same'")
    plans.lines.clear()
    await articles.update(db, 1, new_article("a", text="Other words", content_hash="same"))
    plans.uses("subscription_text")


async def test_the_outbox_reads_rows_in_trouble_only(db: Database, plans: Plans) -> None:
    [delivery] = await deliveries.claim(db, START, 10)
    await deliveries.mark_uncertain(db, delivery.id, "lost")
    plans.lines.clear()
    assert [item.id for item in await outbox.troubled(db, 5)] == [delivery.id]
    plans.uses("delivery_state (state=?", "delivery_delayed", sorts=True)  # sorted are the few
    assert await outbox.errors(db, 5) == {"lost": 1}
    plans.uses("delivery_delayed", sorts=True)


async def test_what_a_message_tells_of_doubts_looks_at_that_chats_only(db: Database, plans: Plans) -> None:
    [delivery] = await deliveries.claim(db, START, 10)
    await deliveries.mark_uncertain(db, delivery.id, "lost")
    plans.lines.clear()
    assert await doubts.of_chat(db, -1) == []
    assert [doubt.delivery_id for doubt in await doubts.unasked(db)] == [delivery.id]
    await doubts.listed(db, -1, 5)
    await doubts.settle(db, -1, 1, 9, arrived=True)
    await deliveries.missed(db, -1)
    plans.uses("delivery_state (state=? AND chat_id=?")


async def test_closed_topics_are_tried_again_by_an_index(db: Database, plans: Plans) -> None:
    await subscriptions.suspend(db, 1, "topic")
    plans.lines.clear()
    assert await subscriptions.try_again(db, "topic", START) == 1
    plans.uses("subscription_suspended")
