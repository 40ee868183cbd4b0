"""Chats: where the bot is, what it may do there, and which people look after them."""

import json
from collections.abc import Iterable

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.model import Chat, ChatKind, ChatState
from bot.store import unwanted
from bot.store.db import Row, Store, Transaction

COLUMNS = "c.id, c.kind, c.title, c.username, c.language, c.state, c.reason, c.since, c.connected_by, c.started"


async def saw(store: Store, chat: Chat) -> None:
    """Remembers what Telegram says of a chat: kind, title, username, and who connected it if that is known.

    A known chat keeps its state and language. Nothing is written when nothing is new.
    """
    known = await find(store, chat.id)
    if known is not None and _says_nothing_new(known, chat):
        return
    await store.execute(
        """INSERT INTO chat (id, kind, title, username, language, state, reason, since, connected_by, started)
           VALUES (:id, :kind, :title, :username, :language, :state, :reason, :since, :connected_by, :started)
           ON CONFLICT (id) DO UPDATE
           SET kind = excluded.kind, title = excluded.title, username = excluded.username,
               connected_by = coalesce(excluded.connected_by, chat.connected_by),
               started = CASE WHEN excluded.started = 1 THEN 1 ELSE chat.started END""",
        {
            "id": chat.id,
            "kind": chat.kind,
            "title": chat.title,
            "username": chat.username,
            "language": chat.language,
            "state": chat.state,
            "reason": chat.reason,
            "since": None if chat.since is None else to_ms(chat.since),
            "connected_by": chat.connected_by,
            "started": chat.started,
        },
    )


async def get(store: Store, chat_id: int) -> Chat:
    """The chat. Raises NotFound."""
    chat = await find(store, chat_id)
    if chat is None:
        raise NotFound(f"there is no chat {chat_id}")
    return chat


async def find(store: Store, chat_id: int) -> Chat | None:
    """The chat, or None."""
    row = await store.read_one(f"SELECT {COLUMNS} FROM chat c WHERE c.id = :id", {"id": chat_id})
    return None if row is None else from_row(row)


async def mark_started(store: Store, person_id: int) -> None:
    """The person has started the bot: it may write to them from now on."""
    await store.execute(
        """INSERT INTO chat (id, kind, title, language, state, started) VALUES (:id, :kind, '', '', :state, 1)
           ON CONFLICT (id) DO UPDATE SET started = 1 WHERE chat.started = 0""",
        {"id": person_id, "kind": ChatKind.PRIVATE, "state": ChatState.ACTIVE},
    )


async def suspend(store: Store, chat_id: int, reason: str) -> bool:
    """Nothing is sent there until it resumes; settings and pending deliveries stay.

    False: it was suspended already; what is wrong there now is why.
    """

    async def work(tx: Transaction) -> bool:
        params = {"id": chat_id, "reason": reason, "now": to_ms(tx.now())}
        rows = await tx.execute(
            """UPDATE chat SET state = 'suspended', reason = :reason, since = :now
               WHERE id = :id AND state = 'active'
               RETURNING id""",
            params,
        )
        if not rows:
            await tx.execute("UPDATE chat SET reason = :reason WHERE id = :id AND state = 'suspended'", params)
        return bool(rows)

    return await store.write(work)


async def resume(store: Store, chat_id: int) -> bool:
    """The chat can be written to again. False: it was not suspended."""
    rows = await store.execute(
        """UPDATE chat SET state = 'active', reason = '', since = NULL
           WHERE id = :id AND state = 'suspended'
           RETURNING id""",
        {"id": chat_id},
    )
    return bool(rows)


async def note_message(store: Store, chat_id: int, message_id: int) -> None:
    """This message stands in the channel or supergroup: what is sent from now on gets a higher id."""
    await store.execute(
        """UPDATE chat SET last_message_id = :message_id
           WHERE id = :id AND coalesce(last_message_id, 0) < :message_id""",
        {"id": chat_id, "message_id": message_id},
    )


async def rename(store: Store, chat_id: int, title: str, username: str | None) -> None:
    """What the chat is called now, if it is known."""
    await store.execute(
        "UPDATE chat SET title = :title, username = :username WHERE id = :id",
        {"id": chat_id, "title": title, "username": username},
    )


async def set_language(store: Store, chat_id: int, language: str) -> None:
    """The language of what the chat is shown."""
    await store.execute("UPDATE chat SET language = :language WHERE id = :id", {"id": chat_id, "language": language})


