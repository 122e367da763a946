"""The owner of the tables, in whose name migrations run."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


@contextmanager
def as_owner() -> Iterator[None]:
    """Connect as DATABASE_OWNER meanwhile, if there is one; not in a transaction."""
    if not settings.DATABASE_OWNER:
        yield
        return
    usual = connection.settings_dict
    connection.close()
    connection.settings_dict = {**usual, **settings.DATABASE_OWNER}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual
