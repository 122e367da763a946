from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job
from jobs.tests.factories import NO_SKILLS, CategoryFactory, JobFactory, LocationFactory

pytestmark = pytest.mark.django_db

PUBLIC = "/api/jobs/"
OWN = "/api/employer/jobs/"
STATED = {"minimum": 3000, "maximum": 3500.5, "currency": "EUR", "period": "month"}
DETAILS = {**STATED, "annual_minimum": 36_000, "annual_maximum": 42_006, "source": "stated"}
READ = {
    "minimum": 18,
    "maximum": None,
    "currency": "USD",
    "period": "hour",
    "annual_minimum": 37_440,
    "annual_maximum": None,
    "source": "read",
}
KEYS = (
    *("job_id", "title", "description", "salary_range", "job_type", "posted_at", "expires_at", "is_active"),
    *("employer", "location", "category"),
)


@pytest.fixture
def employer(client_for, employer_user):
    return client_for(employer_user)


@pytest.fixture
def employer_user():
    return JobFactory().employer.user


@pytest.fixture
def posting():
    return {
        "title": "Engineer",
        "description": "We build.",
        "location": str(LocationFactory(country="Germany").pk),
        "category": str(CategoryFactory().pk),
        "salary_range": "From $18/hr",
        "job_type": "full-time",
        "expires_at": (timezone.now() + timedelta(days=9)).date().isoformat(),
        "is_active": True,
    }


@pytest.fixture
def details(anonymous):
    return lambda job_id: anonymous.get(f"{PUBLIC}{job_id}/?expand=salary").json()["salary_details"]


@pytest.mark.parametrize("url", [PUBLIC, OWN])
def test_employer_states_a_salary_and_all_read_it(employer, anonymous, posting, url):
    response = employer.post(url, {**posting, "salary": STATED})

    assert response.status_code == 201
    assert tuple(response.json()) == KEYS
    job_id = response.json()["job_id"]
    assert tuple(anonymous.get(f"{PUBLIC}{job_id}/").json()) == KEYS
    expanded = anonymous.get(f"{PUBLIC}{job_id}/?expand=salary").json()
    assert tuple(expanded) == (*KEYS, "salary_details")
    assert expanded["salary_details"] == DETAILS
    assert employer.get(f"{OWN}{job_id}/?expand=salary").json()["salary_details"] == DETAILS
    row = next(row for row in anonymous.get(f"{PUBLIC}?expand=salary").json()["results"] if row["job_id"] == job_id)
    assert row["salary_details"] == DETAILS
    assert Job.objects.get(pk=job_id).salary_range == "From $18/hr"


def test_salary_is_read_in_the_text_if_it_is_not_stated(employer, posting, details):
    assert details(employer.post(PUBLIC, posting).json()["job_id"]) == READ
    assert details(employer.post(PUBLIC, {**posting, "salary": None}).json()["job_id"]) == READ
    assert details(employer.post(PUBLIC, {**posting, "salary_range": "negotiable"}).json()["job_id"]) is None
    unclear = details(employer.post(PUBLIC, {**posting, "salary_range": "12.000 - 18.000 PLN"}).json()["job_id"])
    assert unclear == {
        "minimum": 12_000,
        "maximum": 18_000,
        "currency": "PLN",
        "period": None,
        "annual_minimum": None,
        "annual_maximum": None,
        "source": "read",
    }


def test_dollar_is_read_as_the_currency_of_the_location(employer, posting, details):
    job_id = employer.post(PUBLIC, {**posting, "location": str(LocationFactory(country="Canada").pk)}).json()["job_id"]
    assert details(job_id)["currency"] == "CAD"

    employer.patch(f"{PUBLIC}{job_id}/", {"location": str(LocationFactory(country="Mexico").pk)})

    assert details(job_id)["currency"] == "MXN"


