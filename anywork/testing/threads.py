"""Real races: the same moment for everybody, each thread with a database connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

R = TypeVar("R")


def at_once(calls: Iterable[Callable[[], R]]) -> list[R]:
    """Start all `calls` at the same moment, each in its own thread, and return their results in order.

    For tests with `transaction=True`: other threads see only what is committed.
    """
    calls = list(calls)
    barrier = Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        # Connected before the start, for connecting takes longer than most races.
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(run, call) for call in calls]]
