"""One table of everything that happens by the clock, put on PTB's JobQueue, which is APScheduler.

APScheduler only ticks: what is due stands in rows, so that a restart forgets nothing. Tests call the jobs themselves.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telegram.ext import CallbackContext, JobQueue

from bot.errors import StoreFault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A function that is run again and again, never twice at once; what it raises is logged and the next run comes."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]


def put_on(queue: JobQueue[Any], jobs: tuple[Job, ...]) -> None:
    """Have the queue run every job from its start on. A late run is still made (misfire_grace_time=None), once."""
    for job in jobs:
        queue.run_repeating(
            _guarded(job),
            interval=job.every,
            first=job.every,
            name=job.name,
            job_kwargs={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )


def _guarded(job: Job) -> Callable[[CallbackContext[Any, Any, Any, Any]], Coroutine[Any, Any, None]]:
    async def run(_: CallbackContext[Any, Any, Any, Any]) -> None:
        try:
            await job.run()
        except Exception as error:
            if StoreFault.of(error) is None:  # a fault of the store stands in the log already
                log.exception("job failed: job=%s", job.name)

    return run
