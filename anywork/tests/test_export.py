"""Export of an account: all its data, and none of other users."""

import io
import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from django.utils import timezone

from accounts.tests.factories import SkillFactory
from accounts.tokens import open_session
from anywork.local.pdf import make_pdf
from applications.models import Posting
from applications.services import change_status, posting_of, submit_application
from applications.tests.factories import ApplicationFactory, AssessmentFactory, NoteFactory, QuestionFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory, JobSkillFactory, SavedJobFactory, SavedSearchFactory
from notifications.tests.factories import NotificationFactory, OutgoingEmailFactory
from resumes.tests.factories import ResumeFactory

URL = "/api/auth/me/export/"
FILES = {
    "account.json",
    "jobs.json",
    "job_changes.json",
    "categories.json",
    "saved_jobs.json",
    "saved_searches.json",
    "locations.json",
    "resumes.json",
    "resume_accesses.json",
    "applications.json",
    "application_notes.json",
    "application_assessments.json",
    "questions.json",
    "postings.json",
    "notifications.json",
    "sent_notifications.json",
    "notification_preferences.json",
    "mails.json",
}


def export(client: Any) -> ZipFile:
    response = client.get(URL)
    assert response.status_code == 200
    return ZipFile(io.BytesIO(response.getvalue()))


def told(archive: ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def test_job_seeker_gets_rows_and_files(seeker: Any) -> None:
    person = seeker.user.job_seeker
    data = make_pdf("Ben")
    resume = ResumeFactory(job_seeker=person, data=data, file_name="Ben Carson.pdf")
    job = JobFactory(title="Gardener", employer__company_name="Roses")
    key = str(QuestionFactory(job=job, text="A licence?").pk)
    application = submit_application(
        user=seeker.user, job_id=job.pk, resume_id=resume.pk, cover_letter="Dear Sirs", answers={key: False}
    )
    change_status(application_id=application.pk, actor=job.employer.user, status="accepted")
    SkillFactory(user=seeker.user, name="Django")
    SavedJobFactory(job_seeker=person, job=job)
    SavedJobFactory()
    SavedSearchFactory(job_seeker=person, name="Roses", query="search=rose")
    SavedSearchFactory()

    archive = export(seeker)

    assert set(archive.namelist()) == FILES | {f"resumes/{resume.pk}.pdf"}
    assert archive.testzip() is None
    account = told(archive, "account.json")
    assert account["user"]["email"] == seeker.user.email
    assert account["profile"]["phone_number"] == "080444555666"
    assert [skill["name"] for skill in account["skills"]] == ["Django"]
    assert len(account["sessions"]) == 1
    assert [row["file_name"] for row in told(archive, "resumes.json")] == ["Ben Carson.pdf"]
    assert archive.read(f"resumes/{resume.pk}.pdf") == data
    [row] = told(archive, "applications.json")
    assert (row["job_title"], row["company_name"], row["cover_letter"]) == ("Gardener", "Roses", "Dear Sirs")
    assert [change["status"] for change in row["history"]] == ["pending", "accepted"]
    assert row["answers"] == [{"question_id": key, "question": "A licence?", "answer": False}]
    assert (row["posting"]["title"], row["posting"]["company_name"]) == ("Gardener", "Roses")
    assert [row["message"] for row in told(archive, "notifications.json")] == [
        "Your application for “Gardener” was accepted."
    ]
    assert {row["to"] for row in told(archive, "mails.json")} == {seeker.user.email}
    assert told(archive, "jobs.json") == []
    assert [(row["name"], row["query"]) for row in told(archive, "saved_searches.json")] == [("Roses", "search=rose")]
    assert account["user"]["time_zone"] == "UTC"
    assert [row["job__title"] for row in told(archive, "saved_jobs.json")] == ["Gardener"]


def stored_posting(job: Job) -> Posting:
    posting = posting_of(job)
    posting.save(force_insert=True)
    return posting


def test_employer_gets_the_own_jobs_and_nothing_of_the_applicants(employer: Any) -> None:
    job = JobFactory(title="Gardener", employer=employer.user.employer)
    JobSkillFactory(job=job, name="Pruning")
    assert employer.post("/api/categories/", {"name": "Gardening"}).status_code == 201
    assert employer.post("/api/locations/", {"city": "Kano", "country": "Nigeria"}).status_code == 201
    key = str(QuestionFactory(job=job, text="A licence?", knock_out=True).pk)
    application = ApplicationFactory(
        job=job, cover_letter="My secret", posting=stored_posting(job), answers={key: "My answer"}
    )
    note = NoteFactory(application=application, text="Call again.")
    AssessmentFactory(application=application, rating=3, tags=["Python"])

    archive = export(employer)

    [posted] = told(archive, "jobs.json")
    assert (posted["title"], posted["skill_list"]) == ("Gardener", [{"name": "Pruning", "importance": "required"}])
    [written] = told(archive, "application_notes.json")
    assert list(written) == ["note_id", "application_id", "text", "created_at", "updated_at"]
    assert (written["note_id"], written["text"]) == (str(note.pk), "Call again.")
    assert told(archive, "application_assessments.json") == [
        {"application_id": str(application.pk), "rating": 3, "tags": ["Python"]}
    ]
    assert [(row["text"], row["knock_out"]) for row in told(archive, "questions.json")] == [("A licence?", True)]
    assert [row["description"] for row in told(archive, "postings.json")] == [job.description]
    assert [row["name"] for row in told(archive, "categories.json")] == ["Gardening"]
    assert [row["city"] for row in told(archive, "locations.json")] == ["Kano"]
    assert set(archive.namelist()) == FILES
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert told(archive, "account.json")["profile"]["company_name"] == employer.user.employer.company_name
    for foreign in ("My secret", "My answer", application.applicant.last_name, application.applicant.user.email):
        assert foreign not in everything


def test_export_holds_nothing_of_others(seeker: Any) -> None:
    ResumeFactory()
    ApplicationFactory()
    SkillFactory()
    NotificationFactory()
    OutgoingEmailFactory()
    stored_posting(JobFactory())
    QuestionFactory()

    archive = export(seeker)

    assert set(archive.namelist()) == FILES
    for name in FILES - {"account.json", "notification_preferences.json"}:
        assert told(archive, name) == []
    assert told(archive, "account.json")["skills"] == []


def test_job_seeker_gets_nothing_that_employers_wrote(seeker: Any) -> None:
    application = ApplicationFactory(job_seeker=seeker.user.job_seeker)
    NoteFactory(application=application, text="Smells of marmalade.")
    AssessmentFactory(application=application, rating=1, tags=["marmalade"])

    archive = export(seeker)

    assert len(told(archive, "applications.json")) == 1
    assert told(archive, "application_notes.json") == told(archive, "application_assessments.json") == []
    assert not [name for name in archive.namelist() if b"marmalade" in archive.read(name)]


def test_export_holds_no_secret(seeker: Any) -> None:
    seeker.post("/api/auth/email/verify/")

    archive = export(seeker)

    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert seeker.user.password not in everything
    assert "token=" not in everything


def test_resume_that_only_an_application_holds_is_in_it(seeker: Any) -> None:
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker, removed_at=timezone.now() - timedelta(days=1))

    assert f"resumes/{resume.pk}.pdf" in export(seeker).namelist()


