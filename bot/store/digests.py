"""Digests: what waits to be in the next one, the runs that were made, and what was in a past one."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot import filters
from bot.clock import to_ms
from bot.errors import NotFound
from bot.filters import Weighed
from bot.model import Article, DigestRun, Filter, Order, Subscription
from bot.store import articles, weighing
from bot.store.db import Store, Transaction

CANDIDATES = 300  # articles that one digest is chosen from, the newest
KEPT = 600  # articles in memory, while many digests are chosen
_PAGE = 200
# What a destination got, may have got or is about to get.
_HAD = "(d.state NOT IN ('refused', 'expired', 'cancelled') OR d.doubt_at IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that passes a digest's filter."""

    id: int
    announced_seq: int


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a digest goes on: articles announced after `seq`; what it was sent until then has an older delivery.

    Where there are proposals that id is 0: between one and its delivery others are made, and one that is given up takes
    the beginning back.
    """

    seq: int
    delivery_id: int = 0


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run of a digest, to be sent at once. `slot`: None for one out of its turn."""

    subscription: Subscription
    local_date: date
    slot: int | None
    article_ids: Sequence[int]
    until_seq: int


async def begun(store: Store, subscriptions: Iterable[Subscription]) -> dict[int, Begun]:
    """Where each goes on, by its id. What editors recommend may have been announced long before: from its beginning."""
    rows = await store.read(
        """SELECT s.value AS id, max(r.until_seq) AS seq, r.id AS run_id,
               CASE WHEN EXISTS (SELECT 1 FROM proposal p WHERE p.subscription_id = s.value) THEN 0 ELSE
                   (SELECT min(d.id) FROM delivery d WHERE d.digest_run_id = r.id) END AS delivery_id
           FROM json_each(:ids) s
           JOIN digest_run r ON r.id = (
               SELECT n.id FROM digest_run n
               WHERE n.subscription_id = s.value AND n.until_seq IS NOT NULL
               ORDER BY n.until_seq DESC, n.id DESC
               LIMIT 1)
           GROUP BY s.value""",
        {"ids": json.dumps([one.id for one in subscriptions])},
    )
    last = {row["id"]: Begun(row["seq"], row["delivery_id"] or 0) for row in rows}
    found = {}
    for one in subscriptions:
        run = last.get(one.id, Begun(0))
        is_picked = one.selection.order is Order.PICKED
        found[one.id] = Begun(one.started_seq) if is_picked or run.seq < one.started_seq else run
    return found


class Announced:
    """What was announced up to a seq and is published, the newest first; `picked`: of that, what editors recommend.

    Each article is read and made ready once, however many filters look at it: of the newest KEPT.
    """

    def __init__(self, until: int, *, picked: bool = False) -> None:
        self._join = "JOIN pick p ON p.article_id = a.id" if picked else ""
        self._kept: list[Weighed] = []
        self._before = until + 1  # whatever is older is not kept

    async def passing(self, store: Store, wanted: Filter, after: int, limit: int = CANDIDATES) -> list[Candidate]:
        """What was announced after that and passes the filter, the newest first."""

        def chosen(read: Sequence[Weighed]) -> list[Candidate]:
            numbered = ((one, one.article.announced_seq or 0) for one in read)
            return [
                Candidate(one.article.id, seq) for one, seq in numbered if seq > after and filters.passes(wanted, one)
            ]

        found, before = chosen(self._kept), self._before
        while len(found) < limit and (page := await self._page(store, after, before)):
            found += chosen(page)
            last = page[-1].article.announced_seq or 0
            if before == self._before and len(self._kept) < KEPT:
                self._kept += page
                self._before = last
            before = last
        return found[:limit]

    async def _page(self, store: Store, after: int, before: int) -> list[Weighed]:
        rows = await store.read(
            f"""SELECT {articles.COLUMNS} FROM article a {self._join}
                WHERE a.announced_seq > :after AND a.announced_seq < :before AND a.state = 'published'
                ORDER BY a.announced_seq DESC
                LIMIT :limit""",
            {"after": after, "before": before, "limit": _PAGE},
        )
        return await weighing.weighed(store, [articles.from_row(row) for row in rows])


async def latest(store: Store, after: int, until: int, limit: int) -> list[Candidate]:
    """What was announced after that and up to that, the newest first, whatever it is about."""
    rows = await store.read(
        """SELECT id, announced_seq FROM article
           WHERE announced_seq > :after AND announced_seq <= :until AND state = 'published'
           ORDER BY announced_seq DESC
           LIMIT :limit""",
        {"after": after, "until": until, "limit": limit},
    )
    return [Candidate(row["id"], row["announced_seq"]) for row in rows]


