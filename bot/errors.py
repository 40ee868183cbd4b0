"""Every error of ours, in one tree. The text says what, where and how to mend it; the cause is chained.

And what an error of SQLite says about the store.
"""

from enum import StrEnum


class StoreFault(StrEnum):
    """What keeps the store from working."""

    FULL = "full"  # no space left
    LOCKED = "locked"  # another process is writing and does not end
    DAMAGED = "damaged"  # a page is not what was written
    UNUSABLE = "unusable"  # the disk fails, or has become read-only

    @classmethod
    def of(cls, error: BaseException) -> "StoreFault | None":
        """What an error of SQLite says about the store; None: nothing."""
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else _FAULTS.get(code & 0xFF)  # the rest of an extended code tells variants apart


_FAULTS = {  # https://www.sqlite.org/rescode.html
    13: StoreFault.FULL,
    5: StoreFault.LOCKED,
    6: StoreFault.LOCKED,
    11: StoreFault.DAMAGED,
    26: StoreFault.DAMAGED,
    8: StoreFault.UNUSABLE,
    10: StoreFault.UNUSABLE,
    14: StoreFault.UNUSABLE,
}


class PaperboyError(Exception):
    """What can be expected to go wrong; the command line prints its text on one line and exits with 1."""


class ConfigError(PaperboyError):
    """The configuration cannot be used. `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreError(PaperboyError):
    """The store cannot be used: foreign, corrupt, newer than this program, or out of reach."""


class StoreLocked(StoreError):
    """Another bot holds the store; the text says which process, where and since when."""


class SearchFailed(PaperboyError):
    """A search that could not be answered now: it took too long, or the index is only being made."""


class NotFound(PaperboyError):
    """What was asked for by its id is not (or no longer) there."""


class RefusedItem(PaperboyError):
    """One article, entry or line that cannot be taken; the others go on."""


class RefusedFile(PaperboyError):
    """A file that cannot be read as what it is said to be."""


class FetchError(PaperboyError):
    """An address outside could not be fetched. `reason` is a short word for tables: refused, timeout, http, large, …"""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class FeedError(PaperboyError):
    """A document is not a feed, or cannot be read as one."""


class PageError(FeedError):
    """An address shows no article. `reason`: "file" (a picture, a PDF, …) or "login"."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
