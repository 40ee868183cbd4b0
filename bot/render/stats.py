"""/stats: the newsroom in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.render.outgoing import Outgoing
from bot.render.text import Text, fill, join, plain
from bot.render.words import Words


@dataclass(frozen=True, slots=True)
class Figures:
    """What /stats shows. `articles` by state, `chats` by kind, `outbox` by delivery state (interface.md, stats)."""

    articles: Mapping[str, int]
    feeds: int
    failing_feeds: int
    paused_feeds: int
    chats: Mapping[str, int]
    suspended_chats: int
    subscriptions: int
    reads_today: int
    reads_week: int
    outbox: Mapping[str, int]
    oldest_pending: timedelta | None = None


def stats(figures: Figures, words: Words) -> Outgoing:
    raise NotImplementedError
