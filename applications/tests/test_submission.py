import uuid
from functools import partial

import pytest
from django.utils import timezone

from accounts.tests.factories import JobSeekerFactory
from analytics.models import Analytics
from anywork.testing.concurrency import at_once
from applications.models import Application, StatusChange
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail
from resumes.tests.factories import ResumeFactory

URL = "/api/applications/"
LETTER = "I am excited to apply for this position."


@pytest.fixture
def job(db):
    return JobFactory()


@pytest.fixture
def resume(seeker):
    return ResumeFactory(job_seeker=seeker.user.job_seeker)


def apply(client, job, resume, **body):
    return client.post(
        URL, {"job": str(job.pk), "resume": str(resume.pk), "cover_letter": LETTER, **body}, format="json"
    )


def assert_nothing_was_written():
    for model in (Application, StatusChange, Notification, OutgoingEmail, Analytics):
        assert not model.objects.exists(), model


def test_seeker_applies_to_an_open_job(seeker, job, resume):
    before = timezone.now()
    response = apply(seeker, job, resume, job_seeker=str(seeker.user.pk))

    assert response.status_code == 201
    application = Application.objects.get()
    assert list(response.json().items()) == [
        ("application_id", str(application.pk)),
        ("cover_letter", LETTER),
        ("status", "pending"),
        ("applied_at", application.applied_at.isoformat().replace("+00:00", "Z")),
        ("job_seeker", str(seeker.user.pk)),
        ("job", str(job.pk)),
        ("resume", str(resume.pk)),
    ]
    assert before <= application.applied_at <= timezone.now()
    change = StatusChange.objects.get()
    assert (change.application, change.actor, change.from_status, change.to_status) == (
        application,
        seeker.user,
        "",
        "pending",
    )
    assert Analytics.objects.get().applications == 1


def test_seeker_applies_without_naming_itself(seeker, job, resume):
    response = apply(seeker, job, resume)

    assert response.status_code == 201
    assert response.json()["job_seeker"] == str(seeker.user.pk)


@pytest.mark.parametrize("letter", [{}, {"cover_letter": ""}, {"cover_letter": None}], ids=["absent", "empty", "null"])
def test_seeker_applies_without_a_letter(seeker, job, resume, letter):
    body = {"job": str(job.pk), "resume": str(resume.pk), **letter}

    response = seeker.post(URL, body, format="json")

    assert response.status_code == 201
    assert response.json()["cover_letter"] == ""


def test_seeker_applies_with_the_longest_letter(seeker, job, resume):
    response = apply(seeker, job, resume, cover_letter="x" * 10_000)

    assert response.status_code == 201
    assert Application.objects.get().cover_letter == "x" * 10_000


def test_seeker_applies_with_a_longer_letter_is_refused(seeker, job, resume):
    response = apply(seeker, job, resume, cover_letter="x" * 10_001)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cover_letter"]
    assert_nothing_was_written()


@pytest.mark.parametrize("state", [{"closed": True}, {"expired": True}, None], ids=["closed", "expired", "unknown"])
def test_seeker_applies_to_a_job_that_is_not_open_is_refused(seeker, resume, state):
    job = JobFactory.build(pk=uuid.uuid4()) if state is None else JobFactory(**state)

    response = apply(seeker, job, resume)

    assert response.status_code == 400
    # The same words for all three: a hidden job is not given away.
    assert response.json()["errors"] == {"job": ["This job is not open for applications."]}
    assert_nothing_was_written()


def test_seeker_applies_again_to_a_closed_job_is_refused(seeker, resume):
    withdrawn = ApplicationFactory(
        job_seeker=seeker.user.job_seeker, resume=resume, status="withdrawn", job=JobFactory(closed=True)
    )

    response = apply(seeker, withdrawn.job, resume)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["job"]
    assert Application.objects.count() == 1


def test_seeker_applies_until_the_end_of_the_last_day(seeker, resume):
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)

    assert apply(seeker, JobFactory(expires_at=today), resume).status_code == 201


def test_seeker_applies_with_a_foreign_resume_is_refused(seeker, job):
    response = apply(seeker, job, ResumeFactory())

    assert response.status_code == 400
    assert response.json()["errors"] == {"resume": ["You have no such resume."]}
    assert_nothing_was_written()


def test_seeker_applies_with_a_removed_resume_is_refused(seeker, job, resume):
    resume.removed_at = timezone.now()
    resume.save()

    response = apply(seeker, job, resume)

    assert response.status_code == 400
    assert response.json()["errors"] == {"resume": ["You have no such resume."]}
    assert_nothing_was_written()


@pytest.mark.parametrize("field", ["job", "resume"])
@pytest.mark.parametrize("value", [None, "", "no-uuid", 7, []])
def test_seeker_applies_with_a_malformed_key_is_refused(seeker, job, resume, field, value):
    body = {"job": str(job.pk), "resume": str(resume.pk), field: value}

    response = seeker.post(URL, body, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert_nothing_was_written()


def test_seeker_applies_for_another_user_is_forbidden(seeker, job, resume):
    response = apply(seeker, job, resume, job_seeker=str(JobSeekerFactory().pk))

    assert response.status_code == 403
    assert_nothing_was_written()


def test_seeker_applies_twice_gets_a_conflict_that_names_the_first(seeker, job, resume):
    first = apply(seeker, job, resume).json()

    again = apply(seeker, job, ResumeFactory(job_seeker=seeker.user.job_seeker), cover_letter="Another letter.")

    assert again.status_code == 409
    assert again.json()["message"] == "You have already applied to this job."
    assert again.json()["existing"] == {"application_id": first["application_id"]}
    assert Application.objects.get().cover_letter == LETTER
    assert Analytics.objects.get().applications == 1
    assert OutgoingEmail.objects.count() == Notification.objects.count() == StatusChange.objects.count() == 1


def test_seeker_applies_again_after_withdrawing(seeker, job, resume):
    first = apply(seeker, job, resume).json()["application_id"]
    seeker.delete(f"{URL}{first}/")

    again = apply(seeker, job, resume)

    assert again.status_code == 201
    assert again.json()["application_id"] != first
    assert set(Application.objects.values_list("status", flat=True)) == {"pending", "withdrawn"}
    assert OutgoingEmail.objects.filter(kind="application_received").count() == 2
    assert Analytics.objects.get().applications == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_seeker_applies_fifty_times_concurrently_counts_as_one(client_for):
    resume = ResumeFactory()
    job = JobFactory()
    clients = [client_for(resume.job_seeker.user) for _ in range(50)]

    responses = at_once(*[partial(apply, client, job, resume) for client in clients])

    application = Application.objects.get()
    assert sorted(response.status_code for response in responses) == [201] + [409] * 49
    assert {response.json()["existing"]["application_id"] for response in responses if response.status_code == 409} == {
        str(application.pk)
    }
    assert StatusChange.objects.count() == 1
    assert OutgoingEmail.objects.get().kind == "application_received"
    assert Notification.objects.get().user_id == job.employer_id
    assert Analytics.objects.get().applications == 1


@pytest.mark.django_db(transaction=True)
def test_many_seekers_apply_concurrently_and_each_counts(client_for):
    job = JobFactory()
    resumes = [ResumeFactory() for _ in range(10)]
    clients = [(client_for(resume.job_seeker.user), resume) for resume in resumes]

    responses = at_once(*[partial(apply, client, job, resume) for client, resume in clients])

    assert [response.status_code for response in responses] == [201] * 10
    assert Analytics.objects.get().applications == 10
    assert set(OutgoingEmail.objects.values_list("recipient_id", flat=True)) == {r.job_seeker_id for r in resumes}
