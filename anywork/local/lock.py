"""File lock that the kernel releases when its holder dies."""

import fcntl
import os
from pathlib import Path


class AlreadyLockedError(Exception):
    """Another living process holds the lock."""


class FileLock:
    """Advisory lock on a file. The kernel releases it when the process ends, so it can never be stale.

    The file may hold a note for processes that find it locked. It is not deleted: another process may have it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Acquire the lock or raise AlreadyLockedError, without waiting."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyLockedError(self.path) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock; does nothing when it isn't held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write_note(self, text: str) -> None:
        """Write a note into the file; for the holder only."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read_note(self) -> str:
        """Return the note of the current or an earlier holder."""
        return self.path.read_text(encoding="utf-8")
