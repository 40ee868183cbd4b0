"""Feeds read right: RSS, RDF and Atom through feedparser, under a thin layer for what it gets wrong.

Pure, but slow on documents made to be slow: whatever comes from outside goes through parsing.py, a child process.
"""

import io
import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from bot.errors import FeedError
from bot.intake import jsonfeed
from bot.intake.dates import parse_date
from bot.intake.entries import MAX_ENTRIES, Entry, FeedInfo, ParsedFeed, first_words
from bot.intake.html import (
    absolute,
    clean,
    first_image,
    is_public,
    is_web,
    looks_like_html,
    one_line,
    paragraphs,
    plain,
    sanitise,
    title_text,
)
from bot.intake.repair import narrowed, repaired, simplified
from bot.model import Enclosure

MAX_BYTES: Final = 15_000_000
_ROOT: Final = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_ROOTS: Final = frozenset({b"rss", b"feed", b"rdf", b"channel", b"cdf"})
_MARKUP_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})

# feedparser resolves what is relative against this address, and _Reader does it again, better. It is deep enough for
# `../`, and of a scheme that no feed uses: links of the base's own scheme would come out "normalised", ids too.
_MARK_SCHEME: Final = "sftp"
_MARK: Final = "relative.invalid"
_MARK_FOLDER: Final = "/_"
_MARK_DEPTH: Final = 8
_MARKED: Final = f"{_MARK_SCHEME}://{_MARK}{_MARK_FOLDER * _MARK_DEPTH}/"
_BASE64: Final = re.compile(r"\s*(?:[A-Za-z0-9+/]{4}\s*){8,}[A-Za-z0-9+/]{0,3}={0,2}\s*")  # left so: it is no text
_OTHER_LINKS: Final = frozenset(
    {"license", "edit", "edit-media", "service", "replies", "hub", "next", "previous", "first"}
)
_OTHER_TEXTS: Final = ("googleplay_description", "itunes_summary", "media_description", "subtitle")

Raw = Mapping[str, Any]  # feedparser's own dictionaries, read with `_get` alone


def parse(body: bytes, *, content_type: str = "", url: str | None = None, language: str = "") -> ParsedFeed:
    """The feed in the body.

    `url` is where it came from (relative links are resolved against it), `content_type` and `language` what the
    server said of it. Raises FeedError for what is not a feed.
    """
    where = url or "the document"
    if len(body) > MAX_BYTES:
        raise FeedError(f"{where} is larger than {MAX_BYTES // 1_000_000} MB: no feed is taken at that size")
    whole = narrowed(body)
    if whole is not body or "utf-7" in content_type.lower():
        body, content_type = whole, "application/xml; charset=utf-8"
    if not body.strip():
        raise FeedError(f"{where} is empty, where a feed was expected")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return jsonfeed.parse(body, url=url)
    text = repaired(_shortened(body))
    try:
        try:
            document = _feedparser(text, content_type, url, language)
        except (TypeError, LookupError):  # an empty <width/> is enough; it is worth no feed
            document = _feedparser(simplified(text), content_type, url, language)
    except Exception as error:
        raise FeedError(f"{where} cannot be read as a feed: {type(error).__name__} while parsing it") from error
    if not document.entries and not document.version and (root := _root(body)) not in _ROOTS:
        what = "a web page" if root == b"html" else "neither RSS nor Atom nor JSON Feed"
        raise FeedError(f"{where} is {what}, where a feed was expected: give the address of its feed")
    return _Reader(url, document.feed, str(document.version or "")).read(document.entries)


def looks_like_feed(body: bytes) -> bool:
    """Whether the beginning of the body is that of a feed."""
    start = body[:20_000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return (start[:1] == b"{" and b"jsonfeed.org" in start) or _root(start) in _ROOTS


def _feedparser(body: bytes, content_type: str, url: str | None, language: str) -> Any:  # noqa: ANN401  feedparser has no types
    import feedparser  # in the children, not by the bot itself

    headers = {"content-type": content_type or "application/xml"}  # without one feedparser takes UTF-8 for Latin-1
    if url and is_web(url):
        headers["content-location"] = _MARKED + "document"
    if language:
        headers["content-language"] = language
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # BytesIO: given bytes, feedparser opens a local file when they are the name of one.
        return feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )


def _shortened(body: bytes) -> bytes:
    """The document without the entries after MAX_ENTRIES: feedparser needs a second for ten thousand of them."""
    for name in (b"item", b"entry"):
        ends = islice(re.finditer(rb"</(?:[\w.-]+:)?" + name + rb"\s*>", body), MAX_ENTRIES - 1, MAX_ENTRIES + 1)
        match [end.end() for end in ends]:
            case [last, _further]:
                return body[:last] + (b"</channel></rss>" if _root(body) == b"rss" else b"")
    return body


