"""Menus in groups and test posts go away by themselves; a test post is no delivery."""

from dataclasses import replace

import pytest

from bot.model import Filter, Look, Preset
from bot.sandbox.nouns import Message
from bot.store import passing, subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import posts
from tests.program.test_settings import opened


async def menu_in_group(program: Program, command: str = "/subscribe") -> Message:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    return await program.ask(chiara, command, group)


@pytest.mark.parametrize("command", ["/subscribe", "/settings", "/unsubscribe"])
async def test_what_a_groups_admin_is_answered_goes_away_after_ten_minutes(program: Program, command: str) -> None:
    menu = await menu_in_group(program, command)
    program.clock.move(minutes=9, seconds=59)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == [menu]
    await program.stop_bot()  # it is remembered
    await program.start_bot()
    program.clock.move(seconds=2)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == []


async def test_each_tap_lets_the_menu_stay_longer(program: Program) -> None:
    menu = await menu_in_group(program)
    program.clock.move(minutes=8)
    await program.tap(program.scene.chiara, menu, "Instant")
    program.clock.move(minutes=8)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == [menu]
    program.clock.move(minutes=3)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == []


async def test_what_others_ask_in_a_group_and_what_is_asked_in_private_stays(program: Program) -> None:
    await menu_in_group(program, "/latest")
    await program.start(program.scene.rosa)
    private = await program.ask(program.scene.rosa, "/subscribe")
    program.clock.move(minutes=30)
    await program.run_jobs()
    assert len(program.from_bot(program.scene.group.id)) == 1
    assert private in program.from_bot(program.scene.rosa.id)


async def test_a_menu_that_cannot_be_deleted_is_forgotten_and_a_lost_connection_is_tried_again(
    program: Program,
) -> None:
    await menu_in_group(program)
    await program.ask(program.scene.chiara, "/settings", program.scene.group)
    first, second = program.from_bot(program.scene.group.id)
    program.telegram.delete(program.scene.group, first.id)  # by an admin
    program.clock.move(minutes=11)
    program.telegram.faults.add("flood", method="deleteMessage", count=2, retry_after=1)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == [second]
    program.clock.move(minutes=1)
    await program.run_jobs()
    assert program.from_bot(program.scene.group.id) == []
    assert await passing.due(program.app.db, program.clock(), 10) == []


async def test_menus_that_cannot_be_deleted_yet_keep_no_other_from_going(program: Program) -> None:
    menu = await menu_in_group(program)
    group, db = program.scene.group, program.app.db
    for number in range(20):  # of a group that answers nothing
        await passing.put(db, -100, number, program.clock())
    program.telegram.faults.add("flood", method="deleteMessage", count=20, retry_after=1)
    program.clock.move(minutes=11)
    await program.run_jobs()
    assert program.from_bot(group.id) == [menu]
    program.clock.move(seconds=1)
    await program.run_jobs()
    assert program.from_bot(group.id) == []


@pytest.mark.parametrize(
    ("ways", "reply"),
    [
        (("New digest", "Texts", "Name"), "Morning paper"),
        (("New digest", "Texts", "Text above"), "Good morning"),
        (("New digest", "Zone", "Search by city"), "Berlin"),
        (("Instant", "Filter", "Tags"), "tea, milk"),
        (("Instant", "Look", "Signature"), "Harbour Talk"),
        (("Instant", "Look", "My template"), "{nothing}"),
        (("Add a subscription",), "tea"),
    ],
)
async def test_what_is_asked_for_in_a_group_goes_away_with_its_answers(
    program: Program, ways: tuple[str, ...], reply: str
) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    await menu_in_group(program)
    await program.tap(chiara, program.from_bot(group.id)[-1], "Instant")
    screen = await program.ask(chiara, "/settings", group)
    for label in ways:
        await program.tap(chiara, screen, label)
    asked = program.from_bot(group.id)[-1]
    await program.ask(chiara, reply, group, reply_to=asked.id)
    assert program.from_bot(group.id)[-1].id > asked.id
    program.clock.move(minutes=11)
    await program.run_jobs()
    assert program.from_bot(group.id) == []


async def test_settings_in_a_topic_show_what_is_sent_to_that_topic(program: Program) -> None:
    chiara, forum = program.scene.chiara, program.scene.forum
    ferries, market = program.scene.topics
    program.telegram.people.add_bot(chiara, forum.id, program.scene.bot)
    await program.idle()
    await program.tap(chiara, await program.ask(chiara, "/subscribe", forum, topic=ferries), "Daily")
    here = await program.ask(chiara, "/settings", forum, topic=ferries)
    assert "A digest at" in (here.text or "")
    elsewhere = await program.ask(chiara, "/settings", forum, topic=market)
    assert "Nothing is sent here" in (elsewhere.text or "")
    assert elsewhere.topic == market
    await program.tap(chiara, here, "Digest")
    await program.tap(chiara, here, "Back")
    assert "A digest at" in (here.text or "")


