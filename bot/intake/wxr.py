"""WordPress exports (WXR 1.0 to 1.2): posts become articles. Read as a stream, so that 100 MB need little memory.

Twice: authors' names and the addresses of pictures may stand behind the posts that need them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.errors import RefusedFile, RefusedItem
from bot.intake.dates import parse_date
from bot.intake.documents import Document
from bot.intake.html import is_web, one_line, title_text
from bot.intake.xmlstream import End, Event, Start, decoded, events
from bot.model import ArticleState, Submission

MAX_ITEM: Final = 5_000_000  # characters of one post
MAX_SURVEYED: Final = 500_000  # authors and pictures that are remembered
# What WordPress keeps as items beside what people wrote.
_MACHINERY: Final = (
    frozenset({"attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset", "oembed_cache"})
    | frozenset({"user_request", "wp_block", "wp_template", "wp_template_part", "wp_global_styles", "wp_navigation"})
    | frozenset({"wp_font_family", "wp_font_face"})
)
_TEXTS: Final = (
    frozenset({"title", "link", "guid", "pubDate", "dc:creator", "content:encoded", "excerpt:encoded"})
    | frozenset({"wp:post_id", "wp:post_date", "wp:post_date_gmt", "wp:status", "wp:post_type", "wp:post_password"})
    | frozenset({"wp:attachment_url"})
)
_STATES: Final = {
    "publish": ArticleState.PUBLISHED,
    "draft": ArticleState.DRAFT,
    "pending": ArticleState.DRAFT,
    "future": ArticleState.DRAFT,
    "auto-draft": ArticleState.DRAFT,
    "": ArticleState.PUBLISHED,  # WXR 1.0 may leave it out
}
_COMMENTED: Final = re.compile(r"<!--\s*/?wp:")
_BLOCK: Final = re.compile(
    r"\s*</?(?:p|div|h[1-6]|ul|ol|li|dl|blockquote|pre|table|figure|hr|section|article|aside|details|form|address)\b",
    re.IGNORECASE,
)
_SHORTCODE: Final = re.compile(r"\[(\[?)(/?)([a-zA-Z][\w-]{1,50})((?:\s[^\[\]]{0,2000})?)(/?)\](\]?)")
# Of WordPress itself and of the commonest builders; others are known by their attributes or by being closed.
_KNOWN_CODES: Final = re.compile(
    r"(?:wp_)?caption|gallery|audio|video|playlist|embed|youtube|vimeo|soundcloud|twitter|tweet|instagram|more|toc"
    r"|contact-form(?:-7)?|gravityform|(?:vc|et_pb|fusion|su|av|mk|tatsu|fl)_\w+|jetpack[\w-]*|recent-posts|sc",
)


@dataclass(slots=True)
class _Item:
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    thumbnail: str = ""
    size: int = 0

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "").strip()


@dataclass(slots=True)
class _Site:
    language: str = ""
    authors: dict[str, str] = field(default_factory=dict)  # display names by login
    pictures: dict[str, str] = field(default_factory=dict)  # addresses by post_id


def read(document: Document) -> Iterator[Submission | RefusedItem]:
    """The posts, in the order of the file. Raises RefusedFile, before the first, for what is no WordPress export."""
    site = _survey(document)
    return _posts(document, site)


def _survey(document: Document) -> _Site:
    site, login, is_export = _Site(), "", False
    try:
        for each in _items(document, site_too=True):
            if isinstance(each, _Item):
                is_export = True
                if is_web(each["wp:attachment_url"]) and len(site.pictures) < MAX_SURVEYED:
                    site.pictures[each["wp:post_id"]] = each["wp:attachment_url"]
                continue
            name, text = each
            is_export = is_export or name == "wp:wxr_version"
            if name == "language":
                site.language = site.language or text.strip()
            elif name == "wp:author_login":
                login = text.strip()
            elif name == "wp:author_display_name" and len(site.authors) < MAX_SURVEYED:
                site.authors[login] = one_line(text)
    except RefusedFile:
        if not is_export:
            raise
    if not is_export:
        raise RefusedFile(f"{document.path} is not an export of WordPress; make one under Tools, Export")
    return site


def _posts(document: Document, site: _Site) -> Iterator[Submission | RefusedItem]:
    try:
        for item in _items(document):
            if isinstance(item, _Item) and item["wp:post_type"] not in _MACHINERY:
                where = f"{document.name} line {item.line}"
                try:
                    yield _submission(item, site)
                except RefusedItem as error:
                    yield RefusedItem(f"{where}: {title_text(item['title'])[:80]!r} {error}")
    except RefusedFile as error:
        yield RefusedItem(f"{error}; the posts up to there are taken")


def _items(document: Document, *, site_too: bool = False) -> Iterator["_Item | tuple[str, str]"]:
    """Each item when it is complete; with `site_too` also (name, text) of what stands outside of items."""
    with document.opened() as file:
        reader = _Reader()
        for event in events(decoded(file), document.name):
            done = reader.take(event)
            if isinstance(done, _Item) or (done is not None and site_too):
                yield done


class _Reader:
    def __init__(self) -> None:
        self._item: _Item | None = None
        self._names: list[str] = []  # that are open within the item
        self._text: list[str] = []
        self._category: dict[str, str] = {}
        self._meta_key = ""
        self._outside = ""

    def take(self, event: Event) -> _Item | tuple[str, str] | None:
        if isinstance(event, str):
            self._collect(event)
            return None
        if isinstance(event, Start):
            self._start(event)
            return None
        return self._end(event)

    def _collect(self, text: str) -> None:
        if self._item is not None:
            if self._names[:1] == ["wp:comment"]:
                return
            self._item.size += len(text)
            if self._item.size > MAX_ITEM:
                self._text.clear()
                return
        elif not self._outside:
            return
        self._text.append(text)

    def _start(self, event: Start) -> None:
        self._text.clear()
        if event.name == "item":
            self._item, self._names = _Item(event.line), []
        elif self._item is not None:
            self._names.append(event.name)
            if event.name == "category":
                self._category = event.attributes
        else:
            self._outside = event.name

    def _end(self, event: End) -> _Item | tuple[str, str] | None:
        text = "".join(self._text)
        self._text.clear()
        item = self._item
        if item is None:
            name, self._outside = self._outside, ""
            return (name, text) if name == event.name else None
        if event.name == "item":
            self._item = None
            return item
        if self._names == [event.name]:
            self._keep(item, event.name, text)
        elif self._names == ["wp:postmeta", "wp:meta_key"]:
            self._meta_key = text.strip()
        elif self._names == ["wp:postmeta", "wp:meta_value"] and self._meta_key == "_thumbnail_id":
            item.thumbnail = text.strip()
        if self._names:
            self._names.pop()
        return None

    def _keep(self, item: _Item, name: str, text: str) -> None:
        if name in _TEXTS:
            item.texts[name] = text
        elif name == "category" and self._category.get("domain", "category") in ("category", "tag", "post_tag"):
            tag = title_text(text)
            if tag and self._category.get("nicename") != "uncategorized" and tag not in item.tags:
                item.tags.append(tag)


def _submission(item: _Item, site: _Site) -> Submission:
    """Raises RefusedItem, whose text goes on from the title."""
    kind, status = item["wp:post_type"] or "post", item["wp:status"]
    if item.size > MAX_ITEM:
        raise RefusedItem(f"is longer than the {MAX_ITEM // 1_000_000} MB allowed for one article")
    if kind != "post":
        raise RefusedItem(f"is not a post but of the kind {kind[:40]!r}; only posts are taken")
    if status not in _STATES:
        raise RefusedItem(f"has the status {status[:40]!r}; only posts that are published or drafts are taken")
    if item["wp:post_password"]:
        raise RefusedItem("is protected by a password; remove it in WordPress to take the post along")
    state = _STATES[status]
    title, body = title_text(item["title"]), html_of(item.texts.get("content:encoded", ""))
    excerpt = html_of(item.texts.get("excerpt:encoded", ""))
    url = item["link"] if state is ArticleState.PUBLISHED and is_web(item["link"]) else None
    if not (title or body or excerpt):
        raise RefusedItem("has neither a title nor a text")
    if not (url or body or excerpt):
        raise RefusedItem("has a title and nothing else")
    creator = item["dc:creator"]
    return Submission(
        title=title,
        url=url,
        guid=item["guid"] or None,
        summary=excerpt,
        body=body,
        author=site.authors.get(creator) or one_line(creator),
        language=site.language,
        tags=tuple(item.tags),
        image_url=site.pictures.get(item.thumbnail),
        published_at=_published_at(item),
        state=state,
    )


def _published_at(item: _Item) -> datetime | None:
    """The moment in UTC; of drafts WordPress writes 0000-00-00. Without one, the local date stands in."""
    for written in (item["wp:post_date_gmt"], item["pubDate"], item["wp:post_date"]):
        if not written or written.startswith("0000") or "-0001" in written:
            continue
        try:
            return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            if moment := parse_date(written):
                return moment
    return None


def html_of(content: str) -> str:
    """A post's content as HTML: without shortcodes, and with the paragraphs that WordPress makes of empty lines."""
    text = _without_shortcodes(content.replace("\r\n", "\n")).strip()
    if not text or _COMMENTED.search(text):
        return text
    pieces = []
    for block in re.split(r"\n[ \t]*\n", _protected(text)):
        block = block.strip()
        if block and not _BLOCK.match(block):
            block = f"<p>{block.replace(chr(10), '<br>' + chr(10))}</p>"
        pieces.append(block.replace("\0", "\n"))
    return "\n".join(piece for piece in pieces if piece)


def _protected(text: str) -> str:
    """The lines of <pre> stay as they are."""
    parts = re.split(r"(<pre\b[^>]*>|</pre>)", text, flags=re.IGNORECASE)
    inside = False
    for number, part in enumerate(parts):
        if part[:4].lower() == "<pre":
            inside = True
        elif part[:5].lower() == "</pre":
            inside = False
        elif inside:
            parts[number] = part.replace("\n", "\0")
    return "".join(parts)


def _without_shortcodes(text: str) -> str:
    """The text without [shortcodes], what they enclose kept. What stands in brackets for readers stays."""
    closed = {found[3].lower() for found in _SHORTCODE.finditer(text) if found[2]}

    def kept(found: re.Match[str]) -> str:
        before, _slash, name, attributes, _end, after = found.groups()
        if before and after:
            return found[0][1:-1]  # [[gallery]] is how WordPress writes [gallery]
        is_code = name.lower() in closed or "=" in attributes or _KNOWN_CODES.fullmatch(name.lower())
        return before + after if is_code else found[0]

    return _SHORTCODE.sub(kept, text)
