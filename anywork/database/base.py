"""Django's backend of PostgreSQL, for servers whose roles change: a primary fails, a standby is promoted."""

import select
import time
from types import TracebackType
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper, OperationalError
from django.utils.functional import cached_property
from psycopg2 import Error
from psycopg2.errors import ReadOnlySqlTransaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

# Between two questions to the server of a kept connection: one takes as long as reading the version of a list.
CHECK_SECONDS = 1


class _ErrorWrapper(DatabaseErrorWrapper):
    """Django's, except that a read-only database is an OperationalError, as one that is away: both end soon."""

    # Provided by Django's class, which its stubs leave out.
    wrapper: Any

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ReadOnlySqlTransaction):
            self.wrapper.errors_occurred = True
            self.wrapper.trusted_until = 0.0
            raise OperationalError(*error.args) from error
        super().__exit__(kind, error, trace)


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection to the primary, or to a replica."""

    @cached_property
    def wrap_database_errors(self) -> _ErrorWrapper:
        return _ErrorWrapper(self)

    # By `time.monotonic()`.
    trusted_until = 0.0

    def init_connection_state(self) -> None:
        super().init_connection_state()
        self.trusted_until = 0.0

    def is_usable(self) -> bool:
        """Return whether the connection works and is where it should be; if not, Django opens another one.

        That the server has ended it, or was read-only, is seen each time, the rest after CHECK_SECONDS.
        """
        if time.monotonic() >= self.trusted_until or not self._is_idle():
            if not self._is_connected():
                return False
            self.trusted_until = time.monotonic() + CHECK_SECONDS
        return True

    def _is_idle(self) -> bool:
        """Return whether no transaction is open, and the server has said nothing, such as that it shuts down."""
        if self.connection is None or self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)

    def _is_connected(self) -> bool:
        """Ask the server. A proxy has led a read-only connection to a former primary, the next one to the present."""
        if self.connection is None or self.alias != DEFAULT_DB_ALIAS:
            return super().is_usable()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                return cursor.fetchone() == ("off",)
        except Error:
            return False
