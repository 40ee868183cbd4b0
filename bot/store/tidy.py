"""What is kept no longer than it is needed: forgotten, or folded into counts, a chunk at a time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.clock import to_ms
from bot.store import reads
from bot.store.db import Database, Params, Row, Transaction

INBOX = timedelta(days=2)  # Telegram sends an update again for at most a day
NOTICES = timedelta(days=90)
DELIVERIES = timedelta(days=90)  # after they ended
READS = timedelta(days=400)  # longer than the longest period of /top
CHUNK = 1000  # rows in one transaction
DAY_MS = 86_400_000

# A digest's articles are needed for as long as its delivery is there; its run, for as long as it is the last one of its
# subscription: it says where the next one begins.
RUNS = """SELECT r.id FROM digest_run r WHERE r.id IN ({ids})
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.digest_run_id = r.id)"""
LAST = """r.until_seq IS NOT NULL
    AND EXISTS (SELECT 1 FROM subscription s WHERE s.id = r.subscription_id)
    AND NOT EXISTS (SELECT 1 FROM digest_run n
                    WHERE n.subscription_id = r.subscription_id AND n.until_seq > r.until_seq)"""


async def tidy(db: Database) -> None:
    """Forgets updates that were handled and notices that were sent long ago, folds old deliveries and reads into
    counts, and lets SQLite renew its statistics."""
    await db.execute("DELETE FROM inbox WHERE handled_at < :before", {"before": to_ms(db.now() - INBOX)})
    await db.execute("DELETE FROM notice WHERE sent_at < :before", {"before": to_ms(db.now() - NOTICES)})
    await fold_deliveries(db)
    await _forget_looks(db)
    await _forget_proposals(db)
    await fold_reads(db)
    await db.execute("PRAGMA analysis_limit = 400")  # rows looked at an index: else the writer stood still meanwhile
    await db.execute("PRAGMA optimize")


async def fold_deliveries(db: Database, chunk: int = CHUNK) -> None:
    """Of deliveries that ended long ago only their number is kept, by day, kind and state."""
    before = to_ms(db.now() - DELIVERIES)
    after = 0
    while True:  # what was made after `before` did not end before it, and ids are given in that order
        [page] = await db.read(
            """SELECT max(id) AS last, min(created_at) AS made_at
               FROM (SELECT id, created_at FROM delivery WHERE id > :after ORDER BY id LIMIT :chunk) page""",
            {"after": after, "chunk": chunk},
        )
        if page["last"] is None or page["made_at"] >= before:
            return
        await db.write(_fold_span({"after": after, "last": page["last"], "before": before, "day_ms": DAY_MS}))
        after = page["last"]


def _fold_span(span: Params) -> Callable[[Transaction], Awaitable[None]]:
    old = "id > :after AND id <= :last AND ended_at < :before"

    async def work(tx: Transaction) -> None:
        await tx.execute(
            f"""INSERT INTO delivery_count (day, kind, state, deliveries)
                SELECT ended_at / :day_ms, kind, state, count(*) FROM delivery WHERE {old}
                GROUP BY ended_at / :day_ms, kind, state
                ON CONFLICT (day, kind, state) DO UPDATE SET deliveries = deliveries + excluded.deliveries""",
            span,
        )
        gone = await tx.execute(f"DELETE FROM delivery WHERE {old} RETURNING digest_run_id", span)
        await _forget_runs(tx, gone)

    return work


async def _forget_runs(tx: Transaction, gone: list[Row]) -> None:
    names = {f"run{row['digest_run_id']}": row["digest_run_id"] for row in gone if row["digest_run_id"] is not None}
    if names:
        runs = RUNS.format(ids=", ".join(f":{name}" for name in names))
        await tx.execute(f"DELETE FROM digest_item WHERE digest_run_id IN ({runs})", names)
        await tx.execute(f"DELETE FROM digest_run WHERE id IN ({runs} AND NOT ({LAST}))", names)


async def _forget_looks(db: Database) -> None:
    """Those that no delivery has any more."""
    await db.execute(
        """DELETE FROM former_look AS f
           WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.former_look_id = f.id)"""
    )


async def _forget_proposals(db: Database) -> None:
    """Those that were never sent; the others go with their deliveries."""
    await db.execute(
        f"""DELETE FROM digest_run WHERE id IN (
                SELECT r.id FROM proposal p JOIN digest_run r ON r.id = p.digest_run_id
                WHERE p.due_at < :before AND p.state NOT IN ('asked', 'approved', 'sent')
                    AND NOT EXISTS (SELECT 1 FROM digest_item i WHERE i.digest_run_id = r.id) AND NOT ({LAST}))""",
        {"before": to_ms(db.now() - DELIVERIES)},
    )


async def fold_reads(db: Database, chunk: int = CHUNK) -> None:
    """Of reads of long ago only their number is kept, by article and day: who read is forgotten."""
    before = to_ms(db.now() - READS)
    await reads.refresh(db)  # what is folded must have left every period of /top

    async def work(tx: Transaction) -> bool:
        [page] = await tx.execute(
            """SELECT max(read_at) AS last
               FROM (SELECT read_at FROM read WHERE read_at < :before ORDER BY read_at LIMIT :chunk) page""",
            {"before": before, "chunk": chunk},
        )
        if page["last"] is None:
            return False
        await tx.execute(
            """INSERT INTO read_count (article_id, day, reads)
               SELECT article_id, day, count(*) FROM read WHERE read_at <= :last GROUP BY article_id, day
               ON CONFLICT (article_id, day) DO UPDATE SET reads = reads + excluded.reads""",
            {"last": page["last"]},
        )
        await tx.execute("DELETE FROM read WHERE read_at <= :last", {"last": page["last"]})
        return True

    while await db.write(work):
        pass
