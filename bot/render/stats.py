"""/stats: the newsroom in numbers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from bot.model import ArticleState, ChatKind, Period
from bot.render.outgoing import Outgoing
from bot.render.text import Text, join, plain
from bot.render.words import Words


class OutboxFigures(Protocol):
    """Deliveries by state, as store.deliveries.Outbox counts them."""

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


class Figures(Protocol):
    """What /stats shows, as store.stats counts it (render does not see the store)."""

    @property
    def articles(self) -> Mapping[str, int]:
        """By state."""

    @property
    def feeds(self) -> Mapping[str, int]:
        """fine, failing, paused."""

    @property
    def chats(self) -> Mapping[str, int]:
        """Active ones, by kind."""

    @property
    def suspended_chats(self) -> int: ...
    @property
    def subscriptions(self) -> int: ...
    @property
    def reads(self) -> Mapping[str, int]:
        """By period."""

    @property
    def outbox(self) -> OutboxFigures: ...


def stats(figures: Figures, words: Words) -> Outgoing:
    sections = [
        _section(words._("Articles"), _articles(figures, words)),
        _section(words._("Feeds"), _feeds(figures, words)),
        _section(words._("Readers"), _readers(figures, words)),
        _section(words._("Deliveries"), _deliveries(figures.outbox, words)),
    ]
    return Outgoing(join("\n\n", [plain(words._("How things are")).bold(), *sections]))


def _section(heading: str, facts: list[str]) -> Text:
    return join("\n", [plain(heading).bold(), join(" · ", facts)])


def _articles(figures: Figures, words: Words) -> list[str]:
    published, drafts = (figures.articles.get(state, 0) for state in (ArticleState.PUBLISHED, ArticleState.DRAFT))
    facts = [words.n("{count} published", "{count} published", published)]
    return facts + ([words.n("{count} draft", "{count} drafts", drafts)] if drafts else [])


def _feeds(figures: Figures, words: Words) -> list[str]:
    fine, failing, paused = (figures.feeds.get(health, 0) for health in ("fine", "failing", "paused"))
    facts = [words.n("{count} fine", "{count} fine", fine)]
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
        words.n("{count} subscription", "{count} subscriptions", figures.subscriptions),
        words.n("{count} read today", "{count} reads today", figures.reads.get(Period.DAY, 0)),
        words.n("{count} read in 7 days", "{count} reads in 7 days", figures.reads.get(Period.WEEK, 0)),
    ]
    if figures.suspended_chats:
        facts.append("⚠️ " + words.n("{count} out of reach", "{count} out of reach", figures.suspended_chats))
    return facts


def _deliveries(outbox: OutboxFigures, words: Words) -> list[str]:
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
