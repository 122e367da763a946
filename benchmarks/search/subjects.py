"""Rows and parameters of the requests to one database: the last page, the callers, a city."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE_SIZE = 20
# Viewed in turn, since requests for a single job would wait for its counter.
VIEWED_JOBS = 500
# The callers are the job seeker and the employer with about this number of applications.
APPLICATIONS = 100
POSTED_TITLE = "Posted by a benchmark"


class Subjects(NamedTuple):
    """Values for the requests of the cases; tokens by the name of their caller."""

    middle_page: int
    last_page: int
    city: str
    jobs: list[str]
    posted: dict[str, str]
    tokens: dict[str, str]


def choose_subjects() -> Subjects:
    """Choose subjects from the database, the same ones in every run, and log the callers in."""
    from django.db.models import Count
    from django.utils import timezone

    from accounts.models import Employer, JobSeeker
    from jobs.models import Category, Job, JobType, Location

    pages = -(-Job.objects.open().count() // PAGE_SIZE)
    busiest = Location.objects.annotate(number=Count("jobs")).latest("number")
    return Subjects(
        middle_page=max(1, pages // 2),
        last_page=pages,
        city=busiest.city,
        jobs=[str(key) for key in Job.objects.open().order_by("pk").values_list("pk", flat=True)[:VIEWED_JOBS]],
        posted={
            "title": POSTED_TITLE,
            "description": Job.objects.order_by("pk").values_list("description", flat=True)[0],
            "job_type": JobType.FULL_TIME,
            "salary_range": "$80,000 - $100,000",
            "expires_at": str(timezone.now().date() + timedelta(days=30)),
            "location": str(busiest.pk),
            "category": str(Category.objects.order_by("pk")[0].pk),
        },
        tokens={
            "seeker": _token(JobSeeker.objects.annotate(number=Count("applications"))),
            "employer": _token(Employer.objects.annotate(number=Count("jobs__applications"))),
        },
    )


def delete_posted() -> None:
    """Delete the posted jobs."""
    from jobs.models import Job

    Job.objects.filter(title=POSTED_TITLE).delete()


def _token(profiles: "QuerySet[Any]") -> str:
    from django.db.models import F
    from django.db.models.functions import Abs

    from accounts.tokens import open_session

    profile = profiles.order_by(Abs(F("number") - APPLICATIONS), "pk").select_related("user")[0]
    return open_session(profile.user).access
