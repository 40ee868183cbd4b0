"""paperboy.pot, from which translations begin, holds what the program says."""

from babel.messages.catalog import Catalog

from tests.render.catalogue import extracted, stored


def _messages(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def test_the_catalogue_is_up_to_date() -> None:
    assert _messages(stored()) == _messages(extracted()), "run: .venv/bin/python -m tests.render.catalogue"


def test_babel_finds_plain_texts_plurals_and_marked_tables() -> None:
    messages = _messages(extracted())
    assert "Latest articles" in messages
    assert ("{count} read", "{count} reads") in messages
    assert len(messages) > 100
