"""Subscriptions: what a destination (a chat and a topic in it) is sent, when, and how it looks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from bot import filters
from bot.clock import from_ms, to_ms
from bot.errors import NotFound, Taken
from bot.model import CatchUp, Filter, Look, Mode, Order, Preset, Restraint, Schedule, Selection, Subscription
from bot.store import articles, chats, plans, restraints, rights, unwanted, weighing
from bot.store.articles import last_announced_seq
from bot.store.db import Row, Store, Transaction

COLUMNS = """s.id, s.chat_id, s.topic_id, s.mode, s.name, s.times, s.weekdays, s.timezone, s.next_run_at, s.filter,
    s.selection, s.look, s.restraint, s.silent, s.paused, s.paused_until, s.suspended, s.pinned_message_id,
    s.started_seq, s.created_by"""
T = TypeVar("T", Selection, Look, Restraint)

SAME_SUSPENSION = timedelta(days=7)  # a topic found closed again within this has not been open in between


async def add(
    store: Store,
    chat_id: int,
    topic_id: int,
    mode: Mode,
    schedule: Schedule | None = None,
    filter: Filter | None = None,  # noqa: A002  # the glossary's word
    next_run_at: datetime | None = None,
    created_by: int | None = None,
    in_place_of: Sequence[int] = (),
) -> Subscription:
    """The destination's subscription of that mode and filter, from now on: nothing announced before it is sent.

    If there is one already it goes on (no longer paused or suspended) with the new schedule. `in_place_of`: the ids of
    subscriptions of the chat that end with that. Raises NotFound for a chat that the store has not seen, and Barred for
    one that may have no more (see rights).
    """
    schedule, wanted = schedule or Schedule(), filter or Filter()

    async def work(tx: Transaction) -> Subscription:
        await chats.get(tx, chat_id)
        known = await _where(
            tx,
            "s.chat_id = :chat_id AND s.topic_id = :topic_id AND s.mode = :mode AND s.filter_key = :key",
            {"chat_id": chat_id, "topic_id": topic_id, "mode": mode, "key": filters.key_of(wanted)},
        )
        if known:
            await tx.execute("UPDATE subscription SET suspended_at = NULL WHERE id = :id", {"id": known[0].id})
            again = replace(
                known[0], schedule=schedule, next_run_at=next_run_at, paused=False, paused_until=None, suspended=""
            )
            one = await change(tx, again.id, lambda _: again)
        else:
            one = await add_digest(
                tx, chat_id, topic_id, schedule, wanted, next_run_at, created_by, mode=mode, ending=len(in_place_of)
            )
        for ended in in_place_of:
            await remove(tx, ended)
        return one

    return await store.write(work)


async def add_digest(
    store: Store,
    chat_id: int,
    topic_id: int,
    schedule: Schedule,
    filter: Filter,  # noqa: A002  # the glossary's word
    next_run_at: datetime | None,
    created_by: int | None,
    *,
    mode: Mode = Mode.DIGEST,
    ending: int = 0,
) -> Subscription:
    """One more digest of the destination, whichever it has already. Raises NotFound, Barred (see rights)."""

    async def work(tx: Transaction) -> Subscription:
        await rights.check(tx, await chats.get(tx, chat_id), created_by, ending=ending)
        rows = await tx.execute(
            """INSERT INTO subscription (chat_id, topic_id, mode, times, weekdays, timezone, next_run_at, filter,
                   filter_key, started_seq, created_by, created_at)
               VALUES (:chat_id, :topic_id, :mode, :times, :weekdays, :timezone, :next_run_at, :filter,
                   :filter_key, :started_seq, :created_by, :now)
               RETURNING id""",
            {
                "chat_id": chat_id,
                "topic_id": topic_id,
                "mode": mode,
                **_schedule(schedule),
                "next_run_at": None if next_run_at is None else to_ms(next_run_at),
                "filter": filters.to_json(filter),
                "filter_key": filters.key_of(filter),
                "started_seq": await last_announced_seq(tx),
                "created_by": created_by,
                "now": to_ms(tx.now()),
            },
        )
        return await get(tx, int(rows[0]["id"]))

    return await store.write(work)


async def change(store: Store, subscription_id: int, how: Callable[[Subscription], Subscription]) -> Subscription:
    """The subscription with what people decide of it changed: what it gets, when, how it looks.

    `how` is given it as it is at that moment, so that what two admins change at once is both kept. Raises NotFound, and
    Taken where the destination has another instant subscription of that filter.
    """

    async def work(tx: Transaction) -> Subscription:
        old = await get(tx, subscription_id)
        new = how(old)
        if new.mode is Mode.INSTANT and await _where(
            tx,
            """s.chat_id = :chat_id AND s.topic_id = :topic_id AND s.mode = 'instant' AND s.filter_key = :key
                AND s.id <> :id""",
            {
                "chat_id": new.chat_id,
                "topic_id": new.topic_id,
                "key": filters.key_of(new.filter),
                "id": subscription_id,
            },
        ):
            raise Taken(f"another instant subscription of chat {new.chat_id} has that filter")
        await tx.execute(
            """UPDATE subscription
               SET name = :name, times = :times, weekdays = :weekdays, timezone = :timezone,
                   next_run_at = :next_run_at, filter = :filter, filter_key = :filter_key, selection = :selection,
                   look = :look, restraint = :restraint, silent = :silent, paused = :paused,
                   paused_until = :paused_until, suspended = :suspended
               WHERE id = :id""",
            {
                "id": subscription_id,
                "name": new.name,
                **_schedule(new.schedule),
                "next_run_at": None if new.next_run_at is None else to_ms(new.next_run_at),
                "filter": filters.to_json(new.filter),
                "filter_key": filters.key_of(new.filter),
                "selection": _decided(new.selection, Selection()),
                "look": _decided(new.look, Look()),
                "restraint": _decided(new.restraint, Restraint()),
                "silent": new.silent,
                "paused": new.paused,
                "paused_until": None if new.paused_until is None else to_ms(new.paused_until),
                "suspended": new.suspended,
            },
        )
        if (new.restraint, new.schedule.timezone) != (old.restraint, old.schedule.timezone):
            await restraints.decide(tx, new)
        if new.filter != old.filter:
            await plans.plan_changed(tx, subscription_id)
        return await get(tx, subscription_id)

    return await store.write(work)


async def refilter(store: Store, subscription_id: int, how: Callable[[Filter], Filter]) -> Subscription:
    """The subscription with its filter changed. Raises as `change` does."""
    return await change(store, subscription_id, lambda one: replace(one, filter=how(one.filter)))


async def get(store: Store, subscription_id: int) -> Subscription:
    """The subscription. Raises NotFound."""
    subscription = await find(store, subscription_id)
    if subscription is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    return subscription


async def find(store: Store, subscription_id: int) -> Subscription | None:
    """The subscription, or None."""
    return next(iter(await _where(store, "s.id = :id", {"id": subscription_id})), None)


async def of_chat(store: Store, chat_id: int) -> list[Subscription]:
    """All of a chat, in the order they were made."""
    return await _where(store, "s.chat_id = :chat_id", {"chat_id": chat_id})


async def destinations(store: Store) -> int:
    """How many destinations get something now: neither paused nor suspended."""
    row = await store.read_one(
        """SELECT count(*) AS places
           FROM (SELECT DISTINCT chat_id, topic_id FROM subscription WHERE paused = 0 AND suspended = '')"""
    )
    return 0 if row is None else int(row["places"])


async def due_digests(
    store: Store, now: datetime, limit: int, *, after: tuple[datetime, int] | None = None
) -> list[tuple[datetime, int]]:
    """The ids of the digests to make now, each with when it was due, longest due first; those of suspended chats wait.

    `after`: the last one of a page.
    """
    time_, last_id = (to_ms(after[0]), after[1]) if after is not None else (-1, 0)
    rows = await store.read(
        """SELECT s.next_run_at, s.id FROM subscription s JOIN chat c ON c.id = s.chat_id
            WHERE s.mode = 'digest' AND s.paused = 0 AND s.suspended = '' AND s.next_run_at <= :now
                AND (s.next_run_at, s.id) > (:time, :last_id)
                AND c.state = 'active'
            ORDER BY s.next_run_at, s.id
            LIMIT :limit""",
        {"now": to_ms(now), "limit": limit, "time": time_, "last_id": last_id},
    )
    return [(from_ms(row["next_run_at"]), row["id"]) for row in rows]


async def to_propose(store: Store, now: datetime, limit: int, *, after_id: int = 0) -> list[Subscription]:
    """The digests whose admins are to be asked about them now, those of suspended chats apart, by id."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM subscription s JOIN chat c ON c.id = s.chat_id
            WHERE s.asks_at <= :now AND s.mode = 'digest' AND s.paused = 0 AND s.suspended = ''
                AND s.id > :after_id AND c.state = 'active'
            ORDER BY s.id
            LIMIT :limit""",
        {"now": to_ms(now), "after_id": after_id, "limit": limit},
    )
    return [from_row(row) for row in rows]


async def several(store: Store, ids: Sequence[int]) -> list[Subscription]:
    """Those that there are of them."""
    return await _where(store, "s.id IN (SELECT value FROM json_each(:ids))", {"ids": json.dumps(list(ids))})


async def paused_until(store: Store, now: datetime) -> list[Subscription]:
    """Those that were paused until now, or before."""
    return await _where(store, "s.paused_until IS NOT NULL AND s.paused_until <= :now", {"now": to_ms(now)})


async def set_next_run(store: Store, subscription_id: int, next_run_at: datetime | None) -> None:
    """When its next digest is due; None: never."""
    await store.execute(
        "UPDATE subscription SET next_run_at = :next_run_at WHERE id = :id",
        {"id": subscription_id, "next_run_at": None if next_run_at is None else to_ms(next_run_at)},
    )


async def set_next_runs(tx: Transaction, moments: Mapping[int, datetime]) -> None:
    """When the next digest of each is due."""
    await tx.execute(
        """UPDATE subscription AS s SET next_run_at = json_extract(m.value, '$[1]')
           FROM json_each(:moments) m
           WHERE s.id = json_extract(m.value, '$[0]')""",
        {"moments": json.dumps([[one, to_ms(at)] for one, at in moments.items()])},
    )


async def set_pinned(store: Store, subscription_id: int, message_id: int | None) -> None:
    """Which message of its last digest is pinned; None: none."""
    await store.execute(
        "UPDATE subscription SET pinned_message_id = :message_id WHERE id = :id",
        {"id": subscription_id, "message_id": message_id},
    )


async def set_paused(store: Store, subscription_id: int, paused: bool) -> None:
    """A paused one gets nothing new; what was pending waits."""
    await store.execute(
        "UPDATE subscription SET paused = :paused WHERE id = :id", {"id": subscription_id, "paused": paused}
    )


async def suspend(store: Store, subscription_id: int, reason: str) -> bool:
    """This one cannot be served (its topic is closed); the chat's others go on.

    False: it was so already, or still is, as trying it again has shown (try_again).
    """

    async def work(tx: Transaction) -> bool:
        params = {"id": subscription_id, "reason": reason, "now": to_ms(tx.now())}
        before = await tx.read_one("SELECT suspended, suspended_at FROM subscription WHERE id = :id", params)
        if before is None or before["suspended"]:
            return False
        await tx.execute("UPDATE subscription SET suspended = :reason, suspended_at = :now WHERE id = :id", params)
        return before["suspended_at"] is None or before["suspended_at"] < to_ms(tx.now() - SAME_SUSPENSION)

    return await store.write(work)


async def try_again(store: Store, reason: str, before: datetime) -> int:
    """How many that were suspended for this reason, before then, are served again, to see whether that still holds.

    `suspended_at` stays: one that is suspended again is not told anew.
    """
    rows = await store.execute(
        """UPDATE subscription SET suspended = ''
           WHERE suspended <> '' AND suspended = :reason AND suspended_at <= :before
           RETURNING id""",
        {"reason": reason, "before": to_ms(before)},
    )
    return len(rows)


async def resume(store: Store, subscription_id: int) -> bool:
    """It can be served again. False: it was neither suspended nor tried again."""
    rows = await store.execute(
        """UPDATE subscription SET suspended = '', suspended_at = NULL
           WHERE id = :id AND suspended_at IS NOT NULL
           RETURNING id""",
        {"id": subscription_id},
    )
    return bool(rows)


async def remove(store: Store, subscription_id: int) -> bool:
    """Ends it and what is pending of it; what it got stays in the ledger. False: there is no such one.

    What another instant subscription of the same destination wants too is sent on its behalf. What may have arrived
    stays in doubt.
    """

    async def work(tx: Transaction) -> bool:
        params = {"id": subscription_id}
        await _bequeath(tx, subscription_id)
        its = "subscription_id = :id AND chat_id = (SELECT chat_id FROM subscription WHERE id = :id)"
        await unwanted.ask_nobody(tx, its, params)
        await unwanted.end_waiting(tx, its, params, "unsubscribed")
        return bool(await tx.execute("DELETE FROM subscription WHERE id = :id RETURNING id", params))

    return await store.write(work)


async def _bequeath(tx: Transaction, subscription_id: int) -> None:
    """What waits of this one and another instant subscription of its destination wants, is that one's from now on."""
    gone = await find(tx, subscription_id)
    if gone is None:
        return
    heirs = [
        one
        for one in await of_chat(tx, gone.chat_id)
        if one.mode is Mode.INSTANT and one.topic_id == gone.topic_id and one.id != gone.id
    ]
    if not heirs:
        return
    waiting = await tx.execute(
        f"""SELECT d.id AS delivery_id, {articles.COLUMNS}
            FROM delivery d
            JOIN article a ON a.id = d.article_id OR a.id IN (
                SELECT i.article_id FROM digest_item i WHERE i.digest_run_id = d.digest_run_id)
            WHERE d.subscription_id = :id AND d.chat_id = :chat_id AND d.state IN ('pending', 'uncertain')
            ORDER BY d.id""",
        {"id": gone.id, "chat_id": gone.chat_id},
    )
    read = [articles.from_row(row) for row in waiting]
    ready = await weighing.weighed(tx, read)
    for row, one in zip(waiting, ready, strict=True):
        announced = one.article.announced_seq or 0
        heir = next((h.id for h in heirs if h.started_seq < announced and filters.passes(h.filter, one)), None)
        if heir is not None:
            await tx.execute(
                "UPDATE delivery SET subscription_id = :heir WHERE id = :id", {"heir": heir, "id": row["delivery_id"]}
            )


