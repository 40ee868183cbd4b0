"""The store as it is on disk, read with SQLite alone: the oracle takes nothing from the code that it judges."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.chaos.oracle import STORY, Pair, Row

ALONE = """SELECT d.chat_id, d.topic_id, d.state, d.error, d.message_ids, a.title
    FROM delivery d JOIN article a ON a.id = d.article_id
    WHERE d.kind = 'post'
    ORDER BY d.id"""
IN_DIGESTS = """SELECT d.chat_id, d.topic_id, d.state, d.error, d.message_ids, a.title
    FROM delivery d JOIN digest_item i ON i.digest_run_id = d.digest_run_id JOIN article a ON a.id = i.article_id
    WHERE d.kind = 'post'
    ORDER BY d.id, i.position"""


def rows_of(store: Path) -> list[Row]:
    """What became of each story's delivery; of one that is merged, what became of the digest that holds it."""
    with _reading(store) as connection:
        digests = {row.pair: row for row in _rows(connection, IN_DIGESTS)}
        return [_told_by(digests, row) if row.state == "merged" else row for row in _rows(connection, ALONE)]


def sending(store: Path) -> list[Pair]:
    """What was in flight when the bot ended. Looks at a copy, so that the next start finds what the kill has left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(store, folder))
        if (wal := store.with_name(store.name + "-wal")).exists():
            shutil.copy(wal, folder)
        with _reading(copy) as connection:
            every = [*_rows(connection, ALONE), *_rows(connection, IN_DIGESTS)]
            return [row.pair for row in every if row.state == "sending"]


def suspended(store: Path) -> list[int]:
    """The chats that the bot has stopped writing to."""
    with _reading(store) as connection:
        return [chat for (chat,) in connection.execute("SELECT id FROM chat WHERE state = 'suspended' ORDER BY id")]


def waiting(store: Path) -> tuple[int, int]:
    """How many deliveries of stories there are, and how many of all have neither ended nor been parked."""
    with _reading(store) as connection:
        unfinished = "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')"
        return len(_rows(connection, ALONE)), connection.execute(unfinished).fetchone()[0]


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
        yield connection


def _story(title: str) -> int:
    found = STORY.search(title)
    assert found is not None
    return int(found[1])
