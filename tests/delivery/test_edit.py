"""Edits and recalls of what stands in chats: once, in order, as far as Telegram allows, and what came of each."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.delivery import digesting
from bot.delivery.plan import plan_changes
from bot.delivery.worker import Worker
from bot.model import (
    ArticleState,
    ChatKind,
    DeliveryKind,
    DeliveryState,
    Effect,
    Form,
    Mode,
    NewArticle,
    Schedule,
    Selection,
)
from bot.sandbox.nouns import Message
from bot.store import articles, chats, copies, deliveries, subscriptions
from bot.store.merging import Merging
from tests.delivery.conftest import Newsroom, english
from tests.delivery.test_send import PNG
from tests.faults import Gate


async def revise(room: Newsroom, article_id: int, *, by: int | None = None, **changes: Any) -> None:
    """A new revision of what a post shows."""
    old = await articles.get(room.db, article_id)
    values = {name: getattr(old, name) for name in NewArticle.__dataclass_fields__ if hasattr(old, name)}
    values |= {"guid": "", "content_hash": repr(sorted(changes.items()))} | changes
    await articles.update(room.db, article_id, NewArticle(**values), by=by)


async def follow(room: Newsroom) -> None:
    """Plan what has changed, and do it."""
    await plan_changes(room.db)
    await room.worker.run_until_idle()


async def effect(room: Newsroom, chat_id: int, key: str) -> tuple[DeliveryState, str, str]:
    [row] = await room.db.read(
        "SELECT state, effect, error FROM delivery WHERE chat_id = :chat_id AND dedupe_key = :key",
        {"chat_id": chat_id, "key": key},
    )
    return DeliveryState(row["state"]), row["effect"], row["error"]


async def posted(room: Newsroom, chat_id: int, title: str = "First", **fields: Any) -> tuple[int, Message]:
    """An article that has gone to the chat, and its copy there."""
    await room.subscribe(chat_id)
    article_id = await room.announce(title, **fields)
    await room.worker.run_until_idle()
    return article_id, room.posts(chat_id)[-1]


@pytest.fixture
async def pictures() -> AsyncIterator[str]:
    """The address of a site with two pictures, /a.png and /b.png."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=PNG + request.path.encode(), content_type="image/png")

    site = web.Application()
    site.router.add_get("/{name}.png", answer)
    async with TestServer(site) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_changed_article_edits_its_copies_and_posts_nothing(room: Newsroom) -> None:
    rosa, channel = room.scene.rosa, room.scene.channel.id
    room.telegram.people.start(rosa, room.scene.bot)
    await room.subscribe(rosa.id)
    article_id, copy = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert room.titles(channel) == room.titles(rosa.id) == ["Second"]
    assert room.posts(channel)[-1].id == copy.id
    assert copy.reply_markup is not None
    key = f"edit:{article_id}:r2"
    assert await effect(room, channel, key) == (DeliveryState.SENT, Effect.CHANGED, "")
    await follow(room)
    assert await copies.effects(room.db) == {Effect.CHANGED: 2}


async def test_what_posts_do_not_show_edits_nothing(room: Newsroom) -> None:
    article_id, _ = await posted(room, room.scene.channel.id)
    hash_before = (await articles.get(room.db, article_id)).content_hash
    await revise(room, article_id, text="More words further down.", content_hash=hash_before)
    await follow(room)
    assert len(await room.rows(room.scene.channel.id)) == 1


