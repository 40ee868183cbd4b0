"""A digest: what was new, in as few messages as it takes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bot.fold import fold
from bot.model import Article
from bot.render.article import site, title
from bot.render.links import article_link, text_url
from bot.render.outgoing import TEXT_LIMIT, Outgoing
from bot.render.text import Text, join, plain
from bot.render.words import Words

ITEMS_LIMIT = 40
LIMIT_16 = 3900
_TITLE_16 = 160
_TEASER_16 = 140
_TAG_16 = 64
OWN_16 = 500  # a header, a footer


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a digest's articles, as its admins chose."""

    name: str = ""
    header: str = ""
    footer: str = ""
    by_tag: bool = False


_PLAIN = Frame()


def digest(
    articles: Sequence[Article], words: Words, *, date: dt.date, bot_username: str, frame: Frame = _PLAIN
) -> list[Outgoing]:
    """At most 40 articles a message; none for no articles. Each title leads to the original, else to the bot."""
    if not articles:
        return []
    count = words.n("{count} new article", "{count} new articles", len(articles))
    day = join(" · ", [part for part in (plain(frame.name), plain(words.long_date(date))) if part]).bold()
    heading = join("\n", [day, plain(count).italic()])
    messages: list[list[Text]] = [[part for part in (heading, _own(frame.header)) if part]]
    count_in_last = 0
    for group, members in _groups(articles, words, by_tag=frame.by_tag):
        label = group
        for article in members:
            item = join("\n\n", [part for part in (label, _item(article, words, bot_username)) if part])
            used = sum(part.len16 + 2 for part in messages[-1])
            if used + item.len16 > LIMIT_16 or count_in_last >= ITEMS_LIMIT:
                messages.append([day])
                count_in_last = 0
            messages[-1].append(item)
            count_in_last += 1
            label = plain("")
    footer = _own(frame.footer)
    if footer and sum(part.len16 + 2 for part in messages[-1]) + footer.len16 > TEXT_LIMIT:
        messages.append([day])
    if footer:
        messages[-1].append(footer)
    return [Outgoing(join("\n\n", parts)) for parts in messages]


def nothing_new(words: Words, *, date: dt.date, frame: Frame = _PLAIN) -> list[Outgoing]:
    """A digest without articles, where it is to come nevertheless."""
    day = join(" · ", [part for part in (plain(frame.name), plain(words.long_date(date))) if part]).bold()
    parts = [day, _own(frame.header), plain(words._("Nothing is new this time.")).italic(), _own(frame.footer)]
    return [Outgoing(join("\n\n", [part for part in parts if part]))]


def _groups(articles: Sequence[Article], words: Words, *, by_tag: bool) -> list[tuple[Text, list[Article]]]:
    """The articles under their first tag, groups and articles in the order of their first one; else all as they are."""
    if not by_tag:
        return [(plain(""), list(articles))]
    groups: dict[str, tuple[str, list[Article]]] = {}
    for article in articles:
        tag = article.tags[0] if article.tags else ""
        groups.setdefault(fold(tag), (tag, []))[1].append(article)
    others = words._("Other")
    named = sorted(groups.items(), key=lambda group: not group[0])  # what has no tag comes last
    return [(plain(f"#{tag}" if tag else others).trimmed(_TAG_16).bold(), members) for _, (tag, members) in named]


def _own(text: str) -> Text:
    return plain(text.strip()).trimmed(OWN_16)


def _item(article: Article, words: Words, bot_username: str) -> Text:
    url = text_url(article.url) or article_link(bot_username, article.id)
    name = title(article.title, words).trimmed(_TITLE_16).link(url)
    teaser = plain(" ".join((article.summary or article.text[:1000]).split())).trimmed(_TEASER_16)
    return join("\n", [join(" ", ["•", name]), teaser, plain(site(article.url)).trimmed(64).italic()])
