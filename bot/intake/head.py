"""What a page says of itself: Open Graph, JSON-LD, <meta>, <link>, headings. Pure; runs in the parsing children."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml.html import HtmlElement

from bot.intake.dates import parse_date
from bot.intake.entries import byline
from bot.intake.html import absolute, is_web, one_line, title_text

_TITLES: Final = ("og:title", "twitter:title")
_SUMMARIES: Final = ("og:description", "description", "twitter:description", "dc.description", "dcterms.description")
_AUTHORS: Final = (
    "author",
    "article:author",
    "byl",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
)
_DATES: Final = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "citation_publication_date", "dc.date.issued", "dcterms.created", "dc.date", "dcterms.date",
    "pubdate", "publish-date", "publishdate", "date",
)  # fmt: skip
_IMAGES: Final = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "image")
_LANGUAGES: Final = ("content-language", "dc.language", "og:locale")
_ARTICLE: Final = re.compile(r"Article|Posting|Report|Review|Recipe|Blog(?:Post)?$|Story$")
_DIVIDED: Final = re.compile(r"\s+[|–—·•»«/:-]+\s+")
_MAX_JSON: Final = 500_000  # characters of one script
_MAX_NODES: Final = 2_000  # of all that JSON-LD says


@dataclass(frozen=True, slots=True)
class Head:
    """What the page says of itself; "" and None: nothing. Texts are one line, addresses absolute."""

    title: str = ""
    summary: str = ""
    author: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    published_at: datetime | None = None
    canonical: str | None = None
    site: str = ""  # its name
    text: str = ""  # of the article, as JSON-LD carries it: plain
    is_article: bool = False  # it says that it is one


def read_head(tree: HtmlElement, base: str) -> Head:
    """What the page says, the more exact place before the less exact one."""
    meta = _meta(tree)
    story = _story(tree)
    site = _first(meta, "og:site_name", "application-name") or title_text(_name(story.get("publisher")))
    canonical = next((link for link in _links(tree, "canonical")), None) or _first(meta, "og:url")
    image = _first(meta, *_IMAGES[:3]) or _address(story.get("image")) or _first(meta, *_IMAGES[3:])
    image = image or next((link for link in _links(tree, "image_src")), "")
    tags = [value for name, value in meta if name == "article:tag"] or _keywords(story) or _keywords(dict(meta))
    return Head(
        title=_title(tree, meta, story, site),
        summary=_first(meta, *_SUMMARIES) or title_text(_text(story.get("description"))),
        author=_author(meta, story),
        language=one_line(str(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or ""))
        or _text(story.get("inLanguage"))
        or _first(meta, *_LANGUAGES).replace("_", "-"),
        tags=tuple(dict.fromkeys(tag for tag in map(title_text, tags) if tag)),
        image_url=_web(image, base),
        published_at=_date(tree, meta, story),
        canonical=_joined(canonical, base),
        site=site,
        text=_text(story.get("articleBody")),
        is_article=bool(story) or _first(meta, "og:type").lower() in ("article", "og:article"),
    )


def _meta(tree: HtmlElement) -> list[tuple[str, str]]:
    """(name, content) in the page's order, names in lower case."""
    found: list[tuple[str, str]] = []
    for each in tree.iter("meta"):
        name = each.get("property") or each.get("name") or each.get("itemprop") or each.get("http-equiv") or ""
        content = one_line(each.get("content") or "")
        if content:
            found.extend((part, content) for part in name.lower().split())
    return found


def _first(meta: list[tuple[str, str]], *names: str) -> str:
    """What the first of these names says, "" when none is there."""
    for name in names:
        for given, content in meta:
            if given == name:
                return title_text(content)
    return ""


def _links(tree: HtmlElement, relation: str) -> Iterator[str]:
    for link in tree.iter("link"):
        if relation in (link.get("rel") or "").lower().split() and (href := link.get("href")):
            yield href


def _joined(url: str | None, base: str) -> str | None:
    joined = absolute(one_line(url), base) if url and not url.lower().startswith("data:") else None
    return joined if joined and is_web(joined) else None


def _web(url: str | None, base: str) -> str | None:
    """Not that of the page itself: an empty address is written for none."""
    joined = _joined(url, base)
    return joined if joined != base else None


