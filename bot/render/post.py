"""An article as a channel sees it."""

from bot.model import Article
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def post(article: Article, words: Words, *, bot_username: str) -> Outgoing:
    """Photo with a caption where there is an image, else a text; buttons Read here and Original."""
    raise NotImplementedError
