"""What changes cost lists: `python -m benchmarks.changes JOBS`, in a copy of a database of benchmarks.fill.

A process gets the lists of a site at random, a few of them most of the time (Zipf), while a job is changed after each
1, 10 or 100 reads. Prints which part of the reads repeat a list of its version, and how long one took on average, the
processor time of PostgreSQL included.
"""

import os
import random
import sys
import time
from itertools import accumulate
from typing import Any

from benchmarks import databases
from benchmarks.fill.vocabulary import ROLES

LISTS, READS = 1_000, 2_000
READS_BETWEEN_CHANGES = (1, 10, 100, READS)


def main(jobs: int) -> None:
    with databases.copy_of(jobs) as url:
        os.environ |= {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "anywork.settings",
            "SECRET_KEY": "of-the-benchmark",
            "CELERY_BROKER_URL": "memory://localhost",
            "SECURE_SSL_REDIRECT": "off",
            "THROTTLE_RATES": "off",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        for reads in READS_BETWEEN_CHANGES:
            hits, milliseconds = _measure(reads)
            print(f"a change after {reads:>5} reads: {hits:4.0%} cached, {milliseconds:.1f} ms a read")
        connection.close()


def _measure(between: int) -> tuple[float, float]:
    from django.test import Client

    from anywork.api.caching.responses import response_cache
    from jobs.models import Job
    from jobs.searching.versions import VersionedCache

    response_cache.clear()
    VersionedCache.clear_all()
    chance = random.Random(1)
    words = sorted({word for role in ROLES for word in role.lower().split()})
    lists = ["", *(f"?page={page}" for page in range(2, 20))]
    lists += [f"?search={a}+{b}" if a != b else f"?search={a}" for a in words for b in words]
    chosen = chance.sample(lists, LISTS)
    weights = list(accumulate(1 / rank for rank in range(1, LISTS + 1)))
    client: Any = Client()
    key = Job.objects.values_list("pk", flat=True)[0]
    known: set[str] = set()
    hits = 0
    seconds = 0.0
    for number, url in enumerate(chance.choices(chosen, cum_weights=weights, k=READS)):
        if number % between == 0:
            Job.objects.filter(pk=key).update(title=f"Changed {number}")
            known.clear()
        start = time.perf_counter()
        client.get(f"/api/jobs/{url}", headers={"host": "localhost"})
        seconds += time.perf_counter() - start
        hits += url in known
        known.add(url)
    return hits / READS, seconds / READS * 1_000


if __name__ == "__main__":
    main(int(sys.argv[1]))