def _title(tree: HtmlElement, meta: list[tuple[str, str]], story: dict[str, Any], site: str) -> str:
    """What it is announced under, else the heading that its <title> repeats, else that <title>."""
    headings = [text for each in tree.iter("h1") if (text := one_line(each.text_content()))]
    titles = (
        one_line(each.text_content()) for each in tree.iter("title") if next(each.iterancestors("svg"), None) is None
    )
    title = title_text(next((text for text in titles if text), ""), is_plain=True)
    told = _first(meta, *_TITLES) or title_text(_text(story.get("headline")) or _text(story.get("name")))
    if told:
        return _without_site(told, site)
    repeated = [text for text in headings if len(text) > 2 and text.casefold() in title.casefold()]
    if repeated:
        return max(repeated, key=len)
    return _without_site(title, site) or next(iter(headings), "") or _first(meta, "title", "dc.title", "headline")


def _without_site(title: str, site: str) -> str:
    """The title without the name of its site behind or before it."""
    parts = _DIVIDED.split(title)
    for cut in (parts[-1], parts[0]):
        if len(parts) > 1 and site and cut.casefold() == site.casefold():
            rest = title[: -len(cut)] if cut is parts[-1] else title[len(cut) :]
            return re.sub(r"^[\s|–—·•»«/:-]+|[\s|–—·•»«/:-]+$", "", rest)
    return title


def _author(meta: list[tuple[str, str]], story: dict[str, Any]) -> str:
    """Every author, in order. An address of a profile is no name."""
    named = _people(story.get("author")) or _people(story.get("creator"))
    for name in _AUTHORS:
        named = named or [content for given, content in meta if given == name]
    names = (re.sub(r"^by\s+", "", title_text(name), flags=re.IGNORECASE) for name in named)
    kept = (byline(name) for name in names if name and "://" not in name and len(name) < 150)
    return ", ".join(dict.fromkeys(name for name in kept if name))


def _people(value: object) -> list[str]:
    each = value if isinstance(value, list) else [value]
    return [name for one in each[:20] if (name := _name(one))]


def _date(tree: HtmlElement, meta: list[tuple[str, str]], story: dict[str, Any]) -> datetime | None:
    """When it was published: as said to machines, else as its <time> says."""
    written = [_text(story.get("datePublished")), _text(story.get("dateCreated"))]
    written += [content for name in _DATES for given, content in meta if given == name]
    times = [each for each in tree.iter("time") if each.get("datetime")]
    marked = [
        each for each in times if "datepublished" in (each.get("itemprop") or "").lower() or "pubdate" in each.attrib
    ]
    inside = [each for each in times if next(each.iterancestors("article", "main"), None) is not None]
    written += [each.get("datetime") for each in (*marked, *inside, *(times if len(times) == 1 else ()))]
    return next((date for text in written if text and (date := parse_date(text))), None)


def _story(tree: HtmlElement) -> dict[str, Any]:
    """What JSON-LD says of the article; {} when it speaks of none."""
    left = _MAX_NODES
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text or len(script.text) > _MAX_JSON:
            continue
        try:
            waiting = [json.loads(script.text.strip().removesuffix(";"), strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting and left > 0:
            node, left = waiting.pop(0), left - 1
            if isinstance(node, list):
                waiting[:0] = node[:_MAX_NODES]
            elif isinstance(node, dict):
                kinds = node.get("@type")
                for kind in kinds if isinstance(kinds, list) else [kinds]:
                    if isinstance(kind, str) and _ARTICLE.search(kind):
                        return node
                waiting.extend(node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in node)
    return {}


def _text(value: object) -> str:
    """The text of a value of JSON-LD, or of the first of several."""
    for _ in range(5):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("@value")
    return value if isinstance(value, str) else ""


def _name(value: object) -> str:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _address(value: object) -> str:
    """The address of a picture, written as one, as an object, or as a list of either."""
    for _ in range(5):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl")
    return value if isinstance(value, str) else ""


def _keywords(said: dict[str, Any]) -> list[str]:
    words = said.get("keywords") or said.get("news_keywords")
    if isinstance(words, list):
        return [word for word in words if isinstance(word, str)][:20]
    return re.split(r"[,;،、，]", words) if isinstance(words, str) else []
