"""Subscriptions that are held by quiet hours, a daily cap or spacing: until when, and the tick that lets them go on."""

from datetime import datetime
from functools import partial

from bot.clock import from_ms, to_ms
from bot.store import subscriptions
from bot.store.db import Store, Transaction
from bot.store.restraints import moments

CHUNK = 500

_OVER = """SELECT id FROM subscription WHERE quiet_until <= :now
    UNION SELECT id FROM subscription WHERE held_until <= :now
    UNION SELECT id FROM subscription WHERE day_until <= :now
    LIMIT :limit"""


async def move_on(store: Store) -> int:
    """How many subscriptions had quiet hours, a wait or a day that were over: their next ones are set.

    What waited for that is gathered: it goes out together (store/merging.py).
    """
    moved = 0
    while True:
        rows = await store.read(_OVER, {"now": to_ms(store.now()), "limit": CHUNK})
        if not rows:
            return moved
        await store.write(partial(_move_on, [row["id"] for row in rows]))
        moved += len(rows)


async def _move_on(ids: list[int], tx: Transaction) -> None:
    now = to_ms(tx.now())
    for subscription_id in ids:
        await tx.execute(
            """UPDATE subscription
               SET gathered_until = max(coalesce(gathered_until, 0),
                       CASE WHEN quiet_until <= :now THEN quiet_until ELSE 0 END,
                       CASE WHEN held_until <= :now THEN held_until ELSE 0 END),
                   held_until = CASE WHEN held_until > :now THEN held_until END,
                   posted_today = CASE WHEN day_until <= :now THEN 0 ELSE posted_today END
               WHERE id = :id""",
            {"id": subscription_id, "now": now},
        )
        one = await subscriptions.find(tx, subscription_id)
        if one is not None:
            await tx.execute(
                """UPDATE subscription SET quiet_from = :quiet_from, quiet_until = :quiet_until, day_until = :day_until
                   WHERE id = :id""",
                {"id": one.id, **moments(one, tx.now())},
            )


async def held_until(store: Store, subscription_id: int) -> datetime | None:
    """Until when nothing of it is sent; None: it may go."""
    row = await store.read_one(
        """SELECT nullif(max(CASE WHEN quiet_from <= :now THEN quiet_until ELSE 0 END, coalesce(held_until, 0)), 0)
               AS held_until
           FROM subscription WHERE id = :id""",
        {"id": subscription_id, "now": to_ms(store.now())},
    )
    return None if row is None or row["held_until"] is None else from_ms(row["held_until"])