def _root(body: bytes) -> bytes:
    found = _ROOT.search(re.sub(rb"<!--.*?-->", b"", body[:20_000], flags=re.DOTALL))
    return found[1].lower() if found else b""


class _Reader:
    """Reads feedparser's result. Holds what entries inherit of their feed."""

    def __init__(self, url: str | None, feed: Raw, version: str) -> None:
        self._url = url
        self._home = url
        self._raw = feed
        self._is_atom = version.startswith("atom")
        self._is_strict = version == "atom10"  # says of each text what it is; elsewhere it must be guessed
        self._home = self._site(self._link(feed)) or url
        others = (_get(feed, key) for key in ("googleplay_author", "publisher"))
        self._author = (_author(feed) or next((one_line(str(other)) for other in others if other), ""))[:500]
        self._language = one_line(str(_get(feed, "language") or ""))[:50]

    def read(self, entries: Iterable[Raw]) -> ParsedFeed:
        return ParsedFeed(self._feed(), tuple(self._entry(entry) for entry in islice(entries, MAX_ENTRIES)))

    def _feed(self) -> FeedInfo:
        raw = self._raw
        return FeedInfo(
            title=self._title(raw) or ("" if _get(raw, "title") else self._link(raw) or self._url or ""),
            link=self._link(raw) or self._url or "",
            id=self._id(raw),
            author=self._author,
            updated=_date(raw, "updated"),
            published=_date(raw, "published"),
            summary=one_line(plain(self._html(raw, "subtitle") or self._html(raw, "summary"))),
            language=self._language,
        )

    def _entry(self, raw: Raw) -> Entry:
        link = self._link(raw)
        summary = self._html(raw, "summary", link)
        others = (self._html(raw, key, link) for key in _OTHER_TEXTS if isinstance(_get(raw, key), str))
        content = self._content(raw, link) or summary or next(others, "")
        updated = _date(raw, "updated")
        published = _date(raw, "published") or _date(raw, "created") or (None if self._is_atom else updated)
        return Entry(
            title=self._title(raw) or first_words(plain(content or summary)) or link,
            link=link,
            id=self._id(raw),
            author=_author(raw) or _author(_get(raw, "source") or {}) or self._author,
            published=published,
            updated=updated,
            summary=summary,
            content=content,
            language=self._entry_language(raw),
            tags=_tags(raw),
            image_url=self._image(raw, content or summary),
            enclosures=self._enclosures(raw),
        ).within_bounds()

    def _title(self, raw: Raw) -> str:
        detail = _get(raw, "title_detail") or {}
        is_plain = self._is_strict and _get(detail, "type") == "text/plain"
        return title_text(str(_get(raw, "title") or _get(raw, "itunes_title") or ""), is_plain=is_plain)

    def _id(self, raw: Raw) -> str:
        """The id. A relative one is resolved if it is a path: a bare word would change when the feed moves."""
        written = one_line(str(_get(raw, "id") or ""))
        return self._unmarked(written, None if written.startswith(_MARKED) else self._url)

    def _link(self, raw: Raw) -> str:
        """Where it is to be read: the original address behind a proxy of links, else the alternate link, else any."""
        links = [(_get(each, "rel"), _get(each, "href")) for each in _get(raw, "links") or []]
        others = [href for rel, href in links if rel != "enclosure" and rel not in _OTHER_LINKS]
        enclosed = [href for rel, href in links if rel == "enclosure"]
        own = _get(raw, "link")
        if own == _get(raw, "id") and str(own).startswith(_MARKED):  # feedparser takes any id for an address
            own = None
        for written in (_get(raw, "feedburner_origlink"), own, *others, *enclosed):
            link = self._unmarked(one_line(str(written or "")).replace(" ", "%20"), self._home)
            if link and (found := absolute(link, self._home)) and is_web(found):
                return found
        return ""

    def _site(self, link: str) -> str | None:
        """The feed's site where that is another host (behind a proxy of feeds links are relative to the site), or all
        that is known of where a file came from."""
        if is_web(link) and (not self._url or urlsplit(link).netloc != urlsplit(self._url).netloc):
            return link
        return None

    def _unmarked(self, url: str, base: str | None) -> str:
        """The URL, with what was resolved against the mark resolved against the base."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if parts.scheme != _MARK_SCHEME:
            return url
        if parts.netloc != _MARK:
            return urljoin(base or "https:", parts._replace(scheme="").geturl())
        deep = re.match(f"(?:{_MARK_FOLDER}(?=/))*", parts.path)
        depth = len(deep[0]) // len(_MARK_FOLDER) if deep else 0
        path = parts.path
        if depth:
            path = "../" * (_MARK_DEPTH - depth) + path[depth * len(_MARK_FOLDER) + 1 :]
        if path == "document":
            path = ""
        return urljoin(base or "", parts._replace(scheme="", netloc="", path=path).geturl())

    def _html(self, raw: Raw, key: str, link: str = "") -> str:
        value = _get(raw, key)
        return self._sanitised(value, _get(raw, f"{key}_detail") or {}, link) if value else ""

    def _sanitised(self, value: object, detail: Raw, link: str = "") -> str:
        text = str(value)
        kind = _get(detail, "type")
        is_plain = kind == "text/plain" if self._is_strict else self._is_atom and not looks_like_html(text)
        if is_plain and kind not in _MARKUP_TYPES:
            return paragraphs(text) if text.strip() else ""
        base = str(_get(detail, "base") or "")
        given = self._unmarked(base, self._home) if base != f"{_MARKED}document" else ""
        return sanitise(text, given if is_web(given) else self._body_base(link))

    def _body_base(self, link: str) -> str | None:
        """What a text without a base of its own has its links relative to: the entry's page, else the site or feed."""
        return link if is_web(link) else self._home

    def _content(self, raw: Raw, link: str) -> str:
        """The first of the texts it carries, unless another is much longer; pictures and other files in it are none."""
        texts = [
            self._sanitised(each.get("value"), each, link)
            for each in _get(raw, "content") or []
            if each.get("value") and not (_is_file(each) and _BASE64.fullmatch(str(each["value"])))
        ]
        longest = max(texts, key=len, default="")
        return longest if not texts or len(longest) > 2 * len(texts[0]) + 100 else texts[0]

    def _entry_language(self, raw: Raw) -> str:
        for key in ("language", "dc_language"):
            if value := _get(raw, key):
                return one_line(str(value))
        for key in ("title_detail", "summary_detail"):
            if value := _get(_get(raw, key) or {}, "language"):
                return one_line(str(value))
        return self._language

    def _image(self, raw: Raw, html: str) -> str | None:
        """The picture it names, else one that comes with it, else the first in its text."""
        named = [_get(_get(raw, "image") or {}, "href"), *(_get(t, "url") for t in _get(raw, "media_thumbnail") or [])]
        media = [_get(m, "url") for m in _get(raw, "media_content") or [] if _is_image(m)]
        enclosed = [e.url for e in self._enclosures(raw) if e.media_type.startswith("image/")]
        for found in (*media, *enclosed, *named):
            if found and (url := absolute(str(found), self._home)) and is_public(url):
                return url
        return first_image(html)

    def _enclosures(self, raw: Raw) -> tuple[Enclosure, ...]:
        """The files that come with it, sound and film of media:content among them."""
        links = [
            (_get(each, "href"), _get(each, "type"), _get(each, "length"))
            for each in _get(raw, "links") or []
            if _get(each, "rel") == "enclosure"
        ]
        media = [
            (_get(each, "url"), _get(each, "type") or _get(each, "medium"), _get(each, "filesize"))
            for each in _get(raw, "media_content") or []
            if str(_get(each, "type") or _get(each, "medium")).startswith(("audio", "video"))
        ]
        found: dict[str, Enclosure] = {}
        for href, kind, length in (*links, *media):
            url = absolute(self._unmarked(str(href or ""), self._home), self._home)
            if url and is_web(url):
                size = str(length or "").strip()
                is_size = size.isascii() and size.isdecimal() and len(size) < 16
                found.setdefault(url, Enclosure(url, one_line(str(kind or "")).lower(), int(size) if is_size else None))
        return tuple(found.values())[:20]


