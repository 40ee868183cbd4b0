"""The feeds that a page leads to. Pure."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from bot.intake.html import absolute, is_web, one_line
from bot.intake.page import FeedLink

FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/rss+xml"}
    | {"application/x-rss+xml", "application/rss", "application/atom"}
)
MOST: Final = 20
# Addresses that are feeds more often than not; those of other sites only where the name says so plainly.
_LIKE_FEED: Final = re.compile(
    r"(?:^|/)(?:feeds?|rss2?|atom|index)(?:\.(?:xml|rss|rdf|atom|json))?/?$|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"comments?(?:/|-|$)", re.IGNORECASE)
_GUESSES: Final = ("feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml", "feed.json")


def find(root: HtmlElement, base: str) -> tuple[tuple[FeedLink, ...], tuple[FeedLink, ...]]:
    """The feeds that the page announces, and those that it seems to link to; comments last."""
    announced = ((link.get("href"), link.get("title")) for link in root.iter("link") if _announces(link))
    linked = ((link.get("href"), link.text_content()) for link in root.iter("a") if _is_like_feed(link.get("href")))
    return _kept(announced, base), _kept(linked, base)


def guesses(url: str) -> tuple[str, ...]:
    """The usual places of feeds: beside the page where it is a folder, and at the top of its site."""
    parts = urlsplit(url)
    folders = dict.fromkeys((parts.path if parts.path.endswith("/") else "/", "/"))
    return tuple(
        parts._replace(path=folder + name, query="", fragment="").geturl() for folder in folders for name in _GUESSES
    )


def known_feed(url: str) -> str | None:
    """The feed of an address whose site documents where its feeds are; None for any other.

    YouTube (https://developers.google.com/youtube/v3/guides/push_notifications), releases on GitHub, Reddit. Others,
    such as Mastodon, announce them in their pages.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host, path = re.sub(r"^(www|m|old|new)\.", "", (parts.hostname or "").lower()), parts.path.rstrip("/")
    if host == "youtube.com":
        if channel := re.fullmatch(r"/channel/(UC[\w-]{22})(?:/.*)?", path):
            return f"https://www.youtube.com/feeds/videos.xml?channel_id={channel[1]}"
        if path == "/playlist" and (playlist := parse_qs(parts.query).get("list")):
            return f"https://www.youtube.com/feeds/videos.xml?playlist_id={playlist[0]}"
    if host == "github.com" and (repository := re.fullmatch(r"(/[\w.-]+/[\w.-]+)(/releases|/tags)?", path)):
        return f"https://github.com{repository[1]}{repository[2] or '/releases'}.atom"
    if host == "reddit.com" and re.fullmatch(r"/(?:r|user)/[\w-]+(?:/(?:new|top|hot))?", path):
        return f"https://www.reddit.com{path}/.rss"
    return None


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
