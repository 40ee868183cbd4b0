"""A digest: what was new, in as few messages as it takes."""

import datetime as dt
from collections.abc import Sequence

from bot.model import Article
from bot.render.article import site, title
from bot.render.links import article_link, text_url
from bot.render.outgoing import Outgoing
from bot.render.text import Text, join, plain
from bot.render.words import Words

ITEMS_LIMIT = 40
LIMIT_16 = 3900
_TITLE_16 = 160
_TEASER_16 = 140


def digest(articles: Sequence[Article], words: Words, *, date: dt.date, bot_username: str) -> list[Outgoing]:
    """At most 40 articles a message; none for no articles. Each title leads to the original, else to the bot."""
    if not articles:
        return []
    count = words.n("{count} new article", "{count} new articles", len(articles))
    heading = join("\n", [plain(words.long_date(date)).bold(), plain(count).italic()])
    messages: list[list[Text]] = [[heading]]
    for article in articles:
        item = _item(article, words, bot_username)
        used = sum(part.len16 + 2 for part in messages[-1])
        if used + item.len16 > LIMIT_16 or len(messages[-1]) > ITEMS_LIMIT:
            messages.append([plain(words.long_date(date)).bold()])
        messages[-1].append(item)
    return [Outgoing(join("\n\n", parts)) for parts in messages]


def _item(article: Article, words: Words, bot_username: str) -> Text:
    url = text_url(article.url) or article_link(bot_username, article.id)
    name = title(article.title, words).trimmed(_TITLE_16).link(url)
    teaser = plain(" ".join((article.summary or article.text[:1000]).split())).trimmed(_TEASER_16)
    return join("\n", [join(" ", ["•", name]), teaser, plain(site(article.url)).trimmed(64).italic()])
