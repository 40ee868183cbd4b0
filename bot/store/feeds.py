"""Feeds: which addresses are polled, when next, and how they fare."""

import builtins
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.model import Feed, FeedToFollow, Source, SourceKind
from bot.store import sources
from bot.store.articles import BIGGEST_OFFSET
from bot.store.db import Row, Store, Transaction

COLUMNS = """f.id, f.url, f.title, f.etag, f.last_modified, f.next_check_at, f.failures, f.last_error, f.paused, f.tags,
    f.polled_at, f.added_by, f.every_ms, f.full_text, f.announce_first, f.headers, f.body_hash, f.failing_since"""


async def add(
    store: Store,
    url: str,
    title: str = "",
    tags: Iterable[str] = (),
    added_by: int | None = None,
    *,
    announce_first: int = 0,
) -> Feed:
    """The feed of that address, due at once; one that is there already comes back as it is."""

    async def work(tx: Transaction) -> Feed:
        await follow(tx, FeedToFollow(url, title, tuple(tags), announce_first=announce_first), added_by)
        rows = await tx.execute(f"SELECT {COLUMNS} FROM feed f WHERE f.url = :url", {"url": url})
        return from_row(rows[0])

    return await store.write(work)


async def follow(store: Store, asked: FeedToFollow, added_by: int | None = None) -> bool:
    """Follows it, due at once unless it is paused. False: it was followed already, and stays as it is."""
    rows = await store.execute(
        """INSERT INTO feed (url, title, next_check_at, paused, tags, added_by, every_ms, full_text, announce_first)
           VALUES (:url, :title, :now, :paused, :tags, :added_by, :every_ms, :full_text, :announce_first)
           ON CONFLICT (url) DO NOTHING
           RETURNING id""",
        {
            "url": asked.url,
            "title": asked.title,
            "now": to_ms(store.now()),
            "paused": asked.paused,
            "tags": json.dumps(builtins.list(asked.tags)),
            "added_by": added_by,
            "every_ms": None if asked.every is None else round(asked.every.total_seconds() * 1000),
            "full_text": asked.full_text,
            "announce_first": asked.announce_first,
        },
    )
    return bool(rows)


async def get(store: Store, feed_id: int) -> Feed:
    """The feed. Raises NotFound."""
    row = await store.read_one(f"SELECT {COLUMNS} FROM feed f WHERE f.id = :id", {"id": feed_id})
    if row is None:
        raise NotFound(f"there is no feed {feed_id}")
    return from_row(row)


async def find(store: Store, url: str) -> Feed | None:
    """The feed of that address, or None."""
    row = await store.read_one(f"SELECT {COLUMNS} FROM feed f WHERE f.url = :url", {"url": url})
    return None if row is None else from_row(row)


async def due(store: Store, limit: int) -> builtins.list[tuple[int, str]]:
    """The id and address of the feeds to poll now, longest due first."""
    rows = await store.read(
        """SELECT id, url FROM feed
           WHERE paused = 0 AND next_check_at <= :now
           ORDER BY next_check_at, id
           LIMIT :limit""",
        {"now": to_ms(store.now()), "limit": limit},
    )
    return [(row["id"], row["url"]) for row in rows]


async def polled(
    store: Store,
    feed_id: int,
    *,
    etag: str,
    last_modified: str,
    title: str,
    next_check_at: datetime,
    body_hash: str = "",
    moved_to: str = "",
) -> int:
    """A poll went well: how many in a row were led to `moved_to` ("": to nowhere else), this one counted.

    An empty title leaves the one it has. That it fails no more store.health tells its maintainers, if they were told
    that it did.
    """
    rows = await store.execute(
        """UPDATE feed
           SET etag = :etag, last_modified = :last_modified, next_check_at = :next_check_at, failures = 0,
               last_error = '', polled_at = :now, title = CASE WHEN :title = '' THEN title ELSE :title END,
               body_hash = :body_hash, announce_first = 0, failing_since = NULL, moved_to = :moved_to,
               moved_seen = CASE WHEN :moved_to = '' THEN 0 WHEN :moved_to = moved_to THEN moved_seen + 1 ELSE 1 END
           WHERE id = :id
           RETURNING moved_seen""",
        {
            "id": feed_id,
            "etag": etag,
            "last_modified": last_modified,
            "title": title,
            "next_check_at": to_ms(next_check_at),
            "now": to_ms(store.now()),
            "body_hash": body_hash,
            "moved_to": moved_to,
        },
    )
    return int(rows[0]["moved_seen"]) if rows else 0


