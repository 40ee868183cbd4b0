"""What people choose from when they write the bot's name in some chat: an article each, and the post that is sent."""

from dataclasses import dataclass

from bot.filters import site
from bot.model import Article, Teaser
from bot.render.article import NAME_16, title
from bot.render.links import text_url
from bot.render.outgoing import Outgoing
from bot.render.post import post
from bot.render.text import plain
from bot.render.words import Words

_DESCRIPTION_16 = 200
_BUTTON_16 = 60
_QUERY_16 = 24  # within the button's text


@dataclass(frozen=True, slots=True)
class Result:
    """An article as it is offered, and the message that it becomes. All but the message is plain, on one line."""

    id: str
    title: str
    description: str
    thumbnail_url: str | None
    message: Outgoing


def result(article: Article, found: Teaser, words: Words, bot_username: str) -> Result:
    """`found`: the article as a list or search gave it, whose snippet says why."""
    return Result(
        id=str(article.id),
        title=title(article.title, words).text,
        description=_description(found, words),
        thumbnail_url=text_url(article.image_url),
        message=post(article, words, bot_username=bot_username),
    )


def _description(found: Teaser, words: Words) -> str:
    """Where the words are, else how it begins, else where and when it was published."""
    told = " ".join((found.snippet or found.summary).split())
    place = plain(site(found.url) or " ".join(found.author.split())).trimmed(NAME_16)
    facts = " · ".join(filter(None, [place.text, words.date(found.published_at)]))
    return plain(told or facts).trimmed(_DESCRIPTION_16).text


def button(sentence: str) -> str:
    """A sentence above the results, which leads to the chat with the bot."""
    return plain(" ".join(sentence.split())).trimmed(_BUTTON_16).text


def meant(words: Words, query: str) -> str:
    """The results are of this query, for there are none of the one that was written."""
    return button(words._("Results for “{query}”", query=_shown(query)))


def nothing_found(words: Words) -> str:
    return button(words._("Nothing found. How to search"))


def no_articles(words: Words) -> str:
    return button(words._("No articles yet"))


def no_date(words: Words, asked: str) -> str:
    return button(words._("“{asked}” is not a date", asked=_shown(asked)))


def try_again(words: Words) -> str:
    return button(words._("No answer just now. Try again in a moment"))


def _shown(text: str) -> str:
    return plain(" ".join(text.split())).trimmed(_QUERY_16).text
