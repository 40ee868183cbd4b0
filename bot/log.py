"""Logging: one line an event, on standard error, with every bot token struck out."""

import logging
import re
import sys
import warnings

_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{30,}")


def redact(text: str) -> str:
    """The text with anything that looks like a bot token struck out."""
    return _TOKEN.sub("[token]", text)


class RedactingFormatter(logging.Formatter):
    """Formats the whole record first, tracebacks too, and strikes tokens out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def set_up(level: str = "INFO") -> None:
    """Send every logger's lines to standard error. httpx and httpcore would log URLs, and with them tokens, at INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "apscheduler", "aiosqlite", "uvicorn", "telegram.ext.Application"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: object = None,
) -> None:
    del file, line
    logging.getLogger("bot").warning("%s: %s (%s:%d)", category.__name__, message, filename, lineno)
