"""How `?search=` finds jobs."""

from django.db.models import Q

from jobs.querysets import JobQuerySet

SEARCHED_FIELDS = ("title", "description", "employer__company_name", "category__name", "location__city")


def search_jobs(jobs: JobQuerySet, text: str) -> JobQuerySet:
    """Return the jobs in which every word of `text` occurs, in whatever searched field, without regard to case."""
    for word in text.split():
        in_any_field = Q()
        for field in SEARCHED_FIELDS:
            in_any_field |= Q(**{f"{field}__icontains": word})
        jobs = jobs.filter(in_any_field)
    return jobs