async def link_admin(store: Store, chat_id: int, person_id: int) -> None:
    """Lists the chat under the person's channels. What they may do there, Telegram is asked each time."""
    await store.execute(
        """INSERT INTO chat_admin (person_id, chat_id, seen_at) VALUES (:person_id, :chat_id, :now)
           ON CONFLICT (person_id, chat_id) DO UPDATE SET seen_at = excluded.seen_at""",
        {"person_id": person_id, "chat_id": chat_id, "now": to_ms(store.now())},
    )


async def link_admins(store: Store, chat_id: int, person_ids: Iterable[int]) -> None:
    """Lists the chat, if it is known, under the channels of all of them; nothing is written for whom it is there."""
    row = await store.read_one(
        """SELECT (SELECT json_group_array(person_id) FROM chat_admin WHERE chat_id = c.id) AS linked
           FROM chat c WHERE c.id = :id""",
        {"id": chat_id},
    )
    new = set() if row is None else set(person_ids) - set(json.loads(row["linked"]))

    async def work(tx: Transaction) -> None:
        for person_id in sorted(new):
            await link_admin(tx, chat_id, person_id)

    if new:
        await store.write(work)


async def unlink_admin(store: Store, chat_id: int, person_id: int) -> None:
    """Takes the chat off the person's list."""
    await store.execute(
        "DELETE FROM chat_admin WHERE person_id = :person_id AND chat_id = :chat_id",
        {"person_id": person_id, "chat_id": chat_id},
    )


async def administered_by(store: Store, person_id: int) -> list[Chat]:
    """The channels and groups linked to the person, by title."""
    rows = await store.read(
        f"""SELECT {COLUMNS} FROM chat_admin ca JOIN chat c ON c.id = ca.chat_id
            WHERE ca.person_id = :person_id
            ORDER BY c.title, c.id""",
        {"person_id": person_id},
    )
    return [from_row(row) for row in rows]


async def remove(store: Store, chat_id: int) -> None:
    """Ends what the chat subscribed to and takes it off everyone's list; the ledger of what it got stays.

    What may have arrived there stays in doubt.
    """

    async def work(tx: Transaction) -> None:
        its, params = "chat_id = :id", {"id": chat_id}
        await unwanted.ask_nobody(tx, its, params)
        await unwanted.end_waiting(tx, its, params, "unsubscribed")
        await tx.execute("DELETE FROM subscription WHERE chat_id = :id", {"id": chat_id})
        await tx.execute("DELETE FROM chat_admin WHERE chat_id = :id", {"id": chat_id})

    await store.write(work)


async def migrate(store: Store, old_id: int, new_id: int) -> None:
    """The chat lives under a new id (a group became a supergroup): everything of it moves there, at once.

    The new id may be known already. Then its own settings win, subscriptions that both have become one, and what
    either got is not sent again.
    """

    async def work(tx: Transaction) -> None:
        ids = {"old": old_id, "new": new_id}
        if old_id == new_id or await find(tx, old_id) is None:
            return
        await tx.execute(
            """INSERT INTO chat (id, kind, title, username, language, state, reason, since, connected_by, started,
                   approval, reported_at, weekly_report)
               SELECT :new, 'supergroup', title, username, language, state, reason, since, connected_by, started,
                   CASE approval WHEN 'asked' THEN '' ELSE approval END,  -- the question's buttons name the old id
                   reported_at, weekly_report
               FROM chat WHERE id = :old
               ON CONFLICT (id) DO UPDATE
               SET connected_by = coalesce(chat.connected_by, excluded.connected_by),
                   approval = CASE WHEN excluded.approval = '' OR chat.approval IN ('approved', 'refused')
                       THEN chat.approval ELSE excluded.approval END,
                   reported_at = max(coalesce(chat.reported_at, excluded.reported_at),
                       coalesce(excluded.reported_at, chat.reported_at)),
                   weekly_report = min(chat.weekly_report, excluded.weekly_report)""",
            ids,
        )
        await tx.execute(
            """INSERT INTO chat_admin (person_id, chat_id, seen_at)
               SELECT person_id, :new, seen_at FROM chat_admin WHERE chat_id = :old
               ON CONFLICT (person_id, chat_id) DO NOTHING""",
            ids,
        )
        await _move_subscriptions(tx, ids)
        await _move_deliveries(tx, ids)
        await _move_notices(tx, old_id, new_id)
        # An article may be half planned, by chat: its plan begins again, so that it does not pass by the new id.
        await tx.execute("UPDATE plan_cursor SET filter_key = ''")
        await tx.execute("DELETE FROM passing_message WHERE chat_id = :old", ids)  # out of reach
        await tx.execute("DELETE FROM chat WHERE id = :old", ids)

    await store.write(work)


