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

STEP = timedelta(hours=6)
_NAME = re.compile(r"[a-z]+\d*x\d+")


@dataclass
class Verdict:
    """By the feed's traits: stories announced more than once, never, and although the first document had them."""

    repeated: dict[str, list[str]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    early: dict[str, list[str]] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    announced: int = 0

    def faults(self) -> list[str]:
        """A line for each feed, and kind of fault, that went wrong."""
        found = [("repeated", self.repeated), ("lost", self.lost), ("announced of old", self.early)]
        lines = [f"{kind}: {len(names)} of {what}" for kind, feeds in found for what, names in feeds.items()]
        return lines + [f"announced, and of nobody: {name}" for name in self.strangers]


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
    archive = {name for feed in tortured for name in feed.first or ()}
    for feed in tortured:
        what = f"{feed.name}: {', '.join(feed.traits)}"
        for found, names in (
            (verdict.repeated, {name for name in feed.later if told[name] > 1}),
            (verdict.lost, {name for name in feed.later - archive if told[name] == 0}),
            (verdict.early, {name for name in feed.first or () if told[name]}),
        ):
            if names:
                found[what] = sorted(names)
    verdict.strangers = sorted(set(told).difference(archive, *(feed.later for feed in tortured)))
    return verdict
