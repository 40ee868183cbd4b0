"""`make bench-search`: search by class of query, beside SQLite's FTS5 with bm25() and tantivy alone."""

import argparse
import asyncio
import random
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

from tantivy import Occur, Searcher
from tantivy import Query as Clause
from tqdm import tqdm

from bench import archive
from bot import language, tokens
from bot.store.db import Database
from bot.store.index import Index
from bot.store.search import Search
from bot.store.upkeep import folder_of

QUERIES = 200  # of each class
BESIDE = 20  # of those, put to FTS5, which takes a second for some
PAGE = 10
GUESSED = 2_000  # articles whose language is guessed, for the time that it takes
CLASSES = (
    "word in 0.01-0.05 %",
    "word in 1-2 %",
    "word in 5-10 %",
    "word in 20-40 %",
    "stop word, over 60 %",
    "2 words of 10-40 %",
    "4 words",
    "8 words",
    "8 stop words",
    "phrase, words up to 10 %",
    "phrase, common words",
    "prefix of 3 letters",
    "prefix of 2 letters",
    "prefix of 1 letter",
    "misspelt word",
)


async def main(sizes: list[int], *, beside: bool = True, keep: Path | None = None) -> None:
    """One table a size. `beside`: also FTS5, which takes long to build. `keep`: a folder for the stores and indexes,
    where those of an earlier run are taken as they are."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
            place = Path(folder) if keep is None else keep / str(size)
            place.mkdir(parents=True, exist_ok=True)
            await _run(place / "bench.db", size, beside=beside)


async def _run(path: Path, size: int, *, beside: bool) -> None:
    print(f"\n== {size:,} articles")
    if not path.exists():
        await archive.fill(path, size)
    db = await Database.open(path)
    search = Search(db)
    try:
        if folder_of(path).exists():
            await search.catch_up()
        else:
            await _build(search, path, size)
        await _guessing(db)
        index = search.upkeep.index
        assert index is not None, "somebody else has the index"
        assert index.count == size, f"{path} has {index.count} articles: delete it"
        fts = _fts(path) if beside else None
        queries = _queries(index, size)
        following = asyncio.create_task(search.run())  # as in the bot
        await search.warm(index)
        print(f"{'ms':<26}{'ours p50':>9}{'p99':>8}{'FTS5 p50':>11}{'p99':>9}{'tantivy p50':>13}{'p99':>8}")
        for name in CLASSES:
            ours = [await _timed(search, query) for query in queries[name]]
            alone = [_took(partial(_alone, index, query)) for query in queries[name]]
            theirs = [_took(partial(_by_fts, fts, query)) for query in queries[name][:BESIDE]] if fts else []
            print(f"{name:<26}{_figures(ours, 9, 8)}{_figures(theirs, 11, 9)}{_figures(alone, 13, 8)}")
        print(f"{'related':<26}{_figures(await _related(search, size), 9, 8)}")
        following.cancel()
        if fts is not None:
            fts.close()
    finally:
        await search.close()
        await db.close()


async def _build(search: Search, path: Path, size: int) -> None:
    """Makes the index, and says how long that took."""
    began, used = perf_counter(), process_time()
    with tqdm(total=size, desc="index", unit=" articles", disable=None, leave=False) as bar:

        def progress(done: int, _: int) -> None:
            bar.update(done - bar.n)

        await search.catch_up(progress)
    took, cpu = perf_counter() - began, process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mb = _mb(folder_of(path))
    print(
        f"index: {size / took:,.0f} articles/s ({cpu:.0f} s of CPU in {took:.0f} s), {mb:,.0f} MB, the store "
        f"{path.stat().st_size / 1e6:,.0f} MB; peak memory {peak:.0f} MB"
    )


async def _guessing(db: Database) -> None:
    """What it costs to guess a language, which is done for articles that do not say theirs."""
    rows = await db.read("SELECT text FROM article ORDER BY id LIMIT :limit", {"limit": GUESSED})
    began = process_time()
    for row in rows:
        language.guess(row["text"])
    print(f"language guessed: {len(rows) / (process_time() - began):,.0f} articles/s")


async def _related(search: Search, size: int) -> list[float]:
    """What is like an article, of articles all over the archive."""
    took: list[float] = []
    for article_id in random.Random(12).sample(range(1, size + 1), min(size, QUERIES)):
        began = perf_counter()
        await search.related(article_id)
        took.append(perf_counter() - began)
    return took


async def _timed(search: Search, query: str) -> float:
    began = perf_counter()
    await search.find(query, size=PAGE)
    return perf_counter() - began


def _took(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _figures(seconds: list[float], first: int, second: int) -> str:
    if not seconds:
        return f"{'':>{first}}{'':>{second}}"
    ordered = sorted(seconds)
    at = [ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]]
    return f"{at[0] * 1000:>{first}.1f}{at[1] * 1000:>{second}.1f}"


def _mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


# What is asked ------------------------------------------------------------------------------------------------------


def _queries(index: Index, size: int) -> dict[str, list[str]]:
    """Queries of each class, by how many articles have their words."""
    rng, words = random.Random(11), list(_by_frequency(index.searcher))
    texts = [row["text"].split() for row in archive.articles(min(size, 4_000))]

    def between(low: float, high: float) -> list[str]:
        return [word for word, count in words if low * size <= count <= high * size] or [words[len(words) // 2][0]]

    def some(*parts: list[str]) -> list[str]:
        return [" ".join(rng.choice(part) for part in parts) for _ in range(QUERIES)]

    rare, one, five, twenty = between(1e-4, 5e-4), between(0.01, 0.02), between(0.05, 0.1), between(0.2, 0.4)
    stops, often = sorted(language.stop_words("en")), between(0.1, 0.4)
    return {
        "word in 0.01-0.05 %": some(rare),
        "word in 1-2 %": some(one),
        "word in 5-10 %": some(five),
        "word in 20-40 %": some(twenty),
        "stop word, over 60 %": some(between(0.6, 1.0)),
        "2 words of 10-40 %": some(often, often),
        "4 words": some(rare, one, five, twenty),
        "8 words": some(rare, one, five, twenty, often, often, stops, stops),
        "8 stop words": some(*[stops] * 8),
        "phrase, words up to 10 %": [f'"{pair}"' for pair in _pairs(rng, texts, set(between(1e-4, 0.1)))],
        "phrase, common words": [f'"{pair}"' for pair in _pairs(rng, texts, set(between(0.3, 1.0)))],
        "prefix of 3 letters": [f"{rng.choice(words)[0][:3]}*" for _ in range(QUERIES)],
        "prefix of 2 letters": [f"{rng.choice(words)[0][:2]}*" for _ in range(QUERIES)],
        "prefix of 1 letter": [f"{rng.choice(words)[0][:1]}*" for _ in range(QUERIES)],
        "misspelt word": [_misspelt(rng, rng.choice(five)) for _ in range(QUERIES)],
    }


def _by_frequency(searcher: Searcher) -> Iterator[tuple[str, int]]:
    for letter in "abcdefghijklmnopqrstuvwxyz":
        yield from searcher.terms_with_prefix("exact", letter, limit=5_000)


def _pairs(rng: random.Random, texts: list[list[str]], allowed: set[str]) -> list[str]:
    found = [f"{a} {b}" for text in texts for a, b in pairwise(text) if {a, b} <= allowed]
    return rng.choices(found, k=QUERIES) if found else ["the of"]


def _misspelt(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :] + "x"


# Beside it ----------------------------------------------------------------------------------------------------------


def _alone(index: Index, query: str) -> object:
    """The same words looked up in the same index by tantivy, without what is ours: no order but BM25's, no texts."""
    words = tokens.exact(query)
    schema, searcher = index.schema, index.searcher
    if query.startswith('"') and len(words) > 1:
        clause = Clause.phrase_query(schema, "exact", list(words))
    elif query.endswith("*"):
        clause = Clause.fuzzy_term_query(schema, "exact", words[0], 0, prefix=True)
    else:
        every = tokens.stems(query, "en")
        clause = Clause.boolean_query([(Occur.Should, Clause.term_query(schema, "stems", w, "freq")) for w in every])
    return searcher.search(clause, PAGE, count=False)


