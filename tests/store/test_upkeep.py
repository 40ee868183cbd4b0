"""The search index follows the store, whatever becomes of it, of the program, or of the store."""

import asyncio
import contextlib
import json
import logging
import random
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.errors import SearchFailed
from bot.model import ArticleState
from bot.store import articles, settings, upkeep
from bot.store.db import Database
from bot.store.index import ABOUT, Index
from bot.store.search import Search
from bot.store.upkeep import ASKED, folder_of
from tests.store.samples import add_article, new_article

ROOT = Path(__file__).parents[2]


async def in_store(db: Database) -> set[tuple[int, int]]:
    rows = await db.read("SELECT id, changed_seq FROM article WHERE state = 'published'")
    return {(row["id"], row["changed_seq"]) for row in rows}


async def is_equal(db: Database, search: Search) -> bool:
    index = search.upkeep.index
    return index is not None and index.ids() == await in_store(db)


async def test_it_adds_replaces_and_deletes(db: Database, search: Search) -> None:
    one, two = await add_article(db, "one"), await add_article(db, "two")
    draft = await add_article(db, "draft", state=ArticleState.DRAFT)
    await search.catch_up()
    assert await is_equal(db, search)
    await articles.update(db, one, new_article("changed"))
    await articles.withdraw(db, two)
    await articles.publish(db, draft)
    await search.catch_up()
    assert await is_equal(db, search)
    assert [t.title for t in (await search.find("one two changed draft")).teasers] in (
        ["changed", "draft"],
        ["draft", "changed"],
    )


async def test_one_of_an_empty_store_is_kept(db: Database, search: Search, caplog: pytest.LogCaptureFixture) -> None:
    await search.catch_up()
    await search.close()
    again = Search(db)
    await again.catch_up()
    await again.close()
    assert "made anew" not in caplog.text


async def test_it_goes_on_where_it_was(db: Database, search: Search) -> None:
    await add_article(db, "one")
    await search.catch_up()
    await search.close()
    await add_article(db, "two")
    again = Search(db)
    await again.catch_up()
    assert await is_equal(db, again)
    await again.close()


def lost(folder: Path) -> None:
    shutil.rmtree(folder)


def truncated(folder: Path) -> None:
    for path in (folder / "index").glob("*.idx"):
        path.write_bytes(path.read_bytes()[:10])


def without_its_list(folder: Path) -> None:
    (folder / "index" / "meta.json").write_text("{", encoding="utf-8")


def of_an_older_form(folder: Path) -> None:
    (folder / "index" / ABOUT).write_text(json.dumps({"form": "0.0"}), encoding="utf-8")


def with_words_of_an_older_form(folder: Path) -> None:
    about = folder / "index" / ABOUT
    form = json.loads(about.read_text(encoding="utf-8"))["form"]
    about.write_text(json.dumps({"form": f"{form.split('.')[0]}.0"}), encoding="utf-8")