async def had(
    store: Store, wanted: Sequence[tuple[Subscription, Begun, Sequence[Candidate]]], *, there: bool = False
) -> dict[int, set[int]]:
    """Of what each is to be chosen from, what its destination got, may have got or is about to get, and what stood
    there first; with that (unless only what is `there` is asked for) what was passed by, and what admins are just
    asked about. By subscription."""
    groups: dict[int, int] = {}  # those that share their candidates
    pairs: list[tuple[int, int]] = []
    places = []
    for one, start, chosen in wanted:
        if id(chosen) not in groups:
            groups[id(chosen)] = len(groups)
            pairs += [(groups[id(chosen)], candidate.id) for candidate in chosen]
        places.append((one.id, one.chat_id, one.topic_id, start.delivery_id, groups[id(chosen)]))
    params = {"places": json.dumps(places), "pairs": json.dumps(pairs)}
    rows = await store.read(_GOT if there else _HAD_OR_DECIDED, params)
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        found[row["id"]].add(row["article_id"])
    return found


_PLACE = """place AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS chat_id,
        json_extract(value, '$[2]') AS topic_id, json_extract(value, '$[3]') AS after_id,
        json_extract(value, '$[4]') AS part
    FROM json_each(:places)),
chosen AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS part, json_extract(value, '$[1]') AS article_id FROM json_each(:pairs))"""
_GOT = f"""WITH {_PLACE}
    SELECT p.id, c.article_id FROM place p JOIN chosen c ON c.part = p.part
    WHERE EXISTS (
        SELECT 1 FROM delivery d
        WHERE d.chat_id = p.chat_id AND d.topic_id = p.topic_id AND d.dedupe_key = 'post:' || c.article_id AND {_HAD})
    UNION ALL
    SELECT p.id, i.article_id
    FROM place p
    CROSS JOIN delivery d ON d.chat_id = p.chat_id AND d.topic_id = p.topic_id
        AND d.dedupe_key >= 'digest:' AND d.dedupe_key < 'digest;' AND d.id > p.after_id AND {_HAD}
    CROSS JOIN digest_item i ON i.digest_run_id = d.digest_run_id
    UNION ALL
    SELECT p.id, d.article_id  -- what never went at first, and then was posted by hand (store/ledger.py)
    FROM place p
    CROSS JOIN delivery d ON d.chat_id = p.chat_id AND d.topic_id = p.topic_id
        AND d.dedupe_key >= 'again:' AND d.dedupe_key < 'again;' AND d.id > p.after_id AND {_HAD}
    UNION ALL
    SELECT p.id, x.article_id
    FROM chosen c
    CROSS JOIN article_source x ON x.article_id = c.article_id AND x.kind = 'channel'
    CROSS JOIN place p ON p.part = c.part AND CAST(p.chat_id AS TEXT) = x.key"""
_HAD_OR_DECIDED = f"""{_GOT}
    UNION ALL
    SELECT p.id, b.article_id FROM place p CROSS JOIN passed_by b ON b.subscription_id = p.id
    UNION ALL
    SELECT p.id, i.article_id
    FROM place p
    CROSS JOIN proposal o ON o.subscription_id = p.id AND o.state IN ('asked', 'approved')
    CROSS JOIN digest_item i ON i.digest_run_id = o.digest_run_id"""


async def reads_of(store: Store, article_ids: Collection[int]) -> dict[int, int]:
    """How often each was read."""
    rows = await store.read(
        """SELECT r.article_id, r.ever FROM json_each(:ids) wanted
           JOIN ranking r ON r.tag = 'ALL' AND r.article_id = wanted.value""",
        {"ids": json.dumps(list(article_ids))},
    )
    return {row["article_id"]: row["ever"] for row in rows}


async def waiting(store: Store, subscription: Subscription, limit: int) -> list[Article]:
    """What the next digest would be chosen from, in the order of announcement: `Announced`, less what it `had`."""
    start = (await begun(store, [subscription]))[subscription.id]
    until = await articles.last_announced_seq(store)
    is_picked = subscription.selection.order is Order.PICKED
    found = await Announced(until, picked=is_picked).passing(store, subscription.filter, start.seq)
    got = (await had(store, [(subscription, start, found)])).get(subscription.id, set())
    ids = sorted((one.announced_seq, one.id) for one in found if one.id not in got)
    return [await articles.get(store, article_id) for _, article_id in ids[:limit]]


async def add(tx: Transaction, runs: Sequence[NewRun]) -> dict[int, int]:
    """The runs, their articles and pending deliveries. The ids of the runs by subscription, less those whose slot had
    its run already. One of a subscription at most."""
    made = await add_runs(tx, runs)
    await deliver(tx, [(run.subscription, made[run.subscription.id]) for run in runs if run.subscription.id in made])
    return made


