"""Values that take long to compute, in the cache that all processes share: one of them computes for all."""

import logging
import pickle
import time
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

KEEP_SECONDS = 600
# For which a process waits for the value that another one computes.
WAIT_SECONDS = 1
# Without another attempt after the cache has failed.
PAUSE_SECONDS = 5

# What unpickling raises: https://docs.python.org/3/library/pickle.html#pickle.UnpicklingError
_UNREADABLE = (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError, TypeError)


class SharedValue(NamedTuple):
    """A value, the version it was computed for, and when, by the clock of that process."""

    value: Any
    version: Hashable
    computed_at: float


class SharedValues:
    """Values by key, of one version of the code. While the cache is away, each process computes for itself."""

    def __init__(self, name: str) -> None:
        self._name = f"{name}.{settings.SPECTACULAR_SETTINGS['VERSION']}"
        self._paused_until = 0.0

    def get(self, key: Hashable, version: Hashable, compute: Callable[[], Any], *, max_age: float) -> SharedValue:
        """Return the value for this version, or one that is not older than `max_age` seconds.

        In the second half of that time, one process computes the next value while the others are served this one.
        """

        def is_valid(found: SharedValue | None, seconds: float) -> bool:
            return found is not None and (found.version == version or abs(time.time() - found.computed_at) < seconds)

        name = self._key(key)
        found: Any = self._ask("get", name)
        if is_valid(found, max_age / 2):
            return found
        if self._ask("add", f"{name}.lock", 1, max_age / 2) is False:
            until = time.monotonic() + WAIT_SECONDS
            while not is_valid(found, max_age) and time.monotonic() < until:
                time.sleep(0.05)
                found = self._ask("get", name)
            if is_valid(found, max_age):
                return found
        now = time.time()
        made = SharedValue(compute(), version, now)
        self.set(key, made)
        return made

    def set(self, key: Hashable, made: SharedValue) -> None:
        self._ask("set", self._key(key), made, KEEP_SECONDS)

    def _key(self, key: Hashable) -> str:
        # Hashed, since it may be long, and is what callers search for.
        return f"{self._name}.{blake2b(repr(key).encode(), digest_size=16).hexdigest()}"

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Return the response of the cache, or None while it is away."""
        if time.monotonic() >= self._paused_until:
            try:
                return getattr(cache, method)(*arguments)
            except cache.errors as error:  # type: ignore[attr-defined]
                logger.warning("The cache is away (%s); each process counts for itself", type(error).__name__)
                self._paused_until = time.monotonic() + PAUSE_SECONDS
            except _UNREADABLE:
                logger.warning("The cache has an unreadable value; each process counts for itself")
        return None
