"""Concurrent actions in threads with a database connection each."""

import fcntl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(*actions: Callable[[], T]) -> list[T]:
    """Run `actions` at the same moment, each in its own thread; return their results in order.

    For tests marked `django_db(transaction=True)`: other connections cannot see what a test's transaction holds.
    """
    start = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        # Connect before the start, since connecting takes longer than most races.
        connection.ensure_connection()
        start.wait(timeout=30)
        try:
            return action()
        finally:
            connection.close()

    # One race at a time among the workers of pytest-xdist: two of fifty threads would take every connection that
    # PostgreSQL allows by default.
    with Path(__file__).open() as file, ThreadPoolExecutor(len(actions)) as pool:
        fcntl.flock(file, fcntl.LOCK_EX)
        return list(pool.map(run, actions))


def wait_until_waited_for(seconds: float = 20) -> None:
    """Wait until another connection waits for what this one has locked."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
            if cursor.fetchone() == (True,):
                return
        time.sleep(0.01)
    raise TimeoutError
