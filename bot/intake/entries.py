"""What a feed says: the nouns that the readers of feeds make. Their fields are those of `preview --json`."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.intake.html import is_web, one_line
from bot.model import Enclosure, Submission

MAX_ENTRIES: Final = 500  # of one feed: the first ones, which are the newest as feeds are written
MAX_LINK: Final = 2048  # characters, as much as an article may have
# It begins where a word does: tried at every letter, it would cost the square of a word's length.
_EMAIL: Final = re.compile(r"[(<\[]?\s?(?<![^\s()<>\[\],])[^\s()<>\[\],@]+@[^\s()<>\[\],]+\s?[)>\]]?")


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says of itself; "" and None: nothing. Title and summary are plain text."""

    title: str = ""
    link: str = ""
    id: str = ""
    author: str = ""
    updated: datetime | None = None
    published: datetime | None = None
    summary: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. The title is plain text, summary and content are safe HTML, the link is absolute where it can be."""

    title: str = ""
    link: str = ""
    id: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    enclosures: tuple[Enclosure, ...] = ()

    def within_bounds(self) -> "Entry":
        """The entry with no field longer than anything real: what handles it does not expect megabytes of an author."""
        return replace(
            self,
            link=self.link if len(self.link) <= MAX_LINK else "",
            id=self.id[:2000],
            author=self.author[:500],
            language=self.language[:50],
            tags=tuple(tag[:100] for tag in self.tags[:50]),
            image_url=self.image_url if len(self.image_url or "") <= MAX_LINK else None,
            enclosures=tuple(each for each in self.enclosures if len(each.url) <= MAX_LINK),
        )

    def submission(self) -> Submission:
        """The entry as an article on its way in."""
        return Submission(
            title=self.title,
            url=self.link if is_web(self.link) else None,
            guid=self.id or None,
            summary="" if self.summary == self.content else self.summary,
            body=self.content,
            author=byline(self.author),
            language=self.language,
            tags=self.tags,
            image_url=self.image_url,
            enclosures=self.enclosures,
            published_at=self.published or self.updated,
        )


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    feed: FeedInfo
    entries: tuple[Entry, ...]


def byline(author: str) -> str:
    """The author's name without the e-mail address beside it; what stands before the @ where there is no name."""
    name = " ".join(_EMAIL.sub("", author[:500]).split()).replace(" ,", ",").strip(" ,")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return name or author.partition("@")[0].strip(" (<").removeprefix("mailto:")


def first_words(text: str, limit: int = 80) -> str:
    """A title for what has none: the beginning of its text, cut after a word."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    head = line[:limit]
    return (head.rpartition(" ")[0] or head).rstrip(",;:–— ") + "…"
