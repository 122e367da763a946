"""Changes at the same moment: each of them stays, or is refused."""

import time
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.erasure import erase_account
from accounts.models import Skill, User
from accounts.tests.factories import PASSWORD, EmployerFactory, JobSeekerFactory, SkillFactory
from anywork.testing.concurrency import at_once, wait_until_waited_for
from applications.closings import tell_applicants
from applications.models import Application, ApplicationEvent, Assessment, JobClosing, Note, Question, StatusChange
from applications.services import tell_held_decisions
from applications.tests.factories import ApplicationFactory
from jobs.models import Category, Job
from jobs.saving.models import SavedSearch
from jobs.tests.factories import CategoryFactory, JobFactory, SavedSearchFactory
from notifications.models import Notification, OutgoingEmail
from resumes.tests.factories import ResumeFactory

pytestmark = pytest.mark.django_db(transaction=True)


def patched(client: APIClient, url: str, changes: list[dict[str, Any]], **headers: Any) -> list[int]:
    responses = at_once(*(partial(client.patch, url, change, **headers) for change in changes))
    return sorted(response.status_code for response in responses)


def test_changes_of_different_fields_all_stay(client_for) -> None:
    employer = EmployerFactory()
    job = JobFactory(employer=employer)
    client = client_for(employer.user)
    wanted = {"title": "Pilot", "description": "We fly.", "salary_range": "$1", "job_type": "remote"}

    for _ in range(5):
        Job.objects.filter(pk=job.pk).update(title="", description="", salary_range="", job_type="contract")
        changes = [{field: value} for field, value in wanted.items()]
        assert patched(client, f"/api/jobs/{job.pk}/", changes) == [200] * 4
        assert Job.objects.values(*wanted).get(pk=job.pk) == wanted


def test_of_changes_that_have_seen_the_same_one_is_made(client_for) -> None:
    seeker = JobSeekerFactory()
    client, url = client_for(seeker.user), f"/api/jobseekers/{seeker.pk}/"
    tag = client.get(url).headers["ETag"]

    changes = [{"first_name": name} for name in ("Ann", "Cem", "Dia", "Eva")]
    assert patched(client, url, changes, HTTP_IF_MATCH=tag) == [200, 412, 412, 412]


def test_what_is_deleted_stays_deleted(client_for) -> None:
    person = JobSeekerFactory()
    client = client_for(person.user)

    for _ in range(10):
        skill = SkillFactory(user=person.user)
        url = f"/api/skills/{skill.pk}/"
        patch, delete = at_once(partial(client.patch, url, {"name": "Tango"}), partial(client.delete, url))
        assert delete.status_code == 204
        assert patch.status_code in {200, 404}
        assert not Skill.objects.exists()


def test_letter_and_decision_based_on_the_same_reading_do_not_both_pass(client_for) -> None:
    application = ApplicationFactory()
    url = f"/api/applications/{application.pk}/"
    seeker = client_for(application.job_seeker.user)
    employer = client_for(application.job.employer.user)
    read = employer.get(url).headers["ETag"]

    responses = at_once(
        partial(seeker.patch, url, {"cover_letter": "Other"}, HTTP_IF_MATCH=read),
        partial(employer.patch, url, {"status": "reviewed"}, HTTP_IF_MATCH=read),
    )

    assert sorted(response.status_code for response in responses) == [200, 412]


def test_category_deleted_while_it_is_renamed_is_gone(admin) -> None:
    category = CategoryFactory()
    url = f"/api/categories/{category.pk}/"

    at_once(partial(admin.patch, url, {"name": "Other"}), partial(admin.delete, url))

    assert not Category.objects.exists()


def test_job_deleted_with_applications_is_closed_and_keeps_a_change_of_the_same_moment(client_for) -> None:
    application = ApplicationFactory()
    client, url = client_for(application.job.employer.user), f"/api/jobs/{application.job.pk}/"

    patch, delete = at_once(partial(client.patch, url, {"title": "Other"}), partial(client.delete, url))

    assert (patch.status_code, delete.status_code) == (200, 204)
    assert Job.objects.values("title", "is_active").get() == {"title": "Other", "is_active": False}


