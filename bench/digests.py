"""5,000 digests that are due in one minute among 100,000: what planning one costs besides rendering."""

import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.delivery import digesting
from bot.model import ArticleState, NewArticle, Source, SourceKind
from bot.store import articles
from bot.store.db import Database

SUBSCRIPTIONS, DUE, ARTICLES, FILTERS = 100_000, 5_000, 20, 10
ROUNDS = 3
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def main(subscriptions: int = SUBSCRIPTIONS, due: int = DUE) -> None:
    now = START
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "digests.db", clock=lambda: now)
        try:
            await _gather(db, subscriptions, due)
            costs = []
            for number in range(1, ROUNDS + 1):
                now = START + timedelta(days=number)
                await _announce(db, now, (number - 1) * ARTICLES)
                began, cpu = time.perf_counter(), time.process_time()
                made = await digesting.due(db)
                took, used = time.perf_counter() - began, time.process_time() - cpu
                assert made == due, made
                costs.append(1e6 * took / made)
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(
                    f"round {number}: {made} digests in {took:.2f} s, {costs[-1]:.0f} us each "
                    f"(CPU {1e6 * used / made:.0f} us), resident at most {memory:.0f} MB"
                )
        finally:
            await db.close()
    print(f"digests: median {sorted(costs)[ROUNDS // 2]:.0f} us a due digest (goal <= 100)")


async def _gather(db: Database, subscriptions: int, due: int) -> None:
    """Each in a channel of its own, every tenth with the same filter; the first ones are due each day at nine."""
    first, later = _ms(START + timedelta(days=1)), _ms(START + timedelta(days=300))
    params = {"many": subscriptions, "due": due, "first": first, "later": later, "filters": FILTERS}
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
    await db.execute(
        f"""{numbers} INSERT INTO chat (id, kind, title, language, state)
            SELECT -1000000000000 - i, 'channel', 'Channel', 'en', 'active' FROM n""",
        {"many": subscriptions},
    )
    tags = """json_object('tags', json_array('tag' || (i % :filters)))"""
    await db.execute(
        f"""{numbers} INSERT INTO subscription (chat_id, topic_id, mode, times, weekdays, timezone, next_run_at, filter,
                filter_key, started_seq, created_at)
            SELECT -1000000000000 - i, 0, 'digest', '["09:00"]', '[0, 1, 2, 3, 4, 5, 6]', 'UTC',
                CASE WHEN i <= :due THEN :first ELSE :later + i END, {tags}, {tags}, 0, 0 FROM n""",
        params,
    )


async def _announce(db: Database, now: datetime, after: int) -> None:
    """Articles with half of the tags each, so that a digest holds ten of twenty."""
    for number in range(after, after + ARTICLES):
        title = f"Article {number}"
        tags = tuple(f"tag{tag}" for tag in range(FILTERS) if (tag + number) % 2)
        new = NewArticle(
            title=title, url=None, canonical_url=None, guid=title, summary="", body="", text="Some words. " * 200,
            author="", language="en", tags=tags, image_url=None, enclosures=(), published_at=now,
            state=ArticleState.PUBLISHED, content_hash=title,
        )  # fmt: skip
        await articles.add(db, new, Source(SourceKind.FILE, "bench"), announce=True)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
