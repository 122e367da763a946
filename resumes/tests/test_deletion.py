from functools import partial
from pathlib import Path

import pytest

from anywork.testing.concurrency import at_once
from applications.tests.factories import ApplicationFactory
from resumes.models import Resume
from resumes.tests.factories import ResumeFactory

URL = "/api/resumes/"


@pytest.fixture
def resume(seeker):
    return ResumeFactory(job_seeker=seeker.user.job_seeker)


def test_seeker_deletes_a_resume_with_its_file(seeker, resume, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = seeker.delete(f"{URL}{resume.pk}/")
        assert Path(resume.file.path).exists(), "until the row is gone for good"

    assert (response.status_code, response.content) == (204, b"")
    assert not Resume.objects.exists()
    assert not Path(resume.file.path).exists()
    assert seeker.delete(f"{URL}{resume.pk}/").status_code == 404


def test_seeker_deletes_a_resume_whose_file_cannot_be_deleted(
    seeker, resume, caplog, django_capture_on_commit_callbacks
):
    path = Path(resume.file.path)
    path.unlink()
    (path / "in the way").mkdir(parents=True)

    with django_capture_on_commit_callbacks(execute=True):
        assert seeker.delete(f"{URL}{resume.pk}/").status_code == 204

    assert not Resume.objects.exists()
    [message] = [record.getMessage() for record in caplog.records if record.name == "resumes.services"]
    assert message == "The file of a deleted resume could not be deleted (Directory not empty)"


@pytest.mark.parametrize("status", ["pending", "rejected", "withdrawn"])
def test_seeker_deletes_a_resume_that_was_submitted_and_it_is_hidden(seeker, resume, status):
    ApplicationFactory(resume=resume, job_seeker=resume.job_seeker, status=status)

    response = seeker.delete(f"{URL}{resume.pk}/")

    assert (response.status_code, response.content) == (204, b"")
    resume.refresh_from_db()
    assert resume.removed_at is not None
    assert Path(resume.file.path).exists()
    assert seeker.get(f"{URL}{resume.pk}/").status_code == 404
    assert seeker.get(URL).json()["count"] == 0
    assert seeker.delete(f"{URL}{resume.pk}/").status_code == 404


def test_employer_reads_what_was_submitted_after_its_deletion(seeker, resume, client_for):
    application = ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
    employer = client_for(application.job.employer.user)
    seeker.delete(f"{URL}{resume.pk}/")

    response = employer.get(f"{URL}{resume.pk}/")

    assert response.status_code == 200
    assert employer.get(f"/media/resumes/{resume.pk}.pdf").getvalue().startswith(b"%PDF-")


def test_seeker_cannot_apply_with_a_deleted_resume(seeker, resume):
    job = ApplicationFactory(resume=resume, job_seeker=resume.job_seeker, status="withdrawn").job
    seeker.delete(f"{URL}{resume.pk}/")

    response = seeker.post("/api/applications/", {"job": str(job.pk), "resume": str(resume.pk)})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["resume"]


def test_seeker_deletes_a_submitted_resume_and_uploads_the_same_bytes_again(seeker, resume):
    ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
    data = Path(resume.file.path).read_bytes()
    seeker.delete(f"{URL}{resume.pk}/")

    again = ResumeFactory(job_seeker=resume.job_seeker, data=data)

    assert [row["resume_id"] for row in seeker.get(URL).json()["results"]] == [str(again.pk)]


def test_admin_deletes_any_resume(admin, django_capture_on_commit_callbacks):
    resume = ResumeFactory()

    with django_capture_on_commit_callbacks(execute=True):
        assert admin.delete(f"{URL}{resume.pk}/").status_code == 204
    assert not Path(resume.file.path).exists()


@pytest.mark.django_db(transaction=True)
def test_seeker_deletes_a_resume_in_several_tabs_concurrently(client_for):
    resume = ResumeFactory()
    clients = [client_for(resume.job_seeker.user) for _ in range(4)]

    responses = at_once(*(partial(client.delete, f"{URL}{resume.pk}/") for client in clients))

    codes = sorted(response.status_code for response in responses)
    assert codes == [204, 404, 404, 404]
    assert not Resume.objects.exists()
    assert not Path(resume.file.path).exists()


def test_seeker_lists_a_hundred_resumes_newest_first(seeker):
    resumes = ResumeFactory.create_batch(101, job_seeker=seeker.user.job_seeker)

    response = seeker.get(URL).json()

    assert response["count"] == 101
    assert [row["resume_id"] for row in response["results"]] == [str(resume.pk) for resume in resumes[:0:-1]]
