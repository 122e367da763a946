"""The way PostgreSQL takes to each page, among enough jobs for it to matter."""

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from anywork.api.lists import remembered
from jobs.models import Job
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

JOBS = 30_000

# One in ten is an engineer, one in two hundred a welder; a falconer is in one of 10,000 descriptions.
_FILL = """
    INSERT INTO jobs_job (
        job_id, employer_id, location_id, category_id, title, description, salary_range, salary_maximum,
        salary_currency, salary_period, job_type, posted_at, expires_at, closes_at, is_active, search
    )
    SELECT gen_random_uuid(), employer_id, location_id, category_id, title, description, '', n, '', '',
        CASE WHEN n %% 3 = 0 THEN 'remote' ELSE 'full-time' END, now() - n * interval '1 minute',
        now() + n * interval '1 minute', now() + n * interval '1 minute', n %% 50 > 0,
        jobs_search_vector(title, '', '', '', description)
    FROM (
        SELECT n, (%(locations)s::uuid[])[1 + n %% 50] AS location_id,
            CASE WHEN n %% 10 = 0 THEN 'Engineer' WHEN n %% 200 = 1 THEN 'Welder' ELSE 'Clerk ' || n %% 1000 END
                AS title,
            CASE WHEN n %% 10000 = 2 THEN 'falconer' ELSE 'work ' || n %% 500 END || repeat(' at length', 50)
                AS description
        FROM generate_series(1, %(jobs)s) AS n
    ) AS made, (SELECT employer_id, category_id FROM jobs_job LIMIT 1) AS one
"""


@pytest.fixture(scope="module")
def many_jobs(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        JobFactory(category=CategoryFactory(), location__city="Here")
        locations = [LocationFactory(city=f"Town {number}").pk for number in range(50)]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            # The vectors are made in the statement itself.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER jobs_job_write_search")
            cursor.execute(_FILL, {"locations": [str(key) for key in locations], "jobs": JOBS})
            cursor.execute("ANALYZE jobs_job")
        yield
        transaction.set_rollback(True)


def plans(captured):
    """Return the plans of the statements that read jobs."""
    for query in captured:
        if 'FROM "jobs_job"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"))
                yield "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("", {"jobs_job_active_newest"}),
        ("page=100", {"jobs_job_active_newest", "jobs_job_pkey"}),
        ("ordering=closing", {"jobs_job_closing"}),
        ("ordering=-salary", {"jobs_job_best_paid"}),
        ("ordering=title", {"jobs_job_title"}),
        ("city=Town+7&job_type=remote", {"jobs_job_place_type_newest"}),
        # Common words: along the order, looking for the words.
        ("search=engineer", {"jobs_job_active_newest", "jobs_job_pkey"}),
        ("search=engineer&ordering=newest", {"jobs_job_active_newest"}),
        # Rare ones: by the words.
        ("search=welder", {"jobs_job_search"}),
        ("search=falconer", {"jobs_job_search"}),
        ("search=falconer&ordering=newest", {"jobs_job_search"}),
        # Far behind, it is the words again.
        ("search=engineer&page=115", {"jobs_job_search_title", "jobs_job_pkey"}),
    ],
)
def test_page_is_found_by_index(many_jobs, db, anonymous, query, indexes):
    url = f"/api/jobs/?{query}"
    assert anonymous.get(url).status_code == 200
    # The count stays remembered; the page is to be found again.
    remembered.clear()

    with CaptureQueriesContext(connection) as captured:
        assert anonymous.get(url).json()["results"]

    (plan,) = plans(captured)
    assert "Seq Scan on jobs_job" not in plan
    assert set(re.findall(r"(?:using|Index Scan on) (jobs_job_\w+)", plan)) == indexes


def test_tiers_are_counted_by_their_indexes(many_jobs, db, anonymous):
    Job.objects.filter(title="Welder").update(salary_range="makes a new version")

    with CaptureQueriesContext(connection) as captured:
        anonymous.get("/api/jobs/?search=welder")

    plan = next(plan for plan in plans(captured) if "Append" in plan)
    for index in ("jobs_job_search", "jobs_job_search_title", "jobs_job_search_names"):
        assert re.search(rf"\b{index}\b", plan)
