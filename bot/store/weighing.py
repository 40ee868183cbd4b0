"""Articles made ready for filters: with what their sources are called."""

from collections import Counter
from collections.abc import Sequence

from bot import filters, language
from bot.filters import Kind, Weighed
from bot.model import Article, Filter
from bot.store import articles
from bot.store.db import Store

# What a source is called, as people see it; `from:` in search goes by the same.
NAME = """CASE s.kind WHEN 'feed' THEN f.title || ' ' || f.url WHEN 'channel' THEN c.title
    WHEN 'file' THEN s.key ELSE '' END"""
NAMED = """article_source s
    LEFT JOIN feed f ON s.kind = 'feed' AND f.id = CAST(s.key AS INTEGER)
    LEFT JOIN chat c ON s.kind = 'channel' AND c.id = CAST(s.key AS INTEGER)"""
TITLE = "CASE s.kind WHEN 'feed' THEN f.title WHEN 'channel' THEN c.title ELSE '' END"
SUGGESTED = (Kind.TAGS, Kind.SOURCES, Kind.AUTHORS, Kind.LANGUAGES)
LATEST = 100  # articles
TOGETHER = 500  # articles in one query


async def weighed(store: Store, read: Sequence[Article]) -> list[Weighed]:
    """The articles, in their order, as filters look at them."""
    names = await _names(store, [article.id for article in read])
    return [Weighed(article, names.get(article.id, ())) for article in read]


async def passing(store: Store, read: Sequence[Article], wanted: Filter) -> list[Article]:
    """Those of the articles that the filter lets pass, in their order."""
    return [one.article for one in await weighed(store, read) if filters.passes(wanted, one)]


async def values(store: Store, kind: Kind) -> list[str]:
    """The tags, authors, languages (codes) or names of sources that most of the latest articles have, commonest first.

    Words none.
    """
    recent = (await articles.newest(store, LATEST)) if kind in SUGGESTED else []
    match kind:
        case Kind.TAGS:
            found = [tag for one in recent for tag in one.tags]
        case Kind.AUTHORS:
            found = [one.author for one in recent]
        case Kind.LANGUAGES:
            found = [language.spoken(one.language, one.title, one.summary, one.text) for one in recent]
        case _:
            called = await _names(store, [one.id for one in recent], TITLE)
            found = [name for one in recent for name in called.get(one.id, ()) or (filters.site(one.url),)]
    written = {filters.meant(kind, value): value for value in reversed(found) if len(value) <= filters.VALUE_LIMIT}
    counted = Counter(filters.meant(kind, value) for value in found)
    return [written[value] for value, _ in counted.most_common() if value and value in written]


async def _names(store: Store, article_ids: Sequence[int], name: str = NAME) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for first in range(0, len(article_ids), TOGETHER):
        ids = {f"id{i}": each for i, each in enumerate(article_ids[first : first + TOGETHER])}
        for row in await store.read(
            f"""SELECT s.article_id, {name} AS name FROM {NAMED}
                WHERE s.article_id IN ({", ".join(f":{key}" for key in ids)})""",
            ids,
        ):
            if row["name"]:
                found.setdefault(row["article_id"], []).append(row["name"])
    return found
