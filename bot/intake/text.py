"""A maintainer's message becomes an article: the first line is the title, Telegram's formatting becomes HTML. Pure."""

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

from bot.errors import RefusedItem
from bot.intake.html import is_web, one_line
from bot.model import Submission

Entity = tuple[str, int, int, str | None]  # type, offset and length in UTF-16 units, URL of a text_link

_TAGS: Final = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def from_text(text: str, entities: Sequence[Entity] = ()) -> Submission:
    """The article: its title, and a body of paragraphs parted by empty lines.

    A message of one line needs a link, which it then is about. Raises RefusedItem for what holds no text.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    text = units.decode("utf-16-le", "replace")
    start = len(text) - len(text.lstrip())
    title, _newline, _rest = text[start:].partition("\n")
    if not one_line(title):
        raise RefusedItem("the message holds no text; its first line becomes the title, the rest the article")
    marks = _marks(units, entities)
    body = _html(text, start + len(title), marks)
    link = next((url for _from, _to, kind, url in marks if kind in ("url", "text_link") and is_web(url)), None)
    if not body and link is None:
        raise RefusedItem("the message is a title alone; write the article from its second line on, or add a link")
    # A link in the text below is one of many; on its own, or in the title, it is what the article is about.
    about = (
        link if not body or any(url == link and begin < start + len(title) for begin, _e, _k, url in marks) else None
    )
    return Submission(title=_without(title, about), url=about, body=body)


def _without(title: str, url: str | None) -> str:
    """The title without the address written in it, unless it is nothing else."""
    return one_line(title.replace(url, " ")) or one_line(title) if url else one_line(title)


_Mark = tuple[int, int, str, str]  # from, to (code points), type, URL or ""


def _marks(units: bytes, entities: Sequence[Entity]) -> list[_Mark]:
    """The entities in code points; those that lie outside the text, or are of no use, are left out."""
    marks: list[_Mark] = []
    for kind, offset, length, url in entities:
        if offset < 0 or length <= 0 or 2 * (offset + length) > len(units):
            continue
        begin = len(units[: 2 * offset].decode("utf-16-le", "replace"))
        inside = units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
        if kind == "url":
            url = inside if "://" in inside else f"https://{inside}"
        elif kind == "email":
            url = f"mailto:{inside}"
        if kind in _TAGS or (kind in ("url", "email", "text_link") and url):
            marks.append((begin, begin + len(inside), kind, url or ""))
    return sorted(marks, key=lambda mark: (mark[0], -mark[1]))


def _html(text: str, start: int, marks: list[_Mark]) -> str:
    """The text from `start` as HTML. Overlapping entities are closed and opened again where they cross."""
    body = text[start:].strip()
    if not body:
        return ""
    start = text.index(body, start)
    end = start + len(body)
    cuts = sorted({start, end, *(point for mark in marks for point in mark[:2] if start < point < end)})
    pieces: list[str] = []
    open_marks: list[_Mark] = []
    for begin, until in pairwise(cuts):
        wanted = [mark for mark in marks if mark[0] <= begin and mark[1] >= until]
        shared = _common(open_marks, wanted)
        pieces.extend(f"</{_tag(mark)}>" for mark in reversed(open_marks[shared:]))
        pieces.extend(_opening(mark) for mark in wanted[shared:])
        open_marks = wanted
        is_verbatim = any(mark[2] == "pre" for mark in wanted)
        pieces.append(_lines(text[begin:until], is_verbatim=is_verbatim))
    pieces.extend(f"</{_tag(mark)}>" for mark in reversed(open_marks))
    return f"<p>{''.join(pieces)}</p>"


def _lines(text: str, *, is_verbatim: bool) -> str:
    escaped = escape(text, quote=False)
    return escaped if is_verbatim else re.sub(r"\n(\s*\n)?", lambda gap: "</p><p>" if gap[1] else "<br>", escaped)


def _common(one: list[_Mark], other: list[_Mark]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _tag(mark: _Mark) -> str:
    return _TAGS.get(mark[2], "a")


def _opening(mark: _Mark) -> str:
    return f'<a href="{escape(mark[3])}">' if _tag(mark) == "a" else f"<{_tag(mark)}>"
