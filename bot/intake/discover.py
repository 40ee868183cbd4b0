"""What stands behind a link: a feed to follow, or a page that becomes an article and may lead to feeds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.errors import FeedError, FetchError, PageError
from bot.intake.address import host_of
from bot.intake.entries import Entry, ParsedFeed
from bot.intake.feed import looks_like_feed
from bot.intake.fetch import Fetched, Fetcher, shown
from bot.intake.page import Page, is_page, looks_like_page
from bot.intake.parsing import Parsers
from bot.intake.patience import side_by_side
from bot.intake.places import known_feed, usual_places

MOST: Final = 5  # feeds of one page that are offered
TRIED: Final = 12  # at most, of what it announces, of what it links to, or of the usual places
AT_ONCE: Final = 3
PATIENCE: Final = timedelta(seconds=30)  # for all of them together
# How files begin that are neither a page nor a feed, whatever their server says.
_FILES: Final = re.compile(
    rb"%PDF-|\x89PNG|\xff\xd8\xff|GIF8|PK\x03\x04|RIFF|ID3|OggS|\x1aE\xdf\xa3|\x1f\x8b|.{4}ftyp|7z\xbc\xaf", re.DOTALL
)
_FILE_TYPES: Final = re.compile(
    r"(image|audio|video|font)/|application/(pdf|zip|octet-stream|msword|epub)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed, and its address: the one that was asked for, unless it has moved for good."""

    url: str
    parsed: ParsedFeed


async def read_link(url: str, fetcher: Fetcher, parsers: Parsers) -> FoundFeed | Page:
    """Fetches the address and reads what is there. Raises FetchError, FeedError; PageError: it shows no article."""
    return await _read(url, await fetcher.get(url), parsers)


async def find_feeds(url: str, fetcher: Fetcher, parsers: Parsers) -> list[FoundFeed]:
    """The feeds that the address leads to, each fetched and read: the address itself, what its page announces, what it
    links to, else the usual places of its site. At most MOST, each once. Raises FetchError, FeedError."""
    if known := known_feed(url):
        found = await _tried([known], fetcher, parsers)
        if found:
            return found
    fetched = await fetcher.get(url)
    try:
        read = await _read(url, fetched, parsers)
    except PageError:
        return []
    if isinstance(read, FoundFeed):
        return [read]
    return await feeds_of(read, fetched.url, fetcher, parsers)


async def feeds_of(page: Page, url: str, fetcher: Fetcher, parsers: Parsers) -> list[FoundFeed]:
    """The feeds of a page that has been read, as find_feeds has them; `url`: where the page was found."""
    beside = [link.url for link in page.linked_feeds if host_of(link.url) == host_of(url)]
    for candidates in ([link.url for link in page.feeds], beside, usual_places(url)):
        if found := await _tried(candidates, fetcher, parsers):
            return found
    return []


def newest(parsed: ParsedFeed) -> list[Entry]:
    """The entries, the newest first: by their dates where each has one, else as the feed lists them."""
    dated = [(entry.published or entry.updated, entry) for entry in parsed.entries]
    if any(date is None for date, _entry in dated):
        return list(parsed.entries)
    return [
        entry for _date, entry in sorted(dated, key=lambda pair: pair[0].timestamp() if pair[0] else 0, reverse=True)
    ]


async def _read(url: str, fetched: Fetched, parsers: Parsers) -> FoundFeed | Page:
    _refuse_file(fetched)
    if looks_like_feed(fetched.body) or not is_page(fetched.body, fetched.content_type):
        return FoundFeed(fetched.moved_to or url, await feed_of(fetched, parsers))
    page = await parsers.page(fetched.body, content_type=fetched.content_type, url=fetched.url)
    if page.wants_login:
        raise PageError("login", f"{shown(fetched.url)} asks to log in, and shows no article")
    return page


def _refuse_file(fetched: Fetched) -> None:
    kind = fetched.content_type.partition(";")[0].strip()
    is_text = looks_like_feed(fetched.body) or looks_like_page(fetched.body)
    if _FILES.match(fetched.body) or (_FILE_TYPES.match(kind) and not is_text):
        told = kind[:60] or "of a kind not told"
        raise PageError("file", f"{shown(fetched.url)} is a file ({told}), where a web page or a feed was expected")


async def _tried(candidates: Sequence[str], fetcher: Fetcher, parsers: Parsers) -> list[FoundFeed]:
    """Those that are feeds, in their order; those not read in time are left out."""

    async def one(url: str) -> FoundFeed | None:
        try:
            fetched = await fetcher.get(url)
            if not looks_like_feed(fetched.body):
                return None
            found = await _read(url, fetched, parsers)
        except (FetchError, FeedError):
            return None
        return found if isinstance(found, FoundFeed) else None

    answers = await side_by_side(one, candidates[:TRIED], at_once=AT_ONCE, patience=PATIENCE)
    return _distinct(answer for answer in answers if isinstance(answer, FoundFeed))[:MOST]


def _distinct(found: Iterable[FoundFeed]) -> list[FoundFeed]:
    """Each once: pages announce the same feed as RSS and as Atom, and under several addresses."""
    kept: dict[object, FoundFeed] = {}
    for feed in found:
        links = tuple(entry.link or entry.id for entry in feed.parsed.entries)
        kept.setdefault(links or feed.url, feed)
    return list(kept.values())


async def read_feed(url: str, headers: Mapping[str, str], fetcher: Fetcher, parsers: Parsers) -> ParsedFeed:
    """The feed at an address that is given out to those with these headers. Raises FetchError, FeedError."""
    return await feed_of(await fetcher.get(url, headers=headers), parsers)


async def feed_of(fetched: Fetched, parsers: Parsers) -> ParsedFeed:
    """The feed that a fetched document is. Raises FeedError."""
    return await parsers.feed(
        fetched.body, content_type=fetched.content_type, url=fetched.base_url, language=fetched.language
    )
