"""Linked pages: what the pages said that a feed's entries link to, so that none is read at each poll."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.store.db import Row, Store, Transaction

KEPT_FOR = timedelta(days=90)  # since it was read


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """What a page said when it was read. `body`: sanitised HTML, "" where it gave no more than the entry."""

    guid: str
    url: str  # canonical
    entry_hash: str  # of what the feed said of it then
    body: str
    image_url: str | None
    author: str
    language: str
    tries: int  # in vain, one after another
    read_at: datetime


async def of_feed(store: Store, feed_id: int) -> list[LinkedPage]:
    """Those of a feed, in the order in which they were read first."""
    rows = await store.read(
        """SELECT guid, url, entry_hash, body, image_url, author, language, tries, read_at
           FROM linked_page
           WHERE feed_id = :feed_id
           ORDER BY id""",
        {"feed_id": feed_id},
    )
    return [_from_row(row) for row in rows]


async def put(store: Store, feed_id: int, pages: Iterable[LinkedPage]) -> None:
    """Keeps what these say now; what was read long ago is forgotten. Nothing, if the feed is gone."""

    async def work(tx: Transaction) -> None:
        if not await tx.execute("SELECT 1 FROM feed WHERE id = :feed_id", {"feed_id": feed_id}):
            return
        await tx.executemany(
            """INSERT INTO linked_page
                   (feed_id, guid, url, entry_hash, body, image_url, author, language, tries, read_at)
               VALUES (:feed_id, :guid, :url, :entry_hash, :body, :image_url, :author, :language, :tries, :read_at)
               ON CONFLICT (feed_id, url) DO UPDATE
               SET guid = excluded.guid, entry_hash = excluded.entry_hash, body = excluded.body,
                   image_url = excluded.image_url, author = excluded.author, language = excluded.language,
                   tries = excluded.tries, read_at = excluded.read_at""",
            [_params(feed_id, page) for page in pages],
        )
        await tx.execute(
            "DELETE FROM linked_page WHERE feed_id = :feed_id AND read_at < :old",
            {"feed_id": feed_id, "old": to_ms(tx.now() - KEPT_FOR)},
        )

    await store.write(work)


def _params(feed_id: int, page: LinkedPage) -> dict[str, object]:
    return {
        "feed_id": feed_id,
        "guid": page.guid,
        "url": page.url,
        "entry_hash": page.entry_hash,
        "body": page.body,
        "image_url": page.image_url,
        "author": page.author,
        "language": page.language,
        "tries": page.tries,
        "read_at": to_ms(page.read_at),
    }


def _from_row(row: Row) -> LinkedPage:
    return LinkedPage(
        guid=row["guid"],
        url=row["url"],
        entry_hash=row["entry_hash"],
        body=row["body"],
        image_url=row["image_url"],
        author=row["author"],
        language=row["language"],
        tries=row["tries"],
        read_at=from_ms(row["read_at"]),
    )
