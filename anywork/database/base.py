"""Django's backend of PostgreSQL, for servers whose roles change: a primary fails, a standby is promoted."""

from types import TracebackType
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper, OperationalError
from django.utils.functional import cached_property
from psycopg2 import Error
from psycopg2.errors import ReadOnlySqlTransaction


class _ErrorWrapper(DatabaseErrorWrapper):
    """Django's, except that a read-only database is an OperationalError, as one that is away: both end soon."""

    # Provided by Django's class, which its stubs leave out.
    wrapper: Any

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ReadOnlySqlTransaction):
            self.wrapper.errors_occurred = True
            raise OperationalError(*error.args) from error
        super().__exit__(kind, error, trace)


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection to the primary, or to a replica."""

    @cached_property
    def wrap_database_errors(self) -> _ErrorWrapper:
        return _ErrorWrapper(self)

    def is_usable(self) -> bool:
        """Return whether the connection works and is where it should be; if not, Django opens another one.

        A proxy has led a read-only one to a former primary, and leads the next one to the present primary.
        """
        if self.connection is None or self.alias != DEFAULT_DB_ALIAS:
            return super().is_usable()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                return cursor.fetchone() == ("off",)
        except Error:
            return False
