"""The store as it is on disk, read with SQLite alone: the oracle takes nothing from the code that it judges."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.chaos.oracle import STORY, Pair, Row

STORIES = """SELECT d.chat_id, d.topic_id, d.state, d.error, d.message_ids, a.title
    FROM delivery d JOIN article a ON a.id = d.article_id
    WHERE d.kind = 'post'
    ORDER BY d.id"""


def rows_of(store: Path) -> list[Row]:
    """What became of each delivery of a story."""
    with _reading(store) as connection:
        return [
            Row((chat, topic), _story(title), state, error, tuple(json.loads(message_ids)))
            for chat, topic, state, error, message_ids, title in connection.execute(STORIES)
        ]


def sending(store: Path) -> list[Pair]:
    """What was in flight when the bot ended. Looks at a copy, so that the next start finds what the kill has left."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(store, folder))
        if (wal := store.with_name(store.name + "-wal")).exists():
            shutil.copy(wal, folder)
        with _reading(copy) as connection:
            return [
                ((chat, topic), _story(title))
                for chat, topic, state, _, _, title in connection.execute(STORIES)
                if state == "sending"
            ]


def suspended(store: Path) -> list[int]:
    """The chats that the bot has stopped writing to."""
    with _reading(store) as connection:
        return [chat for (chat,) in connection.execute("SELECT id FROM chat WHERE state = 'suspended' ORDER BY id")]


def waiting(store: Path) -> tuple[int, int]:
    """How many deliveries of stories there are, and how many of all have neither ended nor been parked."""
    with _reading(store) as connection:
        [planned] = connection.execute("SELECT count(*) FROM delivery WHERE article_id IS NOT NULL").fetchone()
        [unfinished] = connection.execute(
            "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')"
        ).fetchone()
        return planned, unfinished


@contextmanager
def _reading(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def _story(title: str) -> int:
    found = STORY.search(title)
    assert found is not None
    return int(found[1])
