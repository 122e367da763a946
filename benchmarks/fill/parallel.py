"""Steps on all processors, each with its own connection. Imports no model: its processes set Django up themselves."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import django
import psycopg2

from benchmarks.fill.steps import step

if TYPE_CHECKING:
    from benchmarks.fill.vacancies import JobMaker

PROCESSES = os.cpu_count() or 1
# Not crash-safe: after a crash, the database is filled again.
_SETTINGS = "-c synchronous_commit=off -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=0 -c jit=off"

_maker: "JobMaker"


@contextmanager
def cursor_at(url: str) -> Iterator[Any]:
    """Yield a cursor of a connection with autocommit and asynchronous commits."""
    connection = psycopg2.connect(url, options=_SETTINGS)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def write_jobs(batches: list[range]) -> None:
    """Write the jobs with these numbers, which must be all of them, to the database at DATABASE_URL."""
    spawn = get_context("spawn")
    jobs = batches[-1].stop
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn, initializer=_begin, initargs=(jobs,)) as processes:
        list(processes.map(_write_batch, batches))


def run_all(statements: list[str]) -> None:
    """Run statements on the database at DATABASE_URL, one per processor at a time."""
    with step("indexes"), ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(_run, statements))


def _begin(jobs: int) -> None:
    global _maker  # noqa: PLW0603 - kept by a process of the pool between batches
    django.setup()
    from benchmarks.fill.vacancies import JobMaker

    _maker = JobMaker(jobs)


def _write_batch(numbers: range) -> None:
    from benchmarks.fill import vacancies

    with cursor_at(os.environ["DATABASE_URL"]) as cursor:
        vacancies.write_jobs(cursor, _maker, numbers)


def _run(statement: str) -> None:
    with cursor_at(os.environ["DATABASE_URL"]) as cursor:
        cursor.execute(statement)
