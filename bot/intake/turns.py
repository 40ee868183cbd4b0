"""Whose turn it is to be polled: in order, but few of one host at once, so that a slow host holds up no other. Pure."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable

from bot.intake.address import host_of


class Turns:
    """Feeds that wait, and those under way. Hosts take turns, and at most `per_host` feeds of one are under way."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[int, str] = {}  # of each feed that waits or is under way
        self._waiting: defaultdict[str, deque[int]] = defaultdict(deque)
        self._under_way: Counter[str] = Counter()
        self._ready: OrderedDict[str, None] = OrderedDict()  # hosts with a feed that waits, and room for it

    def offer(self, feeds: Iterable[tuple[int, str]]) -> None:
        """Feeds to be polled, by id and address; one that waits already, or is under way, is not taken twice."""
        for feed_id, url in feeds:
            if feed_id not in self._hosts:
                self._hosts[feed_id] = host = host_of(url)
                self._waiting[host].append(feed_id)
                self._make_ready(host)

    def take(self) -> int | None:
        """The next one, which is under way from now on; None: none may start."""
        if not self._ready:
            return None
        host, _ = self._ready.popitem(last=False)
        feed_id = self._waiting[host].popleft()
        self._under_way[host] += 1
        self._make_ready(host)
        return feed_id

    def end(self, feed_id: int) -> None:
        """It is under way no more; it may be offered again."""
        host = self._hosts.pop(feed_id)
        self._under_way[host] -= 1
        self._make_ready(host)
        if not self._under_way[host] and not self._waiting[host]:
            del self._under_way[host], self._waiting[host]

    def _make_ready(self, host: str) -> None:
        if self._waiting[host] and self._under_way[host] < self._per_host:
            self._ready[host] = None