async def test_a_test_post_shows_the_newest_article_and_goes_away_after_an_hour(program: Program) -> None:
    await program.publish("Older", announce=False)
    await program.publish("A sample", announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.tap(chiara, screen, "Send a test post")
    [sample] = posts(program, channel)
    assert sample.startswith("A sample")
    assert "A sample stands there now" in (screen.text or "")
    assert "Settings of Harbour News" in (screen.text or "")
    assert await program.app.db.read("SELECT id FROM delivery") == []
    program.clock.move(minutes=61)
    await program.run_jobs()
    assert posts(program, channel) == []


async def test_a_test_post_is_of_what_the_subscription_sends_in_its_look(program: Program) -> None:
    await program.publish("Of ferries", announce=False, tags=("ferries",))
    await program.publish("Of the market", announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    [one] = await subscriptions.of_chat(program.app.db, channel.id)
    look = Look(Preset.OWN, "New: {title}\n{signature}", signature="The harbour master")
    await subscriptions.change(
        program.app.db, one.id, lambda one: replace(one, look=look, filter=Filter(tags=("ferries",)))
    )
    await program.tap(chiara, screen, "Send a test post")
    assert posts(program, channel) == ["New: Of ferries\nThe harbour master"]
    await subscriptions.change(program.app.db, one.id, lambda one: replace(one, filter=Filter(tags=("fish",))))
    await program.tap(chiara, screen, "Delete it now")
    await program.tap(chiara, screen, "Send a test post")
    assert "no article yet" in (screen.text or "")
    assert posts(program, channel) == []


async def test_the_test_post_of_a_digest_is_a_digest_and_takes_nothing_from_it(program: Program) -> None:
    screen = await opened(program, "New digest")
    chiara, channel = program.scene.chiara, program.scene.channel
    instant = (await subscriptions.of_chat(program.app.db, channel.id))[0]
    await subscriptions.remove(program.app.db, instant.id)
    await program.publish("A sample")
    await program.run_jobs()
    await program.tap(chiara, screen, "Send a test post")
    [sample] = posts(program, channel)
    assert "1 new article\n" in sample
    assert "A sample" in sample
    await program.tap(chiara, screen, "Delete it now")
    assert posts(program, channel) == []
    await program.tap(chiara, screen, "Send now")
    assert "1 article" in (screen.text or "")


async def test_a_test_post_is_deleted_at_once_or_kept_as_one_says(program: Program) -> None:
    await program.publish("A sample", announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.tap(chiara, screen, "Send a test post")
    keep = program.button(screen, "Keep it")["callback_data"]
    await program.tap(chiara, screen, "Delete it now")
    assert posts(program, channel) == []
    assert "Send a test post" in program.labels(screen)
    await program.tap_data(chiara, screen, keep)  # an old button: there is nothing to keep
    await program.tap(chiara, screen, "Send a test post")
    delete = program.button(screen, "Delete it now")["callback_data"]
    await program.tap(chiara, screen, "Keep it")
    program.clock.move(hours=2)
    await program.run_jobs()
    await program.tap_data(chiara, screen, delete)  # it was decided: a kept one is a post like any other
    assert len(posts(program, channel)) == 1


async def test_a_test_post_that_telegram_refuses_says_which_right_is_missing(program: Program) -> None:
    await program.publish("A sample", announce=False)
    screen = await opened(program)
    chiara, channel, bot = program.scene.chiara, program.scene.channel, program.scene.bot
    channel.members[bot.id].rights["can_post_messages"] = False
    await program.tap(chiara, screen, "Send a test post")
    assert "I lack the right to post messages there" in (screen.text or "")
    assert "Give me the right" in program.labels(screen)
    assert posts(program, channel) == []


async def test_without_an_article_there_is_nothing_to_show(program: Program) -> None:
    screen = await opened(program)
    await program.tap(program.scene.chiara, screen, "Send a test post")
    assert "no article yet" in (screen.text or "")


async def test_who_is_no_admin_any_more_posts_nothing(program: Program) -> None:
    await program.publish("A sample", announce=False)
    screen = await opened(program)
    program.scene.channel.members[program.scene.chiara.id].status = "member"
    answer = await program.tap(program.scene.chiara, screen, "Send a test post")
    assert "admin" in (answer.text or "")
    assert posts(program, program.scene.channel) == []


async def test_a_refusal_in_a_group_goes_away_too(program: Program) -> None:
    rosa, group = program.scene.rosa, program.scene.group
    await menu_in_group(program)
    refused = await program.ask(rosa, "/settings", group)
    assert "admin" in (refused.text or "")
    program.clock.move(minutes=11)
    await program.run_jobs()
    assert program.from_bot(group.id) == []


async def test_the_test_post_of_a_subscription_that_was_removed_has_expired(program: Program) -> None:
    await program.publish("A sample", announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    again = program.button(screen, "Send a test post")["callback_data"]
    await program.tap(chiara, screen, "Send a test post")
    buttons = [program.button(screen, label)["callback_data"] for label in ("Delete it now", "Keep it")]
    [one] = await subscriptions.of_chat(program.app.db, channel.id)
    await subscriptions.remove(program.app.db, one.id)
    for data in (again, *buttons):
        assert "expired" in ((await program.tap_data(chiara, screen, data)).text or "")
    assert len(posts(program, channel)) == 1
    program.clock.move(hours=2)
    await program.run_jobs()
    assert posts(program, channel) == []
