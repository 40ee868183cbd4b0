"""What has happened since the program started, counted by event: for the log, and for whoever exposes it."""

from collections import Counter
from collections.abc import Mapping


class Metrics:
    """Counts events by name, such as `post_sent` or `flood_waits`. For the event loop's thread alone."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._told: Counter[str] = Counter()

    def count(self, event: str) -> None:
        """It has happened once more."""
        self._counts[event] += 1

    def counts(self) -> Mapping[str, int]:
        """How often each event has happened since the start."""
        return dict(self._counts)

    def news(self) -> dict[str, int]:
        """How often each has happened since this was last asked; those that have not are left out."""
        news = self._counts - self._told
        self._told = self._counts.copy()
        return dict(sorted(news.items()))
