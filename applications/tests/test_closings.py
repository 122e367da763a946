"""Applicants are told when the employer closes their job, each once."""

from functools import partial

import pytest
from django.urls import reverse

from accounts.tests.factories import PASSWORD
from anywork.testing.concurrency import at_once
from applications.closings import tell_applicants
from applications.models import ApplicationEvent, JobClosing
from applications.services import change_status
from applications.tests.factories import ApplicationFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail

URL = "/api/jobs/"


def close(client, job, reason="filled"):
    assert client.post(f"{URL}{job.pk}/close/", {"reason": reason}).status_code == 200


def tell(**values):
    tell_applicants(seconds=20, **values)
    assert not JobClosing.objects.exists()


def told():
    """Return who got a notification, and who an email."""
    emails = OutgoingEmail.objects.filter(kind="job_closed")
    return (
        sorted(str(key) for key in Notification.objects.values_list("user", flat=True)),
        sorted(str(key) for key in emails.values_list("recipient", flat=True)),
    )


def both(*applications):
    people = sorted(str(application.job_seeker_id) for application in applications)
    return people, people


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer, title="Cook")


@pytest.fixture
def undecided(job):
    return [ApplicationFactory(job=job), ApplicationFactory(job=job, status="reviewed")]


def test_undecided_applicants_are_told_once(employer, job, undecided):
    for status in ("accepted", "rejected", "withdrawn"):
        ApplicationFactory(job=job, status=status)
    ApplicationFactory()

    close(employer, job)
    assert told() == ([], [])
    tell()
    tell()

    assert told() == both(*undecided)
    notification = Notification.objects.all()[0]
    assert notification.message == (
        "The job “Cook” was closed, because the position is filled. This is no decision on your application."
    )
    email = OutgoingEmail.objects.all()[0]
    assert email.subject == "The job Cook was closed"
    for text in (email.text, email.html):
        assert "because the position is filled" in text
        assert "This is no decision on your application" in text
    for application in undecided:
        status = application.status
        application.refresh_from_db()
        assert application.status == status


def test_rejection_under_a_hold_does_not_exist_for_the_told(employer, job, undecided, settings):
    settings.DECISION_HOLD_MINUTES = 60
    for application in undecided:
        change_status(application_id=application.pk, actor=employer.user, status="rejected")

    close(employer, job)
    tell()

    assert told() == both(*undecided)


def test_timeline_of_the_told_has_the_closing(employer, job, undecided, client_for):
    other = ApplicationFactory(job=job, status="accepted")
    close(employer, job)
    tell(batch_size=1)

    assert sorted(ApplicationEvent.objects.values_list("application", "kind")) == sorted(
        (application.pk, "job_closed") for application in undecided
    )
    for client in (employer, client_for(undecided[0].job_seeker.user)):
        entries = client.get(f"/api/applications/{undecided[0].pk}/timeline/").json()["results"]
        assert [(entry["kind"], entry["actor"]) for entry in entries][-1] == ("job_closed", "employer")
    assert not other.events.exists()


def test_batches_tell_all(employer, job):
    applications = ApplicationFactory.create_batch(7, job=job)
    close(employer, job)

    tell(batch_size=3)

    assert told() == both(*applications)


def test_delete_tells_and_counts_as_cancelled(employer, job, undecided):
    assert employer.delete(f"{URL}{job.pk}/").status_code == 204
    tell()

    assert told() == both(*undecided)
    assert "no longer offered" in Notification.objects.all()[0].message
    assert Job.objects.get(pk=job.pk).closed_reason == "cancelled"


def test_employer_who_leaves_tells(employer, job, undecided):
    closed = ApplicationFactory(job__employer=employer.user.employer, job__closed=True)
    name = employer.user.employer.company_name
    assert employer.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 204
    tell()

    assert told() == both(*undecided)
    assert name not in OutgoingEmail.objects.all()[0].text
    assert "The job Cook at the company" in OutgoingEmail.objects.all()[0].text
    assert Job.objects.get(pk=closed.job_id).state_now == "closed"


def test_relisted_job_tells_nothing_and_closed_again_only_the_new_ones(employer, job, undecided):
    close(employer, job)
    tell()
    employer.post(f"{URL}{job.pk}/relist/", {"expires_at": "2999-12-31"})
    tell()
    assert told() == both(*undecided)

    new = ApplicationFactory(job=job)
    # Also where the first notification is gone.
    Notification.objects.filter(user=undecided[0].job_seeker_id).delete()
    close(employer, job, "cancelled")
    tell()

    people, mailed = told()
    assert people == both(undecided[1], new)[0]
    assert mailed == both(*undecided, new)[1]
    # The timeline has each closing.
    assert [application.events.count() for application in (*undecided, new)] == [2, 2, 1]


def test_job_that_is_relisted_before_anyone_is_told_tells_nothing(employer, job, undecided):
    close(employer, job)
    employer.post(f"{URL}{job.pk}/relist/", {"expires_at": "2999-12-31"})

    tell()

    assert told() == ([], [])


def test_neither_a_pause_nor_the_staff_tells_applicants(employer, admin, admin_client, job, undecided):
    employer.post(f"{URL}{job.pk}/pause/")
    tell()
    employer.post(f"{URL}{job.pk}/resume/")
    values = {"action": "take_down", "confirmed": "on", "reason": "Spam", "_selected_action": [job.pk]}
    admin_client.post(reverse("admin:jobs_job_changelist"), values)
    tell()

    assert Job.objects.get(pk=job.pk).state_now == "closed"
    people = {application.job_seeker_id for application in undecided}
    assert not Notification.objects.filter(user__in=people).exists()
    assert not OutgoingEmail.objects.filter(kind="job_closed").exists()


def test_applicant_who_switched_it_off_is_not_told(employer, job, undecided, client_for):
    person = undecided[0].job_seeker.user
    choices = {"job_closed": {"email": False, "in_app": False}}
    assert client_for(person).put("/api/notification-preferences/", choices).json()["job_closed"] == {
        "email": False,
        "in_app": False,
    }

    close(employer, job)
    tell()

    assert told() == both(undecided[1])


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_each_applicant_once(employer, job):
    applications = ApplicationFactory.create_batch(12, job=job)
    other = ApplicationFactory(job__employer=employer.user.employer)
    close(employer, job)
    close(employer, other.job)

    at_once(*[partial(tell_applicants, seconds=20, batch_size=3)] * 2)
    tell()

    assert told() == both(*applications, other)


@pytest.mark.django_db(transaction=True)
def test_two_notifications_of_one_cause_are_one(undecided):
    person = undecided[0].job_seeker.user

    def write():
        rows = [Notification(user=person, message="Closed", dedup_key="job-closed:1")]
        Notification.objects.bulk_create(rows, ignore_conflicts=True)

    at_once(write, write)

    assert Notification.objects.count() == 1
