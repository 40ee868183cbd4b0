"""A restored store: it sends nothing until an owner confirms, for it does not know what was sent since it was copied.

The mark is a setting. While it stands nothing is claimed, planned, made into a digest or told, but for the question
itself; what people ask is answered, and feeds are read.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.model import NoticeKind, ProposalState, Role
from bot.store import maintainers, notices, proposals, settings, unwanted
from bot.store.articles import last_announced_seq
from bot.store.db import Store, Transaction

MADE_AT = "backup_made_at"  # in a backup: Unix milliseconds
KEY = "restored"


@dataclass(frozen=True, slots=True)
class Restored:
    """When the copy was made (None: it does not say) and when it was put back."""

    made_at: datetime | None
    restored_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What would go out now: deliveries that wait, and announced articles that have no deliveries yet."""

    pushes: int
    articles: int


def mark(connection: sqlite3.Connection, now: datetime) -> Restored:
    """Marks a store that nobody else has open. It has no sign of life from a bot any more."""
    found = dict(connection.execute("SELECT key, value FROM setting WHERE key IN (?, 'heartbeat')", (MADE_AT,)))
    made = found.get(MADE_AT, found.get("heartbeat"))  # a plain copy says when its bot last lived
    value = json.dumps({"made_at": None if made is None else int(made), "restored_at": to_ms(now)})
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM setting WHERE key IN (?, 'heartbeat')", (MADE_AT,))
    connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (KEY, value))
    connection.execute("COMMIT")
    return _read(value)


async def find(store: Store) -> Restored | None:
    """The mark; None: the store sends."""
    value = await settings.get(store, KEY)
    return None if value is None else _read(value)


async def due(store: Store) -> Due:
    """What resuming would send, as of now."""
    row = await store.read_one(
        """SELECT (SELECT count(*) FROM delivery WHERE state = 'pending' AND kind = 'post') AS pushes,
               (SELECT count(*) FROM article
                WHERE state = 'published' AND announced_seq > (SELECT announced_seq FROM plan_cursor WHERE id = 1)
               ) AS articles"""
    )
    assert row is not None
    return Due(row["pushes"], row["articles"])


async def ask(store: Store) -> bool:
    """Whether a mark stands; then every owner is asked (again) what to do."""

    async def work(tx: Transaction) -> bool:
        found = await find(tx)
        if found is None:
            return False
        for maintainer in await maintainers.list(tx):
            if maintainer.role is Role.OWNER:
                data = {"restored_at": to_ms(found.restored_at)}
                await notices.add(tx, maintainer.person_id, NoticeKind.STORE_RESTORED, data)
        return True

    return await store.write(work)


async def resume(store: Store, *, drop: bool) -> Due | None:
    """Takes the mark away: what was due goes out, or with `drop` is dropped. Returns how much; None: no mark stood.

    To drop also means that no digest brings what was announced until now, and that a feed's first reading since the
    restoration announces nothing: much of what it holds has been sent before. What may have arrived stays in doubt.
    """

    async def work(tx: Transaction) -> Due | None:
        found = await find(tx)
        if found is None:
            return None
        waiting = await due(tx)
        if drop:
            await _drop(tx, found)
        await tx.execute("DELETE FROM setting WHERE key = :key", {"key": KEY})
        await tx.execute(
            "UPDATE notice SET sent_at = :now WHERE kind = :kind AND sent_at IS NULL",
            {"now": to_ms(tx.now()), "kind": NoticeKind.STORE_RESTORED},
        )
        return waiting

    return await store.write(work)


async def _drop(tx: Transaction, found: Restored) -> None:
    now, restored_at = to_ms(tx.now()), to_ms(found.restored_at)
    seq = await last_announced_seq(tx)
    await unwanted.end_waiting(tx, "kind = 'post'", {}, "dropped")
    for proposal in await proposals.all_open(tx):
        await proposals.give_up(tx, proposal, ProposalState.MISSED)
    await tx.execute("UPDATE plan_cursor SET announced_seq = :seq, filter_key = '' WHERE id = 1", {"seq": seq})
    await tx.execute("UPDATE subscription SET started_seq = :seq WHERE started_seq < :seq", {"seq": seq})
    await tx.execute("UPDATE feed SET polled_at = NULL WHERE polled_at < :restored_at", {"restored_at": restored_at})
    await tx.execute(
        "UPDATE notice SET sent_at = :now WHERE sent_at IS NULL AND created_at < :restored_at",
        {"now": now, "restored_at": restored_at},
    )


def _read(value: str) -> Restored:
    kept = json.loads(value)
    made_at = kept["made_at"]
    return Restored(None if made_at is None else from_ms(made_at), from_ms(kept["restored_at"]))
