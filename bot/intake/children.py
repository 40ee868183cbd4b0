"""Child processes that read what strangers wrote: bounded, without the bot's environment, and gone when it is."""

import os
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def environment() -> dict[str, str]:
    """All that a child is given of ours: where its modules are. No token is in it."""
    return {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ.get("PATH", "")}


def confine(memory_bytes: int) -> None:
    """Called in the child before it reads anything. It gets so much memory, writes no core and ends with its parent."""
    import ctypes
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # of the thread that started it, to be exact: prctl(2)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # busy or not
