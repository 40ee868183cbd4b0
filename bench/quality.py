"""`make quality COLLECTIONS=folder`: what search finds, beside Lucene's BM25 (bm25s) on the same stems.

Each folder in it is a collection: docs.jsonl {"id", "title", "text"}, queries.tsv (id TAB text), qrels.tsv (query TAB
document TAB grade). What is measured is the whole engine: languages are guessed, articles come from a store.
"""

import asyncio
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log2
from pathlib import Path

import bm25s
from tqdm import tqdm

from bot import language, tokens
from bot.model import ArticleState, NewArticle, Source, SourceKind
from bot.store import articles
from bot.store.db import Database, Transaction
from bot.store.search import Search

DEPTH = 10
TOLERANCE = 0.005
K1, B = 1.2, 0.75  # Lucene's
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents (id, title, text), queries, and which documents each of them should find, with grades."""

    name: str
    documents: list[tuple[str, str, str]]
    queries: dict[str, str]
    grades: dict[str, dict[str, int]]


def read(folder: Path) -> Collection:
    """The collection in a folder."""
    with (folder / "docs.jsonl").open(encoding="utf-8") as file:
        documents = [(doc["id"], doc.get("title") or "", doc.get("text") or "") for doc in map(json.loads, file)]
    grades: dict[str, dict[str, int]] = {}
    for query, document, grade in _table(folder / "qrels.tsv"):
        grades.setdefault(query, {})[document] = int(grade)
    queries = {query: text for query, text in _table(folder / "queries.tsv") if query in grades}
    return Collection(folder.name, documents, queries, grades)


def _table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def ndcg(found: Sequence[str], grades: dict[str, int]) -> float:
    """nDCG of the first ten."""
    gained = sum(grades.get(each, 0) / log2(place + 2) for place, each in enumerate(found[:DEPTH]))
    best = sum(g / log2(place + 2) for place, g in enumerate(sorted(grades.values(), reverse=True)[:DEPTH]))
    return gained / best if best else 0.0


def judged(collection: Collection, found: dict[str, list[str]]) -> tuple[float, float]:
    """nDCG@10 and success@1, over all queries."""
    every = [(found[query], grades) for query, grades in collection.grades.items() if query in collection.queries]
    first = sum(bool(hits) and grades.get(hits[0], 0) > 0 for hits, grades in every)
    return sum(ndcg(hits, grades) for hits, grades in every) / len(every), first / len(every)


async def by_us(collection: Collection) -> dict[str, list[str]]:
    """What the engine finds for each query."""
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "quality.db")
        search = Search(db)
        try:
            ids: dict[int, str] = {}

            async def fill(tx: Transaction) -> None:
                for name, title, text in collection.documents:
                    new = _article(name, title, text)
                    ids[await articles.add(tx, new, Source(SourceKind.FILE, "quality"), announce=False)] = name

            await db.write(fill)
            found: dict[str, list[str]] = {}
            for query, text in tqdm(collection.queries.items(), desc=collection.name, leave=False, disable=None):
                listing = await search.find(text, size=DEPTH)
                found[query] = [ids[teaser.id] for teaser in listing.teasers]
            return found
        finally:
            await search.close()
            await db.close()


def _article(name: str, title: str, text: str) -> NewArticle:
    return NewArticle(
        title=title, guid=name, url=None, canonical_url=None, summary="", body="", text=text, author="", language="",
        tags=(), image_url=None, enclosures=(), state=ArticleState.PUBLISHED, published_at=THEN, content_hash=name,
    )  # fmt: skip


def by_bm25(collection: Collection) -> dict[str, list[str]]:
    """What BM25 finds, in the language that most of the documents are in."""
    spoken = Counter(language.guess(text) for _, _, text in collection.documents).most_common(1)[0][0]
    corpus = [tokens.stems(f"{title} {text}", spoken) for _, title, text in collection.documents]
    ranked = bm25s.BM25(method="lucene", k1=K1, b=B)
    ranked.index(corpus, show_progress=False)
    names = [name for name, _, _ in collection.documents]
    found: dict[str, list[str]] = {}
    for query, text in collection.queries.items():
        asked = tokens.stems(text, spoken)
        hits, scores = ranked.retrieve([asked], k=min(DEPTH, len(names)), show_progress=False)
        found[query] = [names[hit] for hit, score in zip(hits[0], scores[0], strict=True) if score > 0]
    return found


async def main(folder: Path) -> bool:
    """Prints the table; whether ours is as good on each."""
    is_good = True
    print(f"{'collection':<16}{'nDCG@10':>9}{'BM25':>8}{'':>9}{'success@1':>11}{'BM25':>8}")
    for each in sorted(folder.iterdir()):
        if not (each / "docs.jsonl").exists():
            continue
        collection = read(each)
        ours, theirs = judged(collection, await by_us(collection)), judged(collection, by_bm25(collection))
        is_better = ours[0] >= theirs[0] - TOLERANCE
        is_good = is_good and is_better
        print(
            f"{collection.name:<16}{ours[0]:>9.4f}{theirs[0]:>8.4f}{ours[0] - theirs[0]:>+9.4f}"
            f"{ours[1]:>11.4f}{theirs[1]:>8.4f}{'' if is_better else '  WORSE'}"
        )
    return is_good


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("which collections? make quality COLLECTIONS=folder, with a folder in it for each")
    sys.exit(0 if asyncio.run(main(Path(sys.argv[1]))) else 1)
