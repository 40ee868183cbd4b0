"""Channels as sources: what is posted there becomes articles, once a maintainer who is an admin there links it."""

import pytest

from bot.model import Article, Mode, Role
from bot.sandbox.nouns import Message
from bot.store import articles, channels, subscriptions
from tests.delivery.test_send import PNG
from tests.program.harness import Program
from tests.program.test_pushing import connect

TAKE, STOP = "Take its posts as articles", "Stop taking its posts as articles"


async def link(program: Program) -> Message:
    """Chiara, an editor and the channel's admin, links it. Returns the list of her channels."""
    await connect(program, "Not now")
    await program.make_maintainer(program.scene.chiara, Role.EDITOR)
    listed = await program.ask(program.scene.chiara, "/channels")
    await program.tap(program.scene.chiara, listed, TAKE)
    return listed


async def post(program: Program, text: str) -> Message:
    message = program.telegram.people.post(program.scene.chiara, program.scene.channel.id, text)
    await program.idle()
    return message


async def announced(program: Program) -> list[Article]:
    return await articles.announced_after(program.app.db, 0, 100)


async def reader_gets(program: Program) -> list[str]:
    """The first lines of what Rosa was sent."""
    await program.run_jobs()
    return [(message.text or "").split("\n")[0] for message in program.from_bot(program.scene.rosa.id)][1:]


async def rosa_subscribes(program: Program) -> None:
    await program.start(program.scene.rosa)
    await subscriptions.add(program.app.db, program.scene.rosa.id, 0, Mode.INSTANT)


async def test_posts_of_a_linked_channel_become_articles_and_go_out(program: Program) -> None:
    await rosa_subscribes(program)
    await post(program, "Before\n\nNobody took this.")
    listed = await link(program)
    assert "Its posts become articles." in (listed.text or "")
    written = await post(program, "Storm at sea\n\nThe #harbour is closed.")
    assert await reader_gets(program) == ["Storm at sea"]
    [article] = await announced(program)
    assert (article.title, article.text) == ("Storm at sea", "The #harbour is closed.")
    assert article.url == f"https://t.me/harbour_news/{written.id}"
    assert article.tags == ("harbour",)


async def test_nothing_is_ever_posted_into_the_source_by_being_one(program: Program) -> None:
    await link(program)
    await post(program, "Storm at sea\n\nThe harbour is closed.")
    await post(program, "🙂")
    await program.run_jobs()
    assert len(program.telegram.messages(program.scene.channel.id)) == 2


@pytest.mark.parametrize("mode", [Mode.INSTANT, Mode.DIGEST])
async def test_a_channel_that_is_source_and_destination_gets_no_echo_but_what_comes_from_elsewhere(
    program: Program, mode: Mode
) -> None:
    await link(program)
    channel = program.scene.channel
    await subscriptions.add(program.app.db, channel.id, 0, mode, next_run_at=program.clock())
    await post(program, "Storm at sea\n\nThe harbour is closed.")
    await program.publish("From elsewhere")
    program.clock.move(minutes=1)
    await program.run_jobs()
    texts = program.shown(channel.id)
    assert len(texts) == 2
    assert "Storm at sea" not in texts[1]
    assert "From elsewhere" in texts[1]
    await program.run_jobs()
    assert [article.title for article in await announced(program)] == ["Storm at sea", "From elsewhere"]


async def test_reactions_to_the_post_in_the_source_are_its_articles(program: Program) -> None:
    await link(program)
    written = await post(program, "Storm at sea\n\nThe harbour is closed.")
    chiara, rosa = program.scene.chiara, program.scene.rosa
    program.telegram.people.react(chiara, program.scene.channel.id, written.id, "👍", "🔥")
    [article] = await announced(program)
    await program.start(rosa, f"a{article.id}")
    await program.idle()
    assert "1 read · 2 reactions" in ((await program.ask(rosa, "/top")).text or "")


async def test_an_edited_post_is_a_revision_and_posted_copies_follow(program: Program) -> None:
    await rosa_subscribes(program)
    before = await post(program, "Old news\n\nWritten before it was linked.")
    await link(program)
    written = await post(program, "Storm at sea\n\nThe harbour is closed.")
    await program.run_jobs()
    program.telegram.people.edit(
        program.scene.chiara, program.scene.channel.id, written.id, "Storm passes\n\nThe harbour is open."
    )
    program.telegram.people.edit(program.scene.chiara, program.scene.channel.id, before.id, "Old news\n\nEdited.")
    await program.idle()
    program.clock.move(minutes=20)
    assert await reader_gets(program) == ["Storm passes"]
    assert len(await announced(program)) == 1, "what was written before it was linked stays what it was"


async def test_an_album_is_one_article(program: Program) -> None:
    await link(program)
    people, chiara, channel = program.telegram.people, program.scene.chiara, program.scene.channel

    def part(caption: str | None) -> Message:
        media = program.telegram.files.save("photo", PNG, size=(1, 1))
        return people._say(chiara, channel.id, None, None, media=media, caption=caption, media_group_id="77")

    part(None)
    first = part("Three boats\n\nSeen from the pier.")
    part("And a gull")
    await program.idle()
    [article] = await announced(program)
    assert (article.title, article.text) == ("Three boats", "Seen from the pier.")
    people.edit(chiara, channel.id, first.id, "Four boats\n\nSeen from the pier.")
    await program.idle()
    assert [article.title for article in await announced(program)] == ["Four boats"]


async def test_a_forwarded_post_of_the_bot_is_no_article_again(program: Program) -> None:
    await link(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    other = program.telegram.add_channel(chiara, "Other")
    program.telegram.people.add_bot(chiara, other.id, program.scene.bot)
    await program.idle()
    await subscriptions.add(program.app.db, other.id, 0, Mode.INSTANT)
    await program.publish("First")
    await program.run_jobs()
    ours = program.from_bot(other.id)[-1]
    program.telegram.people.forward(chiara, other.id, ours.id, channel.id)
    theirs = program.telegram.people.post(chiara, other.id, "By hand\n\nNot the bot's.")
    program.telegram.people.forward(chiara, other.id, theirs.id, channel.id)
    await program.idle()
    assert [article.title for article in await announced(program)] == ["First", "By hand"]


async def test_unlinking_ends_it(program: Program) -> None:
    listed = await link(program)
    await program.tap(program.scene.chiara, listed, STOP)
    await post(program, "Storm at sea\n\nThe harbour is closed.")
    assert await announced(program) == []


async def test_only_a_maintainer_who_is_an_admin_there_can_link_a_channel(program: Program) -> None:
    listed = await link(program)
    await program.tap(program.scene.chiara, listed, STOP)
    take = program.button(listed, TAKE)["callback_data"]
    await program.app.db.execute("DELETE FROM maintainer")
    await program.tap_data(program.scene.chiara, listed, take)
    assert "Its posts become articles." not in (listed.text or "")
    fresh = await program.ask(program.scene.chiara, "/channels")
    assert TAKE not in program.labels(fresh)
    await program.make_maintainer(program.scene.chiara, Role.EDITOR)
    again = await program.ask(program.scene.chiara, "/channels")
    program.scene.channel.member(program.scene.chiara).status = "member"
    await program.tap(program.scene.chiara, again, TAKE)
    assert await channels.tags_of(program.app.db, program.scene.channel.id) is None
