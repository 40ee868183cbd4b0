"""A post of a channel becomes an article. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import RefusedItem
from bot.intake import text as texts
from bot.intake.entries import first_words
from bot.model import Submission
from bot.store.channels import guid_of

LONGEST_TITLE = 160  # characters: a longer first line is text, and its beginning the title


@dataclass(frozen=True, slots=True)
class Post:
    """What Telegram says of a post: its text or caption, and the album it is one part of, if any."""

    message_id: int
    text: str
    entities: Sequence[texts.Entity]
    posted_at: datetime
    album: str | None = None
    username: str | None = None  # of a public channel

    @property
    def own_guid(self) -> str:
        return guid_of(self.message_id)

    @property
    def guid(self) -> str:
        """One id for all parts of an album."""
        return f"album:{self.album}" if self.album else self.own_guid


def article(post: Post, tags: Sequence[str] = ()) -> Submission:
    """The article that a post is. What it says in one line is title and text; hashtags are tags.

    A post about a link is an article at that link, as a maintainer's text is; any other of a public channel is found
    at its own address. Raises RefusedItem for a post without words.
    """
    first_line = post.text.strip().partition("\n")[0]
    try:
        if len(first_line) > LONGEST_TITLE:
            raise RefusedItem("the first line is no title")
        read = texts.from_text(post.text, post.entities)
    except RefusedItem:
        whole = texts.from_text(f"{first_words(post.text)}\n{post.text}", _moved(post))
        read = replace(whole, url=None)
    return replace(
        read,
        guid=post.guid,
        url=read.url or (f"https://t.me/{post.username}/{post.message_id}" if post.username else None),
        tags=(*tags, *_hashtags(post)),
        published_at=post.posted_at,
    )


def _moved(post: Post) -> list[texts.Entity]:
    by = len(f"{first_words(post.text)}\n".encode("utf-16-le", "surrogatepass")) // 2
    return [(kind, offset + by, length, url) for kind, offset, length, url in post.entities]


def _hashtags(post: Post) -> tuple[str, ...]:
    units = post.text.encode("utf-16-le", "surrogatepass")
    found = [
        units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace").lstrip("#").partition("@")[0]
        for kind, offset, length, _url in post.entities
        if kind == "hashtag" and offset >= 0 and length > 1
    ]
    return tuple(dict.fromkeys(found))
