"""While the store is full, locked or damaged people read on, nothing is pushed, and the owner knows."""

import asyncio

import pytest

from bot.delivery import doubts
from bot.errors import StoreFault
from bot.sandbox.nouns import Person
from bot.store import faults, settings
from tests.faults import fill_disk, locked, make_room, spoil, wait_for_locks
from tests.program.harness import Program


async def an_owner_and_a_channel(program: Program) -> None:
    people, scene = program.telegram.people, program.scene
    await program.make_maintainer(scene.owen)
    await program.start(scene.owen)
    people.start(scene.chiara, scene.bot)
    people.add_bot(scene.chiara, scene.channel.id, scene.bot)
    await program.idle()
    await program.run_jobs()
    [card] = [m for m in program.from_bot(scene.chiara.id) if "Instant" in " ".join(program.labels(m))]
    await program.tap(scene.chiara, card, "Instant")
    await program.publish("Bread rises")
    await program.run_jobs()
    await program.start(scene.rosa)


def posted(program: Program) -> list[str]:
    return [text.split("\n")[0] for text in program.shown(program.scene.channel.id)]


async def look_around(program: Program, person: Person) -> None:
    """All that a reader does."""
    latest = await program.ask(person, "/latest")
    assert "Bread rises" in (latest.text or "")
    assert "Bread rises" in ((await program.ask(person, "/search rises")).text or "")
    assert "Bread rises" in ((await program.ask(person, "bread")).text or "")
    oldest = max(label for label in program.labels(latest) if label.isdecimal())
    await program.tap(person, latest, oldest)
    assert any("About Bread rises." in text for text in program.shown(person.id))
    assert not any("went wrong" in text for text in program.shown(person.id))


async def test_on_a_full_disk_people_read_on_and_with_room_all_goes_on_by_itself(program: Program) -> None:
    rosa, owen = program.scene.rosa, program.scene.owen
    await an_owner_and_a_channel(program)
    await program.publish("Due")
    beat = await settings.heartbeat_at(program.app.db)
    await fill_disk(program.app.db)
    await look_around(program, rosa)
    assert program.app.db.fault is StoreFault.FULL
    before = len(program.shown(rosa.id))
    await program.ask(rosa, "/subscribe")
    await program.tap(rosa, program.from_bot(rosa.id)[-1], "Instant")
    assert "I cannot save anything at the moment" in program.shown(rosa.id)[-1]
    assert len(program.shown(rosa.id)) <= before + 3
    for _ in range(3):
        program.clock.move(seconds=20)
        await program.run_jobs()
    assert posted(program) == ["Bread rises"]
    assert sum("The disk is full" in text for text in program.shown(owen.id)) == 1
    assert await settings.heartbeat_at(program.app.db) == beat, "no sign of life: `paperboy health` tells"

    await make_room(program.app.db)
    program.clock.move(minutes=2)
    await program.run_jobs()
    await program.run_jobs()
    assert await faults.probe(program.app.db) is None
    assert posted(program) == ["Bread rises", "Due"]
    program.clock.move(minutes=2)
    await program.run_jobs()
    assert "works again" in program.shown(owen.id)[-1]
    assert await settings.heartbeat_at(program.app.db) == program.clock()
    await program.ask(rosa, "/help")
    assert await program.app.db.read("SELECT 1 FROM inbox WHERE handled_at IS NULL") == []


async def test_while_another_process_keeps_the_lock_people_wait_little_and_read_on(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "PATIENCE_SECONDS", 0.1)
    await an_owner_and_a_channel(program)
    await wait_for_locks(program.app.db, 1000)
    await program.publish("Due")
    with locked(program.app.db.path):
        await look_around(program, program.scene.rosa)
        while program.app.db.fault is None:
            await asyncio.sleep(0.05)
        await look_around(program, program.scene.rosa)
        await program.app._look_after_the_store()
        assert "keeps the store locked" in program.shown(program.scene.owen.id)[-1]
        assert posted(program) == ["Bread rises"]
    await program.run_jobs()
    await program.run_jobs()
    assert posted(program) == ["Bread rises", "Due"]


async def test_around_a_damaged_page_people_read_on_and_no_delivery_is_lost(program: Program) -> None:
    rosa = program.scene.rosa
    await an_owner_and_a_channel(program)
    await program.publish("Broken", summary="In short.", body=f"<p>{'<b>m4</b>' * 6000}</p>")
    await program.publish("Due")
    await program.app._plan()
    await program.stop_bot()
    spoil(program.folder / "paperboy.db", b"<b>m4</b>")
    await program.start_bot()
    for _ in range(2):
        await program.app.worker.run_until_idle()
        await look_around(program, rosa)
    latest = await program.ask(rosa, "/latest")
    await program.tap(rosa, latest, "2")
    assert "a part of my store is damaged" in program.shown(rosa.id)[-1]
    assert program.app.db.fault is StoreFault.DAMAGED
    rows = await program.app.db.read("SELECT state, attempts FROM delivery ORDER BY id")
    assert [tuple(row) for row in rows] == [("sent", 1), ("pending", 0), ("pending", 0)]
    assert posted(program) == ["Bread rises"]
    await program.run_jobs()
    assert "The store is damaged" in program.shown(program.scene.owen.id)[-1]
    program.clock.move(minutes=11)
    beat = await settings.heartbeat_at(program.app.db)
    await program.run_jobs()
    assert program.app.db.fault is StoreFault.DAMAGED
    assert await settings.heartbeat_at(program.app.db) == beat


async def test_on_a_full_disk_what_others_write_is_left_alone_and_a_group_is_answered_once(program: Program) -> None:
    people, scene = program.telegram.people, program.scene
    await an_owner_and_a_channel(program)
    people.add_bot(scene.chiara, scene.forum.id, scene.bot)
    await program.idle()
    await fill_disk(program.app.db)
    people.post(scene.chiara, scene.channel.id, "We open at nine")
    people.send(scene.chiara, scene.forum.id, "Who brings bread?")
    await program.idle()
    assert posted(program) == ["Bread rises", "We open at nine"]
    assert program.from_bot(scene.forum.id) == []
    people.send(scene.chiara, scene.forum.id, "/latest")
    await program.idle()
    assert len(program.from_bot(scene.forum.id)) == 1


async def test_whatever_fails_at_what_people_say_to_each_other_nobody_is_told(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, scene = program.telegram.people, program.scene
    await an_owner_and_a_channel(program)
    people.add_bot(scene.chiara, scene.forum.id, scene.bot)

    async def fails(*_: object) -> int:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(doubts, "note", fails)
    people.post(scene.chiara, scene.channel.id, "We open at nine")
    people.send(scene.chiara, scene.forum.id, "Who brings bread?")
    await program.idle()
    assert posted(program) == ["Bread rises", "We open at nine"]
    assert program.from_bot(scene.forum.id) == []
