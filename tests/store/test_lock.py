"""The lock: one running bot a store."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StoreError, StoreLocked
from bot.store.lock import StoreLock, who
from tests.clock import HandClock

HOLD = """
import sys
from pathlib import Path
from bot.store.lock import StoreLock
lock = StoreLock.hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_bot_is_told_who_holds_the_store_since_when(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "a.db"
    assert who(path) is None
    with StoreLock.hold(path, clock=clock):
        with pytest.raises(StoreLocked, match=r"process \d+ on .+ since 2026-11-24T09:00:00\+00:00; stop it first"):
            StoreLock.hold(path)
        assert "since 2026-11-24" in str(who(path))
    assert who(path) is None
    StoreLock.hold(path).release()


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert f"process {other.pid} " in str(who(path))
        with pytest.raises(StoreLocked, match=f"process {other.pid} "):
            StoreLock.hold(path)
        other.kill()
        other.wait()
    assert who(path) is None
    StoreLock.hold(path).release()


def test_a_lock_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        StoreLock.hold(tmp_path / "nowhere" / "a.db")