async def move(store: Store, feed_id: int, url: str) -> bool:
    """The feed has this address from now on. False: another feed has it already, and nothing is changed."""
    rows = await store.execute(
        """UPDATE feed SET url = :url, moved_to = '', moved_seen = 0
           WHERE id = :id AND NOT EXISTS (SELECT 1 FROM feed WHERE url = :url)
           RETURNING id""",
        {"id": feed_id, "url": url},
    )
    return bool(rows)


async def failed(store: Store, feed_id: int, error: str, next_check_at: datetime) -> int:
    """A poll failed: how many have, one after another, this one counted (0: the feed is gone)."""
    rows = await store.execute(
        """UPDATE feed
           SET failures = failures + 1, last_error = :error, next_check_at = :next_check_at,
               failing_since = coalesce(failing_since, :now)
           WHERE id = :id
           RETURNING failures""",
        {"id": feed_id, "error": error, "next_check_at": to_ms(next_check_at), "now": to_ms(store.now())},
    )
    return int(rows[0]["failures"]) if rows else 0


async def set_paused(store: Store, feed_id: int, paused: bool) -> None:
    """A paused feed is not polled; one that goes on is due at once."""
    await store.execute(
        """UPDATE feed SET paused = :paused, next_check_at = CASE WHEN :paused THEN next_check_at ELSE :now END
           WHERE id = :id AND paused <> :paused""",
        {"id": feed_id, "paused": paused, "now": to_ms(store.now())},
    )


async def remove(store: Store, feed_id: int) -> bool:
    """Polls it no more; its articles stay. False: there is no such feed."""

    async def work(tx: Transaction) -> bool:
        await sources.hand_over(tx, Source(SourceKind.FEED, str(feed_id)))
        return bool(await tx.execute("DELETE FROM feed WHERE id = :id RETURNING id", {"id": feed_id}))

    return await store.write(work)


