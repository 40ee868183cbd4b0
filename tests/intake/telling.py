"""What tests of the door into the store tell it: a story, the feeds that bring it, and documents of several items."""

from bot.intake.decide import distinct
from bot.intake.submit import submit_all
from bot.model import Change, Source, SourceKind, Submission, Submitted
from bot.store import feeds
from bot.store.db import Database

FEED = Source(SourceKind.FEED, "1")
OTHER_FEED = Source(SourceKind.FEED, "2")
STORY = Submission(title="A story", url="https://example.org/a", guid="a", summary="Short.", body="<p>Long.</p>")
LONG = " ".join(f"word{number}" for number in range(30))


async def feed_of(db: Database, name: str = "feed", **kind: int) -> Source:
    feed = await feeds.add(db, f"https://{name}.example.org/feed", name, added_by=kind.get("added_by"))
    await feeds.polled(db, feed.id, etag="", last_modified="", title=name, next_check_at=db.now())
    return Source(SourceKind.FEED, str(feed.id))


async def tell(db: Database, source: Source, *items: Submission, announce: bool = True) -> list[Change]:
    """What became of the items of one document."""
    answers = [answer async for answer in submit_all(db, distinct(items), source, announce=announce)]
    return [answer.change for answer in answers if isinstance(answer, Submitted)]
