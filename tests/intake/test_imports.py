"""Files into the store and out of it again; and the child that reads them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import RefusedFile
from bot.intake.address import Rules
from bot.intake.export import export, format_for
from bot.intake.files import read_file
from bot.intake.imports import Outcome, Tally, take
from bot.intake.reading import Reader
from bot.intake.submit import submit_all
from bot.model import ArticleState, Change, Enclosure, FeedToFollow, Source, SourceKind, Submission
from bot.store import articles, feeds
from bot.store.db import Database
from tests.clock import START, HandClock

OPML = """<opml version="2.0"><body><outline text="News">
<outline text="F" xmlUrl="https://example.org/f"/><outline text="G" xmlUrl="https://example.org/g"/>
<outline text="Bad" xmlUrl="gopher://example.org/"/></outline></body></opml>"""


JUDGE = Rules(allow_private=False).judge


async def imported(db: Database, path: Path, *, is_trial: bool = False) -> Tally:
    tally = Tally()
    source = Source(SourceKind.FILE, path.name)
    async for outcome in take(db, read_file(path), source, announce=False, judge=JUDGE, is_trial=is_trial):
        tally.count(outcome)
    return tally


@pytest.mark.parametrize("is_trial", [True, False])
async def test_a_list_of_feeds_follows_none_whose_address_is_forbidden(
    db: Database, tmp_path: Path, is_trial: bool
) -> None:
    bad = ("http://169.254.169.254/", "http://0x7f.1/", "http://LOCALHOST./f", "http://[::ffff:127.0.0.1]/")
    outlines = "".join(f'<outline text="F" xmlUrl="{url}"/>' for url in (*bad, "https://example.org/f"))
    path = tmp_path / "feeds.opml"
    path.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    tally = await imported(db, path, is_trial=is_trial)
    assert (tally.added, tally.refused) == (1, 4)
    assert all("is not allowed" in reason for reason in tally.reasons)
    assert [feed.url for feed in await feeds.list(db)] == ([] if is_trial else ["https://example.org/f"])


@asynccontextmanager
async def another(tmp_path: Path, clock: HandClock) -> AsyncIterator[Database]:
    other = await Database.open(tmp_path / "other.db", clock=clock)
    try:
        yield other
    finally:
        await other.close()


ITEMS = [
    Submission(
        title="With all: «é» # - 'x'",
        url="https://example.org/a",
        summary="S & T",
        body="<p>B <b>b</b></p>\n\n<pre>  a\n\n---\nb</pre>",
        author="A: B",
        language="fa",
        tags=("x", "y, z", "1984", "yes"),
        image_url="https://example.org/i.png",
        published_at=START.replace(year=2020),
        enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 5),),
    ),
    Submission(title="A draft", body="Only text", state=ArticleState.DRAFT),
    Submission(title="Gone", url="https://example.org/b", state=ArticleState.WITHDRAWN),
    Submission(title="2020-03-03", guid="7", body="<p>Words.</p>"),
]


@pytest.mark.parametrize("name", ["out.jsonl", "out.zip", "folder"])
async def test_what_is_exported_comes_back_the_same(db: Database, tmp_path: Path, clock: HandClock, name: str) -> None:
    source = Source(SourceKind.FEED, "1")
    assert len([answer async for answer in submit_all(db, ITEMS, source, announce=False)]) == 4
    path = tmp_path / name
    kind = "markdown" if name == "folder" else format_for(path)
    assert await export(db, path, kind) == 4
    clock.move(days=3)
    async with another(tmp_path, clock) as other:
        tally = await imported(other, path)
        assert (tally.added, tally.reasons) == (4, [])
        tally = await imported(other, path)
        assert (tally.unchanged, tally.total) == (4, 4)
        await export(db, tmp_path / "before.jsonl", "jsonl")
        await export(other, tmp_path / "after.jsonl", "jsonl")
        before, after = ((tmp_path / name).read_text() for name in ("before.jsonl", "after.jsonl"))
        assert after == before
    assert sorted(tmp_path.glob("*.part")) == []


WORDS = st.text(max_size=60)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Submission,
            title=st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip())),
            url=st.none() | st.integers(0, 10**6).map(lambda number: f"https://example.org/{number}"),
            guid=st.uuids().map(str),
            summary=WORDS,
            body=WORDS.map(lambda text: f"<p>x{text}</p>"),
            author=WORDS,
            tags=st.lists(WORDS, max_size=4).map(tuple),
            published_at=st.datetimes(START.replace(tzinfo=None, year=1990), START.replace(tzinfo=None)),
            state=st.sampled_from(list(ArticleState)),
        ),
        max_size=5,
        unique_by=(lambda item: item.url or item.guid, lambda item: item.title.strip()),
    ),
    st.sampled_from(["jsonl", "zip"]),
)
async def test_whatever_is_stored_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, items: list[Submission], suffix: str
) -> None:
    tmp_path = tmp_path_factory.mktemp("trip")
    clock = HandClock()
    one, two = [await Database.open(tmp_path / f"{number}.db", clock=clock) for number in range(2)]
    try:
        async for _ in submit_all(one, items, Source(SourceKind.FEED, "1"), announce=False):
            pass
        path = tmp_path / f"out.{suffix}"
        written = await export(one, path, format_for(path))
        if written:
            tally = await imported(two, path)
            assert (tally.added, tally.reasons) == (written, [])
        await export(one, tmp_path / "one.jsonl", "jsonl")
        await export(two, tmp_path / "two.jsonl", "jsonl")
        assert (tmp_path / "two.jsonl").read_text() == (tmp_path / "one.jsonl").read_text()
    finally:
        await one.close()
        await two.close()


async def test_feeds_come_back_with_tags_and_pauses(db: Database, tmp_path: Path, clock: HandClock) -> None:
    asked = [
        FeedToFollow("https://example.org/f", "F & G", ("a/b", "c,d"), paused=True),
        FeedToFollow("https://example.org/g", "G", every=timedelta(hours=2), full_text=True, announce_first=3),
    ]
    for feed in asked:
        assert await feeds.follow(db, feed)
    path = tmp_path / "feeds.opml"
    assert await export(db, path, format_for(path)) == 2
    async with another(tmp_path, clock) as other:
        assert (await imported(other, path)).feeds == 2
        assert (await imported(other, path)).unchanged == 2
        assert [feed.paused for feed in await feeds.list(other)] == [True, False]
        assert await feeds.list(other) == await feeds.list(db)


async def test_a_list_of_feeds_is_followed_once_and_bad_ones_are_told(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text(OPML)
    trial = await imported(db, path, is_trial=True)
    assert (trial.added, trial.feeds, len(trial.reasons)) == (2, 2, 1)
    assert await feeds.list(db) == []
    assert (await imported(db, path)).feeds == 2
    again = await imported(db, path)
    assert (again.added, again.unchanged, len(again.reasons)) == (0, 2, 1)
    assert [feed.tags for feed in await feeds.list(db)] == [("News",), ("News",)]


async def test_an_item_refused_at_the_door_is_told_by_its_place_and_title(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"title": "Good", "body": "x"}, {"title": "Bad", "url": "ftp://example.org/"}]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    source = Source(SourceKind.FILE, path.name)
    good, bad = [outcome async for outcome in take(db, read_file(path), source, announce=False, judge=JUDGE)]
    assert good == Outcome("Good", Change.NEW)
    assert bad.reason.startswith("a.jsonl item 2, 'Bad': `url` is 'ftp://example.org/', expected an address")


def test_only_the_first_ten_thousand_reasons_are_kept_and_all_are_counted() -> None:
    tally = Tally()
    for number in range(10_005):
        assert tally.count(Outcome("", None, str(number))) == "refused"
    assert (tally.refused, tally.total, len(tally.reasons)) == (10_005, 10_005, 10_000)


async def test_what_was_edited_in_a_vault_is_changed_and_not_repeated(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "a.md").write_text("# Tides\n\nOut.")
    assert (await imported(db, folder)).added == 1
    (folder / "a.md").write_text("# Tides\n\nOut and in.")
    assert (await imported(db, folder)).changed == 1
    assert await articles.count(db) == 1


async def test_an_export_into_nowhere_or_over_a_folder_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="cannot be written: No such file"):
        await export(db, tmp_path / "absent" / "out.jsonl", "jsonl")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(RefusedFile, match="is there already; name a new folder"):
        await export(db, tmp_path / "full", "markdown")
    assert (tmp_path / "full" / "mine").read_text() == "x"


def test_one_child_reads_many_files(tmp_path: Path) -> None:
    good = tmp_path / "a.jsonl"
    good.write_text("\n".join(json.dumps({"title": str(number), "body": "x"}) for number in range(1000)))
    with Reader() as reader:
        for _ in range(2):
            assert [item.title for item in reader.read(good) if isinstance(item, Submission)] == [
                str(number) for number in range(1000)
            ]
        with pytest.raises(RefusedFile, match="there is no such file"):
            list(reader.read(tmp_path / "absent"))
        assert next(reader.read(good)) is not None  # left half read
        assert len(list(reader.read(good))) == 1000


def test_a_file_that_keeps_its_child_busy_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    slow = tmp_path / "slow.md"
    slow.write_text("![[[a](" * 140_000)
    good = tmp_path / "a.md"
    good.write_text("Text")
    with Reader(silence=timedelta(seconds=2)) as reader:
        [refused] = reader.read(slow)
        assert str(refused) == (
            "slow.md, after 0 items: takes longer than 2 s to read; what follows there was not read"
        )
        assert len(list(reader.read(good))) == 1


def test_a_file_that_needs_too_much_memory_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.opml"
    large.write_text("<opml><body>" + "<outline text='x'>" * 700_000)
    good = tmp_path / "a.md"
    good.write_text("Text")
    with Reader(memory_bytes=250_000_000) as reader:
        [refused] = reader.read(large)
        assert "needs more than the 238 MB of memory allowed" in str(refused)
        assert len(list(reader.read(good))) == 1


async def test_the_loop_goes_on_while_a_file_is_read(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("*a **b " * 20_000)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    pulse = asyncio.create_task(beat())
    with Reader() as reader:
        async for _ in take(
            db, reader.read(path), Source(SourceKind.FILE, "a.md"), announce=False, judge=JUDGE, is_trial=True
        ):
            pass
    pulse.cancel()
    assert beats > 5
