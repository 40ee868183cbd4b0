"""JSON Lines: an article a line, as docs/operating.md shows one. A bad line is told apart, the others go on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from bot.clock import from_text, to_text
from bot.errors import RefusedFile, RefusedItem
from bot.intake.documents import Document
from bot.model import Article, ArticleState, Enclosure, Submission

MAX_LINE: Final = 5_000_000  # bytes of one article
_BOM: Final = b"\xef\xbb\xbf"
_TEXTS: Final = ("title", "url", "guid", "summary", "body", "author", "language", "image_url")


def read(document: Document) -> Iterator[Submission | RefusedItem]:
    """The articles, line by line as the file comes; a RefusedItem says which line, which field, found and expected."""
    if document.suffix == ".json" and (records := _whole(document)) is not None:
        for number, record in enumerate(records, 1):
            yield _article(record, f"{document.name} item {number}")
        return
    with document.opened() as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            where = f"{document.name} line {number}"
            if len(line) > MAX_LINE:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE)
                yield RefusedItem(f"{where}: longer than the {MAX_LINE // 1_000_000} MB allowed for one article")
                continue
            line = line.removeprefix(_BOM) if number == 1 else line
            if line.strip():
                yield read_line(line, where)


def _whole(document: Document) -> list[Any] | None:
    """The articles of a document that is one piece of JSON: a list, or one article over several lines; else None."""
    try:
        found = json.loads(document.body(), parse_constant=_no_constant)
    except (ValueError, RecursionError, RefusedFile):
        return None
    return found if isinstance(found, list) else [found]


def read_line(line: bytes, where: str) -> Submission | RefusedItem:
    """One article written as JSON; `where` begins the sentence of a refusal."""
    try:
        record = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        return RefusedItem(f"{where}: not UTF-8 at byte {error.start + 1}; save the file as UTF-8")
    except json.JSONDecodeError as error:
        return RefusedItem(f"{where}: not JSON at column {error.colno} ({error.msg})")
    except RecursionError:
        return RefusedItem(f"{where}: nested too deeply for an article")
    except ValueError as error:
        return RefusedItem(f"{where}: not JSON ({str(error)[:80]})")
    return _article(record, where)


def _article(record: object, where: str) -> Submission | RefusedItem:
    try:
        return article_from(record)
    except RefusedItem as error:
        return RefusedItem(f"{where}: {error}")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def article_from(record: object) -> Submission:
    """An article in that form. Raises RefusedItem naming the field, what was found and what is expected."""
    if not isinstance(record, dict):
        raise RefusedItem(f"found {_kind(record)}, expected an object with `title` and one of `url`, `body`, `summary`")
    texts = {name: _text(record, name) for name in _TEXTS}
    if not texts["title"].strip():
        raise RefusedItem("`title` is missing or empty; expected a text")
    if not (texts["url"].strip() or texts["body"].strip() or texts["summary"].strip()):
        raise RefusedItem("all of `url`, `body` and `summary` are missing or empty; expected at least one")
    return Submission(
        title=texts["title"],
        url=texts["url"] or None,
        guid=texts["guid"] or None,
        summary=texts["summary"],
        body=texts["body"],
        author=texts["author"],
        language=texts["language"],
        tags=_tags(record),
        image_url=texts["image_url"] or None,
        enclosures=enclosures(record),
        published_at=_moment(record),
        state=_state(record),
    )


def article_fields(article: Submission) -> dict[str, Any]:
    """A submission in that form; what is absent is None."""
    return {
        "url": article.url,
        "guid": article.guid,
        "title": article.title,
        "summary": article.summary or None,
        "body": article.body or None,
        "author": article.author or None,
        "language": article.language or None,
        "tags": list(article.tags),
        "image_url": article.image_url,
        "published_at": article.published_at.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20) if article.published_at else None,
        "state": article.state.value,
    }


def record(article: Article, guid: str) -> dict[str, Any]:
    """A stored article in that form; what it does not have is left out."""
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
        "published_at": to_text(article.published_at),
        "state": article.state.value,
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedItem(f"`{name}` is {_kind(value)}, expected a text")
    return value


def _tags(record: dict[str, Any]) -> tuple[str, ...]:
    value = record.get("tags")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise RefusedItem(f"`tags` is {_kind(value)}, expected a list of texts")
    return tuple(value)


def enclosures(record: dict[str, Any]) -> tuple[Enclosure, ...]:
    """The files that come with it. Raises RefusedItem."""
    value = record.get("enclosures")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(each, dict) and isinstance(each.get("url"), str) for each in value
    ):
        raise RefusedItem(f"`enclosures` is {_kind(value)}, expected a list of objects with `url`")
    found = []
    for each in value:
        size, kind = each.get("size_bytes"), each.get("media_type")
        is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**53
        found.append(Enclosure(each["url"], kind if isinstance(kind, str) else "", size if is_size else None))
    return tuple(found)


def _moment(record: dict[str, Any]) -> datetime | None:
    value = record.get("published_at")
    if value is None or value == "":
        return None
    expected = 'expected a moment like "2026-11-24T09:00:00Z"'
    if not isinstance(value, str):
        raise RefusedItem(f"`published_at` is {_kind(value)}, {expected}")
    try:
        return from_text(value.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RefusedItem(f"`published_at` is {value[:40]!r}, {expected}") from error


def _state(record: dict[str, Any]) -> ArticleState:
    value = record.get("state")
    if value is None:
        return ArticleState.PUBLISHED
    if not isinstance(value, str) or value not in list(ArticleState):
        found = repr(value[:40]) if isinstance(value, str) else _kind(value)
        raise RefusedItem(f"`state` is {found}, expected one of {', '.join(ArticleState)}")
    return ArticleState(value)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
