"""What a subscription's restraint comes to in moments: quiet hours, daily cap, spacing.

Claims compare them (store/merging.py), a tick moves them on (store/held.py), and the trigger delivery_posted counts
what goes out, in the transaction that writes it down.
"""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import localtime
from bot.clock import to_ms
from bot.model import Subscription
from bot.store.db import Transaction

log = logging.getLogger(__name__)


async def decide(tx: Transaction, one: Subscription) -> None:
    """Its restraint or its zone was changed: the new one holds from now on, with what was posted today counted."""
    now = to_ms(tx.now())
    await tx.execute(
        """UPDATE subscription
           SET gathered_until = CASE
                   WHEN quiet_from <= :now OR held_until IS NOT NULL THEN :now + 1 ELSE gathered_until END,
               quiet_from = :quiet_from, quiet_until = :quiet_until, day_until = :day_until,
               daily_cap = :daily_cap, spacing_ms = :spacing_ms,
               posted_today = CASE WHEN :day_until IS NULL THEN 0 ELSE posted_today END,
               held_until = nullif(max(
                   CASE WHEN :spacing_ms > 0 AND posted_at + :spacing_ms > :now THEN posted_at + :spacing_ms ELSE 0 END,
                   CASE WHEN :daily_cap > 0 AND posted_today >= :daily_cap THEN :day_until ELSE 0 END), 0)
           WHERE id = :id""",
        {
            "id": one.id,
            "now": now,
            **moments(one, tx.now()),
            "daily_cap": one.restraint.daily_cap,
            "spacing_ms": one.restraint.spacing_minutes * 60_000,
        },
    )


def moments(one: Subscription, now: datetime) -> dict[str, int | None]:
    """Its quiet hours and the end of its day, for SQL; None where it has none."""
    restraint, hours, day_until = one.restraint, None, None
    try:
        zone = ZoneInfo(one.schedule.timezone)
        if restraint.quiet_from is not None and restraint.quiet_until is not None:
            hours = localtime.window(restraint.quiet_from, restraint.quiet_until, zone, now)
        if restraint.daily_cap or restraint.spacing_minutes:
            day_until = localtime.midnight(zone, now)
    except (KeyError, ValueError):  # a zone that has gone from the machine's list: what waits must not wait for ever
        log.exception("restraint has no effect: subscription=%d zone=%s", one.id, one.schedule.timezone)
    return {
        "quiet_from": None if hours is None else to_ms(hours[0]),
        "quiet_until": None if hours is None else to_ms(hours[1]),
        "day_until": None if day_until is None else to_ms(day_until),
    }
