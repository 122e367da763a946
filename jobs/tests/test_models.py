import re
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from applications.tests.factories import ApplicationFactory
from jobs.models import Job, closing_time
from jobs.querysets import OPEN_SQL
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory


@pytest.mark.parametrize(
    ("expires_at", "closes_at"),
    [
        (datetime(2030, 12, 12, tzinfo=UTC), datetime(2030, 12, 13, tzinfo=UTC)),
        (datetime(2030, 12, 31, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)),
        (datetime(2030, 12, 12, 0, 0, 1, tzinfo=UTC), datetime(2030, 12, 12, 0, 0, 1, tzinfo=UTC)),
        (datetime(2030, 12, 12, 0, 0, 0, 1, tzinfo=UTC), datetime(2030, 12, 12, 0, 0, 0, 1, tzinfo=UTC)),
        (datetime(2030, 12, 12, 23, 59, tzinfo=UTC), datetime(2030, 12, 12, 23, 59, tzinfo=UTC)),
        # Midnight in another time zone does not count; midnight in UTC does, in any notation.
        (
            datetime(2030, 12, 12, tzinfo=fixed(timedelta(hours=1))),
            datetime(2030, 12, 11, 23, tzinfo=UTC),
        ),
        (datetime(2030, 12, 12, 1, tzinfo=fixed(timedelta(hours=1))), datetime(2030, 12, 13, tzinfo=UTC)),
    ],
)
def test_job_closes_when_it_expires_or_at_the_end_of_the_day(expires_at, closes_at):
    assert closing_time(expires_at) == closes_at


@pytest.mark.django_db
class TestJob:
    @pytest.mark.parametrize(
        ("is_active", "expires_in", "is_open"),
        [
            (True, timedelta(days=1), True),
            (True, timedelta(seconds=5), True),
            (True, timedelta(0), False),
            (True, timedelta(seconds=-1), False),
            (False, timedelta(days=1), False),
            (False, timedelta(seconds=-1), False),
        ],
    )
    def test_job_is_open_while_active_and_not_expired(self, is_active, expires_in, is_open):
        job = JobFactory(is_active=is_active, expires_at=timezone.now() + expires_in)

        assert job.is_open is is_open
        assert Job.objects.open().filter(pk=job.pk).exists() is is_open

    @pytest.mark.parametrize(("microseconds", "is_open"), [(-1, True), (0, False), (1, False)])
    def test_python_queryset_and_sql_agree_when_a_job_closes(self, monkeypatch, microseconds, is_open):
        job = JobFactory()
        now = job.closes_at + timedelta(microseconds=microseconds)
        monkeypatch.setattr(timezone, "now", lambda: now)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT substring(prosrc FROM 'WHERE (is_active [^;]*) ORDER') FROM pg_proc "
                "WHERE proname = 'jobs_version'"
            )
            in_function = cursor.fetchone()[0]
            queries = [
                str(Job.objects.open().values("pk").order_by().query),
                f"SELECT FROM jobs_job WHERE {OPEN_SQL}",
                f"SELECT FROM jobs_job WHERE {in_function}",
            ]
            for query in queries:
                clock = r"(?i)\b(statement_timestamp|now)\(\)"
                cursor.execute(f"SELECT EXISTS ({re.sub(clock, '%s::timestamptz', query)})", [now])
                assert cursor.fetchone() == (is_open,), query

        assert job.is_open is is_open

    def test_job_that_expires_today_at_midnight_is_open_all_day(self):
        today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)

        assert JobFactory(expires_at=today).is_open
        assert not JobFactory(expires_at=today - timedelta(days=1)).is_open
        assert Job.objects.open().count() == 1

    def test_job_saved_with_update_fields_updates_its_closing_time(self):
        job = JobFactory()
        job.expires_at = datetime(2031, 5, 1, tzinfo=UTC)

        job.save(update_fields=["expires_at"])

        job.refresh_from_db()
        assert job.closes_at == datetime(2031, 5, 2, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"job_type": "volunteer"}, "jobs_job_type_known"),
            ({"closes_at": datetime(2000, 1, 1, tzinfo=UTC)}, "jobs_job_closes_after_expiry"),
        ],
    )
    def test_database_refuses_an_invalid_job(self, values, constraint):
        job = JobFactory()

        with pytest.raises(IntegrityError, match=constraint):
            Job.objects.filter(pk=job.pk).update(**values)

    def test_database_refuses_a_second_category_of_the_same_name(self):
        CategoryFactory(name="Design")

        with pytest.raises(IntegrityError, match="jobs_category_unique_name"):
            CategoryFactory(name="DESIGN")

    def test_database_refuses_a_second_location_of_the_same_name(self):
        LocationFactory(city="Lagos", state="", country="Nigeria")

        with pytest.raises(IntegrityError, match="jobs_location_unique_place"):
            LocationFactory(city="lagos", state="", country="NIGERIA")

    def test_database_keeps_a_job_that_has_an_application(self):
        job = ApplicationFactory().job

        with connection.cursor() as cursor:
            # Deferred constraints are checked now, not at the end of the transaction.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(IntegrityError, match="applications_application"):
                cursor.execute("DELETE FROM jobs_job WHERE job_id = %s", [job.pk])
