"""The version of all job lists, read by one cheap query, and caches that are valid for one version."""

import random
import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from cachetools import LRUCache
from rest_framework.request import Request

from anywork.api.caching.shared import SharedValue, SharedValues
from anywork.database.replicas import reading_connection
from jobs.searching.limits import Limits

# The time for which a value that is slow to compute may lag behind its version; a fast one never does.
MAX_LAG_SECONDS = 5.0

T = TypeVar("T")

# Every list runs it, and building it by the ORM would take ten times as long as running it.
_CURRENT_VERSION = "SELECT changes, transaction, name_changes, name_transaction, closing FROM jobs_version()"


class Version(NamedTuple):
    """While it is equal, nothing has changed; `names` covers companies, categories and locations alone."""

    everything: Hashable
    names: Hashable


def current_version() -> Version:
    """Read the version of all job lists."""
    with reading_connection().cursor() as cursor:
        cursor.execute(_CURRENT_VERSION)
        changes, transaction, name_changes, name_transaction, closing = cursor.fetchone()
    return Version((changes, transaction, str(closing)), (name_changes, name_transaction))


def version_of(request: Request) -> Version:
    """Return the version for a request, read once from each database."""
    # A replica may have another one than the primary.
    versions: dict[str, Version] = vars(request).setdefault("jobs_versions", {})
    alias = reading_connection().alias
    if alias not in versions:
        versions[alias] = current_version()
    return versions[alias]


class _Entry(NamedTuple):
    value: Any
    version: Hashable
    # `time.monotonic()` until which it is served for later versions.
    lags_until: float
    is_slow: bool


class VersionedCache(Generic[T]):
    """Thread-safe LRU cache of one process, whose entries are valid for one version.

    A value that took longer than `slow_seconds` to compute is served for up to MAX_LAG_SECONDS after a change. If the
    cache has a name as `shared`, one process computes the next one for all.
    """

    _instances: "ClassVar[WeakSet[VersionedCache[Any]]]" = WeakSet()

    def __init__(self, *, max_size: int = 1_000, slow_seconds: float | None = None, shared: str = "") -> None:
        self._entries: LRUCache[Hashable, _Entry] = LRUCache(max_size)
        self._slow_seconds = Limits.current().slow_seconds if slow_seconds is None else slow_seconds
        self._shared = SharedValues(shared) if shared else None
        self._lock = Lock()
        self._instances.add(self)

    def get(self, key: Hashable, version: Hashable, compute: Callable[[], T]) -> tuple[T, bool]:
        """Return the value, and whether it was computed for this very version."""
        with self._lock:
            entry = self._entries.get(key)
        started_at = time.monotonic()
        if entry is not None:
            if entry.version == version:
                return entry.value, True
            if started_at < entry.lags_until:
                return entry.value, False
        now = time.time()
        if self._shared and entry and entry.is_slow:
            # Only then: asking for a fast value may take longer than computing it.
            made = self._shared.get(key, version, compute, max_age=MAX_LAG_SECONDS)
        else:
            made = SharedValue(compute(), version, now)
        is_slow = made.computed_at < now or time.monotonic() - started_at > self._slow_seconds
        if self._shared and is_slow and made.computed_at == now:
            self._shared.set(key, made)
        # At random, or all processes would compute it at the same moment, and requests would wait for all of them.
        lag = random.uniform(0.5, 1) * MAX_LAG_SECONDS - (now - made.computed_at) if is_slow else 0  # noqa: S311
        with self._lock:
            self._entries[key] = _Entry(made.value, made.version, started_at + lag, is_slow)
        return made.value, made.version == version

    @classmethod
    def clear_all(cls) -> None:
        """Empty every cache of this process: tests share it, but not a database."""
        for cache in cls._instances:
            cache._entries.clear()  # noqa: SLF001 - of its own class
