"""A web page becomes an article: what it says of itself (head.py), its text (body.py), the feeds it leads to. Pure.

Pages go through parsing.py, as feeds do: what reads them is imported there, in the children, not by the bot itself.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.errors import FeedError
from bot.intake.canonical import canonical_url, host
from bot.intake.entries import first_words
from bot.intake.html import clean, first_image, is_web, paragraphs, plain, sanitise
from bot.model import Submission

MAX_PAGE: Final = 4_000_000  # characters
MAX_TAGS: Final = 100_000
_LITTLE: Final = 300  # characters of text; a page with fewer and a field for a password shows no article
_BEGINS_LIKE_PAGE: Final = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page announces, or seems to link to."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """How a page was read: the article it would be, and the feeds it announces, or else seems to link to."""

    submission: Submission
    feeds: tuple[FeedLink, ...]
    linked_feeds: tuple[FeedLink, ...] = ()
    wants_login: bool = False  # it shows hardly more than a form that asks for a password


def looks_like_page(body: bytes) -> bool:
    """Whether the beginning of the body is that of HTML."""
    return _BEGINS_LIKE_PAGE.search(body[:2000].replace(b"\0", b"")) is not None


def is_page(body: bytes, content_type: str) -> bool:
    """Whether the document is HTML, by its beginning or by what its server says."""
    return looks_like_page(body) or "html" in content_type.lower()


def read_page(body: bytes, *, content_type: str = "", url: str) -> Page:
    """The page as an article. Raises FeedError for what is not HTML or has neither a title nor text."""
    from bot.intake import body as texts  # trafilatura: a fifth of a second and 30 MB
    from bot.intake import feedlinks, head, tree
    from bot.intake.encoding import decode

    if content_type and not is_page(body, content_type):
        raise FeedError(f"{url} is {content_type.partition(';')[0].strip()!r}, where a web page was expected")
    html = clean(decode(body, content_type))[:MAX_PAGE]
    if html.count("<") > MAX_TAGS:
        raise FeedError(f"{url} holds more than {MAX_TAGS:,} tags, which is more than any article has")
    root = tree.parse(html)
    if root is None:
        raise FeedError(f"{url} has neither a title nor text that could be read")
    tree.clear(root)
    base = tree.base_of(root, url)
    said = head.read_head(root, base)
    announced, linked = feedlinks.find(root, base)
    author = said.author or texts.find_author(root)
    published_at = said.published_at or texts.find_day(root, url)
    asks = any(field.get("type", "").lower() == "password" for field in root.iter("input"))
    article = _better(sanitise(texts.read_body(root, base, said.title), base), said.text)
    text = plain(article)
    title = said.title or first_words(text or said.summary)
    if not title:
        raise FeedError(f"{url} has neither a title nor text that could be read")
    submission = Submission(
        title=title,
        url=_own_url(said.canonical, url),
        summary="" if text.startswith(said.summary.rstrip(".… ")) else said.summary,
        body=article,
        author="" if author.casefold() in (said.site.casefold(), _site(url)) else author,
        language=texts.find_language(said.language, text),
        tags=said.tags,
        image_url=said.image_url or first_image(article),
        published_at=published_at,
    )
    return Page(submission, announced, linked, wants_login=asks and len(text) < _LITTLE and not said.is_article)


def _better(article: str, told: str) -> str:
    """The text found, or what the page tells machines of it, where that is far more (scripts put some pages together)
    or the same in paragraphs."""
    text = plain(article)
    is_far_more = len(told) > 3 * len(text) + 200
    is_parted = "\n\n" in told and "\n" not in text and len(told) > 0.9 * len(text)
    return paragraphs(told) if is_far_more or is_parted else article


def _own_url(canonical: str | None, url: str) -> str | None:
    """A page may name another address of its own site as its proper one, not somebody else's, nor its site's front."""
    if not is_web(url):
        return canonical
    if not canonical:
        return url
    own, proper = urlsplit(url), urlsplit(canonical)
    if proper.path in ("", "/") and not proper.query and (own.path not in ("", "/") or own.query):
        return url
    return canonical if _site(canonical) == _site(url) else url


def _site(url: str) -> str:
    """The site whose page it is, also where a cache keeps a copy of it."""
    return host(canonical_url(url))
