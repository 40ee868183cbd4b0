"""An article as a channel sees it, in the look that its admins have chosen."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

import regex

from bot.model import Article, Look, Preset
from bot.render.article import NAME_16, site, title
from bot.render.html import to_text
from bot.render.keyboards import Row, keyboard, link_button
from bot.render.links import URL_LIMIT, article_link, text_url
from bot.render.outgoing import CAPTION_LIMIT, TEXT_LIMIT, Outgoing
from bot.render.split import pages
from bot.render.template import filled, placeholders
from bot.render.text import Text, join, plain
from bot.render.words import Words

TEASER_16 = 600
SIGNATURE_16 = 64
DEFAULT = Look()
_MARGIN_16 = 24  # for what separates the parts
_HASHTAGS_LIMIT = 10
_NOT_IN_HASHTAG = regex.compile(r"[^\w\p{M}\u200c]+")  # marks: vowels of Indic scripts; U+200C: Persian's half space


def post(
    article: Article, words: Words, *, bot_username: str, look: Look = DEFAULT, as_photo: bool = False
) -> Outgoing:
    """A teaser is a photo with a caption where there is an image, all else a text.

    `as_photo`: whatever the look is, for a message that is a photo already and cannot become a text.
    """
    picture = text_url(article.image_url)
    as_photo = as_photo or look.preset is Preset.TEASER
    return Outgoing(
        text_of(article, words, bot_username, CAPTION_LIMIT if as_photo else TEXT_LIMIT, look),
        keyboard(*buttons(article, words, bot_username, look)),
        photo=picture if as_photo else None,
        preview_url=None if as_photo or look.preset is Preset.HEADLINE else picture,
    )


def buttons(article: Article, words: Words, bot_username: str, look: Look = DEFAULT) -> list[Row]:
    """Read here (in the chat with the bot, where it counts as a read), Original and Share, as the look has them."""
    here = article_link(bot_username, article.id)
    return [
        [
            link_button(words._("Read here"), here) if look.read else None,
            link_button(words._("Original"), article.url) if look.original else None,
            link_button(words._("Share"), _share_link(article.url, here)) if look.share else None,
        ]
    ]


def hashtags(tags: Iterable[str]) -> str:
    """The tags as Telegram's hashtags, each once; what has no letter is left out."""
    made = (_NOT_IN_HASHTAG.sub("_", plain(tag).text).strip("_") for tag in tags)
    unique = dict.fromkeys(tag for tag in made if len(tag) <= NAME_16 and any(map(str.isalpha, tag)))
    return " ".join(f"#{tag}" for tag in list(unique)[:_HASHTAGS_LIMIT])


def text_of(
    article: Article, words: Words, bot_username: str, room_16: int = CAPTION_LIMIT, look: Look = DEFAULT
) -> Text:
    """What the post says, never longer than `room_16`: so a post whose photo fails goes out as a text unchanged."""
    name = title(article.title, words).bold().link(_address(article, bot_username))
    if look.preset is Preset.OWN:
        return _own(article, words, bot_username, room_16, look, name)
    marks = _marks(article) if look.hashtags else Text()
    signature = signature_of(look)
    if look.preset is Preset.HEADLINE:
        return join("\n\n", [name, join("\n", [marks, signature])])
    author = _author(article)
    facts = join(" · ", [author or _source(article), words.date(article.published_at)]).italic()
    end = join("\n", [facts, marks, signature])
    room = room_16 - _MARGIN_16 - name.len16 - end.len16
    told = _teaser(article, room) if look.preset is Preset.TEASER else _whole(article, words, bot_username, room)
    return join("\n\n", [name, told, end])


def signature_of(look: Look) -> Text:
    return plain(" ".join(look.signature.split())).trimmed(SIGNATURE_16)


def signed(parts: list[Outgoing], look: Look) -> list[Outgoing]:
    """The messages of a digest, of a look the signature: below the last one, where it has room for it."""
    signature = signature_of(look)
    if not parts or not signature:
        return parts
    text = join("\n\n", [parts[-1].text, signature])
    return [*parts[:-1], replace(parts[-1], text=text)] if text.len16 <= TEXT_LIMIT else parts


def _own(article: Article, words: Words, bot_username: str, room_16: int, look: Look, name: Text) -> Text:
    """By the template; a headline where that leaves nothing, as for an article without author of "{author}"."""
    values = {
        "title": name,
        "author": _author(article),
        "source": _source(article),
        "date": plain(words.date(article.published_at)),
        "tags": _marks(article),
        "url": plain(_address(article, bot_username)),
        "signature": signature_of(look),
        "summary": Text(),
        "text": Text(),
    }
    used = placeholders(look.template)
    for long in ("summary", "text"):  # they share what the rest leaves
        if count := used.count(long):
            room = (
                room_16 - _MARGIN_16 - filled(look.template, values).len16 - _literal_16(look.template, long)
            ) // count
            whole = long == "text"
            values[long] = _whole(article, words, bot_username, room) if whole else _teaser(article, room)
    return filled(look.template, values).trimmed(room_16) or name


def _literal_16(template: str, long: str) -> int:
    """How much is written in the lines that vanish without this placeholder."""
    return sum(plain(line).len16 + 1 for line in template.split("\n") if long in placeholders(line))


def _teaser(article: Article, room_16: int) -> Text:
    told = plain(article.summary.strip() or article.text.strip()).strip()
    return told.trimmed(max(min(TEASER_16, room_16), 0))


def _whole(article: Article, words: Words, bot_username: str, room_16: int) -> Text:
    """The whole text, or as much of it as has room, mostly whole paragraphs, and below it a link to all of it."""
    whole = _body(article.body) or plain(article.summary.strip() or article.text.strip()).strip()
    on = plain(words._("Read on")).link(article_link(bot_username, article.id))
    if room_16 < NAME_16 + on.len16:
        return Text()
    begin = whole.cut(0, room_16 + _MARGIN_16)  # the rest is beyond the first page in any case
    first, *rest = pages(begin, room_16)
    if not rest:
        return first
    first, *_ = pages(begin, room_16 - on.len16 - 2)
    return join("\n\n", [first.strip(), on])


@lru_cache(maxsize=16)
def _body(body: str) -> Text:
    """Remembered, since an article goes out in many looks."""
    return to_text(body).strip()


def _marks(article: Article) -> Text:
    return plain(hashtags(article.tags)).trimmed(200)


def _author(article: Article) -> Text:
    return plain(" ".join(article.author.split())).trimmed(NAME_16)


def _source(article: Article) -> Text:
    return plain(site(article.url)).trimmed(NAME_16)


def _address(article: Article, bot_username: str) -> str:
    """The original's, else that of the article in the chat with the bot."""
    return text_url(article.url) or article_link(bot_username, article.id)


def _share_link(url: str | None, here: str) -> str:
    """Lets a reader choose whom to send the original's address to, or where that is too long, `here`."""
    links = [f"https://t.me/share/url?url={quote(address, safe='')}" for address in (text_url(url), here) if address]
    return next(link for link in links if len(link) <= URL_LIMIT)
