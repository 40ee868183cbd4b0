"""Which articles a subscription gets. Pure; a filter is weighed once for an article, however many chats have it."""

import json
from dataclasses import asdict

from bot.fold import fold
from bot.model import Article, Filter


def passes(wanted: Filter, article: Article) -> bool:
    """Whether the article is one that the filter asks for."""
    return not wanted.tags or not {fold(tag) for tag in wanted.tags}.isdisjoint(map(fold, article.tags))


def to_json(wanted: Filter) -> str:
    """The filter as it is stored: what it is made of, as people wrote it."""
    return _json({name: values for name, values in asdict(wanted).items() if values})


def from_json(text: str) -> Filter:
    """The filter of what to_json gave, or of a key."""
    return Filter(**{name: tuple(values) for name, values in json.loads(text).items()})


def key_of(wanted: Filter) -> str:
    """By which equal filters are told: those that let the same articles pass whatever is published."""
    return _json({name: sorted(set(map(fold, values))) for name, values in asdict(wanted).items() if values})


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))
