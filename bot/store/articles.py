"""Articles: stored once, whichever source brings them; announced in order; listed newest first."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.fold import fold
from bot.model import Article, ArticleState, Enclosure, Listing, NewArticle, Source, Teaser
from bot.store.db import Row, Store, Transaction

COLUMNS = """a.id, a.url, a.canonical_url, a.title, a.summary, a.body, a.text, a.author, a.language, a.tags,
    a.image_url, a.enclosures, a.state, a.published_at, a.announced_seq, a.changed_seq, a.content_hash, a.revision,
    a.edited_seq, a.changed_by, a.revises"""
TEASER_COLUMNS = """a.id, a.title, coalesce(nullif(a.summary, ''), substr(a.text, 1, 400)) AS summary, a.url, a.author,
    a.language, a.tags, a.image_url, a.published_at"""
# What lists and searches leave out. Asked this way round they need not look at the articles that they go through.
UNPUBLISHED = "(SELECT id FROM article WHERE state <> 'published')"
# Of a subscription `s`: its posts show the text, by their preset or template; as the index subscription_text has it.
SHOWS_TEXT = """instr(s.look, '"full"') > 0 OR instr(s.look, '{text}') > 0"""
EDIT_EVERY = timedelta(minutes=15)  # at most once a copy, for what its source changes
MILLISECOND = timedelta(milliseconds=1)
BIGGEST_OFFSET = 1_000_000_000  # a page number from outside may be anything


async def get(store: Store, article_id: int) -> Article:
    """The article. Raises NotFound."""
    article = await find(store, article_id)
    if article is None:
        raise NotFound(f"there is no article {article_id}")
    return article


async def find(store: Store, article_id: int) -> Article | None:
    """The article, or None."""
    row = await store.read_one(f"SELECT {COLUMNS} FROM article a WHERE a.id = :id", {"id": article_id})
    return None if row is None else from_row(row)


async def add(store: Store, new: NewArticle, source: Source, *, announce: bool, revises: int | None = None) -> int:
    """The id of the new article. `announce` sends a published one out to the world; a draft waits for `publish`, or, if
    it `revises` an article, for `update` with what it says."""

    async def work(tx: Transaction) -> int:
        rows = await tx.execute(
            """INSERT INTO article (url, canonical_url, title, summary, body, text, author, language, tags, image_url,
                   enclosures, state, published_at, changed_seq, content_hash, title_mark, fingerprint,
                   revision, revises, created_at)
               VALUES (:url, :canonical_url, :title, :summary, :body, :text, :author, :language, :tags, :image_url,
                   :enclosures, :state, :published_at, :changed_seq, :content_hash, :title_mark, :fingerprint,
                   1, :revises, :now)
               RETURNING id""",
            {
                **_params(new),
                "state": new.state,
                "changed_seq": await _next(tx, "changed"),
                "revises": revises,
                "now": to_ms(tx.now()),
            },
        )
        article_id = int(rows[0]["id"])
        await tx.execute(
            """INSERT INTO article_source (kind, key, guid, article_id) VALUES (:kind, :key, :guid, :article_id)
               ON CONFLICT (kind, key, guid) DO NOTHING""",
            {"kind": source.kind, "key": source.key, "guid": new.guid, "article_id": article_id},
        )
        await _put_tags(tx, article_id, new.tags, new.published_at)
        if announce and new.state is ArticleState.PUBLISHED:
            await _announce(tx, article_id)
        return article_id

    return await store.write(work)


async def update(store: Store, article_id: int, new: NewArticle, *, by: int | None = None) -> None:
    """Everything the new version says, as a new revision, of the maintainer `by` or of its source. Raises NotFound.

    The state stays, but for a published article whose new version is withdrawn: a source does not publish an
    editor's draft, nor bring back what was withdrawn. If posts show it and must change, it is marked for copies.plan:
    a source's changes EDIT_EVERY after one another, what came between them together. What changes nothing but the text
    is marked for the posts that show it.
    """

    async def work(tx: Transaction) -> None:
        was = await get(tx, article_id)
        await tx.execute(
            """UPDATE article
               SET url = :url, canonical_url = :canonical_url, title = :title, summary = :summary, body = :body,
                   text = :text, author = :author, language = :language, tags = :tags, image_url = :image_url,
                   enclosures = :enclosures, published_at = :published_at, changed_seq = :changed_seq,
                   content_hash = :content_hash, revision = revision + 1, changed_by = :by,
                   title_mark = CASE WHEN :by IS NULL THEN :title_mark ELSE title_mark END,
                   fingerprint = CASE WHEN :by IS NULL THEN :fingerprint ELSE fingerprint END,
                   state = CASE WHEN state = 'published' AND :state = 'withdrawn' THEN 'withdrawn' ELSE state END
               WHERE id = :id""",
            {
                **_params(new),
                "state": new.state,
                "changed_seq": await _next(tx, "changed"),
                "by": by,
                "id": article_id,
            },
        )
        await tx.execute("DELETE FROM article_tag WHERE article_id = :id", {"id": article_id})
        await _put_tags(tx, article_id, new.tags, new.published_at)
        if was.state is ArticleState.PUBLISHED and was.announced_seq is not None:
            if by is not None or new.state is ArticleState.WITHDRAWN:
                await mark_edited(tx, article_id)
                await _note_what(tx, article_id, text_only=False)
            elif was.content_hash != new.content_hash:
                await _mark_edited_in_time(tx, article_id, text_only=False)
            elif was.text != new.text and await _is_text_shown(tx):
                await _mark_edited_in_time(tx, article_id, text_only=True)

    await store.write(work)


async def withdraw(store: Store, article_id: int, *, by: int | None = None) -> bool:
    """Takes a published article back, for ever; its copies are marked for copies.plan. False: there is no such one."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE article
               SET state = 'withdrawn', changed_seq = :changed_seq, changed_by = :by
               WHERE id = :id AND state = 'published'
               RETURNING announced_seq""",
            {"id": article_id, "changed_seq": await _next(tx, "changed"), "by": by},
        )
        if rows and rows[0]["announced_seq"] is not None:
            await mark_edited(tx, article_id)
        return bool(rows)

    return await store.write(work)


async def mark_edited(tx: Transaction, article_id: int) -> None:
    """Gives it its place among the articles whose copies are to follow."""
    await tx.execute(
        "UPDATE article SET edited_seq = :seq, edited_at = :now, edit_due_at = NULL WHERE id = :id",
        {"seq": await _next(tx, "edited"), "now": to_ms(tx.now()), "id": article_id},
    )


async def _is_text_shown(tx: Transaction) -> bool:
    """Whether any subscription has a look that shows it, or had one when it posted."""
    tables = ("subscription", "former_look")
    return any([await tx.execute(f"SELECT 1 FROM {table} s WHERE {SHOWS_TEXT} LIMIT 1") for table in tables])


async def _note_what(tx: Transaction, article_id: int, *, text_only: bool) -> None:
    """What has changed since its copies last followed: nothing but the text, or more."""
    await tx.execute(
        """UPDATE article
           SET edit_text_only = :text_only AND (edit_text_only OR edit_due_at IS NULL
               AND coalesce(edited_seq, 0) <= (SELECT edited_seq FROM edit_cursor WHERE id = 1))
           WHERE id = :id""",
        {"id": article_id, "text_only": text_only},
    )


async def _mark_edited_in_time(tx: Transaction, article_id: int, *, text_only: bool) -> None:
    """Now, or when EDIT_EVERY has passed since the last time."""
    await _note_what(tx, article_id, text_only=text_only)
    [row] = await tx.execute(
        """UPDATE article SET edit_due_at = max(:now, coalesce(edit_due_at, edited_at + :every, :now))
           WHERE id = :id
           RETURNING edit_due_at""",
        {"now": to_ms(tx.now()), "every": EDIT_EVERY // MILLISECOND, "id": article_id},
    )
    if row["edit_due_at"] <= to_ms(tx.now()):
        await mark_edited(tx, article_id)


async def announce(store: Store, article_id: int) -> int:
    """The published article's place in the order of announcement, given now if it has none. Raises NotFound."""
    return await store.write(lambda tx: _announce(tx, article_id))


