"""A web page becomes an article: Open Graph, <title>, description, the text of its paragraphs, its lead picture. Pure.

The smallest that is useful; it goes through parsing.py as feeds do.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from bot.errors import FeedError
from bot.intake.dates import parse_date
from bot.intake.entries import byline, first_words
from bot.intake.html import MAX_HTML, absolute, clean, is_web, one_line, plain, sanitise, title_text
from bot.model import Submission

FEED_TYPES: Final = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
_TEXT_BLOCKS: Final = frozenset({"p", "h2", "h3", "h4", "blockquote", "pre", "ul", "ol", "figure"})
_BESIDE: Final = frozenset(
    {"nav", "aside", "footer", "header", "form", "script", "style", "noscript", "template", "svg"}
)
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DATES: Final = ("article:published_time", "og:published_time", "datepublished", "date", "dc.date", "pubdate")


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page announces."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """How a page was read: the article it would be, and the feeds it announces."""

    submission: Submission
    feeds: tuple[FeedLink, ...]


def looks_like_page(body: bytes) -> bool:
    """Whether the beginning of the body is that of HTML."""
    return re.search(rb"<!doctype\s+html|<html[\s>]", body[:2000], re.IGNORECASE) is not None


def read_page(body: bytes, *, content_type: str = "", url: str) -> Page:
    """The page as an article. Raises FeedError for what is not HTML or has neither a title nor text."""
    if (
        content_type
        and "html" not in content_type.lower()
        and not re.search(rb"<html|<!doctype html", body[:2000], re.IGNORECASE)
    ):
        raise FeedError(f"{url} is {content_type.partition(';')[0].strip()!r}, where a web page was expected")
    reader = _Reader()
    reader.feed(clean(_decode(body, content_type))[: 4 * MAX_HTML])
    reader.close()
    base = absolute(reader.base, url) or url
    return Page(_article(reader, base, url), _feeds(reader, base))


def _article(reader: "_Reader", base: str, url: str) -> Submission:
    meta = reader.meta
    html = sanitise("\n".join(reader.article if len("".join(reader.article)) > 200 else reader.blocks), base)
    summary = one_line(meta.get("og:description") or meta.get("description") or meta.get("twitter:description") or "")
    title = title_text(meta.get("og:title") or meta.get("twitter:title") or reader.title or reader.heading)
    title = title or first_words(plain(html) or summary)
    if not title:
        raise FeedError(f"{url} has neither a title nor text that could be read")
    canonical = reader.canonical or meta.get("og:url") or ""
    image = absolute(meta.get("og:image") or meta.get("twitter:image") or "", base)
    dates = (parse_date(meta.get(name)) for name in _DATES)
    return Submission(
        title=title,
        url=_own_url(absolute(canonical, base) if canonical else None, url),
        summary=summary,
        body=html,
        author=byline(one_line(meta.get("author") or meta.get("article:author") or "")) if _is_name(meta) else "",
        language=one_line(reader.language or (meta.get("og:locale") or "").replace("_", "-")),
        tags=tuple(dict.fromkeys(one_line(tag) for tag in reader.tags if one_line(tag))),
        image_url=image if image and is_web(image) and image != base else None,
        published_at=next((date for date in dates if date), None) or parse_date(reader.time),
    )


def _is_name(meta: dict[str, str]) -> bool:
    """article:author is often the address of a profile."""
    return not (meta.get("author") or meta.get("article:author") or "").startswith(("http://", "https://"))


def _own_url(canonical: str | None, url: str) -> str | None:
    """A page may name another address of its own site as its proper one, not somebody else's."""
    if not canonical or not is_web(canonical):
        return url if is_web(url) else None
    return canonical if not is_web(url) or _site(canonical) == _site(url) else url


def _site(url: str) -> str:
    return re.sub(r"^(www|m|amp)\.", "", (urlsplit(url).hostname or "").lower())


