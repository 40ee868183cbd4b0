"""The JSON objects of the list API, which `paperboy search --json` prints too. Pure."""

from typing import Any

from bot.clock import to_text
from bot.intake import jsonl
from bot.model import Article, Listing, Period, Teaser

Object = dict[str, Any]


def found(listing: Listing) -> Object:
    """What a search found; `meant` is another query that may have been meant."""
    return {
        "total": listing.total or 0,
        "articles": [
            {
                **_teaser(teaser),
                "snippet": teaser.snippet or "",
                "marks": teaser.marks,
                "title_marks": teaser.title_marks,
            }
            for teaser in listing.teasers
        ],
        "meant": listing.meant,
        "is_partial": listing.is_partial,
    }


def latest(listing: Listing) -> Object:
    """The newest articles; `next` is the `before` of those after them, null at the end."""
    last = listing.teasers[-1] if listing.teasers and listing.has_next else None
    return {
        "articles": [_teaser(teaser) for teaser in listing.teasers],
        "next": None if last is None else f"{to_text(last.published_at)},{last.id}",
    }


def top(listing: Listing, period: Period) -> Object:
    """The most read articles of a period."""
    return {
        "period": period.value,
        "articles": [
            {**_teaser(teaser), "reads": teaser.reads or 0, "reactions": teaser.reactions} for teaser in listing.teasers
        ],
    }


def article(whole: Article) -> Object:
    """An article in the form of import and export; what it does not have is left out."""
    return {"id": whole.id, **jsonl.record(whole, guid="")}


def _teaser(teaser: Teaser) -> Object:
    return {
        "id": teaser.id,
        "url": teaser.url,
        "title": teaser.title,
        "summary": teaser.summary,
        "author": teaser.author,
        "language": teaser.language,
        "tags": teaser.tags,
        "image_url": teaser.image_url,
        "published_at": to_text(teaser.published_at),
    }
