"""Saved jobs: of the caller alone, each once, and marked in job lists."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.factories import JobSeekerFactory
from anywork.testing.concurrency import at_once
from jobs import life
from jobs.models import JobActor
from jobs.saving.models import SavedJob
from jobs.searching.versions import VersionedCache
from jobs.serializers import JobDetailsSerializer
from jobs.tests.factories import JobFactory, SavedJobFactory

URL = "/api/saved-jobs/"
JOBS = "/api/jobs/"

pytestmark = pytest.mark.django_db


def save(client: Any, job: Any) -> Any:
    return client.post(URL, {"job": str(job.pk)})


def test_seeker_saves_a_job_and_removes_it(seeker: Any) -> None:
    job = JobFactory()

    response = save(seeker, job)

    saved = SavedJob.objects.get()
    body = {
        "saved_job_id": str(saved.pk),
        "job": str(job.pk),
        "saved_at": saved.saved_at.isoformat().replace("+00:00", "Z"),
    }
    assert (response.status_code, response.json()) == (201, body)
    assert seeker.get(URL).json()["results"] == [body]
    assert seeker.delete(f"{URL}{saved.pk}/").status_code == 204
    assert seeker.get(URL).json()["results"] == []


def test_seeker_saves_a_job_twice_and_is_told_where_it_is(seeker: Any) -> None:
    job = JobFactory()
    key = save(seeker, job).json()["saved_job_id"]

    again = save(seeker, job)

    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    assert again.json()["existing"] == {"saved_job_id": key}
    assert SavedJob.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_seeker_saves_a_job_many_times_at_once_and_has_it_once(seeker: Any) -> None:
    job = JobFactory()

    responses = at_once(*[partial(save, seeker, job)] * 8)

    assert sorted(response.status_code for response in responses) == [201, *[409] * 7]
    assert SavedJob.objects.count() == 1
    key = str(SavedJob.objects.get().pk)
    assert all(
        response.json()["existing"] == {"saved_job_id": key} for response in responses if response.status_code == 409
    )


def test_seeker_saves_no_job_that_is_not_visible(seeker: Any) -> None:
    unknown = {"job": "2f53287a-13b2-4ea1-9c79-a0d6b930581d"}
    for job in (JobFactory(closed=True), JobFactory(draft=True)):
        response = save(seeker, job)
        assert response.status_code == 400
        assert (
            response.json()["errors"]["job"][0].replace(str(job.pk), unknown["job"])
            == (seeker.post(URL, unknown).json()["errors"]["job"][0])
        )
    assert not SavedJob.objects.exists()


def test_saved_job_stays_when_it_is_closed_and_goes_when_it_is_deleted(seeker: Any) -> None:
    job, gone = JobFactory(title="Gardener"), JobFactory()
    save(seeker, job)
    save(seeker, gone)
    life.close(job, actor=JobActor.EMPLOYER, reason="filled")
    gone.delete()

    [row] = seeker.get(f"{URL}?expand=job,state").json()["results"]

    assert (row["job"], row["state"]) == (str(job.pk), "closed")
    assert row["job_details"]["title"] == "Gardener"
    assert list(row) == ["saved_job_id", "job", "saved_at", "job_details", "state", "closes_at"]
    assert list(row["job_details"]) == [
        "title",
        "company_name",
        "location_details",
        "job_type",
        "salary_range",
        "posted_at",
        "expires_at",
    ]


def test_state_of_a_saved_job_is_that_of_the_job(seeker: Any) -> None:
    person = seeker.user.job_seeker
    for traits in ({}, {"closed": True}, {"expired": True}, {"is_active": False}):
        SavedJobFactory(job_seeker=person, job=JobFactory(**traits))

    rows = seeker.get(f"{URL}?expand=state").json()["results"]

    assert [row["state"] for row in rows] == ["paused", "expired", "closed", "open"]


def test_unknown_detail_is_refused(seeker: Any) -> None:
    response = seeker.get(f"{URL}?expand=company")
    assert response.json()["errors"] == {"expand": ["company: not one of job, state."]}


def test_seeker_sees_and_removes_the_own_alone(seeker: Any) -> None:
    other = SavedJobFactory()

    assert seeker.get(URL).json()["count"] == 0
    assert seeker.delete(f"{URL}{other.pk}/").status_code == 404
    assert SavedJob.objects.filter(pk=other.pk).exists()


class TestJobLists:
    def test_mark_what_the_seeker_has_saved_by_one_query_more(self, seeker):
        saved, other = JobFactory(), JobFactory()
        key = save(seeker, saved).json()["saved_job_id"]
        SavedJobFactory(job=other)

        counts = []
        for url in (f"{JOBS}?expand=state", f"{JOBS}?expand=state,saved"):
            VersionedCache.clear_all()
            with CaptureQueriesContext(connection) as queries:
                response = seeker.get(url)
            counts.append(len(queries))

        assert counts[1] == counts[0] + 1
        marks = {row["job_id"]: row["saved_job_id"] for row in response.json()["results"]}
        assert marks == {str(saved.pk): key, str(other.pk): None}
        single = seeker.get(f"{JOBS}{saved.pk}/?expand=saved").json()
        assert single["saved_job_id"] == key

    def test_never_show_one_caller_what_another_has_saved(self, seeker, client_for, anonymous):
        job = JobFactory()
        save(seeker, job)
        url = f"{JOBS}?expand=saved"
        tag = anonymous.get(JOBS).headers["ETag"]

        for client in (client_for(JobSeekerFactory().user), client_for(job.employer.user), anonymous):
            assert seeker.get(url).json()["results"][0]["saved_job_id"] is not None
            response = client.get(url, HTTP_IF_NONE_MATCH=tag)
            assert [row["saved_job_id"] for row in response.json()["results"]] == [None]
            assert "ETag" not in response.headers
        assert seeker.get(JOBS, HTTP_IF_NONE_MATCH=tag).status_code == 304

    def test_have_the_same_tag_in_every_process(self):
        assert "saved_job_id" in repr(JobDetailsSerializer())
        assert " at 0x" not in repr(JobDetailsSerializer())

    def test_change_when_the_seeker_saves_a_job(self, seeker):
        job = JobFactory()
        url = f"{JOBS}?expand=saved"
        assert seeker.get(url).json()["results"][0]["saved_job_id"] is None
        save(seeker, job)
        assert seeker.get(url).json()["results"][0]["saved_job_id"] is not None


class TestClosingSoon:
    def saved(self, *, days: float, saved_days_ago: float = 10, **job: Any) -> SavedJob:
        closes = timezone.now() + timedelta(days=days)
        return SavedJobFactory(
            job=JobFactory(expires_at=closes, **job), saved_at=timezone.now() - timedelta(days=saved_days_ago)
        )

    def test_are_open_ones_within_three_days_saved_before_that(self):
        soon = self.saved(days=2.9)
        self.saved(days=3.1)
        self.saved(days=2, closed=True)
        self.saved(days=-1)
        self.saved(days=2, saved_days_ago=0.5)
        done = self.saved(days=2)
        SavedJob.objects.filter(pk=done.pk).update(reminded_at=timezone.now())

        assert list(SavedJob.objects.closing_soon()) == [soon]
