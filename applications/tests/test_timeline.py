import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.erasure import erase_account
from applications.choices import EventKind
from applications.models import ApplicationEvent
from applications.services import change_status
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from resumes.services import record_opening
from resumes.tests.factories import ResumeAccessFactory


@pytest.fixture
def application(seeker, employer):
    applied_at = timezone.now() - timedelta(hours=1)
    job = JobFactory(employer=employer.user.employer)
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job, applied_at=applied_at)


def url(application):
    return f"/api/applications/{application.pk}/"


def timeline(client, application):
    response = client.get(f"{url(application)}timeline/")
    assert response.status_code == 200
    return response.json()["results"]


def shown(client, application):
    keys = ("kind", "from_status", "to_status", "actor", "reason", "note")
    return [tuple(entry[key] for key in keys) for entry in timeline(client, application)]


def test_timeline_says_what_happened_to_each_side(seeker, employer, admin, admin_user, application):
    seeker.patch(url(application), {"cover_letter": "A better letter."}, format="json")
    seeker.patch(url(application), {"cover_letter": "A better letter."}, format="json")
    record_opening(resume=application.resume, viewer=employer.user, by_link=False)
    employer.patch(url(application), {"status": "reviewed"}, format="json")
    change_status(application_id=application.pk, actor=admin_user, status="accepted")
    employer.patch(url(application), {"status": "rejected", "reason": "skills"}, format="json")

    def expected(reason, note):
        return {
            ("applied", None, "pending", "applicant", None, ""),
            ("letter_changed", None, None, "applicant", None, ""),
            ("resume_opened", None, None, "employer", None, ""),
            ("status", "pending", "reviewed", "employer", None, ""),
            ("status", "reviewed", "accepted", "system", None, note),
            ("status", "accepted", "rejected", "employer", reason, ""),
        }

    for client in (employer, admin):
        assert set(shown(client, application)) == expected("skills", "By an administrator.")
    assert set(shown(seeker, application)) == expected(None, "")
    for client in (employer, seeker):
        entries = timeline(client, application)
        assert len(entries) == 6
        assert list(entries[0]) == ["at", "kind", "from_status", "to_status", "actor", "reason", "note"]
        times = [datetime.fromisoformat(entry["at"]) for entry in entries]
        assert times == sorted(times)
        assert times[0] == application.applied_at


def test_withdrawal_is_the_applicants(seeker, employer, application):
    seeker.delete(url(application))

    for client in (seeker, employer):
        assert shown(client, application)[1:] == [("withdrawn", "pending", "withdrawn", "applicant", None, "")]


def test_resume_is_opened_once_by_the_employer_after_the_application(seeker, employer, application):
    def opened():
        return [entry["at"] for entry in timeline(seeker, application) if entry["kind"] == "resume_opened"]

    minute = (application.applied_at + timedelta(minutes=10)).replace(second=0, microsecond=0)
    ResumeAccessFactory(resume=application.resume, opened_at=minute)
    ResumeAccessFactory(resume=application.resume, actor=employer.user, opened_at=minute - timedelta(days=1))
    assert opened() == []
    for minutes in (5, 1, 9):
        opened_at = minute + timedelta(minutes=minutes)
        ResumeAccessFactory(resume=application.resume, actor=employer.user, opened_at=opened_at)
    assert opened() == [(minute + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")]


def test_resume_opened_within_the_minute_of_the_application_comes_after_it(employer, application):
    opened_at = application.applied_at.replace(second=0, microsecond=0)
    ResumeAccessFactory(resume=application.resume, actor=employer.user, opened_at=opened_at)

    assert [kind for kind, *_ in shown(employer, application)] == ["applied", "resume_opened"]


def test_events_of_jobs_are_the_employers(seeker, application):
    ApplicationEvent.objects.create(application=application, kind=EventKind.JOB_CLOSED)

    assert shown(seeker, application)[1:] == [("job_closed", None, None, "employer", None, "")]


def test_timeline_outlives_both_accounts(seeker, employer, admin, application):
    record_opening(resume=application.resume, viewer=employer.user, by_link=False)
    employer.patch(url(application), {"status": "accepted"}, format="json")
    erase_account(seeker.user)
    assert [entry[0] for entry in shown(employer, application)] == ["applied", "status"]
    erase_account(employer.user)
    assert [entry[3] for entry in shown(admin, application)] == ["applicant", "employer"]


def test_timeline_has_pages(seeker, application):
    ApplicationEvent.objects.bulk_create(
        ApplicationEvent(application=application, kind=EventKind.LETTER_CHANGED) for _ in range(120)
    )

    page = seeker.get(f"{url(application)}timeline/?page=2").json()

    assert (page["count"], page["next"], len(page["results"])) == (121, None, 21)


def test_timeline_takes_as_many_queries_for_many_entries(employer, application):
    def count():
        with CaptureQueriesContext(connection) as captured:
            timeline(employer, application)
        return len(captured)

    change_status(application_id=application.pk, actor=employer.user, status="reviewed")
    few = count()
    for status in ("accepted", "reviewed", "rejected"):
        change_status(application_id=application.pk, actor=employer.user, status=status)
    assert count() == few


def test_export_has_the_history_as_the_seeker_knows_it(settings, seeker, employer, application):
    settings.DECISION_HOLD_MINUTES = 60
    seeker.patch(url(application), {"cover_letter": "A better letter."}, format="json")
    employer.patch(url(application), {"status": "rejected", "reason": "skills", "reason_shared": True}, format="json")

    content = seeker.get("/api/auth/me/export/").getvalue()

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [exported] = json.loads(archive.read("applications.json"))
    assert exported["status"] == "pending"
    assert [(entry["kind"], entry["status"], entry["reason"]) for entry in exported["history"]] == [
        ("applied", "pending", None),
        ("letter_changed", None, None),
    ]
