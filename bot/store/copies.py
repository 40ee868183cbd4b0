"""Copies of articles as they stand in chats: the edits and recalls that follow a change, and what came of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.clock import to_ms
from bot.model import Article, ArticleState, Copy, DeliveryKind, DeliveryState, Effect, Form, NoticeKind
from bot.store import articles, notices, subscriptions, unwanted
from bot.store.db import Store, Transaction

CHUNK = 1000  # copies looked at in one transaction, so that the writer is never held for long
# What stands in a chat or is in doubt there, also the first messages of a digest whose others have not gone.
_STANDING = "(d.state IN ('sent', 'sending', 'uncertain') OR d.message_ids <> '[]')"
# What has ended in doubt (expired, dropped): a withdrawal says that nobody knows, edits leave it alone.
_ENDED_IN_DOUBT = "(d.state IN ('expired', 'cancelled', 'refused') AND d.doubt_at IS NOT NULL)"
# What is pending is written anew when it is sent; until then it may stand there by an attempt before.
_STANDING_OR_IN_DOUBT = f"({_STANDING} OR d.state = 'pending' AND d.doubt_at IS NOT NULL)"
_MAY_STAND = f"({_STANDING_OR_IN_DOUBT} OR :kind = 'recall' AND {_ENDED_IN_DOUBT})"
# Those of an article after one delivery, up to another: alone in a post, or among others in a digest.
_DIGESTS = f"""SELECT d.id, d.chat_id, d.topic_id
    FROM digest_item i JOIN delivery d ON d.digest_run_id = i.digest_run_id
    WHERE i.article_id = :article_id AND {_MAY_STAND} AND d.id > :after"""
_COPIES = f"""SELECT d.id, d.chat_id, d.topic_id FROM delivery d
    WHERE d.article_id = :article_id AND d.kind = 'post' AND {_MAY_STAND} AND d.id > :after
    UNION ALL {_DIGESTS}"""
# What a withdrawal reaches: what stands, and what still waits to be sent.
_COPIES_AND_WAITING = f"""SELECT d.id, d.chat_id, d.topic_id FROM delivery d
    WHERE d.article_id = :article_id AND d.kind = 'post' AND d.id > :after
    UNION ALL {_DIGESTS}"""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the copies at one destination; `copies`: those that are not as they were."""

    effect: Effect
    error: str = ""
    copies: tuple[Copy, ...] = ()


async def next_edited(store: Store) -> Article | None:
    """The article that was edited or withdrawn first among those that `plan` has not yet dealt with."""
    row = await store.read_one(
        f"""SELECT {articles.COLUMNS} FROM article a
            WHERE a.edited_seq > (SELECT edited_seq FROM edit_cursor WHERE id = 1)
            ORDER BY a.edited_seq
            LIMIT 1"""
    )
    return None if row is None else articles.from_row(row)


async def release(store: Store) -> int:
    """How many articles whose sources changed them lately have waited long enough for their copies to follow again."""

    async def work(tx: Transaction) -> int:
        due = await tx.execute(f"{_DUE} ORDER BY edit_due_at, id LIMIT {CHUNK}", {"now": to_ms(tx.now())})
        for row in due:
            await articles.mark_edited(tx, row["id"])
        return len(due)

    if await store.read_one(f"{_DUE} LIMIT 1", {"now": to_ms(store.now())}) is None:
        return 0
    return await store.write(work)


_DUE = "SELECT id FROM article WHERE edit_due_at <= :now"


async def plan(store: Store, article: Article, *, chunk: int = CHUNK) -> int:
    """One pending edit or recall for each destination where a copy stands, and the cursor moved on; how many.

    Deals with one chunk at a time: until `next_edited` gives another article, it is to be called again. Safe to repeat
    and to interrupt. An older edit that still waits is merged into this one; a post that waits for an article that was
    withdrawn is cancelled, or stays in doubt if one of its attempts may have arrived. A copy that followed its source
    less than EDIT_EVERY ago is left for `release` to bring up.
    """
    return await store.write(partial(_plan_chunk, article, chunk))