# --- The employer's desk ----------------------------------------------------------------------------------------------


def test_questions_put_at_once_are_those_of_one_request(client_for) -> None:
    job = JobFactory()
    url = f"/api/jobs/{job.pk}/questions/"
    bodies = [[{"text": f"{name} {n}?", "kind": "text", "required": True} for n in range(3)] for name in "ABCD"]
    clients = [client_for(job.employer.user) for _ in bodies]

    for _ in range(3):
        puts = (partial(client.put, url, body, format="json") for client, body in zip(clients, bodies, strict=True))
        assert [response.status_code for response in at_once(*puts)] == [200] * 4
        asked = list(job.questions.values_list("text", flat=True))
        assert asked in [[question["text"] for question in body] for body in bodies]


def test_copy_of_a_job_has_all_questions_or_those_before(client_for) -> None:
    job = JobFactory()
    url = f"/api/jobs/{job.pk}/"
    clients = [client_for(job.employer.user) for _ in range(2)]

    for number in range(5):
        asked = [{"text": f"{number} {n}?", "kind": "text", "required": True} for n in range(5)]
        before = list(job.questions.values_list("text", flat=True))
        duplicate, put = at_once(
            partial(clients[0].post, f"{url}duplicate/"),
            partial(clients[1].put, f"{url}questions/", asked, format="json"),
        )
        assert (duplicate.status_code, put.status_code) == (201, 200)
        copied = list(Question.objects.filter(job=duplicate.json()["job_id"]).values_list("text", flat=True))
        assert copied in [before, [question["text"] for question in asked]]


def test_job_closed_while_seekers_apply_tells_all_that_are_accepted(client_for) -> None:
    resumes = ResumeFactory.create_batch(4)
    seekers = [client_for(resume.job_seeker.user) for resume in resumes]

    for _ in range(3):
        job = JobFactory()
        employer, body = client_for(job.employer.user), {"job": str(job.pk)}
        closed, *applied = at_once(
            partial(employer.post, f"/api/jobs/{job.pk}/close/", {"reason": "filled"}),
            *(
                partial(seeker.post, "/api/applications/", {**body, "resume": str(resume.pk)}, format="json")
                for seeker, resume in zip(seekers, resumes, strict=True)
            ),
            partial(tell_applicants, seconds=1),
        )
        tell_applicants(seconds=5)

        assert closed.status_code == 200
        assert {response.status_code for response in applied[:-1]} <= {201, 400}
        accepted = sum(response.status_code == 201 for response in applied[:-1])
        assert Application.objects.filter(job=job).count() == accepted
        told = ApplicationEvent.objects.filter(application__job=job, kind="job_closed")
        assert told.count() == told.values("application").distinct().count() == accepted
    assert not JobClosing.objects.exists()


def test_job_closed_deleted_and_relisted_while_applicants_are_told_tells_each_once(client_for) -> None:
    for _ in range(5):
        job = JobFactory()
        applications = ApplicationFactory.create_batch(5, job=job)
        clients = [client_for(job.employer.user) for _ in range(3)]
        url = f"/api/jobs/{job.pk}/"
        responses = at_once(
            partial(clients[0].post, f"{url}close/", {"reason": "filled"}),
            partial(clients[1].delete, url),
            partial(clients[2].post, f"{url}relist/", {"expires_at": "2999-12-31"}),
            partial(tell_applicants, seconds=1, batch_size=2),
            partial(tell_applicants, seconds=1, batch_size=2),
        )
        assert [response.status_code for response in responses[:3] if response.status_code not in {200, 204, 409}] == []
        assert clients[0].delete(url).status_code == 204
        tell_applicants(seconds=5)

        assert not JobClosing.objects.exists()
        people = [application.job_seeker_id for application in applications]
        assert Notification.objects.filter(user__in=people).count() == len(people)
        assert OutgoingEmail.objects.filter(recipient__in=people, kind="job_closed").count() == len(people)


