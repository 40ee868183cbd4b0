"""What an article on its way in becomes, and what it is to the store: new, changed, same or a duplicate. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.errors import RefusedItem
from bot.intake import recognise
from bot.intake.canonical import anchor, canonical_url, place
from bot.intake.entries import first_words
from bot.intake.html import absolute, clean, is_web, looks_like_html, one_line, paragraphs, plain, sanitise
from bot.model import Article, ArticleState, Change, Enclosure, NewArticle, Submission

MAX_TITLE: Final = 500
MAX_SUMMARY: Final = 2000
MAX_URL: Final = 2048
MAX_TAGS: Final = 20
MAX_TAG: Final = 64
MAX_AUTHOR: Final = 200

_PICTURE: Final = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)$", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def normalise(submission: Submission, now: datetime) -> NewArticle:
    """The article as it will be stored: safe HTML, plain text, known limits, a moment that is not in the future.

    Raises RefusedItem when there is nothing to make an article of, or its URL is not one of the web.
    """
    url = _url(submission.url)
    body = _body(submission.body, url)
    text = plain(body)
    summary = _summary(submission.summary)
    title = one_line(submission.title) or first_words(text or summary)
    if not title:
        raise RefusedItem("the article has no title, nor any text to take one from")
    if not (url or text or summary or body):
        raise RefusedItem(f"the article {_short(title)!r} has neither a URL, nor a body, nor a summary")
    canonical = canonical_url(url) if url else None
    image = submission.image_url and absolute(submission.image_url, url)
    new = NewArticle(
        title=_short(title, MAX_TITLE),
        url=url,
        canonical_url=canonical,
        guid="",
        summary=summary,
        body=body,
        text=text,
        author=_short(one_line(submission.author), MAX_AUTHOR),
        language=language_tag(submission.language),
        tags=clean_tags(submission.tags),
        image_url=image if image and _is_kept(image) else None,
        enclosures=tuple(
            Enclosure(e.url, one_line(e.media_type)[:100], e.size_bytes)
            for e in submission.enclosures
            if _is_kept(e.url)
        )[:20],
        published_at=_moment(submission, now),
        state=submission.state,
        content_hash="",
    )
    return replace(
        new,
        guid=_guid(submission.guid, new),
        content_hash=content_hash(new),
        title_mark=recognise.title_mark(new.title),
        fingerprint=recognise.fingerprint(new),
        is_dated=submission.published_at is not None and new.published_at < now,
    )


def decide(new: NewArticle, known: Article | None, *, is_own: bool) -> Change:
    """What the article is to the store, given the article that it was recognised as. `is_own`: its source's to change.

    What a maintainer has written stays, until its source withdraws it.
    """
    if known is None:
        return Change.NEW
    if not is_own:
        return Change.DUPLICATE
    if new.state is ArticleState.WITHDRAWN and known.state is ArticleState.PUBLISHED:
        return Change.CHANGED
    if known.changed_by is not None:
        return Change.SAME
    has_changed = known.content_hash != new.content_hash or known.text != new.text
    return Change.CHANGED if has_changed else Change.SAME


def distinct(submissions: Sequence[Submission]) -> list[Submission]:
    """The items of one document, each with an id of its own, in their order.

    An item that comes twice is one: under one id, or on one page, with the same title or text, unless items elsewhere
    have those, too. Where different ones share an id (or an address, and have no id) they are told apart by address,
    title and text.
    """
    known = [(_own_id(item), _where(item), item) for item in submissions]
    titled = {(item.title, own, where) for own, where, item in known}
    worded = {(_words(item), own, where) for own, where, item in known}
    titles, texts = Counter(title for title, *_ in titled), Counter(text for text, *_ in worded)
    are_told = _tell(item.title for item in submissions) or _tell(own for own, *_ in known)
    kept: list[tuple[str, Submission]] = []
    seen: set[tuple[str, ...]] = set()
    for own, where, item in known:
        text, has_page = _words(item), bool(place(canonical_url(item.url or "")))
        names = {(own, where, item.title, text)}
        if has_page:
            names |= {("", where, item.title, text)}
            names |= {(own, where, "text", text)} if text and texts[text] == 1 else set()
        if titles[item.title] == 1 and (has_page or (item.title and are_told)):
            names |= {(own, where, "title", item.title)}
        if seen.isdisjoint(names):
            kept.append((own, item))
        seen |= names
    ids = Counter(own for own, _ in kept)
    return [item if ids[own] == 1 else replace(item, guid=_told_apart(own, item)) for own, item in kept]


def _tell(names: Iterable[str]) -> bool:
    """Whether most of them are those of one item."""
    counts = Counter(names).values()
    return sum(count == 1 for count in counts) * 2 > len(counts)


def _where(item: Submission) -> str:
    return canonical_url(item.url or "") + anchor(item.url)


def _words(item: Submission) -> str:
    return item.body or item.summary


def _own_id(item: Submission) -> str:
    return item.guid or _where(item) or item.title


def _told_apart(own: str, item: Submission) -> str:
    return own[:400] + recognise.SHARED + recognise.short_id(_where(item), item.title, _words(item))


def content_hash(new: NewArticle) -> str:
    """Over what a post shows: equal hashes look the same in a channel. The date is none of it: feeds touch it."""
    image = canonical_url(new.image_url) if new.image_url else ""
    if _PICTURE.search(image.partition("?")[0]):
        image = image.partition("?")[0]  # what follows says how large, or until when
    shown = (new.title, new.canonical_url, image, new.author, new.summary or new.text[:1000], *new.tags)
    return hashlib.blake2b("\0".join(part or "" for part in shown).encode(), digest_size=16).hexdigest()


def language_tag(text: str) -> str:
    """A BCP 47 tag such as `en` or `pt-BR`; "" for what is none."""
    text = text.strip().partition(",")[0].strip()
    if not _LANGUAGE.fullmatch(text):
        return ""
    first, *rest = text.replace("_", "-").split("-")
    shaped = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower() for part in rest)
    return "-".join((first.lower(), *shaped))


def _url(url: str | None) -> str | None:
    if not url or not url.strip():
        return None
    resolved = absolute(clean(url).strip(), None)
    if not resolved or not is_web(resolved):
        raise RefusedItem(f"`url` is {_short(url)!r}, expected an address that begins with http:// or https://")
    if len(resolved) > MAX_URL:
        raise RefusedItem(f"`url` is longer than the {MAX_URL} characters allowed: {_short(resolved)!r}")
    return resolved


def _is_kept(url: str) -> bool:
    return len(url) <= MAX_URL and is_web(url)


def _body(body: str, base_url: str | None) -> str:
    if not body.strip():
        return ""
    return sanitise(body if looks_like_html(body) else paragraphs(body), base_url)


def _summary(summary: str) -> str:
    text = plain(summary) if looks_like_html(summary) else clean(summary).strip()
    return _short(text, MAX_SUMMARY)


def tags_of(text: str) -> tuple[str, ...]:
    """The tags that somebody wrote, separated by commas or lines."""
    return clean_tags(re.split(r"[,،、，;\n]", text))


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """As they are stored: without hash signs, each once, none too long, no more than are kept."""
    kept: dict[str, str] = {}
    for tag in tags:
        written = one_line(tag).lstrip("#").strip()
        if written and len(written) <= MAX_TAG:
            kept.setdefault(written.casefold(), written)
    return tuple(kept.values())[:MAX_TAGS]


def _moment(submission: Submission, now: datetime) -> datetime:
    """The source's moment; now where it has none, or what must be a mistake: the future, Unix's birth, antiquity."""
    moment = submission.published_at
    if moment is None:
        return now
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return now
    if moment.year < 1400 or (moment.year, moment.month, moment.day) == (1970, 1, 1):
        return now
    return moment if submission.state is ArticleState.SCHEDULED else min(moment, now)


def _guid(guid: str | None, new: NewArticle) -> str:
    """The source's own id, else the canonical URL, else a fingerprint of title and text."""
    given = clean(guid or "").strip()
    if given:
        return given if len(given) <= 500 else recognise.short_id(given)
    if new.canonical_url and anchor(new.url):
        return f"{new.canonical_url}#{anchor(new.url)}"
    return new.canonical_url or recognise.id_of_words(new)


def _short(text: str, limit: int = 80) -> str:
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rpartition(" ")[0] or head).rstrip() + "…"
