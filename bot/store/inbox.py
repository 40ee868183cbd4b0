"""The inbox: Telegram's updates, kept from before it is told to forget them until they are handled."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from bot.clock import to_ms
from bot.store.db import Store


async def take(store: Store, updates: Sequence[dict[str, Any]]) -> list[int]:
    """The update_ids that are new, in order, now safely kept; those taken before are left as they are."""

    if not updates:
        return []
    params: dict[str, Any] = {"now": to_ms(store.now())}
    for number, update in enumerate(updates):
        params |= {f"id{number}": update["update_id"], f"data{number}": json.dumps(update)}
    rows = await store.execute(
        f"""INSERT INTO inbox (update_id, data, taken_at)
            VALUES {", ".join(f"(:id{number}, :data{number}, :now)" for number in range(len(updates)))}
            ON CONFLICT (update_id) DO NOTHING
            RETURNING update_id""",
        params,
    )
    return sorted(int(row["update_id"]) for row in rows)


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


async def mark_handled(store: Store, update_ids: Collection[int]) -> None:
    """They are done. Within the transaction of its effect, an effect happens once."""
    names = {f"id{number}": update_id for number, update_id in enumerate(update_ids)}
    await store.execute(
        f"""UPDATE inbox SET handled_at = :now
            WHERE update_id IN ({", ".join(f":{name}" for name in names)}) AND handled_at IS NULL""",
        {"now": to_ms(store.now()), **names},
    )


async def forget_confirmed(store: Store, below: int) -> None:
    """Drops handled updates that Telegram will not send again, its offset having moved to `below`."""
    await store.execute("DELETE FROM inbox WHERE update_id < :below AND handled_at IS NOT NULL", {"below": below})
