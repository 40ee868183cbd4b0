"""Pacing under a clock that is moved: when each call goes, and who goes first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.flood import BOT
from bot.delivery.pace import BULK, Pacer
from bot.delivery.transport import Flooded


@dataclass(eq=False)
class Alarm:
    at: float
    ring: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeTime:
    now: float = 1000.0
    alarms: list[Alarm] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Alarm:
        self.alarms.append(alarm := Alarm(self.now + delay, callback))
        return alarm

    async def advance(self, seconds: float) -> None:
        """Moves the clock from alarm to alarm; whoever wakes gets to run at that moment."""
        end = self.now + seconds
        await settle()
        while due := [a for a in self.alarms if not a.cancelled and a.at <= end]:
            alarm = min(due, key=lambda a: a.at)
            self.alarms.remove(alarm)
            self.now = max(self.now, alarm.at)
            alarm.ring()
            await settle()
        self.now = end


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


@dataclass
class Wire:
    """Calls through a pacer, and when they went out."""

    pacer: Pacer
    time: FakeTime
    sent: list[tuple[float, int | None]] = field(default_factory=list)
    floods: dict[int, list[int]] = field(default_factory=dict)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def call(self, chat: int | None, *, bulk: bool = False, endpoint: str = "sendMessage") -> asyncio.Task[Any]:
        async def post() -> bool:
            self.sent.append((round(self.time.now - 1000.0, 6), chat))
            if chat is not None and self.floods.get(chat):
                raise Flooded(self.floods[chat].pop(0))
            return True

        data = {} if chat is None else {"chat_id": chat}
        request = self.pacer.process_request(post, (), {}, endpoint, data, BULK if bulk else None)
        self.tasks.append(task := asyncio.ensure_future(request))
        return task

    def times(self, chat: int | None) -> list[float]:
        return [at for at, of in self.sent if of == chat]

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def wire(rate: float = 25, **options: Any) -> Wire:
    time = FakeTime()
    return Wire(Pacer(rate, clock=time.clock, now=time.moment, call_later=time.call_later, **options), time)


def assert_never_more_than(most: float, times: list[float], jitter: float) -> None:
    """In any second, nor where some come to Telegram so much closer together than they went."""
    for first in times:
        assert sum(first <= at < first + 1 + jitter - 1e-6 for at in times) <= most


async def test_calls_over_all_chats_are_spread_evenly() -> None:
    w = wire(25)
    for chat in range(1, 101):
        w.call(chat, bulk=True)
    await w.time.advance(4.2)
    times = [at for at, _ in w.sent]
    assert len(times) == 100
    assert times == pytest.approx([n * 1.04 / 25 for n in range(100)])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400) | st.floats(0.5, 30), st.lists(st.tuples(st.floats(0, 0.5), st.booleans()), max_size=120))
def test_there_are_never_more_calls_than_the_rate_in_any_second(
    rate: float, arrivals: list[tuple[float, bool]]
) -> None:
    async def run() -> None:
        w = wire(rate)
        for chat, (pause, bulk) in enumerate(arrivals, start=1):
            await w.time.advance(pause)
            w.call(chat, bulk=bulk)
        await w.time.advance(len(arrivals) / rate * 1.5 + 3)
        assert len(w.sent) == len(arrivals)
        assert_never_more_than(max(rate, 1), [at for at, _ in w.sent], min(0.05, 1 / rate))

    asyncio.run(run())


async def test_what_a_person_asked_for_is_not_held_to_one_a_second_and_holds_up_what_is_pushed_by_a_second() -> None:
    w = wire(1000)
    for _ in range(10):
        w.call(7)
    pushed = w.call(7, bulk=True)
    await w.time.advance(0.5)
    assert len(w.times(7)) == 10
    assert w.pacer.busy() == {7: pytest.approx(0.5, abs=0.1)}
    await w.time.advance(0.6)
    assert pushed.done()


async def test_a_chat_that_was_told_to_wait_is_held_to_one_a_second_in_everything_for_an_hour() -> None:
    w = wire(1000)

    async def sent_at_once(chat: int) -> int:
        before = len(w.times(chat))
        calls = [w.call(chat) for _ in range(10)]
        await w.time.advance(0.5)
        for call in calls:
            call.cancel()
        await settle()
        return len(w.times(chat)) - before

    w.floods[5] = [2]
    flooded = w.call(5, bulk=True)
    await w.time.advance(3)
    assert isinstance(flooded.exception(), Flooded)
    assert await sent_at_once(5) == 3
    assert await sent_at_once(6) == 10
    await w.time.advance(3600)
    assert await sent_at_once(5) == 10
    await w.end()


async def test_a_fast_rate_is_reached() -> None:
    w = wire(1000)
    for chat in range(1, 2001):
        w.call(chat, bulk=True)
    await w.time.advance(1.99)
    assert len(w.sent) == 2000


async def test_timers_that_ring_late_cost_little_of_the_rate_and_never_exceed_it() -> None:
    time = FakeTime()
    late = Pacer(
        1000, clock=time.clock, now=time.moment, call_later=lambda delay, ring: time.call_later(delay + 0.002, ring)
    )
    w = Wire(late, time)
    for chat in range(1, 6001):
        w.call(chat, bulk=True)
    await w.time.advance(5)
    assert len(w.sent) >= 4950
    assert_never_more_than(1000 / 50, [at for at, _ in w.sent][::50], 0.001)  # of each step its first


async def test_a_chat_gets_three_at_once_and_then_one_a_second() -> None:
    w = wire(1000)
    for _ in range(6):
        w.call(7, bulk=True)
    await w.time.advance(10)
    assert w.times(7) == pytest.approx([0, 0, 0, 1, 2, 3], abs=0.03)


async def test_a_group_gets_twenty_a_minute_and_a_person_more() -> None:
    w = wire(1000)
    for _ in range(45):
        w.call(-100, bulk=True)
        w.call(7, bulk=True)
    await w.time.advance(59.9)
    assert len(w.times(-100)) == 20
    assert len(w.times(7)) == 45
    await w.time.advance(60)
    assert len(w.times(-100)) == 40


async def test_reading_a_chat_and_answering_a_tap_do_not_wait_for_its_messages() -> None:
    w = wire(1000)
    for _ in range(10):
        w.call(-100, bulk=True)
    for endpoint in ("getChatMember", "sendChatAction", "deleteMessage"):
        w.call(-100, endpoint=endpoint)
    w.call(None, endpoint="answerCallbackQuery")
    await w.time.advance(0.5)
    assert len(w.times(-100)) == 3 + 3
    assert len(w.times(None)) == 1
    await w.end()


async def test_replies_to_people_go_ahead_of_bulk() -> None:
    w = wire(10)
    for chat in range(-100, 0):
        w.call(chat, bulk=True)
    await w.time.advance(1)
    w.call(7)
    w.call(None, endpoint="answerCallbackQuery")
    await w.time.advance(0.25)
    assert {7, None} <= {chat for _, chat in w.sent}
    await w.end()


async def test_bulk_goes_on_however_many_people_ask() -> None:
    w = wire(10)
    for chat in range(-20, 0):
        w.call(chat, bulk=True)
    for person in range(1, 201):
        w.call(person)
    await w.time.advance(10.4)
    chats = [chat or 0 for _, chat in w.sent]
    assert sum(chat < 0 for chat in chats) == 20, "one call in five"
    assert sum(chat > 0 for chat in chats[:10]) == 8
    await w.end()


async def test_a_chat_that_must_wait_600_seconds_leaves_49_others_as_fast_as_without_it() -> None:
    async def times_of_others(*, is_flooded: bool) -> list[tuple[float, int | None]]:
        w = wire(25)
        w.floods[-50] = [600] if is_flooded else []
        for _ in range(4):
            for chat in range(-50, 0):
                w.call(chat, bulk=True)
        await w.time.advance(20)
        await w.end()
        return [(at, chat) for at, chat in w.sent if chat != -50]

    with_it, without = await times_of_others(is_flooded=True), await times_of_others(is_flooded=False)
    assert len(with_it) == 4 * 49
    assert [chat for _, chat in with_it] == [chat for _, chat in without]
    assert all(mine <= his for (mine, _), (his, _) in zip(with_it, without, strict=True))


async def test_three_chats_at_once_pause_all_bulk_and_halve_the_rate_for_a_while() -> None:
    w = wire(10)
    w.floods = {-1: [4], -2: [600], -3: [30]}
    calls = [w.call(chat, bulk=True) for chat in range(-9, 0)]
    for call in calls[:6]:
        await w.time.advance(0.1)
        assert call.done()
    await w.time.advance(0.8)
    assert [isinstance(call.exception(), Flooded) for call in calls[6:]] == [True] * 3
    assert w.pacer.room() == 0
    with pytest.raises(Flooded) as caught:
        await w.call(-20, bulk=True)
    assert caught.value.retry_after.total_seconds() <= 4
    reply = w.call(7)
    await w.time.advance(0.3)
    assert reply.done(), "people do not wait for the pause"

    async def rate() -> int:
        before = len(w.sent)
        for chat in range(-200, -100):
            w.call(chat, bulk=True)
        await w.time.advance(2)
        await w.end()
        return (len(w.sent) - before) // 2

    await w.time.advance(4)
    assert w.pacer.room() == 3
    assert await rate() == 5
    await w.time.advance(61)
    assert await rate() == 10


async def test_three_chats_in_a_long_while_slow_down_nobody_else() -> None:
    w = wire(10)
    w.floods = {-1: [600], -2: [600], -3: [600]}
    for chat in (-1, -2, -3):
        w.call(chat, bulk=True)
        await w.time.advance(6)
    assert await w.call(-4, bulk=True)


async def test_flood_waits_are_told_to_the_store_and_taken_over_by_the_next_run() -> None:
    told: dict[int, datetime] = {}

    async def remember(waits: Mapping[int, datetime]) -> None:
        told.update(waits)

    w = wire(10, remember=remember)
    w.floods = {-1: [600], 7: [60], 8: [60]}
    for chat in w.floods:
        w.call(chat)
    await w.time.advance(1)
    assert set(told) == {-1, 7, 8, BOT}
    after = wire(10)
    after.pacer.restore(told)
    with pytest.raises(Flooded):
        await after.call(-1, bulk=True)
    with pytest.raises(Flooded):
        await after.call(-99, bulk=True)
    await after.time.advance(61)
    assert await after.call(-99, bulk=True)
    assert list(after.pacer.busy()) == [-1]


async def test_a_store_that_is_full_does_not_keep_a_chat_from_being_waited_for() -> None:
    async def remember(_: Mapping[int, datetime]) -> None:
        raise OSError("disk full")

    w = wire(10, remember=remember)
    w.floods[-1] = [600]
    with pytest.raises(Flooded):
        await w.call(-1, bulk=True)
    assert w.pacer.busy() == {-1: 600}


async def test_bulk_that_would_wait_long_for_its_chats_limits_is_sent_back() -> None:
    w = wire(1000)
    for _ in range(20):
        w.call(-100)
    await w.time.advance(1)
    with pytest.raises(Flooded) as caught:
        await w.call(-100, bulk=True)
    assert caught.value.retry_after.total_seconds() == pytest.approx(59, abs=1)


async def test_there_is_room_for_half_a_second_of_bulk() -> None:
    w = wire(25)
    assert w.pacer.room() == 13
    for chat in range(-10, 0):
        w.call(chat, bulk=True)
    await settle()
    assert w.pacer.room() == 13 - 9
    await w.end()
    assert wire(1).pacer.room() == 1


async def test_bulk_for_a_chat_in_flood_wait_is_told_at_once_and_takes_no_slot() -> None:
    w = wire(10)
    w.floods[-1] = [600]
    with pytest.raises(Flooded):
        await w.call(-1, bulk=True)
    await w.time.advance(100)
    with pytest.raises(Flooded) as caught:
        await w.call(-1, bulk=True)
    assert caught.value.retry_after.total_seconds() == 500
    assert len(w.sent) == 1
    assert w.pacer.busy() == {-1: 500}
    await w.time.advance(500)
    assert w.pacer.busy() == {}
    assert await w.call(-1, bulk=True)


async def test_a_reply_waits_for_a_short_flood_wait_and_is_then_sent() -> None:
    w = wire(10)
    w.floods[7] = [3]
    reply = w.call(7)
    await w.time.advance(2.9)
    assert not reply.done()
    await w.time.advance(0.2)
    assert reply.result() is True
    assert w.times(7) == pytest.approx([0, 3])


async def test_a_reply_does_not_wait_for_a_long_flood_wait() -> None:
    w = wire(10)
    w.floods[7] = [60]
    with pytest.raises(Flooded):
        await w.call(7)
    with pytest.raises(Flooded):
        await w.call(7)
    assert len(w.sent) == 1


async def test_a_reply_that_meets_flood_control_again_and_again_is_given_up() -> None:
    w = wire(10)
    w.floods[7] = [1] * 10
    reply = w.call(7)
    await w.time.advance(10)
    assert isinstance(reply.exception(), Flooded)
    assert len(w.sent) == 3


async def test_busy_chats_are_those_that_must_wait_and_are_forgotten_later() -> None:
    w = wire(1000)
    for _ in range(3):
        w.call(7, bulk=True)
    w.call(8)
    await w.time.advance(0.1)
    assert w.pacer.busy() == {7: pytest.approx(0.9)}
    await w.time.advance(60)
    assert w.pacer.busy() == {}
    assert w.pacer._chats == {}


async def test_who_is_cancelled_while_waiting_costs_no_slot() -> None:
    w = wire(1)
    w.call(1)
    waiting = w.call(2)
    w.call(3)
    await settle()
    waiting.cancel()
    await w.time.advance(1.1)
    assert [chat for _, chat in w.sent] == [1, 3]


async def test_without_limits_per_chat_only_the_overall_rate_holds() -> None:
    w = wire(1000, per_chat=False)
    for _ in range(500):
        w.call(-100, bulk=True)
    await w.time.advance(0.5)
    assert len(w.times(-100)) == 500


async def test_shutting_down_leaves_nobody_waiting() -> None:
    w = wire(1)
    w.call(1)
    waiting: Awaitable[Any] = w.call(2)
    await settle()
    await w.pacer.shutdown()
    with pytest.raises(asyncio.CancelledError):
        await waiting
