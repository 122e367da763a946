from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from analytics.models import Analytics
from analytics.tests.factories import AnalyticsFactory
from anywork.testing.concurrency import at_once
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory


@pytest.fixture
def job(db):
    return JobFactory()


def view(client, job):
    response = client.get(f"/api/jobs/{job.pk}/")
    assert response.status_code == 200
    return response


def counted(job):
    return list(Analytics.objects.filter(job=job).values_list("date", "views", "applications"))


def today():
    return timezone.now().date()


def test_views_by_others_than_the_owner_count(anonymous, seeker, employer, undecided, admin):
    job = JobFactory()

    for client in (anonymous, seeker, employer, undecided, admin):
        view(client, job)

    assert counted(job) == [(today(), 5, 0)]


def test_views_by_the_owner_do_not_count(employer):
    job = JobFactory(employer=employer.user.employer)

    view(employer, job)
    employer.get(f"/api/employer/jobs/{job.pk}/")

    assert counted(job) == []


def test_head_lists_and_refusals_do_not_count(anonymous, seeker, job):
    closed = JobFactory(closed=True)

    assert anonymous.head(f"/api/jobs/{job.pk}/").status_code == 200
    assert anonymous.get("/api/jobs/").json()["count"] == 1
    assert anonymous.get(f"/api/jobs/{closed.pk}/").status_code == 404
    assert seeker.patch(f"/api/jobs/{job.pk}/", {"title": "x"}).status_code == 403

    assert not Analytics.objects.exists()


def test_views_of_the_same_job_in_another_form_count(anonymous, job):
    assert anonymous.get(f"/api/jobs/{job.pk}/", {"expand": "employer"}).status_code == 200

    assert counted(job) == [(today(), 1, 0)]


def test_each_job_has_its_own_count(anonymous, job):
    other = JobFactory()
    view(anonymous, job)
    view(anonymous, job)
    view(anonymous, other)

    assert counted(job) == [(today(), 2, 0)]
    assert counted(other) == [(today(), 1, 0)]


def test_a_day_ends_at_midnight_utc(anonymous, job, settings, monkeypatch):
    # Where the server or its users are makes no difference.
    settings.TIME_ZONE = "Pacific/Auckland"
    for moment in (
        datetime(2030, 3, 8, 23, 59, 59, tzinfo=UTC),
        datetime(2030, 3, 9, 0, 0, 0, tzinfo=UTC),
        datetime(2030, 3, 9, 23, 59, 59, tzinfo=UTC),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        Analytics.objects.increment("views", job_id=job.pk)

    assert [(str(date), views) for date, views, _ in counted(job)] == [("2030-03-09", 2), ("2030-03-08", 1)]


def test_an_application_counts_on_the_row_of_the_views(anonymous, seeker, job):
    view(anonymous, job)
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker)

    response = seeker.post("/api/applications/", {"job": str(job.pk), "resume": str(resume.pk)}, format="json")

    assert response.status_code == 201
    assert counted(job) == [(today(), 1, 1)]


def test_a_change_of_status_does_not_count(seeker, job):
    application = ApplicationFactory(job=job, job_seeker=seeker.user.job_seeker)

    assert seeker.delete(f"/api/applications/{application.pk}/").status_code == 204

    assert counted(job) == []


@pytest.mark.django_db(transaction=True)
def test_fifty_concurrent_first_views_make_one_row(anonymous):
    job = JobFactory()

    at_once(*[lambda: view(anonymous, job)] * 50)

    assert counted(job) == [(today(), 50, 0)]


# --- Reading ----------------------------------------------------------------------------------------------------------

URL = "/api/analytics/"


@pytest.fixture
def days(employer):
    """Counters of two jobs on each of three days, the newest day first."""
    jobs = [JobFactory(employer=employer.user.employer) for _ in range(2)]
    newest = today()
    return [[AnalyticsFactory(job=job, date=newest - timedelta(days=age)) for job in jobs] for age in range(3)]


def found(client, **params):
    response = client.get(URL, params)
    assert response.status_code == 200, response.json()
    return [row["analytics_id"] for row in response.json()["results"]]


def ids(*rows):
    return [str(row.pk) for row in rows]


def test_employer_reads_the_counters_of_a_day(employer):
    row = AnalyticsFactory(job=JobFactory(employer=employer.user.employer), views=7, applications=2)

    body = employer.get(f"{URL}{row.pk}/").json()

    assert list(body.items()) == [
        ("analytics_id", str(row.pk)),
        ("views", 7),
        ("applications", 2),
        ("date", row.date.isoformat()),
        ("job", str(row.job_id)),
    ]
    assert employer.get(URL).json()["results"] == [body]


def test_list_is_newest_first_and_then_by_key(employer, days):
    expected = [row for day in days for row in sorted(day, key=lambda row: row.pk, reverse=True)]

    assert found(employer) == ids(*expected)


def test_list_shows_no_other_employers_jobs(employer, days):
    AnalyticsFactory(job=JobFactory(employer=EmployerFactory()))

    assert len(found(employer)) == 6


def test_list_by_job(employer, days):
    rows = [day[1] for day in days]

    assert found(employer, job=str(rows[0].job_id)) == ids(*rows)


def test_list_from_and_to_a_day_includes_both(employer, days):
    job = days[0][0].job_id
    newest, middle, oldest = (day[0] for day in days)

    assert found(employer, job=job, date_from=str(middle.date)) == ids(newest, middle)
    assert found(employer, job=job, date_to=str(middle.date)) == ids(middle, oldest)
    assert found(employer, job=job, date_from=str(middle.date), date_to=str(middle.date)) == ids(middle)
    assert found(employer, date_from=str(newest.date + timedelta(days=1))) == []


@pytest.mark.parametrize("name", ["job", "date_from", "date_to"])
def test_list_with_an_empty_parameter_is_not_filtered(employer, days, name):
    assert len(found(employer, **{name: ""})) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [("job", "abc"), ("date_from", "yesterday"), ("date_from", "2025-02-30"), ("date_to", "08.03.2025")],
)
def test_list_with_a_bad_parameter_is_refused(employer, name, value):
    response = employer.get(URL, {name: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


@pytest.mark.parametrize("name", ["date_from", "date_to"])
def test_employer_asks_for_a_day_that_does_not_exist_and_is_told_so(employer, name):
    response = employer.get("/api/analytics/", {name: "2027-02-29"})

    assert response.json()["errors"] == {name: ["The day 2027-02-29 does not exist."]}
