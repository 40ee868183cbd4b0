"""The store into files that import takes: articles as JSON Lines or Markdown, feeds as OPML."""

import json
import os
import re
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TextIO

from bot.errors import RefusedFile
from bot.intake import jsonl, markdown, opml
from bot.store import articles, feeds
from bot.store.db import Database


def format_for(path: Path) -> str:
    """The format that a file of this name is meant to be: a zip is Markdown, and what says nothing JSON Lines."""
    return {".opml": "opml", ".xml": "opml", ".zip": "markdown", ".md": "markdown"}.get(path.suffix.lower(), "jsonl")


async def export(db: Database, path: Path, format: str) -> int:  # noqa: A002  the word of the interface
    """Writes every article, oldest first, or every feed, so that import gives the same store; how many there were.

    What is written is there whole or not at all. Raises RefusedFile.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        match format:
            case "jsonl":
                count = await _write_text(unfinished, lambda file: _jsonl(db, file))
            case "opml":
                count = await _write_text(unfinished, lambda file: _opml(db, file))
            case _ if path.suffix.lower() == ".zip":
                count = await _zip(db, unfinished)
            case _:
                _make_folder(path, unfinished)
                count = await _folder(db, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise RefusedFile(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)
    return count


async def _write_text(path: Path, write: Callable[[TextIO], AsyncIterator[int]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        async for _ in write(file):
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


async def _jsonl(db: Database, file: TextIO) -> AsyncIterator[int]:
    async for article, guid in articles.every(db):
        file.write(json.dumps(jsonl.record(article, guid), ensure_ascii=False) + "\n")
        yield article.id


async def _opml(db: Database, file: TextIO) -> AsyncIterator[int]:
    followed = await feeds.list(db)
    file.writelines(opml.write(followed))
    for feed in followed:
        yield feed.id


async def _zip(db: Database, path: Path) -> int:
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        async for name, text in _pages(db):
            archive.writestr(name, text)
            count += 1
    return count


def _make_folder(path: Path, unfinished: Path) -> None:
    """Raises RefusedFile where something is already that is not an empty folder."""
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise RefusedFile(f"{path} is there already; name a new folder, or a file that ends in .zip")
    unfinished.mkdir()


async def _folder(db: Database, path: Path) -> int:
    count = 0
    async for name, text in _pages(db):
        (path / name).write_text(text, encoding="utf-8", newline="\n")
        count += 1
    return count


async def _pages(db: Database) -> AsyncIterator[tuple[str, str]]:
    async for article, guid in articles.every(db):
        slug = re.sub(r"[\W_]+", "-", article.title.lower())[:40].strip("-")
        yield f"{article.id:06}-{slug or 'article'}.md", markdown.write(article, guid)
