"""Sources: which articles they brought, under which ids. What was seen once is kept for ever."""

import json
from collections.abc import Collection

from bot.clock import from_ms
from bot.model import Alike, Article, ArticleState, NewArticle, Source, SourceKind
from bot.store import articles
from bot.store.db import Store, Transaction

FEW = 20  # articles alike by one of the marks; the newest of all, and of the source's own
_SEARCHED = 500  # the newest with the mark, among which the source's own are looked for: all feeds may have a title
_COMPARED = 1000  # characters of a text
MOST = 100  # ids of one article that are kept for a source: one that gives more gives it a new one at each poll


async def find(store: Store, source: Source, guid: str) -> tuple[Article, bool] | None:
    """The article that the source brought under this id, and whether it is the source's to change."""
    row = await store.read_one(
        f"""SELECT {articles.COLUMNS}, s.is_own FROM article_source s JOIN article a ON a.id = s.article_id
            WHERE s.kind = :kind AND s.key = :key AND s.guid = :guid""",
        {"kind": source.kind, "key": source.key, "guid": guid},
    )
    return None if row is None else (articles.from_row(row), bool(row["is_own"]))


async def alike(
    store: Store, source: Source, new: NewArticle, by_guid: int | None = None, *, drafts: bool = False
) -> list[Alike]:
    """The articles that may be the same story, oldest first: `by_guid`, and the newest with its address, title or text.

    `drafts`: those of other sources, too.
    """
    marks = (
        "canonical_url = :canonical_url",
        "title_mark <> '' AND title_mark = :title_mark",
        "fingerprint <> '' AND fingerprint = :fingerprint",
    )
    found = [
        f"""SELECT id FROM (SELECT id FROM article WHERE {mark} ORDER BY id DESC LIMIT {FEW})
            UNION SELECT id FROM (
                SELECT id FROM (SELECT id FROM article WHERE {mark} ORDER BY id DESC LIMIT {_SEARCHED}) newest
                WHERE EXISTS (
                    SELECT 1 FROM article_source s
                    WHERE s.article_id = newest.id AND s.kind = :kind AND s.key = :key)
                ORDER BY id DESC LIMIT {FEW})"""
        for mark in marks
    ]
    rows = await store.read(
        f"""SELECT {_ALIKE} FROM article a
            WHERE a.id IN (SELECT :by_guid UNION {" UNION ".join(found)}) AND a.revises IS NULL
            ORDER BY a.id""",
        {
            "kind": source.kind,
            "key": source.key,
            "canonical_url": new.canonical_url,
            "by_guid": by_guid,
            "length": _COMPARED,
            "title_mark": new.title_mark,
            "fingerprint": new.fingerprint,
        },
    )
    return [
        Alike(
            id=row["id"],
            title=row["title"],
            url=row["url"],
            canonical_url=row["canonical_url"],
            title_mark=row["title_mark"],
            words=row["words"],
            files=tuple(enclosure[0] for enclosure in json.loads(row["enclosures"])),
            published_at=from_ms(row["published_at"]),
            is_edited=row["changed_by"] is not None,
            guids=row["guids"],
        )
        for row in rows
        if drafts or row["guids"] or row["state"] != ArticleState.DRAFT
    ]


_ALIKE = """a.id, a.title, a.url, a.canonical_url, a.title_mark, a.enclosures, a.published_at, a.changed_by, a.state,
    substr(coalesce(nullif(a.text, ''), a.summary), 1, :length) AS words,
    (SELECT count(*) FROM article_source s
     WHERE s.article_id = a.id AND s.kind = :kind AND s.key = :key) AS guids"""


async def is_shared(store: Store, source: Source, guid: str) -> bool:
    """Whether the source gave this id to several items of one document: it says nothing then."""
    row = await store.read_one(
        """SELECT 1 FROM article_source s
           WHERE s.kind = :kind AND s.key = :key AND s.guid > :first AND s.guid < :last
           LIMIT 1""",
        {"kind": source.kind, "key": source.key, "first": f"{guid}\n", "last": f"{guid}\x0b"},
    )
    return row is not None


