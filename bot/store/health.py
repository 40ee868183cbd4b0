"""What the maintainers of a feed are told, once each: it has failed for a day, it is back, has ended, has other ids."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from bot.access import Act, Actor, may
from bot.clock import to_ms
from bot.model import Maintainer, NoticeKind, Role
from bot.store import maintainers, notices
from bot.store.db import Row, Store, Transaction

PATIENCE: Final = timedelta(days=1)
SINGLY: Final = 5  # so many feeds have a message of their own; when more fail together, one message counts them

_FAILING: Final = "failing_since <= :since AND told_at IS NULL AND paused = 0 AND next_check_at > :now"
_BACK: Final = "told_at IS NOT NULL AND failing_since IS NULL"


async def report_due(store: Store) -> int:
    """How many feeds were found to have failed for a day, or to be back after their maintainers were told so.

    One that is overdue is not told of: it is polled first, and the bot itself may have been down for a day.
    """
    moments = {"now": to_ms(store.now()), "since": to_ms(store.now() - PATIENCE)}
    if not await store.read(f"SELECT 1 FROM feed WHERE {_FAILING} UNION ALL SELECT 1 FROM feed WHERE {_BACK}", moments):
        return 0

    async def work(tx: Transaction) -> int:
        failing = await tx.execute(
            f"UPDATE feed SET told_at = :now WHERE {_FAILING} RETURNING id, title, url, last_error, added_by", moments
        )
        back = await tx.execute(f"UPDATE feed SET told_at = NULL WHERE {_BACK} RETURNING id, title, url, added_by")
        people = await maintainers.list(tx)
        await _tell(tx, NoticeKind.FEED_FAILING, failing, people)
        await _tell(tx, NoticeKind.FEED_RECOVERED, back, people)
        return len(failing) + len(back)

    return await store.write(work)


async def stop(store: Store, feed_id: int, error: str) -> bool:
    """The feed has ended, as its server says: it is paused, and its maintainers are told. False: it was paused."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE feed
               SET paused = 1, failures = failures + 1, last_error = :error,
                   failing_since = coalesce(failing_since, :now)
               WHERE id = :id AND paused = 0
               RETURNING id, title, url, added_by""",
            {"id": feed_id, "error": error, "now": to_ms(tx.now())},
        )
        await _tell(tx, NoticeKind.FEED_STOPPED, rows, await maintainers.list(tx))
        return bool(rows)

    return await store.write(work)


async def ids_changed(store: Store, feed_id: int) -> bool:
    """Its articles have other ids now: its maintainers are told, once. False: they were told before."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE feed SET ids_told_at = :now WHERE id = :id AND ids_told_at IS NULL
               RETURNING id, title, url, added_by""",
            {"id": feed_id, "now": to_ms(tx.now())},
        )
        await _tell(tx, NoticeKind.FEED_IDS_CHANGED, rows, await maintainers.list(tx))
        return bool(rows)

    return await store.write(work)


def responsible(added_by: int | None, people: Iterable[Maintainer]) -> list[int]:
    """Who is told of a feed: who added it, while they may manage feeds; else the owners."""
    known = list(people)
    adder = [m.person_id for m in known if m.person_id == added_by and _may_manage(m)]
    return adder or [m.person_id for m in known if m.role is Role.OWNER]


def _may_manage(maintainer: Maintainer) -> bool:
    return may(Actor(maintainer.person_id, maintainer.role), Act.MANAGE_FEEDS)


async def _tell(tx: Transaction, kind: NoticeKind, rows: Iterable[Row], people: Iterable[Maintainer]) -> None:
    of_person: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        data = {"feed_id": row["id"], "title": row["title"], "url": row["url"]}
        if kind is NoticeKind.FEED_FAILING:
            data["error"] = row["last_error"]
        for person_id in responsible(row["added_by"], people):
            of_person.setdefault(person_id, []).append(data)
    for person_id, about in of_person.items():
        for data in about if len(about) <= SINGLY else [{"count": len(about)}]:
            await notices.add(tx, person_id, kind, data)