@pytest.mark.parametrize("url", [PUBLIC, OWN])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "Baker"}, DETAILS),
        ({"salary_range": "From $18/hr"}, DETAILS),
        ({"salary_range": "€20/h"}, {**READ, "minimum": 20, "maximum": 20, "currency": "EUR"}),
        ({"salary": None}, READ),
        ({"salary": None, "salary_range": "negotiable"}, None),
        ({"salary": {**STATED, "currency": "CHF"}}, {**DETAILS, "currency": "CHF"}),
        ({"salary": {**STATED, "minimum": None}}, {**DETAILS, "minimum": None, "annual_minimum": None}),
        ({"salary": STATED, "salary_range": "as agreed"}, DETAILS),
    ],
)
def test_employer_changes_a_job_and_its_stated_salary_stays_or_is_forgotten(  # noqa: PLR0917
    employer, posting, details, url, changes, expected
):
    job_id = employer.post(PUBLIC, {**posting, "salary": STATED}).json()["job_id"]
    if expected and expected["source"] == "read" and "salary_range" in changes:
        expected = {**expected, "annual_minimum": 41_600, "annual_maximum": 41_600}

    assert employer.patch(f"{url}{job_id}/", changes).status_code == 200
    assert details(job_id) == expected
    # PUT, by the same rule: what it leaves out stays.
    employer.patch(f"{url}{job_id}/", {**posting, "salary": STATED})
    assert employer.put(f"{url}{job_id}/", {**posting, **changes}).status_code == 200
    assert details(job_id) == expected


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize(
    ("salary", "message"),
    [
        ("80000", None),
        ([], None),
        ({}, None),
        ({"currency": "EUR", "period": "year"}, "Give a minimum, a maximum or both."),
        ({**STATED, "minimum": None, "maximum": None}, "Give a minimum, a maximum or both."),
        ({**STATED, "minimum": 4000}, "The minimum must not exceed the maximum."),
        ({**STATED, "minimum": -1}, "Minimum: Ensure this value is greater than or equal to 0."),
        ({**STATED, "minimum": "3000"}, "Minimum: A valid number is required."),
        ({**STATED, "minimum": True}, "Minimum: A valid number is required."),
        ({**STATED, "minimum": 3000.123}, None),
        ({**STATED, "maximum": 1e300}, None),
        ({**STATED, "currency": "eur"}, "Currency: Enter the code of a currency, such as EUR."),
        ({**STATED, "currency": "XXX"}, "Currency: Enter the code of a currency, such as EUR."),
        ({**STATED, "currency": ""}, None),
        ({**STATED, "currency": None}, None),
        ({**STATED, "period": "decade"}, None),
        ({**STATED, "period": None}, None),
        ({"minimum": 1, "currency": "EUR"}, "Period: This field is required."),
        ({"minimum": 1, "period": "year"}, "Currency: This field is required."),
    ],
)
def test_employer_states_an_invalid_salary_and_is_refused(employer, posting, method, salary, message):
    job_id = employer.post(PUBLIC, posting).json()["job_id"]
    url = PUBLIC if method == "post" else f"{PUBLIC}{job_id}/"
    body = {"salary": salary} if method == "patch" else {**posting, "salary": salary}

    response = getattr(employer, method)(url, body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["salary"]
    if message:
        assert response.json()["errors"]["salary"] == [message]
    assert Job.objects.filter(salary_source="stated").count() == 0


def test_bounds_may_be_equal_zero_or_as_large_as_allowed(employer, posting, details):
    for bound in (0, 999_999_999_999.99):
        salary = {"minimum": bound, "maximum": bound, "currency": "JPY", "period": "hour"}
        job_id = employer.post(PUBLIC, {**posting, "salary": salary}).json()["job_id"]
        assert details(job_id) == {
            **salary,
            **dict.fromkeys(("annual_minimum", "annual_maximum"), round(bound * 2_080, 2)),
            "source": "stated",
        }


def test_administrator_changes_the_text_and_the_stated_salary_is_forgotten(admin_client, employer, posting, details):
    job_id = employer.post(PUBLIC, {**posting, "salary": STATED}).json()["job_id"]
    url = f"/admin/jobs/job/{job_id}/change/"
    assert "3,000.00-3,500.50 EUR a month (stated)" in admin_client.get(url).content.decode()
    job = Job.objects.get(pk=job_id)
    form = {
        "title": job.title,
        "location": job.location_id,
        "category": job.category_id,
        "job_type": job.job_type,
        "description": job.description,
        "expires_at_0": job.expires_at.date(),
        "expires_at_1": "00:00:00",
        **NO_SKILLS,
    }

    admin_client.post(url, {**form, "salary_range": job.salary_range})
    assert details(job_id) == DETAILS
    admin_client.post(url, {**form, "salary_range": "€20/h"})
    assert details(job_id)["source"] == "read"
