"""5,000 digests that are due in one minute among 100,000: what planning one costs besides rendering.

Their schedules, zones and filters differ. Some are sorted by reads, some were shown to their admins half an hour ahead.
"""

import json
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from bot import filters
from bot.delivery import approving, digesting
from bot.delivery.plan import plan
from bot.model import ArticleState, Filter, NewArticle, Source, SourceKind
from bot.store import articles
from bot.store.db import Database

SUBSCRIPTIONS, DUE, ARTICLES, TAGS = 100_000, 5_000, 20, 10
ROUNDS = 3
START = datetime(2026, 11, 24, 9, tzinfo=UTC)
AHEAD = timedelta(minutes=30)
# What nine o'clock is there, and weekdays that hold those of the rounds.
ZONES = (
    ('["09:00"]', "UTC"), ('["10:00"]', "Europe/Berlin"),
    ('["06:00"]', "America/Sao_Paulo"), ('["14:30"]', "Asia/Kolkata"),
)  # fmt: skip
WEEKDAYS = ("[0, 1, 2, 3, 4, 5, 6]", "[0, 1, 2, 3, 4]", "[2, 3, 4]")
SELECTIONS = ("{}",) * 17 + ('{"order": "most_read", "at_most": 5}',) * 2 + ('{"approve_minutes": 30}',)


class Clock:
    """Goes on from where it is set."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def set(self, at: datetime) -> None:
        self._at, self._since = at, time.perf_counter()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.perf_counter() - self._since)


async def main(subscriptions: int = SUBSCRIPTIONS, due: int = DUE) -> None:
    clock = Clock(START)
    with tempfile.TemporaryDirectory() as folder:
        db = await Database.open(Path(folder) / "digests.db", clock=clock)
        try:
            await _gather(db, subscriptions, due)
            costs, before = [], _resident_mb()
            for number in range(1, ROUNDS + 1):
                clock.set(START + timedelta(days=number) - AHEAD)
                await _announce(db, clock(), (number - 1) * ARTICLES)
                began = time.perf_counter()
                proposed = await approving.propose(db)
                ahead = time.perf_counter() - began
                clock.set(START + timedelta(days=number))
                began, cpu = time.perf_counter(), time.process_time()
                released = await approving.release(db)
                made = released + await digesting.due(db)
                took, used = time.perf_counter() - began, time.process_time() - cpu
                assert made == due, made
                assert released == proposed > 0, (released, proposed)
                costs.append(1e6 * took / made)
                print(
                    f"round {number}: {made} digests in {took:.2f} s, {costs[-1]:.0f} us each "
                    f"(CPU {1e6 * used / made:.0f} us); {proposed} of them proposed before in {ahead:.2f} s"
                )
            print(f"resident at most {before:.0f} MB before the first, {_resident_mb():.0f} MB after the last")
        finally:
            await db.close()
    print(f"digests: median {sorted(costs)[ROUNDS // 2]:.0f} us a due digest (goal <= 100)")


async def _gather(db: Database, subscriptions: int, due: int) -> None:
    """Each in a channel of its own; the first ones are due each day at nine, of all kinds alike."""
    wanted = [
        Filter(tags=(f"tag{i % TAGS}",), excluded=(f"never {i}",) if i >= TAGS else (), languages=languages)
        for i, languages in product(range(2 * TAGS), ((), ("en",)))
    ]
    params = {
        "many": subscriptions,
        "due": due,
        "first": _ms(START + timedelta(days=1)),
        "later": _ms(START + timedelta(days=300)),
        "filters": json.dumps([[filters.to_json(one), filters.key_of(one)] for one in wanted]),
        "schedules": json.dumps([[times, days, zone] for times, zone in ZONES for days in WEEKDAYS]),
        "selections": json.dumps(SELECTIONS),
    }
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
    await db.execute(
        f"""{numbers} INSERT INTO chat (id, kind, title, language, state)
            SELECT -1000000000000 - i, 'channel', 'Channel', 'en', 'active' FROM n""",
        params,
    )
    await db.execute(
        f"""{numbers} INSERT INTO subscription (chat_id, topic_id, mode, times, weekdays, timezone, next_run_at, filter,
                filter_key, selection, started_seq, created_by, created_at)
            SELECT -1000000000000 - i, 0, 'digest', json_extract(s.value, '$[0]'), json_extract(s.value, '$[1]'),
                json_extract(s.value, '$[2]'), CASE WHEN i <= :due THEN :first ELSE :later + i END,
                json_extract(f.value, '$[0]'), json_extract(f.value, '$[1]'), c.value, 0, 1, 0
            FROM n
            JOIN json_each(:schedules) s ON s.key = i % json_array_length(:schedules)
            JOIN json_each(:filters) f ON f.key = i / 7 % json_array_length(:filters)
            JOIN json_each(:selections) c ON c.key = i / 11 % json_array_length(:selections)""",
        params,
    )


async def _announce(db: Database, now: datetime, after: int) -> None:
    """Articles with half of the tags each, so that a digest holds ten of twenty."""
    for number in range(after, after + ARTICLES):
        title = f"Article {number}"
        tags = tuple(f"tag{tag}" for tag in range(TAGS) if (tag + number) % 2)
        new = NewArticle(
            title=title, url=None, canonical_url=None, guid=title, summary="", body="", text="Some words. " * 200,
            author="", language="en", tags=tags, image_url=None, enclosures=(), published_at=now,
            state=ArticleState.PUBLISHED, content_hash=title,
        )  # fmt: skip
        await articles.add(db, new, Source(SourceKind.FILE, "bench"), announce=True)
    await plan(db)


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