@pytest.mark.parametrize("damage", [lost, truncated, without_its_list, of_an_older_form, with_words_of_an_older_form])
async def test_one_that_is_of_no_use_is_made_anew_and_says_so(
    db: Database, search: Search, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    for number in range(20):
        await add_article(db, f"tulip {number}")
    await search.catch_up()
    await search.close()
    damage(folder_of(db.path))
    caplog.set_level(logging.INFO)
    caplog.clear()
    again = Search(db)
    assert (await again.find("tulip")).total == 20
    assert await is_equal(db, again)
    assert "search index made anew: reason=" in caplog.text
    assert "search index made: articles=20" in caplog.text
    await again.close()


async def test_damage_that_only_a_search_comes_upon_is_mended_too(db: Database, search: Search) -> None:
    await add_article(db, "tulip")
    await search.catch_up()

    def panics(*_: object) -> None:
        raise ValueError("Data corrupted")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.matching.Matcher.find", panics)
        with pytest.raises(SearchFailed, match="is looked after"):
            await search.find("tulip")
    assert (await search.find("tulip")).total == 1


async def test_one_of_another_store_is_made_anew(db: Database, tmp_path: Path, search: Search) -> None:
    for number in range(5):
        await add_article(db, f"tulip {number}")
    await search.catch_up()
    await search.close()
    other = await Database.open(tmp_path / "other.db")
    for number in range(5):
        await add_article(other, f"rose {number}", state=ArticleState.PUBLISHED if number else ArticleState.DRAFT)
    shutil.copytree(folder_of(db.path), folder_of(other.path))
    again = Search(other)
    await again.catch_up()
    assert await is_equal(other, again)
    await again.close()
    await other.close()


async def test_while_it_is_made_anew_searches_are_answered_and_what_is_published_is_found(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)  # a step goes through one batch
    monkeypatch.setattr(upkeep, "BATCH", 10)
    for number in range(100):
        await add_article(db, f"tulip {number}")
    await search.catch_up()
    search.upkeep.make_anew("a test")
    is_behind = await search.upkeep.step()
    assert is_behind
    search._is_followed = True  # somebody else takes the steps
    assert (await search.find("tulip")).total == 100
    while await search.upkeep.step():
        assert (await search.find("tulip")).total == 100
    assert await is_equal(db, search)


async def test_one_that_grows_answers_with_what_it_has_and_says_that_it_is_not_all(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    monkeypatch.setattr(upkeep, "BATCH", 10)
    monkeypatch.setattr(upkeep, "COMMIT_EVERY", 10)
    for number in range(100):
        await add_article(db, f"tulip {number}")
    search._is_followed = True
    totals = []
    while await search.upkeep.step():
        listing = await search.find("tulip")
        assert listing.is_partial
        totals.append(listing.total or 0)
    assert totals == sorted(totals)
    assert 0 < totals[3] < 100
    listing = await search.find("tulip")
    assert (listing.total, listing.is_partial) == (100, False)


async def test_a_second_process_reads_what_the_first_one_writes_and_asks_it_for_another(
    db: Database, search: Search
) -> None:
    await add_article(db, "tulip")
    await search.catch_up()
    reader = Search(db)
    assert (await reader.find("tulip")).total == 1
    assert not reader.upkeep.is_writer
    following = asyncio.create_task(search.run())
    try:
        before = search.upkeep.index
        assert await reader.reindex() == 1
        assert search.upkeep.index is not before
        assert await settings.get(db, ASKED) is None
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await reader.close()


async def test_what_is_published_is_found_within_a_second(db: Database, search: Search) -> None:
    following = asyncio.create_task(search.run())
    try:
        await search.upkeep.step()
        await add_article(db, "tulip")
        async with asyncio.timeout(1):
            while not (await search.find("tulip")).total:
                await asyncio.sleep(0.02)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


FOLLOW = """
import asyncio, sys
from pathlib import Path
from bot.store import upkeep
from bot.store.db import Database
from bot.store.search import Search

upkeep.COMMIT_EVERY, upkeep.BATCH, upkeep.IDLE_SECONDS = 20, 10, 0.001

async def main():
    db = await Database.open(Path(sys.argv[1]))
    await Search(db).run()

asyncio.run(main())
"""


@pytest.fixture
async def written(db: Database) -> AsyncIterator[asyncio.Task[None]]:
    """Somebody who writes articles, changes and withdraws them all the time."""
    rng = random.Random(5)

    async def write() -> None:
        number, known = 0, []
        while True:
            number += 1
            known.append(await add_article(db, f"tulip {number} " + "word " * 50))
            if number % 3 == 0:
                await articles.update(db, rng.choice(known), new_article(f"changed {number}"))
            if number % 5 == 0:
                await articles.withdraw(db, rng.choice(known))

    task = asyncio.create_task(write())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_kill_9_at_any_moment_leaves_index_and_store_equal_after_the_next_start(
    db: Database, written: asyncio.Task[None], caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(7)
    for _ in range(8):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FOLLOW, str(db.path), cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL
        )
        await asyncio.sleep(0.5 + rng.random())
        assert process.returncode is None
        process.send_signal(signal.SIGKILL)
        await process.wait()
        with contextlib.suppress(Exception):
            assert Index.open(folder_of(db.path) / "index").count > 0
    written.cancel()
    await asyncio.gather(written, return_exceptions=True)
    await add_article(db, "the last one")  # behind what was handed over when the writer was cancelled: that is done
    caplog.clear()
    search = Search(db)
    await search.catch_up()
    assert await is_equal(db, search)
    assert len(await in_store(db)) > 100
    assert "made anew" not in caplog.text, "it went on where it was"
    await search.close()
