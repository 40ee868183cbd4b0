"""Articles: found again by any of their names, listed, announced in order, published once."""

import pytest

from bot.errors import NotFound
from bot.model import ArticleState, Enclosure, Source, SourceKind
from bot.store import articles, sources
from bot.store.db import Database
from bot.store.search import Search
from tests.clock import START, HandClock
from tests.store.samples import FEED, FILE, add_article, new_article


async def titles(db: Database, **how: int | str) -> list[str]:
    listing = await articles.latest(db, **how)  # type: ignore[arg-type]
    return [teaser.title for teaser in listing.teasers]


async def test_an_article_comes_back_as_it_was_stored(db: Database) -> None:
    new = new_article(
        "Über alles",
        url="https://example.org/a?x=1",
        canonical_url="https://example.org/a",
        summary="Short",
        body="<p>Long</p>",
        text="Long",
        author="Ann",
        language="de",
        tags=("Wirtschaft", "b"),
        image_url="https://example.org/a.jpg",
        enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 12), Enclosure("https://example.org/b")),
    )
    article = await articles.get(db, await articles.add(db, new, FILE, announce=False))
    for name in ("url", "canonical_url", "title", "summary", "body", "text", "author", "language", "tags", "image_url"):
        assert getattr(article, name) == getattr(new, name)
    assert (article.enclosures, article.published_at, article.state) == (new.enclosures, START, ArticleState.PUBLISHED)
    assert (article.announced_seq, article.revision) == (None, 1)


async def test_what_is_not_there_is_not_found(db: Database) -> None:
    assert await articles.find(db, 404) is None
    for call in (articles.get(db, 404), articles.publish(db, 404), articles.announce(db, 404)):
        with pytest.raises(NotFound, match="404"):
            await call
    with pytest.raises(NotFound):
        await articles.update(db, 404, new_article())


async def test_an_article_is_known_by_its_sources_id_and_by_its_address(db: Database) -> None:
    url = "https://example.org/a"
    new = new_article("A", guid="1", url=url, canonical_url=url, title_mark="of A")
    article_id = await articles.add(db, new, FEED, announce=False)

    async def known(source: Source, guid: str) -> object:
        found = await sources.find(db, source, guid)
        return None if found is None else (found[0].id, found[1])

    async def alike(source: Source, title: str, url: str | None = None) -> list[tuple[int, int]]:
        new = new_article(title, url=url, canonical_url=url, title_mark=f"of {title}")
        return [(each.id, each.guids) for each in await sources.alike(db, source, new)]

    assert await known(FEED, "1") == (article_id, True)
    assert await known(FILE, "1") is None
    assert await alike(FEED, "Other", url) == await alike(FEED, "A") == [(article_id, 1)]
    assert await alike(FILE, "Other", url) == await alike(FILE, "A", "https://example.org/o") == [(article_id, 0)]
    assert await alike(FILE, "Other", "https://example.org/other") == []
    assert not await sources.add(db, article_id, FILE, "x")
    assert not await sources.add(db, article_id, FILE, "x")
    assert await known(FILE, "x") == (article_id, False)
    assert await alike(FILE, "A") == [(article_id, 1)]


async def test_latest_is_newest_first_in_pages_without_drafts_and_withdrawn_ones(
    db: Database, clock: HandClock
) -> None:
    for number in range(12):
        clock.move(minutes=1)
        await add_article(db, f"{number}", published_at=clock())
    await add_article(db, "draft", published_at=clock(), state=ArticleState.DRAFT)
    await add_article(db, "withdrawn", published_at=clock(), state=ArticleState.WITHDRAWN)
    assert await titles(db) == ["11", "10", "9", "8", "7"]
    assert await titles(db, page=2) == ["1", "0"]
    assert [(await articles.latest(db, page=page)).has_next for page in range(3)] == [True, True, False]
    assert await titles(db, page=99) == await titles(db, page=10**30) == []
    assert await titles(db, page=-1) == await titles(db)


