"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1). Lenient: what is of the wrong kind counts as absent. Pure."""

import json
from typing import Any

from bot.errors import FeedError
from bot.intake.dates import parse_date
from bot.intake.entries import MAX_ENTRIES, Entry, FeedInfo, ParsedFeed, first_words
from bot.intake.html import (
    absolute,
    clean,
    first_image,
    is_public,
    is_web,
    one_line,
    paragraphs,
    plain,
    sanitise,
    title_text,
)
from bot.model import Enclosure


def parse(body: bytes, *, url: str | None = None) -> ParsedFeed:
    """The feed in the body. Raises FeedError for what is not JSON or no feed."""
    where = url or "the document"
    try:
        document = json.loads(_text_of(body).lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"{where} looks like JSON and cannot be read as such: {str(error)[:80]}") from error
    if not isinstance(document, dict) or not (
        isinstance(document.get("items"), list) or "jsonfeed.org" in _text(document, "version")
    ):
        raise FeedError(f"{where} is JSON, but no JSON Feed: it has no list of items")
    language = _text(document, "language")
    authors = _authors(document)
    items = document.get("items")
    listed = [_entry(item, url, authors, language) for item in (items if isinstance(items, list) else [])[:MAX_ENTRIES]]
    entries = tuple(entry for entry in listed if entry is not None)
    link = _link(document, "home_page_url", url) or _link(document, "feed_url", url) or url or ""
    info = FeedInfo(
        title=title_text(_text(document, "title")) or link,
        link=link,
        id=_text(document, "feed_url"),
        author=authors,
        updated=max((entry.updated for entry in entries if entry.updated), default=None),
        published=max((entry.published for entry in entries if entry.published), default=None),
        summary=one_line(_text(document, "description")),
        language=language,
    )
    return ParsedFeed(info, entries)


def _text_of(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _entry(item: object, url: str | None, authors: str, language: str) -> Entry | None:
    if not isinstance(item, dict):
        return None
    link = _link(item, "url", url) or _link(item, "external_url", url)
    text, html = clean(_string(item, "content_text")), _string(item, "content_html")
    content = sanitise(html, link or url) or paragraphs(text)
    summary = _string(item, "summary")
    images = (_link(item, key, url) for key in ("image", "banner_image"))
    return Entry(
        title=title_text(_text(item, "title")) or first_words(plain(summary) or text or plain(content)) or link,
        link=link,
        id=_identity(item) or link,
        author=_authors(item) or authors,
        published=parse_date(_text(item, "date_published")),
        updated=parse_date(_text(item, "date_modified")),
        summary=sanitise(summary, link or url),
        content=content,
        language=_text(item, "language") or language,
        tags=_tags(item.get("tags")),
        image_url=next((image for image in images if is_public(image)), None) or first_image(content),
        enclosures=_enclosures(item.get("attachments"), url),
    ).within_bounds()


def _string(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _text(record: dict[str, Any], key: str) -> str:
    return one_line(_string(record, key))


def _link(record: dict[str, Any], key: str, url: str | None) -> str:
    link = _text(record, key)
    return (absolute(link, url) or "") if link else ""


def _identity(item: dict[str, Any]) -> str:
    """The id, which some feeds write as a number."""
    value = item.get("id")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:100]
    return _text(item, "id")


def _authors(record: dict[str, Any]) -> str:
    """Names of `authors` (1.1) or `author` (1.0)."""
    people = record.get("authors")
    listed = [*(people if isinstance(people, list) else [people]), record.get("author")]
    names = (_person(person) for person in listed if isinstance(person, dict))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _person(person: dict[str, Any]) -> str:
    name, address = _text(person, "name"), _text(person, "url")
    if address.startswith("mailto:"):
        email = address.removeprefix("mailto:")
        return f"{name} ({email})" if name else email
    return name or address


def _tags(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(tag for each in listed if isinstance(each, str) and (tag := one_line(each))))


def _enclosures(value: object, url: str | None) -> tuple[Enclosure, ...]:
    found = []
    for each in (value if isinstance(value, list) else [])[:20]:
        if isinstance(each, dict) and is_web(link := _link(each, "url", url)):
            size = each.get("size_in_bytes")
            is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**53
            found.append(Enclosure(link, _text(each, "mime_type"), size if is_size else None))
    return tuple(found)
