"""A long text in pages that Telegram takes."""

from bot.render.text import Text


def pages(text: Text, limit16: int = 3500) -> list[Text]:
    """At least one page, each at most `limit16` units; put together they are the text again."""
    raise NotImplementedError
