"""Sanitised HTML of an article as Telegram can show it."""

from bot.render.text import Text


def to_text(sanitised_html: str, base_url: str | None = None) -> Text:
    """The body as text and formatting: headings bold, lists, quotes, code, links; images as "[alt]" links."""
    raise NotImplementedError


def plain(html: str) -> str:
    """The words of the body alone."""
    raise NotImplementedError