def test_bulk_requests_on_the_same_ids_decide_each_application_once(client_for) -> None:
    job = JobFactory()
    applications = ApplicationFactory.create_batch(8, job=job)
    ids = [str(application.pk) for application in applications]
    clients = [client_for(job.employer.user) for _ in range(3)]
    body = {"status": "rejected", "reason": "skills"}

    responses = at_once(
        *(
            partial(client.post, "/api/applications/bulk-status/", {"ids": order, **body}, format="json")
            for client, order in zip(clients, (ids, ids[::-1], ids[4:] + ids[:4]), strict=True)
        )
    )

    assert [response.status_code for response in responses] == [200] * 3
    outcomes = [row["outcome"] for response in responses for row in response.json()["results"]]
    assert sorted(outcomes) == ["changed"] * 8 + ["unchanged"] * 16
    assert list(StatusChange.objects.values_list("to_status", "reason")) == [("rejected", "skills")] * 8
    assert OutgoingEmail.objects.filter(kind="application_rejected").count() == 8


def test_reason_changed_while_the_rejection_is_left_is_dropped(client_for) -> None:
    application = ApplicationFactory()
    url = f"/api/applications/{application.pk}/"
    clients = [client_for(application.job.employer.user) for _ in range(2)]

    for _ in range(5):
        assert clients[0].patch(url, {"status": "rejected", "reason": "salary"}, format="json").status_code == 200
        given, left = at_once(
            partial(clients[0].patch, url, {"status": "rejected", "reason": "skills"}, format="json"),
            partial(clients[1].patch, url, {"status": "reviewed"}, format="json"),
        )
        assert (given.status_code, left.status_code) == (200, 200)
        application.refresh_from_db()
        latest = application.status_changes.last()
        # The rejection again, if it came last; no other change has a reason.
        assert (latest.to_status, latest.reason) in {("rejected", "skills"), ("reviewed", "")}
        assert application.status == latest.to_status
        assert not application.status_changes.exclude(pk=latest.pk).exclude(reason="").exists()


def test_withdrawal_while_a_held_rejection_is_due_ends_in_one_of_them(client_for, settings) -> None:
    settings.DECISION_HOLD_MINUTES = 60
    for _ in range(5):
        application = ApplicationFactory()
        url = f"/api/applications/{application.pk}/"
        employer, seeker = client_for(application.job.employer.user), client_for(application.job_seeker.user)
        assert employer.patch(url, {"status": "rejected"}, format="json").status_code == 200
        due = timezone.now() + timedelta(milliseconds=20)
        Application.objects.filter(pk=application.pk).update(tell_at=due)
        application.status_changes.update(tell_at=due)

        withdrawn, *_ = at_once(partial(seeker.delete, url), *[partial(tell_held_decisions, seconds=1)] * 2)
        time.sleep(0.05)
        tell_held_decisions(seconds=1)

        application.refresh_from_db()
        told = {
            *Notification.objects.filter(user=application.job_seeker_id).values_list("message", flat=True),
            *OutgoingEmail.objects.filter(recipient=application.job_seeker_id).values_list("kind", flat=True),
        }
        assert (withdrawn.status_code, application.status) in {(204, "withdrawn"), (409, "rejected")}
        assert ("application_rejected" in told) is (application.status == "rejected")
        assert len(told) == (1 if application.status == "withdrawn" else 2)
        assert (application.told_status, application.tell_at) == ("", None)


