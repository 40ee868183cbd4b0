"""/stats: the newsroom in numbers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from bot.model import ArticleState, ChatKind
from bot.render.outgoing import Outgoing
from bot.render.revisions import effects
from bot.render.text import Text, join, plain
from bot.render.words import Words


class OutboxFigures(Protocol):
    """Deliveries by state, as store.outbox.Outbox counts them."""

    @property
    def pending(self) -> int: ...
    @property
    def sending(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def uncertain(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def suspended(self) -> int: ...
    @property
    def oldest_seconds(self) -> int: ...


class FeedFigures(Protocol):
    """How many feeds there are, and how they fare."""

    @property
    def total(self) -> int: ...
    @property
    def paused(self) -> int: ...
    @property
    def failing(self) -> int: ...


class Figures(Protocol):
    """What /stats shows, as store.stats counts it (render does not see the store)."""

    @property
    def articles(self) -> Mapping[str, int]:
        """By state."""

    @property
    def feeds(self) -> FeedFigures: ...
    @property
    def chats(self) -> Mapping[str, int]:
        """By kind."""

    @property
    def suspended_chats(self) -> int: ...
    @property
    def subscriptions(self) -> Mapping[str, int]:
        """By mode."""

    @property
    def reads(self) -> int: ...
    @property
    def reads_last_day(self) -> int: ...
    @property
    def outbox(self) -> OutboxFigures: ...
    @property
    def changes(self) -> Mapping[str, int]:
        """Of copies, by effect."""


def stats(figures: Figures, words: Words) -> Outgoing:
    sections = [
        _section(words._("Articles"), _articles(figures, words)),
        _section(words._("Feeds"), _feeds(figures, words)),
        _section(words._("Readers"), _readers(figures, words)),
        _section(words._("Deliveries"), deliveries(figures.outbox, words)),
    ]
    if figures.changes:
        sections.append(_section(words._("Corrections and withdrawals"), effects(figures.changes, words)))
    return Outgoing(join("\n\n", [plain(words._("How things are")).bold(), *sections]))


def _section(heading: str, facts: list[str]) -> Text:
    return join("\n", [plain(heading).bold(), join(" · ", facts)])


def _articles(figures: Figures, words: Words) -> list[str]:
    published, drafts = (figures.articles.get(state, 0) for state in (ArticleState.PUBLISHED, ArticleState.DRAFT))
    facts = [words.n("{count} published", "{count} published", published)]
    return facts + ([words.n("{count} draft", "{count} drafts", drafts)] if drafts else [])


def _feeds(figures: Figures, words: Words) -> list[str]:
    total, failing, paused = figures.feeds.total, figures.feeds.failing, figures.feeds.paused
    facts = [words.n("{count} followed", "{count} followed", total)]
    if failing:
        facts.append("⚠️ " + words.n("{count} failing", "{count} failing", failing))
    return facts + ([words.n("{count} paused", "{count} paused", paused)] if paused else [])


def _readers(figures: Figures, words: Words) -> list[str]:
    people, channels = (figures.chats.get(kind, 0) for kind in (ChatKind.PRIVATE, ChatKind.CHANNEL))
    groups = figures.chats.get(ChatKind.GROUP, 0) + figures.chats.get(ChatKind.SUPERGROUP, 0)
    facts = [
        words.n("{count} person", "{count} people", people),
        words.n("{count} group", "{count} groups", groups),
        words.n("{count} channel", "{count} channels", channels),
        words.n("{count} subscription", "{count} subscriptions", sum(figures.subscriptions.values())),
        words.n("{count} read in 24 hours", "{count} reads in 24 hours", figures.reads_last_day),
        words.n("{count} read in all", "{count} reads in all", figures.reads),
    ]
    if figures.suspended_chats:
        facts.append("⚠️ " + words.n("{count} out of reach", "{count} out of reach", figures.suspended_chats))
    return facts


def deliveries(outbox: OutboxFigures, words: Words) -> list[str]:
    """The counts of the outbox, each a few words."""
    waiting = outbox.pending + outbox.sending
    facts = [words.n("{count} sent", "{count} sent", outbox.sent)]
    facts.append(words.n("{count} waiting", "{count} waiting", waiting) if waiting else words._("nothing waits"))
    if outbox.oldest_seconds:
        facts.append(words._("the oldest for {age}", age=words.ago(timedelta(seconds=outbox.oldest_seconds))))
    if outbox.suspended:
        facts.append(words.n("{count} kept for later", "{count} kept for later", outbox.suspended))
    if outbox.uncertain:
        facts.append("⚠️ " + words.n("{count} uncertain", "{count} uncertain", outbox.uncertain))
    if outbox.refused:
        facts.append("⚠️ " + words.n("{count} refused", "{count} refused", outbox.refused))
    return facts
