"""What stands behind a link: a feed to follow, or a page that becomes an article and may announce feeds."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.intake.entries import ParsedFeed
from bot.intake.feed import looks_like_feed
from bot.intake.fetch import Fetcher
from bot.intake.page import Page, looks_like_page
from bot.intake.parsing import Parsers


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed, and the address it was found at after redirects."""

    url: str
    parsed: ParsedFeed


async def read_link(url: str, fetcher: Fetcher, parsers: Parsers) -> FoundFeed | Page:
    """Fetches the address and reads what is there. Raises FetchError, FeedError."""
    fetched = await fetcher.get(url)
    is_page = looks_like_page(fetched.body) or "html" in fetched.content_type.lower()
    if looks_like_feed(fetched.body) or not is_page:
        parsed = await parsers.feed(
            fetched.body, content_type=fetched.content_type, url=fetched.base_url, language=fetched.language
        )
        return FoundFeed(fetched.url, parsed)
    return await parsers.page(fetched.body, content_type=fetched.content_type, url=fetched.url)


async def read_feed(url: str, headers: Mapping[str, str], fetcher: Fetcher, parsers: Parsers) -> ParsedFeed:
    """The feed at an address that is given out to those with these headers. Raises FetchError, FeedError."""
    fetched = await fetcher.get(url, headers=headers)
    return await parsers.feed(
        fetched.body, content_type=fetched.content_type, url=fetched.base_url, language=fetched.language
    )
