"""An admin's own template for posts: a text in which a few placeholders stand for what an article says, and no code."""

import difflib
import re
from collections.abc import Mapping

from bot.render.text import Text, join, plain

LIMIT_16 = 1000
PLACEHOLDERS = ("title", "summary", "text", "author", "source", "date", "tags", "url", "signature")  # docs/guide.md

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def placeholders(template: str) -> list[str]:
    """The names in braces, in the order in which they stand there, the unknown ones too."""
    return _PLACEHOLDER.findall(template)


def unknown(template: str) -> str | None:
    """The first name in braces that is no placeholder; None: all are."""
    return next((name for name in placeholders(template) if name not in PLACEHOLDERS), None)


def nearest(name: str) -> str | None:
    """The placeholder that was probably meant; None: none is like it."""
    return next(iter(difflib.get_close_matches(name.strip().casefold(), PLACEHOLDERS, n=1, cutoff=0.5)), None)


def filled(template: str, values: Mapping[str, Text]) -> Text:
    """The template with its placeholders filled; what has no value is left as it is written.

    A line vanishes when it has placeholders and all of them are empty, and of several blank lines one is left. What the
    values say is never read as a template.
    """
    lines: list[Text] = []
    for line in plain(template.strip()).text.split("\n"):
        known = [name for name in placeholders(line) if name in values]
        if known and not any(values[name] for name in known):
            continue
        text = _filled(line, values)
        if text.text.strip() or (lines and lines[-1]):
            lines.append(text if text.text.strip() else Text())
    return _lines(lines).strip()


def _filled(line: str, values: Mapping[str, Text]) -> Text:
    parts: list[Text | str] = []
    done = 0
    for found in _PLACEHOLDER.finditer(line):
        parts += [line[done : found.start()], values.get(found[1], plain(found[0]))]
        done = found.end()
    return join("", [*parts, line[done:]])


def _lines(lines: list[Text]) -> Text:
    """One below the other; `join` would leave out the blank ones."""
    return join("", [part for line in lines for part in (line, "\n")])