async def add_runs(tx: Transaction, runs: Sequence[NewRun]) -> dict[int, int]:
    """As add, without deliveries."""
    by_id = {run.subscription.id: run for run in runs}
    rows = await tx.execute(
        """INSERT INTO digest_run (subscription_id, local_date, slot, until_seq)
           SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
               json_extract(value, '$[3]')
           FROM json_each(:runs)
           WHERE true
           ON CONFLICT (subscription_id, local_date, slot) DO NOTHING
           RETURNING id, subscription_id""",
        {
            "runs": json.dumps(
                [[key, run.local_date.isoformat(), run.slot, run.until_seq] for key, run in by_id.items()]
            )
        },
    )
    made = {row["subscription_id"]: row["id"] for row in rows}
    await _add_items(tx, {made[key]: run.article_ids for key, run in by_id.items() if key in made})
    return made


async def deliver(tx: Transaction, runs: Iterable[tuple[Subscription, int]]) -> None:
    """A pending delivery for each run of a subscription."""
    await tx.execute(
        """INSERT INTO delivery (subscription_id, chat_id, topic_id, kind, digest_run_id, state, not_before,
               dedupe_key, created_at)
           SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), 'post',
               json_extract(value, '$[3]'), 'pending', :now, 'digest:' || json_extract(value, '$[3]'), :now
           FROM json_each(:runs)""",
        {
            "runs": json.dumps([[one.id, one.chat_id, one.topic_id, run_id] for one, run_id in runs]),
            "now": to_ms(tx.now()),
        },
    )


async def items_of(store: Store, run_ids: Collection[int]) -> dict[int, list[Candidate]]:
    """What each of the runs holds, in order; what was withdrawn since is left out."""
    rows = await store.read(
        """SELECT i.digest_run_id, a.id, a.announced_seq
           FROM json_each(:ids) r
           CROSS JOIN digest_item i ON i.digest_run_id = r.value
           JOIN article a ON a.id = i.article_id AND a.state = 'published'
           ORDER BY i.digest_run_id, i.position""",
        {"ids": json.dumps(list(run_ids))},
    )
    found: dict[int, list[Candidate]] = {run_id: [] for run_id in run_ids}
    for row in rows:
        found[row["digest_run_id"]].append(Candidate(row["id"], row["announced_seq"] or 0))
    return found


async def set_items(tx: Transaction, items: Mapping[int, Sequence[int]]) -> None:
    """What each of the runs holds, in that order, in place of what it held."""
    await tx.execute(
        "DELETE FROM digest_item WHERE digest_run_id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps(list(items))},
    )
    await _add_items(tx, items)


async def pass_by(tx: Transaction, subscription_id: int, article_ids: Iterable[int]) -> None:
    """These are in no digest of the subscription."""
    await tx.executemany(
        """INSERT INTO passed_by (subscription_id, article_id) VALUES (:id, :article_id)
           ON CONFLICT (subscription_id, article_id) DO NOTHING""",
        [{"id": subscription_id, "article_id": one} for one in article_ids],
    )


async def _add_items(tx: Transaction, items: Mapping[int, Sequence[int]]) -> None:
    await tx.execute(
        """INSERT INTO digest_item (digest_run_id, position, article_id)
           SELECT r.key, i.key, i.value FROM json_each(:items) r CROSS JOIN json_each(r.value) i""",
        {"items": json.dumps(items)},
    )


async def get(store: Store, run_id: int) -> DigestRun:
    """The digest run with its articles, in order. Raises NotFound."""
    run = await store.read_one(
        "SELECT id, subscription_id, local_date, slot, until_seq FROM digest_run WHERE id = :id", {"id": run_id}
    )
    if run is None:
        raise NotFound(f"there is no digest {run_id}")
    items = await store.read(
        "SELECT article_id FROM digest_item WHERE digest_run_id = :id ORDER BY position", {"id": run_id}
    )
    return DigestRun(
        id=run["id"],
        subscription_id=run["subscription_id"],
        local_date=date.fromisoformat(run["local_date"]),
        slot=run["slot"],
        article_ids=tuple(item["article_id"] for item in items),
        is_burst=run["until_seq"] is None,
    )


async def articles_of(store: Store, run_id: int) -> list[Article]:
    """The articles of a digest run, in order, as they are now; what was withdrawn since is left out."""
    rows = await store.read(
        f"""SELECT {articles.COLUMNS} FROM digest_item i JOIN article a ON a.id = i.article_id
            WHERE i.digest_run_id = :id AND a.state = 'published'
            ORDER BY i.position""",
        {"id": run_id},
    )
    return [articles.from_row(row) for row in rows]
