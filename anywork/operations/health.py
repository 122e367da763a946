"""Health checks, for load balancers and operators."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from smtplib import SMTPException
from threading import Condition
from typing import Any, cast

from amqp.exceptions import AMQPError
from cachetools import TTLCache, cached
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import KombuError

from anywork.api.throttling.counting import CacheAway, CountingCache

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_SECONDS = 2
AWAY = (OSError, DatabaseError, KombuError, AMQPError, CacheAway, SMTPException, RuntimeError)
# Seconds for which a process repeats its response: the endpoint has no rate limit, and a probe may take seconds.
KEEP_SECONDS = 2

# Reports of apps, added in `ready()`: whether all is well, and figures to show.
reports: dict[str, Callable[[], tuple[bool, Mapping[str, int]]]] = {}


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

    "unavailable" (503): the database, its migrations or the file storage are not there. "degraded" (200): requests
    succeed, but mail waits, because the broker, the cache or the mail server is not there, or no worker runs.
    """
    required = {"database": _database, "media": _media}
    optional = {"broker": _broker, "cache": _cache, "smtp": _smtp}
    checks = {name: _outcome(check) for name, check in {**required, **optional}.items()}
    figures = _figures(checks) if checks["database"] == "ok" else {}
    failed = {name for name, outcome in checks.items() if outcome != "ok"}
    verdict = "unavailable" if failed & required.keys() else "degraded" if failed else "ok"
    return {"status": verdict, "checks": checks, **figures}


def warn_of_what_is_away() -> None:
    """Log a warning, with the driver's message, for each of database, broker and cache that cannot be reached."""
    for name, check in {"database": connection.ensure_connection, "broker": _broker, "cache": _cache}.items():
        try:
            check()
        except AWAY as error:
            message = " ".join(str(error.__cause__ or error).split())
            logger.warning("The %s cannot be reached: %s", name, message)


def _figures(checks: dict[str, str]) -> dict[str, Mapping[str, int]]:
    figures = {}
    for name, report in reports.items():
        is_well, figures[name] = report()
        checks[name] = "ok" if is_well else "late"
    return figures


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except AWAY as error:
        return type(error).__name__
    return "ok"


def _database() -> None:
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
    with current_app.connection_for_write(connect_timeout=BROKER_TIMEOUT_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_SECONDS)
        # A broker may accept the connection, but refuse a channel.
        broker.default_channel  # noqa: B018 - opens one


def _cache() -> None:
    cast("CountingCache", cache).count("health", 1, KEEP_SECONDS)


def _smtp() -> None:
    mail = get_connection(timeout=BROKER_TIMEOUT_SECONDS)
    mail.open()
    mail.close()


class UnappliedMigrations(RuntimeError):
    """The database is behind the code."""
