"""A page as a tree of elements. Pure; runs in the parsing children."""

import re
from typing import Final

from lxml.etree import LxmlError, ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from bot.intake.html import absolute, is_web

_SELF: Final = frozenset({"", "¶", "#", "§", "🔗", "permalink"})
_ADVERT: Final = re.compile(r"(?:^|[\s_-])(?:advert\w*|ads?|sponsored)(?:$|[\s_-])", re.IGNORECASE)
_SHORT: Final = 300  # characters: a banner and no article


def parse(html: str) -> HtmlElement | None:
    """The page's root; None when it holds nothing."""
    parser = HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    try:
        return document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ParserError, ValueError):
        return None


def clear(root: HtmlElement) -> None:
    """Takes out what no reader is meant to read: links of headings to themselves, and what is marked as advertising."""
    for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        for link in list(heading.iter("a")):
            if link.text_content().strip() in _SELF and len(link) == 0:
                link.drop_tree()
    for element in list(root.iter("div", "section", "aside", "p")):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _ADVERT.search(names) and len(element.text_content()) < _SHORT and element.getparent() is not None:
            element.drop_tree()


def base_of(root: HtmlElement, url: str) -> str:
    """What relative links of the page are relative to; of a saved page, where it says that it comes from."""
    written = next((href for each in root.iter("base") if (href := each.get("href"))), "")
    base = absolute(written, url) or url
    if is_web(base):
        return base
    canonical = (each.get("href") or "" for each in root.iter("link") if "canonical" in (each.get("rel") or "").lower())
    return next((href for href in canonical if is_web(href)), base)
