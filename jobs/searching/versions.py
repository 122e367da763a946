"""What may be remembered of job lists, and for how long: until something changed, which one tiny query tells."""

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from django.db import connection
from rest_framework.request import Request

# For so long a number that was slow to count may lag behind; a fast one never does.
MAX_LAG_SECONDS = 5.0
_SLOW_SECONDS = 0.05

Answer = TypeVar("Answer")

# Every list asks it, and building it by the ORM would take ten times as long as running it.
_CURRENT = "SELECT changes, transaction, name_changes, name_transaction, closing FROM jobs_version()"


class Version(NamedTuple):
    """Two that are equal mean that nothing has changed in between; `names` alone is that of categories and the like."""

    everything: Hashable
    names: Hashable


def current_version() -> Version:
    """Return the version of all job lists as of now."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT)
        changes, transaction, name_changes, name_transaction, closing = cursor.fetchone()
    return Version((changes, transaction, str(closing)), (name_changes, name_transaction))


def version_of(request: Request) -> Version:
    """Return the version that a request looks at, the same throughout."""
    if not hasattr(request, "jobs_version"):
        request.jobs_version = current_version()  # type: ignore[attr-defined]
    version: Version = request.jobs_version  # type: ignore[attr-defined]
    return version


class _Entry(NamedTuple):
    answer: Any
    version: Hashable
    # Until when it serves other versions, too.
    lags_until: float


class VersionedCache(Generic[Answer]):
    """The latest answers of a process, each remembered until the version changes.

    An answer that was slow to get is kept for up to `MAX_LAG_SECONDS` after that.
    """

    _all: "ClassVar[WeakSet[VersionedCache[Any]]]" = WeakSet()

    def __init__(self, max_size: int = 1_000) -> None:
        self._all.add(self)
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._max_size = max_size
        self._lock = Lock()

    def get(self, key: Hashable, version: Hashable, ask: Callable[[], Answer]) -> tuple[Answer, bool]:
        """Return the answer, and whether it is of this very version."""
        entry = self._entries.get(key)
        asked_at = time.monotonic()
        if entry is not None:
            if entry.version == version:
                return entry.answer, True
            if asked_at < entry.lags_until:
                return entry.answer, False
        answer = ask()
        is_slow = time.monotonic() - asked_at > _SLOW_SECONDS
        # At random, or all processes would ask again at the same moment, and whoever looks then would wait for all.
        lag = random.uniform(0.5, 1) * MAX_LAG_SECONDS if is_slow else 0  # noqa: S311 - no secret
        with self._lock:
            self._entries[key] = _Entry(answer, version, asked_at + lag)
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_size:
                self._entries.popitem(last=False)
        return answer, True

    @classmethod
    def forget_all(cls) -> None:
        """Empty every cache; what is remembered of one test's database is nothing to the next."""
        for cache in cls._all:
            cache._entries.clear()  # noqa: SLF001 - of its own class