async def publish(store: Store, article_id: int) -> bool:
    """Makes the draft a published and announced article, dated now. Raises NotFound.

    False: it was published (or withdrawn) before, and nothing is changed.
    """

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE article
               SET state = 'published', published_at = :now, changed_seq = :changed_seq
               WHERE id = :id AND state = 'draft'
               RETURNING id""",
            {"id": article_id, "now": to_ms(tx.now()), "changed_seq": await _next(tx, "changed")},
        )
        if not rows:
            await get(tx, article_id)
            return False
        await tx.execute(
            "UPDATE article_tag SET published_at = :now WHERE article_id = :id",
            {"id": article_id, "now": to_ms(tx.now())},
        )
        await _announce(tx, article_id)
        return True

    return await store.write(work)


async def announced_at(store: Store, canonical_url: str) -> list[Article]:
    """The published articles of this address that went out to the world, oldest first."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM article a
            WHERE a.canonical_url = :canonical_url AND a.state = 'published' AND a.announced_seq IS NOT NULL
            ORDER BY a.id""",
        {"canonical_url": canonical_url},
    )
    return [from_row(row) for row in rows]


async def drafts_of(store: Store, source: Source) -> list[Article]:
    """The drafts that came from this source, newest first."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM article_source s JOIN article a ON a.id = s.article_id
            WHERE s.kind = :kind AND s.key = :key AND a.state = 'draft'
            ORDER BY a.id DESC""",
        {"kind": source.kind, "key": source.key},
    )
    return [from_row(row) for row in rows]


async def discard(store: Store, article_id: int) -> bool:
    """Forgets a draft. False: there is no such draft, and nothing is changed."""

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            "DELETE FROM article WHERE id = :id AND state = 'draft' RETURNING id", {"id": article_id}
        )
        return bool(rows)

    return await store.write(work)


async def latest(
    store: Store,
    *,
    tag: str | None = None,
    page: int = 0,
    size: int = 5,
    before: tuple[datetime, int] | None = None,
) -> Listing:
    """A page (from 0) of the published articles, newest first; with a tag, as bot.fold compares it.

    `before`: only of those that come after this place in the list: published earlier, or then with a lower id.
    """
    at, before_id = before or (None, 0)
    if tag is None:
        ids = f"""SELECT id FROM article
                 WHERE state = 'published'{" AND (published_at, id) < (:at, :before_id)" if before else ""}
                 ORDER BY published_at DESC, id DESC LIMIT :limit OFFSET :offset"""
    else:
        ids = f"""SELECT t.article_id AS id FROM article_tag t
                 WHERE t.tag = :tag AND t.article_id NOT IN {UNPUBLISHED}
                     {"AND (t.published_at, t.article_id) < (:at, :before_id)" if before else ""}
                 ORDER BY t.published_at DESC, t.article_id DESC LIMIT :limit OFFSET :offset"""
    rows = await store.read(
        f"""SELECT {TEASER_COLUMNS} FROM article a JOIN ({ids}) page ON page.id = a.id
            ORDER BY a.published_at DESC, a.id DESC""",
        {
            "tag": fold(tag or ""),
            "at": None if at is None else to_ms(at),
            "before_id": before_id,
            "limit": size + 1,
            "offset": offset(page, size),
        },
    )
    return Listing(teasers=tuple(teaser(row) for row in rows[:size]), page=page, has_next=len(rows) > size)


async def newest(store: Store, limit: int) -> list[Article]:
    """The newest published articles, newest first."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM article a WHERE a.state = 'published'
            ORDER BY a.published_at DESC, a.id DESC LIMIT :limit""",
        {"limit": limit},
    )
    return [from_row(row) for row in rows]


async def published(store: Store, ids: Sequence[int]) -> list[Article]:
    """The published ones of these articles, in this order."""
    params = {f"id{number}": each for number, each in enumerate(ids)}
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM article a
            WHERE a.id IN ({", ".join(f":{name}" for name in params)}) AND a.state = 'published'""",
        params,
    )
    found = {row["id"]: row for row in rows}
    return [from_row(found[each]) for each in ids if each in found]


