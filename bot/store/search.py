"""Search: any of the words, best first; articles that have all of them on top. On SQLite's FTS5."""

from dataclasses import dataclass, replace

import regex

from bot.fold import find_words, words
from bot.model import Listing, Teaser
from bot.store import articles
from bot.store.db import Row, Store

WEIGHTS = "8.0, 4.0, 1.0, 2.0"  # title, summary, body, author and tags
TERMS_LIMIT = 32  # of what may be a message of 4096 characters
SNIPPET_CHARS = 200
LOOKED_THROUGH_CHARS = 20_000  # of a body, for the snippet
# An optional minus, then a "phrase" in some pair of quotes, or a word.
_TERM = regex.compile(
    r"""(?<!\S)(?P<minus>[-\u2212])?(?:["“”„«»](?P<phrase>[^"“”„«»]*)["“”„«»]?|(?P<word>[^\s"“”„«»]+))"""
)


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that must stand side by side; with `is_prefix` the last one may go on."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for and what must not be there. Without `wanted` nothing is found."""

    wanted: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()


def parse(query: str) -> Query:
    """What the words ask for: words, "phrases", -without, prefix*. Any text is a query; nonsense asks for nothing."""
    wanted: list[Term] = []
    without: list[Term] = []
    for match in _TERM.finditer(query):
        terms = without if match["minus"] else wanted
        if match["phrase"] is not None:
            found = words(match["phrase"])
            terms += [Term(tuple(found))] if found else []
        else:
            is_prefix = match["word"].endswith("*")
            terms += _of_word(words(match["word"]), is_prefix=is_prefix, whole=bool(match["minus"]))
    return Query(tuple(dict.fromkeys(wanted))[:TERMS_LIMIT], tuple(dict.fromkeys(without))[:TERMS_LIMIT])


def _of_word(found: list[str], *, is_prefix: bool, whole: bool) -> list[Term]:
    """What stands between two spaces may be several words (well-known, 東京の天気): each counts, but to be excluded
    they must stand together."""
    if not found:
        return []
    if whole:
        return [Term(tuple(found), is_prefix)]
    return [Term((word,)) for word in found[:-1]] + [Term((found[-1],), is_prefix)]


def is_empty(query: str) -> bool:
    """Whether there is nothing to search for."""
    return not parse(query).wanted


async def search(store: Store, query: str, *, page: int = 0, size: int = 5) -> Listing:
    """A page (from 0) of the published articles that have any of the words, with snippet, marks and total."""
    asked = parse(query)
    if not asked.wanted:
        return Listing(teasers=(), page=page, has_next=False, total=0)
    # With several terms, those that have them all come first.
    joined = "LEFT JOIN (SELECT rowid AS id FROM article_search WHERE article_search MATCH :all) e ON e.id = m.id"
    several = len(asked.wanted) > 1
    found = await store.read(
        f"""SELECT m.id, count(*) OVER () AS total
           FROM (SELECT rowid AS id, bm25(article_search, {WEIGHTS}) AS score
                 FROM article_search WHERE article_search MATCH :any) m
           {joined if several else ""}
           WHERE m.id NOT IN {articles.UNPUBLISHED}
           ORDER BY {"e.id IS NULL," if several else ""} m.score, m.id DESC
           LIMIT :limit OFFSET :offset""",
        {
            "any": _match(asked, " OR "),
            "all": _match(asked, " AND "),
            "limit": size + 1,
            "offset": articles.offset(page, size),
        },
    )
    teasers = [await _teaser(store, row["id"], asked) for row in found[:size]]
    return Listing(
        teasers=tuple(teaser for teaser in teasers if teaser is not None),
        page=page,
        has_next=len(found) > size,
        total=found[0]["total"] if found else (0 if page <= 0 else None),
    )


def _match(query: Query, joined: str) -> str:
    """The query in FTS5's language. Words are letters, digits and marks only, so that quotes hold them safely."""
    wanted = joined.join(_phrase(term) for term in query.wanted)
    if not query.without:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(_phrase(term) for term in query.without)})"


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'


async def _teaser(store: Store, article_id: int, query: Query) -> Teaser | None:
    row = await store.read_one(
        f"SELECT {articles.TEASER_COLUMNS}, a.text FROM article a WHERE a.id = :id", {"id": article_id}
    )
    return None if row is None else highlight(row, query)


def highlight(row: Row, query: Query) -> Teaser:
    """The teaser of a row that has TEASER_COLUMNS and text, with the words found marked."""
    marked = [
        word + ("*" if term.is_prefix and word == term.words[-1] else "")
        for term in query.wanted
        for word in term.words
    ]
    in_summary = find_words(row["summary"], marked)
    source = row["summary"] if in_summary or not row["text"] else row["text"][:LOOKED_THROUGH_CHARS]
    snippet, marks = excerpt(source, in_summary if source is row["summary"] else find_words(source, marked))
    return replace(articles.teaser(row), snippet=snippet, marks=marks, title_marks=find_words(row["title"], marked))


def excerpt(
    text: str, marks: tuple[tuple[int, int], ...], limit: int = SNIPPET_CHARS
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """About `limit` characters of the text where most marks are, cut between words, and the marks in it."""
    if len(text) <= limit:
        start, end = 0, len(text)
    else:
        lead = limit // 5
        starts = [max(0, mark[0] - lead) for mark in marks] or [0]
        start = max(starts, key=lambda at: sum(at <= a and b <= at + limit for a, b in marks))
        end = min(len(text), start + limit)
        start = _at_a_space(text, start, start + lead) if start else 0
        end = text.rfind(" ", end - lead, end) if end < len(text) and " " in text[end - lead : end] else end
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return f"{before}{text[start:end]}{after}", inside


def _at_a_space(text: str, start: int, latest: int) -> int:
    space = text.find(" ", start, latest)
    return start if space < 0 else space + 1
