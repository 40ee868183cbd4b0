"""Polls tortured feeds over simulated days, and judges what was announced."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.intake.fetch import Fetcher
from bot.intake.parsing import Parsers
from bot.intake.poll import poll_due
from bot.store import articles, feeds
from bot.store.db import Database
from tests.clock import HandClock
from tests.intake.site import Answer, Site
from tests.torture.feeds import LIFE, TorturedFeed

STEP = timedelta(hours=4)
_NAME = re.compile(r"[a-z]+\d*x\d+")


@dataclass
class Verdict:
    """By the feed's traits: stories announced more than once, never, and although the first document had them."""

    repeated: dict[str, list[str]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    early: dict[str, list[str]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    announced: int = 0

    @property
    def is_good(self) -> bool:
        return not (self.repeated or self.lost or self.early or self.strangers)


async def play(
    db: Database, fetcher: Fetcher, parsers: Parsers, site: Site, clock: HandClock, tortured: Sequence[TorturedFeed]
) -> Verdict:
    for feed in tortured:
        await feeds.add(db, f"{site.url}/{feed.name}")
    until = clock() + LIFE
    while clock() < until:
        for feed in tortured:
            body = feed.document(clock())
            site.pages[f"/{feed.name}"] = Answer(body, status=200 if body else 500)
        await db.execute("UPDATE feed SET next_check_at = 0")  # whatever wait there is, for failures too
        await poll_due(db, fetcher, parsers, clock)
        clock.move(seconds=STEP.total_seconds())
    return await judge(db, tortured)


async def judge(db: Database, tortured: Sequence[TorturedFeed]) -> Verdict:
    """What was announced is known by the names that stand in its words or address."""
    verdict = Verdict()
    told: Counter[str] = Counter()
    for article in await articles.announced_after(db, 0, 1_000_000):
        named = re.findall(_NAME, f"{article.title} {article.text} {article.url}")
        told[named[0] if named else article.title] += 1
        verdict.announced += 1
    known: set[str] = set()
    for feed in tortured:
        what = f"{feed.name}: {', '.join(feed.traits)}"
        first = feed.first or set()
        known |= first | feed.later
        for found, names in (
            (verdict.repeated, {name for name in feed.later if told[name] > 1}),
            (verdict.lost, {name for name in feed.later if told[name] == 0}),
            (verdict.early, {name for name in first if told[name] and not any(name in f.later for f in tortured)}),
        ):
            if names:
                found[what] = sorted(names)
    verdict.strangers = sorted(set(told) - known)
    return verdict