async def _where(store: Store, condition: str, params: dict[str, object]) -> list[Subscription]:
    rows = await store.read(f"SELECT {COLUMNS} FROM subscription s WHERE {condition} ORDER BY s.id", params)
    return [from_row(row) for row in rows]


def from_row(row: Row) -> Subscription:
    """The subscription of a row that has COLUMNS."""
    return Subscription(
        id=row["id"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"],
        mode=Mode(row["mode"]),
        name=row["name"],
        schedule=_schedule_of(row["times"], row["weekdays"], row["timezone"]),
        next_run_at=None if row["next_run_at"] is None else from_ms(row["next_run_at"]),
        filter=filters.from_json(row["filter"]),
        selection=selection_of(row["selection"]),
        look=look_of(row["look"]),
        restraint=_restraint_of(row["restraint"]),
        silent=bool(row["silent"]),
        paused=bool(row["paused"]),
        paused_until=None if row["paused_until"] is None else from_ms(row["paused_until"]),
        suspended=row["suspended"],
        pinned_message_id=row["pinned_message_id"],
        started_seq=row["started_seq"],
        created_by=row["created_by"],
    )


# Claims and digests read many of the same few.
@lru_cache(maxsize=1024)
def look_of(text: str) -> Look:
    """The look of a row's column."""
    return _known(Look(), text, preset=Preset)


@lru_cache(maxsize=1024)
def selection_of(text: str) -> Selection:
    """The selection of a row's column."""
    return _known(Selection(), text, order=Order, catch_up=CatchUp)


@lru_cache(maxsize=1024)
def _restraint_of(text: str) -> Restraint:
    return _known(Restraint(), text, quiet_from=time.fromisoformat, quiet_until=time.fromisoformat)


@lru_cache(maxsize=1024)
def _schedule_of(times: str, weekdays: str, timezone: str) -> Schedule:
    local_times = tuple(time.fromisoformat(at) for at in json.loads(times))
    return Schedule(local_times, frozenset(json.loads(weekdays)), timezone)


def _schedule(schedule: Schedule) -> dict[str, str]:
    return {
        "times": json.dumps([at.isoformat("minutes") for at in schedule.times]),
        "weekdays": json.dumps(sorted(schedule.weekdays)),
        "timezone": schedule.timezone,
    }


def _decided(value: Selection | Look | Restraint, default: Selection | Look | Restraint) -> str:
    """What differs from the default, so that a later default holds for who decided nothing."""
    usual = asdict(default)
    chosen = {name: each for name, each in asdict(value).items() if each != usual[name]}
    return json.dumps({name: each.isoformat() if isinstance(each, time) else each for name, each in chosen.items()})


def _known(default: T, text: str, **readers: Callable[[str], Any]) -> T:
    """The value of what `_decided` wrote."""
    read = {name: readers[name](each) if name in readers else each for name, each in json.loads(text).items()}
    return replace(default, **read)
