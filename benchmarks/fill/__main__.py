"""Database of invented jobs: `python -m benchmarks.fill JOBS` recreates it on the server of DATABASE_URL.

Its name contains the number of jobs: anywork_bench_10000. The rows are the same every time, except for dates, which are
relative to today. Uses all processors; a million jobs take seven to nine minutes on two.
"""

import os
import sys
import time

import django

from benchmarks import databases


def main(jobs: int) -> None:
    start = time.monotonic()
    databases.recreate(jobs)
    os.environ["DATABASE_URL"] = databases.url_of(jobs)
    os.environ["DJANGO_SETTINGS_MODULE"] = "anywork.settings"
    django.setup()
    from django.core.management import call_command

    from benchmarks.fill import parallel
    from benchmarks.fill.filling import fill
    from benchmarks.fill.size import Size
    from benchmarks.fill.steps import step

    with step("migrations"):
        call_command("migrate", verbosity=0)
    with parallel.cursor_at(databases.url_of(jobs)) as cursor:
        fill(cursor, Size(jobs), write_jobs=parallel.write_jobs, run_all=parallel.run_all)
        with step("vacuum"):
            cursor.execute("VACUUM ANALYZE")
    print(f"{jobs:,} jobs in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]))
