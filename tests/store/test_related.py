"""More like this: shared rare words and tags, each story once, and never in the way of reading."""

import asyncio
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import ArticleState
from bot.store import articles, related
from bot.store import search as engine
from bot.store.db import Database
from bot.store.index import IndexLost
from bot.store.matching import Hit
from bot.store.search import Search
from tests.store.samples import add_article

TIDES = "The moon pulls the water of the ocean, and twice a day the harbour fills."
BREAD = "Yeast eats the sugar in the dough, and the loaf rises in a warm kitchen."


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than a reader is to wait."""
    monkeypatch.setattr(engine, "RELATED_SECONDS", 30.0)


async def titles(search: Search, article_id: int) -> list[str]:
    await search.catch_up()
    return [teaser.title for teaser in await search.related(article_id)]


async def test_articles_with_the_same_rare_words_are_like_each_other(db: Database, search: Search) -> None:
    tides = await add_article(db, "Why tides turn", text=TIDES)
    await add_article(db, "A walk along the quay", text="At low water the harbour is mud, and the moon stands over it.")
    await add_article(db, "Sourdough", text=BREAD)
    await add_article(db, "Rye", text="A dough of rye needs no yeast, and the loaf stays flat.")
    assert await titles(search, tides) == ["A walk along the quay"]


async def test_three_at_most_the_nearest_first(db: Database, search: Search) -> None:
    read = await add_article(db, "Lanterns", text="wick paraffin brass glass")
    await add_article(db, "Three", text="Brass and glass make a lamp that hardly ever rusts, with paraffin in it.")
    await add_article(
        db, "Four", text="A wick in paraffin, behind glass, in a frame of brass: so it was on every ship."
    )
    await add_article(db, "One", text="In the valley they blow glass to this day, and sell it on Sundays.")
    await add_article(db, "Two", text="Paraffin and brass were cheap then.")
    await add_article(db, "None", text="Nobody knows what the weather will be.")
    assert await titles(search, read) == ["Four", "Three", "Two"]


async def test_a_word_that_many_articles_have_makes_none_alike(db: Database, search: Search) -> None:
    read = await add_article(db, "First", text="weather")
    for number in range(10):
        await add_article(db, f"Other {number}", text="weather")
    assert await titles(search, read) == []


async def test_a_shared_tag_makes_articles_alike_and_lifts_one_with_the_same_words(
    db: Database, search: Search
) -> None:
    read = await add_article(db, "Lighthouses", text="keeper lamp cliff", tags=("Café",))
    await add_article(db, "One of words", text="He kept sheep, saw a lamp on the cliff, and became its keeper.")
    await add_article(db, "One of both", text="Fog hid the cliff until the keeper lit his lamp.", tags=("cafe",))
    await add_article(db, "One of the tag", text="nothing of that kind", tags=("CAFÉ",))
    await add_article(db, "One of neither", text="quite another matter", tags=("tea",))
    found = await titles(search, read)
    assert found[0] == "One of both"
    assert sorted(found) == ["One of both", "One of the tag", "One of words"]


async def test_one_story_from_several_sources_takes_one_place(db: Database, search: Search) -> None:
    read = await add_article(db, "Volcano erupts", text="lava ash crater island evacuated", guid="1")
    for source in ("A", "B"):
        await add_article(
            db, "Ferry leaves the burning island at night", text=f"{source}: crater lava ash", guid=source
        )
    same = "The crater of the island threw lava and ash, the coast guard said, and all who live there were safe."
    for number, title in enumerate(["Everybody safe", "Coast guard relieved"]):
        await add_article(db, title, text=f"{same} {number}")
    found = await titles(search, read)
    assert len(found) == 2
    assert {"Ferry leaves the burning island at night"} < set(found)


async def test_its_own_language_is_preferred_and_others_are_not_left_out(db: Database, search: Search) -> None:
    read = await add_article(db, "Kraków", text="Wawel Kazimierz Nowa Huta", language="pl")
    await add_article(db, "A weekend", text="Wawel Kazimierz Nowa Huta", language="en")
    await add_article(db, "Weekend", text="Wawel Kazimierz Nowa", language="pl")
    assert await titles(search, read) == ["Weekend", "A weekend"]


async def test_only_published_articles_are_shown_whatever_the_index_knows(db: Database, search: Search) -> None:
    read = await add_article(db, "Why tides turn", text=TIDES)
    gone = await add_article(db, "Gone", text=TIDES)
    draft = await add_article(db, "Draft", text=TIDES, state=ArticleState.DRAFT)
    await add_article(db, "Here", text="the moon and the ocean fill the harbour")
    assert sorted(await titles(search, read)) == ["Gone", "Here"]
    await articles.withdraw(db, gone)
    assert [teaser.title for teaser in await search.related(read)] == ["Here"]
    for other in (draft, gone, 12345):
        assert await search.related(other) == ()


async def test_scripts_without_spaces_have_rare_words_too(db: Database, search: Search) -> None:
    read = await add_article(db, "東京の天気", text="明日の東京は雪になるでしょう", language="ja")
    await add_article(db, "雪", text="雪になると東京の電車が止まる", language="ja")
    await add_article(db, "パン", text="酵母は糖を食べてガスを出す", language="ja")
    assert await titles(search, read) == ["雪"]


async def test_without_an_index_there_are_none(db: Database, search: Search) -> None:
    read = await add_article(db, "Why tides turn", text=TIDES)
    await add_article(db, "Like it", text=TIDES)
    assert await search.related(read) == ()


async def test_who_reads_does_not_wait_for_a_slow_search(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = await add_article(db, "Why tides turn", text=TIDES)
    await add_article(db, "Like it", text="the moon and the ocean fill the harbour")
    await search.catch_up()
    released = asyncio.Event()

    def slow(*_: object) -> list[Hit]:
        while not released.is_set():
            time.sleep(0.001)
        return []

    monkeypatch.setattr(related, "candidates", slow)
    monkeypatch.setattr(engine, "RELATED_SECONDS", 0.01)
    assert await search.related(read) == ()
    released.set()


async def test_a_failing_index_or_store_is_no_error_and_the_index_is_made_anew(
    db: Database, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = await add_article(db, "Why tides turn", text=TIDES)
    await add_article(db, "Like it", text="the moon and the ocean fill the harbour")
    await search.catch_up()

    def broken(*_: object) -> list[Hit]:
        raise IndexLost("a file is cut off")

    before = search.upkeep.index
    with monkeypatch.context() as during:
        during.setattr(related, "candidates", broken)
        assert await search.related(read) == ()
    assert await titles(search, read) == ["Like it"]
    assert search.upkeep.index is not before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    title=st.text(max_size=30),
    text=st.text(max_size=200) | st.text(alphabet="ab \x00é東ก", max_size=200),
    tags=st.lists(st.text(max_size=8), max_size=3),
)
async def test_no_words_are_an_error(db: Database, search: Search, title: str, text: str, tags: list[str]) -> None:
    ids = [
        await add_article(db, title, text=text, tags=tuple(tags), guid=f"{time.monotonic_ns()} {n}") for n in range(2)
    ]
    await search.catch_up()
    found = [teaser.id for teaser in await search.related(ids[0])]
    assert ids[0] not in found
    assert len(found) <= 3
