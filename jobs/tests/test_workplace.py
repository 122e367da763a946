"""Where work is done: on site, at home, or both."""

import importlib

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from jobs.models import Job
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

URL = "/api/jobs/"
OWN = "/api/employer/jobs/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def posting():
    """The body of a valid job."""
    return {
        "title": "Software Engineer",
        "description": "We are looking for a skilled software engineer.",
        "location": str(LocationFactory().pk),
        "category": str(CategoryFactory().pk),
        "job_type": "full-time",
        "expires_at": "2090-12-12",
    }


@pytest.mark.parametrize("url", [URL, OWN])
@pytest.mark.parametrize(
    ("body", "workplace"),
    [
        ({}, "onsite"),
        ({"job_type": "remote"}, "remote"),
        ({"job_type": "remote", "workplace": "hybrid"}, "hybrid"),
        ({"workplace": "remote"}, "remote"),
    ],
)
def test_employer_posts_a_job_and_its_workplace_follows_from_the_type(employer, posting, url, body, workplace):
    response = employer.post(url, {**posting, **body})

    assert response.status_code == 201
    assert "workplace" not in response.json()
    assert Job.objects.get().workplace == workplace


@pytest.mark.parametrize("value", ["", None, "Remote", "elsewhere", 1, ["remote"]])
def test_employer_posts_an_unknown_workplace_and_is_refused(employer, posting, value):
    response = employer.post(URL, {**posting, "workplace": value})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["workplace"])
    assert not Job.objects.exists()


@pytest.mark.parametrize("url", [URL, OWN])
def test_employer_changes_a_job_and_its_workplace_stays_unless_it_is_named(employer, posting, url):
    job = JobFactory(employer=employer.user.employer, workplace="hybrid")
    path = f"{url}{job.pk}/"

    for method, body, workplace in [
        (employer.put, {**posting, "job_type": "remote", "is_active": True}, "hybrid"),
        (employer.patch, {"job_type": "full-time"}, "hybrid"),
        (employer.patch, {"workplace": "onsite"}, "onsite"),
        (employer.put, {**posting, "workplace": "remote", "is_active": True}, "remote"),
    ]:
        response = method(path, body)

        assert response.status_code == 200
        assert "workplace" not in response.json()
        assert Job.objects.get().workplace == workplace


def test_anonymous_reads_the_workplace_by_expand(anonymous):
    job = JobFactory(workplace="hybrid")

    for body in (
        anonymous.get(f"{URL}{job.pk}/?expand=workplace").json(),
        anonymous.get(f"{URL}?expand=workplace").json()["results"][0],
    ):
        assert body["workplace"] == "hybrid"
    assert "workplace" not in anonymous.get(f"{URL}{job.pk}/").json()


def test_changed_workplace_has_another_tag(anonymous):
    job = JobFactory()
    tag = anonymous.get(f"{URL}{job.pk}/?expand=workplace").headers["ETag"]
    Job.objects.update(workplace="hybrid")

    response = anonymous.get(f"{URL}{job.pk}/?expand=workplace", headers={"If-None-Match": tag})

    assert (response.status_code, response.json()["workplace"]) == (200, "hybrid")


def test_seeker_filters_by_workplace_and_counts_it(anonymous):
    for title, workplace, job_type in [
        ("Clerk", "onsite", "full-time"),
        ("Nurse", "onsite", "part-time"),
        ("Writer", "hybrid", "full-time"),
        ("Coder", "remote", "full-time"),
        ("Tester", "hybrid", "remote"),
    ]:
        JobFactory(title=title, workplace=workplace, job_type=job_type)

    def found(query):
        return {row["title"] for row in anonymous.get(f"{URL}?{query}").json()["results"]}

    assert found("workplace=hybrid") == {"Writer", "Tester"}
    assert found("workplace=hybrid&workplace=remote") == {"Writer", "Tester", "Coder"}
    assert found("workplace[]=remote") == {"Coder"}
    assert found("workplace=remote&search=coder") == {"Coder"}
    assert found("workplace=") == found("") == {"Clerk", "Nurse", "Writer", "Coder", "Tester"}
    # The type finds what it has found before.
    assert found("job_type=remote") == {"Tester"}
    assert anonymous.get(f"{URL}?workplace=home").status_code == 400
    facets = anonymous.get(f"{URL}facets/").json()
    assert {facet["value"]: facet["count"] for facet in facets["workplace"]} == {"hybrid": 2, "onsite": 2, "remote": 1}
    without = anonymous.get(f"{URL}facets/?workplace=remote&search=clerk").json()["without"]
    assert without == [{"filter": "search", "count": 1}, {"filter": "workplace", "count": 1}]


def test_database_refuses_an_unknown_workplace():
    job = JobFactory()

    with pytest.raises(IntegrityError, match="jobs_job_workplace_known"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(workplace="moon")


def test_existing_remote_jobs_become_remote():
    JobFactory(title="Coder", job_type="remote", workplace="onsite")
    JobFactory(title="Clerk")

    importlib.import_module("jobs.migrations.0021_workplace").fill(apps, None)

    assert dict(Job.objects.values_list("title", "workplace")) == {"Coder": "remote", "Clerk": "onsite"}