async def _plan_chunk(article: Article, chunk: int, tx: Transaction) -> int:
    now = to_ms(tx.now())
    fresh = await articles.find(tx, article.id)
    if fresh is None or fresh.edited_seq != article.edited_seq:
        return 0  # changed once more since it was read: it comes later, and then as it is
    is_withdrawn = article.state is ArticleState.WITHDRAWN
    kind = DeliveryKind.RECALL if is_withdrawn else DeliveryKind.EDIT
    key = f"recall:{article.id}" if is_withdrawn else f"edit:{article.id}:r{article.revision}"
    [cursor] = await tx.execute("SELECT begun_seq, after_id FROM edit_cursor WHERE id = 1")
    after = cursor["after_id"] if cursor["begun_seq"] == article.edited_seq else 0
    params = {
        "article_id": article.id, "kind": kind, "key": key, "after": after, "now": now,
        "edits": f"edit:{article.id}:", "lately": now - articles.EDIT_EVERY // articles.MILLISECOND,
    }  # fmt: skip
    is_of_source = not is_withdrawn and article.changed_by is None
    is_patient = is_of_source and await _was_edited(tx, article)
    shows_it = f"AND EXISTS (SELECT 1 {_SHOWS_TEXT})" if is_of_source and await _is_text_only(tx, article) else ""
    reached = _COPIES_AND_WAITING if is_withdrawn else _COPIES
    page = await tx.execute(
        f"SELECT max(id) AS last, count(*) AS found FROM (SELECT id FROM ({reached}) ORDER BY id LIMIT :chunk)",
        {**params, "chunk": chunk},
    )
    last, found = page[0]["last"], page[0]["found"]
    planned = 0
    if found and is_withdrawn:
        its = "kind = 'post' AND article_id = :article_id AND id > :after AND id <= :last"
        await unwanted.end_waiting(tx, its, {**params, "last": last}, "withdrawn")
    if found:
        made = await tx.execute(
            f"""INSERT INTO delivery (chat_id, topic_id, kind, article_id, state, not_before, dedupe_key, created_at)
                SELECT found.chat_id, found.topic_id, :kind, :article_id, 'pending', :now, :key, :now
                FROM ({_COPIES}) found
                WHERE found.id <= :last {f"AND NOT EXISTS (SELECT 1 {_LATELY})" if is_patient else ""}
                    {shows_it}
                ORDER BY found.id
                ON CONFLICT (chat_id, topic_id, dedupe_key) DO NOTHING
                RETURNING id""",
            {**params, "last": last},
        )
        planned = len(made)
        if is_patient:
            await _hold(tx, {**params, "last": last})
        await _merge_older(tx, {**params, "last": last})
    is_through = found < chunk
    if is_through:
        await _open_report(tx, article, params)
    await tx.execute(
        """UPDATE edit_cursor
           SET begun_seq = :seq, after_id = :last, edited_seq = CASE WHEN :is_through THEN :seq ELSE edited_seq END
           WHERE id = 1""",
        {"seq": article.edited_seq, "last": last or after, "is_through": is_through},
    )
    return planned


# Another edit of the copy `found`, in flight or just done.
_LATELY = """FROM delivery o
    WHERE o.chat_id = found.chat_id AND o.topic_id = found.topic_id
        AND o.dedupe_key > :edits AND o.dedupe_key < :edits || '~' AND o.dedupe_key <> :key
        AND (o.state = 'sending' OR o.state = 'sent' AND o.ended_at > :lately)"""


# The copy `found` is a post that shows the text.
_SHOWS_TEXT = f"""FROM delivery p
    LEFT JOIN former_look f ON f.id = p.former_look_id
    LEFT JOIN subscription s ON s.id = p.subscription_id
    WHERE p.id = found.id AND p.digest_run_id IS NULL
        AND ({articles.SHOWS_TEXT.replace("s.look", "coalesce(f.look, s.look)")})"""


async def _is_text_only(tx: Transaction, article: Article) -> bool:
    params = {"id": article.id}
    return bool(await tx.execute("SELECT 1 FROM article WHERE id = :id AND edit_text_only = 1", params))


async def _was_edited(tx: Transaction, article: Article) -> bool:
    params = {"id": article.id}
    return bool(await tx.execute("SELECT 1 FROM delivery WHERE article_id = :id AND kind = 'edit' LIMIT 1", params))


