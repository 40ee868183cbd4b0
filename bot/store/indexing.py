"""What an article is found by: a row of the store made into an entry of the index; and the query of such rows."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from bot import language, tokens
from bot.fold import fold
from bot.store.db import Row
from bot.store.index import Entry

TITLE_COUNTS, SUMMARY_COUNTS = 4, 2  # as if they were there so many times
APART = "\u241f"  # a word that no query has: phrases end there

# Everything that changed after :reached, in that order, with what its sources are called.
CHANGED = """SELECT a.id, a.changed_seq, a.state, a.title, a.summary, a.text, a.author, a.language, a.tags, a.url,
        a.published_at,
        (SELECT group_concat(CASE s.kind WHEN 'feed' THEN f.title || ' ' || f.url WHEN 'channel' THEN c.title
                 WHEN 'file' THEN s.key ELSE '' END, ' ')
         FROM article_source s
         LEFT JOIN feed f ON s.kind = 'feed' AND f.id = CAST(s.key AS INTEGER)
         LEFT JOIN chat c ON s.kind = 'channel' AND c.id = CAST(s.key AS INTEGER)
         WHERE s.article_id = a.id) AS sources
    FROM article a
    WHERE a.changed_seq > :reached
    ORDER BY a.changed_seq
    LIMIT :limit"""


def entries(rows: Iterable[Row], default_language: str) -> list[Entry]:
    """The entries of these rows, in their order; only published articles are to be found."""
    return [Entry(row["id"], _fields(row, default_language) if row["state"] == "published" else None) for row in rows]


def language_of(row: Row, default_language: str) -> str:
    """The language of an article: as it says, else as its words tell, by its beginning."""
    beginning = f"{row['text'][: language.LOOKED_AT_CHARS]} {row['summary']} {row['title']}"
    return language.code(row["language"]) or language.guess(beginning) or default_language


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
        "author": tokens.index(row["author"], "")[0],
        "source": tokens.index(f"{row['sources'] or ''} {_host(row['url'])}", "")[0],
        "tag": [fold(tag) for tag in tags],
        "spoken": language.number(spoken),
        "language": [spoken] if spoken else [],
    }


def _host(url: str | None) -> str:
    """Where the article stands, without the www; "" for none."""
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:  # what somebody called an address
        return ""
