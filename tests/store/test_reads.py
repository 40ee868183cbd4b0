"""Reads and the ranking of /top."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.model import ArticleState, Period
from bot.store import articles, migrate, reads, tidy
from bot.store.db import Database
from tests.clock import START, HandClock
from tests.store.samples import FILE, add_article, new_article


async def top(db: Database, period: Period, **other: Any) -> list[tuple[str, int | None]]:
    return [(teaser.title, teaser.reads) for teaser in (await reads.top(db, period, **other)).teasers]


async def test_a_reader_counts_once_an_article_and_day(db: Database, clock: HandClock) -> None:
    article_id = await add_article(db, "a")
    for _ in range(3):
        await reads.record(db, article_id, "ann", "chat")
        await reads.record(db, article_id, "ann", "link")
        await reads.record(db, article_id, "bob", "web")
    await reads.record(db, 404, "ann", "chat")
    assert await top(db, Period.DAY) == await top(db, Period.ALL) == [("a", 2)]
    clock.move(days=1)
    await reads.record(db, article_id, "ann", "chat")
    assert await top(db, Period.ALL) == [("a", 3)]


async def test_top_ranks_by_reads_in_the_rolling_period_ties_by_newest(db: Database, clock: HandClock) -> None:
    for number, title in enumerate(("old favourite", "b", "a")):
        await add_article(db, title, published_at=START - timedelta(hours=number))
    hidden = await add_article(db, "withdrawn", state=ArticleState.WITHDRAWN)
    for reader in "xyz":
        await reads.record(db, 1, reader, "chat")
        await reads.record(db, hidden, reader, "chat")
    clock.move(days=3)
    for article_id in (3, 2):
        await reads.record(db, article_id, "x", "chat")
    assert await top(db, Period.DAY) == [("b", 1), ("a", 1)]
    assert await top(db, Period.WEEK) == await top(db, Period.ALL) == [("old favourite", 3), ("b", 1), ("a", 1)]
    clock.move(hours=24)
    await reads.refresh(db)
    assert await top(db, Period.DAY) == []
    clock.move(days=5)
    assert await top(db, Period.WEEK) == [("b", 1), ("a", 1)]
    assert await top(db, Period.MONTH, page=1, size=2) == [("a", 1)]
    assert (await reads.top(db, Period.MONTH, size=2)).has_next


async def test_what_left_a_period_goes_with_the_job_or_when_it_is_overdue(db: Database, clock: HandClock) -> None:
    article_id = await add_article(db, "a")
    await reads.record(db, article_id, "x", "chat")
    clock.move(hours=24)
    assert await top(db, Period.DAY) == [("a", 1)]  # the job has not run
    assert await reads.refresh(db) == 1
    assert await top(db, Period.DAY) == []
    assert await reads.refresh(db) == 0
    clock.move(days=6, minutes=4)
    assert await top(db, Period.WEEK) == await top(db, Period.RISING) == []
    assert await top(db, Period.MONTH) == [("a", 1)]


async def test_a_list_is_shown_from_a_store_that_is_open_for_reading_only(db: Database, clock: HandClock) -> None:
    await reads.record(db, await add_article(db, "a"), "x", "chat")
    clock.move(days=2)
    readable = await Database.open(db.path, clock=clock, read_only=True)
    try:
        assert await top(readable, Period.DAY) == [("a", 1)]
    finally:
        await readable.close()


async def test_rising_has_what_is_read_now_before_what_was_read_more_but_earlier(
    db: Database, clock: HandClock
) -> None:
    old, new = await add_article(db, "old"), await add_article(db, "new", published_at=START - timedelta(days=9))
    for reader in "abcdefg":
        await reads.record(db, old, reader, "chat")
    clock.move(hours=12)
    await reads.record(db, new, "a", "chat")
    assert await top(db, Period.RISING) == [("old", 7), ("new", 1)]  # 7 reads, each worth a quarter
    clock.move(hours=6)
    await reads.record(db, new, "b", "chat")
    assert await top(db, Period.RISING) == [("new", 2), ("old", 7)]  # 7 eighths against 1 and a half
    assert await top(db, Period.WEEK) == [("old", 7), ("new", 2)]


async def test_a_clock_that_was_set_back_leaves_no_read_in_a_period_for_ever(db: Database, clock: HandClock) -> None:
    article_id = await add_article(db, "a")
    await reads.record(db, article_id, "x", "chat")
    clock.move(days=2)
    await reads.refresh(db)
    clock.move(days=-3)
    await reads.record(db, article_id, "y", "chat")
    assert await top(db, Period.DAY) == []
    assert await top(db, Period.WEEK) == [("a", 2)]
    clock.move(days=30)
    await reads.refresh(db)
    assert await top(db, Period.WEEK) == []


async def test_top_of_a_tag_follows_tags_dates_and_withdrawals(db: Database) -> None:
    tea = await add_article(db, "tea", tags=("Tea", "garden"))
    bread = await add_article(db, "bread", tags=("bread",))
    for article_id, readers in ((tea, "abc"), (bread, "abcd")):
        for reader in readers:
            await reads.record(db, article_id, reader, "chat")
    assert await top(db, Period.WEEK, tag="TEA") == await top(db, Period.ALL, tag="garden") == [("tea", 3)]
    await articles.update(db, bread, new_article("bread", tags=("tea",), published_at=START - timedelta(days=2)))
    assert await top(db, Period.WEEK, tag="tea") == [("bread", 4), ("tea", 3)]
    assert await top(db, Period.WEEK, tag="bread") == []
    await reads.record(db, tea, "d", "chat")
    assert await top(db, Period.WEEK, tag="tea") == [("tea", 4), ("bread", 4)]  # bread is older now
    await articles.withdraw(db, tea)
    for period in Period:
        assert await top(db, period, tag="tea") == await top(db, period) == [("bread", 4)]


async def test_a_tag_is_never_mistaken_for_all_articles(db: Database) -> None:
    tagged = await add_article(db, "tagged", tags=(reads.EVERYWHERE,))
    for article_id in (tagged, await add_article(db, "plain")):
        await reads.record(db, article_id, "x", "chat")
    assert await top(db, Period.WEEK, tag=reads.EVERYWHERE) == [("tagged", 1)]
    assert await top(db, Period.WEEK, tag="") == []


async def test_reads_from_before_there_were_totals_are_counted(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "old.db"
    before = [migration for migration in migrate.released() if migration.name < "0004_ranking"]
    migrate.prepare(path, read_only=False, now=START, migrations=before)
    with migrate._connect(path, "rw") as old:
        for article_id, state in ((1, "published"), (2, "withdrawn")):
            old.execute(
                """INSERT INTO article (id, state, published_at, changed_seq, content_hash, revision, created_at,
                       author, language, title, tags, enclosures, summary, body, text)
                   VALUES (?, ?, 1, ?, '', 1, 1, '', '', 'a', '[]', '[]', '', '', '')""",
                (article_id, state, article_id),
            )
            old.execute(
                "INSERT INTO article_tag (tag, published_at, article_id, label) VALUES ('t', 1, ?, 'T')", (article_id,)
            )
            for number, age in enumerate((0, 1, 23, 25, 24 * 8, 24 * 31, 24 * 364, 24 * 366)):
                at = to_ms(START - timedelta(hours=age))
                old.execute(
                    "INSERT INTO read VALUES (?, ?, ?, 'link', ?)", (article_id, str(number), at // reads.DAY_MS, at)
                )
            old.execute("INSERT INTO read_count (article_id, day, reads) VALUES (?, 1, 100)", (article_id,))
    old.close()
    db = await Database.open(path, clock=clock)
    try:
        for tag in (None, "t"):
            counted = [await top(db, period, tag=tag) for period in (*reads.LENGTHS, Period.ALL, Period.RISING)]
            assert counted == [[("a", count)] for count in (3, 4, 5, 7, 108, 4)]
    finally:
        await db.close()


def test_readers_are_kept_as_keyed_hashes() -> None:
    key = reads.reader_key(b"k" * 32, 12345)
    assert key == reads.reader_key(b"k" * 32, 12345)
    assert len({key, reads.reader_key(b"j" * 32, 12345), reads.reader_key(b"k" * 32, 12346)}) == 3
    assert "12345" not in key


# Against a plain count -----------------------------------------------------------------------------------------------

TAGS = ("a", "b", "c")


@dataclass
class Plain:
    """What the store should say, by counting every read anew."""

    published: dict[int, tuple[int, frozenset[str]]] = field(default_factory=dict)  # moment and tags by article
    reads: dict[tuple[int, str, int], int] = field(default_factory=dict)  # moment by article, reader and day

    def record(self, article_id: int, reader: str, now: int) -> None:
        if article_id in self.published:
            self.reads.setdefault((article_id, reader, now // reads.DAY_MS), now)

    def top(self, period: Period, tag: str | None, now: int) -> list[tuple[int, int]]:
        """(article, reads), in order."""
        length = reads.LENGTHS.get(Period.WEEK if period is Period.RISING else period)
        since = -1 if length is None else now - length // timedelta(milliseconds=1)
        counts, weights = dict.fromkeys(self.published, 0), dict.fromkeys(self.published, 0.0)
        for (article_id, _, _), at in self.reads.items():
            if article_id in self.published:
                counts[article_id] += at > since
                weights[article_id] += 2.0 ** (-(now - at) / (reads.HALF_LIFE / timedelta(milliseconds=1)))
        found = [
            (float(f"{weights[one]:.9g}") if period is Period.RISING else counts[one], self.published[one][0], one)
            for one in self.published
            if counts[one] and (tag is None or tag in self.published[one][1])
        ]
        return [(one, counts[one]) for *_, one in sorted(found, reverse=True)]


acts = st.one_of(
    st.tuples(st.just("read"), st.integers(1, 5), st.sampled_from("xyz")),
    st.tuples(st.just("read"), st.integers(1, 5), st.sampled_from("xyz")),
    st.tuples(st.just("wait"), st.sampled_from([1, 3_600, 20_000, 86_399, 86_400, 500_000, 31_000_000]), st.none()),
    st.tuples(st.just("tag"), st.integers(1, 5), st.frozensets(st.sampled_from(TAGS))),
    st.tuples(st.just("date"), st.integers(1, 5), st.integers(0, 3)),
    st.tuples(st.just("withdraw"), st.integers(1, 5), st.none()),
    st.tuples(st.just("refresh"), st.integers(1, 3), st.none()),
    st.tuples(st.just("tidy"), st.integers(1, 3), st.none()),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(did=st.lists(acts, max_size=40))
async def test_the_totals_are_those_of_a_plain_count_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, did: list[tuple[str, Any, Any]]
) -> None:
    clock, plain = HandClock(), Plain()
    db = await Database.open(tmp_path_factory.mktemp("store") / "a.db", clock=clock)
    try:
        stories = {}
        for number in range(1, 5):  # 5 there is not
            stories[number] = new_article(str(number), published_at=START, tags=TAGS[:number])
            await articles.add(db, stories[number], FILE, announce=False)
            plain.published[number] = to_ms(START), frozenset(TAGS[:number])
        for act, one, other in did:
            match act:
                case "read":
                    await reads.record(db, one, other, "chat")
                    plain.record(one, other, to_ms(clock()))
                case "wait":
                    clock.move(seconds=one)
                case "withdraw":
                    await articles.withdraw(db, one)
                    plain.published.pop(one, None)
                case "tag" | "date" if one in plain.published:
                    if act == "tag":
                        stories[one] = replace(stories[one], tags=tuple(other))
                    else:
                        stories[one] = replace(stories[one], published_at=START - timedelta(days=other))
                    await articles.update(db, one, stories[one])
                    plain.published[one] = to_ms(stories[one].published_at), frozenset(stories[one].tags)
                case "refresh":
                    await reads.refresh(db, chunk=one)
                case "tidy":
                    await tidy.fold_reads(db, chunk=one)
        await reads.refresh(db, chunk=2)
        for period in Period:
            for tag in (None, *TAGS):
                found = [(teaser.id, teaser.reads) for teaser in (await reads.top(db, period, tag=tag)).teasers]
                assert found == plain.top(period, tag, to_ms(clock())), (period, tag)
    finally:
        await db.close()


@given(ages=st.lists(st.integers(0, 10**10), min_size=1, max_size=30))
def test_heat_is_the_moment_at_which_one_read_weighs_as_much(ages: list[int]) -> None:
    now, half_life = to_ms(START), reads.HALF_LIFE / timedelta(milliseconds=1)
    heat: float | None = None
    for age in sorted(ages, reverse=True):
        heat = reads.heated(heat, now - age)
    assert heat is not None
    latest = min(ages)
    weight = sum(2.0 ** (-(age - latest) / half_life) for age in ages)
    assert 2.0 ** ((heat - (now - latest)) / half_life) == pytest.approx(weight, rel=1e-6)
