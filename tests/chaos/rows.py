"""The store as it is on disk, read with SQLite alone: the oracle takes nothing from the code that it judges."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.chaos.nouns import Change, Pair, Report, Row, shown

ALONE = """SELECT d.chat_id, d.topic_id, d.state, d.error, d.message_ids, a.title
    FROM delivery d JOIN article a ON a.id = d.article_id
    WHERE d.kind = 'post'
    ORDER BY d.id"""
IN_DIGESTS = """SELECT d.chat_id, d.topic_id, d.state, d.error, d.message_ids, a.title
    FROM delivery d JOIN digest_item i ON i.digest_run_id = d.digest_run_id JOIN article a ON a.id = i.article_id
    WHERE d.kind = 'post'
    ORDER BY d.id, i.position"""
CHANGES = """SELECT d.chat_id, d.topic_id, d.kind, d.dedupe_key, d.state, d.effect, d.error, a.title
    FROM delivery d JOIN article a ON a.id = d.article_id
    WHERE d.kind <> 'post'
    ORDER BY d.id"""
REPORTS = """SELECT n.data, a.title
    FROM notice n JOIN article a ON a.id = n.data ->> 'article_id'
    WHERE n.kind = 'copies_changed'
    ORDER BY n.id"""
UNPLANNED = "SELECT title FROM article WHERE announced_seq > (SELECT announced_seq FROM plan_cursor) ORDER BY id"
EFFECTS = ("changed", "unchanged", "deleted", "lost", "impossible")
UNSETTLED = """SELECT
    (SELECT count(*) FROM article WHERE announced_seq > (SELECT announced_seq FROM plan_cursor))
    + (SELECT count(*) FROM article WHERE edited_seq > (SELECT edited_seq FROM edit_cursor))
    + (SELECT count(*) FROM article WHERE edit_due_at IS NOT NULL)
    + (SELECT count(*) FROM report) + count(*), coalesce(sum(attempts), 0), coalesce(max(not_before), 0)
    FROM delivery WHERE state IN ('pending', 'sending')"""


def rows_of(store: Path) -> list[Row]:
    """What became of each story's delivery; of one that is merged, what became of the digest that holds it."""
    with _reading(store) as connection:
        digests = {row.pair: row for row in _rows(connection, IN_DIGESTS)}
        return [_told_by(digests, row) if row.state == "merged" else row for row in _rows(connection, ALONE)]


def changes_of(store: Path) -> list[Change]:
    """What became of each edit and recall."""
    with _reading(store) as connection:
        return [
            Change(
                (row["chat_id"], row["topic_id"]),
                _story(row["title"]),
                int(row["dedupe_key"].rpartition(":r")[2]) if row["kind"] == "edit" else None,
                row["state"],
                row["effect"],
                row["error"],
            )
            for row in connection.execute(CHANGES)
        ]


def reports_of(store: Path) -> list[Report]:
    """What maintainers were told of their changes, the last of each story last."""
    with _reading(store) as connection:
        told = [(json.loads(row["data"]), _story(row["title"])) for row in connection.execute(REPORTS)]
    return [
        Report(story, {name: data[name] for name in EFFECTS if name in data}, data["waiting"]) for data, story in told
    ]


def left_sending(store: Path) -> list[Pair]:
    """What was in flight when the bot ended. Looks at a copy, so that the next start finds what the kill has left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(store, folder))
        if (wal := store.with_name(store.name + "-wal")).exists():
            shutil.copy(wal, folder)
        return sending(copy)


def sending(store: Path) -> list[Pair]:
    """What is in flight."""
    with _reading(store) as connection:
        every = [*_rows(connection, ALONE), *_rows(connection, IN_DIGESTS)]
        return [row.pair for row in every if row.state == "sending"]


def unplanned(store: Path) -> list[int]:
    """The stories that are not planned, or not to the end."""
    with _reading(store) as connection:
        return [_story(title) for (title,) in connection.execute(UNPLANNED)]


def suspended(store: Path) -> list[int]:
    """The chats that the bot has stopped writing to."""
    with _reading(store) as connection:
        return [chat for (chat,) in connection.execute("SELECT id FROM chat WHERE state = 'suspended' ORDER BY id")]


def unsettled(store: Path) -> tuple[int, int, float]:
    """How many deliveries have neither ended nor been parked, with all that is still to be planned or reported; their
    attempts; and until when (seconds since 1970) one of them waits before it is tried again."""
    with _reading(store) as connection:
        left, attempts, waits_until = connection.execute(UNSETTLED).fetchone()
        return left, attempts, waits_until / 1000


def _told_by(digests: dict[Pair, Row], row: Row) -> Row:
    """The row of a story that went into a digest: still merged where that was sent."""
    digest = digests.get(row.pair)
    if digest is None:
        return row
    state = "merged" if digest.state == "sent" else digest.state
    return Row(row.place, row.story, state, digest.error, digest.message_ids)


def _rows(connection: sqlite3.Connection, sql: str) -> list[Row]:
    return [
        Row((chat, topic), _story(title), state, error, tuple(json.loads(message_ids)))
        for chat, topic, state, error, message_ids, title in connection.execute(sql)
    ]


@contextmanager
def _reading(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def _story(title: str) -> int:
    [story] = shown(title)
    return story
