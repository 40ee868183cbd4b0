"""/feeds: the list with its health, and the offer to follow one."""

from collections.abc import Sequence
from datetime import datetime

from bot.model import Feed
from bot.render.article import site
from bot.render.callbacks import FollowFeed, ShowFeeds
from bot.render.health import buttons
from bot.render.keyboards import Menu, keyboard, page_buttons
from bot.render.outgoing import Outgoing
from bot.render.reasons import fetching
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 8
_TITLE_16 = 100
_URL_16 = 200


def feeds(
    items: Sequence[Feed], page: int, words: Words, menu: Menu, *, now: datetime, has_next: bool = False
) -> Outgoing:
    """One page of feeds; none: how to add one."""
    turns = page_buttons(words, menu, page, has_next, ShowFeeds)
    follow = words._("/feeds add ADDRESS follows another one.")
    if not items:
        none = plain(words._("No feeds are followed yet")).bold()
        return Outgoing(join("\n\n", [none, words._("/feeds add ADDRESS follows one.")]), keyboard(turns))
    lines = [_line(feed, words, now) for feed in items]
    return Outgoing(join("\n\n", [plain(words._("Feeds")).bold(), *lines, follow]), keyboard(turns))


def one(feed: Feed, words: Words, menu: Menu, *, now: datetime) -> Outgoing:
    """One feed, how it is, and what can be done."""
    return Outgoing(_line(feed, words, now), buttons(feed.id, words, menu, is_paused=feed.paused))


def no_such(words: Words) -> Outgoing:
    return Outgoing(plain(words._("This feed is no longer followed.")))


def offer(title: str, url: str, query_id: int, entries: int, words: Words, menu: Menu) -> Outgoing:
    """A link is a feed: follow it? `query_id`: under which the address is remembered."""
    count = words.n("It holds {count} article at present.", "It holds {count} articles at present.", entries)
    return Outgoing(
        join(
            "\n\n",
            [
                fill(words._("{feed} is a feed. Shall I follow it?"), feed=_name(title, url).bold()),
                plain(count)
                + " "
                + words._("These are kept to be read and found, but not announced; what appears later is."),
            ],
        ),
        keyboard(
            [
                menu.button(words._("Follow"), FollowFeed(query_id, follow=True)),
                menu.button(words._("Not now"), FollowFeed(query_id, follow=False)),
            ]
        ),
    )


def followed(feed: Feed, words: Words, *, already: bool = False) -> Outgoing:
    name = _name(feed.title, feed.url).bold()
    if already:
        return Outgoing(fill(words._("I follow {feed} already."), feed=name))
    return Outgoing(fill(words._("I follow {feed} now. /feeds shows how it is doing."), feed=name))


def not_followed(words: Words) -> Outgoing:
    return Outgoing(plain(words._("All right, I do not follow it.")))


def cannot_follow(words: Words, url: str, reason: str) -> Outgoing:
    """`reason`: FetchError.reason, or "feed" for a document that is no feed, "url" for what is no address."""
    where = fill(words._("I cannot follow {address}"), address=plain(" ".join(url.split())).trimmed(_URL_16))
    return Outgoing(join("\n", [where.bold(), fetching(reason, words)]))


def _line(feed: Feed, words: Words, now: datetime) -> Text:
    return join("\n", [join("", ["• ", _name(feed.title, feed.url).bold()]), _health(feed, words, now)])


def _health(feed: Feed, words: Words, now: datetime) -> Text:
    if feed.paused:
        return plain(words._("Paused"))
    if feed.failures:
        tries = words.n("Failed {count} time in a row.", "Failed {count} times in a row.", feed.failures)
        return plain(f"⚠️ {tries} ") + fetching(feed.last_error, words)
    if feed.polled_at is None:
        return plain(words._("Not read yet"))
    return plain(words._("Fine, read {ago}", ago=words.when(feed.polled_at, now)))


def _name(title: str, url: str) -> Text:
    return plain(" ".join(title.split()) or site(url) or url).trimmed(_TITLE_16)
