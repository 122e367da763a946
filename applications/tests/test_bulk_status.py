import uuid

import pytest

from anywork.api.throttling.rates import Rate
from applications.models import Application, StatusChange
from applications.services import anonymise_applications
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail

URL = "/api/applications/bulk-status/"


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer)


def send(client, applications, status, **reason):
    ids = [getattr(application, "pk", application) for application in applications]
    return client.post(URL, {"ids": ids, "status": status, **reason}, format="json")


def test_each_application_has_an_outcome_of_its_own(employer, job):
    changed, withdrawn, rejected, erased = (
        ApplicationFactory(job=job, status=status) for status in ("pending", "withdrawn", "rejected", "pending")
    )
    anonymise_applications(user=erased.job_seeker.user)
    foreign, unknown = ApplicationFactory(), uuid.uuid4()

    response = send(
        employer, [changed, withdrawn, foreign, rejected, unknown, changed, erased], "rejected", reason="skills"
    )

    assert response.status_code == 200
    assert list(response.json()) == ["results"]
    none = "There is no such application."
    assert [tuple(result.values()) for result in response.json()["results"]] == [
        (str(changed.pk), "changed", "This application is now rejected."),
        (str(withdrawn.pk), "illegal", "This application is withdrawn; that is final."),
        (str(foreign.pk), "not_found", none),
        (str(rejected.pk), "unchanged", "This application is already rejected."),
        (str(unknown), "not_found", none),
        (str(erased.pk), "illegal", "The applicant has deleted the account, so the status cannot change."),
    ]
    change = StatusChange.objects.get(application=changed)
    assert (change.actor, change.to_status, change.reason) == (employer.user, "rejected", "skills")
    assert Application.objects.get(pk=foreign.pk).status == "pending"
    assert Notification.objects.get().user == changed.job_seeker.user
    assert OutgoingEmail.objects.get().kind == "application_rejected"


def test_reason_of_rejected_ones_changes(employer, job):
    applications = ApplicationFactory.create_batch(2, job=job)
    send(employer, applications, "rejected")

    results = send(employer, applications, "rejected", reason="salary", reason_shared=True).json()["results"]

    assert {result["outcome"] for result in results} == {"changed"}
    assert set(StatusChange.objects.values_list("reason", "reason_shared")) == {("salary", True)}
    assert OutgoingEmail.objects.count() == 2


def test_rejections_are_held_as_single_ones(settings, employer, job):
    settings.DECISION_HOLD_MINUTES = 5
    application = ApplicationFactory(job=job)

    send(employer, [application], "rejected")

    application.refresh_from_db()
    assert (application.status, application.told_status) == ("rejected", "pending")
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": []}, "ids"),
        ({"ids": [str(uuid.uuid4()) for _ in range(201)]}, "ids"),
        ({"ids": ["abc"]}, "ids.0"),
        ({"ids": "abc"}, "ids"),
        ({"ids": None}, "ids"),
        ({"status": "withdrawn"}, "status"),
        ({"status": "hired"}, "status"),
        ({"status": None}, "status"),
        ({"status": "accepted", "reason": "skills"}, "reason"),
    ],
)
def test_bad_request_is_refused(employer, body, field):
    response = employer.post(URL, {"ids": [str(uuid.uuid4())], "status": "rejected", **body}, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_two_hundred_at_once(employer, job):
    applications = ApplicationFactory.create_batch(200, job=job)

    results = send(employer, applications, "reviewed").json()["results"]

    assert {result["outcome"] for result in results} == {"changed"}
    assert StatusChange.objects.count() == Notification.objects.count() == 200


def test_each_id_counts_as_a_request(settings, employer, job):
    settings.THROTTLE_RATES = {"decide": Rate(3, 60)}
    applications = ApplicationFactory.create_batch(2, job=job)

    assert send(employer, applications, "reviewed").status_code == 200
    refused = send(employer, applications, "rejected")

    assert refused.status_code == 429
    assert set(Application.objects.values_list("status", flat=True)) == {"reviewed"}
