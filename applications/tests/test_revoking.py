"""Revoking an application after the decision."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.dateparse import parse_datetime

from anywork.testing.concurrency import at_once
from applications.models import Application, ApplicationEvent
from applications.services import change_status, tell_held_decisions
from applications.tests.factories import ApplicationFactory, AssessmentFactory, NoteFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail
from resumes.tests.factories import ResumeFactory

URL = "/api/applications/"
KEYS = ["application_id", "cover_letter", "status", "applied_at", "job_seeker", "job", "resume"]


@pytest.fixture
def application(seeker, employer):
    job = JobFactory(employer=employer.user.employer)
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job, status="rejected")


def revoke(client, application):
    return client.post(f"{URL}{application.pk}/revoke/")


def test_applicant_revokes_and_the_employer_keeps_job_dates_and_status(seeker, employer, application):
    NoteFactory(application=application)
    AssessmentFactory(application=application)

    response = revoke(seeker, application)

    assert response.status_code == 200
    assert list(response.json()) == KEYS
    assert (response.json()["status"], response.json()["cover_letter"]) == ("rejected", application.cover_letter)
    [row] = employer.get(URL).json()["results"]
    assert row == employer.get(f"{URL}{application.pk}/").json()
    assert {name: row[name] for name in ("status", "applied_at", "job", "cover_letter", "resume_details")} == {
        **{name: response.json()[name] for name in ("status", "applied_at", "job")},
        "cover_letter": "",
        "resume_details": None,
    }
    assert (row["job_seeker_details"]["email"], row["job_seeker_details"]["phone_number"]) == ("", "")
    application.refresh_from_db()
    assert not application.notes.exists()
    assert not hasattr(application, "assessment")
    for client in (seeker, employer):
        last = client.get(f"{URL}{application.pk}/timeline/").json()["results"][-1]
        assert (last["kind"], last["actor"], last["to_status"]) == ("revoked", "applicant", None)


def test_applicant_revokes_twice_is_the_same(seeker, application):
    first = revoke(seeker, application)
    assert revoke(seeker, application).json() == first.json()
    assert ApplicationEvent.objects.filter(kind="revoked").count() == 1


@pytest.mark.parametrize("status", ["pending", "reviewed", "withdrawn"])
def test_applicant_revokes_before_the_decision_is_told_to_withdraw(seeker, application, status):
    Application.objects.update(status=status)

    response = revoke(seeker, application)

    assert (response.status_code, response.json()["code"]) == (409, "not_decided")
    assert "withdraw" in response.json()["message"]
    assert Application.objects.get().revoked_at is None


def test_applicant_of_a_revoked_application_does_not_apply_again(seeker, application):
    revoke(seeker, application)
    body = {"job": application.job_id, "resume": ResumeFactory(job_seeker=application.job_seeker).pk}

    response = seeker.post(URL, body)

    assert response.status_code == 409
    assert response.json()["existing"] == {"application_id": str(application.pk)}


@pytest.mark.parametrize("status", ["accepted", "pending"])
def test_employer_changes_a_revoked_application_is_refused(seeker, employer, application, status):
    revoke(seeker, application)

    response = employer.patch(f"{URL}{application.pk}/", {"status": status})
    several = employer.post(f"{URL}bulk-status/", {"ids": [application.pk], "status": "accepted"}, format="json")

    assert response.status_code == 409
    assert response.json()["message"] == "This application is rejected; the applicant has revoked it; that is final."
    assert several.json()["results"][0]["outcome"] == "illegal"
    assert employer.patch(f"{URL}{application.pk}/", {"status": "rejected"}).status_code == 200
    assert employer.post(f"{URL}{application.pk}/notes/", {"text": "Why?"}).status_code == 409
    assert seeker.delete(f"{URL}{application.pk}/").status_code == 409


def test_held_rejection_is_no_decision_and_is_never_told_after_revoking(
    seeker, employer, application, settings, monkeypatch
):
    settings.DECISION_HOLD_MINUTES = 60
    Application.objects.update(status="pending")
    change_status(application_id=application.pk, actor=employer.user, status="rejected")
    assert revoke(seeker, application).status_code == 409

    change_status(application_id=application.pk, actor=employer.user, status="accepted")
    change_status(application_id=application.pk, actor=employer.user, status="rejected")
    assert revoke(seeker, application).json()["status"] == "accepted"

    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.now(UTC) + timedelta(minutes=61))
    tell_held_decisions(seconds=5)
    assert seeker.get(f"{URL}{application.pk}/").json()["status"] == "accepted"
    assert not Notification.objects.filter(message__contains="rejected").exists()
    assert not OutgoingEmail.objects.filter(kind="application_rejected").exists()
    kinds = [row["kind"] for row in seeker.get(f"{URL}{application.pk}/timeline/").json()["results"]]
    assert kinds == ["applied", "status", "revoked"]
    accepted_at = application.status_changes.get(to_status="accepted").at
    shown = employer.get(f"{URL}{application.pk}/?expand=told_at").json()
    assert (shown["status"], parse_datetime(shown["told_at"])) == ("accepted", accepted_at)


@pytest.mark.django_db(transaction=True)
def test_decision_beside_revoking_is_before_it_or_refused(seeker, employer, application):
    def decide():
        return employer.patch(f"{URL}{application.pk}/", {"status": "reviewed"}).status_code

    def take_back():
        return revoke(seeker, application).status_code

    assert sorted(at_once(decide, take_back)) in ([200, 409], [200, 409])
    row = Application.objects.get()
    assert (row.status == "reviewed") == (row.revoked_at is None)
