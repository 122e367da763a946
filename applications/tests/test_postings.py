from functools import partial

import pytest

from anywork.testing.concurrency import at_once
from applications.models import Application, Posting
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory

URL = "/api/applications/"


@pytest.fixture
def job(employer):
    texts = {"title": "Gardener", "description": "Roses", "salary_range": ""}
    return JobFactory(employer=employer.user.employer, location__city="Kano", location__state="", **texts)


def apply(client, job):
    resume = ResumeFactory(job_seeker=client.user.job_seeker)
    response = client.post(URL, {"job": str(job.pk), "resume": str(resume.pk)}, format="json")
    assert response.status_code == 201, response.content
    return response.json()


def test_both_sides_read_what_was_applied_to_after_the_job_has_changed(seeker, employer, job):
    salary = {"minimum": 20.5, "currency": "EUR", "period": "hour"}
    employer.patch(f"/api/jobs/{job.pk}/", {"salary": salary}, format="json")
    company = job.employer.company_name
    applied = apply(seeker, job)
    changes = {"title": "Cook", "description": "Soups", "salary_range": "1 EUR"}
    assert employer.patch(f"/api/jobs/{job.pk}/", changes, format="json").status_code == 200
    employer.patch(f"/api/employers/{employer.user.pk}/", {"company_name": "Other"}, format="json")

    bodies = [client.get(f"{URL}{applied['application_id']}/posting/").json() for client in (seeker, employer)]

    assert list(bodies[0].items()) == [
        ("title", "Gardener"),
        ("company_name", company),
        ("place", "Kano, Nigeria"),
        ("salary_range", ""),
        (
            "salary_details",
            {
                "minimum": 20.5,
                "maximum": None,
                "currency": "EUR",
                "period": "hour",
                "annual_minimum": bodies[0]["salary_details"]["annual_minimum"],
                "annual_maximum": None,
                "source": "stated",
            },
        ),
        ("description", "Roses"),
        ("as_of", applied["applied_at"]),
    ]
    assert bodies[1] == bodies[0]


def test_posting_is_stored_once_per_version(client_for, employer, job):
    clients = [client_for(ResumeFactory().job_seeker.user) for _ in range(4)]
    for client in clients[:2]:
        apply(client, job)
    for description in ("Tulips", "Roses"):
        employer.patch(f"/api/jobs/{job.pk}/", {"description": description}, format="json")
        apply(clients.pop(), job)
    # Another job of the same text.
    apply(clients[0], JobFactory(**{name: getattr(job, name) for name in ("title", "description", "location")}))

    numbers = {
        posting.description: Application.objects.filter(posting=posting).count()
        for posting in Posting.objects.filter(job=job)
    }
    assert numbers == {"Roses": 3, "Tulips": 1}
    assert Posting.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_seekers_who_apply_at_once_share_one_posting(client_for):
    job = JobFactory()
    clients = [client_for(ResumeFactory().job_seeker.user) for _ in range(4)]

    at_once(*(partial(apply, client, job) for client in clients))

    assert Application.objects.values_list("posting", flat=True).distinct().get() == Posting.objects.get().pk


def test_older_application_shows_the_present_job_without_a_time(seeker, job):
    application = ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job)

    body = seeker.get(f"{URL}{application.pk}/posting/").json()

    assert (body["title"], body["description"], body["as_of"]) == ("Gardener", "Roses", None)
    assert not Posting.objects.exists()


def test_erased_employer_leaves_title_place_and_pay(seeker, employer, job):
    applied = apply(seeker, job)["application_id"]
    other = JobFactory(description="Kept")
    kept = apply(seeker, other)["application_id"]

    assert employer.delete("/api/auth/me/", {"password": "correct-horse-42"}, format="json").status_code == 204

    body = seeker.get(f"{URL}{applied}/posting/").json()
    assert (body["title"], body["company_name"], body["place"], body["description"]) == (
        "Gardener",
        "",
        "Kano, Nigeria",
        "",
    )
    body = seeker.get(f"{URL}{kept}/posting/").json()
    assert (body["company_name"], body["description"]) == (other.employer.company_name, "Kept")


def test_job_without_applications_is_deleted_and_one_with_them_keeps_its_postings(seeker, employer, job):
    assert employer.delete(f"/api/jobs/{JobFactory(employer=job.employer).pk}/").status_code == 204
    applied = apply(seeker, job)["application_id"]

    assert employer.delete(f"/api/jobs/{job.pk}/").status_code == 204

    assert seeker.get(f"{URL}{applied}/posting/").json()["title"] == "Gardener"
