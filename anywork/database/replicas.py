"""Reads on replicas (DATABASE_REPLICA_URLS): what all anonymous callers get alike is read from a streaming standby.

A replica that is away or late is left out: the request is served by another one, or by the primary.
"""

import logging
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from threading import Timer
from typing import Any, TypeVar

import psycopg2
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from psycopg2.errors import QueryCanceled

logger = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

# Seconds for which a process trusts a replica, and for which it leaves one out.
TRUST_SECONDS = 1
PAUSE_SECONDS = 5

# What job lists are made of. The cache and all else is on the primary.
_APPS = {"accounts", "jobs"}

_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)

# A replica is near if it has all that the primary had just now, or a change that is not too old: with few changes the
# latest is always old, with many there is always a newer one. One that receives nothing may follow a dead primary. All
# roles may ask this, and whether there is a receiver.
_IS_NEAR = """
    SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver) AND (
        pg_last_wal_replay_lsn() >= %s::pg_lsn
        OR clock_timestamp() - pg_last_xact_replay_timestamp() <= make_interval(secs => %s)
    )
"""


class LateReplica(OperationalError):
    """A replica lags behind the primary, or does not follow it."""


class Replica:
    """What this process knows of a replica."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._is_usable = True
        self._ask_at = 0.0

    def is_usable(self) -> bool:
        """Return whether it can be read from, as was found up to TRUST_SECONDS ago."""
        if time.monotonic() >= self._ask_at:
            # Other threads rely on what was found before.
            self._ask_at = time.monotonic() + TRUST_SECONDS
            try:
                self.check()
            except Error as error:
                self.leave_out(error)
            else:
                if not self._is_usable:
                    logger.info("The database %s is used again", self.alias)
                self._is_usable = True
        return self._is_usable

    def check(self) -> None:
        """Compare it with the primary; raise LateReplica, or another OperationalError if one of them is away."""
        with connections[DEFAULT_DB_ALIAS].cursor() as primary, connections[self.alias].cursor() as cursor:
            primary.execute("SELECT pg_current_wal_lsn()")
            with _watched(connections[self.alias]):
                cursor.execute(_IS_NEAR, [*primary.fetchone(), settings.REPLICA_MAX_LAG_SECONDS])
            if cursor.fetchone() != (True,):
                raise LateReplica

    def leave_out(self, error: Error) -> None:
        """Do not use it for PAUSE_SECONDS."""
        if self._is_usable:
            logger.warning("The database %s is left out (%s)", self.alias, type(error.__cause__ or error).__name__)
        self._is_usable = False
        self._ask_at = time.monotonic() + PAUSE_SECONDS
        connections[self.alias].close()


replicas = [Replica(alias) for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS]


class ReplicaRouter:
    """Sends reads where `from_replica` says, and everything else to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return _alias.get() if model._meta.app_label in _APPS else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def reading_connection() -> BaseDatabaseWrapper:
    """Return the connection that the router chooses."""
    return connections[_alias.get()]


@contextmanager
def _watched(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Break the connection off if its server is frozen: it would hold the worker until gunicorn kills that."""

    def watch() -> None:
        try:
            psycopg2.connect(**connection.get_connection_params()).close()
        except psycopg2.OperationalError:
            # A connection of another thread cannot be closed, but its socket can be shut down.
            with (
                suppress(AttributeError, psycopg2.Error, OSError),
                socket.fromfd(connection.connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as driver,
            ):
                driver.shutdown(socket.SHUT_RDWR)

    timer = Timer(TRUST_SECONDS, watch)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def from_replica(read: View) -> View:
    """Make a method of a view, which only reads, read from a replica if the caller is anonymous.

    All in one transaction of one snapshot, so that a list fits the version that it is tagged by.
    """

    @wraps(read)
    def respond(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        # Callers who are signed in see at once what they have changed.
        if request.user.is_anonymous:
            for replica in random.sample(replicas, len(replicas)):
                if not replica.is_usable():
                    continue
                token = _alias.set(replica.alias)
                try:
                    with _watched(connections[replica.alias]), transaction.atomic(using=replica.alias):
                        return read(view, request, *args, **kwargs)
                except (OperationalError, InterfaceError) as error:
                    if isinstance(error.__cause__, QueryCanceled):
                        raise  # It would take as long elsewhere.
                    replica.leave_out(error)
                finally:
                    _alias.reset(token)
        return read(view, request, *args, **kwargs)

    return respond  # type: ignore[return-value]
