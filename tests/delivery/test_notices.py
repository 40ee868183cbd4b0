"""What persons must be told reaches them once, in private, and waits for those who never started the bot."""

from bot.delivery import notices
from bot.model import ChatState, NoticeKind, Schedule
from bot.sandbox.faults import FaultKind
from bot.store import chats
from bot.store import notices as store
from tests.delivery.conftest import Newsroom, english

KEY = b"k" * 32
CARD = {"chat_id": -1001, "title": "Harbour News"}


async def send_due(room: Newsroom) -> int:
    return await notices.send_due(room.db, room.bot, english, key=KEY, schedule=Schedule())


async def started(room: Newsroom) -> int:
    chiara = room.scene.chiara
    room.telegram.people.start(chiara, room.scene.bot)
    await chats.mark_started(room.db, chiara.id)
    return chiara.id


async def test_a_notice_waits_for_start_and_is_sent_once(room: Newsroom) -> None:
    chiara = room.scene.chiara.id
    await store.add(room.db, chiara, NoticeKind.CHANNEL_CARD, CARD)
    assert await send_due(room) == 0
    await started(room)
    assert await send_due(room) == 1
    assert await send_due(room) == 0
    [card] = room.posts(chiara)
    assert "Harbour News" in (card.text or "")
    assert card.reply_markup is not None


async def test_a_notice_in_flood_wait_is_sent_later(room: Newsroom) -> None:
    chiara = await started(room)
    await store.add(room.db, chiara, NoticeKind.CHANNEL_CARD, CARD)
    room.telegram.faults.add(FaultKind.FLOOD, chat_id=chiara, retry_after=60, count=1)
    assert await send_due(room) == 0
    assert room.posts(chiara) == []
    assert len(await store.due(room.db, 10)) == 1


async def test_a_notice_that_may_have_arrived_is_not_repeated(room: Newsroom) -> None:
    chiara = await started(room)
    await store.add(room.db, chiara, NoticeKind.CHANNEL_CARD, CARD)
    room.telegram.faults.add(FaultKind.LOST_ANSWER, chat_id=chiara, count=1)
    assert await send_due(room) == 0
    assert await send_due(room) == 0
    assert len(room.posts(chiara)) == 1


async def test_who_blocked_the_bot_is_suspended_and_their_notices_wait(room: Newsroom) -> None:
    chiara = await started(room)
    await store.add(room.db, chiara, NoticeKind.CHANNEL_CARD, CARD)
    room.telegram.people.block(room.scene.chiara, room.scene.bot)
    assert await send_due(room) == 0
    assert (await chats.get(room.db, chiara)).state is ChatState.SUSPENDED
    room.telegram.people.unblock(room.scene.chiara, room.scene.bot)
    await chats.resume(room.db, chiara)
    assert await send_due(room) == 1


async def test_every_kind_of_notice_can_be_sent(room: Newsroom) -> None:
    chiara = await started(room)
    for kind in NoticeKind:
        await store.add(
            room.db, chiara, kind, {**CARD, "reason": "rights", "article_id": 1, "feed_id": 1, "error": "x"}
        )
    untold = 2  # nothing is uncertain there, so nothing is asked; and she is no admin there who may read its report
    assert await send_due(room) == len(NoticeKind) - untold
    assert await store.due(room.db, 10) == []


async def test_a_notice_that_cannot_be_written_stops_no_other(room: Newsroom) -> None:
    chiara = await started(room)
    await store.add(room.db, room.scene.rosa.id, NoticeKind.CHANNEL_CARD, CARD)
    await store.add(room.db, chiara, NoticeKind.CHANNEL_CARD, CARD)
    await chats.mark_started(room.db, room.scene.rosa.id)  # but Telegram knows nothing of it
    assert await send_due(room) == 1
    assert len(room.posts(chiara)) == 1


async def test_how_a_channels_week_was_is_told_to_its_admin_only_and_waits_while_telegram_cannot_be_asked(
    room: Newsroom,
) -> None:
    chiara, channel = await started(room), room.scene.channel
    room.telegram.people.add_bot(room.scene.chiara, channel.id, room.scene.bot)
    week = {"chat_id": channel.id, "title": "Harbour News", "posts": [1, 0, 0, 0, 0, 0, 0]}
    await store.add(room.db, chiara, NoticeKind.WEEKLY_REPORT, week)
    room.telegram.faults.add(FaultKind.SERVER_ERROR, method="getChatMember", count=1)
    assert await send_due(room) == 0
    assert await send_due(room) == 1
    [told] = room.posts(chiara)
    assert "The week in Harbour News" in (told.text or "")
    await store.add(room.db, chiara, NoticeKind.WEEKLY_REPORT, {**week, "reactions": 1})
    channel.members[chiara].status = "left"
    assert await send_due(room) == 0
    assert await store.due(room.db, 10) == []