async def test_latest_with_a_tag_ignores_case_and_accents(db: Database) -> None:
    await add_article(db, "a", tags=("Économie", "x"))
    await add_article(db, "b", tags=("x",))
    await add_article(db, "c", tags=("economie",), state=ArticleState.DRAFT)
    assert await titles(db, tag="ECONOMIE") == ["a"]
    assert await titles(db, tag="X") == ["b", "a"]
    assert await articles.tags(db, 10) == [("x", 2), ("Économie", 1)]


async def test_articles_are_announced_once_and_in_order(db: Database) -> None:
    assert await articles.last_announced_seq(db) == 0
    archived = await add_article(db, "archive")
    first = await add_article(db, "first", announce=True)
    second = await add_article(db, "second", announce=True)
    assert [a.id for a in await articles.announced_after(db, 0, 10)] == [first, second]
    assert [a.id for a in await articles.announced_after(db, 1, 10)] == [second]
    assert await articles.announce(db, first) == 1
    assert await articles.announce(db, archived) == 3
    assert await articles.last_announced_seq(db) == 3


async def test_a_draft_is_published_once_dated_then_and_announced(db: Database, clock: HandClock) -> None:
    draft = await add_article(db, "draft", state=ArticleState.DRAFT, tags=("t",), announce=True)
    assert await articles.announced_after(db, 0, 10) == []
    await add_article(db, "between", tags=("t",), published_at=START)
    clock.move(hours=1)
    assert await articles.publish(db, draft)
    clock.move(hours=1)
    assert not await articles.publish(db, draft)
    article = await articles.get(db, draft)
    assert (article.state, article.announced_seq) == (ArticleState.PUBLISHED, 1)
    assert (article.published_at - START).total_seconds() == 3600
    assert await titles(db) == await titles(db, tag="t") == ["draft", "between"]


async def test_only_drafts_are_discarded(db: Database) -> None:
    draft = await add_article(db, "draft", state=ArticleState.DRAFT, tags=("t",))
    kept = await add_article(db, "kept")
    assert await articles.discard(db, draft)
    assert not await articles.discard(db, draft)
    assert not await articles.discard(db, kept)
    assert await articles.count(db) == 1
    with pytest.raises(NotFound):
        await articles.publish(db, draft)


async def test_an_update_is_a_new_revision_that_lists_and_search_follow(db: Database, search: Search) -> None:
    article_id = await add_article(db, "Zebra crossing", tags=("old",))
    before = await articles.get(db, article_id)
    await articles.update(db, article_id, new_article("Giraffe house", tags=("new",)))
    after = await articles.get(db, article_id)
    assert (after.title, after.revision, after.tags) == ("Giraffe house", 2, ("new",))
    assert after.changed_seq > before.changed_seq
    assert (await search.find("zebra")).teasers == ()
    assert len((await search.find("giraffe")).teasers) == 1
    assert await titles(db, tag="old") == []
    assert await titles(db, tag="new") == ["Giraffe house"]


@pytest.mark.parametrize(
    ("was", "says", "becomes"),
    [
        ("draft", "published", "draft"),
        ("withdrawn", "published", "withdrawn"),
        ("published", "draft", "published"),
        ("published", "withdrawn", "withdrawn"),
    ],
)
async def test_a_source_publishes_no_draft_and_brings_nothing_back(
    db: Database, was: str, says: str, becomes: str
) -> None:
    article_id = await add_article(db, "a", state=ArticleState(was))
    await articles.update(db, article_id, new_article("b", state=ArticleState(says)))
    assert (await articles.get(db, article_id)).state == becomes


async def test_every_article_comes_out_with_its_guid_in_batches(db: Database) -> None:
    for number in range(7):
        await add_article(db, f"{number}", guid=f"guid {number}")
    await sources.add(db, 1, Source(SourceKind.MAINTAINER, "7"), "later")
    found = [(article.title, guid) async for article, guid in articles.every(db, batch=3)]
    assert found == [(f"{number}", f"guid {number}") for number in range(7)]
