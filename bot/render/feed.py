"""One feed: how it is and how it is followed, what can be changed, and the questions that lead there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.model import Feed
from bot.render.callbacks import (
    CheckFeed,
    ClearFeed,
    FeedPart,
    PauseFeed,
    RemoveFeed,
    SetAnnounceFirst,
    SetFeedEvery,
    SetFullText,
    ShowFeed,
    ShowFeeds,
)
from bot.render.health import health, name
from bot.render.keyboards import Button, Menu, Row, keyboard
from bot.render.outgoing import Outgoing
from bot.render.text import Text, bullets, fill, join, plain
from bot.render.words import Words

EVERY: Final = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
FIRST: Final = (0, 1, 3, 5)  # how many of the newest a first poll may announce
_ADDRESS_16 = 200
_TAG_16 = 64
_HEADER_16 = 100


@dataclass(frozen=True, slots=True)
class Card:
    """A feed with what its screen tells beside its own row. `address`: as it may be shown."""

    feed: Feed
    address: str
    articles: int
    default_every: timedelta


def card(shown: Card, words: Words, menu: Menu, *, now: datetime, note: str = "") -> Outgoing:
    """The feed's screen; `note` says before it what was just done."""
    feed = shown.feed
    heading = join("\n", [name(feed.title, feed.url, words), plain(shown.address).trimmed(_ADDRESS_16)])
    parts = [plain(note), heading, health(feed, words, now), bullets(filter(None, _facts(shown, words)))]
    return Outgoing(join("\n\n", parts), keyboard(*_buttons(feed, words, menu)))


def ask_tags(feed: Feed, words: Words, menu: Menu) -> Outgoing:
    """A reply to it gives the feed other tags."""
    question = fill(words._("Which tags should all articles of {feed} have?"), feed=name(feed.title, feed.url, words))
    parts: list[Text | str] = [question]
    if feed.tags:
        parts.append(fill(words._("Tags: {tags}"), tags=_listed(feed.tags, _TAG_16)))
    parts.append(words._("Reply to this message with them, separated by commas: economy, green tea"))
    clear = menu.button(words._("No tags"), ClearFeed(feed.id, FeedPart.TAGS))  # by it a reply is known for what it is
    return Outgoing(join("\n\n", parts), keyboard([clear, _back(feed, words, menu)]))


def ask_headers(feed: Feed, words: Words, menu: Menu) -> Outgoing:
    """A reply to it gives the feed headers."""
    question = fill(words._("What does {feed} ask for?"), feed=name(feed.title, feed.url, words))
    parts: list[Text | str] = [question]
    if feed.headers:
        parts.append(fill(words._("Secret headers: {names}"), names=_listed(tuple(feed.headers), _HEADER_16)))
    parts.append(words._("Reply to this message with a header, or with several, a line each: Name: value"))
    parts.append(
        words._(
            "I delete your message at once, and never show a value again. It is sent to the feed’s own site alone. "
            "A name without a value removes that header."
        )
    )
    clear = menu.button(words._("No headers"), ClearFeed(feed.id, FeedPart.HEADERS))
    return Outgoing(join("\n\n", parts), keyboard([clear, _back(feed, words, menu)]))


def ask_every(feed: Feed, default: timedelta, words: Words, menu: Menu) -> Outgoing:
    question = fill(words._("How often should {feed} be read?"), feed=name(feed.title, feed.url, words))
    seldom = words._("It is read less often when its site asks for that, or while it fails.")
    labels = [(round(every / timedelta(minutes=1)), words.ago(every), every == feed.every) for every in EVERY]
    labels.append((0, words._("As configured: {time}", time=words.ago(default)), feed.every is None))
    buttons = [_choice(label, is_now, SetFeedEvery(feed.id, minutes), menu) for minutes, label, is_now in labels]
    return Outgoing(
        join("\n\n", [question, seldom]),
        keyboard(buttons[:2], buttons[2:4], buttons[4:], [_back(feed, words, menu)]),
    )


def ask_remove(feed: Feed, articles: int, words: Words, menu: Menu) -> Outgoing:
    """Asks once more before a feed is followed no longer."""
    question = fill(words._("Stop following {feed}?"), feed=name(feed.title, feed.url, words))
    stays = words.n(
        "The {count} article that came from it stays, and so does what was posted.",
        "The {count} articles that came from it stay, and so does what was posted.",
        articles,
    )
    yes = menu.button(words._("Yes, remove it"), RemoveFeed(feed.id))
    no = menu.button(words._("No, keep it"), ShowFeed(feed.id))
    return Outgoing(join("\n\n", [question, stays if articles else ""]), keyboard([yes], [no]))