async def _move_subscriptions(tx: Transaction, ids: dict[str, int]) -> None:
    twins = await tx.execute(
        """SELECT o.id AS old_twin, n.id AS new_twin
           FROM subscription o JOIN subscription n
               ON n.chat_id = :new AND n.topic_id = o.topic_id AND n.mode = o.mode AND n.filter_key = o.filter_key
               AND (o.mode = 'instant' OR (n.times = o.times AND n.weekdays = o.weekdays AND n.timezone = o.timezone))
           WHERE o.chat_id = :old""",
        ids,
    )
    for twin in twins:
        await tx.execute(
            """UPDATE delivery SET subscription_id = :new_twin
               WHERE chat_id = :old AND subscription_id = :old_twin""",
            {**ids, "new_twin": twin["new_twin"], "old_twin": twin["old_twin"]},
        )
        await tx.execute("DELETE FROM subscription WHERE id = :id", {"id": twin["old_twin"]})
    await tx.execute("UPDATE subscription SET chat_id = :new WHERE chat_id = :old", ids)


async def _move_deliveries(tx: Transaction, ids: dict[str, int]) -> None:
    """Where both have a row for the same thing, one keeps the key, and one that still waits gives way.

    Of two that wait, the one in doubt goes on: its attempts are counted.
    """
    twins = await tx.execute(
        """SELECT o.id AS old_id, o.state AS old_state, n.id AS new_id, n.state AS new_state,
               o.state = 'pending' AND o.doubt_at IS NULL AND n.doubt_at IS NOT NULL AS is_new_in_doubt
           FROM delivery o JOIN delivery n
               ON n.chat_id = :new AND n.topic_id = o.topic_id AND n.dedupe_key = o.dedupe_key
           WHERE o.chat_id = :old""",
        ids,
    )
    for twin in twins:
        old_counts = twin["old_state"] in ("pending", "sending", "sent", "uncertain", "merged")
        gives_way = twin["new_state"] == "pending" and old_counts and not twin["is_new_in_doubt"]
        params = {"id": twin["new_id"] if gives_way else twin["old_id"]}
        await unwanted.end_waiting(tx, "id = :id", params, "migrated")
        await tx.execute("UPDATE delivery SET dedupe_key = dedupe_key || '#' || id WHERE id = :id", params)
    # Messages are numbered anew in a supergroup: what was posted before is out of reach, and its numbers, which mean
    # other messages there, are evidence of nothing.
    await tx.execute(
        """UPDATE delivery
           SET chat_id = :new, after_id = NULL, form = CASE WHEN message_ids = '[]' THEN form ELSE 'gone' END
           WHERE chat_id = :old""",
        ids,
    )


async def _move_notices(tx: Transaction, old_id: int, new_id: int) -> None:
    for row in await tx.execute("SELECT id, data FROM notice WHERE sent_at IS NULL ORDER BY id"):
        data = json.loads(row["data"])
        if data.get("chat_id") == old_id:
            moved = await tx.execute(
                """UPDATE notice SET data = :data
                   WHERE id = :id AND NOT EXISTS (
                       SELECT 1 FROM notice n
                       WHERE n.person_id = notice.person_id AND n.kind = notice.kind
                           AND n.data = :data AND n.sent_at IS NULL)
                   RETURNING id""",
                {"id": row["id"], "data": json.dumps({**data, "chat_id": new_id}, sort_keys=True)},
            )
            if not moved:  # the person is about to be told so of the new id already
                await tx.execute("DELETE FROM notice WHERE id = :id", {"id": row["id"]})


def from_row(row: Row) -> Chat:
    """The chat of a row that has COLUMNS."""
    return Chat(
        id=row["id"],
        kind=ChatKind(row["kind"]),
        title=row["title"],
        username=row["username"],
        language=row["language"],
        state=ChatState(row["state"]),
        reason=row["reason"],
        since=None if row["since"] is None else from_ms(row["since"]),
        connected_by=row["connected_by"],
        started=bool(row["started"]),
    )


def _says_nothing_new(known: Chat, chat: Chat) -> bool:
    return (
        (known.kind, known.title, known.username) == (chat.kind, chat.title, chat.username)
        and chat.connected_by in (None, known.connected_by)
        and (known.started or not chat.started)
    )
