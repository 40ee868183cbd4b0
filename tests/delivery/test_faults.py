"""When the store cannot be written or read: nothing is claimed, nothing that went out is forgotten or sent again."""

import asyncio
import logging
from functools import partial

import pytest

from bot.delivery import digesting
from bot.delivery.alarm import QUIET, SOUND, Alarm
from bot.delivery.unwritten import Unwritten
from bot.errors import StoreFault
from bot.model import DeliveryState, Mode, Role
from bot.sandbox.faults import FaultKind
from bot.store import deliveries, faults, maintainers
from tests.delivery.conftest import Newsroom, english
from tests.faults import Gate, fill_disk, locked, make_room, wait_for_locks


async def test_what_went_out_while_the_disk_filled_is_written_when_there_is_room_and_sent_once(
    room: Newsroom,
) -> None:
    places = [room.scene.channel.id, room.scene.group.id]
    for chat_id in places:
        await room.subscribe(chat_id)
    for title in ("First", "Second"):
        await room.announce(title)
    await deliveries.next_due_at(room.db)
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW, method="sendMessage", count=2)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived(2)
    await fill_disk(room.db)
    gate.open()
    assert await sending == 2
    assert room.db.fault is StoreFault.FULL
    assert len(room.worker.unwritten) == 2
    for chat_id in places:
        first, second = await room.rows(chat_id)
        assert (first.state, second.state) == (DeliveryState.SENDING, DeliveryState.PENDING)
    await room.worker.run_until_idle()
    assert [room.titles(chat_id) for chat_id in places] == [["First"]] * 2, "nothing more is claimed"

    await make_room(room.db)
    assert await faults.probe(room.db) is None
    await room.worker.run_until_idle()
    assert [room.titles(chat_id) for chat_id in places] == [["First", "Second"]] * 2
    assert len(room.worker.unwritten) == 0
    for chat_id in places:
        rows = await room.rows(chat_id)
        assert [row.state for row in rows] == [DeliveryState.SENT] * 2
        assert [row.message_ids for row in rows] == [(post.id,) for post in room.posts(chat_id)]


async def test_nothing_is_claimed_while_outcomes_wait_even_if_the_store_seems_well(room: Newsroom) -> None:
    """Only what is written down may be followed by more."""
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    await room.worker.run_until_idle()
    await fill_disk(room.db)
    await make_room(room.db)
    await room.announce("Second")
    await fill_disk(room.db)
    [_, second] = await room.rows(room.scene.channel.id)
    await room.worker.unwritten.write(
        second, partial(deliveries.again, room.db, second.id, room.clock(), counted=False)
    )
    assert len(room.worker.unwritten) == 0, "there was nothing to change, so nothing failed"
    await room.worker.unwritten.write(second, partial(deliveries.refuse, room.db, second.id, "x"))
    assert len(room.worker.unwritten) == 1
    room.db.works()  # as after a probe that was lucky
    assert await room.worker.step() == 0
    assert room.titles(room.scene.channel.id) == ["First"]


async def test_the_first_part_of_a_digest_that_could_not_be_noted_is_not_sent_again(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel, mode=Mode.DIGEST, next_run_at=room.clock())
    for number in range(60):
        await room.announce(f"Story {number}", summary="A summary. " * 12)
    await digesting.due(room.db)
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW, method="sendMessage", count=1)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived()
    await fill_disk(room.db)
    room.telegram.faults.add(FaultKind.FLOOD, chat_id=channel, retry_after=60, count=1)  # for the second part
    gate.open()
    await sending
    assert len(room.posts(channel)) == 1
    await make_room(room.db)
    await faults.probe(room.db)
    await room.worker.run_until_idle()
    room.clock.move(seconds=62)
    await room.worker.run_until_idle()
    posts = room.posts(channel)
    assert len({post.text for post in posts}) == len(posts) > 1
    assert (await room.row()).message_ids == tuple(post.id for post in posts)


async def test_an_answer_that_comes_while_another_process_keeps_the_lock_is_written_afterwards(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await wait_for_locks(room.db, 200)
    await room.subscribe(channel)
    await room.announce("First")
    await room.announce("Second")
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW, method="sendMessage", count=1)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived()
    with locked(room.db.path):
        gate.open()
        await sending
        assert room.db.fault is StoreFault.LOCKED
        assert await room.worker.step() == 0
        assert await faults.probe(room.db) is StoreFault.LOCKED
    assert await faults.probe(room.db) is None
    await room.worker.run_until_idle()
    assert room.titles(channel) == ["First", "Second"]
    assert [row.state for row in await room.rows(channel)] == [DeliveryState.SENT] * 2


