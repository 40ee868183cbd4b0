"""One running bot a store: a lock beside the database file."""

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.clock import Clock, utcnow
from bot.errors import StoreError, StoreLocked


class StoreLock:
    """Held from `hold` to `release`, or until the process ends, however it ends. The file itself stays."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def hold(cls, path: Path, *, clock: Clock = utcnow) -> Self:
        """The lock on the store at `path`. Raises StoreLocked, naming who has it."""
        descriptor = _open(path)
        if not _locked(descriptor):
            holder = _read(descriptor)
            os.close(descriptor)
            raise StoreLocked(f"another bot holds the store {path}: {holder}; stop it first")
        os.ftruncate(descriptor, 0)
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": clock().isoformat(timespec="seconds")}
        os.pwrite(descriptor, json.dumps(about).encode(), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Lets another bot have the store."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def who(path: Path) -> str | None:
    """Who holds the store at `path`: "process 123 on host since …"; None: nobody."""
    if not _beside(path).exists():
        return None
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours now. Tried a few times: `who` takes it for a moment to look."""
    for pause in (0.02, 0.1, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if pause is not None:
                time.sleep(pause)
    return False


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _open(path: Path) -> int:
    try:
        return os.open(_beside(path), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"the lock {_beside(path)} cannot be opened: {error.strerror}") from error


def _read(descriptor: int) -> str:
    """What the holder wrote; it may be writing at this moment."""
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {about['pid']} on {about['host']} since {about['since']}"
    except (ValueError, TypeError, KeyError):
        return "a process that has only just begun"
