"""What a source changes reaches each copy at most once in 15 minutes; people do not wait."""

from bot.delivery.plan import plan_changes
from bot.store import articles
from tests.delivery.conftest import Newsroom
from tests.delivery.test_edit import follow, posted, revise


def edits(room: Newsroom) -> int:
    return [call.method for call in room.telegram.calls].count("editMessageText")


async def minute_by_minute(room: Newsroom, minutes: int) -> None:
    for _minute in range(minutes):
        room.clock.move(minutes=1)
        await follow(room)


async def test_the_first_change_is_shown_at_once_and_what_follows_within_15_minutes_together(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await follow(room)
    assert room.titles(channel) == ["Second"]
    for title in ("Third", "Fourth"):
        await minute_by_minute(room, 4)
        await revise(room, article_id, title=title)
        await follow(room)
    await minute_by_minute(room, 6)
    assert (room.titles(channel), edits(room)) == (["Second"], 1)
    await minute_by_minute(room, 1)
    assert (room.titles(channel), edits(room)) == (["Fourth"], 2)
    await minute_by_minute(room, 40)
    assert edits(room) == 2


async def test_a_change_each_minute_is_four_edits_an_hour(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    for number in range(59):
        await revise(room, article_id, title=f"Version {number}")
        await minute_by_minute(room, 1)
    assert edits(room) == 4
    await minute_by_minute(room, 15)
    assert (room.titles(channel), edits(room)) == (["Version 58"], 5)


async def test_what_is_changed_and_changed_back_meanwhile_stays_as_it_is(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, copy = await posted(room, channel)
    for title in ("Second", "Third", "Second"):
        await revise(room, article_id, title=title)
        await follow(room)
    shown_at = copy.edited_at
    await minute_by_minute(room, 20)
    assert (room.titles(channel), copy.edited_at) == (["Second"], shown_at)


async def test_a_maintainers_correction_and_a_withdrawal_do_not_wait(room: Newsroom) -> None:
    channel = room.scene.channel.id
    article_id, _ = await posted(room, channel)
    for title, by in (("Second", None), ("Third", None), ("Corrected", 5)):
        await revise(room, article_id, title=title, by=by)
        await follow(room)
    assert room.titles(channel) == ["Corrected"]
    await articles.withdraw(room.db, article_id)
    await follow(room)
    assert room.posts(channel) == []
    calls = len(room.telegram.calls)
    await minute_by_minute(room, 20)
    assert len(room.telegram.calls) == calls


async def test_a_copy_that_followed_late_waits_from_then_on_and_delays_no_other_nor_the_posts_behind_it(
    room: Newsroom,
) -> None:
    channel, group = room.scene.channel.id, room.scene.group.id
    await room.subscribe(group)
    article_id, _ = await posted(room, channel)
    await revise(room, article_id, title="Second")
    await plan_changes(room.db)
    await room.db.execute("UPDATE chat SET state = 'suspended' WHERE id = :id", {"id": group})
    await room.worker.run_until_idle()
    room.clock.move(minutes=12)
    await room.db.execute("UPDATE chat SET state = 'active' WHERE id = :id", {"id": group})
    await room.worker.run_until_idle()
    assert room.titles(group) == ["Second"]
    await revise(room, article_id, title="Third")
    await minute_by_minute(room, 3)
    assert (room.titles(channel), room.titles(group)) == (["Third"], ["Second"])
    await room.announce("Another")
    await follow(room)
    assert room.titles(group) == ["Second", "Another"]
    await minute_by_minute(room, 11)
    assert room.titles(group) == ["Second", "Another"]
    await minute_by_minute(room, 1)
    assert room.titles(group) == ["Third", "Another"]
    assert room.titles(channel) == ["Third", "Another"]
