"""Merging: articles that are due together, or too late to go alone, go out as one digest; none is lost on the way."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from bot.clock import to_ms
from bot.store.db import Row, Store, Transaction

ITEMS_LIMIT = 40  # articles of one digest message
PATIENCE = 7  # times expire_after: without a next message by then, what is late expires
CHUNK = 500
# Whether delivery d is an article that has not been tried yet, and may go out inside another one.
SINGLE = "(d.attempts = 0 AND substr(d.dedupe_key, 1, 5) = 'post:')"
# Whether subscription s (all NULL: there is none) lets its deliveries go now.
GOES_ON = """coalesce(s.paused, 0) = 0 AND coalesce(s.suspended, '') = ''
            AND coalesce(s.quiet_from > :now, 1) AND s.held_until IS NULL"""


@dataclass(frozen=True, slots=True)
class Merging:
    """When a destination's articles go out together, and the zone whose date stands above them."""

    burst: int = 5  # more than so many that are due; 0: never
    expire_after: timedelta = timedelta(hours=24)  # older ones do not go alone any more
    zone: tzinfo = UTC

    def params(self, now: datetime) -> dict[str, int]:
        """For the SQL of a claim: what is late, and how many are too many."""
        late = to_ms(now - self.expire_after)
        return {"late": late, "burst": self.burst, "enough": self.burst + 1 if self.burst else 0}


NEVER = {"late": -1, "burst": 0, "enough": 0}  # params of a claim that merges nothing


async def merge(tx: Transaction, head: int, merging: Merging, now: datetime) -> int:
    """The delivery to send in place of `head`, an article that may have company; itself where it has none.

    The oldest of a destination's articles becomes the digest, so that it keeps their place in the chat's order. Each
    article has a row that is merged into it, the oldest one a new row. None comes past a post that must still wait, or
    that goes on its own. What quiet hours, a daily cap or spacing held goes together, however few they are.
    """
    rows = await tx.execute(
        f"""SELECT d.id, d.article_id, d.created_at <= :late AS is_late,
                coalesce(d.created_at < s.gathered_until, 0) AS is_gathered
            FROM delivery h
            JOIN delivery d ON d.state = 'pending' AND d.chat_id = h.chat_id AND d.topic_id = h.topic_id
            LEFT JOIN subscription s ON s.id = d.subscription_id
            WHERE h.id = :head AND {SINGLE} AND d.not_before <= :now
                AND {GOES_ON}
                AND d.id < coalesce((
                    SELECT min(p.id) FROM delivery g  -- not h: else it is looked for again for each article
                    JOIN delivery p ON p.state = 'pending' AND p.chat_id = g.chat_id AND p.topic_id = g.topic_id
                    LEFT JOIN subscription t ON t.id = p.subscription_id
                    WHERE g.id = :head AND p.id > g.id AND p.kind = 'post'
                        AND NOT ({SINGLE.replace("d.", "p.")} AND p.not_before <= :now)
                        AND {GOES_ON.replace("s.", "t.")}), d.id + 1)
            ORDER BY d.id
            LIMIT :limit""",
        {"head": head, "now": to_ms(now), "late": merging.params(now)["late"], "limit": ITEMS_LIMIT},
    )
    is_burst = 0 < merging.burst < len(rows)
    members = rows if is_burst else [row for row in rows if row["is_late"] or row["id"] == head]
    gathered = [row["id"] for row in rows if row["is_gathered"]]
    if head in gathered and not is_burst:  # what stands between them goes along, so that the order is kept
        members = [row for row in rows if row["id"] <= gathered[-1]]
    if len(members) < 2:
        return head
    carrier = int(members[0]["id"])
    run_id = await _add_run(tx, carrier, members, now.astimezone(merging.zone).date().isoformat())
    params = {"carrier": carrier, "now": to_ms(now)}
    await tx.execute(
        """UPDATE delivery SET article_id = NULL, digest_run_id = :run, dedupe_key = 'digest:' || :run
           WHERE id = :carrier""",
        {"carrier": carrier, "run": run_id},
    )
    await tx.execute(
        """INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, article_id, state, not_before, dedupe_key,
               created_at, ended_at, merged_into)
           SELECT subscription_id, chat_id, topic_id, kind, :article_id, 'merged', not_before, 'post:' || :article_id,
               created_at, :now, id
           FROM delivery WHERE id = :carrier""",
        {**params, "article_id": members[0]["article_id"]},
    )
    await tx.executemany(
        "UPDATE delivery SET state = 'merged', ended_at = :now, merged_into = :carrier WHERE id = :id",
        [{**params, "id": row["id"]} for row in members[1:]],
    )
    return carrier


async def expire(store: Store, merging: Merging) -> int:
    """How many articles ended as expired: too late to go alone, and no next message there has taken them along."""
    expired = 0
    params = {"late": to_ms(store.now() - merging.expire_after * PATIENCE), "limit": CHUNK}
    while True:
        rows = await store.read(
            f"""SELECT d.id FROM delivery d
                WHERE d.state = 'pending' AND d.created_at <= :late AND {SINGLE}
                LIMIT :limit""",
            params,
        )
        await store.write(partial(_expire, rows))
        expired += len(rows)
        if len(rows) < CHUNK:
            return expired


async def _expire(rows: list[Row], tx: Transaction) -> None:
    await tx.executemany(
        f"""UPDATE delivery AS d SET state = 'expired', ended_at = :now
            WHERE d.id = :id AND d.state = 'pending' AND {SINGLE}""",
        [{"id": row["id"], "now": to_ms(tx.now())} for row in rows],
    )


async def _add_run(tx: Transaction, carrier: int, members: list[Row], local_date: str) -> int:
    rows = await tx.execute(
        """INSERT INTO digest_run (subscription_id, local_date)
           SELECT subscription_id, :local_date FROM delivery WHERE id = :carrier
           RETURNING id""",
        {"carrier": carrier, "local_date": local_date},
    )
    run_id = int(rows[0]["id"])
    await tx.executemany(
        "INSERT INTO digest_item (digest_run_id, position, article_id) VALUES (:run, :position, :article_id)",
        [
            {"run": run_id, "position": position, "article_id": row["article_id"]}
            for position, row in enumerate(members)
        ],
    )
    return run_id
