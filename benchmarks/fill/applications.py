"""Applications and their status changes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from accounts.models import JobSeeker
from applications.choices import Status
from applications.models import Application, StatusChange
from benchmarks.fill.copying import copy
from benchmarks.fill.people import key
from benchmarks.fill.size import Size
from benchmarks.fill.vocabulary import Zipf, prose
from jobs.models import Job

LETTER_CHARACTERS = 300
STATUSES = {
    Status.PENDING: 60,
    Status.REVIEWED: 15,
    Status.REJECTED: 15,
    Status.ACCEPTED: 5,
    Status.WITHDRAWN: 5,
}


def write_applications(cursor: Any, size: Size) -> None:
    """Write applications to existing jobs."""
    applications = list(_applications(size))
    copy(cursor, Application, applications)
    copy(cursor, StatusChange, _status_changes(applications))


def _applications(size: Size) -> Iterator[Application]:
    rng = random.Random("applications")
    now = datetime.now(UTC)
    resumes = JobSeeker.objects.order_by("user__email").values_list("pk", "resumes")
    seekers = Zipf[tuple[UUID, UUID]](list(resumes))
    # In the order of the keys, which are random.
    jobs = list(Job.objects.order_by("pk").values_list("pk", "posted_at")[: size.applications])
    seen = set()
    for job_id, posted_at in islice(cycle(jobs), size.applications):
        seeker_id, resume_id = seekers.one(rng)
        while (job_id, seeker_id) in seen:
            seeker_id, resume_id = rng.choice(seekers.choices)
        seen.add((job_id, seeker_id))
        yield Application(
            application_id=key(rng),
            job_id=job_id,
            job_seeker_id=seeker_id,
            resume_id=resume_id,
            cover_letter=prose(rng, LETTER_CHARACTERS),
            status=rng.choices(list(STATUSES), list(STATUSES.values()))[0],
            applied_at=posted_at + rng.random() * (now - posted_at),
        )


def _status_changes(applications: list[Application]) -> Iterator[StatusChange]:
    for application in applications:
        yield StatusChange(application=application, to_status=Status.PENDING, at=application.applied_at)
        if application.status != Status.PENDING:
            yield StatusChange(
                application=application,
                from_status=Status.PENDING,
                to_status=application.status,
                at=application.applied_at,
            )