async def is_tag(store: Store, tag: str) -> bool:
    """Whether any article has the tag, as bot.fold compares it."""
    return await store.read_one("SELECT 1 FROM article_tag WHERE tag = :tag LIMIT 1", {"tag": fold(tag)}) is not None


async def announced_after(store: Store, seq: int, limit: int) -> list[Article]:
    """The articles announced after `seq`, in that order."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM article a
            WHERE a.announced_seq > :seq
            ORDER BY a.announced_seq
            LIMIT :limit""",
        {"seq": seq, "limit": limit},
    )
    return [from_row(row) for row in rows]


async def last_announced_seq(store: Store) -> int:
    """The place of the article announced last; 0 before the first."""
    row = await store.read_one("SELECT value FROM sequence WHERE name = 'announced'")
    return 0 if row is None else int(row["value"])


async def tags(store: Store, limit: int) -> list[tuple[str, int]]:
    """The tags of published articles, as one of them writes each, and how many have it: most first."""
    rows = await store.read(
        f"""SELECT max(t.label) AS label, count(*) AS articles
           FROM article_tag t
           WHERE t.article_id NOT IN {UNPUBLISHED}
           GROUP BY t.tag
           ORDER BY articles DESC, t.tag
           LIMIT :limit""",
        {"limit": limit},
    )
    return [(row["label"], row["articles"]) for row in rows]


