"""Bots in processes of their own, so that the sandbox's work is not counted as theirs."""

import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.server import Server
from bot.sandbox.world import Telegram

TOKEN = "7000000001:AAbench-no-secret-just-a-sample-000"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_seconds: float
    resident_mb: float


async def paperboy(server: Server, store: Path) -> Process:
    """`paperboy run` against this sandbox."""
    environment = {
        "PAPERBOY__TELEGRAM__TOKEN": TOKEN,
        "PAPERBOY__TELEGRAM__API_URL": server.url,
        "PAPERBOY__TELEGRAM__OWNERS": "1",
        "PAPERBOY__STORE__URL": f"sqlite:///{store}",
        "PAPERBOY__DELIVERY__MESSAGES_PER_SECOND": "10000",
    }
    return await python("-m", "bot", "run", "--config", str(store.with_suffix(".toml")), environment=environment)


async def python(*arguments: str, environment: dict[str, str] | None = None) -> Process:
    return await create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, **(environment or {})}, stdout=None, stderr=sys.stderr
    )


async def end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


def usage(process: Process) -> Usage:
    """CPU time so far and memory now (Linux: proc(5))."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    resident = next(
        line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return Usage((int(fields[11]) + int(fields[12])) / TICKS, int(resident.split()[1]) / 1024)


def telegram() -> Telegram:
    sandbox = Telegram(flood_control=False)
    sandbox.add_bot(TOKEN, username="bench_bot", name="Bench")
    return sandbox
