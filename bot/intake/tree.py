"""A page as a tree of elements. Pure; runs in the parsing children."""

from lxml.etree import LxmlError, ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from bot.intake.html import absolute, is_web


def parse(html: str) -> HtmlElement | None:
    """The page's root; None when it holds nothing."""
    parser = HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    try:
        return document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ParserError, ValueError):
        return None


def base_of(root: HtmlElement, url: str) -> str:
    """What relative links of the page are relative to; of a saved page, where it says that it comes from."""
    written = next((href for each in root.iter("base") if (href := each.get("href"))), "")
    base = absolute(written, url) or url
    if is_web(base):
        return base
    canonical = (each.get("href") or "" for each in root.iter("link") if "canonical" in (each.get("rel") or "").lower())
    return next((href for href in canonical if is_web(href)), base)
