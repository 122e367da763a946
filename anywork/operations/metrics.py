"""Metrics for Prometheus: of requests, as every web process counts them, and figures about the services."""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from threading import Condition
from typing import Any

from cachetools import TTLCache, cached
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from anywork import __version__
from anywork.api import errors
from anywork.operations.health import AWAY, KEEP_SECONDS, broker_channel, probe

# Set by gunicorn.conf.py; without it, a process knows its own counts only.
if IS_ONE_OF_SEVERAL := "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    # Files by slot instead of pid: a worker goes on with the counts of the one that it replaces, and files stay few.
    values.ValueClass = values.MultiProcessValue(lambda: os.environ["WORKER_SLOT"])  # type: ignore[no-untyped-call]

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

registry = CollectorRegistry()
_requests = Counter("anywork_requests", "Requests.", ["route", "method", "status"], registry=registry)
_seconds = Histogram(
    "anywork_request_seconds",
    "Duration of requests.",
    ["route", "method"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=registry,
)
_statements = Counter("anywork_sql_statements", "SQL statements of requests.", ["route"], registry=registry)
_sql_seconds = Counter("anywork_sql_seconds", "Time that requests waited for SQL.", ["route"], registry=registry)


class _Stopwatch:
    """Database instrumentation that counts statements and their time."""

    def __init__(self) -> None:
        self.statements = 0
        self.seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.statements += 1
            self.seconds += time.perf_counter() - start


def measure(request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Return the response, and count it."""
    sql, start = _Stopwatch(), time.perf_counter()
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(sql))
        response = get_response(request)
    # Names of URL patterns and methods that they offer only: a client must not be able to add time series.
    route = request.resolver_match.view_name if request.resolver_match else "none"
    is_offered = request.method in METHODS and response.status_code != HTTPStatus.METHOD_NOT_ALLOWED
    method = request.method if is_offered else "other"
    _requests.labels(route, method, response.status_code).inc()
    _seconds.labels(route, method).observe(time.perf_counter() - start)
    _statements.labels(route).inc(sql.statements)
    _sql_seconds.labels(route).inc(sql.seconds)
    return response


def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics, for the bearer of METRICS_TOKEN; for others, this URL is unknown."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return errors.not_found(request)
    counts = CollectorRegistry() if IS_ONE_OF_SEVERAL else registry
    if IS_ONE_OF_SEVERAL:
        MultiProcessCollector(counts)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(counts) + generate_latest(_figures), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """Versions, and what `/readyz` says, with the figures of all reports."""

    def collect(self) -> Iterator[Metric]:
        versions = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("anywork", "Versions.", versions)
        state = probe()
        checks = GaugeMetricFamily("anywork_check_ok", "Whether a check of /readyz succeeds.", labels=["check"])
        for name, outcome in state["checks"].items():
            checks.add_metric([name], outcome == "ok")
        yield checks
        for report, figures in state.items():
            if isinstance(figures, Mapping) and report != "checks":
                for name, value in figures.items():
                    yield GaugeMetricFamily(f"anywork_{report}_{name}", "As in /readyz.", value)
        if state["checks"]["broker"] == "ok" and (messages := _queued_messages()) is not None:
            yield GaugeMetricFamily("anywork_queue_messages", "Messages that wait for a worker.", messages)


@cached(TTLCache(1, ttl=KEEP_SECONDS), condition=Condition())
def _queued_messages() -> int | None:
    try:
        with broker_channel() as channel:
            return int(channel.queue_declare(settings.CELERY_TASK_DEFAULT_QUEUE, passive=True).message_count)
    except AWAY:
        # Away since the probe, or there is no queue before the first worker.
        return None


_figures = CollectorRegistry()
_figures.register(_Figures())