async def count(store: Store) -> int:
    """How many articles there are, in whatever state."""
    row = await store.read_one("SELECT count(*) AS articles FROM article")
    return 0 if row is None else int(row["articles"])


async def every(store: Store, *, batch: int = 200) -> AsyncIterator[tuple[Article, str]]:
    """Every article with its first source's id for it (the guid), oldest first; read a batch at a time.

    Less the drafts that would replace one: they are no articles of their own.
    """
    after = 0
    while True:
        rows = await store.read(
            f"""SELECT {COLUMNS}, coalesce((
                    SELECT s.guid FROM article_source s
                    WHERE s.article_id = a.id ORDER BY s.kind, s.key, s.guid LIMIT 1), '') AS guid
                FROM article a
                WHERE a.id > :after AND a.revises IS NULL
                ORDER BY a.id
                LIMIT :batch""",
            {"after": after, "batch": batch},
        )
        for row in rows:
            yield from_row(row), row["guid"]
        if len(rows) < batch:
            return
        after = rows[-1]["id"]


def from_row(row: Row) -> Article:
    """The article of a row that has COLUMNS."""
    return Article(
        id=row["id"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        text=row["text"],
        author=row["author"],
        language=row["language"],
        tags=tuple(json.loads(row["tags"])),
        image_url=row["image_url"],
        enclosures=tuple(Enclosure(*enclosure) for enclosure in json.loads(row["enclosures"])),
        state=ArticleState(row["state"]),
        published_at=from_ms(row["published_at"]),
        announced_seq=row["announced_seq"],
        changed_seq=row["changed_seq"],
        content_hash=row["content_hash"],
        revision=row["revision"],
        edited_seq=row["edited_seq"],
        changed_by=row["changed_by"],
        revises=row["revises"],
    )


def teaser(row: Row, *, reads: int | None = None, reactions: int = 0) -> Teaser:
    """The teaser of a row that has TEASER_COLUMNS."""
    return Teaser(
        id=row["id"],
        title=row["title"],
        summary=row["summary"],
        url=row["url"],
        author=row["author"],
        language=row["language"],
        tags=tuple(json.loads(row["tags"])),
        image_url=row["image_url"],
        published_at=from_ms(row["published_at"]),
        reads=reads,
        reactions=reactions,
    )


def offset(page: int, size: int) -> int:
    """The rows before a page (from 0), whatever number a caller was given."""
    return min(max(page, 0) * size, BIGGEST_OFFSET)


def _params(new: NewArticle) -> dict[str, object]:
    return {
        "url": new.url,
        "canonical_url": new.canonical_url,
        "title": new.title,
        "summary": new.summary,
        "body": new.body,
        "text": new.text,
        "author": new.author,
        "language": new.language,
        "tags": json.dumps(new.tags),
        "image_url": new.image_url,
        "enclosures": json.dumps([[e.url, e.media_type, e.size_bytes] for e in new.enclosures]),
        "published_at": to_ms(new.published_at),
        "content_hash": new.content_hash,
        "title_mark": new.title_mark,
        "fingerprint": new.fingerprint,
    }


async def _next(tx: Transaction, name: str) -> int:
    rows = await tx.execute("UPDATE sequence SET value = value + 1 WHERE name = :name RETURNING value", {"name": name})
    return int(rows[0]["value"])


async def _announce(tx: Transaction, article_id: int) -> int:
    article = await get(tx, article_id)
    if article.state is not ArticleState.PUBLISHED:
        raise NotFound(f"article {article_id} is not published: {article.state}")
    if article.announced_seq is not None:
        return article.announced_seq
    seq = await _next(tx, "announced")
    await tx.execute(
        "UPDATE article SET announced_seq = :seq, announced_at = :now WHERE id = :id",
        {"seq": seq, "now": to_ms(tx.now()), "id": article_id},
    )
    return seq


async def _put_tags(tx: Transaction, article_id: int, labels: tuple[str, ...], published_at: datetime) -> None:
    await tx.executemany(
        """INSERT INTO article_tag (tag, published_at, article_id, label) VALUES (:tag, :published_at, :id, :label)
           ON CONFLICT (tag, published_at, article_id) DO NOTHING""",
        [
            {"tag": fold(label), "published_at": to_ms(published_at), "id": article_id, "label": label}
            for label in labels
        ],
    )
