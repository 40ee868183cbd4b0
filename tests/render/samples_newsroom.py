"""What maintainers see: articles, feeds, files, the outbox."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.model import ChatState, Feed, Held
from bot.render import feed, feeds, files, greeting, publishing, revisions
from bot.render.article import article_page
from bot.render.callbacks import DraftChoice, DraftPart, ListRef
from bot.render.keyboards import Menu
from bot.render.outbox import outbox
from bot.render.outgoing import Outgoing
from bot.render.reasons import fetching
from bot.render.stats import stats
from bot.render.words import Words
from tests.render.samples import (
    ARTICLE,
    BOT,
    CHANNEL,
    FEED,
    FETCH_REASONS,
    MENU,
    NOW,
    QUIET,
    TROUBLES,
    FeedNumbers,
    Numbers,
    OutboxNumbers,
)


def screens(words: Words, menu: Menu = MENU) -> Iterator[tuple[str, Outgoing]]:
    """Each of them, in every state that reads differently."""
    yield from _articles(words, menu)
    yield from _feeds(words, menu)
    yield from _files(words, menu)
    yield "stats", stats(Numbers(), words)
    yield "quiet stats", stats(QUIET, words)
    lost = replace(CHANNEL, state=ChatState.SUSPENDED, reason="rights", since=NOW - timedelta(hours=2))
    held = [Held(lost, 2), Held(replace(lost, title="", since=None), 1)]
    yield "outbox", outbox(OutboxNumbers(), held, TROUBLES, words, menu, now=NOW, after=7, has_next=True)
    yield "quiet outbox", outbox(QUIET.outbox, [], [], words, menu, now=NOW)


def _articles(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    yield "how to add", publishing.how_to_add(words)
    yield "preview", publishing.preview(ARTICLE, words, menu, bot_username=BOT)
    yield "preview with feed", publishing.preview(ARTICLE, words, menu, bot_username=BOT, query_id=7)
    for part in DraftPart:
        yield f"ask for {part}", publishing.ask_for(ARTICLE, part, words, menu)
    yield "no draft", publishing.no_draft(words)
    for choice in DraftChoice:
        yield f"decided {choice}", publishing.decided(ARTICLE, choice, words, bot_username=BOT)
    yield "how to edit", revisions.how_to_edit(words)
    yield "how to edit one", revisions.how_to_edit(words, 42)
    yield "how to delete", revisions.how_to_delete(words)
    yield "correction", revisions.preview(ARTICLE, replace(ARTICLE, id=43), words, menu, bot_username=BOT)
    yield "not corrected", revisions.discarded(ARTICLE, words)
    for many in (0, 1, 5):
        yield f"corrected {many}", revisions.applied(ARTICLE, many, words, bot_username=BOT)
        yield f"ask {many}", revisions.ask_withdraw(ARTICLE, many, words, menu)
        yield f"withdrawn {many}", revisions.now_withdrawn(ARTICLE, many, words)
    yield "in its place", revisions.withdrawn(words)
    yield "no such article", revisions.no_such(words)
    yield "ours", article_page(ARTICLE, 0, words, menu, ListRef(), is_ours=True)
    yield "stored already", publishing.already_stored(ARTICLE, words, menu)
    for reason in FETCH_REASONS:
        yield f"cannot add {reason}", publishing.cannot_add(words, reason)
        yield f"fetching {reason}", greeting.say(fetching(f"{reason}: подробно", words))


def _feeds(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    failing = replace(FEED, failures=3, last_error="timeout")
    others = [FEED, failing, replace(FEED, paused=True), replace(FEED, polled_at=None, title="")]
    yield "feeds", feeds.feeds(others, FeedNumbers(), 1, words, menu, now=NOW, has_next=True)
    yield "fewer feeds", feeds.feeds([], FeedNumbers(), 9, words, menu, now=NOW)
    yield "no feeds", feeds.feeds([], FeedNumbers(0, 0, 0), 0, words, menu, now=NOW)
    yield from _feed(others, words, menu)
    offered = feeds.Offered("Лента", FEED.url, 7, ["Чай", "Сад", "Лес", "Дом", "Лук"])
    for count in (0, 1, 5):
        yield f"offer {count}", feeds.offer(replace(offered, titles=offered.titles[:count]), words, menu)
    yield "offers", feeds.offers("пример.рф/чай", [offered, replace(offered, title="", titles=[])], words, menu)
    for already in (True, False):
        yield f"followed {already}", feeds.followed(FEED, words, already=already)
    yield "not followed", feeds.not_followed(words)
    yield "cannot follow", feeds.cannot_follow(words, "пример.рф/чай", "feed")


def _feed(states: list[Feed], words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    hour = timedelta(hours=1)
    since = replace(FEED, failures=3, last_error="http: 404", failing_since=NOW - 3 * hour, next_check_at=NOW + hour)
    full = replace(FEED, tags=("сад", "чай"), full_text=True, every=hour, headers={"Секрет": "тайна"})
    states = [*states, since, replace(since, paused=True), full]
    states += [replace(FEED, polled_at=None, announce_first=count) for count in feed.FIRST]
    for i, state in enumerate(states):
        card = feed.Card(state, "пример.рф/лента?…", 1200, timedelta(minutes=15))
        yield f"feed {i}", feed.card(card, words, menu, now=NOW, note=feed.secret_kept(words, is_deleted=i % 2 == 0))
        yield f"ask tags {i}", feed.ask_tags(state, words, menu)
        yield f"ask headers {i}", feed.ask_headers(state, words, menu)
        yield f"ask interval {i}", feed.ask_every(state, timedelta(minutes=15), words, menu)
        yield f"ask remove {i}", feed.ask_remove(state, i, words, menu)
    yield "feed removed", feed.removed(FEED, words, menu)
    yield "no such feed", feed.no_such(words, menu)
    yield "bad header", feed.bad_header(FEED, words, menu)


@dataclass(frozen=True)
class FileCounts:
    """What intake.imports.Tally gives."""

    added: int = 12
    changed: int = 1
    unchanged: int = 1
    feeds: int = 0
    refused: int = 7
    reasons: tuple[str, ...] = ("чай: не то",) * 7


NOTHING_NEW = FileCounts(added=0, changed=0, unchanged=3, refused=0, reasons=())
LIST_OF_FEEDS = FileCounts(added=2, changed=0, unchanged=0, feeds=2, refused=1, reasons=("я" * 5000,))


def _files(words: Words, menu: Menu) -> Iterator[tuple[str, Outgoing]]:
    name = "чай в саду.зип" * 20
    for number, counts in enumerate((FileCounts(), NOTHING_NEW, LIST_OF_FEEDS)):
        yield f"document {number}", files.summary(name, counts, 7, words, menu)
        for announced in (True, False):
            yield f"imported {number} {announced}", files.imported(name, counts, words, announced=announced)
    yield "announce document", files.asks_to_announce(name, 7, 12, 1, words, menu)
    for done in (0, 1000):
        yield f"importing {done}", files.under_way(name, done, words)
    yield "report of refusals", Outgoing(files.report_caption(FileCounts(), words))
    yield "document cancelled", files.cancelled(name, words)
    yield "document unreadable", files.unreadable(name, "не то " * 1000, words)
    yield "document too large", files.too_large(name, 20 * 2**20, "импорт чай", words)
    yield "document unavailable", files.unavailable(name, words)
    yield "document forgotten", files.forgotten(words)
