"""A restored store sends, plans and makes nothing until an owner resumes it."""

import json
from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.delivery import digesting, notices
from bot.delivery.plan import plan
from bot.model import DeliveryState, Mode, Role, Schedule
from bot.store import maintainers, outbox, plans, restored, settings
from bot.store.db import Database
from tests.delivery.conftest import Newsroom, english


async def hold(db: Database) -> None:
    made_at, restored_at = to_ms(db.now() - timedelta(days=4)), to_ms(db.now())
    await settings.put(db, restored.KEY, json.dumps({"made_at": made_at, "restored_at": restored_at}))


async def test_nothing_is_sent_planned_or_made_into_a_digest_while_a_restored_store_waits(room: Newsroom) -> None:
    channel, group = room.scene.channel.id, room.scene.group.id
    await room.subscribe(channel)
    await room.subscribe(group, mode=Mode.DIGEST, next_run_at=room.clock())
    await room.announce("Due")
    await hold(room.db)
    await room.announce("Polled since")
    await room.worker.run_until_idle()
    assert (await plan(room.db), await digesting.due(room.db)) == (0, 0)
    assert (room.titles(channel), room.titles(group)) == ([], [])
    assert await plans.plan_cursor(room.db) == 1


@pytest.mark.parametrize(
    ("drop", "titles"), [(False, ["Due", "Polled since", "New"]), (True, ["New"])], ids=["resumed", "dropped"]
)
async def test_after_the_answer_what_was_due_goes_out_or_never_does(
    room: Newsroom, drop: bool, titles: list[str]
) -> None:
    channel, group = room.scene.channel.id, room.scene.group.id
    await room.subscribe(channel)
    await room.subscribe(group, mode=Mode.DIGEST, next_run_at=room.clock())
    await room.announce("Due")
    await hold(room.db)
    await room.announce("Polled since")
    await restored.resume(room.db, drop=drop)
    await room.announce("New")
    await digesting.due(room.db)
    await room.worker.run_until_idle()
    assert room.titles(channel) == titles
    [post] = room.posts(group)
    assert [title for title in ("Due", "Polled since", "New") if title in (post.text or "")] == titles
    assert [row.state for row in await room.rows(channel)][-1] is DeliveryState.SENT


async def test_what_was_in_doubt_when_all_is_dropped_after_a_restore_stays_listed(room: Newsroom) -> None:
    rosa = room.scene.rosa.id
    room.telegram.people.start(room.scene.rosa, room.scene.bot)
    await room.subscribe(rosa)
    await room.announce("Doubtful")
    room.telegram.faults.add("lost_answer", method="sendMessage", count=1)
    await room.worker.run_until_idle()
    await room.announce("Due")
    await hold(room.db)
    await restored.resume(room.db, drop=True)
    rows = await room.rows(rosa)
    assert [(row.state, row.error) for row in rows] == [
        (DeliveryState.UNCERTAIN, "dropped"),
        (DeliveryState.CANCELLED, "dropped"),
    ]
    assert [each.id for each in await outbox.troubled(room.db, 9)] == [rows[0].id]


async def test_an_owner_is_asked_with_the_facts_of_the_moment(room: Newsroom) -> None:
    owen = room.scene.owen
    room.telegram.people.start(owen, room.scene.bot)
    await room.know(owen.id)
    await maintainers.add(room.db, owen.id, Role.OWNER)
    await room.subscribe(room.scene.channel.id)
    await room.announce("Due")
    await hold(room.db)
    await restored.ask(room.db)
    await room.announce("Polled since")
    assert await notices.send_due(room.db, room.bot, english, key=b"k" * 32, schedule=Schedule()) == 1
    said = room.posts(owen.id)[-1].text or ""
    assert "1 message is due." in said
    assert "1 new article would be announced." in said
    assert "The backup was 4 days old." in said
    assert await notices.send_due(room.db, room.bot, english, key=b"k" * 32, schedule=Schedule()) == 0
