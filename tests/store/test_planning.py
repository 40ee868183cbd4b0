"""Planning in chunks: whatever happens in between, a destination gets an article once, and none is passed by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.filters import Weighed
from bot.model import Article, ChatKind, DeliveryState, Filter, Mode, Source, SourceKind
from bot.store import articles, chats, deliveries, digests, feeds, plans, subscriptions, weighing
from bot.store.db import Database, Store
from tests.clock import HandClock
from tests.store.samples import add_article, add_chat, new_article, subscribe

PEOPLE = range(1, 31)


async def crowd(db: Database) -> None:
    """Thirty people; every third wants one tag, every tenth everything besides."""
    for person in PEOPLE:
        await add_chat(db, person, ChatKind.PRIVATE)
        if person % 3 == 0:
            await subscribe(db, person, tags=("t", f"{person % 2}"))
        if person % 3 or person % 10 == 0:
            await subscribe(db, person)


async def chunk(db: Database, article_id: int, size: int) -> bool:
    """Whether there is more to plan."""
    return await plans.plan_chunk(db, article_id, 1, await plans.passing(db, article_id), size) is not None


async def planned(db: Database) -> Counter[tuple[int, int]]:
    rows = await db.read("SELECT chat_id, topic_id FROM delivery")
    return Counter((row["chat_id"], row["topic_id"]) for row in rows)


@pytest.mark.parametrize("size", [1, 7, 25, 1000])
async def test_what_a_crash_interrupts_goes_on_where_it_was(
    db: Database, clock: HandClock, tmp_path: Path, size: int
) -> None:
    await crowd(db)
    article_id = await add_article(db, announce=True, tags=("T",))
    for _ in range(2):
        if not await chunk(db, article_id, size):
            break
    begun = await planned(db)
    assert 0 < len(begun) <= 2 * size
    await db.close()
    again = await Database.open(tmp_path / "paperboy.db", clock=clock)
    try:
        await plans.plan_article(again, article_id, 1)
        assert await planned(again) == Counter((person, 0) for person in PEOPLE)
        assert await plans.plan_cursor(again) == 1
        assert len(await deliveries.claim(again, clock(), 100)) == 30
    finally:
        await again.close()


async def test_filters_that_let_it_pass_are_found_once_each(db: Database) -> None:
    await crowd(db)
    await subscribe(db, 1, tags=("other",))
    await subscribe(db, 2, tags=("t",), mode=Mode.DIGEST)
    article_id = await add_article(db, announce=True, tags=("T",))
    assert await plans.passing(db, article_id) == ["{}", '{"tags":["1","t"]}', '{"tags":["0","t"]}']
    other = await add_article(db, "other", announce=True, tags=("OTHER",))
    assert await plans.passing(db, other) == [
        "{}",
        '{"tags":["other"]}',
    ]


async def test_a_chunk_is_as_long_however_many_filters_pass(db: Database) -> None:
    for person in PEOPLE:
        await add_chat(db, person, ChatKind.PRIVATE)
        await subscribe(db, person, tags=("t", f"{person}"))
    article_id = await add_article(db, announce=True, tags=("T",))
    for size in (10, 7):
        assert await chunk(db, article_id, size)
    assert await planned(db) == Counter((person, 0) for person in range(1, 18))


async def test_a_chunk_reaches_far_where_few_want_the_article(db: Database) -> None:
    for person in PEOPLE:
        await add_chat(db, person, ChatKind.PRIVATE)
        await subscribe(db, person, tags=("t",) if person % 10 == 0 else ("other",))
    article_id = await add_article(db, announce=True, tags=("T",))
    assert await chunk(db, article_id, 2)
    assert await planned(db) == Counter([(10, 0), (20, 0)])


async def test_withdrawn_in_the_middle_the_rest_is_never_made(db: Database) -> None:
    await crowd(db)
    first, second = [await add_article(db, name, announce=True) for name in ("first", "second")]
    assert await chunk(db, first, 5)
    await db.execute("UPDATE article SET state = 'withdrawn' WHERE id = :id", {"id": first})
    await plans.plan_article(db, first, 1)
    await plans.plan_article(db, second, 2)
    rows = await db.read("SELECT article_id, count(*) AS deliveries FROM delivery GROUP BY article_id ORDER BY 1")
    assert [tuple(row) for row in rows] == [(first, 5), (second, 21)]


async def test_unsubscribed_in_the_middle_it_gets_nothing(db: Database) -> None:
    early, late = await subscribe(db, 1), await subscribe(db, 9)
    await subscribe(db, 5)
    article_id = await add_article(db, announce=True)
    assert await chunk(db, article_id, 1)
    for subscription in (early, late):
        await subscriptions.remove(db, subscription.id)
    await subscribe(db, 9)  # and back: from now on only
    await plans.plan_article(db, article_id, 1)
    assert [d.state for d in await deliveries.of_chat(db, 1)] == [DeliveryState.CANCELLED]
    assert await planned(db) == Counter([(1, 0), (5, 0)])


async def test_a_filter_changed_in_the_middle_to_one_that_nobody_has_misses_nothing(db: Database) -> None:
    """The plan goes by the filters that there were when it began."""
    await crowd(db)
    article_id = await add_article(db, announce=True, tags=("T",))
    keys = await plans.passing(db, article_id)
    assert await plans.plan_chunk(db, article_id, 1, keys, 10) is not None
    behind, ahead, other = 2, 28, 29
    for person, tag in ((behind, "t"), (ahead, "t"), (other, "coffee")):
        [one] = await subscriptions.of_chat(db, person)
        wanted = Filter(tags=(tag, f"of {person}"))
        await subscriptions.change(db, one.id, partial(replace, filter=wanted))
    while await plans.plan_chunk(db, article_id, 1, keys, 10) is not None:
        pass
    assert await planned(db) == Counter((person, 0) for person in PEOPLE if person != other)


async def test_a_filter_that_an_article_of_before_would_not_have_passed_brings_it_no_more(db: Database) -> None:
    await add_chat(db, 1, ChatKind.PRIVATE)
    one = await subscribe(db, 1, tags=("coffee",))
    article_id = await add_article(db, announce=True, tags=("T",))
    await plans.plan_article(db, article_id, 1)
    await subscriptions.refilter(db, one.id, lambda _: Filter(tags=("t",)))
    assert await planned(db) == Counter()


async def test_a_group_that_moves_in_the_middle_is_not_passed_by(db: Database) -> None:
    for chat_id in (-1000, -5, -4, 7):
        await subscribe(db, chat_id)
    article_id = await add_article(db, announce=True)
    assert await chunk(db, article_id, 2)
    assert await planned(db) == Counter([(-1000, 0), (-5, 0)])
    await chats.migrate(db, -4, -1001)
    await chats.migrate(db, -5, -1002)
    await plans.plan_article(db, article_id, 1)
    assert await planned(db) == Counter([(-1002, 0), (-1001, 0), (-1000, 0), (7, 0)])


CHATS = [-3, -2, -1, 1, 2, 3]
TAGS = [(), ("a",), ("b",), ("a", "b"), ("c",)]
wishes = st.lists(
    st.tuples(st.sampled_from(CHATS), st.integers(0, 1), st.sampled_from(TAGS)), min_size=1, max_size=25, unique=True
)
turns = st.lists(st.one_of(st.integers(1, 30), st.sampled_from(["unsubscribe", "pause", "subscribe"])), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(wishes=wishes, turns=turns)
async def test_each_destination_that_wants_it_gets_it_once(
    db: Database, wishes: list[tuple[int, int, tuple[str, ...]]], turns: list[int | str]
) -> None:
    for table in ("delivery", "subscription"):
        await db.execute(f"DELETE FROM {table}")
    made = [await subscribe(db, chat_id, topic_id=topic_id, tags=tags) for chat_id, topic_id, tags in wishes]
    article_id = await add_article(db, f"{wishes}{turns}", announce=True, tags=("A",))
    seq = await articles.last_announced_seq(db)
    for number, turn in enumerate(turns):
        chosen = made[number % len(made)]
        if isinstance(turn, int):
            await plans.plan_chunk(db, article_id, seq, await plans.passing(db, article_id), turn)
        elif turn == "unsubscribe":
            await subscriptions.remove(db, chosen.id)
        elif turn == "pause":
            await subscriptions.set_paused(db, chosen.id, True)
        else:
            await subscribe(db, chosen.chat_id, topic_id=1 - chosen.topic_id, tags=("a", "new"))
    await plans.plan_article(db, article_id, seq)
    wanted = {
        (s.chat_id, s.topic_id)
        for chat_id in CHATS
        for s in await subscriptions.of_chat(db, chat_id)
        if not s.paused and s.started_seq < seq and (not s.filter.tags or "a" in s.filter.tags)
    }
    got = await planned(db)
    assert set(got.values()) <= {1}
    assert wanted <= set(got) <= {(chat_id, topic_id) for chat_id, topic_id, tags in wishes if not tags or "a" in tags}


async def test_a_source_is_known_by_the_name_that_people_see(db: Database) -> None:
    feed = await feeds.add(db, "https://feeds.example.net/all", title="Harbour News")
    wanted = {1: "harbour news", 2: "feeds.example.net", 3: "paper.example.org", 4: "archive", 5: "Harbour Times"}
    for person, name in wanted.items():
        await add_chat(db, person, ChatKind.PRIVATE)
        await subscriptions.add(db, person, 0, Mode.INSTANT, filter=Filter(sources=(name,)))
        await subscriptions.add(db, person, 0, Mode.DIGEST, filter=Filter(sources=(name,)))
    new = new_article("A story", url="https://www.paper.example.org/1")
    article_id = await articles.add(db, new, Source(SourceKind.FEED, str(feed.id)), announce=True)
    digests_of = {
        person: await digests.waiting(db, (await subscriptions.of_chat(db, person))[1], 10) for person in wanted
    }
    assert [bool(waiting) for waiting in digests_of.values()] == [True, True, True, False, False]
    await plans.plan_article(db, article_id, 1)
    assert await planned(db) == Counter((person, 0) for person in (1, 2, 3))


async def test_the_newest_are_made_ready_once_for_all_digests(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_PAGE", 3)
    monkeypatch.setattr(digests, "KEPT", 5)
    ids = {
        number: await add_article(db, f"Number {number}", announce=True, tags=("odd" if number % 2 else "even",))
        for number in range(1, 11)
    }
    read: list[int] = []
    names = weighing.weighed

    async def watched(store: Store, page: Sequence[Article]) -> list[Weighed]:
        read.extend(one.id for one in page)
        return await names(store, page)

    monkeypatch.setattr(weighing, "weighed", watched)
    announced = digests.Announced(9)
    for after, tag, limit in [
        (7, "odd", 9),
        (3, "even", 9),
        (0, "odd", 9),
        (8, "odd", 9),
        (0, "even", 2),
        (9, "odd", 9),
    ]:
        found = await announced.passing(db, Filter(tags=(tag,)), after, limit)
        wanted = [number for number in range(9, after, -1) if number % 2 == (tag == "odd")][:limit]
        assert [(one.id, one.announced_seq) for one in found] == [(ids[number], number) for number in wanted]
    assert [read.count(ids[number]) for number in range(10, 0, -1)] == [0, 1, 1, 1, 1, 1, 2, 1, 1, 1]
