"""What `paperboy preview` shows: how a feed or a page would be read, in the fields of the public interface."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import FeedError
from bot.intake.discover import FoundFeed, feeds_of, read_link
from bot.intake.documents import on_disk
from bot.intake.entries import Entry, FeedInfo, ParsedFeed
from bot.intake.feed import looks_like_feed
from bot.intake.fetch import Fetcher
from bot.intake.html import as_markup
from bot.intake.jsonl import article_fields
from bot.intake.page import Page, looks_like_page
from bot.intake.parsing import Parsers

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://|(?:https?|ftp|file|feed|data|javascript|about):", re.IGNORECASE)


async def preview(target: str, fetcher: Fetcher, parsers: Parsers) -> dict[str, Any]:
    """The record of a URL or a file: {"feed", "entries"} or {"article", "feeds"}.

    Raises FetchError, FeedError, RefusedFile.
    """
    if _ADDRESS.match(target):
        found = await read_link(target, fetcher, parsers)
        if isinstance(found, FoundFeed):
            return feed_record(found.parsed)
        others = [] if found.feeds else await feeds_of(found, target, fetcher, parsers)
        return page_record(found, [feed.url for feed in others])
    path = Path(target)
    body = on_disk(path).body(what="feed")
    if looks_like_page(body) and not looks_like_feed(body):
        return page_record(await parsers.page(body, url=_address(path)))
    try:
        return feed_record(await parsers.feed(body))
    except FeedError as error:
        raise FeedError(str(error).replace("the document", str(path), 1)) from error


def _address(path: Path) -> str:
    return path.absolute().as_uri()


def page_record(page: Page, found: Sequence[str] = ()) -> dict[str, Any]:
    """A page's record: the article it would become, and the feeds it announces, else those that were found."""
    return {"article": article_fields(page.submission), "feeds": [feed.url for feed in page.feeds] or list(found)}


def feed_record(parsed: ParsedFeed) -> dict[str, Any]:
    """A feed's record. Titles, summaries and contents are HTML, so that text can be told from markup."""
    return {"feed": feed_fields(parsed.feed), "entries": [entry_fields(entry) for entry in parsed.entries]}


def feed_fields(feed: FeedInfo) -> dict[str, str | None]:
    return {
        "title": as_markup(feed.title) or None,
        "link": feed.link or None,
        "id": feed.id or None,
        "author": feed.author or None,
        "updated": instant(feed.updated),
        "published": instant(feed.published),
        "summary": as_markup(feed.summary) or None,
        "language": feed.language or None,
    }


def entry_fields(entry: Entry) -> dict[str, str | None]:
    return {
        "title": as_markup(entry.title) or None,
        "link": entry.link or None,
        "id": entry.id or None,
        "author": entry.author or None,
        "published": instant(entry.published),
        "updated": instant(entry.updated),
        "summary": entry.summary or None,
        "content": entry.content or None,
    }


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20) if moment else None
