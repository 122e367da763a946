"""Health checks, for load balancers and operators."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from smtplib import SMTPException
from threading import Condition
from typing import Any, cast

from amqp.exceptions import AMQPError
from cachetools import TTLCache, cached
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import KombuError

from anywork.api.throttling.counting import CacheAway, CountingCache
from anywork.database.replicas import replicas
from anywork.operations.broker import connect

logger = logging.getLogger(__name__)

# Of bucket, broker, cache and mail server, which are asked at the same time.
TIMEOUT_SECONDS = 1
AWAY = (OSError, DatabaseError, KombuError, AMQPError, CacheAway, SMTPException, RuntimeError)
# Seconds for which a process repeats its response: the endpoint has no rate limit, and a probe may take seconds.
KEEP_SECONDS = 2

# Reports of apps, added in `ready()`: whether all is well, and figures to show.
reports: dict[str, Callable[[], tuple[bool, Mapping[str, int]]]] = {}

# One for each check that may be stuck, so that it holds up no other; kept, because boto3 has a session for each thread.
_threads = {name: ThreadPoolExecutor(1, f"readyz-{name}") for name in ("media", "broker", "smtp")}


def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness: the process handles requests."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: the result of `probe`, up to KEEP_SECONDS old."""
    body = probe()
    return JsonResponse(body, status=503 if body["status"] == "unavailable" else 200)


# Concurrent requests wait for one probe.
@cached(TTLCache(1, ttl=KEEP_SECONDS), condition=Condition())
def probe() -> dict[str, Any]:
    """Check all services; return a status, the checks and the figures of `reports`.

    "unavailable" (503): the database, its migrations or the folder of the files are not there, or the database is
    read-only. "degraded" (200): what does not need the bucket, the broker, the cache, the mail server or the replica
    that is away succeeds, or no worker runs.
    """
    until = time.monotonic() + TIMEOUT_SECONDS
    apart = {"media": _media, "broker": _broker, "smtp": _smtp}
    futures = {name: _threads[name].submit(check) for name, check in apart.items()}
    # These use connections of this thread; Redis has time-outs of its own.
    own = {"database": _database, "cache": _cache, **{replica.alias: replica.check for replica in replicas}}
    checks = {name: _outcome(check) for name, check in own.items()}
    for name, future in futures.items():
        checks[name] = _outcome(partial(future.result, timeout=max(until - time.monotonic(), 0)))
        future.cancel()
    figures = _figures(checks) if checks["database"] == "ok" else {}
    failed = {name for name, outcome in checks.items() if outcome != "ok"}
    # All nodes have the same bucket: without this one, the others would be no better.
    required = {"database", "media"} if isinstance(default_storage, FileSystemStorage) else {"database"}
    verdict = "unavailable" if failed & required else "degraded" if failed else "ok"
    return {"status": verdict, "checks": checks, **figures}


def warn_of_what_is_away() -> None:
    """Log a warning, with the driver's message, for each of database, broker and cache that cannot be reached."""
    for name, check in {"database": connection.ensure_connection, "broker": _broker, "cache": _cache}.items():
        try:
            check()
        except AWAY as error:
            message = " ".join(str(error.__cause__ or error).split())
            logger.warning("The %s cannot be reached: %s", name, message)


@contextmanager
def broker_channel() -> Iterator[Any]:
    """Open a channel to the broker, within about a second for each URL, or not at all."""
    with connect() as broker:
        # Each URL once.
        broker.ensure_connection(max_retries=max(len(broker.alt) - 1, 0))
        yield broker.default_channel


def _figures(checks: dict[str, str]) -> dict[str, Mapping[str, int]]:
    figures = {}
    for name, report in reports.items():
        is_well, figures[name] = report()
        checks[name] = "ok" if is_well else "late"
    return figures


def _outcome(check: Callable[[], object]) -> str:
    try:
        check()
    except AWAY as error:
        return type(error).__name__
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        if cursor.fetchone() == ("on",):
            raise ReadOnlyDatabase
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise UnappliedMigrations


def _media() -> None:
    if not isinstance(default_storage, FileSystemStorage):
        # Lists folders only, however many files there are.
        default_storage.listdir("")
        return
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        raise PermissionError


def _broker() -> None:
    # A broker may accept the connection, but refuse a channel.
    with broker_channel():
        pass


def _cache() -> None:
    cast("CountingCache", cache).count("health", 1, KEEP_SECONDS)


def _smtp() -> None:
    if not settings.EMAIL_HOST:
        # A folder (filemail://), where each connection leaves a file.
        return
    mail = get_connection(timeout=TIMEOUT_SECONDS)
    mail.open()
    mail.close()


class ReadOnlyDatabase(RuntimeError):
    """The database is a standby, or a former primary."""


class UnappliedMigrations(RuntimeError):
    """The database is behind the code."""
