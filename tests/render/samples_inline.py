"""What inline mode offers: its results as a list shows them, and the sentences above them."""

from collections.abc import Iterator
from dataclasses import replace

from bot.render import inline
from bot.render.outgoing import Outgoing
from bot.render.text import plain
from bot.render.words import Words
from tests.render.samples import ARTICLE, BOT, TEASER


def screens(words: Words) -> Iterator[tuple[str, Outgoing]]:
    """Each result as two lines, and each sentence."""
    found = [TEASER, replace(TEASER, snippet="чай и мёд"), replace(TEASER, snippet=None, summary="", url=None)]
    for number, teaser in enumerate(found):
        for article in (ARTICLE, replace(ARTICLE, title=" ", image_url="x:чай")):
            result = inline.result(article, teaser, words, BOT)
            assert result.thumbnail_url is None or result.thumbnail_url.startswith("http")
            yield f"inline result {number}", Outgoing(plain(f"{result.title}\n{result.description}"))
            yield f"inline message {number}", result.message
    for query in ("чай", "чай " * 60):
        yield "inline meant", Outgoing(plain(inline.meant(words, query)))
        yield "inline no date", Outgoing(plain(inline.no_date(words, query)))
    for sentence in (inline.nothing_found, inline.no_articles, inline.try_again):
        yield f"inline {sentence.__name__}", Outgoing(plain(sentence(words)))
