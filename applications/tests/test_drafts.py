"""Applying like last time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications.models import Application
from applications.tests.factories import ApplicationFactory, QuestionFactory
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory

URL = "/api/applications/draft/"


@pytest.fixture
def latest(seeker):
    """The latest of two applications, with three answers."""
    me = seeker.user.job_seeker
    ApplicationFactory(job_seeker=me, cover_letter="Old.", applied_at=timezone.now() - timedelta(days=9))
    job = JobFactory()
    questions = [
        QuestionFactory(job=job, text="Do you drive?"),
        QuestionFactory(job=job, text="For how many years?", kind="number"),
        QuestionFactory(job=job, text="Which shift?", kind="choice", choices=["early", "late"]),
    ]
    answers = dict(zip([str(question.pk) for question in questions], [True, 5, "late"], strict=True))
    return ApplicationFactory(job_seeker=me, job=job, cover_letter="Dear Sirs", answers=answers)


def test_draft_has_letter_resume_and_the_answers_that_fit(seeker, latest):
    job = JobFactory()
    same = QuestionFactory(job=job, text="DO YOU DRIVE?")
    QuestionFactory(job=job, text="For how many years?", kind="text")
    QuestionFactory(job=job, text="Which shift?", kind="choice", choices=["early"])
    QuestionFactory(job=job, text="Why?", kind="text")

    response = seeker.get(URL, {"job": job.pk})

    assert response.json() == {
        "job": str(job.pk),
        "resume": str(latest.resume_id),
        "cover_letter": "Dear Sirs",
        "answers": {str(same.pk): True},
    }
    assert Application.objects.count() == 2


def test_draft_can_be_sent_as_it_is(seeker, latest):
    draft = seeker.get(URL, {"job": JobFactory().pk}).json()

    assert seeker.post("/api/applications/", draft, format="json").status_code == 201


def test_first_draft_is_empty(seeker):
    job = JobFactory()
    QuestionFactory(job=job)

    body = seeker.get(URL, {"job": job.pk}).json()

    assert body == {"job": str(job.pk), "resume": None, "cover_letter": "", "answers": {}}


def test_draft_has_no_deleted_resume(seeker, latest):
    ResumeFactory(job_seeker=seeker.user.job_seeker)
    assert seeker.delete(f"/api/resumes/{latest.resume_id}/").status_code == 204

    assert seeker.get(URL, {"job": JobFactory().pk}).json()["resume"] is None


@pytest.mark.parametrize("job", ["", "x", "0b6e0f0d-3f3c-4a0e-9d7a-6f0d3f8f2a51"])
def test_draft_for_no_open_job_is_refused(seeker, job):
    response = seeker.get(URL, {"job": job})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["job"])
    assert seeker.get(URL, {"job": JobFactory(closed=True).pk}).status_code == 400
