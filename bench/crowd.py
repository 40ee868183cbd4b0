"""A store with so many people in it, who all want every article."""

import shutil
from pathlib import Path

from bot.model import ArticleState, NewArticle, Source, SourceKind
from bot.store import articles
from bot.store.db import Database

# Their numbers are as far apart as Telegram's are, and those who subscribe do so in no order of them.
FIRST, STEP, PRIME = 1_000_000_000, 7_919, 999_999_937
COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people)"


async def gather(store: Path, people: int) -> None:
    """A new store with so many subscribed people."""
    db = await Database.open(store)
    try:
        await db.execute(
            f"""{COUNT}
                INSERT INTO chat (id, kind, title, language, state, started)
                SELECT {FIRST} + i * {STEP} % {PRIME}, 'private', 'Reader ' || i, 'en', 'active', 1 FROM n""",
            {"people": people},
        )
        await db.execute(
            f"""{COUNT}
                INSERT INTO subscription (chat_id, topic_id, mode, times, weekdays, timezone, filter, filter_key,
                    started_seq, created_at)
                SELECT {FIRST} + i * {STEP} % {PRIME}, 0, 'instant', '["09:00"]', '[0, 1, 2, 3, 4, 5, 6]', 'UTC',
                    '{{}}', '{{}}', 0, 1 FROM n""",
            {"people": people},
        )
    finally:
        await db.close()


async def announce(db: Database, number: int = 1) -> int:
    """The id of a new article of about 1 kB, announced."""
    text = " ".join(["The ferry comes at nine and brings bread and paper to the harbour."] * 12)
    new = NewArticle(
        title=f"Story {number} of the lighthouse",
        url=f"https://example.org/bench/{number}",
        canonical_url=f"https://example.org/bench/{number}",
        guid=f"bench {number}",
        summary=text[:200],
        body=f"<p>{text}</p>",
        text=text,
        author="",
        language="en",
        tags=("harbour", "bread"),
        image_url=None,
        enclosures=(),
        published_at=db.now(),
        state=ArticleState.PUBLISHED,
        content_hash=f"bench {number}",
    )
    return await articles.add(db, new, Source(SourceKind.FILE, "bench"), announce=True)


def copy(store: Path, name: str) -> Path:
    """The same store again, for a measurement of its own."""
    return Path(shutil.copy(store, store.with_name(name)))