async def _hold(tx: Transaction, params: Mapping[str, object]) -> None:
    """The copies that were left out are looked at again when the last of them may follow."""
    [row] = await tx.execute(
        f"""SELECT max((SELECT max(coalesce(o.ended_at, :now)) {_LATELY})) AS last_at
            FROM ({_COPIES}) found
            WHERE found.id <= :last""",
        params,
    )
    if row["last_at"] is not None:
        await tx.execute(
            """UPDATE article SET edit_due_at = max(coalesce(edit_due_at, 0), :last_at + :now - :lately)
               WHERE id = :article_id""",
            {**params, "last_at": row["last_at"]},
        )


async def _merge_older(tx: Transaction, params: Mapping[str, object]) -> None:
    """Edits of the same destinations that still wait go into the new one: it shows what they were to show."""
    await tx.execute(
        f"""UPDATE delivery SET state = 'merged', ended_at = :now, merged_into = (
                SELECT n.id FROM delivery n
                WHERE n.chat_id = delivery.chat_id AND n.topic_id = delivery.topic_id AND n.dedupe_key = :key)
            WHERE state = 'pending' AND id IN (
                SELECT o.id FROM ({_COPIES}) found
                JOIN delivery o ON o.chat_id = found.chat_id AND o.topic_id = found.topic_id
                    AND o.dedupe_key > :edits AND o.dedupe_key < :edits || '~' AND o.dedupe_key <> :key
                JOIN delivery n ON n.chat_id = found.chat_id AND n.topic_id = found.topic_id AND n.dedupe_key = :key
                WHERE found.id <= :last)""",
        params,
    )


async def _open_report(tx: Transaction, article: Article, params: Mapping[str, object]) -> None:
    """The maintainer who did it is told when all is through, and who waits for the report of an older change, too."""
    await tx.execute("UPDATE report SET dedupe_key = :key WHERE article_id = :article_id", params)
    if article.changed_by is not None:
        await tx.execute(
            """INSERT INTO report (article_id, person_id, dedupe_key)
               SELECT :article_id, :person_id, :key
               WHERE EXISTS (
                   SELECT 1 FROM delivery
                   WHERE article_id = :article_id AND dedupe_key = :key AND kind <> 'post')
               ON CONFLICT (article_id, person_id) DO UPDATE SET dedupe_key = excluded.dedupe_key""",
            {**params, "person_id": article.changed_by},
        )


async def at(store: Store, article_id: int, chat_id: int, topic_id: int) -> list[Copy]:
    """The copies of an article that stand, or may stand, at a destination; the oldest first."""
    here = f"d.chat_id = :chat_id AND d.topic_id = :topic_id AND ({_STANDING_OR_IN_DOUBT} OR {_ENDED_IN_DOUBT})"
    columns = """d.id AS id, d.state, d.message_ids, d.form, d.picture, d.digest_run_id,
            coalesce(f.look, s.look, '{}') AS look, coalesce(f.name, s.name, '') AS name,
            coalesce(f.selection, s.selection, '{}') AS selection"""
    found = """FROM delivery d
            LEFT JOIN former_look f ON f.id = d.former_look_id
            LEFT JOIN subscription s ON s.id = d.subscription_id"""
    rows = await store.read(  # by keys, so that an edit costs the same beside a million copies elsewhere
        f"""SELECT {columns} {found}
            WHERE {here} AND d.dedupe_key >= 'post:' || :id AND d.dedupe_key < 'post:' || :id || '$'
                AND d.article_id = :article_id
            UNION ALL
            SELECT {columns} {found}
            WHERE {here} AND d.dedupe_key >= 'again:' || :id || ':' AND d.dedupe_key < 'again:' || :id || ';'
            UNION ALL
            SELECT {columns} {found}
            WHERE {here} AND d.dedupe_key >= 'digest:' AND d.dedupe_key < 'digest;' AND EXISTS (
                SELECT 1 FROM digest_item i WHERE i.article_id = :article_id AND i.digest_run_id = d.digest_run_id)
            ORDER BY id""",
        {"id": str(article_id), "article_id": article_id, "chat_id": chat_id, "topic_id": topic_id},
    )
    return [
        Copy(
            delivery_id=row["id"],
            state=DeliveryState(row["state"]),
            message_ids=tuple(json.loads(row["message_ids"])),
            form=Form(row["form"]),
            picture=row["picture"],
            digest_run_id=row["digest_run_id"],
            look=subscriptions.look_of(row["look"]),
            name=row["name"],
            selection=subscriptions.selection_of(row["selection"]),
        )
        for row in rows
    ]


