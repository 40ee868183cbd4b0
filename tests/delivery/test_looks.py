"""Each destination gets posts in its own look, and edits keep to it, in the form in which the copy stands."""

from dataclasses import replace
from typing import Any

import pytest

from bot.delivery import digesting
from bot.delivery.compose import Composer
from bot.delivery.plan import plan
from bot.model import Effect, Mode, Preset, Schedule
from bot.render.outgoing import CAPTION_LIMIT
from bot.sandbox.nouns import Message
from bot.store import articles, copies, subscriptions
from bot.store.claims import take
from tests.delivery.conftest import Newsroom, english
from tests.delivery.test_edit import follow, pictures, revise

__all__ = ["pictures"]
LONG = "".join(f"<p>Paragraph {number} of a long story about the harbour.</p>" for number in range(200))


async def look(room: Newsroom, chat_id: int, **changes: Any) -> None:
    """The chat's subscription has this look from now on."""
    for one in await subscriptions.of_chat(room.db, chat_id):
        await subscriptions.change(room.db, one.id, lambda was: replace(was, look=replace(was.look, **changes)))


async def posted(room: Newsroom, preset: Preset, **fields: Any) -> tuple[int, Message]:
    """An article with a picture that has gone to the channel in that look."""
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await look(room, channel, preset=preset)
    article_id = await room.announce("First", body=LONG, text="A story", **fields)
    await room.worker.run_until_idle()
    return article_id, room.posts(channel)[-1]


async def test_each_destination_gets_the_look_that_its_subscription_has(room: Newsroom) -> None:
    rosa, channel = room.scene.rosa, room.scene.channel.id
    room.telegram.people.start(rosa, room.scene.bot)
    await room.subscribe(rosa.id)
    await room.subscribe(channel)
    await look(room, channel, preset=Preset.OWN, template="News: {title}", share=True, read=False)
    await room.announce("First", text="A story")
    await room.worker.run_until_idle()
    [in_private], [in_channel] = room.posts(rosa.id), room.posts(channel)
    assert (in_private.text or "").startswith("First\n\nA story")
    assert in_channel.text == "News: First"
    rows = (in_channel.reply_markup or {})["inline_keyboard"]
    assert [button["text"] for row in rows for button in row] == ["Original", "Share"]


async def test_a_post_is_made_once_for_all_chats_of_a_look(room: Newsroom) -> None:
    places = [room.scene.channel.id, room.scene.group.id, room.scene.forum.id]
    for place in places:
        await room.subscribe(place)
    for place in places[1:]:
        await look(room, place, preset=Preset.HEADLINE)
    await room.announce("First", text="A story")
    await plan(room.db)
    composer = Composer(room.db)
    said = {
        claim.chat.id: await composer.parts_of(claim, english("en"), "b")
        for claim in await take(room.db, room.clock(), 9)
    }
    teaser, headline, other = (said[place] for place in places)
    assert other is headline
    assert teaser[0].text.text != headline[0].text.text


async def test_a_photo_that_telegram_cannot_get_leaves_the_same_words_as_a_text(
    room: Newsroom,
    pictures: str,
) -> None:
    channel = room.scene.channel.id
    await posted(room, Preset.TEASER, image_url=f"{pictures}/a.png")
    await room.announce("Second", image_url="http://127.0.0.1:9/none.png", text="A story")
    await room.worker.run_until_idle()
    first, second = room.posts(channel)
    assert first.photo is not None
    assert second.photo is None
    assert (second.text or "").replace("Second", "First") == first.caption


@pytest.mark.parametrize("preset", [Preset.HEADLINE, Preset.FULL])
async def test_an_edit_keeps_the_look(room: Newsroom, pictures: str, preset: Preset) -> None:
    article_id, copy = await posted(room, preset, image_url=f"{pictures}/a.png")
    before = copy.text or ""
    await revise(room, article_id, title="Second")
    await follow(room)
    assert copy.photo is None
    assert copy.text == before.replace("First", "Second")


