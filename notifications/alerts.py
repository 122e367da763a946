"""Alerts: emails about the new jobs of saved searches."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone

from anywork.api.batches import sweep
from jobs.batches import repeat
from jobs.models import Job
from jobs.outside.pages import job_page_url
from jobs.saving.models import SavedSearch, SearchRun
from jobs.saving.runs import forget_runs, run_once_a_day
from jobs.searching.listing import NEWEST
from notifications.choices import EmailKind
from notifications.mail.delivery import ALERT_AGE
from notifications.mail.outbox import queue_email
from notifications.mail.unsubscribing import unsubscribe_url
from notifications.models import ToldJob

logger = logging.getLogger(__name__)

MAX_JOBS = 20
MAX_JOBS_OF_COMPANY = 3
# Alerts written in one transaction.
BATCH_SIZE = 50
# After this a job that is relisted may be told again.
LEDGER_DAYS = 365
_RETRY_AFTER = timedelta(hours=1)
# Further queries of a batch wait for the next one: a task must end within its time limit.
_RUN_SECONDS = 5


def write_alerts(*, seconds: float, batch_size: int = BATCH_SIZE, drop_late: bool = True) -> None:
    """Write the alerts that are due, for about `seconds`; one that is due since ALERT_AGE is dropped, or written, too.

    The jobs of a dropped alert are told with the next one.
    """
    repeat(partial(_write_batch, batch_size, drop_late), seconds=seconds)


def forget_alerts(*, until: float) -> None:
    """Delete what is no longer needed to write alerts."""
    forget_runs(until=until)
    sweep(ToldJob.objects.filter(told_at__lt=timezone.now() - timedelta(days=LEDGER_DAYS)), until=until)


def _write_batch(batch_size: int, drop_late: bool) -> bool:  # noqa: FBT001 - of `partial`
    """Write some alerts; return False if none is due that another worker has not locked."""
    now = timezone.now()
    oldest = now - ALERT_AGE if drop_late else datetime.min.replace(tzinfo=now.tzinfo)
    due = list(SavedSearch.objects.due(now)[:batch_size])
    ran: set[str] = set()
    until = time.monotonic() + _RUN_SECONDS
    for search in due:
        if search.alert_at > oldest and search.digest not in ran and time.monotonic() < until:
            _run(search, now)
            ran.add(search.digest)
    with transaction.atomic():
        ready = [search.pk for search in due if search.digest in ran or search.alert_at <= oldest]
        rows = SavedSearch.objects.due(now).filter(pk__in=ready)
        # With the accounts: else an erasure, which locks these first, and an email to its user wait for each other.
        locked = rows.select_for_update(of=("self", "job_seeker__user"), no_key=True, skip_locked=True)
        searches = list(locked.select_related("job_seeker__user"))
        since = min((search.told_until for search in searches), default=now)
        runs = list(SearchRun.objects.filter(digest__in=ran, until__gt=since).order_by("until"))
        for search in searches:
            if search.alert_at > oldest:
                own = [run for run in runs if run.digest == search.digest and run.until > search.told_until]
                _write_alert(search, own)
            search.plan(search.alert_at)
        SavedSearch.objects.bulk_update(searches, ["told_until", "alert_at"])
    return bool(searches)


def _run(search: SavedSearch, now: datetime) -> None:
    try:
        run_once_a_day(search)
    except DatabaseError:
        # Such as a timeout: others must not wait for it.
        logger.exception("The query of saved search %s has failed.", search.pk)
        equal = SavedSearch.objects.due(now).filter(digest=search.digest)
        equal.order_by().update(alert_at=now + _RETRY_AFTER)


def _write_alert(search: SavedSearch, runs: list[SearchRun]) -> None:
    """Queue the email about what `runs` have found, if any of it is open and new, and write it in the ledger."""
    if not runs:
        return
    told = ToldJob.objects.filter(saved_search=search, job=OuterRef("pk"))
    jobs = list(
        Job.objects.offered_to(search.job_seeker_id)
        .filter(~Exists(told), pk__in={key for run in runs for key in run.jobs}, posted_at__gt=search.told_until)
        .select_related("employer", "location")
        .defer("description")
        .order_by(*NEWEST)
    )
    # Of a run that began earlier, some of those that it did not keep may be older than the search.
    unkept = sum(run.total - len(run.jobs) for run in runs if run.since >= search.told_until)
    if (shown := _some_of_each_company(jobs)) and _queue(search, shown, more=len(jobs) - len(shown) + unkept):
        ToldJob.objects.bulk_create(ToldJob(saved_search=search, job=job) for job in shown)
    search.told_until = runs[-1].until


def _some_of_each_company(jobs: Iterable[Job]) -> list[Job]:
    """Return the first jobs, at most MAX_JOBS_OF_COMPANY of each company and MAX_JOBS in all."""
    shown: list[Job] = []
    of_company: Counter[Any] = Counter()
    for job in jobs:
        of_company[job.employer_id] += 1
        if of_company[job.employer_id] <= MAX_JOBS_OF_COMPANY and len(shown) < MAX_JOBS:
            shown.append(job)
    return shown


def _queue(search: SavedSearch, jobs: list[Job], *, more: int) -> bool:
    user, kind = search.job_seeker.user, EmailKind.JOB_ALERT
    total = len(jobs) + more
    # The list of all of them; the query may begin later.
    parameters = QueryDict(search.query, mutable=True)
    since = f"{search.told_until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    parameters["posted_after"] = max(since, parameters.get("posted_after", ""))
    return queue_email(
        kind=kind,
        dedup_key=f"job-alert:{search.pk}:{search.alert_at:%Y-%m-%dT%H:%M}",
        recipient=user,
        saved_search_id=search.pk,
        named_ids=list({job.employer_id for job in jobs}),
        context={
            "name": search.job_seeker.first_name or "there",
            # An unverified address may belong to another person, to whom nothing that the user wrote is sent.
            "search": f"“{search.name}”" if user.email_verified_at else "your saved search",
            "total": f"{total} new job{'s' if total > 1 else ''}",
            "jobs": [
                {
                    "title": job.title,
                    "facts": [fact for fact in (job.company_name, str(job.location), job.salary_range) if fact],
                    "url": job_page_url(job.pk),
                }
                for job in jobs
            ],
            "more": more,
            "path": f"/jobs?{parameters.urlencode()}",
            "unsubscribe_search_url": unsubscribe_url(user.pk, kind, search.pk),
        },
    )
