"""Unique constraints of the database as responses of the API."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Lower

Row = TypeVar("Row", bound=Model)


@contextmanager
def unique_violation_as(constraint: str, problem: Callable[[], Exception]) -> Iterator[None]:
    """Raise `problem()` if the block violates the named unique constraint.

    The database decides, so that only one of two concurrent requests succeeds.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != constraint:
            raise
        raise problem() from error


def find_in_any_case(rows: QuerySet[Row], **texts: str) -> Row | None:
    """Return the row that violates a unique constraint on the lower case of these fields."""
    # The expression of the constraint: `iexact` compares differently (İ) and has no index.
    rows = rows.alias(**{f"folded_{field}": Lower(field) for field in texts})
    return rows.filter(**{f"folded_{field}": Lower(Value(text)) for field, text in texts.items()}).first()
