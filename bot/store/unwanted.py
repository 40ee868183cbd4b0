"""What nobody wants any more (unsubscribed, withdrawn, dropped after a restore) ends.

What of it stands, or may stand, is not forgotten.
"""

from bot.clock import to_ms
from bot.model import DeliveryState
from bot.store.db import Params, Store

# A post in doubt is listed as uncertain; nobody is asked, and numbers tell nothing: those of the attempt in doubt are
# not known any more. What of a digest has gone is all of it.
_STATE = """CASE WHEN kind = 'post' AND doubt_at IS NOT NULL THEN 'uncertain'
        WHEN kind = 'post' AND message_ids <> '[]' THEN 'sent' ELSE 'cancelled' END"""
_END = f"""UPDATE delivery
    SET state = {_STATE}, error = :reason, asked_at = :now, after_id = NULL,
        ended_at = CASE WHEN kind = 'post' AND doubt_at IS NOT NULL THEN NULL ELSE :now END,
        form = CASE WHEN kind = 'post' AND form = '' AND message_ids <> '[]' THEN 'text' ELSE form END,
        attempts = CASE WHEN state = 'sending' THEN attempts - 1 ELSE attempts END"""


async def end_one(store: Store, delivery_id: int, reason: str) -> DeliveryState | None:
    """How the delivery in flight, of which nothing was sent now, has ended; None: it was not in flight."""
    rows = await store.execute(
        f"{_END} WHERE id = :id AND state = 'sending' RETURNING state",
        {"id": delivery_id, "reason": reason, "now": to_ms(store.now())},
    )
    return DeliveryState(rows[0]["state"]) if rows else None


async def end_waiting(store: Store, which: str, params: Params, reason: str) -> None:
    """Ends what is pending `which` (SQL over delivery, with `params`); asks nobody about what of it is uncertain."""
    named = {**params, "reason": reason, "now": to_ms(store.now())}
    await store.execute(f"{_END} WHERE state = 'pending' AND {which}", named)


async def ask_nobody(store: Store, which: str, params: Params) -> None:
    """What is uncertain `which` stays so, until evidence, a maintainer or its expiry ends it."""
    await store.execute(
        f"UPDATE delivery SET asked_at = coalesce(asked_at, :now) WHERE state = 'uncertain' AND {which}",
        {**params, "now": to_ms(store.now())},
    )
