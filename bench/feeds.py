"""`python -m bench.feeds FOLDER`: the share of feed documents that are read fully right, by category.

The folder holds cases.jsonl (documents with expectations), extra.jsonl (must not crash or stall) and docs/. The rules
of comparison: only fields present are expected; titles, summaries and contents as text (tags stripped, entities
decoded, white space ignored), links and ids exactly, authors by containment, instants to the second; `date` is
published or updated.
"""

import argparse
import asyncio
import html
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.errors import FeedError
from bot.intake.fetch import base_url
from bot.intake.parsing import Parsers
from bot.intake.preview import entry_fields, feed_fields

_TEXT = {"title", "summary", "content"}
_INSTANTS = {"published", "updated"}


def compare(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """A sentence for each expectation of a feed document that does not hold."""
    misses = [f"feed.{miss}" for miss in _fields(expected.get("feed", {}), got["feed"])]
    count = expected.get("entry_count")
    if count is not None and count != len(got["entries"]):
        misses.append(f"entry_count: expected {count}, got {len(got['entries'])}")
    for entry in expected.get("entries", []):
        index = entry.get("index", 0)
        if index >= len(got["entries"]):
            misses.append(f"entries[{index}]: absent")
        else:
            misses.extend(f"entries[{index}].{miss}" for miss in _fields(entry, got["entries"][index]))
    return misses


def _fields(expected: dict[str, Any], got: dict[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if name != "index" and not _holds(name, value, got):
            yield f"{name}: expected {value!r}, got {got.get(name.partition('_')[0])!r}"


def _holds(name: str, value: object, got: dict[str, Any]) -> bool:
    if name in _TEXT:
        return _as_text(str(value)) == _as_text(got.get(name) or "")
    if name.startswith("author"):
        parts = value.values() if isinstance(value, dict) else [value]
        return all(_squeezed(str(part)) in _squeezed(got.get("author") or "") for part in parts if part)
    if name == "date":
        return value in (got.get("published"), got.get("updated"))
    if name in _INSTANTS:
        return bool(value == got.get(name))
    return bool((value or "") == (got.get(name) or ""))


def _as_text(value: str) -> str:
    return _squeezed(html.unescape(re.sub(r"<[^>]*>", "", value)))


def _squeezed(value: str) -> str:
    return "".join(value.split())


async def read(parsers: Parsers, folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    """The document as `preview --json` shows it."""
    headers = {name.lower(): value for name, value in case.get("headers", {}).items()}
    parsed = await parsers.feed(
        (folder / case["file"]).read_bytes(),
        content_type=headers.get("content-type", ""),
        url=base_url(case.get("base_url"), headers.get("content-location")),
        language=headers.get("content-language", ""),
    )
    return {"feed": feed_fields(parsed.feed), "entries": [entry_fields(entry) for entry in parsed.entries]}


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


async def measure(folder: Path, *, verbose: bool) -> None:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    slowest = (0.0, "")
    async with Parsers() as parsers:
        for case in records(folder / "cases.jsonl"):
            started = time.perf_counter()
            try:
                misses = compare(case["expect"], await read(parsers, folder, case))
            except FeedError as error:
                misses = [str(error)]
            slowest = max(slowest, (time.perf_counter() - started, case["id"]))
            category = f"{case['source']} {case['category']}"
            total[category] += 1
            right[category] += not misses
            if misses and verbose:
                print(case["id"], *misses, sep="\n    ")
        refused = 0
        extra = records(folder / "extra.jsonl")
        for case in extra:
            started = time.perf_counter()
            try:
                await read(parsers, folder, case)
            except FeedError as error:
                refused += 1
                if verbose:
                    print(case["id"], error, sep="\n    ")
            slowest = max(slowest, (time.perf_counter() - started, case["id"]))
    report(total, right)
    print(f"extra: {len(extra)} documents, {len(extra) - refused} read, {refused} refused with a sentence, 0 crashed")
    print(f"slowest: {slowest[0]:.3f} s, {slowest[1]}")


def report(total: Counter[str], right: Counter[str]) -> None:
    for category in sorted(total):
        print(f"{right[category]:4} of {total[category]:4}  {right[category] / total[category]:6.1%}  {category}")
    easy = ("wellformed/sanitize", "entities", "wellformed/amp")
    kept = [category for category in total if not category.endswith(easy)]
    for name, chosen in (("all", list(total)), ("without sanitize, entities and amp", kept)):
        hits, count = sum(right[c] for c in chosen), sum(total[c] for c in chosen)
        print(f"{hits:4} of {count:4}  {hits / max(count, 1):6.1%}  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.feeds", description="The share of feed documents read fully right."
    )
    parser.add_argument("folder", type=Path, help="a folder with cases.jsonl, extra.jsonl and docs/")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was missed")
    given = parser.parse_args()
    if not (given.folder / "cases.jsonl").exists():
        sys.exit(f"{given.folder} holds no cases.jsonl")
    asyncio.run(measure(given.folder, verbose=given.verbose))


if __name__ == "__main__":
    main()