def from_row(row: Row) -> Feed:
    """The feed of a row that has COLUMNS."""
    return Feed(
        id=row["id"],
        url=row["url"],
        title=row["title"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        next_check_at=from_ms(row["next_check_at"]),
        failures=row["failures"],
        last_error=row["last_error"],
        paused=bool(row["paused"]),
        tags=tuple(json.loads(row["tags"])),
        polled_at=None if row["polled_at"] is None else from_ms(row["polled_at"]),
        added_by=row["added_by"],
        every=None if row["every_ms"] is None else timedelta(milliseconds=row["every_ms"]),
        full_text=bool(row["full_text"]),
        announce_first=row["announce_first"],
        headers=json.loads(row["headers"]),
        body_hash=row["body_hash"],
        failing_since=None if row["failing_since"] is None else from_ms(row["failing_since"]),
    )


async def list(store: Store) -> builtins.list[Feed]:  # noqa: A001  # the verb of every subject here
    """Every feed, in the order they were added."""
    return [from_row(row) for row in await store.read(f"SELECT {COLUMNS} FROM feed f ORDER BY f.id")]


async def add_secret(store: Store, url: str, headers: Mapping[str, str], title: str, added_by: int) -> Feed:
    """As add, with these headers from the first poll on; one that is there already has them from now on, too."""

    async def work(tx: Transaction) -> Feed:
        feed = await add(tx, url, title, added_by=added_by)
        await set_headers(tx, feed.id, headers)
        return await get(tx, feed.id)

    return await store.write(work)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many feeds there are; of these paused, and failing (of those that are not paused)."""

    total: int
    paused: int
    failing: int


async def counts(store: Store) -> Counts:
    row = await store.read_one(
        """SELECT count(*) AS total, coalesce(sum(paused), 0) AS paused,
               coalesce(sum(failures > 0 AND paused = 0), 0) AS failing
           FROM feed"""
    )
    assert row is not None
    return Counts(row["total"], row["paused"], row["failing"])


async def page(store: Store, number: int, size: int) -> builtins.list[Feed]:
    """A page (from 0) of all feeds: those that fail first, then in the order they were added.

    A few thousand rows are sorted for each: it is for the maintainers alone.
    """
    rows = await store.read(
        f"""SELECT {COLUMNS}
            FROM feed f
            ORDER BY f.failures > 0 AND f.paused = 0 DESC, f.id
            LIMIT :size OFFSET :offset""",
        {"size": size, "offset": min(max(number, 0) * size, BIGGEST_OFFSET)},
    )
    return [from_row(row) for row in rows]


async def article_count(store: Store, feed_id: int) -> int:
    """How many articles came from the feed, whatever became of them."""
    row = await store.read_one(
        "SELECT count(DISTINCT article_id) AS many FROM article_source WHERE kind = 'feed' AND key = :key",
        {"key": str(feed_id)},
    )
    assert row is not None
    return int(row["many"])


async def set_tags(store: Store, feed_id: int, tags: Iterable[str]) -> bool:
    """Each article that comes from it has these. False, of this verb and those below: there is no such feed."""
    return await _set(store, feed_id, "tags = :tags", tags=json.dumps(builtins.list(tags)))


async def set_every(store: Store, feed_id: int, every: timedelta | None, *, within: timedelta) -> bool:
    """Polled so often; None: as the configuration says. `within`: one that does not fail is polled by then."""
    return await _set(
        store,
        feed_id,
        """every_ms = :every_ms,
           next_check_at = CASE WHEN failures = 0 THEN min(next_check_at, :soon) ELSE next_check_at END""",
        every_ms=None if every is None else round(every.total_seconds() * 1000),
        soon=to_ms(store.now() + within),
    )


async def set_full_text(store: Store, feed_id: int, full_text: bool) -> bool:
    """The linked pages are read, or not; its document is read again although it may be the same."""
    return await _set(store, feed_id, f"full_text = :full_text, {_AFRESH}", full_text=full_text)


async def set_announce_first(store: Store, feed_id: int, count: int) -> bool:
    """So many of the newest go out at the first poll; False, too, when that is over."""
    return await _set(store, feed_id, "announce_first = :count", "polled_at IS NULL", count=count)


async def set_headers(store: Store, feed_id: int, given: Mapping[str, str]) -> bool:
    """Sent with each request beside those it has, or in their place; an empty value removes one. It is due at once."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute("SELECT headers FROM feed WHERE id = :id", {"id": feed_id})
        if not rows:
            return False
        names = {name.lower() for name in given}
        kept = {name: value for name, value in json.loads(rows[0]["headers"]).items() if name.lower() not in names}
        headers = kept | {name: value for name, value in given.items() if value}
        return await _set_headers(tx, feed_id, headers)

    return await store.write(work)


async def clear_headers(store: Store, feed_id: int) -> bool:
    return await _set_headers(store, feed_id, {})


_AFRESH = "etag = '', last_modified = '', body_hash = ''"  # what is there may be another document to us now


async def _set_headers(store: Store, feed_id: int, headers: Mapping[str, str]) -> bool:
    columns = f"headers = :headers, next_check_at = :now, {_AFRESH}"
    return await _set(store, feed_id, columns, headers=json.dumps(headers), now=to_ms(store.now()))


async def _set(store: Store, feed_id: int, columns: str, where: str = "TRUE", **values: object) -> bool:
    sql = f"UPDATE feed SET {columns} WHERE id = :id AND {where} RETURNING id"
    return bool(await store.execute(sql, {"id": feed_id, **values}))
