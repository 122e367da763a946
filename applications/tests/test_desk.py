"""The employer's working list: search, filters, counts."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import JobSeekerFactory
from analytics.tests.factories import AnalyticsFactory
from anywork.api.pagination import FoundPages
from applications.choices import Status
from applications.models import Application
from applications.tests.factories import ApplicationFactory, AssessmentFactory
from jobs.tests.factories import JobFactory

URL = "/api/applications/"


@pytest.fixture
def pilot(employer):
    return JobFactory(employer=employer.user.employer, title="Airline Pilot")


@pytest.fixture
def cook(employer):
    return JobFactory(employer=employer.user.employer, title="Cook (50% or more)")


@pytest.fixture
def people(pilot, cook):
    ada = JobSeekerFactory(first_name="Ada", last_name="Lovelace", user__email="ada@byron.example")
    zoe = JobSeekerFactory(first_name="Zoë", last_name="Carson", user__email="z.c_x@mail.example")
    return {
        "ada": ApplicationFactory(job_seeker=ada, job=pilot),
        "zoe": ApplicationFactory(job_seeker=zoe, job=cook),
        "zoe, pilot": ApplicationFactory(job_seeker=zoe, job=pilot, status=Status.WITHDRAWN),
        # To another employer.
        "foreign": ApplicationFactory(job_seeker=ada, job=JobFactory(title="Airline Pilot")),
    }


def found(client, people, **params):
    names = {str(application.pk): name for name, application in people.items()}
    response = client.get(URL, params)
    assert response.status_code == 200, response.content
    return {names[row["application_id"]] for row in response.json()["results"]}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("ada", {"ada"}),
        ("LOVELACE ada", {"ada"}),
        ("love", {"ada"}),
        ("zoë", {"zoe", "zoe, pilot"}),
        ("carson pilot", {"zoe, pilot"}),
        ("airline", {"ada", "zoe, pilot"}),
        ("byron.example", {"ada"}),
        # Of a withdrawn application the employer sees the name, but not the address.
        ("mail.example", {"zoe"}),
        ("z.c_x@", {"zoe"}),
        ("50%", {"zoe"}),
        ("%", {"zoe"}),
        ("_", {"zoe"}),
        ("a_a", set()),
        ("\u200b", {"ada", "zoe", "zoe, pilot"}),
        ("ada pilot love more", {"ada"}),
        ("nothing", set()),
    ],
)
def test_employer_finds_applications_by_name_address_and_title(employer, people, search, names):
    assert found(employer, people, search=search) == names
    counts = employer.get(f"{URL}counts/", {"search": search}).json()
    assert sum(counts.values()) == len(names)


def test_each_caller_finds_what_it_sees(people, client_for, admin, anonymous):
    assert found(admin, people, search="lovelace") == found(admin, people, search="BYRON ada") == {"ada", "foreign"}
    assert found(admin, people, search="carson byron") == found(admin, people, search="pilot") == set()
    zoe = client_for(people["zoe"].job_seeker.user)
    assert found(zoe, people, search="pilot") == {"zoe, pilot"}
    assert found(zoe, people, search="ada") == set()
    assert anonymous.get(URL, {"search": "ada"}).status_code == 401


@pytest.mark.parametrize(("most", "count"), [(2, 2), (3, 3), (4, 3)])
def test_search_ends_after_its_limit_in_the_order_of_the_list(employer, pilot, monkeypatch, most, count):
    monkeypatch.setattr(FoundPages, "MOST", most)
    oldest, middle, newest = (
        ApplicationFactory(job=pilot, applied_at=datetime(2030, 1, day, tzinfo=UTC)) for day in (1, 2, 3)
    )
    ApplicationFactory(job=JobFactory(employer=pilot.employer, title="Cook"))

    page = employer.get(URL, {"search": "pilot", "page_size": 2}).json()
    oldest_first = employer.get(URL, {"search": "pilot", "page_size": 1, "ordering": "applied_at"}).json()

    assert page["count"] == count
    assert [row["application_id"] for row in page["results"]] == [str(newest.pk), str(middle.pk)]
    assert [row["application_id"] for row in oldest_first["results"]] == [str(oldest.pk)]
    assert employer.get(URL, {"search": "pilot", "page": count + 1, "page_size": 1}).status_code == 404


@pytest.mark.parametrize("search", ["a\x00b", "x" * 201])
def test_bad_search_is_refused(employer, search):
    response = employer.get(URL, {"search": search})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["search"])


def test_employer_filters_by_time(employer, people):
    for day, name in enumerate(("ada", "zoe", "zoe, pilot"), 1):
        at = datetime(2030, 1, day, 12, tzinfo=UTC)
        Application.objects.filter(pk=people[name].pk).update(applied_at=at)

    assert found(employer, people, applied_after="2030-01-02") == {"zoe", "zoe, pilot"}
    assert found(employer, people, applied_before="2030-01-02") == {"ada", "zoe"}
    assert found(employer, people, applied_before="2030-01-02T11:59:59Z") == {"ada"}
    assert found(employer, people, applied_after="2030-01-02T12:00:00Z", applied_before="2030-01-02") == {"zoe"}


def test_employer_filters_and_sorts_by_assessment(employer, people, pilot):
    AssessmentFactory(application=people["ada"], rating=3, tags=["Python", "C, C++"])
    AssessmentFactory(application=people["zoe"], rating=5, tags=["Java"])

    assert found(employer, people, rating_min=3) == {"ada", "zoe"}
    assert found(employer, people, rating_min=4) == {"zoe"}
    assert found(employer, people, tag="C, C++") == {"ada"}
    assert found(employer, people, tag=["Java", "Python"]) == {"ada", "zoe"}
    assert found(employer, people, tag="java") == set()
    assert found(employer, people, tag="Python", rating_min=4) == set()
    keys = {
        order: [row["application_id"] for row in employer.get(URL, {"ordering": order}).json()["results"]]
        for order in ("rating", "-rating")
    }
    ada, zoe, unrated = (str(people[name].pk) for name in ("ada", "zoe", "zoe, pilot"))
    assert keys == {"rating": [ada, zoe, unrated], "-rating": [zoe, ada, unrated]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("rating_min", value) for value in ("0", "6", "2.5", "good", "NaN", "9" * 1_000)),
        ("applied_after", "yesterday"),
        ("applied_before", "2029-02-29"),
        ("tag", "x" * 256),
        ("ordering", "tags"),
        ("job", "x"),
    ],
)
def test_bad_value_is_refused(employer, name, value):
    for path in (URL, f"{URL}counts/", f"{URL}export/"):
        response = employer.get(path, {name: value})

        assert (response.status_code, list(response.json()["errors"])) == (400, [name]), path


# --- Counts -----------------------------------------------------------------------------------------------------------

NONE = dict.fromkeys(Status.values, 0)


def test_counts_are_those_of_the_caller_in_one_query(employer, people, pilot, client_for, undecided):
    url = f"{URL}counts/"
    with CaptureQueriesContext(connection) as captured:
        response = employer.get(url)

    assert response.json() == {**NONE, "pending": 2, "withdrawn": 1}
    assert list(response.json()) == ["pending", "reviewed", "accepted", "rejected", "withdrawn"]
    assert len([query for query in captured if "applications_application" in query["sql"]]) == 1
    assert employer.get(url, {"job": str(pilot.pk)}).json() == {**NONE, "pending": 1, "withdrawn": 1}
    foreign = people["foreign"].job_id
    for job in (foreign, "7380e23f-d34b-4e5a-aa99-0d4953ed3654"):
        assert employer.get(url, {"job": str(job)}).json() == NONE
    assert client_for(people["ada"].job_seeker.user).get(url).json() == {**NONE, "pending": 2}
    assert undecided.get(url).json() == NONE


def test_job_of_an_employer_has_counts(employer, people, pilot, cook):
    AnalyticsFactory(job=pilot, views=7)
    AnalyticsFactory(job=pilot, views=3, date="2030-01-01")
    AnalyticsFactory(job=people["foreign"].job, views=5)
    expected = {
        str(pilot.pk): {"applications": {**NONE, "pending": 1, "withdrawn": 1}, "views": 10},
        str(cook.pk): {"applications": {**NONE, "pending": 1}, "views": 0},
    }

    listed = employer.get("/api/employer/jobs/").json()["results"]

    assert {row["job_id"]: row["counts"] for row in listed} == expected
    for key, counts in expected.items():
        assert employer.get(f"/api/employer/jobs/{key}/").json()["counts"] == counts
        assert "counts" not in employer.get(f"/api/jobs/{key}/").json()
        assert "counts" not in employer.patch(f"/api/employer/jobs/{key}/", {"title": "Other"}).json()
    found_jobs = employer.get("/api/employer/jobs/", {"search": "other"}).json()["results"]
    assert {row["job_id"]: row["counts"] for row in found_jobs} == expected


def test_counts_take_one_query_each_for_a_page(employer, people, pilot):
    def count():
        with CaptureQueriesContext(connection) as captured:
            employer.get("/api/employer/jobs/")
        return len(captured)

    few = count()
    for job in JobFactory.create_batch(5, employer=employer.user.employer):
        ApplicationFactory(job=job)
        AnalyticsFactory(job=job)
    assert count() == few
