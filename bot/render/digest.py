"""A digest: what was new, in as few messages as it takes."""

import datetime as dt
from collections.abc import Sequence

from bot.model import Article
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def digest(articles: Sequence[Article], words: Words, *, date: dt.date, bot_username: str) -> list[Outgoing]:
    """At most 40 articles a message; none for no articles."""
    raise NotImplementedError
