"""A read-only database, as a standby is, or a former primary: 503 for what has to write, and nothing else fails."""

from typing import Any

from django.db import connection, transaction
from django.test import Client

from anywork.tests.test_query_counts import MEASURED_CELLS
from anywork.tests.world import World
from jobs.tests.factories import JobFactory

# Downloads are recorded. A refused one of a resume closes the connection in the middle of the test's transaction.
CELLS = [cell for cell in MEASURED_CELLS if not cell.path.startswith(("/media/", "/api/auth/me/export/"))]


def make_read_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")


def test_every_request_to_a_read_only_database_succeeds_or_is_503(world: World) -> None:
    refused = set()
    for cell in CELLS:
        with transaction.atomic():
            make_read_only()
            response = world.send(cell)
            transaction.set_rollback(True)
        assert response.status_code < 300 or response["Retry-After"], (cell, response.content)
        if response.status_code == 503:
            refused.add((cell.method, cell.path))

    assert {path for method, path in refused if method == "GET"} == set()
    assert {("POST", "/api/jobs/")} < refused


def test_login_to_the_admin_site_on_a_read_only_database_is_503(db: None) -> None:
    with transaction.atomic():
        make_read_only()
        response = Client(raise_request_exception=False).post("/admin/login/", {"username": "ann", "password": "x"})
        transaction.set_rollback(True)

    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable")
    assert int(response["Retry-After"]) > 0


def test_visitor_opens_a_job_whose_view_cannot_be_counted(anonymous: Any, db: None, caplog: Any) -> None:
    job = JobFactory()
    with transaction.atomic():
        make_read_only()
        assert anonymous.get(f"/api/jobs/{job.pk}/").json()["title"] == job.title
        transaction.set_rollback(True)

    assert [record.getMessage() for record in caplog.records if record.name == "analytics.receivers"] == [
        "A view is not counted (OperationalError)"
    ]
