"""Databases of the benchmarks: one for each number of jobs, on the server of DATABASE_URL."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

PREFIX = "anywork_bench_"
TIMEOUT_SECONDS = 60

_ACTIVE = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname LIKE %s AND state = 'active' AND backend_type = 'client backend'
"""


def server_url() -> str:
    """Return DATABASE_URL.

    Raises:
        SystemExit: it is not set.
    """
    try:
        return os.environ["DATABASE_URL"]
    except KeyError:
        raise SystemExit("Set DATABASE_URL to the PostgreSQL server to measure on.") from None


def url_of(jobs: int | str) -> str:
    """Return the URL of the database with this number of jobs."""
    return urlunsplit(urlsplit(server_url())._replace(path=f"/{PREFIX}{jobs}"))


def exists(jobs: int | str) -> bool:
    connection = psycopg2.connect(server_url())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [f"{PREFIX}{jobs}"])
            return cursor.fetchone() is not None
    finally:
        connection.close()


def wait_until_idle() -> None:
    """Wait until abandoned statements have ended, so that they don't slow down the next measurement."""
    connection = psycopg2.connect(server_url())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            until = time.monotonic() + TIMEOUT_SECONDS
            while time.monotonic() < until:
                cursor.execute(_ACTIVE, [f"{PREFIX}%"])
                if cursor.fetchone() == (0,):
                    return
                time.sleep(0.05)
    finally:
        connection.close()


@contextmanager
def copy_of(jobs: int) -> Iterator[str]:
    """Copy the database with this number of jobs, yield the URL of the copy, and drop it at the end."""
    name = f"{PREFIX}copy_of_{jobs}"
    connection = psycopg2.connect(server_url())
    connection.autocommit = True
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    try:
        with connection.cursor() as cursor:
            cursor.execute(drop)
            cursor.execute(create.format(sql.Identifier(name), sql.Identifier(f"{PREFIX}{jobs}")))
            try:
                yield url_of(f"copy_of_{jobs}")
            finally:
                cursor.execute(drop)
    finally:
        connection.close()


def copy(jobs: int, name: str) -> None:
    """Copy the database with this number of jobs, for good."""
    connection = psycopg2.connect(server_url())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            source, target = sql.Identifier(f"{PREFIX}{jobs}"), sql.Identifier(f"{PREFIX}{name}")
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))
    finally:
        connection.close()


def recreate(jobs: int) -> None:
    """Create an empty database for this number of jobs, after dropping an earlier one."""
    name = sql.Identifier(f"{PREFIX}{jobs}")
    connection = psycopg2.connect(server_url())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))
    finally:
        connection.close()
