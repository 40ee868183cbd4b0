"""What a file holds goes into the store: articles through the one door, feeds among those that are followed."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.errors import FetchError, RefusedItem
from bot.intake import submit
from bot.intake.files import Item
from bot.model import Change, FeedToFollow, Source, Submission
from bot.store import feeds
from bot.store.db import Database, Transaction

Items = Iterable[Item]

MAX_REASONS: Final = 10_000
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item, or would. `change` None: it is refused, for the `reason`."""

    title: str
    change: Change | None
    reason: str = ""
    is_feed: bool = False


@dataclass(slots=True)
class Tally:
    """How many items came to what. A duplicate counts as unchanged."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    feeds: int = 0  # of those added
    refused: int = 0
    reasons: list[str] = field(default_factory=list)  # of the first 10,000 refused

    @property
    def total(self) -> int:
        return self.added + self.changed + self.unchanged + self.refused

    def count(self, outcome: Outcome) -> str:
        """Counts it; the word for what became of it."""
        match outcome.change:
            case None:
                self.refused += 1
                if len(self.reasons) < MAX_REASONS:
                    self.reasons.append(outcome.reason)
                return "refused"
            case Change.NEW:
                self.added += 1
                self.feeds += outcome.is_feed
                return "added"
            case Change.CHANGED:
                self.changed += 1
                return "changed"
            case _:
                self.unchanged += 1
                return "unchanged"


async def take(
    db: Database,
    items: Items,
    source: Source,
    *,
    announce: bool,
    judge: Callable[[str], None],
    is_trial: bool = False,
    added_by: int | None = None,
) -> AsyncIterator[Outcome]:
    """An outcome for each item; feeds come last. `is_trial` says what would become of them and stores nothing.

    `judge` raises FetchError for the address of a feed that the rules forbid to fetch (address.Rules.judge): such a
    feed is refused, rather than followed in vain. `added_by`: the maintainer who follows the feeds, None from the
    command line.
    """
    asked: list[FeedToFollow] = []
    handed: deque[Submission | RefusedItem] = deque()
    number = 0

    def submissions() -> Iterator[Submission | RefusedItem]:
        for given in items:
            item = _judged(given, judge, source.key)
            if isinstance(item, FeedToFollow):
                asked.append(item)
            else:
                handed.append(item)
                yield item

    async for answer in submit.submit_all(db, submissions(), source, announce=announce, is_trial=is_trial):
        item, number = handed.popleft(), number + 1
        if isinstance(item, RefusedItem):
            yield Outcome("", None, str(item))
        elif isinstance(answer, RefusedItem):
            yield Outcome(item.title, None, f"{source.key} item {number}, {item.title[:80]!r}: {answer}")
        else:
            yield Outcome(item.title, answer.change)
    for some in _batches(asked):
        for feed, is_new in zip(some, await _follow(db, some, added_by, is_trial=is_trial), strict=True):
            yield Outcome(feed.title or feed.url, Change.NEW if is_new else Change.SAME, is_feed=True)


def _judged(item: Item, judge: Callable[[str], None], where: str) -> Item:
    if isinstance(item, FeedToFollow):
        try:
            judge(item.url)
        except FetchError as error:
            return RefusedItem(f"{where}: `xmlUrl` of {item.title[:80]!r}: {error}")
    return item


def _batches(asked: list[FeedToFollow]) -> Iterator[list[FeedToFollow]]:
    return (asked[at : at + _BATCH] for at in range(0, len(asked), _BATCH))


async def _follow(db: Database, some: list[FeedToFollow], added_by: int | None, *, is_trial: bool) -> list[bool]:
    if is_trial:
        return [await feeds.find(db, feed.url) is None for feed in some]

    async def work(tx: Transaction) -> list[bool]:
        return [await feeds.follow(tx, feed, added_by) for feed in some]

    return await db.write(work)
