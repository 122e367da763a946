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
from applications.services import change_status, submit_application
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.tests.factories import NotificationFactory, OutgoingEmailFactory
from resumes.tests.factories import ResumeFactory

URL = "/api/auth/me/export/"
FILES = {
    "account.json",
    "jobs.json",
    "categories.json",
    "locations.json",
    "resumes.json",
    "resume_accesses.json",
    "applications.json",
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
    application = submit_application(user=seeker.user, job_id=job.pk, resume_id=resume.pk, cover_letter="Dear Sirs")
    change_status(application_id=application.pk, actor=job.employer.user, status="accepted")
    SkillFactory(user=seeker.user, name="Django")

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
    assert [row["message"] for row in told(archive, "notifications.json")] == [
        "Your application for “Gardener” was accepted."
    ]
    assert {row["to"] for row in told(archive, "mails.json")} == {seeker.user.email}
    assert told(archive, "jobs.json") == []


def test_employer_gets_the_own_jobs_and_nothing_of_the_applicants(employer: Any) -> None:
    job = JobFactory(title="Gardener", employer=employer.user.employer)
    assert employer.post("/api/categories/", {"name": "Gardening"}).status_code == 201
    assert employer.post("/api/locations/", {"city": "Kano", "country": "Nigeria"}).status_code == 201
    application = ApplicationFactory(job=job, cover_letter="My secret")

    archive = export(employer)

    assert [row["title"] for row in told(archive, "jobs.json")] == ["Gardener"]
    assert [row["name"] for row in told(archive, "categories.json")] == ["Gardening"]
    assert [row["city"] for row in told(archive, "locations.json")] == ["Kano"]
    assert set(archive.namelist()) == FILES
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert told(archive, "account.json")["profile"]["company_name"] == employer.user.employer.company_name
    for foreign in ("My secret", application.applicant.last_name, application.applicant.user.email):
        assert foreign not in everything


def test_export_holds_nothing_of_others(seeker: Any) -> None:
    ResumeFactory()
    ApplicationFactory()
    SkillFactory()
    NotificationFactory()
    OutgoingEmailFactory()
    JobFactory()

    archive = export(seeker)

    assert set(archive.namelist()) == FILES
    for name in FILES - {"account.json", "notification_preferences.json"}:
        assert told(archive, name) == []
    assert told(archive, "account.json")["skills"] == []


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
