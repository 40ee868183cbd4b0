"""The screen Look: what admins choose and write there is how posts look, and Preview shows it first."""

import pytest

from bot.model import Filter, Look, Mode, Preset
from bot.sandbox.nouns import Message
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import connect, posts


async def opened(program: Program, choice: str = "Instant", label: str = "Instant") -> Message:
    """The screen Look of the channel's subscription, in Chiara's private chat."""
    await connect(program, choice)
    screen = await program.ask(program.scene.chiara, "/channels")
    for button in ("Settings", label, "Look"):
        await program.tap(program.scene.chiara, screen, button)
    assert "Settings of Harbour News" in (screen.text or "")
    return screen


async def look(program: Program) -> Look:
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    return one.look


async def reply(program: Program, to: Message, text: str) -> list[str]:
    """What the bot says to Chiara's reply, all of it."""
    chiara = program.scene.chiara
    before = len(program.shown(chiara.id))
    await program.ask(chiara, text, reply_to=to.id)
    return program.shown(chiara.id)[before + 1 :]


async def test_presets_and_parts_are_chosen_by_buttons_and_hold_for_the_next_post(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    marked = [label for label in program.labels(screen) if label.startswith("✓")]
    assert marked == ["✓ Teaser", "✓ Read here", "✓ Original", "✓ Hashtags"]
    for label in ("Headline", "Read here", "Share", "Hashtags"):
        await program.tap(chiara, screen, label)
    marked = [label for label in program.labels(screen) if label.startswith("✓")]
    assert marked == ["✓ Headline", "✓ Original", "✓ Share"]
    await program.publish("First", tags=("tea",), body="<p>The story itself.</p>")
    await program.run_jobs()
    [post] = program.from_bot(program.scene.channel.id)
    assert post.text == "First"
    assert program.labels(post) == ["Original", "Share"]


async def test_preview_shows_the_newest_article_that_passes_to_who_taps_and_to_nobody_else(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await program.app.db.execute("DELETE FROM subscription")
    one = await subscriptions.add(program.app.db, one.chat_id, 0, Mode.INSTANT, filter=Filter(tags=("tea",)))
    screen = await program.ask(chiara, "/channels")
    for button in ("Settings", "Instant", "Look", "Full"):
        await program.tap(chiara, screen, button)
    await program.tap(chiara, screen, "Preview")
    assert program.shown(chiara.id)[-1] == "There is no article yet that would be sent there."
    await program.publish("Green", announce=False, tags=("Tea",), body="<p>Grown slowly.</p>")
    await program.publish("Black", announce=False, tags=("coffee",))
    await program.tap(chiara, screen, "Preview")
    assert program.shown(chiara.id)[-1].startswith("Green\n\nGrown slowly.")
    assert program.labels(program.from_bot(chiara.id)[-1]) == ["Read here", "Original"]
    assert posts(program, program.scene.channel) == []


async def test_a_template_is_written_in_a_reply_and_shown_at_once(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    await program.publish("Newest", announce=False, author="Nora Lind", body="<p>The story.</p>")
    await program.tap(chiara, screen, "My template")
    assert "{title} the title" in (screen.text or "")
    shown, after = await reply(program, screen, "NEWS {title}\nof {author}\n{tags}")
    assert shown == "NEWS Newest\nof Nora Lind"
    assert "NEWS {title}\nof {author}\n{tags}" in after
    assert (await look(program)).preset is Preset.OWN
    await program.publish("First", body="<p>The story.</p>")
    await program.run_jobs()
    assert posts(program, program.scene.channel) == ["NEWS First"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{titel} of {author}", "I do not know {titel}. Did you mean {title}?"),
        ("{title.__class__}", "I do not know {title.__class__}. Did you mean"),
        ("{zzz}", "I do not know {zzz}. These are all"),
        ("No news", "all posts the same"),
        ("{title}" + "x" * 1000, "That has 1,007 characters, and 1,000 is the most."),
    ],
)
async def test_a_template_that_cannot_be_is_refused_with_what_is_wrong_and_can_be_sent_again(
    program: Program, given: str, said: str
) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    await program.tap(chiara, screen, "My template")
    [answer] = await reply(program, screen, given)
    assert said in answer
    assert await look(program) == Look()
    question = program.from_bot(chiara.id)[-1]
    await reply(program, question, "{title}")
    assert (await look(program)).template == "{title}"


async def test_without_a_template_posts_look_as_usual(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    await program.tap(chiara, screen, "My template")
    await reply(program, screen, "{title}")
    screen = program.from_bot(chiara.id)[-1]
    await program.tap(chiara, screen, "Teaser")
    await program.tap(chiara, screen, "My template")  # it is kept
    assert (await look(program)).preset is Preset.OWN
    await program.tap(chiara, screen, "Change template")
    await program.tap(chiara, screen, "No template")
    assert await look(program) == Look()


async def test_a_signature_is_written_in_a_reply_and_taken_away_again(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    await program.tap(chiara, screen, "Signature")
    [refused] = await reply(program, screen, "x" * 65)
    assert "That has 65 characters, and 64 is the most." in refused
    [after] = await reply(program, screen, " Harbour News,\n every day ")
    assert "Signature: Harbour News, every day" in after
    await program.publish("First")
    await program.run_jobs()
    assert posts(program, program.scene.channel)[-1].endswith("\nHarbour News, every day")
    await program.tap(chiara, screen, "No signature")
    assert await look(program) == Look()


async def test_a_digest_has_a_signature_and_nothing_else_to_choose(program: Program) -> None:
    screen = await opened(program, "Daily", "Digest")
    assert program.labels(screen) == ["Signature", "‹ Back"]
    await program.tap(program.scene.chiara, screen, "Signature")
    await reply(program, screen, "Harbour News")
    await program.publish("First")
    program.clock.move(hours=21)
    await program.run_jobs()
    assert posts(program, program.scene.channel)[-1].endswith("\n\nHarbour News")


async def test_who_is_no_admin_any_more_changes_nothing_by_tap_or_reply(program: Program) -> None:
    chiara, screen = program.scene.chiara, await opened(program)
    await program.tap(chiara, screen, "Signature")
    program.scene.channel.members[chiara.id].status = "member"
    [answer] = await reply(program, screen, "Mine")
    assert "admin" in answer
    assert "admin" in ((await program.tap(chiara, screen, "No signature")).text or "")
    assert await look(program) == Look()


async def test_a_reply_about_a_subscription_that_was_removed_says_so(program: Program) -> None:
    screen = await opened(program)
    await program.tap(program.scene.chiara, screen, "Signature")
    [one] = await subscriptions.of_chat(program.app.db, program.scene.channel.id)
    await subscriptions.remove(program.app.db, one.id)
    [answer] = await reply(program, screen, "Mine")
    assert "expired" in answer


async def test_in_a_group_its_admins_reply_there_and_the_preview_comes_in_private(program: Program) -> None:
    chiara, rosa, group = program.scene.chiara, program.scene.rosa, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    await program.publish("Newest", announce=False)
    await program.tap(chiara, await program.ask(chiara, "/subscribe", group), "Instant")
    screen = await program.ask(chiara, "/settings", group)
    for label in ("Instant", "Look", "Preview"):
        await program.tap(chiara, screen, label)
    refused = program.from_bot(group.id)[-1]
    assert "may not write to you yet" in (refused.text or "")
    assert program.button(refused, "Open")["url"].startswith("https://t.me/")
    await program.start(chiara)
    await program.tap(chiara, screen, "Preview")
    assert "Newest" in program.shown(chiara.id)[-1]
    await program.tap(chiara, screen, "Signature")
    talk = await program.ask(rosa, "Mine", group, reply_to=screen.id)
    assert "admin" in (talk.text or "")
    after = await program.ask(chiara, "Ours", group, reply_to=screen.id)
    assert "Signature: Ours" in (after.text or "")
