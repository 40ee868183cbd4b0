"""Each destination gets posts in its own look, and edits keep to it, in the form in which the copy stands."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.delivery import digesting
from bot.delivery.compose import Composer
from bot.delivery.plan import plan
from bot.model import Effect, Mode, Preset, Schedule, Selection, Subscription
from bot.render.outgoing import CAPTION_LIMIT
from bot.sandbox.nouns import Message
from bot.store import articles, copies, deliveries, outbox, subscriptions
from bot.store.claims import take
from bot.store.tidy import tidy
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


@pytest.mark.parametrize("by_now", [Preset.HEADLINE, Preset.FULL, Preset.OWN])
async def test_what_was_posted_before_its_look_was_changed_keeps_its_own(
    room: Newsroom, pictures: str, by_now: Preset
) -> None:
    channel = room.scene.channel.id
    old, old_copy = await posted(room, Preset.TEASER, image_url=f"{pictures}/a.png")
    before = old_copy.caption or ""
    await look(room, channel, preset=by_now, template="{title}!\n{text}")
    await look(room, channel, hashtags=False)
    new = await room.announce("New", body=LONG, text="A story", image_url=f"{pictures}/a.png")
    await room.worker.run_until_idle()
    new_copy = room.posts(channel)[-1]
    after = new_copy.text or ""
    await look(room, channel, preset=Preset.TEASER)
    for article_id in (old, new):
        await revise(room, article_id, title="Second")
    await follow(room)
    assert old_copy.photo is not None
    assert old_copy.caption == before.replace("First", "Second")
    assert len(before) <= CAPTION_LIMIT
    assert new_copy.photo is None
    assert new_copy.text == after.replace("New", "Second")
    assert await copies.effects(room.db) == {Effect.CHANGED: 2}


async def test_a_copy_whose_subscription_has_ended_keeps_its_look_too(room: Newsroom) -> None:
    article_id, copy = await posted(room, Preset.HEADLINE)
    before = copy.text or ""
    await subscriptions.remove(room.db, (await subscriptions.of_chat(room.db, room.scene.channel.id))[0].id)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert copy.text == before.replace("First", "Second")
    await tidy(room.db)
    room.clock.move(minutes=16)
    await revise(room, article_id, title="Third")
    await follow(room)
    assert copy.text == before.replace("First", "Third")


async def test_what_waited_while_the_look_was_changed_goes_and_stays_as_it_looks_then(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    first = await room.announce("First", text="A story")
    second = await room.announce("Second", text="A story")
    await plan(room.db)
    [claim] = await take(room.db, room.clock(), 9)  # in flight with the usual look
    await look(room, channel, preset=Preset.OWN, template="NEWS {title}")
    await deliveries.mark_sent(room.db, claim.delivery.id, [1])
    await room.worker.run_until_idle()
    looks = {}
    for article_id in (first, second):
        [copy] = await copies.at(room.db, article_id, channel, 0)
        looks[article_id] = copy.look.preset
    assert looks == {first: Preset.TEASER, second: Preset.OWN}
    await look(room, channel, preset=Preset.HEADLINE)
    [copy] = await copies.at(room.db, second, channel, 0)
    assert copy.look.preset is Preset.OWN


async def test_what_is_sent_once_more_looks_as_it_does_then(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    article_id = await room.announce("First", text="A story")
    await plan(room.db)
    [claim] = await take(room.db, room.clock(), 9)
    await deliveries.mark_uncertain(room.db, claim.delivery.id, "lost")
    await look(room, channel, preset=Preset.OWN, template="NEWS {title}")
    assert await outbox.send_again(room.db, claim.delivery.id)
    await room.worker.run_until_idle()
    [copy] = room.posts(channel)
    assert copy.text == "NEWS First"
    await revise(room, article_id, title="Second")
    await follow(room)
    assert copy.text == "NEWS Second"


@pytest.mark.parametrize("is_removed", [False, True])
async def test_a_digest_keeps_what_stood_around_it(room: Newsroom, is_removed: bool) -> None:
    channel = room.scene.channel.id
    one = await room.subscribe(channel, mode=Mode.DIGEST, schedule=Schedule(), next_run_at=room.clock())

    def framed(header: str, was: Subscription) -> Subscription:
        selection = replace(was.selection, header=header, footer="Until then", by_tag=True)
        return replace(was, name="The week", selection=selection)

    await subscriptions.change(room.db, one.id, partial(framed, "Good morning"))
    article_id = await room.announce("First", tags=("tea",))
    await digesting.due(room.db)
    await room.worker.run_until_idle()
    [message] = room.posts(channel)
    before = message.text or ""
    assert "Good morning" in before
    await subscriptions.change(room.db, one.id, partial(framed, "Good evening"))
    await subscriptions.change(room.db, one.id, lambda was: replace(was, name="Else", selection=Selection()))
    if is_removed:
        await subscriptions.remove(room.db, one.id)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert message.text == before.replace("First", "Second")


async def test_a_text_shown_by_a_look_of_before_is_brought_up_to_date(room: Newsroom) -> None:
    article_id, copy = await posted(room, Preset.FULL)
    await look(room, room.scene.channel.id, preset=Preset.HEADLINE)
    await new_text(room, article_id, "Another story")
    await follow(room)
    assert "Another story" in (copy.text or "")


async def test_looks_that_no_post_has_any_more_are_forgotten(room: Newsroom) -> None:
    await posted(room, Preset.FULL)
    await look(room, room.scene.channel.id, preset=Preset.HEADLINE)
    await tidy(room.db)
    kept = await room.db.read("SELECT instr(look, 'full') > 0 AS is_full FROM former_look")
    assert [row["is_full"] for row in kept] == [1]
    room.clock.move(days=91)
    await tidy(room.db)
    assert await room.db.read("SELECT id FROM former_look") == []


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
    await room.subscribe(channel)
    await look(room, channel, template="{title}\n{text}")
    article_id, whole = await posted(room, Preset.OWN, summary="It is told.")
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
