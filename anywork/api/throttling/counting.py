"""Cache backends that all processes share: Django's own, with an atomic counter.

Django's `incr` in PostgreSQL reads and then writes, so that some of several concurrent calls are lost.
"""

import time
from typing import Any, NamedTuple, Protocol

from django.core.cache.backends.db import DatabaseCache as DjangoDatabaseCache
from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.db import Error, connection

from anywork.api.batches import BATCH_SIZE

TABLE = "anywork_cache"
# Requests wait for the cache.
REDIS_TIMEOUT_SECONDS = 0.5


class Count(NamedTuple):
    """Total of a key in the current window, and the seconds until the window ends."""

    total: int
    seconds_left: float


class CacheAway(Exception):
    """The cache cannot be reached."""


class CountingCache(Protocol):
    """A cache that counts."""

    def count(self, key: str, amount: int, seconds: int) -> Count:
        """Add `amount` under `key` and return the count; the first call opens a window of `seconds`.

        Atomic: concurrent calls are all counted.

        Raises:
            CacheAway: nothing was counted.
        """

    def remove_expired(self, *, until: float) -> int:
        """Delete expired keys, which may never be read again, as `batches.sweep` does; return their number."""


class DatabaseCache(DjangoDatabaseCache):
    """The cache in PostgreSQL."""

    # What it raises when it is away.
    errors = (Error,)

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(TABLE, params)

    def count(self, key: str, amount: int, seconds: int) -> Count:
        # A plain number, not pickled as the other values in this table: the key is a counter's.
        try:
            with connection.cursor() as cursor:
                cursor.execute(_COUNT, [self.make_and_validate_key(key), str(amount), seconds, amount])
                total, seconds_left = cursor.fetchone()
        except Error as error:
            raise CacheAway from error
        return Count(int(total), float(seconds_left))

    def _cull(self, *args: Any) -> None:
        """Do nothing: from 300 rows on, Django's would delete counters. Expired rows are deleted every hour."""

    def remove_expired(self, *, until: float) -> int:
        number = 0
        with connection.cursor() as cursor:
            while True:
                cursor.execute(_REMOVE, [BATCH_SIZE])
                number += cursor.rowcount
                if cursor.rowcount < BATCH_SIZE or time.monotonic() > until:
                    return number


class RedisCache(DjangoRedisCache):
    """The cache in Redis."""

    # Provided by Django's class, which its stubs leave out.
    _cache: Any

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        from redis.backoff import NoBackoff  # noqa: PLC0415 - as below
        from redis.exceptions import RedisError  # noqa: PLC0415 - as below
        from redis.retry import Retry  # noqa: PLC0415 - as below

        options = {
            "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
            "socket_timeout": REDIS_TIMEOUT_SECONDS,
            # Once, because a pooled connection may be dead; by default redis-py retries for seconds.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self.errors = (RedisError,)

    def count(self, key: str, amount: int, seconds: int) -> Count:
        from redis.exceptions import RedisError  # noqa: PLC0415 - only where Redis is used

        name = self.make_and_validate_key(key)
        try:
            with self._cache.get_client(name, write=True).pipeline() as pipeline:
                _, total, milliseconds = (
                    pipeline.set(name, 0, ex=seconds, nx=True).incrby(name, amount).pttl(name).execute()
                )
        except RedisError as error:
            raise CacheAway from error
        return Count(total, milliseconds / 1_000)

    def remove_expired(self, *, until: float) -> int:
        # Redis does this itself.
        return 0


_REMOVE = f"""
    DELETE FROM {TABLE} WHERE cache_key IN (
        SELECT cache_key FROM {TABLE} WHERE expires < clock_timestamp() LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 - a constant

# One statement, so that PostgreSQL orders concurrent calls; by its clock, because those of the processes differ.
_COUNT = f"""
    INSERT INTO {TABLE} AS counter (cache_key, value, expires)
    VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (cache_key) DO UPDATE SET
        value = CASE WHEN counter.expires < clock_timestamp() THEN excluded.value
            ELSE (counter.value::bigint + %s)::text END,
        expires = CASE WHEN counter.expires < clock_timestamp() THEN excluded.expires ELSE counter.expires END
    RETURNING value, extract(epoch FROM expires - clock_timestamp())
"""  # noqa: S608 - a constant
