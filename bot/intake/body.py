"""The text of a page, less what stands around it: found by trafilatura, given as HTML. Runs in the parsing children.

trafilatura decides what belongs to the article. Before it looks, what it would take for something else is written as it
understands it (code, pictures); what it finds, in its own tags, becomes HTML again here, because its own HTML makes
bullets of numbers and quotes of code.
"""

import re
from datetime import datetime
from itertools import islice
from typing import Final

import trafilatura
from htmldate import find_date
from lxml.etree import _Element, tostring
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author

from bot import language
from bot.intake import lines
from bot.intake.dates import parse_date
from bot.intake.html import absolute, is_web, one_line

_BYLINE: Final = 80  # characters of a line that tells when and where from
_FAST: Final = 15_000  # elements; above that the second opinions of trafilatura take too long
_KEPT: Final = ".jpg"  # trafilatura takes only addresses that end like this for pictures
_MARK: Final = f"#{_KEPT}"
_LAZY: Final = ("data-src", "data-original", "data-lazy-src", "data-hi-res-src")
_RAISED: Final = {"#i": "i", "#b": "b", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_PLAIN: Final = {"item": "li", "lb": "br", "row": "tr", "del": "s", "ref": "a", "graphic": "img", "quote": "blockquote"}
_BESIDE_CODE: Final = frozenset({"p", "item", "head", "cell", "hi", "ref", "del"})


def read_body(tree: HtmlElement, base: str, title: str) -> str:
    """The article as HTML, not yet sanitised; "" where there is none. The tree is used up.

    A heading that repeats the title is left out: whoever shows the article shows its title.
    """
    _prepare(tree, base)
    is_large = sum(1 for _ in tree.iter()) > _FAST
    found = trafilatura.bare_extraction(
        tree,
        fast=is_large,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_links=True,
        include_images=True,
        with_metadata=False,
    )
    body = getattr(found, "body", None)
    if body is None:
        return ""
    _without_title(body, title)
    for element in list(body.iter("*")):
        _as_html(element)
    body.tag = "div"
    html = tostring(body, encoding="unicode", method="html").removeprefix("<div>").removesuffix("</div>")
    return lines.restore(html)


def find_author(tree: HtmlElement) -> str:
    """The author as the page shows it, where no machine is told; "" where none is seen."""
    return one_line(extract_author(tree) or "").replace("; ", ", ")


def find_day(tree: HtmlElement, url: str) -> datetime | None:
    """The day that the page shows or its address holds, where no machine is told."""
    found = parse_date(find_date(tree, url=url, original_date=True, extensive_search=False))
    if found is not None:
        return found
    below = (line for heading in tree.iter("h1") for line in islice(heading.itersiblings(), 3))
    texts = (one_line(line.text_content()) for line in below)
    return next((day for text in texts if 6 < len(text) < _BYLINE and (day := parse_date(text))), None)


def find_language(said: str, text: str) -> str:
    """The language that the page says it is in; that of its text where it says none, or one that is not written so.

    Templates leave `lang="en"` on pages of every language: English in other letters than Latin ones is not believed.
    """
    letters = [letter for letter in text[:5000] if letter.isalpha()]
    foreign = sum(1 for letter in letters if ord(letter) > 0x24F)
    if len(letters) < 100 or (said and not (said.lower().startswith("en") and foreign > len(letters) / 2)):
        return said
    return language.guess(text)


def _prepare(tree: HtmlElement, base: str) -> None:
    for figure in tree.iter("figure"):
        caption, image = next(figure.iter("figcaption"), None), next(figure.iter("img"), None)
        if caption is not None and image is not None and not image.get("alt"):
            image.set("alt", one_line(caption.text_content())[:200])
    for image in tree.iter("amp-img"):
        image.tag = "img"
    for image in list(tree.iter("img")):
        _prepare_image(image, base)
    for cell in tree.iter("td", "th"):  # for those that span others it adds empty ones
        cell.attrib.clear()
    for block in list(tree.iter("pre")):
        for line_break in block.iter("br"):
            line_break.tail = "\n" + (line_break.tail or "")
        text, tail = block.text_content().strip("\n"), block.tail
        block.clear()
        block.tail = tail
        inner = block.makeelement("span")  # by which it tells code from verse
        inner.text = text
        block.append(inner)
    lines.part(tree)


def _prepare_image(image: HtmlElement, base: str) -> None:
    """One address, whole, marked as a picture's; what is not for looking at goes."""
    lazy = (image.get(name) for name in _LAZY)
    source = next(
        (url for url in (*lazy, image.get("src"), _largest(image)) if url and not url.startswith("data:")), ""
    )
    url = absolute(source, base) if source else None
    is_pixel = image.get("width") in ("0", "1") or image.get("height") in ("0", "1")
    alt, image_title = image.get("alt"), image.get("title")
    image.attrib.clear()
    if url and is_web(url) and not is_pixel:
        image.set("src", url + _MARK)
        for name, value in (("alt", alt), ("title", image_title)):
            if value:
                image.set(name, value)


def _largest(image: HtmlElement) -> str:
    """The last address of a srcset, which is the largest as they are written."""
    written = image.get("srcset") or image.get("data-srcset") or ""
    return written.rpartition(", ")[2].split(" ")[0] if written else ""


def _without_title(body: _Element, title: str) -> None:
    for element in body:
        if element.tag not in ("head", "graphic"):
            return
        if element.get("rend") == "h1" or (element.tag == "head" and _folded(element) == _folded(title)):
            body.remove(element)
            return


def _folded(text: _Element | str) -> str:
    text = text if isinstance(text, str) else "".join(text.itertext())
    return re.sub(r"\W+", "", text).casefold()


def _as_html(element: _Element) -> None:
    """An element of trafilatura's under its name in HTML."""
    rend = element.get("rend") or ""
    match element.tag:
        case "list":
            element.tag = rend if rend in ("ol", "ul") else "ul"
        case "head":
            element.tag = rend if re.fullmatch("h[1-6]", rend) else "h3"
        case "hi":
            element.tag = _RAISED.get(rend, "i")
        case "cell":
            element.tag = "th" if element.get("role") == "head" else "td"
        case "code":
            parent = element.getparent()
            is_inline = parent is not None and parent.tag in (*_BESIDE_CODE, *_HTML_BESIDE_CODE)
            element.tag = "code" if is_inline and "\n" not in "".join(element.itertext()) else "pre"
        case str() as tag:
            element.tag = _PLAIN.get(tag, tag)
    kept = {
        "href": element.get("target"),
        "src": (element.get("src") or "").removesuffix(_MARK),
        "alt": element.get("alt"),
    }
    element.attrib.clear()
    for name, value in kept.items():
        if value:
            element.set(name, value)


_HTML_BESIDE_CODE: Final = frozenset({"li", "td", "th", "a", "i", "b", "u", "s", "h1", "h2", "h3", "h4", "h5", "h6"})
