"""When a digest is due: plain arithmetic on zoneinfo, weekdays x local times x zone; and the digests that are due."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.localtime import moment as moment_of
from bot.model import Mode, Schedule
from bot.store import deliveries, digests, restored, subscriptions
from bot.store.articles import last_announced_seq
from bot.store.db import Database, Transaction

log = logging.getLogger(__name__)

BATCH = 100
ITEMS_LIMIT = 200  # articles of one digest; what is more goes into the next

_DAY = timedelta(days=1)


def next_run(schedule: Schedule, after: datetime) -> datetime:
    """The first run later than `after` (pass the later of now and the last run), in UTC.

    A local time that does not exist runs when the gap ends, a repeated one at its first occurrence. Raises ValueError
    for a schedule without times or weekdays.
    """
    return min(moment for moment, _, _ in _around(schedule, after) if moment > after)


def slot_of(schedule: Schedule, run_at: datetime) -> tuple[date, int]:
    """The local date of a run and the index of its time in the schedule's list.

    A moment that is no run of the schedule (it was changed meanwhile) belongs to the last run before it.
    """
    _, local_date, slot = max(
        (run for run in _around(schedule, run_at) if run[0] <= run_at), key=lambda run: (run[0], run[1], -run[2])
    )
    return local_date, slot


async def due(db: Database) -> int:
    """How many digests became deliveries: one for each subscription whose time has come and that has something new.

    A run missed while the bot was down is made now, and what came since is in it. None are
    made in a restored store until an owner resumes it.
    """
    made = 0
    if await restored.find(db):
        return made
    for subscription in await subscriptions.due_digests(db, db.now(), BATCH):
        try:
            made += await db.write(partial(_make, subscription.id))
        except Exception:  # one subscription with, say, an unknown zone stops no other
            log.exception("digest failed: subscription=%d", subscription.id)
    return made


async def _make(subscription_id: int, tx: Transaction) -> bool:
    """The run, its delivery and the time of the next one, at once. False: nothing is new, or it is not due any more."""
    subscription = await subscriptions.find(tx, subscription_id)
    if subscription is None or subscription.mode is not Mode.DIGEST or subscription.next_run_at is None:
        return False
    run_at, now = subscription.next_run_at, tx.now()
    if run_at > now:
        return False
    await subscriptions.set_next_run(tx, subscription.id, next_run(subscription.schedule, max(run_at, now)))
    items = await digests.waiting(tx, subscription, ITEMS_LIMIT)
    if not items:
        return False
    until_seq = await last_announced_seq(tx) if len(items) < ITEMS_LIMIT else items[-1].announced_seq
    assert until_seq is not None
    local_date, slot = slot_of(subscription.schedule, run_at)
    ids = [article.id for article in items]
    return await deliveries.add_digest(tx, subscription, local_date, slot, ids, until_seq) is not None


def _around(schedule: Schedule, moment: datetime) -> Iterator[tuple[datetime, date, int]]:
    """The runs from more than a week before to more than a week after: (moment, local date, slot)."""
    if not schedule.times or not schedule.weekdays:
        raise ValueError("a digest's schedule needs at least one time and one weekday")
    zone = ZoneInfo(schedule.timezone)
    today = moment.astimezone(zone).date()
    # Zones have skipped a whole day (Samoa, 30 December 2011), hence the day more on either side.
    for day in (today + n * _DAY for n in range(-9, 10)):
        if day.weekday() in schedule.weekdays:
            for slot, local_time in enumerate(schedule.times):
                yield moment_of(day, local_time, zone), day, slot
