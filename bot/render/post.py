"""An article as a channel sees it."""

from collections.abc import Iterable

import regex

from bot.model import Article
from bot.render.article import NAME_16, site, title
from bot.render.keyboards import Row, keyboard, link_button
from bot.render.links import article_link, text_url
from bot.render.outgoing import CAPTION_LIMIT, Outgoing
from bot.render.text import Text, join, plain
from bot.render.words import Words

TEASER_16 = 600
_MARGIN_16 = 24  # for what separates the parts
_HASHTAGS_LIMIT = 10
_NOT_IN_HASHTAG = regex.compile(r"[^\w\p{M}\u200c]+")  # marks: vowels of Indic scripts; U+200C: Persian's half space


def post(article: Article, words: Words, *, bot_username: str) -> Outgoing:
    """Photo with a caption where there is an image, else a text; buttons Read here and Original."""
    return Outgoing(
        text_of(article, words, bot_username),
        keyboard(*buttons(article, words, bot_username)),
        photo=text_url(article.image_url),
    )


def buttons(article: Article, words: Words, bot_username: str) -> list[Row]:
    """Read here (in the chat with the bot, where it counts as a read) and Original."""
    here = link_button(words._("Read here"), article_link(bot_username, article.id))
    return [[here, link_button(words._("Original"), article.url)]]


def hashtags(tags: Iterable[str]) -> str:
    """The tags as Telegram's hashtags, each once; what has no letter is left out."""
    made = (_NOT_IN_HASHTAG.sub("_", plain(tag).text).strip("_") for tag in tags)
    unique = dict.fromkeys(tag for tag in made if len(tag) <= NAME_16 and any(map(str.isalpha, tag)))
    return " ".join(f"#{tag}" for tag in list(unique)[:_HASHTAGS_LIMIT])


def text_of(article: Article, words: Words, bot_username: str, room_16: int = CAPTION_LIMIT) -> Text:
    """Never longer than a caption may be, so that a post whose photo fails goes out as a text unchanged."""
    name = title(article.title, words).bold().link(text_url(article.url) or article_link(bot_username, article.id))
    author = plain(" ".join(article.author.split())).trimmed(NAME_16)
    source = plain(site(article.url)).trimmed(NAME_16)
    facts = join(" · ", [author or source, words.date(article.published_at)]).italic()
    marks = plain(hashtags(article.tags)).trimmed(200)
    room = room_16 - _MARGIN_16 - name.len16 - facts.len16 - marks.len16
    teaser = plain(article.summary.strip() or article.text.strip()).strip().trimmed(max(min(TEASER_16, room), 0))
    return join("\n\n", [name, teaser, join("\n", [facts, marks])])