async def shares_ids(store: Store, source: Source) -> bool:
    """Whether the source ever gave one id to several items, or to another article than before."""
    row = await store.read_one(
        """SELECT 1 FROM article_source s
           WHERE s.kind = :kind AND s.key = :key AND instr(s.guid, char(10)) > 0
           LIMIT 1""",
        {"kind": source.kind, "key": source.key},
    )
    return row is not None


async def with_several_ids(store: Store, source: Source, article_ids: Collection[int]) -> int:
    """How many of these articles the source has shown under more than one id."""
    [row] = await store.read(
        """SELECT count(*) AS articles FROM json_each(:ids) given
           WHERE (SELECT count(*) FROM article_source s
                  WHERE s.article_id = given.value AND s.kind = :kind AND s.key = :key) > 1""",
        {"kind": source.kind, "key": source.key, "ids": json.dumps(sorted(article_ids))},
    )
    return int(row["articles"])


async def add(store: Store, article_id: int, source: Source, guid: str) -> bool:
    """Remembers that the source has the article too, under this id; whether it is the source's to change now.

    It becomes that if nobody's but a file's it was: a file's at once, a feed's from its next poll on.
    """

    async def work(tx: Transaction) -> bool:
        params = {"kind": source.kind, "key": source.key, "article_id": article_id}
        [row] = await tx.execute(
            """SELECT coalesce(sum(s.kind = :kind AND s.key = :key), 0) AS ids,
                   coalesce(max(s.is_own AND s.kind = :kind AND s.key = :key), 0) AS is_own,
                   coalesce(max(s.is_own AND s.kind <> 'file'), 0) AS is_owned
               FROM article_source s
               WHERE s.article_id = :article_id""",
            params,
        )
        if row["ids"] < MOST:
            await tx.execute(
                """INSERT INTO article_source (kind, key, guid, article_id, is_own)
                   VALUES (:kind, :key, :guid, :article_id, :is_own)
                   ON CONFLICT (kind, key, guid) DO NOTHING""",
                {**params, "guid": guid, "is_own": row["is_own"] or not row["is_owned"]},
            )
        return bool(row["is_own"] or (source.kind is SourceKind.FILE and not row["is_owned"]))

    return await store.write(work)


async def hand_over(store: Store, source: Source) -> None:
    """The source is no more. Its ids stay known; its articles are now changed by the other sources that have them."""

    async def work(tx: Transaction) -> None:
        params = {"kind": source.kind, "key": source.key}
        await tx.execute(
            """UPDATE article_source SET is_own = 1
               WHERE is_own = 0 AND article_id IN (
                   SELECT article_id FROM article_source WHERE kind = :kind AND key = :key AND is_own = 1)""",
            params,
        )
        await tx.execute("UPDATE article_source SET is_own = 0 WHERE kind = :kind AND key = :key", params)

    await store.write(work)


async def announce_brought_since(store: Store, article_id: int, feed_id: int) -> None:
    """Announces an article that another feed's first poll brought after this feed was polled last: it is news here."""

    async def work(tx: Transaction) -> None:
        found = await tx.execute(
            """SELECT 1 FROM article a JOIN feed f ON f.id = :feed_id
               WHERE a.id = :article_id AND a.announced_seq IS NULL AND a.state = 'published'
                   AND a.created_at > f.polled_at AND EXISTS (
                       SELECT 1 FROM article_source s
                       WHERE s.article_id = a.id AND s.kind = 'feed' AND s.key <> :key AND s.is_own = 1)""",
            {"article_id": article_id, "feed_id": feed_id, "key": str(feed_id)},
        )
        if found:
            await articles.announce(tx, article_id)

    await store.write(work)
