"""Measurement of the caches while jobs change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from benchmarks.search import load
from benchmarks.search.cases import Case
from benchmarks.search.measuring import Site, variants_of, warm_up

CHANGES_A_SECOND = 10
# Three times as long as a slow count is cached, so that it is refreshed as often as in a longer run.
SECONDS = 15
# Changes only the version of the lists.
_CHANGE = "UPDATE jobs_job SET salary_range = salary_range WHERE job_id = (SELECT job_id FROM jobs_job LIMIT 1)"


def measure_under_writes(case: Case, site: Site, database_url: str) -> dict[str, float]:
    """Return the throughput of repeated requests at rest and while jobs change ten times a second."""
    uncached, cached = (variant for variant in variants_of(case, site) if variant.name in {"ours", "cached"})
    warm_up(cached)
    fresh, at_rest = (
        load.run(variant.requests, connections=16, seconds=SECONDS, repeat=variant.repeat)
        for variant in (uncached, cached)
    )
    with _changes(database_url):
        changing = load.run(cached.requests, connections=16, seconds=SECONDS, repeat=True)
    return {
        "uncached": round(fresh.requests_a_second, 1),
        "cached": round(at_rest.requests_a_second, 1),
        "cached_under_writes": round(changing.requests_a_second, 1),
        "p95": round(at_rest.p95, 2),
        "p95_under_writes": round(changing.p95, 2),
    }


@contextmanager
def _changes(database_url: str) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=_change_until, args=(stop, database_url))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _change_until(stop: threading.Event, database_url: str) -> None:
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        while not stop.wait(1 / CHANGES_A_SECOND):
            cursor.execute(_CHANGE)
    connection.close()
