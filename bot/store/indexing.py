"""What an article is found by: a row of the store made into an entry of the index; and the query of such rows."""

import json
from collections.abc import Iterable
from typing import Any

from bot import language, tokens
from bot.filters import APART, site
from bot.fold import fold
from bot.store.db import Row
from bot.store.index import Entry
from bot.store.weighing import NAME, NAMED

TITLE_COUNTS, SUMMARY_COUNTS = 4, 2  # as if they were there so many times

# Everything that changed after :reached, in that order, with what its sources are called.
CHANGED = f"""SELECT a.id, a.changed_seq, a.state, a.title, a.summary, a.text, a.author, a.language, a.tags, a.url,
        a.published_at,
        (SELECT group_concat({NAME}, ' ') FROM {NAMED} WHERE s.article_id = a.id) AS sources
    FROM article a
    WHERE a.changed_seq > :reached
    ORDER BY a.changed_seq
    LIMIT :limit"""


def entries(rows: Iterable[Row], default_language: str) -> list[Entry]:
    """The entries of these rows, in their order; only published articles are to be found."""
    return [Entry(row["id"], _fields(row, default_language) if row["state"] == "published" else None) for row in rows]


def language_of(row: Row, default_language: str) -> str:
    """The language of an article: as it says, else as its words tell, by its beginning."""
    return language.spoken(row["language"], row["title"], row["summary"], row["text"]) or default_language


def _fields(row: Row, default_language: str) -> dict[str, Any]:
    spoken = language_of(row, default_language)
    tags = [str(tag) for tag in json.loads(row["tags"])]
    weighed = [(row["title"], TITLE_COUNTS), (row["summary"], SUMMARY_COUNTS), (row["text"], 1), (row["author"], 1)]
    exact: list[str] = []
    stems: list[str] = []
    for text, times in [*weighed, *((tag, 1) for tag in tags)]:
        if text:
            words, roots = tokens.index(text, spoken)
            exact += (words, APART)
            stems += [roots] * times
    return {
        "seq": row["changed_seq"],
        "published": row["published_at"],
        "stems": " ".join(stems),
        "exact": " ".join(exact),
        "initial": tokens.initials(exact),
        "author": tokens.index(row["author"], "")[0],
        "source": tokens.index(f"{row['sources'] or ''} {site(row['url'])}", "")[0],
        "tag": [fold(tag) for tag in tags],
        "spoken": language.number(spoken),
        "language": [spoken] if spoken else [],
    }
