"""The inbox: Telegram's updates, kept from before it is told to forget them until they are handled."""

import json
from collections.abc import Sequence
from typing import Any

from bot.clock import to_ms
from bot.store.db import Store, Transaction


async def take(store: Store, updates: Sequence[dict[str, Any]]) -> list[int]:
    """The update_ids that are new, in order, now safely kept; those taken before are left as they are."""

    async def work(tx: Transaction) -> list[int]:
        new: list[int] = []
        for update in updates:
            rows = await tx.execute(
                """INSERT INTO inbox (update_id, data, taken_at) VALUES (:update_id, :data, :now)
                   ON CONFLICT (update_id) DO NOTHING
                   RETURNING update_id""",
                {"update_id": update["update_id"], "data": json.dumps(update), "now": to_ms(tx.now())},
            )
            new += [int(row["update_id"]) for row in rows]
        return sorted(new)

    return await store.write(work) if updates else []


async def pending(store: Store) -> list[tuple[int, dict[str, Any]]]:
    """What is taken and not yet handled, in Telegram's order: (update_id, update)."""
    rows = await store.read("SELECT update_id, data FROM inbox WHERE handled_at IS NULL ORDER BY update_id")
    return [(row["update_id"], json.loads(row["data"])) for row in rows]


async def begin_attempt(store: Store, update_id: int) -> int:
    """Which attempt at handling it this is, from 1: an update that brings the program down is given up some time."""
    rows = await store.execute(
        "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = :id RETURNING attempts", {"id": update_id}
    )
    return int(rows[0]["attempts"]) if rows else 1


async def mark_handled(store: Store, update_id: int) -> bool:
    """It is done. Within the transaction of its effect, the effect happens once. False: it was done before."""
    rows = await store.execute(
        "UPDATE inbox SET handled_at = :now WHERE update_id = :id AND handled_at IS NULL RETURNING update_id",
        {"id": update_id, "now": to_ms(store.now())},
    )
    return bool(rows)


async def forget_confirmed(store: Store, below: int) -> None:
    """Drops handled updates that Telegram will not send again, its offset having moved to `below`."""
    await store.execute("DELETE FROM inbox WHERE update_id < :below AND handled_at IS NOT NULL", {"below": below})
