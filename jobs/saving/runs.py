"""Runs of the queries of saved searches: which new jobs the list finds."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Min, Q, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.utils import timezone

from anywork.api.batches import sweep
from jobs.filters import JobFilter
from jobs.models import Job
from jobs.saving.models import SavedSearch, SearchRun
from jobs.searching.listing import NEWEST

# A job has its time before it is committed: one that is posted at the moment is left to the next run.
SETTLED_AFTER = timedelta(minutes=2)
# An alert names 20 jobs, 3 of a company: more are kept, since some may be closed or told by then.
MAX_KEPT = 200
MAX_KEPT_OF_COMPANY = 10
# Longer than a week, so that weekly alerts find all runs.
KEPT_DAYS = 15


def run_once_a_day(search: SavedSearch) -> None:
    """Run the query of a saved search, unless it was run on this day (UTC); a concurrent run is waited for."""
    now = timezone.now()
    with transaction.atomic():
        run, is_new = SearchRun.objects.get_or_create(
            digest=search.digest,
            day=now.date(),
            defaults={"since": _start(search), "until": now - SETTLED_AFTER},
        )
        if is_new:
            found = find_new_jobs(search.query, since=run.since, until=run.until)
            run.jobs = [key for key, _ in found]
            run.total = found[0][1] if found else 0
            run.save(update_fields=["jobs", "total"])


def find_new_jobs(query: str, *, since: datetime, until: datetime) -> list[tuple[Any, int]]:
    """Return the keys of the newest open jobs that the list finds of those posted in a time, with the number of all."""
    filters = JobFilter(QueryDict(query), Job.objects.open())
    if not filters.is_valid():
        # It was valid once: a city or currency is no longer known.
        return []
    listing: Any = filters.qs
    for jobs in listing.matches_among(Q(posted_at__gt=since, posted_at__lte=until)):
        numbered = jobs.annotate(
            total=Window(Count("pk")),
            number_of_company=Window(RowNumber(), partition_by=F("employer"), order_by=NEWEST),
        ).filter(number_of_company__lte=MAX_KEPT_OF_COMPANY)
        if found := list(numbered.order_by(*NEWEST).values_list("pk", "total")[:MAX_KEPT]):
            return found
    return []


def forget_runs(*, until: float) -> None:
    """Delete the runs of which all alerts were sent."""
    sweep(SearchRun.objects.filter(until__lt=timezone.now() - timedelta(days=KEPT_DAYS)), until=until)


def _start(search: SavedSearch) -> datetime:
    """Return the end of the last run; without one, or after a pause, when the first job may be news to a job seeker."""
    equal = SavedSearch.objects.alerting().filter(digest=search.digest)
    first: datetime = equal.aggregate(first=Min("told_until"))["first"] or search.told_until
    last = SearchRun.objects.filter(digest=search.digest).order_by("-until").values_list("until", flat=True).first()
    return max(first, last) if last else first
