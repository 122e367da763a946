"""Kept connections: asked once a second whether they take writes, and replaced if not."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection

from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def read_only(transactional_db: None) -> Iterator[None]:
    """A connection that was found to take writes, and does not any more, as one to a former primary."""
    connection.ensure_connection()
    assert connection.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    yield
    connection.close()


def test_connection_is_replaced_after_a_failed_statement(read_only: None) -> None:
    with pytest.raises(OperationalError):
        JobFactory()

    # The next request.
    connection.close_if_unusable_or_obsolete()
    JobFactory()


def test_connection_is_asked_again_after_a_second(read_only: None) -> None:
    assert connection.is_usable()

    connection.trusted_until = 0.0  # type: ignore[attr-defined]

    assert not connection.is_usable()
