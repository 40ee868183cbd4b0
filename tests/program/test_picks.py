"""Editors recommend articles where they read them; a digest of the editors' pick holds those."""

from bot.model import Role
from bot.store import picks
from tests.program.harness import Program


async def test_an_editor_recommends_an_article_while_reading_it_and_takes_it_back(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen, Role.EDITOR)
    published = await program.publish("First")
    await program.start(owen)
    opened = await program.start(owen, f"a{published.article_id}")
    await program.tap(owen, opened, "Recommend")
    assert "✓ Recommended" in program.labels(opened)
    assert await picks.holds(program.app.db, published.article_id)
    await program.tap(owen, opened, "✓ Recommended")
    assert not await picks.holds(program.app.db, published.article_id)


async def test_readers_recommend_nothing(program: Program) -> None:
    published = await program.publish("First")
    await program.start(program.scene.rosa)
    opened = await program.start(program.scene.rosa, f"a{published.article_id}")
    assert not [label for label in program.labels(opened) if "Recommend" in label]


async def test_who_is_no_editor_any_more_recommends_nothing(program: Program) -> None:
    owen = program.scene.owen
    await program.make_maintainer(owen, Role.EDITOR)
    published = await program.publish("First")
    await program.start(owen)
    opened = await program.start(owen, f"a{published.article_id}")
    await program.make_maintainer(owen, Role.CONTRIBUTOR)
    answer = await program.tap(owen, opened, "Recommend")
    assert answer.text
    assert not await picks.holds(program.app.db, published.article_id)
