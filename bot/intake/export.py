"""The whole store as JSON Lines, so that `import` gives the same articles."""

import json
import os
from pathlib import Path
from typing import Any

from bot.errors import RefusedFile
from bot.model import Article
from bot.store import articles
from bot.store.db import Database


async def export_jsonl(db: Database, path: Path) -> int:
    """How many articles were written, oldest first. The file is there whole or not at all. Raises RefusedFile."""
    unfinished = path.with_name(path.name + ".part")
    count = 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            async for article, guid in articles.every(db):
                file.write(json.dumps(record(article, guid), ensure_ascii=False) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise RefusedFile(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def record(article: Article, guid: str) -> dict[str, Any]:
    """The article in interface.md's form; what it does not have is left out."""
    fields: dict[str, Any] = {
        "url": article.url,
        "guid": guid,
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "author": article.author,
        "language": article.language,
        "tags": list(article.tags),
        "image_url": article.image_url,
        "enclosures": [
            {"url": e.url, "media_type": e.media_type, "size_bytes": e.size_bytes} for e in article.enclosures
        ],
        "published_at": article.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "state": article.state.value,
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