def _feeds(reader: "_Reader", base: str) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for href, title in reader.feeds:
        url = absolute(href, base)
        if url and is_web(url):
            found.setdefault(url, FeedLink(url, one_line(title)))
    return tuple(found.values())[:20]


def _decode(body: bytes, content_type: str) -> str:
    """Text by byte order mark, the server's word, the page's own word, UTF-8, else Windows-1252, as browsers do."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    if body.startswith(b"\xef\xbb\xbf"):
        return body.decode("utf-8-sig", "replace")
    named = [match[1].decode() for part in (content_type.encode(), body[:2048]) if (match := _CHARSET.search(part))]
    for name in (*named, "utf-8"):
        if name.lower().replace("_", "-") in ("utf-7", "utf7"):
            continue
        try:
            return body.decode("cp1252" if name.lower() in ("iso-8859-1", "latin-1", "ascii") else name)
        except (LookupError, ValueError):
            continue
    return body.decode("cp1252", "replace")


class _Reader(HTMLParser):
    """One pass over the page. Blocks are kept as written; sanitising comes after."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.meta: dict[str, str] = {}
        self.tags: list[str] = []
        self.feeds: list[tuple[str, str]] = []
        self.title = self.heading = self.canonical = self.language = self.base = self.time = ""
        self.blocks: list[str] = []
        self.article: list[str] = []
        self._block: list[str] | None = None
        self._block_tag = ""
        self._depth = 0  # of the block's own tag within itself
        self._beside = 0
        self._in_article = 0
        self._line = ""  # "title" or "h1" while inside it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._head(tag, given)
        if tag in _BESIDE:
            self._beside += 1
        elif tag in ("article", "main"):
            self._in_article += 1
        elif tag in ("title", "h1") and not (self.title if tag == "title" else self.heading):
            self._line = tag
        if self._block is not None:
            self._block.append(self.get_starttag_text() or "")
            self._depth += tag == self._block_tag
        elif tag in _TEXT_BLOCKS and not self._beside:
            self._block, self._block_tag, self._depth = [self.get_starttag_text() or ""], tag, 1

    def _head(self, tag: str, given: dict[str, str]) -> None:
        match tag:
            case "html":
                self.language = self.language or given.get("lang", "")
            case "base":
                self.base = self.base or given.get("href", "")
            case "time":
                self.time = self.time or given.get("datetime", "")
            case "meta":
                self._meta(given)
            case "link":
                relations = given.get("rel", "").lower().split()
                if "canonical" in relations:
                    self.canonical = self.canonical or given.get("href", "")
                if "alternate" in relations and given.get("type", "").lower().strip() in FEED_TYPES:
                    self.feeds.append((given.get("href", ""), given.get("title", "")))

    def _meta(self, given: dict[str, str]) -> None:
        name = (given.get("property") or given.get("name") or given.get("itemprop") or "").lower()
        if name == "article:tag":
            self.tags.append(given.get("content", ""))
        elif name and given.get("content"):
            self.meta.setdefault(name, given["content"])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BESIDE:
            self._beside = max(0, self._beside - 1)
        elif tag in ("article", "main"):
            self._in_article = max(0, self._in_article - 1)
        elif tag == self._line:
            self._line = ""
        if self._block is not None:
            self._block.append(f"</{tag}>")
            self._depth -= tag == self._block_tag
            if self._depth <= 0:
                self._keep("".join(self._block))
                self._block = None

    def _keep(self, block: str) -> None:
        self.blocks.append(block)
        if self._in_article:
            self.article.append(block)

    def _put(self, text: str) -> None:
        if self._line == "title":
            self.title += text
        elif self._line == "h1":
            self.heading += text
        if self._block is not None and not self._beside:
            self._block.append(text)

    def close(self) -> None:
        super().close()
        if self._block is not None:
            self._keep("".join(self._block))

    def handle_data(self, data: str) -> None:
        self._put(data)

    def handle_entityref(self, name: str) -> None:
        self._put(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._put(f"&#{name};")
