"""Jobs with their search vectors, which are computed in batches instead of by the trigger."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from accounts.models import Employer
from benchmarks.fill.copying import columns, copy
from benchmarks.fill.people import key
from benchmarks.fill.vocabulary import SALARIES, TERMS, Zipf, prose, title
from jobs.models import DERIVED_FIELDS, Category, Job, JobType, Location, closing_time, usual_workplace

# Jobs per transaction.
BATCH = 5_000
DESCRIPTION_CHARACTERS = 731
POSTED_WITHIN = timedelta(days=730)
OPEN_FOR_DAYS = 365
# Percentages of jobs that their employers closed, and that have expired.
CLOSED, EXPIRED = 4, 4
JOB_TYPES = {
    JobType.FULL_TIME: 55,
    JobType.PART_TIME: 15,
    JobType.CONTRACT: 10,
    JobType.REMOTE: 10,
    JobType.TEMPORARY: 6,
    JobType.INTERNSHIP: 4,
}
_TYPES, _TYPE_WEIGHTS = list(JOB_TYPES), list(JOB_TYPES.values())

_WRITE = """
    INSERT INTO jobs_job ({columns}, search)
    SELECT {columns}, jobs_search_vector(
        title, company_name, name, concat_ws(' ', city, state, country, other_names), job_type,
        fresh_job.description
    )
    FROM fresh_job
        JOIN (SELECT user_id AS employer_id, company_name FROM accounts_employer) AS employer USING (employer_id)
        JOIN (SELECT category_id, name FROM jobs_category) AS category USING (category_id)
        JOIN (SELECT location_id, city, state, country, other_names FROM jobs_location) AS location USING (location_id)
    ORDER BY posted_at
"""


class JobMaker:
    """Makes jobs for the existing employers, categories and locations, the same ones in all runs of a day.

    They are numbered in the order in which they were posted, so that they are stored on disk as on a real board.

    Args:
        jobs: the total number.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._employers = Zipf[UUID](list(Employer.objects.order_by("user__email").values_list("pk", flat=True)))
        self._categories = Zipf[UUID](list(Category.objects.order_by("name").values_list("pk", flat=True)))
        self._locations = Zipf[UUID](list(Location.objects.order_by("city").values_list("pk", flat=True)))
        self._today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def make(self, numbers: range) -> Iterator[Job]:
        """Yield the jobs with these numbers."""
        rng = random.Random(f"jobs from {numbers.start}")
        for number in numbers:
            yield self._make(rng, number)

    def _make(self, rng: random.Random, number: int) -> Job:
        job_title, text = title(rng), prose(rng, DESCRIPTION_CHARACTERS)
        for term in TERMS.values():
            if term.is_in(number):
                text = f"{text} {term.word.capitalize()}."
            if term.is_in_title_of(number):
                job_title = f"{job_title} ({term.word.capitalize()})"
        posted_at = self._today - (1 - (number + rng.random()) / self._jobs) * POSTED_WITHIN
        fate = rng.randrange(100)
        if fate < EXPIRED:
            expires_at = self._today - timedelta(days=rng.randint(2, OPEN_FOR_DAYS))
        else:
            # Whole days, as users choose them; a job that closes during a run would invalidate the caches.
            expires_at = self._today + timedelta(days=rng.randint(1, OPEN_FOR_DAYS))
        return Job(
            job_id=key(rng),
            employer_id=self._employers.one(rng),
            category_id=self._categories.one(rng),
            location_id=self._locations.one(rng),
            title=job_title,
            description=text,
            job_type=(job_type := rng.choices(_TYPES, _TYPE_WEIGHTS)[0]),
            workplace=usual_workplace(job_type),
            posted_at=min(posted_at, expires_at),
            expires_at=expires_at,
            closes_at=closing_time(expires_at),
            is_active=not EXPIRED <= fate < EXPIRED + CLOSED,
            **_pay(SALARIES.one(rng)),
        )


@cache
def _pay(wording: str) -> dict[str, Any]:
    """Return the salary of a job and the fields derived from it."""
    job = Job(salary_range=wording, expires_at=datetime.now(UTC))
    job.derive()
    fields = ("salary_range", *DERIVED_FIELDS)
    return {field: getattr(job, field) for field in fields if field != "closes_at"}


def write_jobs(cursor: Any, maker: JobMaker, numbers: range) -> None:
    """Write the jobs with these numbers; the trigger of the search vectors must be disabled."""
    cursor.execute("CREATE TEMP TABLE fresh_job (LIKE jobs_job)")
    copy(cursor, Job, maker.make(numbers), table="fresh_job")
    cursor.execute(_WRITE.format(columns=columns(Job)))
    cursor.execute("DROP TABLE fresh_job")
