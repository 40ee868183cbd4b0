"""Stopping finishes what is under way, and little is under way: the rest waits in the store, not in memory."""

import asyncio

from bot.delivery.bot import Bot
from bot.delivery.pace import Pacer
from bot.delivery.transport import AiohttpRequest
from bot.delivery.worker import Worker
from bot.model import DeliveryState
from bot.sandbox.faults import FaultKind
from tests.delivery.conftest import Newsroom, english
from tests.faults import Gate


async def test_a_digest_of_several_messages_stops_between_two_and_goes_on_there(room: Newsroom) -> None:
    channel = room.scene.channel.id
    await room.subscribe(channel)
    for number in range(30):
        await room.announce(f"Article {number:02}", summary="word " * 40)
    gate = Gate(room.telegram)
    room.telegram.faults.add(FaultKind.SLOW_ANSWER, chat_id=channel, count=1)
    under_way = asyncio.create_task(room.worker.step())
    await gate.arrived()
    stopping = asyncio.create_task(room.worker.stop())
    asyncio.get_running_loop().call_soon(gate.open)  # once it is told to stop
    await stopping
    await under_way
    [first] = room.posts(channel)
    [digest] = [row for row in await room.rows(channel) if row.digest_run_id is not None]
    assert (digest.state, digest.attempts, digest.message_ids) == (DeliveryState.PENDING, 0, (first.id,))

    await Worker(room.db, room.bot, english, clock=room.clock).run_until_idle()
    text = "\n".join(post.text or "" for post in room.posts(channel))
    assert [text.count(f"• Article {number:02}\n") for number in range(30)] == [1] * 30


async def test_no_more_is_claimed_than_can_go_out_soon(room: Newsroom) -> None:
    channels = [room.telegram.add_channel(room.scene.chiara, f"Channel {n}").id for n in range(5)]
    for chat_id in channels:
        await room.subscribe(chat_id)
    await room.announce("First")
    bot = Bot(
        room.scene.bot.token,
        base_url=f"{room.url}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(pool_size=1),
        rate_limiter=Pacer(1, now=room.clock),
    )
    async with bot:
        assert await Worker(room.db, bot, english, clock=room.clock).step() == 1
    states = [(await room.row(chat_id)).state for chat_id in channels]
    assert sorted(states) == [DeliveryState.PENDING] * 4 + [DeliveryState.SENT]
