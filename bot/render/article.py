"""An opened article, read in the chat."""

from bot.model import Article
from bot.render.callbacks import ListRef
from bot.render.keyboards import Menu
from bot.render.outgoing import Outgoing
from bot.render.words import Words


def article_page(article: Article, page: int, words: Words, menu: Menu, back: ListRef) -> Outgoing:
    """One page; a number beyond the last shows the last. `back`: the list that Back leads to (a deep link: ListRef())."""
    raise NotImplementedError
