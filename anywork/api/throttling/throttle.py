"""Rate limits: 429 with Retry-After for requests beyond the rates of THROTTLE_RATES.

A view with a `throttle_scope` counts under that scope, every other view under `user` or `anon`. Users count by account,
and by address under `address` as well; anonymous callers count by address. A request that fails before it reaches a
view, such as one for an unknown URL, counts under `anon`. All processes share the counts; a window begins with its
first request.
"""

import logging
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, cast

from cachetools import TLRUCache
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from anywork.api.exceptions import TooManyRequests
from anywork.api.throttling.addresses import client_address, client_network
from anywork.api.throttling.counting import CacheAway, CountingCache
from anywork.api.throttling.rates import Rate

logger = logging.getLogger(__name__)

# A rate of at least 2 * LEASES is counted in leases of a hundredth: one request in ten of 1000/hour uses the shared
# cache. Without leases a list from the response cache took 0.66 ms instead of 0.41 ms (anonymous, cache in PostgreSQL
# on the same machine, 2 cores).
LEASES = 100
MAX_LEASES = 10_000
# Seconds without another attempt after the cache has failed.
PAUSE_SECONDS = 5


@dataclass
class Lease:
    """Part of a shared rate that this process may grant without using the cache."""

    remaining: int
    # Of the rate, when the lease was taken.
    unleased: int
    ends_at: float


class Ledger:
    """Leases of this process.

    A lease is counted in the shared cache as a whole before it is used, so that all processes together never grant
    more than the rate; up to one lease of each process may be unused when the rate is refused.
    """

    def __init__(self, *, max_leases: int = MAX_LEASES) -> None:
        self._lock = Lock()
        self._leases: TLRUCache[str, Lease] = TLRUCache(
            max_leases, ttu=lambda _key, lease, _now: lease.ends_at, timer=time.monotonic
        )
        self._paused_until = 0.0

    def clear(self) -> None:
        """Drop all leases."""
        with self._lock:
            self._leases.clear()
            self._paused_until = 0.0

    def spend(self, key: str, rate: Rate) -> tuple[bool, Lease] | None:
        """Count one request; return whether it is granted, and the lease. None: the cache is away."""
        # Held while a lease is taken: of two threads that took one at once, one lost its lease, or was refused what the
        # other had taken. Others wait, whatever their key, for one statement.
        with self._lock:
            lease = self._leases.get(key)
            if not lease or (lease.unleased and not lease.remaining):
                if time.monotonic() < self._paused_until:
                    return None
                try:
                    lease = self._take_lease(key, rate)
                except CacheAway as error:
                    # An unlimited site is better than none.
                    cause = type(error.__cause__).__name__
                    logger.warning("The cache is away (%s); rates are not enforced meanwhile", cause)
                    self._paused_until = time.monotonic() + PAUSE_SECONDS
                    return None
                self._leases[key] = lease
            is_granted = lease.remaining > 0
            lease.remaining -= is_granted
            return is_granted, lease

    @staticmethod
    def _take_lease(key: str, rate: Rate) -> Lease:
        size = max(1, rate.limit // LEASES)
        # The key names the rate: another rate starts from zero.
        count = cast("CountingCache", cache).count(f"{key}.{rate.limit}.{rate.seconds}", size, rate.seconds)
        taken_before = count.total - size
        return Lease(
            remaining=max(0, min(size, rate.limit - taken_before)),
            unleased=max(0, rate.limit - count.total),
            ends_at=time.monotonic() + count.seconds_left,
        )


ledger = Ledger()


class RateThrottle(BaseThrottle):
    """Throttle of every view."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return True.

        Raises:
            TooManyRequests: the rate is exceeded.
        """
        user = request.user
        is_authenticated = bool(user and user.is_authenticated)
        scope = getattr(view, "throttle_scope", None) or ("user" if is_authenticated else "anon")
        # On Django's request, which is what middleware sees.
        counted = request._request  # noqa: SLF001 - DRF offers no other way
        if is_authenticated:
            # The accounts of one address together: 60 accounts do not get 60 times the rate of one.
            count_request(counted, "address")
        count_request(counted, scope, str(user.pk) if is_authenticated else None)
        return True


def count_request(request: Any, scope: str, user_id: str | None = None) -> None:
    """Count a request under `scope`, and set `request.rate_limit_headers`.

    Raises:
        TooManyRequests: the rate is exceeded.
    """
    request.rate_limit_headers = {}
    rate = settings.THROTTLE_RATES.get(scope)
    if rate is None:
        return
    identity = user_id or client_network(client_address(request))
    if (outcome := ledger.spend(_key(scope, identity), rate)) is None:
        return
    is_granted, lease = outcome
    seconds_left = max(1, math.ceil(lease.ends_at - time.monotonic()))
    request.rate_limit_headers = {
        "RateLimit-Policy": f'"{scope}";q={rate.limit};w={rate.seconds}',
        "RateLimit": f'"{scope}";r={lease.remaining + lease.unleased};t={seconds_left}',
    }
    if not is_granted:
        raise TooManyRequests(wait=seconds_left)


@lru_cache(MAX_LEASES)
def _key(scope: str, identity: str) -> str:
    # Hashed, so that the cache holds neither addresses nor ids.
    return f"throttle.{scope}.{salted_hmac('anywork.throttle', identity).hexdigest()}"
