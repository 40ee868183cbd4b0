"""Who the admins of a chat are: Telegram reports it, and is asked for what nobody heard; who is told of lost rights."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery import admins
from bot.sandbox.nouns import Bot, Chat, Person
from bot.store import admins as store_admins
from bot.store import chats, inbox, subscriptions
from bot.store.db import Store
from tests.program.harness import Program
from tests.program.test_pushing import connect


async def sees(program: Program, person: Person) -> bool:
    """Whether /channels lists the channel for them."""
    return "Harbour News" in ((await program.ask(person, "/channels")).text or "")


async def linked(program: Program, chat: Chat) -> list[int]:
    rows = await program.app.db.read("SELECT person_id FROM chat_admin WHERE chat_id = :id", {"id": chat.id})
    return sorted(row["person_id"] for row in rows)


def make_admin(program: Program, person: Person, *, anonymous: bool = False) -> None:
    scene = program.scene
    if not scene.channel.member(person).present:
        program.telegram.people.join(person, scene.channel.id)
    program.telegram.people.promote(scene.chiara, scene.channel.id, person, anonymous=anonymous)


async def test_who_is_promoted_later_finds_the_channel_listed_and_who_is_demoted_no_more(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.start(scene.owen)
    assert not await sees(program, scene.owen)
    make_admin(program, scene.owen)
    await program.idle()
    assert await sees(program, scene.owen)
    program.telegram.people.promote(scene.chiara, scene.channel.id, scene.owen, {})
    await program.idle()
    assert await linked(program, scene.channel) == [scene.chiara.id]
    assert not await sees(program, scene.owen)


async def test_an_anonymous_admin_finds_nothing_listed(program: Program) -> None:
    scene = program.scene
    await connect(program)
    make_admin(program, scene.owen, anonymous=True)
    await program.idle()
    program.clock.now += timedelta(days=1)
    await program.run_jobs()
    assert await linked(program, scene.channel) == [scene.chiara.id]


async def test_an_admin_who_becomes_anonymous_keeps_what_they_connected(program: Program) -> None:
    scene = program.scene
    await connect(program)
    scene.channel.members[scene.chiara.id].anonymous = True
    program.clock.now += timedelta(days=1)
    await program.run_jobs()
    assert await linked(program, scene.channel) == [scene.chiara.id]


async def test_what_changed_while_the_bot_was_off_for_long_is_asked_for(program: Program) -> None:
    """Telegram keeps what it reports for a day."""
    scene = program.scene
    make_admin(program, scene.rosa)
    await connect(program)
    assert await linked(program, scene.channel) == sorted([scene.chiara.id, scene.rosa.id])
    await program.stop_bot()
    make_admin(program, scene.owen)
    program.telegram.people.promote(scene.chiara, scene.channel.id, scene.rosa, {})
    scene.bot.updates.clear()
    program.clock.now += timedelta(days=2)
    await program.start_bot()
    await program.run_jobs()
    assert await linked(program, scene.channel) == sorted([scene.chiara.id, scene.owen.id])


async def test_what_changed_while_the_bot_was_off_for_a_while_is_reported(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.stop_bot()
    make_admin(program, scene.owen)
    await program.start_bot()
    await program.idle()
    assert await linked(program, scene.channel) == sorted([scene.chiara.id, scene.owen.id])


async def test_a_group_where_the_bot_is_an_ordinary_member_is_asked_once_a_day(program: Program) -> None:
    scene = program.scene
    program.telegram.people.add_bot(scene.chiara, scene.group.id, scene.bot, admin=False)
    await program.idle()
    before = await linked(program, scene.group)
    program.telegram.people.promote(scene.chiara, scene.group.id, scene.owen)
    await program.idle()
    await program.run_jobs()
    assert await linked(program, scene.group) == before
    program.clock.now += timedelta(days=1)
    await program.run_jobs()
    assert await linked(program, scene.group) == sorted({*before, scene.owen.id})


async def test_who_is_promoted_while_telegram_is_asked_stays_linked(program: Program) -> None:
    scene, db = program.scene, program.app.db
    await connect(program)
    asked_at = program.clock.now
    program.clock.now += timedelta(seconds=1)
    make_admin(program, scene.owen)
    await program.idle()
    await store_admins.put(db, scene.channel.id, {scene.chiara.id}, asked_at=asked_at)
    assert await linked(program, scene.channel) == sorted([scene.chiara.id, scene.owen.id])


def asked(program: Program) -> int:
    """How often Telegram was asked for admins since this was last called."""
    calls = [call for call in program.telegram.calls if call.method == "getChatAdministrators"]
    program.telegram.calls.clear()
    return len(calls)


async def test_many_chats_are_asked_for_a_few_at_a_time_and_each_once_a_day(program: Program) -> None:
    scene = program.scene
    made = [program.telegram.add_channel(scene.chiara, f"Channel {n}") for n in range(admins.A_RUN + 5)]
    for channel in made:
        program.telegram.people.add_bot(scene.chiara, channel.id, scene.bot)
    await program.idle()
    asked(program)
    program.clock.now += timedelta(days=1)
    for expected in (admins.A_RUN, 5, 0):
        await admins.refresh(program.app.db, program.app.bot)
        assert asked(program) == expected
    program.clock.now += timedelta(hours=23)
    await admins.refresh(program.app.db, program.app.bot)
    assert asked(program) == 0


async def test_one_chat_that_cannot_be_asked_for_stops_no_other(program: Program) -> None:
    scene = program.scene
    await connect(program)
    program.telegram.people.add_bot(scene.chiara, scene.group.id, scene.bot)
    await program.idle()
    program.clock.now += timedelta(days=1)
    program.telegram.faults.add("server_error", method="getChatAdministrators", chat_id=scene.channel.id, count=99)
    program.telegram.faults.add("server_error", method="getChatAdministrators", chat_id=scene.group.id, count=1)
    scene.group.members.pop(scene.owen.id, None)
    scene.group.members[scene.rosa.id].status = "administrator"
    for _ in range(3):
        await program.run_jobs()
    assert scene.rosa.id not in await linked(program, scene.group)
    for _ in range(3):
        program.clock.now += timedelta(minutes=31)
        await program.run_jobs()
    assert scene.rosa.id in await linked(program, scene.group)


async def test_only_reports_about_admins_are_kept_not_those_of_readers_who_come_and_go(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, take = program.scene, inbox.take
    kept: list[dict[str, Any]] = []

    async def noted(store: Store, updates: Sequence[dict[str, Any]]) -> list[int]:
        kept.extend(update for update in updates if "chat_member" in update)
        return await take(store, updates)

    await connect(program)
    monkeypatch.setattr(inbox, "take", noted)
    program.telegram.people.join(scene.owen, scene.channel.id)
    program.telegram.people.leave(scene.owen, scene.channel.id)
    make_admin(program, scene.owen)
    program.telegram.people.promote(scene.chiara, scene.channel.id, scene.owen, {})
    await program.idle()
    statuses = [update["chat_member"]["new_chat_member"]["status"] for update in kept]
    assert statuses == ["administrator", "member"]


# Who is told of lost rights -----------------------------------------------------------------------------------------


async def lose_rights(program: Program) -> None:
    """The bot may post no more; the others are who Telegram last said."""
    scene = program.scene
    program.telegram.people.set_rights(scene.chiara, scene.channel.id, scene.bot, {"can_post_messages": False})
    await program.idle()
    await program.run_jobs()
    await program.run_jobs()


def told(program: Program, people: Sequence[Person]) -> list[str]:
    """Who of them was told, once for each message."""
    return [
        person.first_name
        for person in people
        for message in program.from_bot(person.id)
        if "I had to stop sending to Harbour News" in (message.text or "")
    ]


async def test_who_connected_the_channel_is_told_alone(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.start(scene.owen)
    make_admin(program, scene.owen)
    await program.idle()
    await lose_rights(program)
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Chiara"]


async def test_who_is_no_admin_any_more_is_not_told_but_the_others(program: Program) -> None:
    scene = program.scene
    await connect(program)
    for person in (scene.owen, scene.rosa):
        await program.start(person)
        make_admin(program, person)
    await program.idle()
    await program.app.db.execute("UPDATE chat SET connected_by = :id WHERE kind = 'channel'", {"id": scene.rosa.id})
    program.telegram.people.promote(scene.chiara, scene.channel.id, scene.rosa, {})
    await program.idle()
    await lose_rights(program)
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Chiara", "Owen"]


async def test_where_nobody_is_known_to_have_connected_it_the_admins_are_told(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.app.db.execute("UPDATE chat SET connected_by = NULL WHERE kind = 'channel'")
    await lose_rights(program)
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Chiara"]


async def test_another_admin_is_told_where_who_connected_it_cannot_be_written_to(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.start(scene.owen)
    make_admin(program, scene.owen)
    program.telegram.people.block(scene.chiara, scene.bot)
    await program.idle()
    await lose_rights(program)
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Owen"]


async def test_where_no_admin_is_known_the_bots_owners_are_told(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.make_maintainer(scene.rosa)
    await program.start(scene.rosa)
    await program.app.db.execute("DELETE FROM chat_admin")
    await lose_rights(program)
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Rosa"]


async def test_an_error_of_telegram_tells_the_same_people_as_a_report(program: Program) -> None:
    scene = program.scene
    await connect(program)
    await program.start(scene.owen)
    make_admin(program, scene.owen)
    program.telegram.change_member(scene.channel, scene.owen, scene.chiara, "member")
    await program.idle()
    text = "need administrator rights in the channel chat"
    program.telegram.faults.add("bad_request", method="sendMessage", chat_id=scene.channel.id, text=text)
    await program.publish("Missed")
    await program.run_jobs()
    await program.run_jobs()
    assert told(program, [scene.chiara, scene.owen, scene.rosa]) == ["Owen"]


async def test_a_bot_that_an_anonymous_admin_adds_belongs_to_the_admins_who_are_known(program: Program) -> None:
    """Telegram reports the act in the name of a bot, as all anonymous admins of a group have it."""
    scene, db = program.scene, program.app.db
    nameless = Bot(1087968824, "", "GroupAnonymousBot", "Group")
    program.telegram.change_member(scene.group, nameless, scene.bot, "member")
    await program.idle()
    known = await chats.get(db, scene.group.id)
    assert known.connected_by is None
    assert await linked(program, scene.group) == [scene.chiara.id]
    assert await store_admins.told_of(db, known) == [scene.chiara.id]
    assert await subscriptions.of_chat(db, scene.group.id) == []
