"""The way PostgreSQL takes to what people ask for most, among enough rows for it to matter."""

import re

import pytest
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import SkillFactory
from anywork.api.caching.responses import response_cache
from jobs.models import Job

pytestmark = pytest.mark.slow

ROWS = 50_000
TYPED = ("jobs_suggestion_titles", "jobs_suggestion_names")
WORDS = ("jobs_job_search", "jobs_job_search_title", "jobs_job_search_names")

# Too few to be looked up by an index.
_PEOPLE = """
    INSERT INTO accounts_user (
        user_id, email, password, role, is_superuser, is_staff, is_active, token_version, created_at, updated_at
    )
    SELECT gen_random_uuid(), n || '@example.org', '', CASE WHEN n %% 2 = 0 THEN 'employer' ELSE 'job_seeker' END,
        FALSE, FALSE, TRUE, 0, now(), now()
    FROM generate_series(1, 1000) AS n;
    INSERT INTO accounts_employer (user_id, company_name, company_description, website)
    SELECT user_id, 'Company', '', '' FROM accounts_user WHERE role = 'employer';
    INSERT INTO accounts_jobseeker (user_id, first_name, last_name, phone_number)
    SELECT user_id, '', '', '' FROM accounts_user WHERE role = 'job_seeker';
"""

# One in ten is an engineer, one in two hundred a welder; a falconer is in one of 10,000 descriptions.
_JOBS = """
    INSERT INTO jobs_category (category_id, name, description)
    SELECT gen_random_uuid(), 'Category ' || n, '' FROM generate_series(1, 20) AS n;
    INSERT INTO jobs_location (location_id, city, state, country)
    SELECT gen_random_uuid(), 'Town ' || n, '', 'Nigeria' FROM generate_series(1, 50) AS n;
    WITH made AS (
        SELECT n,
            CASE WHEN n %% 10 = 0 THEN 'Engineer' WHEN n %% 200 = 1 THEN 'Welder' ELSE 'Clerk ' || n %% 1000 END
                AS title,
            CASE WHEN n %% 10000 = 2 THEN 'falconer' ELSE 'work ' || n %% 500 END || repeat(' at length', 50)
                AS description
        FROM generate_series(1, %(rows)s) AS n
    ),
    -- Once for each of a thousand texts.
    found_by AS MATERIALIZED (
        SELECT title, description, jobs_search_vector(title, '', '', '', '', description) AS search
        FROM (SELECT DISTINCT title, description FROM made) AS texts
    )
    INSERT INTO jobs_job (
        job_id, employer_id, location_id, category_id, title, description, salary_range, salary_maximum,
        salary_base_maximum,
        salary_currency, salary_period, job_type, posted_at, expires_at, closes_at, is_active, search
    )
    SELECT gen_random_uuid(), (SELECT array_agg(user_id) FROM accounts_employer)[1 + n %% 500],
        (SELECT array_agg(location_id ORDER BY city) FROM jobs_location)[1 + n %% 50],
        (SELECT array_agg(category_id) FROM jobs_category)[1 + n %% 20], title, description, '', n, n,
        CASE WHEN n %% 2 = 0 THEN 'EUR' WHEN n %% 1000 = 1 THEN 'CHF' ELSE 'USD' END, '',
        CASE WHEN n %% 3 = 0 THEN 'remote' ELSE 'full-time' END, now() - n * interval '1 minute',
        now() + n * interval '1 minute', now() + n * interval '1 minute', n %% 19 > 0, search
    FROM made JOIN found_by USING (title, description);
    INSERT INTO jobs_suggestion (kind, key, text, folded)
    SELECT 'title', 'clerk ' || n, 'Clerk ' || n, ' clerk ' || n FROM generate_series(1, 20000) AS n
    UNION ALL SELECT kind, gen_random_uuid()::text, 'Clerks ' || n, ' clerks ' || n
    FROM generate_series(1, 5000) AS n, (VALUES ('company'), ('place')) AS others (kind);
"""

# Two a job; as frequent as the titles.
_SKILLS = """
    INSERT INTO jobs_jobskill (job_id, name, importance)
    SELECT job_id, name, 'required'
    FROM (SELECT job_id, row_number() OVER (ORDER BY posted_at) AS n FROM jobs_job) AS job,
        LATERAL (VALUES
            (CASE WHEN n %% 10 = 0 THEN 'Python' WHEN n %% 200 = 1 THEN 'Welding' ELSE 'Skill ' || n %% 1000 END),
            (CASE WHEN n %% 10000 = 2 THEN 'Falconry' ELSE 'Other skill ' || n %% 500 END)
        ) AS skill (name);
"""

