"""A forum's topics are destinations of their own: every screen tells them apart by name."""

import pytest

from bot.sandbox.nouns import Message
from bot.store import subscriptions, topics
from tests.program.harness import Program


async def forum(program: Program, *titles: str) -> None:
    """The bot is in the forum; both its topics and General get what is new, then these."""
    chiara, place = program.scene.chiara, program.scene.forum
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, place.id, program.scene.bot)
    await program.idle()
    for topic in (*program.scene.topics, None):
        await program.tap(chiara, await program.ask(chiara, "/subscribe", place, topic=topic), "Instant")
    for title in titles:
        await program.publish(title)
    await program.run_jobs()


async def hub(program: Program) -> Message:
    """The forum's settings, in private."""
    listed = await program.ask(program.scene.chiara, "/channels")
    assert "3 subscriptions" in (listed.text or "")
    await program.tap(program.scene.chiara, listed, "Settings")
    return listed


async def test_the_settings_of_a_forum_in_private_name_the_topic_of_each_subscription(program: Program) -> None:
    await forum(program)
    screen = await hub(program)
    lines = [line for line in (screen.text or "").splitlines() if "Every article" in line]
    assert program.labels(screen)[:3] == ["1. Ferries: Instant", "2. Market: Instant", "3. General: Instant"]
    assert lines == [
        "1. Ferries: Every article, as soon as it is published",
        "2. Market: Every article, as soon as it is published",
        "3. General: Every article, as soon as it is published",
    ]


@pytest.mark.parametrize(
    ("number", "name"), [("1.", "Forum › Ferries"), ("2.", "Forum › Market"), ("3.", "Forum › General")]
)
async def test_each_screen_of_a_subscription_names_its_topic(program: Program, number: str, name: str) -> None:
    await forum(program, "Newest")
    chiara, screen = program.scene.chiara, await hub(program)
    await program.tap(chiara, screen, number)
    assert name in (screen.text or "")
    for label in ("Filter", "Look", "Limits", "Send a test post", "Remove"):
        await program.tap(chiara, screen, label)
        assert name in (screen.text or ""), label
        await program.tap(chiara, screen, "Keep it" if label in ("Send a test post", "Remove") else "‹ Back")


async def test_a_renamed_topic_has_its_new_name_everywhere_and_keeps_it(program: Program) -> None:
    await forum(program)
    chiara, place, (ferries, _) = program.scene.chiara, program.scene.forum, program.scene.topics
    program.telegram.people.rename_topic(chiara, place.id, ferries, "Boats")
    await program.idle()
    settings = await program.ask(chiara, "/settings", place, topic=ferries)  # which names it as it was made
    assert "Settings of Harbour Forum › Boats" in (settings.text or "")
    assert "1. Boats:" in ((await hub(program)).text or "")


async def test_the_menus_in_a_forum_name_the_topic_that_they_are_about(program: Program) -> None:
    await forum(program)
    chiara, place, (ferries, _) = program.scene.chiara, program.scene.forum, program.scene.topics
    here = await program.ask(chiara, "/subscribe", place, topic=ferries)
    assert "New articles for Harbour Forum › Ferries" in (here.text or "")
    general = await program.ask(chiara, "/subscribe", place)
    assert "New articles for Harbour Forum › General" in (general.text or "")


async def test_a_topic_whose_name_nobody_told_goes_by_its_number(program: Program) -> None:
    await forum(program)
    ferries = program.scene.topics[0]
    await program.app.db.execute("DELETE FROM topic WHERE topic_id = :id", {"id": ferries})
    assert f"topic {ferries}: Every article" in ((await hub(program)).text or "")


async def test_the_ledger_names_the_topic_of_each_delivery(program: Program) -> None:
    await forum(program, "First")
    chiara, screen = program.scene.chiara, await hub(program)
    await program.tap(chiara, screen, "Ledger")
    for name in ("General: First", "Ferries: First", "Market: First"):
        assert name in (screen.text or "")
    shown = next(line for line in (screen.text or "").splitlines() if line.startswith("1."))
    await program.tap(chiara, screen, "1")
    assert f"Harbour Forum › {shown[3:].split(':')[0]}" in (screen.text or "")


async def test_a_forum_with_one_topic_in_use_is_listed_with_it(program: Program) -> None:
    chiara, place, (ferries, _) = program.scene.chiara, program.scene.forum, program.scene.topics
    await program.start(chiara)
    program.telegram.people.add_bot(chiara, place.id, program.scene.bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", place, topic=ferries), "Instant")
    assert "Harbour Forum › Ferries" in ((await program.ask(chiara, "/channels")).text or "")


async def test_who_is_told_of_a_closed_topic_is_told_which(program: Program) -> None:
    await forum(program)
    program.telegram.faults.add(
        "bad_request", method="sendMessage", chat_id=program.scene.forum.id, text="TOPIC_CLOSED", count=3
    )
    await program.publish("While closed")
    for _ in range(3):
        await program.run_jobs()
    told = " ".join(program.shown(program.scene.chiara.id))
    for name in ("General", "Ferries", "Market"):
        assert f"I had to stop sending to Harbour Forum › {name}." in told


async def test_a_group_without_topics_is_named_alone(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    assert "›" not in ((await program.ask(chiara, "/subscribe", group)).text or "")
    assert await topics.names(program.app.db, group.id) == {}
    assert await subscriptions.of_chat(program.app.db, group.id) == []
