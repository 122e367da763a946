"""Rates of requests: 429 with Retry-After beyond those of THROTTLE_RATES.

A view with a `throttle_scope` counts under that scope, every other one under `user` or `anon`; users count by account,
and under `address` as well, all other callers by address. A request that is refused earlier, such as one for an unknown
URL or without a token, counts under `anon`. Counts are shared by all processes, in windows that begin with the first
request.
"""

import logging
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, cast

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

# Into how many leases a rate is divided, at least: so many requests of a hundred touch the shared cache.
LEASES = 100
MOST_ACCOUNTS = 10_000
# Seconds that a cache which failed is left alone.
PAUSE_SECONDS = 5


@dataclass
class Lease:
    """What this process may still grant of a shared rate without asking again."""

    left: int
    # Of the rate, when this process last looked.
    unleased: int
    ends_at: float


class Ledger:
    """The leases of this process.

    A lease is counted in the shared cache as a whole, before it is used, so that all processes together never grant
    more than a rate; up to one lease a process may lie idle when they refuse. Rates below 2 * LEASES are exact.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._leases: dict[str, Lease] = {}
        self._asks_again_at = 0.0

    def clear(self) -> None:
        """Forget everything that this process knows."""
        with self._lock:
            self._leases.clear()
            self._asks_again_at = 0.0

    def spend(self, key: str, rate: Rate) -> tuple[bool, Lease] | None:
        """Count one request; return whether it is granted, and the lease. None: the cache is away."""
        now = time.monotonic()
        with self._lock:
            lease = self._leases.get(key)
            if lease and now < lease.ends_at and (lease.left or not lease.unleased):
                return self._spend(lease)
            if now < self._asks_again_at:
                return None
        try:
            lease = self._lease(key, rate)
        except CacheAway as error:
            # Whoever needs the limits would rather have the site without them than not at all.
            logger.warning("The cache is away (%s); rates are not enforced meanwhile", type(error.__cause__).__name__)
            self._asks_again_at = now + PAUSE_SECONDS
            return None
        with self._lock:
            self._leases.pop(key, None)
            self._leases[key] = lease
            if len(self._leases) > MOST_ACCOUNTS:
                # The eldest; if it is still needed, what it holds is lost to its owner and nobody else.
                self._leases.pop(next(iter(self._leases)))
            return self._spend(lease)

    @staticmethod
    def _spend(lease: Lease) -> tuple[bool, Lease]:
        granted = lease.left > 0
        lease.left -= granted
        return granted, lease

    @staticmethod
    def _lease(key: str, rate: Rate) -> Lease:
        size = max(1, rate.limit // LEASES)
        # Named together with the rate: another one starts afresh.
        count = cast("CountingCache", cache).count(f"{key}.{rate.limit}.{rate.seconds}", size, rate.seconds)
        taken_before = count.total - size
        return Lease(
            left=max(0, min(size, rate.limit - taken_before)),
            unleased=max(0, rate.limit - count.total),
            ends_at=time.monotonic() + count.seconds_left,
        )


ledger = Ledger()


class RateThrottle(BaseThrottle):
    """The one throttle of every view."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return True.

        Raises:
            TooManyRequests: not now.
        """
        user = request.user
        is_known = bool(user and user.is_authenticated)
        scope = getattr(view, "throttle_scope", None) or ("user" if is_known else "anon")
        # On Django's request, which is what middleware sees.
        counted = request._request  # noqa: SLF001 - DRF offers no other way
        if is_known:
            # The accounts of one address together: 60 of them are not 60 times the rate of one.
            count_request(counted, "address")
        count_request(counted, scope, str(user.pk) if is_known else None)
        return True


def count_request(request: Any, scope: str, user_id: str | None = None) -> None:
    """Count a request under `scope`, and leave on it what is to be told of that.

    Raises:
        TooManyRequests: not now.
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
        "RateLimit": f'"{scope}";r={lease.left + lease.unleased};t={seconds_left}',
    }
    if not is_granted:
        raise TooManyRequests(wait=seconds_left)


@lru_cache(MOST_ACCOUNTS)
def _key(scope: str, identity: str) -> str:
    # Hashed, so that the cache holds neither addresses nor ids.
    return f"throttle.{scope}.{salted_hmac('anywork.throttle', identity).hexdigest()}"