@pytest.mark.parametrize("preset", [Preset.HEADLINE, Preset.FULL, Preset.OWN])
async def test_a_photo_whose_look_has_none_by_now_is_edited_as_a_photo(
    room: Newsroom,
    pictures: str,
    preset: Preset,
) -> None:
    article_id, copy = await posted(room, Preset.TEASER, image_url=f"{pictures}/a.png")
    await look(room, room.scene.channel.id, preset=preset, template="{title}\n{text}")
    await revise(room, article_id, title="Second")
    await follow(room)
    assert copy.photo is not None
    assert (copy.caption or "").startswith("Second")
    assert len(copy.caption or "") <= CAPTION_LIMIT
    assert await copies.effects(room.db) == {Effect.CHANGED: 1}


async def test_a_text_whose_look_has_a_photo_by_now_becomes_one(room: Newsroom, pictures: str) -> None:
    article_id, copy = await posted(room, Preset.FULL, image_url=f"{pictures}/a.png")
    assert copy.text is not None
    await look(room, room.scene.channel.id, preset=Preset.TEASER)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert copy.photo is not None
    assert (copy.caption or "").startswith("Second")
    assert await copies.effects(room.db) == {Effect.CHANGED: 1}


async def test_a_copy_whose_subscription_has_ended_is_edited_in_the_usual_look(room: Newsroom) -> None:
    article_id, copy = await posted(room, Preset.HEADLINE)
    [one] = await subscriptions.of_chat(room.db, room.scene.channel.id)
    await subscriptions.remove(room.db, one.id)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert (copy.text or "").startswith("Second\n\nA story")


async def test_a_digest_is_signed_and_stays_so_when_it_is_edited(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel, mode=Mode.DIGEST, schedule=Schedule(), next_run_at=room.clock())
    await look(room, channel, signature="Harbour News", preset=Preset.HEADLINE)
    article_id = await room.announce("First")
    await digesting.due(room.db)
    await room.worker.run_until_idle()
    [message] = room.posts(channel)
    assert (message.text or "").endswith("\n\nHarbour News")
    await revise(room, article_id, title="Second")
    await follow(room)
    assert "Second" in (message.text or "")
    assert (message.text or "").endswith("\n\nHarbour News")


async def new_text(room: Newsroom, article_id: int, text: str) -> None:
    """Its source changes what only the text shows."""
    was = (await articles.get(room.db, article_id)).content_hash
    await revise(room, article_id, body=f"<p>{text}</p>", text=text, content_hash=was)


async def test_a_change_of_the_text_alone_edits_the_posts_that_show_it_and_touches_no_other(room: Newsroom) -> None:
    channel, group = room.scene.channel.id, room.scene.group.id
    await room.subscribe(group)
    article_id, whole = await posted(room, Preset.FULL, summary="It is told.")
    await new_text(room, article_id, "Another end.")
    await follow(room)
    assert "Another end." in (whole.text or "")
    assert await copies.effects(room.db) == {Effect.CHANGED: 1}
    assert [row.dedupe_key for row in await room.rows(group)] == [f"post:{article_id}"]
    await revise(room, article_id, title="Second")
    room.clock.move(minutes=16)
    await articles_due(room)
    assert room.titles(channel) == room.titles(group) == ["Second"]


async def test_a_text_that_changes_after_what_all_show_leaves_none_out(room: Newsroom) -> None:
    channel, group = room.scene.channel.id, room.scene.group.id
    await room.subscribe(group)
    article_id, whole = await posted(room, Preset.OWN, summary="It is told.")
    await look(room, channel, template="{title}\n{text}")
    await revise(room, article_id, title="Second")
    await new_text(room, article_id, "Another end.")
    await articles_due(room)
    room.clock.move(minutes=16)
    await articles_due(room)
    assert whole.text == "Second\nAnother end."
    assert room.titles(group) == ["Second"]


async def test_a_text_that_no_look_shows_edits_nothing_when_it_changes(room: Newsroom) -> None:
    article_id, _ = await posted(room, Preset.TEASER, summary="It is told.")
    await new_text(room, article_id, "Another end.")
    await articles_due(room)
    assert await copies.effects(room.db) == {}


async def articles_due(room: Newsroom) -> None:
    """What waited for its turn follows as well."""
    await copies.release(room.db)
    await follow(room)
