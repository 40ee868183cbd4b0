"""OPML 1.0 and 2.0: lists of feeds, read and written. Folders and categories become tags.

What a maintainer set of a feed here travels in an attribute of our own. Its headers do not: they are secret.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from bot.errors import RefusedFile, RefusedItem
from bot.intake.canonical import canonical_url
from bot.intake.decide import MAX_TITLE, MAX_URL, clean_tags
from bot.intake.documents import Document
from bot.intake.html import clean, is_web, title_text
from bot.intake.xmlstream import CHUNK, End, Start, decoded, events, mended
from bot.model import Feed, FeedToFollow

OURS: Final = "https://github.com/paperboy/opml"  # names our attribute; nothing is fetched there
_SETTINGS: Final = "paperboy:settings"
_LONGEST: Final = timedelta(days=30)


@dataclass(slots=True)
class _Outline:
    """An outline that is open."""

    name: str
    attributes: dict[str, str]
    line: int
    is_feed: bool
    has_children: bool = False


@dataclass(slots=True)
class _Reading:
    where: str
    open: list[_Outline] = field(default_factory=list)
    feeds: dict[str, FeedToFollow] = field(default_factory=dict)  # by canonical address
    refused: list[RefusedItem] = field(default_factory=list)


def read(document: Document) -> Iterator[FeedToFollow | RefusedItem]:
    """The feeds, each once, in their order; of one that stands in several folders the tags are put together.

    Raises RefusedFile for what is not OPML.
    """
    document.body(what="list of feeds")  # raises when it is too large
    with document.opened() as file:
        text = mended("".join(decoded(file)))
    reading = _Reading(document.name)
    chunks = (text[at : at + CHUNK] for at in range(0, len(text), CHUNK))
    root = ""
    try:
        for event in events(chunks, document.name):
            if isinstance(event, Start):
                root = root or event.name.lower()
                if root != "opml":
                    raise RefusedFile(f"{document.path} is not OPML: it begins with <{event.name[:40]}>")
                _open(reading, event)
            elif isinstance(event, End) and event.name.lower() == "outline" and reading.open:
                _close(reading)
    except RefusedFile as error:
        if not reading.feeds:
            raise
        reading.refused.append(RefusedItem(f"{error}; the feeds up to there are taken"))
    yield from reading.feeds.values()
    yield from reading.refused


def _open(reading: _Reading, event: Start) -> None:
    if event.name.lower() != "outline":
        return
    attributes = {name.lower(): value for name, value in event.attributes.items()}
    if reading.open:
        reading.open[-1].has_children = True
    name = title_text(attributes.get("text") or attributes.get("title") or "")
    url = clean(attributes.get("xmlurl") or "").strip()
    reading.open.append(_Outline(name, attributes, event.line, is_feed=bool(url)))
    if url:
        _take(reading, name, url, attributes, f"{reading.where} line {event.line}")


def _close(reading: _Reading) -> None:
    """A leaf without the address of a feed is told, unless it is an empty folder."""
    outline = reading.open.pop()
    points_at = outline.attributes.get("url") or outline.attributes.get("htmlurl")
    if points_at and not outline.is_feed and not outline.has_children:
        where = f"{reading.where} line {outline.line}"
        reading.refused.append(RefusedItem(f"{where}: {outline.name[:80]!r} has no `xmlUrl`, the address of a feed"))


def _take(reading: _Reading, name: str, url: str, attributes: dict[str, str], where: str) -> None:
    if url.lower().startswith("feed:"):  # as links in old browsers were
        url = "http" + url[4:] if url[5:].startswith("//") else url[5:]
    if not is_web(url) or len(url) > MAX_URL:
        why = "an address that begins with http:// or https://, without a password"
        reading.refused.append(RefusedItem(f"{where}: `xmlUrl` of {name[:80]!r} is not {why}"))
        return
    folders = [outline.name for outline in reading.open[:-1]]
    feed = FeedToFollow(url, name[:MAX_TITLE], clean_tags([*folders, *_categories(attributes.get("category", ""))]))
    try:
        feed = _with_settings(feed, attributes.get(_SETTINGS))
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        reading.refused.append(RefusedItem(f"{where}: `{_SETTINGS}` of {name[:80]!r} is not as `export` writes it"))
        return
    known = reading.feeds.setdefault(canonical_url(url), feed)
    if known is not feed:
        reading.feeds[canonical_url(url)] = replace(known, tags=clean_tags([*known.tags, *feed.tags]))


def _categories(text: str) -> list[str]:
    """`/Boston/Weather,/Harvard` names three (OPML 2.0)."""
    return [part for path in text.split(",") for part in path.split("/")]


def _with_settings(feed: FeedToFollow, written: str | None) -> FeedToFollow:
    """Raises ValueError or TypeError for what `export` did not write."""
    if written is None:
        return feed
    settings = json.loads(written)
    seconds, first = settings.get("every_seconds"), settings.get("announce_first", 0)
    if seconds is not None and not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError
    if not isinstance(first, int) or not 0 <= first <= 1000:
        raise ValueError
    return replace(
        feed,
        tags=clean_tags([str(tag) for tag in settings.get("tags", [])]),
        paused=settings.get("paused") is True,
        every=None if seconds is None else timedelta(seconds=seconds),
        full_text=settings.get("full_text") is True,
        announce_first=first,
    )


def write(feeds: Iterable[Feed]) -> Iterator[str]:
    """The document, a line at a time."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<opml version="2.0" xmlns:paperboy={quoteattr(OURS)}>\n'
    yield f"<head><title>{escape('Feeds that Paperboy follows')}</title></head>\n<body>\n"
    for feed in feeds:
        title = clean(feed.title) or feed.url
        attributes = {
            "type": "rss",
            "text": title,
            "title": title,
            "xmlUrl": feed.url,
            "category": ",".join(f"/{clean(tag)}" for tag in feed.tags),
            _SETTINGS: json.dumps(_settings(feed), ensure_ascii=True),
        }
        yield f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items() if value)}/>\n"
    yield "</body>\n</opml>\n"


def _settings(feed: Feed) -> dict[str, Any]:
    settings: dict[str, Any] = {"tags": list(feed.tags)}
    if feed.paused:
        settings["paused"] = True
    if feed.every is not None:
        settings["every_seconds"] = feed.every.total_seconds()
    if feed.full_text:
        settings["full_text"] = True
    if feed.announce_first:
        settings["announce_first"] = feed.announce_first
    return settings
