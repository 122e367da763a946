"""The export of applications, as programs read it."""

import csv
import io
import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import csv_export
from applications.choices import Status
from applications.csv_export import HEADERS
from applications.models import Application
from applications.tests.factories import ApplicationFactory, AssessmentFactory
from jobs.tests.factories import JobFactory

URL = "/api/applications/export/"


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer, title='Cook, "chef" & Co')


def export(client, **params):
    response = client.get(URL, params)
    assert response.status_code == 200, response
    return response.getvalue().decode()


def rows_of(text):
    """Read strictly, as RFC 4180 says."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture
def application(job):
    application = ApplicationFactory(
        job=job,
        cover_letter='Dear Sirs,\r\nI am "excited",\nreally.',
        job_seeker__first_name="=cmd|' /C calc'!A0",
        job_seeker__last_name="Ünal, Jr.",
        job_seeker__phone_number="+49 30 123",
        applied_at="2030-03-06T06:37:42.030094Z",
    )
    AssessmentFactory(application=application, rating=4, tags=["@SUM(1)", "Python"])
    return application


def test_export_has_all_columns_and_no_formula(employer, application):
    response = employer.get(URL)

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="applications.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    text = response.getvalue().decode()
    assert text.startswith(",".join(HEADERS) + "\r\n")
    assert text.endswith("\r\n")
    assert rows_of(text) == [
        {
            "application_id": str(application.pk),
            "job_id": str(application.job_id),
            "job_title": 'Cook, "chef" & Co',
            "first_name": "'=cmd|' /C calc'!A0",
            "last_name": "Ünal, Jr.",
            "email": application.job_seeker.user.email,
            "phone_number": "'+49 30 123",
            "status": "pending",
            "applied_at": "2030-03-06T06:37:42Z",
            "rating": "4",
            "tags": "'@SUM(1); Python",
            "cover_letter": 'Dear Sirs,\r\nI am "excited",\nreally.',
        }
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "'=", "''@"])
def test_formula_in_any_column_of_an_applicant_is_a_text(employer, job, start):
    ApplicationFactory(job=job, cover_letter=f"{start}1+1", job_seeker__last_name=f"{start}1")

    [row] = rows_of(export(employer))

    assert (row["cover_letter"], row["last_name"]) == (f"'{start}1+1", f"'{start}1")


def test_excel_gets_a_byte_order_mark(employer, application):
    plain = export(employer)

    assert export(employer, excel="1") == export(employer, excel="true") == "\ufeff" + plain
    assert export(employer, excel="0") == export(employer, excel="") == plain
    refused = employer.get(URL, {"excel": "maybe"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["excel"])


@pytest.mark.parametrize("accept", ["text/csv", "*/*", "application/json", "image/png"])
def test_export_is_csv_for_every_accept(employer, application, accept):
    assert employer.get(URL, headers={"accept": accept}).status_code == 200


def test_withdrawn_application_shows_neither_letter_nor_contact(employer, seeker, job):
    application = ApplicationFactory(job=job, job_seeker=seeker.user.job_seeker)
    assert seeker.delete(f"/api/applications/{application.pk}/").status_code == 204

    [row] = rows_of(export(employer))

    assert row["status"] == "withdrawn"
    assert row["last_name"] == seeker.user.job_seeker.last_name
    assert (row["email"], row["phone_number"], row["cover_letter"]) == ("", "", "")


def test_employer_exports_what_the_filters_say_and_nothing_foreign(employer, application):
    other = ApplicationFactory(job=JobFactory(employer=application.job.employer), status=Status.REJECTED)
    foreign = ApplicationFactory()

    def keys(**params):
        return [row["application_id"] for row in rows_of(export(employer, **params))]

    # Newest first.
    assert keys() == [str(application.pk), str(other.pk)]
    assert keys(job=str(other.job_id)) == keys(status="rejected") == [str(other.pk)]
    assert keys(rating_min=4) == keys(tag="Python", ordering="status") == [str(application.pk)]
    assert keys(job=str(foreign.job_id)) == []
    assert rows_of(export(employer, job=str(foreign.job_id))) == []


def test_pages_have_every_row_once_though_rows_come_and_go(employer, job, monkeypatch):
    monkeypatch.setattr(csv_export, "PAGE_SIZE", 3)
    moment = timezone.now()
    # Three at each moment.
    applications = [ApplicationFactory(job=job, applied_at=moment - timedelta(days=n // 3)) for n in range(10)]

    with CaptureQueriesContext(connection) as captured:
        response = employer.get(URL)
        stream = response.streaming_content
        text = next(stream) + next(stream)
        ApplicationFactory(job=job)
        Application.objects.filter(pk=applications[-1].pk).update(status=Status.WITHDRAWN)
        text += b"".join(stream)

    rows = rows_of(text.decode())
    assert sorted(row["application_id"] for row in rows) == sorted(str(application.pk) for application in applications)
    assert rows[-1]["status"] == "withdrawn"
    statements = [query["sql"] for query in captured if "cover_letter" in query["sql"] and "SELECT" in query["sql"]]
    assert len(statements) == 5
    assert not [sql for sql in statements if "DECLARE" in sql or "OFFSET" in sql]


_MANY = """
    INSERT INTO applications_application (
        application_id, job_seeker_id, resume_id, job_id, cover_letter, status, applied_at
    )
    SELECT gen_random_uuid(), %(seeker)s, NULL, %(job)s, repeat('I am excited. ', 20), 'withdrawn',
        now() - n * interval '1 second'
    FROM generate_series(1, %(rows)s) AS n
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_memory_is_the_same_for_ten_times_the_rows(employer, job, seeker):
    def fill(rows):
        with connection.cursor() as cursor:
            cursor.execute(_MANY, {"seeker": seeker.user.pk, "job": job.pk, "rows": rows})

    def peak():
        tracemalloc.start()
        response = employer.get(URL)
        lines = sum(chunk.count(b"\r\n") for chunk in response.streaming_content)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return lines, most

    fill(2_000)
    peak()
    few, used = peak()
    # 100,000 rows take two minutes under tracemalloc, and the same memory.
    fill(18_000)

    many, most = peak()

    assert (few, many) == (2_001, 20_001)
    assert most < used * 1.2, (used, most)


def test_another_reader_gets_the_same_rows(employer, application, job):
    ApplicationFactory(job=job, cover_letter='"', job_seeker__last_name="\\.")
    text = export(employer)

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE opened ({' TEXT, '.join(HEADERS)} TEXT) ON COMMIT DROP")
        # PostgreSQL's own reader, which refuses columns of other names.
        cursor.copy_expert("COPY opened FROM STDIN (FORMAT csv, HEADER match, NULL '-')", io.StringIO(text))
        cursor.execute("SELECT * FROM opened")
        opened = [dict(zip(HEADERS, row, strict=True)) for row in cursor]

    assert opened == rows_of(text)
    assert len(opened) == 2
