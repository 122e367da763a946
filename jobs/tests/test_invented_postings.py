"""200 invented postings in ten languages, as people send them: what is altered, and what is refused."""

import json
from collections import Counter
from pathlib import Path

import pytest

from jobs.models import Job
from jobs.tests.factories import CategoryFactory, LocationFactory

POSTINGS = json.loads(Path(__file__).with_name("postings.json").read_text())
REASONS = {
    "no such day": "does not exist",
    "control character": "ontrol characters",
    "line break": "Line breaks",
    "blank": "may not be blank",
    "web address": "A web address is not allowed",
}
FIELDS = ("title", "description", "salary_range", "expires_at")


@pytest.mark.parametrize("language", sorted({posting["language"] for posting in POSTINGS}))
def test_postings_are_stored_as_they_are_meant(employer, settings, language):
    settings.THROTTLE_RATES = {}
    keys = {"location": str(LocationFactory().pk), "category": str(CategoryFactory().pk), "job_type": "full-time"}
    for posting in (posting for posting in POSTINGS if posting["language"] == language):
        sent = {field: posting[field] for field in FIELDS}

        response = employer.post("/api/jobs/", {**keys, **sent})

        if refused := posting["refused"]:
            assert response.status_code == 400, posting
            assert list(response.json()["errors"]) == list(refused)
            [reason] = refused.values()
            assert REASONS[reason] in response.json()["message"]
            continue
        assert response.status_code == 201, response.json()
        shown = response.json()
        assert {field: shown[field] for field in FIELDS} == {**sent, **posting["stored"]}
        # What is sent back changes nothing.
        again = employer.patch(f"/api/jobs/{shown['job_id']}/", {field: shown[field] for field in FIELDS})
        assert (again.status_code, again.json()) == (200, shown)
    assert Job.objects.count() == sum(not posting["refused"] for posting in POSTINGS if posting["language"] == language)


def test_postings_are_200_in_ten_languages():
    assert set(Counter(posting["language"] for posting in POSTINGS).values()) == {20}
    assert len(POSTINGS) == 200