def _fts(path: Path) -> sqlite3.Connection:
    """A plain FTS5 table of the same articles."""
    is_kept = path.with_name("fts.db").exists()
    connection = sqlite3.connect(path.with_name("fts.db"))
    if is_kept:
        return connection
    began, size = perf_counter(), 0
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE VIRTUAL TABLE found USING fts5 (title, summary, body, tokenize = 'porter unicode61')")
    with closing(sqlite3.connect(path)) as store:
        rows = store.execute("SELECT id, title, summary, text FROM article")
        while chunk := rows.fetchmany(5_000):
            size += len(chunk)
            connection.executemany("INSERT INTO found (rowid, title, summary, body) VALUES (?, ?, ?, ?)", chunk)
            connection.commit()
    mb = path.with_name("fts.db").stat().st_size / 1e6
    print(f"FTS5: {size / (perf_counter() - began):,.0f} articles/s, {mb:,.0f} MB, the texts in it")
    return connection


def _by_fts(connection: sqlite3.Connection, query: str) -> object:
    words = tokens.exact(query)
    if query.startswith('"'):
        asked = f'"{" ".join(words)}"'
    else:
        asked = " OR ".join(f'"{word}"' for word in words) + ("*" if query.endswith("*") else "")
    return connection.execute(
        """SELECT rowid, snippet(found, 2, '', '', '', 30) FROM found WHERE found MATCH ?
           ORDER BY bm25(found, 4, 2, 1) LIMIT ?""",
        (asked, PAGE),
    ).fetchall()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench.search", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000], help="numbers of articles")
    parser.add_argument("--alone", action="store_true", help="without FTS5")
    parser.add_argument("--keep", type=Path, help="a folder for stores and indexes, used again the next time")
    asked = parser.parse_args()
    asyncio.run(main(asked.sizes, beside=not asked.alone, keep=asked.keep))
