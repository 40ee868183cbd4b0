"""What is like an article stands under it, as readers see it in the chat."""

import pytest

from bot.sandbox.nouns import Message
from bot.store import related
from bot.store import search as engine
from bot.store.index import IndexLost
from tests.program.harness import Program


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than a reader is to wait."""
    monkeypatch.setattr(engine, "RELATED_SECONDS", 30.0)


async def listed(program: Program) -> Message:
    """The latest articles, which search knows."""
    await program.publish("Mending nets", body="<p>Twine, needle and a knot for every mesh.</p>", tags=("harbour",))
    await program.publish("Bread", body="<p>Sourdough takes a day.</p>")
    await program.publish("Why tides turn", body="<p>The moon pulls the ocean.</p>", tags=("Harbour",))
    await program.publish("Moonlight", body="<p>Over the ocean the moon is red.</p>")
    await program.app.search.catch_up()
    return await program.ask(program.scene.rosa, "/search tides")


async def test_articles_like_it_open_by_their_numbers_and_lead_back_to_the_list(program: Program) -> None:
    rosa, message = program.scene.rosa, await listed(program)
    results = message.text
    await program.tap(rosa, message, "1")
    assert "The moon pulls the ocean." in (message.text or "")
    _, _, like = (message.text or "").partition("More like this\n")
    assert sorted(line.split(". ")[1] for line in like.splitlines()) == ["Mending nets", "Moonlight"]
    await program.tap(rosa, message, "1" if like.startswith("1. Mending") else "2")
    assert "Twine, needle" in (message.text or "")
    assert "1. Why tides turn" in (message.text or "")
    await program.tap(rosa, message, "Back")
    assert message.text == results
    assert len(await program.app.db.read("SELECT 1 FROM read")) == 2


async def test_they_stand_under_an_article_that_a_link_opens_and_never_one_withdrawn(program: Program) -> None:
    await listed(program)
    rosa, owen = program.scene.rosa, program.scene.owen
    await program.make_maintainer(owen)
    ids = {row["title"]: row["id"] for row in await program.app.db.read("SELECT id, title FROM article")}
    opened = await program.start(owen, f"a{ids['Moonlight']}")
    await program.tap(owen, opened, "Delete")
    await program.tap(owen, opened, "Yes, withdraw it")
    message = await program.start(rosa, f"a{ids['Why tides turn']}")
    assert "More like this\n1. Mending nets" in (message.text or "")
    assert "Moonlight" not in (message.text or "")
    await program.tap(rosa, message, "Back")
    assert "Latest articles" in (message.text or "")


async def test_without_an_index_or_with_one_that_fails_an_article_comes_alone(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa, message = program.scene.rosa, await listed(program)

    def broken(*_: object) -> object:
        raise IndexLost("a file is cut off")

    monkeypatch.setattr(related, "candidates", broken)
    await program.tap(rosa, message, "1")
    assert "The moon pulls the ocean." in (message.text or "")
    assert "More like this" not in (message.text or "")
    assert program.labels(message) == ["Original", "Share", "Follow #Harbour", "‹ Back to the results"]
