"""A long text in pages that Telegram takes."""

from collections import deque
from collections.abc import Sequence

import regex
from telegram import MessageEntity

from bot.render.spans import Span, nested
from bot.render.text import Text, graphemes, len16

PAGE_16 = 3200  # leaves room for a title, a byline and the page's number within Telegram's 4096
ENTITIES = 90  # leaves room for theirs within the 100 that are honoured

_KEPT_WHOLE = frozenset({str(MessageEntity.TEXT_LINK), str(MessageEntity.PRE), str(MessageEntity.CODE)})
# Where to cut, best first, and how much of the page must be full by then.
_CUTS = (
    (regex.compile(r"\n\n+"), 0.5),
    (regex.compile(r"\n"), 0.6),
    (regex.compile(r"[.!?…。！？؟۔।][\p{Pe}\p{Pf}\"']*\s+|[。！？]"), 0.6),
    (regex.compile(r"\s+"), 0.5),
)


def pages(text: Text, limit16: int = PAGE_16) -> list[Text]:
    """At least one page, each at most `limit16` units and ENTITIES entities; put together they are the text again.

    Cut at paragraphs, else lines, sentences, words, characters as a reader sees them; not inside a link or code that
    fits a page.
    """
    upcoming = deque(nested(text.spans, len(text.text), limit=None))
    near: list[Span] = []  # what touches the page, or begins where it might still reach
    done: list[Text] = []
    start = 0
    while True:
        near = [span for span in near if span.end > start]
        while upcoming and upcoming[0].start <= start + limit16:
            near.append(upcoming.popleft())
        end = _page_end(text.text, start, limit16, near)
        done.append(Text(text.text, tuple(near)).cut(start, end))
        if end >= len(text.text):
            return done
        start = end


def _page_end(text: str, start: int, limit16: int, spans: Sequence[Span]) -> int:
    """Where the page that begins at `start` ends."""
    bounds = _boundaries(text, start, limit16)
    crowded = spans[ENTITIES].start if len(spans) > ENTITIES else len(text)
    if crowded > start:
        bounds = [bound for bound in bounds if bound <= crowded] or bounds[:1]
    last = bounds[-1]
    if last == len(text):
        return last
    allowed = set(bounds)
    for pattern, full in _CUTS:
        least = start + (last - start) * full
        for found in reversed(list(pattern.finditer(text, start, last + 1))):
            cut = min(found.end(), last)
            if cut >= least and cut in allowed:
                return _outside(cut, start, spans, allowed, limit16)
    return _outside(last, start, spans, allowed, limit16)


def _outside(cut: int, start: int, spans: Sequence[Span], allowed: set[int], limit16: int) -> int:
    """The cut, or the start of the link or code around it that fits a page."""
    for span in spans:
        if span.start < cut < span.end and span.type in _KEPT_WHOLE and span.end - span.start <= limit16:
            return span.start if span.start > start and span.start in allowed else cut
    return cut


def _boundaries(text: str, start: int, limit16: int) -> list[int]:
    """The ends of characters within the limit, never empty: a character longer than a page is cut."""
    stop = min(start + limit16 + 1, len(text))  # one more, so that the last one within the limit is whole
    has_pairs = max(text[start:stop], default="") > "\uffff"
    bounds: list[int] = []
    units, done = 0, start
    for end in graphemes(text, start, stop):
        units += len16(text[done:end]) if has_pairs else end - done
        if units > limit16:
            break
        bounds.append(end)
        done = end
    return bounds or ([start + max(limit16 // 2, 1)] if start < len(text) else [start])
