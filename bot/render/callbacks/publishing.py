"""Buttons of drafts, corrections and documents."""

from dataclasses import dataclass
from enum import StrEnum

from bot.render.callbacks.reading import ListRef


class DraftChoice(StrEnum):
    PUBLISH = "p"
    DISCARD = "d"


@dataclass(frozen=True, slots=True)
class DraftDecision:
    """Publish or discard the draft that the preview shows."""

    article_id: int
    choice: DraftChoice


class DraftPart(StrEnum):
    TITLE = "t"
    SUMMARY = "s"


@dataclass(frozen=True, slots=True)
class MendDraft:
    """Ask for another title or summary of the draft that the preview shows."""

    article_id: int
    part: DraftPart


@dataclass(frozen=True, slots=True)
class LeaveDraft:
    """Leave the draft as it is. A reply to the message with this button is what was asked for."""

    article_id: int
    part: DraftPart


@dataclass(frozen=True, slots=True)
class HowToEdit:
    """Say how to correct this article."""

    article_id: int


@dataclass(frozen=True, slots=True)
class DecideEdit:
    """Apply the draft to the article that it revises, or discard it."""

    article_id: int
    draft_id: int
    apply: bool


@dataclass(frozen=True, slots=True)
class WithdrawArticle:
    """First step asks (sure=False), second step withdraws (sure=True)."""

    article_id: int
    sure: bool = False


@dataclass(frozen=True, slots=True)
class PickArticle:
    """Recommend the article, or no longer; `list` is where Back leads."""

    article_id: int
    pick: bool
    list: ListRef


class FileChoice(StrEnum):
    IMPORT = "i"
    ASK = "q"  # whether to announce
    ANNOUNCE = "a"  # after it was asked
    CANCEL = "c"


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Do this with the document remembered under `query_id` (queries.remember); `articles`: how many were new in it."""

    query_id: int
    choice: FileChoice
    articles: int
