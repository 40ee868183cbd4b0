"""Where a site keeps its feeds, when its page does not say. Pure."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_NAMES: Final = ("feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml")


def usual_places(url: str) -> tuple[str, ...]:
    """The usual places of feeds: beside the page where it is a folder, and at the top of its site."""
    parts = urlsplit(url)
    folders = dict.fromkeys((parts.path if parts.path.endswith("/") else "/", "/"))
    return tuple(
        parts._replace(path=folder + name, query="", fragment="").geturl() for folder in folders for name in _NAMES
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
