"""Articles made ready for filters: with what their sources are called, where a filter asks for that."""

from collections.abc import Iterable, Sequence

from bot import filters
from bot.filters import Weighed
from bot.model import Article, Filter
from bot.store.db import Store

# What a source is called, as people see it; `from:` in search goes by the same.
NAME = """CASE s.kind WHEN 'feed' THEN f.title || ' ' || f.url WHEN 'channel' THEN c.title
    WHEN 'file' THEN s.key ELSE '' END"""
NAMED = """article_source s
    LEFT JOIN feed f ON s.kind = 'feed' AND f.id = CAST(s.key AS INTEGER)
    LEFT JOIN chat c ON s.kind = 'channel' AND c.id = CAST(s.key AS INTEGER)"""
TOGETHER = 500  # articles in one query


async def weighed(store: Store, articles: Sequence[Article], keys: Iterable[str]) -> list[Weighed]:
    """The articles, in their order, as the filters with these keys look at them."""
    if not filters.needs_sources(keys):
        return [Weighed(article) for article in articles]
    names = await _names(store, [article.id for article in articles])
    return [Weighed(article, names.get(article.id, ())) for article in articles]


async def passing(store: Store, articles: Sequence[Article], wanted: Filter) -> list[Article]:
    """Those of the articles that the filter lets pass, in their order."""
    ready = await weighed(store, articles, [filters.key_of(wanted)])
    return [one.article for one in ready if filters.passes(wanted, one)]


async def _names(store: Store, article_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for first in range(0, len(article_ids), TOGETHER):
        ids = {f"id{i}": each for i, each in enumerate(article_ids[first : first + TOGETHER])}
        for row in await store.read(
            f"""SELECT s.article_id, {NAME} AS name FROM {NAMED}
                WHERE s.article_id IN ({", ".join(f":{name}" for name in ids)})""",
            ids,
        ):
            found.setdefault(row["article_id"], []).append(row["name"])
    return found
