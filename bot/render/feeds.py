"""/feeds: the list with its health, and the offer to follow one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.filters import site
from bot.model import Feed
from bot.render.callbacks import FindFeeds, FollowFeed, ShowFeed, ShowFeeds
from bot.render.feed import FIRST
from bot.render.health import health, name
from bot.render.keyboards import Menu, keyboard, page_buttons
from bot.render.outgoing import Outgoing
from bot.render.reasons import fetching
from bot.render.stats import FeedFigures
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

PAGE_SIZE = 5
NEWEST = 3  # titles that an offer shows
_TITLE_16 = 100
_URL_16 = 200


def feeds(
    items: Sequence[Feed],
    counts: FeedFigures,
    page: int,
    words: Words,
    menu: Menu,
    *,
    now: datetime,
    has_next: bool = False,
) -> Outgoing:
    """One page of feeds, each with the number that commands take; none: how to add one."""
    turns = page_buttons(words, menu, page, has_next, ShowFeeds)
    follow = words._("/feeds add ADDRESS follows another one.")
    if not counts.total:
        none = plain(words._("No feeds are followed yet")).bold()
        return Outgoing(join("\n\n", [none, words._("/feeds add ADDRESS follows one.")]), keyboard(turns))
    if not items:
        begin = menu.button(words._("‹ To the first page"), ShowFeeds())
        less = words._("This list has become shorter; there is nothing more on this page.")
        return Outgoing(plain(less), keyboard([begin]))
    heading = join("\n", [plain(words._("Feeds")).bold(), _counted(counts, words).italic()])
    lines = [join("\n", [_numbered(feed, words), health(feed, words, now)]) for feed in items]
    each = [menu.button(str(feed.id), ShowFeed(feed.id)) for feed in items]
    more = words._("A number opens a feed.")
    return Outgoing(join("\n\n", [heading, *lines, join(" ", [more, follow])]), keyboard(each, turns))


def _counted(counts: FeedFigures, words: Words) -> Text:
    failing = words.n("{count} fails", "{count} fail", counts.failing) if counts.failing else ""
    paused = words.n("{count} is paused", "{count} are paused", counts.paused) if counts.paused else ""
    return join(" · ", [words.n("{count} feed", "{count} feeds", counts.total), failing, paused])


def _numbered(feed: Feed, words: Words) -> Text:
    return join(" ", [f"{feed.id}.", name(feed.title, feed.url, words)])


@dataclass(frozen=True, slots=True)
class Offered:
    """A feed that may be followed. `query_id`: under which its address is remembered; `titles`: newest first."""

    title: str
    url: str
    query_id: int
    titles: Sequence[str]


def offer(feed: Offered, words: Words, menu: Menu) -> Outgoing:
    """Follow this feed? With what it holds, and how its first poll is to be."""
    question = fill(words._("{feed} is a feed. Shall I follow it?"), feed=_name(feed.title, feed.url).bold())
    kept = words._("These are kept to be read and found, but not announced; what appears later is.")
    parts: list[Text | str] = [question, join("\n", [_count(feed, words), _newest(feed.titles)]), kept]
    choices = [number for number in FIRST if 0 < number <= len(feed.titles)]
    if choices:
        parts.append(words._("Or begin with the newest: choose below how many are announced at once."))
    return Outgoing(
        join("\n\n", parts),
        keyboard(
            [
                menu.button(words._("Follow"), FollowFeed(feed.query_id, follow=True)),
                menu.button(words._("Not now"), FollowFeed(feed.query_id, follow=False)),
            ],
            [menu.button(words.number(number), FollowFeed(feed.query_id, True, number)) for number in choices],
        ),
    )


def offers(url: str, found: Sequence[Offered], words: Words, menu: Menu) -> Outgoing:
    """A page leads to several feeds: which one?"""
    heading = words.n("{page} leads to {count} feed:", "{page} leads to {count} feeds:", len(found))
    address = plain(" ".join(url.split())).trimmed(_URL_16)
    listed = [
        join("\n", [join(" · ", [_name(feed.title, feed.url).bold(), _count(feed, words)]), _newest(feed.titles)])
        for feed in found
    ]
    choose = words._("Choose one to see more of it and to follow it.")
    rows = [[menu.button(_name(feed.title, feed.url).text, FindFeeds(feed.query_id))] for feed in found]
    return Outgoing(join("\n\n", [fill(heading, page=address), *listed, choose]), keyboard(*rows))


def _count(feed: Offered, words: Words) -> str:
    return words.n("{count} article at present", "{count} articles at present", len(feed.titles))


def _newest(titles: Sequence[str]) -> Text:
    return bullets([plain(" ".join(title.split())).trimmed(_TITLE_16) for title in titles[:NEWEST]])


def followed(feed: Feed, words: Words, *, already: bool = False) -> Outgoing:
    followed = _name(feed.title, feed.url).bold()
    if already:
        return Outgoing(fill(words._("I follow {feed} already."), feed=followed))
    return Outgoing(fill(words._("I follow {feed} now. /feeds shows how it is doing."), feed=followed))


def not_followed(words: Words) -> Outgoing:
    return Outgoing(plain(words._("All right, I do not follow it.")))


def cannot_follow(words: Words, address: str, reason: str, *, note: str = "") -> Outgoing:
    """`reason`: FetchError.reason, or "feed" for a document that is no feed, "url" for what is no address.

    `address`: as it may be shown, without what is secret in it; `note` follows the reason.
    """
    where = fill(words._("I cannot follow {address}"), address=plain(" ".join(address.split())).trimmed(_URL_16))
    return Outgoing(join("\n", [where.bold(), fetching(reason, words), note]))


def _name(title: str, url: str) -> Text:
    return plain(" ".join(title.split()) or site(url) or url).trimmed(_TITLE_16)
