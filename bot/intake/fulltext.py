"""The full text of feeds that carry teasers: the pages that their entries link to are read, each once.

What a page said is kept (store/linked_pages.py) and given to the entry again at each poll, so that an article with a
fetched text is the same at the next poll. A page is read again when its entry changes. What cannot be read keeps its
teaser, and is tried again a few times.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from bot.errors import FeedError, FetchError
from bot.fold import fold, letters
from bot.intake.address import shown
from bot.intake.canonical import canonical_url
from bot.intake.fetch import Fetched, Fetcher
from bot.intake.html import looks_like_html, plain
from bot.intake.page import is_page
from bot.intake.parsing import Parsers
from bot.intake.patience import side_by_side
from bot.model import Feed, Submission
from bot.store import linked_pages
from bot.store.db import Database
from bot.store.linked_pages import LinkedPage

log = logging.getLogger(__name__)

MOST: Final = 40  # pages read in one poll: the newest entries
AT_ONCE: Final = 2
PATIENCE: Final = timedelta(minutes=2)  # for all of them
TRIES: Final = 3
AGAIN_AFTER: Final = timedelta(hours=1)  # at the earliest: some feeds count something in their teasers
CLEARLY: Final = 1.3  # times as long as the entry's own text, and
LONGER: Final = 200  # more characters
LIKE: Final = 60  # per cent: titles of one story


async def fill(
    items: Sequence[Submission], feed: Feed, db: Database, fetcher: Fetcher, parsers: Parsers
) -> tuple[list[Submission], bool]:
    """The items of a poll, oldest first, with the text of their pages where the feed is to have it and they give more.

    And whether pages are still to be read, so that the document must be looked at again. Takes PATIENCE at most. It
    raises nothing: what fails leaves an item as it came.
    """
    if not feed.full_text:
        return list(items), False
    known = await linked_pages.of_feed(db, feed.id)
    by_guid, by_url = {page.guid: page for page in known if page.guid}, {page.url: page for page in known}
    shared = Counter(canonical_url(item.url or "") for item in items)
    pages: dict[int, LinkedPage] = {}
    wanted: list[int] = []
    for index, item in enumerate(items):
        url = canonical_url(item.url or "")
        if not item.url or shared[url] > 1 or urlsplit(url).path in ("", "/"):
            continue  # an address that is not this entry's alone
        page = by_url.get(url) or _renamed(by_guid.get(item.guid or ""), item)
        if page is not None:
            pages[index] = page
        if page is None or is_due(page, item, db.now()):
            wanted.append(index)
    read = await _read_all({index: items[index] for index in wanted[-MOST:]}, pages, db.now(), fetcher, parsers)
    if read:
        await linked_pages.put(db, feed.id, read.values())
        done = sum(1 for page in read.values() if page.body)
        log.info("linked pages read: feed=%d pages=%d with_text=%d", feed.id, len(read), done)
    pages |= read
    is_open = any(index not in pages or 0 < pages[index].tries < TRIES for index in wanted)
    return [completed(item, pages[index]) if index in pages else item for index, item in enumerate(items)], is_open


def is_due(page: LinkedPage, item: Submission, now: datetime) -> bool:
    """Whether a page that has been read is to be read again: its entry has changed, or it could not be read yet."""
    if page.entry_hash != entry_hash(item):
        return now - page.read_at >= AGAIN_AFTER
    return 0 < page.tries < TRIES


def _renamed(page: LinkedPage | None, item: Submission) -> LinkedPage | None:
    """The page under the entry's id, if the entry said the same then: ids may be places in the list, or one for all."""
    return page if page is not None and page.entry_hash == entry_hash(item) else None


def completed(item: Submission, page: LinkedPage) -> Submission:
    """The entry with what its page says: the text, and what the entry lacks. Its own text becomes the summary."""
    if not page.body:
        return item
    return replace(
        item,
        body=page.body,
        summary=item.summary or item.body,
        author=item.author or page.author,
        language=item.language or page.language,
        image_url=item.image_url or page.image_url,
    )


def entry_hash(item: Submission) -> str:
    """Over what the feed says of an entry."""
    said = (item.title, item.summary, item.body)
    return hashlib.blake2b("\0".join(said).encode("utf-8", "replace"), digest_size=16).hexdigest()


async def _read_all(
    items: dict[int, Submission], pages: dict[int, LinkedPage], now: datetime, fetcher: Fetcher, parsers: Parsers
) -> dict[int, LinkedPage]:
    async def one(index: int) -> tuple[int, LinkedPage]:
        return index, await _read(items[index], pages.get(index), now, fetcher, parsers)

    read = await side_by_side(one, sorted(items, reverse=True), at_once=AT_ONCE, patience=PATIENCE)  # newest first
    return dict(answer for answer in read if not isinstance(answer, BaseException))


async def _read(
    item: Submission, before: LinkedPage | None, now: datetime, fetcher: Fetcher, parsers: Parsers
) -> LinkedPage:
    """What the page says now; what it said before where it cannot be read."""
    assert item.url
    tries = before.tries + 1 if before is not None and before.entry_hash == entry_hash(item) else 1
    failed = LinkedPage("", "", "", "", None, "", "", tries, now) if before is None else replace(before, tries=tries)
    page = failed
    try:
        fetched = await fetcher.get(item.url)
        if _leads_elsewhere(item.url, fetched):
            raise FetchError("redirects", "the page is gone: its address leads to the front of the site")
        if not is_page(fetched.body, fetched.content_type):
            page = replace(failed, tries=0)  # a file: the entry says all there is to read
        else:
            found = await parsers.page(fetched.body, content_type=fetched.content_type, url=fetched.url)
            said = found.submission
            is_more = not found.wants_login and is_about(said, item) and gives_more(said.body, item)
            page = LinkedPage(
                "", "", "", said.body if is_more else "", said.image_url, said.author, said.language, 0, now
            )
    except (FetchError, FeedError) as error:
        log.info("linked page not read: %s", str(error)[:300])
    except Exception as error:  # noqa: BLE001  one page stops no other
        log.warning("linked page not read: url=%s error=%s", shown(item.url), type(error).__name__)
    guid, url = item.guid or "", canonical_url(item.url)
    return replace(page, guid=guid, url=url, entry_hash=entry_hash(item), read_at=now)


def gives_more(body: str, item: Submission) -> bool:
    """Whether the page's text is clearly longer than what the feed carries."""
    own = max((len(plain(text) if looks_like_html(text) else text) for text in (item.body, item.summary)), default=0)
    return len(plain(body)) > max(own * CLEARLY, own + LONGER)


def is_about(said: Submission, item: Submission) -> bool:
    """Whether the page speaks of what the entry does: what asks for consent, or says that it is gone, does not."""
    text = letters(said.title + plain(said.body))
    teaser = letters(plain(item.summary or item.body) if looks_like_html(item.summary or item.body) else item.summary)
    title = letters(item.title)
    is_told = any(len(part) >= 8 and part in text for part in (title, teaser[:40]))
    return is_told or fuzz.token_set_ratio(fold(item.title), fold(said.title)) >= LIKE


def _leads_elsewhere(url: str, fetched: Fetched) -> bool:
    """Whether it was led to the front of a site, as sites do with addresses they no longer know."""
    return fetched.url != url and urlsplit(fetched.url).path in ("", "/")