async def test_a_post_that_still_waits_is_written_anew_and_a_withdrawn_one_never_goes(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    changed, withdrawn = await room.announce("Old"), await room.announce("Wrong")
    await revise(room, changed, title="New")
    await articles.withdraw(room.db, withdrawn)
    await plan_changes(room.db)
    assert [row.state for row in await room.rows(channel)] == [DeliveryState.PENDING, DeliveryState.CANCELLED]
    await follow(room)
    assert room.titles(channel) == ["New"]
    first, second = await room.rows(channel)
    assert (first.state, second.state, second.error) == (DeliveryState.SENT, DeliveryState.CANCELLED, "withdrawn")


async def test_a_post_in_flight_while_the_article_changes_is_edited_after(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    article_id = await room.announce("Old")
    gate = Gate(room.telegram)
    room.telegram.faults.add("slow_answer", method="sendMessage", count=1)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived()
    await revise(room, article_id, title="New")
    await plan_changes(room.db)
    gate.open()
    await sending
    assert room.titles(channel) == ["Old"]
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["New"]


async def test_a_newer_edit_takes_the_place_of_one_that_waits(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    for title in ("Second", "Third"):
        await revise(room, article_id, title=title)
        await plan_changes(room.db)
        room.clock.move(minutes=15)
    await room.worker.run_until_idle()
    key = f"edit:{article_id}:r3"
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[0] is DeliveryState.MERGED
    _post, older, newer = await room.rows(channel)
    assert (older.merged_into, newer.dedupe_key) == (newer.id, key)
    assert await effect(room, channel, key) == (DeliveryState.SENT, Effect.CHANGED, "")
    assert [call.method for call in room.telegram.calls].count("editMessageText") == 1


async def test_planning_goes_on_where_a_crash_broke_it_off(room: Newsroom) -> None:
    places = [room.scene.channel.id, room.scene.group.id, room.scene.forum.id]
    for place in places:
        await room.subscribe(place)
    article_id = await room.announce("First")
    await room.worker.run_until_idle()
    await revise(room, article_id, title="Second")
    article = await copies.next_edited(room.db)
    assert article is not None
    assert await copies.plan(room.db, article, chunk=2) == 2  # and here the program was killed
    await follow(room)
    assert [room.titles(place) for place in places] == [["Second"]] * 3
    assert await copies.effects(room.db) == {Effect.CHANGED: 3}
    assert await copies.next_edited(room.db) is None


async def test_an_article_changed_again_while_it_is_planned_begins_anew(room: Newsroom) -> None:
    places = [room.scene.channel.id, room.scene.group.id, room.scene.forum.id]
    for place in places:
        await room.subscribe(place)
    article_id, other_id = await room.announce("First"), await room.announce("Other")
    await room.worker.run_until_idle()
    await revise(room, article_id, title="Second")
    article = await copies.next_edited(room.db)
    assert article is not None
    await copies.plan(room.db, article, chunk=2)
    await revise(room, other_id, title="Others")
    room.clock.move(minutes=15)
    await revise(room, article_id, title="Third")
    assert await copies.plan(room.db, article, chunk=2) == 0
    await follow(room)
    assert [room.titles(place) for place in places] == [["Third", "Others"]] * 3


async def test_that_a_message_is_so_already_is_success(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await revise(room, article_id)  # only the hash
    await follow(room)
    assert await effect(room, channel, f"edit:{article_id}:r2") == (DeliveryState.SENT, Effect.UNCHANGED, "")


async def test_a_copy_that_an_admin_deleted_is_lost_and_not_posted_anew(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, copy = await posted(room, channel)
    room.telegram.people.delete(room.scene.chiara, channel, copy.id)
    await revise(room, article_id, title="Second")
    await follow(room)
    state, came_to, error = await effect(room, channel, f"edit:{article_id}:r2")
    assert (state, came_to) == (DeliveryState.CANCELLED, Effect.LOST)
    assert "not found" in error
    assert room.posts(channel) == []


@pytest.mark.parametrize("fault", ["lost_answer", "server_error_after", "reset", "server_error", "garbled"])
async def test_an_edit_whose_answer_is_lost_is_made_again_in_channels_too(room: Newsroom, fault: str) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    room.telegram.faults.add(fault, method="editMessageText", count=2)
    await revise(room, article_id, title="Second")
    for _ in range(3):
        await follow(room)
        room.clock.move(minutes=1)
    assert room.titles(channel) == ["Second"]
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[0] is DeliveryState.SENT


async def test_a_recall_whose_answer_is_lost_counts_as_deleted(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    room.telegram.faults.add("lost_answer", method="deleteMessage", count=1)
    await articles.withdraw(room.db, article_id)
    await follow(room)
    room.clock.move(minutes=1)
    await follow(room)
    assert await effect(room, channel, f"recall:{article_id}") == (DeliveryState.SENT, Effect.DELETED, "")


async def test_an_edit_in_flight_at_a_crash_is_pending_again_in_channels_too(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await plan_changes(room.db)
    [delivery] = await deliveries.claim(room.db, room.clock(), 10)
    assert delivery.kind is DeliveryKind.EDIT
    assert await deliveries.recover(room.db) == 1
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["Second"]


async def test_what_never_works_ends_as_impossible(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    room.telegram.faults.add("server_error", method="editMessageText")
    await revise(room, article_id, title="Second")
    for _ in range(12):
        await follow(room)
        room.clock.move(hours=1)
    state, came_to, _ = await effect(room, channel, f"edit:{article_id}:r2")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)


async def test_flood_control_puts_an_edit_off(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    room.telegram.faults.add("flood", method="editMessageText", count=1, retry_after=30)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert room.titles(channel) == ["First"]
    room.clock.move(seconds=40)
    await follow(room)
    assert room.titles(channel) == ["Second"]


async def test_edits_of_a_suspended_chat_wait_until_it_resumes(room: Newsroom) -> None:
    rosa = room.scene.rosa
    room.telegram.people.start(rosa, room.scene.bot)
    article_id, _ = await posted(room, rosa.id)
    room.telegram.people.block(rosa, room.scene.bot)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert (await chats.get(room.db, rosa.id)).reason == "blocked"
    room.telegram.people.start(rosa, room.scene.bot)
    await chats.resume(room.db, rosa.id)
    await follow(room)
    assert room.titles(rosa.id) == ["Second"]


async def test_a_text_becomes_a_photo_and_a_photo_another_one(room: Newsroom, pictures: str) -> None:
    channel = room.scene.channel.id
    article_id, copy = await posted(room, channel)
    assert copy.media is None
    await revise(room, article_id, image_url=f"{pictures}/a.png")
    await follow(room)
    first = copy.photo
    assert first is not None
    room.clock.move(minutes=15)
    await revise(room, article_id, image_url=f"{pictures}/a.png", title="Second")
    await follow(room)
    assert copy.photo is first  # the same picture is not sent again
    room.clock.move(minutes=15)
    await revise(room, article_id, image_url=f"{pictures}/b.png")
    await follow(room)
    assert copy.photo is not None
    assert copy.photo is not first
    assert room.titles(channel) == ["Second"]
    assert await copies.effects(room.db) == {Effect.CHANGED: 3}


async def test_a_photo_cannot_become_a_text_so_its_words_change_and_that_is_said(room: Newsroom, pictures: str) -> None:
    channel = room.scene.channel.id
    article_id, copy = await posted(room, channel, image_url=f"{pictures}/a.png")
    assert copy.photo is not None
    await revise(room, article_id, image_url=None, title="Second")
    await follow(room)
    assert copy.caption is not None
    assert copy.caption.startswith("Second")
    state, came_to, error = await effect(room, channel, f"edit:{article_id}:r2")
    assert (state, came_to) == (DeliveryState.REFUSED, Effect.IMPOSSIBLE)
    assert "picture stays" in error


async def test_a_new_picture_that_telegram_cannot_get_leaves_the_rest_changed(room: Newsroom, pictures: str) -> None:
    channel = room.scene.channel.id
    article_id, copy = await posted(room, channel, image_url=f"{pictures}/a.png")
    first = copy.photo
    await revise(room, article_id, image_url="http://127.0.0.1:9/none.png", title="Second")
    await follow(room)
    assert copy.photo is first
    assert (copy.caption or "").startswith("Second")
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[1] == Effect.IMPOSSIBLE


async def test_a_withdrawn_article_is_deleted_of_any_age_in_channels(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    room.clock.move(days=30)
    await articles.withdraw(room.db, article_id)
    await follow(room)
    assert room.posts(channel) == []
    assert await effect(room, channel, f"recall:{article_id}") == (DeliveryState.SENT, Effect.DELETED, "")


async def test_what_is_too_old_or_may_not_be_deleted_says_that_it_was_withdrawn(room: Newsroom) -> None:
    rosa, channel = room.scene.rosa, room.scene.channel.id
    room.telegram.people.start(rosa, room.scene.bot)
    await room.subscribe(rosa.id)
    article_id, _ = await posted(room, channel)
    room.telegram.people.set_rights(room.scene.chiara, channel, room.scene.bot, {"can_delete_messages": False})
    room.clock.move(days=3)
    await articles.withdraw(room.db, article_id)
    await follow(room)
    for place in (rosa.id, channel):
        assert room.titles(place) == ["This article has been withdrawn."]
        assert room.posts(place)[-1].reply_markup is None
        assert (await effect(room, place, f"recall:{article_id}"))[:2] == (DeliveryState.SENT, Effect.CHANGED)


async def test_a_recall_takes_the_place_of_an_edit_that_waits(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await plan_changes(room.db)
    await articles.withdraw(room.db, article_id)
    await follow(room)
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[0] is DeliveryState.MERGED
    assert room.posts(channel) == []


async def daily(room: Newsroom, *titles: str) -> tuple[list[int], Message]:
    """Articles that went out in one digest, and its message."""
    channel = room.scene.channel.id
    one = await room.subscribe(channel, mode=Mode.DIGEST, schedule=Schedule(), next_run_at=room.clock())
    await subscriptions.change(room.db, one.id, lambda s: replace(s, selection=Selection(at_most=60)))
    ids = [await room.announce(title) for title in titles]
    await digesting.due(room.db)
    await room.worker.run_until_idle()
    return ids, room.posts(channel)[-1]


async def test_a_copy_in_a_digest_is_edited_there(room: Newsroom) -> None:
    ids, message = await daily(room, "First", "Second")
    await revise(room, ids[1], title="Better")
    await follow(room)
    assert "First" in (message.text or "")
    assert "Better" in (message.text or "")
    assert "Second" not in (message.text or "")
    await articles.withdraw(room.db, ids[0])
    await follow(room)
    assert "First" not in (message.text or "")
    assert "1 new article" in (message.text or "")
    await articles.withdraw(room.db, ids[1])
    await follow(room)
    assert room.posts(room.scene.channel.id) == []
    assert await copies.effects(room.db) == {Effect.CHANGED: 2, Effect.DELETED: 1}


async def test_a_digest_of_several_messages_shrinks_and_never_grows(room: Newsroom) -> None:
    channel = room.scene.channel.id
    ids, _ = await daily(room, *(f"Story {number}" for number in range(60)))
    assert len(room.posts(channel)) == 2
    ids.reverse()  # as the digest shows them
    for article_id in ids[20:]:
        await articles.withdraw(room.db, article_id)
    await follow(room)
    [message] = room.posts(channel)
    assert (message.text or "").count("•") == 20
    for article_id in ids[:20]:
        await revise(room, article_id, title="T" * 150, summary="S " * 300)
    await follow(room)
    assert room.posts(channel) == [message]
    assert (message.text or "").count("•") == 20
    assert (await copies.effects(room.db))[Effect.IMPOSSIBLE] >= 1
    await articles.withdraw(room.db, ids[0])
    await follow(room)
    assert len(message.text or "") > 4000  # what fits is left, less the one that was withdrawn
    assert (message.text or "").count("•") < 19
    for article_id in ids[1:19]:
        await articles.withdraw(room.db, article_id)
    await follow(room)
    assert room.posts(channel) == [message]
    assert (message.text or "").count("•") == 1


async def test_a_group_that_became_a_supergroup_loses_its_copies_and_touches_no_other_message(room: Newsroom) -> None:
    group = room.telegram.add_group(room.scene.chiara, "Small", kind="group")
    article_id, copy = await posted(room, group.id)
    upgraded = room.telegram.people.upgrade_group(group.id)
    await chats.migrate(room.db, group.id, upgraded.id)
    await chats.saw(room.db, replace(await chats.get(room.db, upgraded.id), kind=ChatKind.SUPERGROUP))
    while upgraded.last_message_id < copy.id:
        await room.bot.send_message(upgraded.id, "Something else")
    await articles.withdraw(room.db, article_id)
    await follow(room)
    assert (await effect(room, upgraded.id, f"recall:{article_id}"))[:2] == (DeliveryState.CANCELLED, Effect.LOST)
    assert copy.id in upgraded.messages


async def test_an_uncertain_copy_is_noted_since_nobody_knows_where_it_stands(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    article_id = await room.announce("First")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await revise(room, article_id, title="Second")
    await follow(room)
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[1] == Effect.IMPOSSIBLE
    assert room.titles(channel) == ["First"]


async def test_the_form_of_each_copy_is_kept(room: Newsroom, pictures: str) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await posted(room, channel, "Second", image_url=f"{pictures}/a.png")
    assert [copy.form for copy in await copies.at(room.db, article_id, channel, 0)] == [Form.TEXT]
    assert [copy.form for copy in await copies.at(room.db, article_id + 1, channel, 0)] == [Form.PHOTO]
    assert (await articles.get(room.db, article_id)).state is ArticleState.PUBLISHED


async def test_an_edit_of_what_was_withdrawn_meanwhile_leaves_it_to_the_recall(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await plan_changes(room.db)
    await articles.withdraw(room.db, article_id)
    await room.worker.run_until_idle()  # before the withdrawal is planned
    assert room.titles(channel) == ["First"]
    await follow(room)
    assert room.posts(channel) == []
    assert (await effect(room, channel, f"edit:{article_id}:r2"))[0] is DeliveryState.CANCELLED
    assert (await effect(room, channel, f"recall:{article_id}"))[1] == Effect.DELETED


async def test_a_recall_that_is_interrupted_does_not_take_its_own_deletions_for_lost(room: Newsroom) -> None:
    channel = room.scene.channel.id
    ids, _ = await daily(room, *(f"Story {number}" for number in range(60)))
    await room.db.execute("UPDATE article SET state = 'withdrawn'")
    await room.db.execute("UPDATE article SET edited_seq = 99 WHERE id = :id", {"id": ids[0]})
    first, second = room.posts(channel)
    room.telegram.faults.add("slow", method="deleteMessage", delay=0, count=1)
    room.telegram.faults.add("flood", method="deleteMessage", count=1, retry_after=30)
    await follow(room)
    assert room.posts(channel) == [second]
    [recall] = [row for row in await room.rows(channel) if row.kind is DeliveryKind.RECALL]
    assert (recall.state, recall.message_ids) == (DeliveryState.PENDING, (first.id,))
    room.clock.move(minutes=1)
    await follow(room)
    assert (await effect(room, channel, f"recall:{ids[0]}"))[1] == Effect.DELETED


async def test_a_copy_in_a_burst_is_edited_there(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    ids = [await room.announce(f"Story {number}.") for number in range(8)]
    worker = Worker(room.db, room.bot, english, clock=room.clock, merging=Merging(burst=5))
    await worker.run_until_idle()
    [message] = room.posts(channel)
    await revise(room, ids[3], title="Better.")
    await articles.withdraw(room.db, ids[4])
    await follow(room)
    assert "Better." in (message.text or "")
    assert "Story 3." not in (message.text or "")
    assert "Story 4." not in (message.text or "")
    assert await copies.effects(room.db) == {Effect.CHANGED: 1, Effect.UNCHANGED: 1}


async def test_of_a_digest_in_doubt_what_is_known_is_edited(room: Newsroom) -> None:
    channel = room.scene.channel.id
    one = await room.subscribe(channel, mode=Mode.DIGEST, schedule=Schedule(), next_run_at=room.clock())
    await subscriptions.change(room.db, one.id, lambda s: replace(s, selection=Selection(at_most=60)))
    ids = [await room.announce(f"Story {number}.") for number in range(60)]
    await digesting.due(room.db)
    room.telegram.faults.add("slow", method="sendMessage", delay=0, count=1)
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    first = room.posts(channel)[0]
    assert "Story 59." in (first.text or "")
    await articles.withdraw(room.db, ids[59])
    await follow(room)
    assert "Story 59." not in (first.text or "")
    assert (await effect(room, channel, f"recall:{ids[59]}"))[1] == Effect.IMPOSSIBLE