def removed(feed: Feed, words: Words, menu: Menu) -> Outgoing:
    said = fill(words._("{feed} is no longer followed. Its articles stay."), feed=name(feed.title, feed.url, words))
    return Outgoing(said, keyboard([menu.button(words._("All feeds"), ShowFeeds())]))


def no_such(words: Words, menu: Menu) -> Outgoing:
    gone = words._("This feed is no longer followed.")
    return Outgoing(plain(gone), keyboard([menu.button(words._("All feeds"), ShowFeeds())]))


def bad_header(feed: Feed, words: Words, menu: Menu, *, note: str = "") -> Outgoing:
    """What was replied is no header; it is not repeated, for it may be secret."""
    said = words._("I could not use that: a header is one line of the form Name: value, in plain Latin letters.")
    more = words._("Those that every request has, such as Host, are not a feed’s to set.")
    again = menu.button(words._("Try again"), ShowFeed(feed.id, FeedPart.HEADERS))
    return Outgoing(
        join("\n\n", [note, join(" ", [said, more])]),
        keyboard([again, _back(feed, words, menu)]),
    )


def secret_kept(words: Words, *, is_deleted: bool) -> str:
    """What became of a maintainer's message that held a secret."""
    if is_deleted:
        return words._("I have deleted your message, since it held something secret.")
    return words._("Your message holds something secret, and I could not delete it: please do.")


def _facts(shown: Card, words: Words) -> list[Text | str]:
    feed = shown.feed
    every = words.ago(feed.every or shown.default_every)
    return [
        words._("Articles: {count}", count=words.number(shown.articles)),
        fill(words._("Tags: {tags}"), tags=_listed(feed.tags, _TAG_16) if feed.tags else words._("none")),
        words._("Read every: {time}", time=every)
        if feed.every
        else words._("Read every: {time}, as configured", time=every),
        words._("Text: that of the pages it links to") if feed.full_text else words._("Text: as the feed has it"),
        _first(feed, words) if feed.polled_at is None else "",
        fill(words._("Secret headers: {names}"), names=_listed(tuple(feed.headers), _HEADER_16))
        if feed.headers
        else "",
    ]


def _first(feed: Feed, words: Words) -> str:
    if not feed.announce_first:
        return words._("First reading: announces nothing")
    return words.n(
        "First reading: announces the newest article",
        "First reading: announces the {count} newest articles",
        feed.announce_first,
    )


def _buttons(feed: Feed, words: Words, menu: Menu) -> list[Row]:
    turn = words._("Resume") if feed.paused else words._("Pause")
    text = words._("Text of the feed") if feed.full_text else words._("Full text")
    first: list[Button | None] = [
        _choice(
            words.n("Newest {count}", "Newest {count}", count) if count else words._("Announce none"),
            count == feed.announce_first,
            SetAnnounceFirst(feed.id, count),
            menu,
        )
        for count in FIRST
    ]
    return [
        [menu.button(words._("Check now"), CheckFeed(feed.id)), menu.button(turn, PauseFeed(feed.id, not feed.paused))],
        [
            menu.button(words._("Tags"), ShowFeed(feed.id, FeedPart.TAGS)),
            menu.button(words._("Interval"), ShowFeed(feed.id, FeedPart.EVERY)),
        ],
        [
            menu.button(text, SetFullText(feed.id, not feed.full_text)),
            menu.button(words._("Headers"), ShowFeed(feed.id, FeedPart.HEADERS)),
        ],
        first if feed.polled_at is None else [],
        [
            menu.button(words._("Remove"), ShowFeed(feed.id, FeedPart.REMOVE)),
            menu.button(words._("All feeds"), ShowFeeds()),
        ],
    ]


def _choice(label: str, is_now: bool, callback: SetFeedEvery | SetAnnounceFirst, menu: Menu) -> Button:
    return menu.button(f"✓ {label}" if is_now else label, callback)


def _back(feed: Feed, words: Words, menu: Menu) -> Button:
    return menu.button(words._("‹ Back to the feed"), ShowFeed(feed.id))


def _listed(texts: Sequence[str], limit16: int) -> Text:
    shown = join(", ", [plain(" ".join(text.split())).trimmed(limit16) for text in texts])
    return shown.trimmed(600)