_RESUMES = """
    INSERT INTO resumes_resume (resume_id, job_seeker_id, file, file_name, checksum, uploaded_at)
    SELECT gen_random_uuid(), (SELECT array_agg(user_id) FROM accounts_jobseeker)[1 + n %% 500], n || '.pdf', 'cv', n,
        now() - n * interval '1 minute'
    FROM generate_series(1, %(rows)s) AS n;
"""

_WHAT_FOLLOWS = """
    INSERT INTO applications_application (
        application_id, job_seeker_id, resume_id, job_id, cover_letter, status, applied_at
    )
    SELECT gen_random_uuid(), job_seeker_id, resume_id, job_id, '', 'pending', now() - n * interval '1 minute'
    FROM (SELECT job_id, row_number() OVER () AS n FROM jobs_job) AS job
        JOIN (SELECT resume_id, job_seeker_id, row_number() OVER () AS n FROM resumes_resume) AS resume USING (n);
    INSERT INTO notifications_notification (notification_id, user_id, message, is_read, created_at)
    SELECT gen_random_uuid(), (SELECT array_agg(user_id) FROM accounts_user)[1 + n %% 1000], 'News', n %% 5000 >= 1000,
        now() - n * interval '1 minute'
    FROM generate_series(1, %(rows)s) AS n;
    INSERT INTO analytics_analytics (analytics_id, job_id, date, views, applications)
    SELECT gen_random_uuid(), job_id, current_date, 1, 1 FROM jobs_job;
"""

LARGE = (
    "jobs_job",
    "jobs_jobskill",
    "jobs_suggestion",
    "resumes_resume",
    "applications_application",
    "notifications_notification",
    "analytics_analytics",
)


