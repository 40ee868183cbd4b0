"""Buttons of lists and articles."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model import Period


class ListKind(StrEnum):
    LATEST = "l"
    TAG = "g"  # /latest TAG; query_id names the tag (queries.remember)
    TOP = "t"  # query_id names the tag, 0: of all
    SEARCH = "s"  # query_id names the words (queries.remember)


@dataclass(frozen=True, slots=True)
class ListRef:
    """A page of a list, as buttons carry it. `query_id`: of TAG, SEARCH and a TOP of one tag; `period`: of TOP."""

    kind: ListKind = ListKind.LATEST
    page: int = 0
    query_id: int = 0
    period: Period = Period.WEEK


@dataclass(frozen=True, slots=True)
class ShowList:
    """Show this page of this list, in place."""

    list: ListRef


@dataclass(frozen=True, slots=True)
class OpenArticle:
    """Open an article's page; `list` is where Back leads."""

    list: ListRef
    article_id: int
    article_page: int = 0
