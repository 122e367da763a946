"""Benchmark of alerts: `python -m benchmarks.alerts JOBS`, in a copy of the database that benchmarks.fill has made.

An average hour of a site with 1,000 new jobs an hour, and 100,000 saved searches of 5,000 distinct queries, all of them
daily: every 24th query is run among the 24,000 jobs of a day, and the emails of its searches are written. Beside it a
run for each search. Prints the share of a core, from the time in which this process and PostgreSQL work one
after the other.
"""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from benchmarks import databases
from benchmarks.fill.vocabulary import ROLES

JOBS_OF_A_DAY = 24_000
QUERIES, SEARCHES = 5_000, 100_000
HOURS = 24
# As many searches have a run of their own as are enough to tell the rate.
SAMPLE = 400
FOREVER = 3_600

_POST = """
    WITH newest AS (
        SELECT job_id, row_number() OVER (ORDER BY posted_at DESC, job_id) AS number FROM jobs_job
        WHERE is_active AND closes_at > now() ORDER BY posted_at DESC LIMIT %(jobs)s
    )
    UPDATE jobs_job SET posted_at = now() - interval '3 minutes' - number * interval '1 day' / %(jobs)s
    FROM newest WHERE jobs_job.job_id = newest.job_id
"""


def main(jobs: int) -> None:
    with databases.copy_of(jobs) as url:
        os.environ |= {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "anywork.settings",
            "SECRET_KEY": "of-the-benchmark",
            "CELERY_BROKER_URL": "memory://localhost",
            "DB_STATEMENT_TIMEOUT_MS": "0",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(_POST, {"jobs": JOBS_OF_A_DAY})
            _save_searches()
            cursor.execute("VACUUM ANALYZE")
        _measure()
        connection.close()


def _queries() -> Iterator[str]:
    """Yield distinct queries, of words, places, categories and types."""
    from jobs.models import Category, JobType, Location

    cities = list(Location.objects.order_by("city").values_list("city", flat=True))
    categories = list(Category.objects.order_by("name").values_list("name", flat=True))
    for number, (role, city) in enumerate(itertools.product(ROLES, cities)):
        other = ({}, {"job_type": JobType.FULL_TIME}, {"category": categories[number % len(categories)]})[number % 3]
        yield urlencode({"search": role, **({"city": city} if number % 4 else {"near": city}), **other}).lower()


def _save_searches() -> None:
    """Save all searches since yesterday; those of the first of HOURS parts of the queries are due."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import JobSeeker
    from jobs.filters import JobFilter
    from jobs.saving.models import SavedSearch

    known = (query for query in _queries() if JobFilter(_parsed(query)).is_valid())
    queries = list(itertools.islice(dict.fromkeys(known), QUERIES))
    seekers = itertools.cycle(JobSeeker.objects.select_related("user"))
    now = timezone.now()
    searches = []
    for number in range(SEARCHES):
        search = SavedSearch(job_seeker=next(seekers), name=f"Search {number}", query=queries[number % len(queries)])
        search.told_until = now - timedelta(days=1)
        search.plan(now)
        if number % len(queries) < QUERIES // HOURS:
            search.alert_at = now
        searches.append(search)
    SavedSearch.objects.bulk_create(searches, batch_size=5_000)


def _parsed(query: str) -> Any:
    from django.http import QueryDict

    return QueryDict(query)


def _measure() -> None:
    from django.utils import timezone

    from jobs.models import Job
    from jobs.saving.models import SavedSearch, SearchRun
    from jobs.saving.runs import find_new_jobs
    from notifications.alerts import write_alerts
    from notifications.models import OutgoingEmail

    due = list(SavedSearch.objects.due(timezone.now()))
    since = due[0].told_until
    until = timezone.now()
    print(f"{Job.objects.count():,} jobs; due: {len(due):,} searches of {len({row.digest for row in due}):,} queries")

    def run(searches: list[SavedSearch]) -> None:
        for search in searches:
            find_new_jobs(search.query, since=since, until=until)

    distinct = list({search.digest: search for search in due}.values())
    sample = due[:: len(due) // SAMPLE][:SAMPLE]
    # All with the same pages in memory.
    run(distinct)
    once, each = _seconds(lambda: run(distinct)), _seconds(lambda: run(sample)) * len(due) / len(sample)
    all_in_all = _seconds(lambda: write_alerts(seconds=FOREVER))
    runs = SearchRun.objects.all()
    found = sum(len(row.jobs) for row in runs) / len(runs)
    print(f"{OutgoingEmail.objects.count():,} emails written, {found:.1f} jobs found by a query")
    print("| share of a core | each query once | a run for each search | |", "|---|---|---|---|", sep="\n")
    for what, shared, single in (("runs", once, each), ("runs and emails", all_in_all, all_in_all - once + each)):
        print(f"| {what} | {shared / FOREVER:.4f} | {single / FOREVER:.4f} | {single / shared:.1f} times as much |")


def _seconds(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


if __name__ == "__main__":
    main(int(sys.argv[1]))
