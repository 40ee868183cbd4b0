"""More like this: the articles that share the rare words and the tags of one. Blocks; for a thread.

Its words are weighed by how often it has them and how rare they are, and the heaviest are searched for, as any of them
will do. What is found is told from the same story elsewhere by title and beginning.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from tantivy import Occur
from tantivy import Query as Clause

from bot import language, tokens
from bot.fold import fold
from bot.store.db import Row
from bot.store.index import TEXT_FIELDS, Index
from bot.store.indexing import SUMMARY_COUNTS, TITLE_COUNTS, language_of
from bot.store.matching import Hit, hits_of, rareness

WORDS = 25  # that are looked for
SHARE = 0.1  # of all articles: a word that more of them have says nothing
ALWAYS_RARE = 5  # articles
TAG_COUNTS = 4  # as a word that the title has
ENOUGH = 0.12  # of the score that the article itself gets; one with a tag of its need not reach it
OTHER_LANGUAGE = 0.5  # of the score of one in another language
ALIKE = 0.6  # of the words of two titles, or of two beginnings: the same story
BEGINNING_CHARS = 500


def candidates(index: Index, article: Row, limit: int, default_language: str) -> list[Hit]:
    """What the index has that is like it, best first, the article itself among them.

    The row has title, summary, text, language and tags.
    """
    spoken = language_of(article, default_language)
    clauses = [(Occur.Should, clause) for clause in (*_words(index, article, spoken), *_tags(index, article))]
    found = hits_of(index.searcher, index.searcher.search(Clause.boolean_query(clauses), limit, count=False))
    found.sort(key=lambda hit: -hit.score * (1.0 if hit.language == spoken else OTHER_LANGUAGE))
    return found


def chosen(article: Row, hits: Sequence[Hit], rows: Mapping[int, Row], limit: int) -> list[int]:
    """The ids of the best that are like the article, no two of them the same story. The rows are what may be shown."""
    least = ENOUGH * next((hit.score for hit in hits if hit.article_id == article["id"]), 0.0)
    tags = _folded_tags(article)
    kept: list[tuple[int, str]] = []
    for hit in hits:
        row = rows.get(hit.article_id)
        if row is None or hit.article_id == article["id"]:
            continue
        is_near = hit.score >= least or tags & _folded_tags(row)
        if is_near and not any(_is_same_story(row, hit.language, rows[id_], spoken) for id_, spoken in kept):
            kept.append((hit.article_id, hit.language))
        if len(kept) == limit:
            break
    return [article_id for article_id, _ in kept]


def _words(index: Index, article: Row, spoken: str) -> Iterable[Clause]:
    counts: Counter[str] = Counter()
    for text, times in ((article["title"], TITLE_COUNTS), (article["summary"], SUMMARY_COUNTS), (article["text"], 1)):
        for stem in tokens.index(text, spoken)[1].split():
            counts[stem] += times
    for stem in _of_no_subject(spoken):
        del counts[stem]
    most = max(ALWAYS_RARE, int(index.count * SHARE))
    weighed = [
        (times * rareness(index.searcher, frequency), stem)
        for stem, times in counts.items()
        if 1 < (frequency := index.searcher.doc_freq("stems", stem)) <= most
    ]
    for weight, stem in sorted(weighed, reverse=True)[:WORDS]:
        yield _weighing(index, "stems", stem, weight)


@lru_cache(maxsize=16)
def _of_no_subject(spoken: str) -> frozenset[str]:
    """The words that any text of the language has, whatever it is about; few articles may yet have them."""
    return frozenset(stem for word in language.commonest().get(spoken, ()) for stem in tokens.stems(word, spoken))


def _tags(index: Index, article: Row) -> Iterable[Clause]:
    for tag in sorted(_folded_tags(article)):
        frequency = index.searcher.doc_freq("tag", tag)
        if frequency > 1:
            yield _weighing(index, "tag", tag, TAG_COUNTS * rareness(index.searcher, frequency))


def _weighing(index: Index, field: str, word: str, weight: float) -> Clause:
    return Clause.boost_query(Clause.term_query(index.schema, field, word, TEXT_FIELDS[field][1]), weight)


def _folded_tags(row: Row) -> set[str]:
    return {fold(str(tag)) for tag in json.loads(row["tags"])}


def _is_same_story(one: Row, spoken: str, other: Row, other_spoken: str) -> bool:
    return any(
        _share(set(tokens.stems(one[part][:BEGINNING_CHARS], spoken)), other[part][:BEGINNING_CHARS], other_spoken)
        >= ALIKE
        for part in ("title", "text")
    )


def _share(words: set[str], other: str, spoken: str) -> float:
    """How much of the words of both is in both."""
    others = set(tokens.stems(other, spoken))
    return len(words & others) / len(words | others) if words and others else 0.0