@pytest.fixture(scope="module")
def many_rows(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            # The vectors are made in the statement itself.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER jobs_job_write_search")
            for rows in (_PEOPLE, _JOBS, _SKILLS, _RESUMES, _WHAT_FOLLOWS):
                cursor.execute(rows, {"rows": ROWS})
                # The next ones refer to these. A foreign key's check would keep the plan that it made when the table
                # was empty, and read all of it for each of them.
                cursor.execute("ANALYZE")
            for index in (*WORDS, "jobs_job_search_closed", *TYPED):
                # As autovacuum does; until then an index costs more than its worth.
                cursor.execute("SELECT gin_clean_pending_list(%s)", [index])
        yield
        transaction.set_rollback(True)


@pytest.fixture
def some_seeker(many_rows, db, client_for):
    return client_for(User.objects.filter(role="job_seeker")[0])


@pytest.fixture
def some_employer(many_rows, db, client_for):
    return client_for(User.objects.filter(role="employer")[0])


@pytest.fixture
def some_job(many_rows, db):
    return Job.objects.filter(title="Engineer", is_active=True)[0]


def plans_of(client, url):
    """Return the plans of what a response reads where there is much to read."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return list(plans(captured))


def plans(captured):
    for query in captured:
        sql = query["sql"].strip()
        if sql.startswith(("SELECT", "(SELECT", "WITH")) and re.search(rf'(?:FROM|JOIN) "?({"|".join(LARGE)})\b', sql):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql.replace("%", "%%"))
                plan = "\n".join(line for (line,) in cursor.fetchall())
            yield plan


def indexes(*found):
    """Return the indexes of large tables that plans name, once none of them reads such a table from end to end."""
    for plan in found:
        assert not re.search(rf"Seq Scan on ({'|'.join(LARGE)})\b", plan), plan
    return set(
        re.findall(rf"(?:using|Index Scan on) ((?:{'|'.join(LARGE)}|applications|notifications)_\w+)", str(found))
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"jobs_job_active_newest"}),
        ("page=100", {"jobs_job_active_newest", "jobs_job_pkey"}),
        ("ordering=closing", {"jobs_job_closing"}),
        ("ordering=-salary", {"jobs_job_best_paid"}),
        ("ordering=salary", {"jobs_job_worst_paid"}),
        ("ordering=salary&salary_currency=EUR", {"jobs_job_currency_worst_paid"}),
        ("ordering=-salary&salary_currency=EUR", {"jobs_job_currency_best_paid"}),
        # Those that pay too little are skipped by the index alone.
        ("ordering=salary&salary_min=10", {"jobs_job_worst_paid", "jobs_job_pkey"}),
        ("ordering=-salary&salary_currency=EUR&salary_min=10", {"jobs_job_currency_best_paid", "jobs_job_pkey"}),
        ("salary_currency=EUR", {"jobs_job_active_newest"}),
        ("ordering=expires_at", {"jobs_job_expiring"}),
        ("ordering=title", {"jobs_job_by_title"}),
        # The other way round, too.
        ("ordering=-closing", {"jobs_job_closing"}),
        ("ordering=-expires_at", {"jobs_job_expiring"}),
        ("ordering=-title", {"jobs_job_by_title"}),
        ("ordering=posted_at", {"jobs_job_active_newest"}),
        ("category=Category+7", {"jobs_job_category_newest"}),
        ("city=Town+7&job_type=remote", {"jobs_job_place_type_newest"}),
        # Common words: along the order, looking for the words.
        ("search=engineer", {"jobs_job_active_newest", "jobs_job_pkey"}),
        ("search=engineer&ordering=newest", {"jobs_job_active_newest"}),
        ("search=engineer&ordering=salary", {"jobs_job_worst_paid"}),
        ("search=engineer&city=Town+1&job_type=remote", {"jobs_job_place_type_newest", "jobs_job_pkey"}),
        ("search=engineer&city=Town+1&job_type=remote&ordering=newest", {"jobs_job_place_type_newest"}),
        # Rare ones: by the words.
        ("search=welder", {"jobs_job_search_title", "jobs_job_pkey"}),
        ("search=falconer", {"jobs_job_search"}),
        ("search=falconer&ordering=newest", {"jobs_job_search"}),
        # Far behind, it is the words again.
        ("search=engineer&page=208", {"jobs_job_search_title", "jobs_job_pkey"}),
        # Common skills: along the order; rare ones by the skill.
        ("skill=python", {"jobs_job_active_newest", "jobs_jobskill_unique_name"}),
        ("skill=falconry", {"jobs_jobskill_newest", "jobs_job_pkey"}),
    ],
)
def test_page_of_jobs_is_found_by_index(many_rows, db, anonymous, query, expected):
    url = f"/api/jobs/?{query}"
    # From now on the number of jobs is known; the page itself is to be found again.
    assert anonymous.get(url).json()["results"]
    response_cache.clear()

    (page,) = plans_of(anonymous, url)

    # They have one order, and cost the same until VACUUM, which no transaction may run: then the second is read alone.
    same = {"jobs_job_newest": "jobs_job_active_newest"}
    assert {same.get(index, index) for index in indexes(page)} == expected


def test_indexes_of_orders_tell_which_jobs_are_closed():
    """So that a deep page skips jobs unread; the planner sees that only after VACUUM, which no transaction may run."""
    orders = [
        index for index in Job._meta.indexes if index.condition == Q(is_active=True) and not isinstance(index, GinIndex)
    ]

    assert len(orders) == 9
    assert [index.name for index in orders if "closes_at" not in {*index.fields, *index.include}] == []
    paid = {index.include for index in orders if "paid" in index.name}
    assert paid == {("closes_at", "salary_base_minimum"), ("closes_at", "salary_minimum")}


@pytest.mark.parametrize("ordering", ["expires_at", "-expires_at"])
def test_jobs_that_expired_long_ago_are_not_walked_past(many_rows, db, anonymous, ordering):
    *_, page = plans_of(anonymous, f"/api/jobs/?ordering={ordering}")

    assert "Index Cond: (expires_at > " in page


def test_next_job_to_close_is_found_by_index(many_rows, db):
    with connection.cursor() as cursor:
        # Of the function jobs_version, whose plans are not visible.
        cursor.execute(
            "SELECT substring(prosrc FROM 'FROM jobs_job [^;]*') FROM pg_proc WHERE proname = 'jobs_version'"
        )
        cursor.execute(f"EXPLAIN SELECT closes_at {cursor.fetchone()[0]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert indexes(plan) == {"jobs_job_closing"}


@pytest.mark.parametrize("query", ["search=welder", "search=-engineer+welder", "location=falconer"])
def test_administrator_searches_closed_jobs_by_index(many_rows, db, admin, query):
    assert "jobs_job_search_closed" in indexes(*plans_of(admin, f"/api/jobs/?{query}&ordering=newest"))


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("/api/jobs/?search=engineer", "jobs_job_newest"),
        ("/api/applications/", "applications_newest"),
        ("/api/analytics/", "analytics_newest"),
    ],
)
def test_administrator_lists_the_newest_by_index(many_rows, db, admin, url, index):
    assert any(f"using {index} " in plan for plan in plans_of(admin, url))


@pytest.mark.parametrize("word", ["welder", "engineer"])
def test_tiers_are_counted_by_their_indexes(many_rows, db, anonymous, word):
    Job.objects.filter(title="Welder").update(salary_range="makes a new version")

    plan = next(plan for plan in plans_of(anonymous, f"/api/jobs/?search={word}") if "Append" in plan)

    assert indexes(plan) == set(WORDS)


def test_job_is_found_by_its_key(some_job, some_seeker, anonymous):
    url = f"/api/jobs/{some_job.pk}/"

    own = {"jobs_job_pkey", "jobs_jobskill_unique_name"}
    assert indexes(*plans_of(anonymous, url)) == own
    # Closed ones too, if they applied.
    assert indexes(*plans_of(some_seeker, url)) == {*own, "applications_job_newest"}


def test_recommended_jobs_are_found_by_the_newest_of_each_skill(some_seeker):
    for name in ("Python", "Welding", "Falconry"):
        SkillFactory(user=some_seeker.user, name=name)

    candidates, jobs = plans_of(some_seeker, "/api/jobs/recommended/")

    assert indexes(candidates) == {"jobs_jobskill_newest", "jobs_jobskill_unique_name"}
    # Of each name in order, so that it stops at the 500 newest.
    assert "Sort" not in candidates.partition("Function Scan")[2]
    assert indexes(jobs) == {"jobs_job_pkey"}


def test_similar_jobs_are_found_by_their_category(some_job, anonymous):
    found = plans_of(anonymous, f"/api/jobs/{some_job.pk}/similar/")

    assert indexes(*found) == {"jobs_job_pkey", "jobs_job_category_newest"}


@pytest.mark.parametrize(
    ("query", "index"),
    [("search=falconer", "jobs_job_search"), ("city=Town+7&job_type=remote", "jobs_job_place_type_newest")],
)
def test_facets_are_counted_by_index(many_rows, db, anonymous, query, index):
    facets = plans_of(anonymous, f"/api/jobs/facets/?{query}")[-1]

    assert "WindowAgg" in facets
    assert indexes(facets) == {index, "jobs_jobskill_unique_name"}


def test_suggestions_are_found_by_what_is_typed(many_rows, db, anonymous):
    found = plans_of(anonymous, "/api/jobs/suggest/?q=clerk+777")

    # The others tell whether a job of theirs is open.
    assert indexes(*found) == {
        *TYPED,
        "jobs_job_title",
        "jobs_job_employer_newest",
        "jobs_job_place_type_newest",
    }


# Of a page of applications, once its keys are known.
OF_EACH_ROW = {"jobs_job_pkey", "resumes_resume_pkey"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/applications/", {"applications_seeker_newest", "applications_application_pkey", *OF_EACH_ROW}),
        ("/api/resumes/", {"resumes_resume_job_seeker_id_447bef1b"}),
        ("/api/notifications/", {"notifications_user_newest"}),
        ("/api/notifications/unread-count/", {"notifications_user_unread"}),
    ],
)
def test_what_is_a_seekers_own_is_found_by_index(some_seeker, url, expected):
    assert indexes(*plans_of(some_seeker, url)) == expected


OF_ONES_JOBS = {"jobs_job_employer_newest", "applications_job_newest"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/api/employer/jobs/", {"jobs_job_employer_newest"}),
        ("/api/applications/", {*OF_ONES_JOBS, "resumes_resume_pkey"}),
        ("/api/jobseekers/", OF_ONES_JOBS),
        ("/api/resumes/", {*OF_ONES_JOBS, "resumes_resume_pkey"}),
        ("/api/analytics/", {"jobs_job_employer_newest", "analytics_analytics_unique_job_date"}),
    ],
)
def test_what_belongs_to_an_employers_jobs_is_found_by_index(some_employer, url, expected):
    # Beside them sometimes that of the places, by which it joins.
    assert indexes(*plans_of(some_employer, url)) >= expected
