"""The whole program through nights on which clocks change: a daily digest goes out once a local day."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.delivery import digesting
from bot.model import Mode, Schedule
from bot.store import subscriptions
from tests.clock import HandClock
from tests.program.harness import Program
from tests.program.test_digest_editor import digest, edited

STEP = timedelta(minutes=15)


async def daily(program: Program, schedule: Schedule) -> None:
    """The channel gets a digest by this schedule, and nothing else."""
    await edited(program)
    one = await digest(program)
    await subscriptions.change(program.app.db, one.id, lambda now: digesting.scheduled(now, schedule, program.clock()))
    for other in await subscriptions.of_chat(program.app.db, program.scene.channel.id):
        if other.mode is Mode.INSTANT:
            await subscriptions.remove(program.app.db, other.id)


@pytest.mark.parametrize(
    ("zone", "local", "changes", "expected"),
    [
        # The clocks jump over 02:30, so it goes at 03:00.
        ("Europe/Berlin", "02:30", "2026-03-29T01:00", ["28 02:30", "29 03:00", "30 02:30"]),
        # 02:30 comes twice.
        ("Europe/Berlin", "02:30", "2026-10-25T01:00", ["24 02:30", "25 02:30", "26 02:30"]),
        # Half an hour: from 02:00 to 02:30, and back.
        ("Australia/Lord_Howe", "02:15", "2026-10-03T15:30", ["03 02:15", "04 02:30", "05 02:15"]),
        ("Australia/Lord_Howe", "01:45", "2026-04-04T15:00", ["04 01:45", "05 01:45", "06 01:45"]),
        # At midnight, so that the day changes too.
        ("America/Sao_Paulo", "00:30", "2018-11-04T03:00", ["03 00:30", "04 01:00", "05 00:30"]),
        ("America/Sao_Paulo", "23:30", "2018-02-18T02:00", ["16 23:30", "17 23:30", "18 23:30"]),
        ("Asia/Tehran", "00:30", "2022-03-21T20:30", ["21 00:30", "22 01:00", "23 00:30"]),
        ("Asia/Tehran", "23:30", "2022-09-21T19:30", ["20 23:30", "21 23:30", "22 23:30"]),
    ],
)
async def test_a_daily_digest_goes_once_a_local_day_when_clocks_change(
    tmp_path: Path, zone: str, local: str, changes: str, expected: list[str]
) -> None:
    changed_at = datetime.fromisoformat(changes).replace(tzinfo=UTC)
    clock = HandClock(changed_at - timedelta(hours=38))
    async with Program(tmp_path, clock=clock) as program:
        await daily(program, Schedule(times=(time.fromisoformat(local),), timezone=zone))
        went = []
        while clock.now < changed_at + timedelta(hours=38):
            if clock.now.minute == 0:  # there is always something to send
                await program.publish(f"Story {clock.now:%d-%H}")
            if abs(clock.now - changed_at) <= timedelta(hours=1):
                await program.stop_bot()
                await program.start_bot()
            before = len(program.from_bot(program.scene.channel.id))
            await program.run_jobs()
            posts = program.from_bot(program.scene.channel.id)[before:]
            went += [f"{clock.now.astimezone(ZoneInfo(zone)):%d %H:%M}" for _ in posts]
            clock.now += STEP
    assert went == expected