def test_lost_file_does_not_keep_the_rest_back(seeker: Any, caplog: pytest.LogCaptureFixture) -> None:
    lost, kept = ResumeFactory.create_batch(2, job_seeker=seeker.user.job_seeker)
    lost.file.storage.delete(lost.file.name)

    archive = export(seeker)

    assert f"resumes/{kept.pk}.pdf" in archive.namelist()
    assert f"resumes/{lost.pk}.pdf" not in archive.namelist()
    assert f"The file of resume {lost.pk} is lost" in caplog.text


@pytest.mark.parametrize("accept", ["*/*", "application/zip", "application/json"])
def test_export_is_a_download_that_nobody_keeps(seeker: Any, accept: str) -> None:
    response = seeker.get(URL, HTTP_ACCEPT=accept)

    archive = response.getvalue()
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == 'attachment; filename="anywork.zip"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert int(response.headers["Content-Length"]) == len(archive)


def test_full_disk_is_told(seeker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write to /dev/full finds the disk full."""
    monkeypatch.setattr("accounts.account_views.tempfile.TemporaryFile", partial(Path("/dev/full").open, "wb", 0))

    response = seeker.get(URL)

    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable")


def test_files_are_stored_as_they_are(seeker: Any) -> None:
    """Deflating 150 MiB of PDFs, which hardly shrink, held a worker for 10 s."""
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker, data=make_pdf("Ben"))

    archive = export(seeker)

    assert archive.getinfo(f"resumes/{resume.pk}.pdf").compress_type == ZIP_STORED
    assert archive.getinfo("account.json").compress_type == ZIP_DEFLATED


def test_security_events_and_an_unconfirmed_address_are_in_it(seeker: Any) -> None:
    seeker.patch("/api/auth/me/email/", {"email": "new@example.org", "password": "correct-horse-42"})
    seeker.delete(f"/api/auth/sessions/{open_session(seeker.user) and seeker.user.sessions.first().pk}/")

    account = told(export(seeker), "account.json")

    assert account["email_change"]["email"] == "new@example.org"
    assert [event["kind"] for event in account["security_events"]] == ["exported", "session_ended"]


def test_what_an_employer_wrote_to_others_is_in_it(employer: Any) -> None:
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer))
    employer.post("/api/notifications/", {"user": str(application.job_seeker_id), "message": "Come on Monday"})

    assert [row["message"] for row in told(export(employer), "sent_notifications.json")] == ["Come on Monday"]
