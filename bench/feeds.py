"""`python -m bench.feeds FOLDER`: the share of feed documents that are read fully right, by category.

The folder holds cases.jsonl (documents with expectations), extra.jsonl (must not crash or stall) and docs/. The rules
of comparison: only fields present are expected; titles, summaries and contents as text (tags stripped, entities
decoded, white space ignored), links and ids exactly, authors by containment, instants to the second; `date` is
published or updated. Misses that are ours by choice (`policy` says which) are counted as misses and listed apart.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import FeedError
from bot.intake.fetch import base_url
from bot.intake.parsing import Parsers
from bot.intake.preview import entry_fields, feed_fields

GOAL = 0.95
_EASY = ("sanitize", "entities", "amp")  # categories of hundreds of documents that are all alike
_TEXT = {"title", "summary", "content"}
_INSTANTS = {"published", "updated"}


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that does not hold. `policy`: why we read it differently by choice; None for a mistake."""

    where: str
    expected: object
    got: object
    policy: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected!r}, got {self.got!r}"


def compare(expected: dict[str, Any], got: dict[str, Any]) -> list[Miss]:
    """The expectations of a feed document that do not hold."""
    misses = list(_fields("feed", expected.get("feed", {}), got["feed"]))
    count = expected.get("entry_count")
    if count is not None and count != len(got["entries"]):
        misses.append(Miss("entry_count", count, len(got["entries"])))
    for entry in expected.get("entries", []):
        index = entry.get("index", 0)
        if index >= len(got["entries"]):
            misses.append(Miss(f"entries[{index}]", "an entry", None))
        else:
            misses.extend(_fields(f"entries[{index}]", entry, got["entries"][index]))
    return misses


def _fields(where: str, expected: dict[str, Any], got: dict[str, Any]) -> Iterator[Miss]:
    for name, value in expected.items():
        if name != "index" and not _holds(name, value, got):
            found = got.get(name.partition("_")[0])
            yield Miss(f"{where}.{name}", value, found, policy(name, str(value), found))


def policy(name: str, expected: str, got: str | None) -> str | None:
    """Why the field is read differently by choice, None where it is not."""
    if name == "link" and got is None:
        if not expected.startswith(("http:", "https:")):
            return "a link is one of the web"
        if "licens" in expected:
            return "a licence is not where an entry is to be read"
    if name.startswith("author") and "<" in expected:
        return "a name holds no tags"
    if name in _TEXT and got and _squeezed(html.unescape(re.sub("</?p>", "", got))) == _squeezed(expected):
        return "text that looks like tags is shown as text"
    return None


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


async def measure(folder: Path) -> bool:
    """Prints what is read right, by category, and what is not; whether the goal is reached."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    mistakes: dict[str, list[Miss]] = {}
    choices: dict[str, list[Miss]] = {}
    slowest = (0.0, "")
    async with Parsers() as parsers:
        for case in records(folder / "cases.jsonl"):
            started = time.perf_counter()
            try:
                misses = compare(case["expect"], await read(parsers, folder, case))
            except FeedError as error:
                misses = [Miss("document", "a feed", str(error))]
            slowest = max(slowest, (time.perf_counter() - started, case["id"]))
            category = f"{case['source']} {case['category']}"
            total[category] += 1
            right[category] += not misses
            if misses:
                is_choice = all(miss.policy for miss in misses)
                (choices if is_choice else mistakes)[case["id"]] = misses
        refused, extra = 0, records(folder / "extra.jsonl")
        for case in extra:
            started = time.perf_counter()
            try:
                await read(parsers, folder, case)
            except FeedError:
                refused += 1
            slowest = max(slowest, (time.perf_counter() - started, case["id"]))
    _list("Read otherwise by choice (policy)", choices)
    _list("Misread", mistakes)
    share = report(total, right)
    print(f"extra: {len(extra)} documents, {len(extra) - refused} read, {refused} refused with a sentence, 0 crashed")
    print(f"slowest: {slowest[0]:.3f} s, {slowest[1]}")
    return share >= GOAL


def _list(heading: str, found: dict[str, list[Miss]]) -> None:
    print(f"{heading}: {len(found)}")
    for case, misses in found.items():
        print(
            f"  {case}", *(f"{miss}" + (f" ({miss.policy})" if miss.policy else "") for miss in misses), sep="\n      "
        )
    print()


def report(total: Counter[str], right: Counter[str]) -> float:
    """Prints the table; the share of documents fully right without the easy categories."""
    for category in sorted(total):
        print(f"{right[category]:4} of {total[category]:4}  {right[category] / total[category]:6.1%}  {category}")
    kept = [category for category in total if not category.endswith(_EASY)]
    share = 0.0
    for name, chosen in (("all", list(total)), ("without sanitize, entities and amp", kept)):
        hits, count = sum(right[c] for c in chosen), sum(total[c] for c in chosen)
        share = hits / max(count, 1)
        print(f"{hits:4} of {count:4}  {share:6.1%}  {name}")
    return share


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.feeds", description="The share of feed documents read fully right."
    )
    parser.add_argument("folder", type=Path, help="a folder with cases.jsonl, extra.jsonl and docs/")
    given = parser.parse_args()
    if not (given.folder / "cases.jsonl").exists():
        sys.exit(f"{given.folder} holds no cases.jsonl: give a folder shaped like tests/data/feeds")
    if not asyncio.run(measure(given.folder)):
        sys.exit(f"less than {GOAL:.0%} are fully right")


if __name__ == "__main__":
    main()
