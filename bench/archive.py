"""Archives of any size to search in: seeded, words as frequent as in a language (Zipf), begun by real sentences."""

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import regex

from bot.clock import to_ms
from bot.language import commonest
from bot.store.db import Database, Transaction
from tests.clock import START

VOCABULARY = 300_000
WORDS = 250  # of an article, about 1.7 kB
ZIPF, SHIFT = 1.07, 2.7  # as measured in newspapers, about
CHUNK = 2_000
MINUTE_MS = 60_000
_TAG = regex.compile(r"<[^>]*>")


def vocabulary(rng: np.random.Generator) -> list[str]:
    """Words, the commonest first: English ones, then some that sound like words."""
    known = dict.fromkeys(commonest()["en"])
    onsets = [*"bcdfghlmnprstv", "br", "st", "tr", "ch", "pl"]
    vowels, codas = "aeiou", ["", "n", "r", "s", "l", "t"]
    while len(known) < VOCABULARY:
        syllables = rng.integers(1, 5)
        word = "".join(onsets[rng.integers(len(onsets))] + vowels[rng.integers(5)] for _ in range(syllables))
        known[word + codas[rng.integers(len(codas))]] = None
    return list(known)


def articles(count: int, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Rows of the table article. The same count and seed give the same ones."""
    rng = np.random.default_rng(seed)
    words = np.array(vocabulary(rng), dtype=object)
    shares = 1 / (np.arange(len(words)) + SHIFT) ** ZIPF
    until = np.cumsum(shares / shares.sum())
    real = _sentences()
    number = 0
    while number < count:
        drawn = words[np.minimum(np.searchsorted(until, rng.random((CHUNK, WORDS))), len(words) - 1)]
        for row in drawn[: count - number]:
            number += 1
            yield {
                "id": number,
                "title": " ".join(row[:7]).capitalize(),
                "summary": " ".join(row[7:25]).capitalize() + ".",
                "text": f"{real[number % len(real)]} {' '.join(row)}.",
                "published_at": to_ms(START) - (count - number) * MINUTE_MS,
            }


def _sentences() -> list[str]:
    lines = (files("bot.demo") / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [_TAG.sub(" ", json.loads(line).get("body", "")) for line in lines]
    return [text.split(". ")[0].strip() + "." for text in texts if text.isascii()]


async def fill(path: Path, count: int) -> None:
    """A store with so many articles, written without the ways of intake."""
    db = await Database.open(path)
    try:
        rows = articles(count)
        while chunk := list(islice(rows, CHUNK)):

            async def write(tx: Transaction, chunk: list[dict[str, Any]] = chunk) -> None:
                await tx.executemany(
                    """INSERT INTO article (id, url, canonical_url, title, summary, body, text, author, language, tags,
                           image_url, enclosures, state, published_at, changed_seq, content_hash, revision, created_at)
                       VALUES (:id, NULL, 'x:' || :id, :title, :summary, '', :text, 'Ann Lee', 'en', '[]', NULL, '[]',
                           'published', :published_at, :id, :id, 1, :published_at)""",
                    chunk,
                )
                await tx.execute("UPDATE sequence SET value = :last WHERE name = 'changed'", {"last": chunk[-1]["id"]})

            await db.write(write)
    finally:
        await db.close()
