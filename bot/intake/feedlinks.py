"""The feeds that a page leads to, as it is written. Pure; runs in the parsing children."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from bot.intake.html import absolute, is_web, one_line
from bot.intake.page import FeedLink

FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/rss+xml"}
    | {"application/x-rss+xml", "application/rss", "application/atom"}
)
MOST: Final = 20
# Addresses that are feeds more often than not.
_LIKE_FEED: Final = re.compile(
    r"(?:^|/)(?:feeds?|rss2?|atom|index)(?:\.(?:xml|rss|rdf|atom|json))?/?$|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"comments?(?:/|-|$)", re.IGNORECASE)


def find(root: HtmlElement, base: str) -> tuple[tuple[FeedLink, ...], tuple[FeedLink, ...]]:
    """The feeds that the page announces, and those that it seems to link to; comments last."""
    announced = ((link.get("href"), link.get("title")) for link in root.iter("link") if _announces(link))
    linked = ((link.get("href"), link.text_content()) for link in root.iter("a") if _is_like_feed(link.get("href")))
    return _kept(announced, base), _kept(linked, base)


def _announces(link: HtmlElement) -> bool:
    relations = (link.get("rel") or "").lower().split()
    kind = (link.get("type") or "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" and "feed" in (link.get("href") or "")  # elsewhere it is an API
    return ("alternate" in relations and (kind in FEED_TYPES or is_json)) or "feed" in relations


def _is_like_feed(href: str | None) -> bool:
    try:
        return bool(href) and _LIKE_FEED.search(urlsplit(str(href)).path) is not None
    except ValueError:
        return False


def _kept(links: Iterable[tuple[str | None, str | None]], base: str) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for href, title in links:
        url = absolute(one_line(re.sub(r"^feed:(?://)?(?=https?:)|^feed:(?=//)", "", href or "")), base)
        if url and is_web(url):
            found.setdefault(url, FeedLink(url, one_line(title or "")[:200]))
    return tuple(sorted(found.values(), key=lambda link: _COMMENTS.search(urlsplit(link.url).path) is not None))[:MOST]
