"""Sanitised HTML of an article as Telegram can show it."""

import re
from html.parser import HTMLParser

from telegram import MessageEntity

from bot.render.links import text_url
from bot.render.text import Span, Text, clean

_STYLES: dict[str, str] = {
    **dict.fromkeys(
        ("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "th", "summary", "caption"), MessageEntity.BOLD
    ),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var", "figcaption"), MessageEntity.ITALIC),
    **dict.fromkeys(("u", "ins", "mark"), MessageEntity.UNDERLINE),
    **dict.fromkeys(("s", "strike", "del"), MessageEntity.STRIKETHROUGH),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), MessageEntity.CODE),
    "pre": MessageEntity.PRE,
    "blockquote": MessageEntity.BLOCKQUOTE,
}
_LINES = frozenset({"dd", "dt", "li", "tr", "summary", "figcaption", "caption"})
_PARAGRAPHS = frozenset(
    {"p", "div", "article", "aside", "section", "header", "footer", "hgroup", "nav", "figure", "center", "details"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol", "dl", "hr"}
)
_SPACES = re.compile(r"[ \t\n\r\f]+")  # what HTML folds; a no-break space is none of them
_BULLETS = "•◦▪"
_INDENT = "\u2002\u2002"  # en spaces: an ordinary space at a line's start may be trimmed
_SUPERSCRIPTS = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def to_text(sanitised_html: str) -> Text:
    """The body as text and formatting: headings bold, lists, quotes, code, absolute links; images as "[alt]" links.

    A mailto or tel link, which Telegram does not take, is written out unless it is what the text says.
    """
    reader = _Reader()
    reader.feed(sanitised_html)
    reader.close()
    return reader.done()


def plain(html: str) -> str:
    """The words of the body alone."""
    return to_text(html).text


class _Element:
    """An open element: where its first letter stands (None: none yet), and what it is."""

    __slots__ = ("address", "start", "style", "tag", "url")

    def __init__(self, tag: str, style: str | None, url: str = "", address: str = "") -> None:
        self.tag = tag
        self.style = style
        self.url = url
        self.address = address  # of mailto and tel
        self.start: int | None = None


class _Reader(HTMLParser):
    """Writes letters as they come. Line breaks and list marks wait for the next letter, so none is left over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._length = 0  # of what is written
        self._end = 0  # after the last letter that is no space
        self._breaks = 0  # line breaks due before the next letter
        self._mark = ""  # a list's bullet or number, due before the next letter
        self._space = False  # a space is due before the next letter
        self._open: list[_Element] = []
        self._waiting: list[_Element] = []  # those of them without a letter yet
        self._links = 0  # open ones
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._spans: list[Span] = []
        self._pre = 0
        self._cells = 0  # of the table row so far

    def done(self) -> Text:
        for element in reversed(self._open):
            self._finish(element)
        return Text("".join(self._pieces), tuple(self._spans)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._break_for(tag)
        match tag:
            case "br":
                self._breaks = min(self._breaks + 1, 2)
                return
            case "hr":
                self._write("⁂")
                self._break_for(tag)
                return
            case "img":
                self._image(given)
                return
            case "wbr" | "col" | "area":
                return
            case "ul" | "ol":
                self._lists.append(None if tag == "ul" else _number(given.get("start", "1")))
            case "li":
                self._mark = self._next_mark()
            case "dd":
                self._mark = _INDENT
            case "tr":
                self._cells = 0
            case "td" | "th":
                self._cell()
            case "pre":
                self._pre += 1
            case "q":
                self._write("“")
            case "rt":
                self._write("(")
        element = _element(tag, given)
        self._links += bool(element.url)
        self._open.append(element)
        self._waiting.append(element)

    def handle_endtag(self, tag: str) -> None:
        index = next((i for i in range(len(self._open) - 1, -1, -1) if self._open[i].tag == tag), None)
        if index is None:
            return
        element = self._open.pop(index)
        self._links -= bool(element.url)
        if tag == "q":
            self._write("”")
        elif tag == "rt":
            self._write(")")
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "pre":
            self._pre -= 1
        self._finish(element)
        if tag == "li":
            self._mark = ""
        self._break_for(tag)

    def handle_data(self, data: str) -> None:
        data = clean(data.replace("\t", "    ") if self._pre else data)
        tag = self._open[-1].tag if self._open else ""
        if tag == "rp":
            return
        if tag in ("sup", "sub"):
            data = _raised(data, tag)
        if self._pre:
            self._verbatim(data)
            return
        letters = _SPACES.sub(" ", data)
        if letters.isspace() or not letters:
            self._space = self._space or bool(letters)
            return
        self._space = self._space or letters[0] == " "
        self._write(letters.strip(" "))
        self._space = letters[-1] == " "

    def _verbatim(self, data: str) -> None:
        """Letters of a pre, its spaces and lines kept, but for the first line break."""
        if any(element.tag == "pre" for element in self._waiting):
            data = data.removeprefix("\n")
        if data.strip():
            self._write(data)
        elif data and self._length:
            self._append(data)

    def _write(self, letters: str) -> None:
        """Write letters, after the line breaks, the mark or the space that were due."""
        if self._breaks and self._length:
            self._append("\n" * self._breaks, after=self._end)
        elif self._space and self._length and not self._pieces[-1][-1:].isspace():
            self._append(" ")
        if self._mark:
            self._append(self._mark)
        self._breaks, self._space, self._mark = 0, False, ""
        for element in self._waiting:
            element.start = self._length
        self._waiting.clear()
        self._append(letters)
        self._end = self._length - (len(letters) - len(letters.rstrip()))

    def _append(self, letters: str, after: int | None = None) -> None:
        """Append as it is; `after`: in place of the spaces that stand from there on."""
        while after is not None and after < self._length:
            self._length -= len(self._pieces[-1])
            kept = self._pieces.pop()[: max(after - self._length, 0)]
            if kept:
                self._pieces.append(kept)
            self._length += len(kept)
        self._pieces.append(letters)
        self._length += len(letters)

    def _since(self, start: int) -> str:
        """What has been written from there on."""
        end, letters = self._length, ""
        for piece in reversed(self._pieces):
            if end <= start:
                break
            end -= len(piece)
            letters = piece + letters
        return letters[max(start - end, 0) :]

    def _finish(self, element: _Element) -> None:
        """The element ends after the last letter written."""
        if element.start is None or element.start >= self._end:
            return
        if element.address and element.address not in self._since(element.start):
            self._write(f" ({element.address})")
        if element.url:
            self._spans.append(Span(element.start, self._end, MessageEntity.TEXT_LINK, element.url))
        elif element.style:
            self._spans.append(Span(element.start, self._end, element.style))

    def _break_for(self, tag: str) -> None:
        if tag in _PARAGRAPHS and not (tag in ("ul", "ol") and len(self._lists) > 0):
            due = 1 if self._lists and tag not in ("pre", "blockquote") else 2
            self._breaks = max(self._breaks, due)
        elif tag in _LINES or tag in ("ul", "ol"):
            self._breaks = max(self._breaks, 1)

    def _next_mark(self) -> str:
        if not self._lists:
            return "• "
        depth = min(len(self._lists), 4) - 1
        number = self._lists[-1]
        if number is None:
            return _INDENT * depth + _BULLETS[min(depth, 2)] + " "
        self._lists[-1] = number + 1
        return f"{_INDENT * depth}{number}. "

    def _cell(self) -> None:
        if self._cells and self._end:
            self._space = False
            if not self._breaks:
                self._write(" | ")
        self._cells += 1

    def _image(self, given: dict[str, str]) -> None:
        """An image as "[alt]", leading to it. Not decoration (an empty alt), nor what counts readers (1 pixel)."""
        url = text_url(given.get("src"))
        alt = " ".join(clean(given.get("alt", "")).split())
        if url is None or given.get("alt") == "" or "1" in (given.get("width"), given.get("height")):
            return
        self._write(f"[{alt}]" if alt else "🖼")
        if not self._links:
            start = self._length - (len(alt) + 2 if alt else 1)
            self._spans.append(Span(start, self._length, MessageEntity.TEXT_LINK, url))


def _element(tag: str, given: dict[str, str]) -> _Element:
    if tag != "a":
        return _Element(tag, _STYLES.get(tag))
    href = given.get("href", "").strip()
    scheme, _, address = href.partition(":")
    if scheme.lower() in ("mailto", "tel"):
        return _Element(tag, None, address=clean(address.partition("?")[0]).strip())
    return _Element(tag, None, url=text_url(href) or "")


def _raised(data: str, tag: str) -> str:
    """Digits raised or lowered, where Unicode has all the letters that it takes."""
    moved = data.translate(_SUPERSCRIPTS if tag == "sup" else _SUBSCRIPTS)
    return data if any(char.isascii() and not char.isspace() for char in moved) else moved


def _number(start: str) -> int:
    return int(start) if start.isascii() and start.removeprefix("-").isdigit() and len(start) < 7 else 1
