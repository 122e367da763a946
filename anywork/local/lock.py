"""A lock that dies with its owner, however that one dies."""

import fcntl
import os
from pathlib import Path


class AlreadyLockedError(Exception):
    """Another living process holds the lock."""


class FileLock:
    """An advisory lock on a file. The kernel drops it when the process ends, so that it can never be stale.

    The file may carry a note for whoever finds it taken. It is not removed: a second process might have it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise AlreadyLockedError; never waits."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyLockedError(self.path) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it isn't held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write_note(self, text: str) -> None:
        """Leave a word beside the lock; only its holder may."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read_note(self) -> str:
        """What the holder wrote, or an earlier one."""
        return self.path.read_text(encoding="utf-8")