def _get(raw: Raw, key: str) -> Any:  # noqa: ANN401  feedparser has no types
    """The value under that very key: feedparser's own lookup answers other keys' values for some."""
    return dict.get(raw, key) if isinstance(raw, dict) else None


def _date(raw: Raw, key: str) -> datetime | None:
    value = _get(raw, key)
    return parse_date(value) if isinstance(value, str) else None


def _author(raw: Raw) -> str:
    """Every author, in order, as "Name (address)"."""
    people = []
    for each in _get(raw, "authors") or []:
        name, email = one_line(clean(str(_get(each, "name") or ""))), one_line(str(_get(each, "email") or ""))
        if name or email:
            if name.endswith("(mailto:"):  # feedparser has cut "Name (mailto:address)" in two
                people.append(f"{name}{email})")
            else:
                people.append(f"{name} ({email})" if name and email and email not in name else name or email)
    return ", ".join(dict.fromkeys(people)) or one_line(str(_get(raw, "author") or ""))


def _tags(raw: Raw) -> tuple[str, ...]:
    terms = (str(_get(tag, "label") or _get(tag, "term") or "") for tag in _get(raw, "tags") or [])
    return tuple(dict.fromkeys(tag for term in terms if (tag := title_text(term))))


def _is_file(content: Raw) -> bool:
    return not str(_get(content, "type") or "text/").startswith(("text/", "application/xhtml", "html"))


def _is_image(media: Raw) -> bool:
    kind = str(_get(media, "medium") or _get(media, "type") or "image")
    return kind.startswith("image")
