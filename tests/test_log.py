"""The log never holds a token."""

import io
import logging

from bot.log import RedactingFormatter

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz012345"


def test_a_token_in_a_message_an_argument_or_a_traceback_is_struck_out() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(message)s"))
    logger = logging.getLogger("tests.log")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        try:
            raise ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe")
        except ValueError:
            logger.exception("failed: url=%s", f"https://host/bot{TOKEN}/x")
    finally:
        logger.removeHandler(handler)
    assert TOKEN not in stream.getvalue()
    assert stream.getvalue().count("[token]") == 2
