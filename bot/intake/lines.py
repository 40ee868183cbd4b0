"""Text that stands in a page without paragraphs of its own gets them, before trafilatura looks at it. Pure.

It loses what follows a link or a <br> in such text, and the spaces around both. So breaks become a letter, and breaks
again at the end; two of them part paragraphs, as they do for who reads the page.
"""

from itertools import groupby
from typing import Final

from lxml.etree import strip_tags
from lxml.html import HtmlElement

_BREAK: Final = "\u2424"  # "symbol for newline": it passes for a letter, and hardly anybody writes it
_HOLDERS: Final = ("div", "section", "article", "main", "body", "center", "td", "blockquote", "form")
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins"}
    | {"kbd", "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"}
    | {"var", "wbr"}
)
_LONG: Final = 100  # characters: a paragraph, and no label

_Item = str | HtmlElement


def part(tree: HtmlElement) -> None:
    """Gives paragraphs to text that has none, and makes letters of line breaks."""
    for holder in list(tree.iter(*_HOLDERS)):
        if any(child.tag == "br" for child in holder) or any(text and len(text.strip()) > 1 for text in _texts(holder)):
            _part(holder)
    for line_break in tree.iter("br"):
        line_break.tail = f"{_BREAK}{line_break.tail or ''}"
    strip_tags(tree, "br")


def restore(html: str) -> str:
    """The HTML with its line breaks again."""
    return html.replace(_BREAK, "<br>")


def _texts(holder: HtmlElement) -> list[str | None]:
    return [holder.text, *(child.tail for child in holder)]


def _part(holder: HtmlElement) -> None:
    """Wraps each stretch of text between the blocks of an element into paragraphs."""
    items: list[_Item] = [holder.text or ""]
    for child in list(holder):
        items += [child, child.tail or ""]
        child.tail = None
        holder.remove(child)
    holder.text = None
    for is_inline, run in groupby(items, key=_is_inline):
        stretch = list(run)
        if not is_inline or not _is_text(stretch):
            _put(holder, stretch)
            continue
        for words in _paragraphs(stretch):
            paragraph = holder.makeelement("p")
            _put(paragraph, words)
            holder.append(paragraph)


def _is_inline(item: _Item) -> bool:
    return isinstance(item, str) or all(inner.tag in _INLINE for inner in item.iter("*"))


def _is_text(stretch: list[_Item]) -> bool:
    words = "".join(item if isinstance(item, str) else str(item.text_content()) for item in stretch).strip()
    return len(words) > _LONG or (bool(words) and any(_is_break(item) for item in stretch))


def _paragraphs(stretch: list[_Item]) -> list[list[_Item]]:
    """The stretch, cut where two breaks follow each other."""
    parts: list[list[_Item]] = [[]]
    breaks: list[_Item] = []
    for item in stretch:
        if _is_break(item):
            breaks.append(item)
        elif isinstance(item, str) and not item.strip() and breaks:
            continue
        else:
            if len(breaks) > 1:
                parts.append([])
            elif parts[-1]:
                parts[-1] += breaks
            breaks = []
            parts[-1].append(item)
    return [words for words in parts if any(not isinstance(item, str) or item.strip() for item in words)]


def _is_break(item: _Item) -> bool:
    return not isinstance(item, str) and item.tag == "br"


def _put(into: HtmlElement, items: list[_Item]) -> None:
    last = next(into.iterchildren(reversed=True), None)  # counting them each time takes the square of their number
    for item in items:
        if not isinstance(item, str):
            into.append(item)
            last = item
        elif last is not None:
            last.tail = (last.tail or "") + item
        else:
            into.text = (into.text or "") + item