async def test_a_worker_that_stops_writes_what_it_still_can(room: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    await room.announce("First")
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW, method="sendMessage", count=1)
    sending = asyncio.create_task(room.worker.step())
    await gate.arrived()
    await fill_disk(room.db)
    gate.open()
    await sending
    await room.worker.stop()
    assert "outcomes that could not be written: deliveries=1" in caplog.text
    await make_room(room.db)
    await room.worker.stop()
    assert (await room.row()).state is DeliveryState.SENT


async def test_an_outcome_that_fails_for_another_reason_holds_nothing_up(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    await room.subscribe(room.scene.channel.id)
    await room.announce("First")
    [row] = await room.rows(room.scene.channel.id)

    async def broken() -> None:
        raise ValueError("a mistake of ours")

    unwritten = Unwritten()
    await fill_disk(room.db)
    await unwritten.write(row, partial(deliveries.refuse, room.db, row.id, "x"))
    await unwritten.write(row, broken)
    assert not await unwritten.flush()
    await make_room(room.db)
    with caplog.at_level(logging.ERROR):
        assert await unwritten.flush()
    assert "no recorded outcome" in caplog.text
    with pytest.raises(ValueError, match="mistake"):
        await unwritten.write(row, broken)


async def test_owners_are_told_once_an_hour_without_a_row_and_again_when_all_is_well(room: Newsroom) -> None:
    owen, chiara = room.scene.owen, room.scene.chiara
    for person, role in ((owen, Role.OWNER), (chiara, Role.EDITOR)):
        room.telegram.people.start(person, room.scene.bot)
        await room.know(person.id)
        await maintainers.add(room.db, person.id, role)
    alarm = Alarm(room.db, room.bot, english, clock=room.clock, unwritten=lambda: 1)
    await alarm.look()
    await fill_disk(room.db)
    with pytest.raises(Exception, match="full"):
        await room.announce("First")
    for _ in range(3):
        assert await alarm.look() is StoreFault.FULL
        room.clock.move(seconds=5)
    [told] = room.posts(owen.id)
    assert "The disk is full" in (told.text or "")
    assert "1 message went out and is not noted down yet" in (told.text or "")
    room.clock.move(seconds=QUIET.total_seconds())
    await alarm.look()
    assert len(room.posts(owen.id)) == 2

    await make_room(room.db)
    assert await alarm.look() is None
    assert len(room.posts(owen.id)) == 2, "it may fill up again at once"
    room.clock.move(seconds=SOUND.total_seconds())
    await alarm.look()
    await alarm.look()
    assert "works again" in (room.posts(owen.id)[-1].text or "")
    assert len(room.posts(owen.id)) == 3
    assert room.posts(chiara.id) == []


async def test_what_was_told_of_a_full_disk_keeps_nobody_from_hearing_that_the_store_is_damaged(room: Newsroom) -> None:
    owen = room.scene.owen
    room.telegram.people.start(owen, room.scene.bot)
    await maintainers.add(room.db, owen.id, Role.OWNER)
    alarm = Alarm(room.db, room.bot, english, clock=room.clock, unwritten=lambda: 0)
    for fault in (StoreFault.FULL, StoreFault.DAMAGED, StoreFault.DAMAGED, StoreFault.FULL):
        room.db.is_faulty(fault, "a trial")
        await alarm.look()
        room.db.works()
        room.clock.move(minutes=5)
    told = [(post.text or "").split("\n")[0] for post in room.posts(owen.id)]
    assert [("full" in line, "damaged" in line) for line in told] == [(True, False), (False, True)]


async def test_owners_are_told_by_who_they_were_when_their_own_rows_cannot_be_read(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    owen = room.scene.owen
    room.telegram.people.start(owen, room.scene.bot)
    await maintainers.add(room.db, owen.id, Role.OWNER)
    alarm = Alarm(room.db, room.bot, english, clock=room.clock, unwritten=lambda: 0)
    await alarm.look()
    damage = type("Damage", (Exception,), {"sqlite_errorcode": 11})

    async def unreadable(_: object) -> list[object]:
        raise damage

    monkeypatch.setattr(maintainers, "list", unreadable)
    room.db.is_faulty(StoreFault.DAMAGED, "a page")
    await alarm.look()
    assert "The store is damaged" in (room.posts(owen.id)[0].text or "")