def test_employer_who_leaves_while_writing_leaves_nothing_written(client_for) -> None:
    """Each request is done before the erasure, refused after it, or a 503 where PostgreSQL resolves a deadlock."""
    for _ in range(4):
        application = ApplicationFactory()
        other = JobFactory(employer=application.job.employer)
        user, job, one = application.job.employer.user, application.job, f"/api/applications/{application.pk}/"
        clients = [client_for(user) for _ in range(8)]
        bulk = {"ids": [str(application.pk)], "status": "reviewed"}
        asked = [{"text": "Why us?", "kind": "text", "required": True}]

        responses = at_once(
            partial(clients[0].delete, "/api/auth/me/", {"password": PASSWORD}),
            partial(clients[1].post, f"{one}notes/", {"text": "Why not."}),
            partial(clients[2].put, f"{one}assessment/", {"rating": 5}, format="json"),
            partial(clients[3].post, "/api/applications/bulk-status/", bulk, format="json"),
            partial(clients[4].post, f"/api/jobs/{job.pk}/close/", {"reason": "filled"}),
            partial(clients[5].post, f"/api/jobs/{job.pk}/duplicate/"),
            partial(clients[6].put, f"/api/jobs/{other.pk}/questions/", asked, format="json"),
            partial(clients[7].put, "/api/employer/settings/", {"decision_hold_minutes": 5}, format="json"),
        )

        statuses = [response.status_code for response in responses]
        assert set(statuses) <= {200, 201, 204, 401, 403, 404, 409, 503}, statuses
        if statuses[0] == 503:
            assert clients[0].delete("/api/auth/me/", {"password": PASSWORD}).status_code == 204
        assert not Note.objects.exists()
        assert not Assessment.objects.exists()
        assert not Question.objects.exists()
        assert list(Job.objects.filter(pk__in=(job.pk, other.pk)).values_list("pk", "employer")) == [(job.pk, None)]
        assert not Job.objects.filter(employer=user.pk).exists()
        tell_applicants(seconds=5)
        assert application.events.filter(kind="job_closed").count() == 1


def test_seekers_who_leave_while_they_are_told_hinder_nothing(client_for) -> None:
    for _ in range(3):
        job = JobFactory()
        applications = ApplicationFactory.create_batch(20, job=job)
        client_for(job.employer.user).post(f"/api/jobs/{job.pk}/close/", {"reason": "filled"})
        leavers = [application.job_seeker.user for application in applications[::5]]

        # A deadlock would be an exception.
        at_once(partial(tell_applicants, seconds=5), *(partial(erase_account, user) for user in leavers))

        assert not JobClosing.objects.exists()
        told = Notification.objects.filter(user__in=[application.job_seeker_id for application in applications])
        assert told.count() == len(applications) - len(leavers)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/saved-jobs/", {"job": "{job}"}),
        ("post", "/api/saved-searches/", {"name": "Mine", "query": ""}),
        ("put", "/api/saved-searches/{search}/", {"name": "Mine", "query": ""}),
        ("patch", "/api/auth/me/settings/", {"alert_hour": "9"}),
        ("post", "/api/blocked-employers/", {"employer": "{employer}"}),
        ("post", "/api/applications/{application}/revoke/", {}),
    ],
)
def test_seeker_who_leaves_meanwhile_changes_nothing(client_for, method: str, path: str, body: dict[str, str]) -> None:
    application = ApplicationFactory(status="accepted")
    user = application.job_seeker.user
    client, is_erased = client_for(user), Event()
    keys = {
        "application": application.pk,
        "job": application.job_id,
        "employer": application.job.employer_id,
        "search": SavedSearchFactory(job_seeker=application.job_seeker).pk,
    }

    def leave() -> None:
        with transaction.atomic():
            erase_account(user)
            is_erased.set()
            wait_until_waited_for()

    def change() -> Any:
        is_erased.wait(timeout=20)
        filled = {field: value.format(**keys) for field, value in body.items()}
        return getattr(client, method)(path.format(**keys), filled)

    client.raise_request_exception = False
    _, response = at_once(leave, change)

    assert response.status_code in {403, 404, 409}, response.content
    assert not User.objects.filter(pk=user.pk).exists()
    assert not SavedSearch.objects.exists()
    assert Application.objects.get().revoked_at is None
