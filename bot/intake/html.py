"""HTML from strangers: made safe, and made plain text. Pure."""

import re
from collections import Counter
from html import escape, unescape
from html.parser import HTMLParser
from ipaddress import ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit

import nh3

URL_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
# Of one body, far above any article. Tags nested without end cost the square of their number.
MAX_HTML: Final = 500_000  # characters
MAX_TAGS: Final = 20_000
MAX_DEPTH: Final = 100
MAX_ENTITIES: Final = 100_000
MAX_TITLE: Final = 2_000  # characters of one title, before tags are taken out of it

_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
}
# What these hold is not text of the article.
_DROPPED: Final = frozenset(
    {"script", "style", "template", "iframe", "noembed", "noframes", "select", "textarea", "button", "svg", "canvas"}
    | {"audio", "video", "head"}
)
_BREAKING: Final = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption"}
    | {"figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "nav", "ol", "p", "pre", "section"}
    | {"summary", "table", "td", "th", "tr", "ul"}
)
# XHTML closes these within the tag, HTML does not, and would take the rest of the text for what they hold.
_SELF_CLOSED: Final = re.compile(
    r"<(iframe|script|style|textarea|audio|video|svg|canvas|select|button)\b([^<>]*)/>", re.IGNORECASE
)
_TAG_BY_NAME: Final = re.compile(r"</?[a-zA-Z][\w-]*>[^<>]*")  # a title such as "<video> explained"
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_WITHOUT_END: Final = frozenset(
    {"br", "hr", "img", "input", "wbr", "area", "base", "col", "embed", "link", "meta", "param", "source", "track"}
    | {"p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "rp", "rt"}
)
# A sanitiser drops formulas with their tags, what an open comment begins, and text that begins as a declaration does.
_MATH: Final = re.compile(r"</?(?:math|m[a-z]{1,12}|semantics)(?:\s[^<>]*)?>", re.IGNORECASE)
_OPEN_COMMENT: Final = re.compile(r"<!--(?:[^<>]*>)?")
_VOID_END: Final = re.compile(r"</(?:br|hr|img)\s*>", re.IGNORECASE)  # XHTML's; HTML makes another one of it
_NO_COMMENT: Final = re.compile(r"<!(?!--|[^<>]*>)")
_LOCAL: Final = frozenset({"localhost", "local", "internal", "lan", "home"})
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")


def clean(text: str) -> str:
    """The text without control characters and lone surrogates: neither Telegram nor a database takes them."""
    return _CONTROLS.sub("", text)


def looks_like_html(text: str) -> bool:
    """Whether the text holds a tag or an entity, as a guess where a source does not say what it is."""
    return _MARKUP.search(text, 0, MAX_HTML) is not None


def sanitise(html: str, base_url: str | None = None) -> str:
    """HTML that is safe to keep and show: known tags, http(s), mailto and tel links, absolute ones only.

    Relative links are resolved against `base_url`; without one they are dropped, their text stays.
    """

    def kept(_tag: str, name: str, value: str) -> str | None:
        if name not in ("href", "src"):
            return value
        url = absolute(value, base_url)
        return url if url and (name == "href" or is_web(url)) else None

    bounded = _bounded(html)
    safe = nh3.clean(
        bounded,
        tags=nh3.ALLOWED_TAGS | {"section", "tfoot"},
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        url_schemes=set(URL_SCHEMES),
        url_relative=lambda url: absolute(url, base_url),
        link_rel=None,
    ).strip()
    # What is badly nested is opened again and again, which can make a hundred times as much of it.
    return safe if len(safe) <= 3 * MAX_HTML else escape(_without_tags(bounded)[: MAX_HTML // 2], quote=False)


def _bounded(html: str) -> str:
    """The HTML, within what a parser can take: of one with too many tags, or too deep ones, the text alone."""
    html = clean(html[:MAX_HTML])
    if "<![CDATA[" in html:  # feeds wrap twice; to HTML it is a comment
        html = html.replace("<![CDATA[", "").replace("]]>", "")
    if html.count("<") > MAX_TAGS or _depth(html) > MAX_DEPTH:
        html = _without_tags(html).replace("<", "&lt;")
    if html.count("&") > MAX_ENTITIES:
        html = "&".join(html.split("&", MAX_ENTITIES)[:MAX_ENTITIES])
    html = _SELF_CLOSED.sub(r"<\1\2></\1>", _NO_COMMENT.sub("&lt;!", _VOID_END.sub("", html)))
    closed = html.rfind("-->") + 1
    return _MATH.sub(" ", html[:closed] + _OPEN_COMMENT.sub("", html[closed:]))


def _without_tags(html: str) -> str:
    return re.sub(r"<[^<>]*>", " ", html)


def _depth(html: str) -> int:
    """How many elements that need an end tag are open at the deepest place, as far as tags can tell."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for end, written in _TAG.findall(html):
        if (name := written.lower()) in _WITHOUT_END or (end and not opened[name]):
            continue
        step = -1 if end else 1
        opened[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


def absolute(url: str, base_url: str | None) -> str | None:
    """The URL resolved against the base; None when it is not one of http, https, mailto and tel then."""
    try:
        joined = urljoin(base_url or "", url.strip())
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme in ("http", "https"):
        return joined if parts.netloc else None
    return joined if parts.scheme in URL_SCHEMES else None


def is_web(url: str) -> bool:
    """Whether it is an absolute http(s) URL with a host, without credentials, spaces and control characters."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        return is_whole and not re.search(r"[\s\x00-\x1f\x7f]", url)
    except ValueError:
        return False


def is_public(url: str) -> bool:
    """Whether it is a web address that could be public, by its host's looks: Telegram is asked to fetch such alone."""
    if not is_web(url):
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        _rest, dot, last = host.rpartition(".")
        return bool(dot) and not last[0].isdigit() and last not in _LOCAL


def plain(html: str) -> str:
    """The text of HTML: a line a block, spaces folded, entities decoded, no empty lines."""
    reader = _Text()
    reader.feed(sanitise(html))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\0"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Plain text on one line, spaces folded."""
    return " ".join(clean(text).split())


def title_text(text: str, *, is_plain: bool = False) -> str:
    """A title as one line of plain text; `is_plain`: its source says that tags in it are to be read, not obeyed.

    A second round of entities is undone, whatever the source says: feeds write `AT&amp;amp;T` where they mean AT&T.
    """
    text = text[:MAX_TITLE]
    if not is_plain and looks_like_html(text):
        text = plain(text) or (text if _TAG_BY_NAME.fullmatch(text) else "")
    return one_line(unescape(text))


def as_markup(text: str) -> str:
    """Plain text as HTML, with escapes only where it would be taken for markup: AT&T stays."""
    return _MARKUP.sub(lambda found: escape(found[0], quote=False), text)


def paragraphs(text: str) -> str:
    """Plain text as HTML: an empty line parts paragraphs, a line break stays one."""
    blocks = re.split(r"\n\s*\n", clean(text).replace("\r\n", "\n").strip())
    return "\n".join(
        f"<p>{escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>" for block in blocks if block
    )


def first_image(html: str) -> str | None:
    """The address of the first picture in sanitised HTML that is not a counting pixel."""
    finder = _Image()
    finder.feed(html)
    finder.close()
    return finder.found


class _Text(HTMLParser):
    """Collects text; block boundaries become NUL, which cannot occur in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKING:
            self.pieces.append("\0")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKING:
            self.pieces.append("\0")


class _Image(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img" or self.found:
            return
        given = dict(attrs)
        if given.get("width") in ("0", "1") or given.get("height") in ("0", "1"):
            return
        if (source := given.get("src")) and is_public(source):
            self.found = source