async def mark_done(store: Store, delivery_id: int, done: Done) -> bool:
    """The edit or recall has ended so, and its copies are what they are now. False: it was not in flight.

    What is lost was cancelled by whoever deleted it; what is impossible Telegram refuses.
    """

    async def work(tx: Transaction) -> bool:
        rows = await tx.execute(
            """UPDATE delivery SET state = :state, effect = :effect, error = :error, ended_at = :now
               WHERE id = :id AND state = 'sending'
               RETURNING id""",
            {
                "id": delivery_id,
                "state": _STATES.get(done.effect, DeliveryState.SENT),
                "effect": done.effect,
                "error": done.error,
                "now": to_ms(tx.now()),
            },
        )
        await _put(tx, done.copies if rows else ())
        return bool(rows)

    return await store.write(work)


_STATES = {Effect.LOST: DeliveryState.CANCELLED, Effect.IMPOSSIBLE: DeliveryState.REFUSED}


async def _put(tx: Transaction, changed: Iterable[Copy]) -> None:
    await tx.executemany(
        "UPDATE delivery SET form = :form, picture = :picture, message_ids = :message_ids WHERE id = :id",
        [
            {
                "id": copy.delivery_id,
                "form": copy.form,
                "picture": copy.picture,
                "message_ids": json.dumps(copy.message_ids),
            }
            for copy in changed
        ],
    )


async def report_due(store: Store) -> int:
    """How many maintainers are to be told what their change came to: all of it is through, but in suspended chats."""

    async def work(tx: Transaction) -> int:
        due = await tx.execute(
            """SELECT r.article_id, r.person_id, r.dedupe_key FROM report r
               WHERE NOT EXISTS (
                   SELECT 1 FROM delivery d JOIN chat c ON c.id = d.chat_id
                   WHERE d.kind <> 'post' AND d.article_id = r.article_id AND d.dedupe_key = r.dedupe_key
                       AND (d.state = 'sending' OR d.state = 'pending' AND c.state = 'active'))"""
        )
        for row in due:
            article = await articles.get(tx, row["article_id"])
            counts = await _counts(tx, row["article_id"], row["dedupe_key"])
            data = {
                "article_id": article.id,
                "title": article.title,
                "withdrawn": article.state is ArticleState.WITHDRAWN,
                "waiting": counts.pop("", 0),
                **counts,
            }
            await notices.add(tx, row["person_id"], NoticeKind.COPIES_CHANGED, data)
            await tx.execute(
                "DELETE FROM report WHERE article_id = :article_id AND person_id = :person_id",
                {"article_id": row["article_id"], "person_id": row["person_id"]},
            )
        return len(due)

    if await store.read_one("SELECT 1 FROM report LIMIT 1") is None:
        return 0
    return await store.write(work)


async def _counts(store: Store, article_id: int, dedupe_key: str) -> dict[str, int]:
    """How many destinations by effect; "": those where it waits."""
    rows = await store.read(
        """SELECT effect, count(*) AS destinations FROM delivery
           WHERE kind <> 'post' AND article_id = :article_id AND dedupe_key = :key
               AND (effect <> '' OR state = 'pending')
           GROUP BY effect""",
        {"article_id": article_id, "key": dedupe_key},
    )
    return {row["effect"]: row["destinations"] for row in rows}


async def effects(store: Store) -> dict[str, int]:
    """What all edits and recalls came to, as `paperboy stats` and /stats show it."""
    rows = await store.read(
        """SELECT effect, count(*) AS destinations FROM delivery
           WHERE kind <> 'post' AND effect <> ''
           GROUP BY effect
           ORDER BY effect"""
    )
    return {row["effect"]: row["destinations"] for row in rows}


async def how_many(store: Store, article_id: int) -> int:
    """In how many posts and digests the article stands, or may stand."""
    row = await store.read_one(
        f"SELECT count(*) AS copies FROM ({_COPIES})", {"article_id": article_id, "after": 0, "kind": DeliveryKind.EDIT}
    )
    return 0 if row is None else int(row["copies"])
