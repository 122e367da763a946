"""Steps of filling a migrated database."""

from collections.abc import Callable
from typing import Any

from benchmarks.fill.applications import write_applications
from benchmarks.fill.bare import Statements, bare, without_trigger
from benchmarks.fill.people import write_people
from benchmarks.fill.size import Size
from benchmarks.fill.steps import step
from benchmarks.fill.suggestions import write_suggestions
from benchmarks.fill.vacancies import BATCH


def fill(
    cursor: Any, size: Size, *, write_jobs: Callable[[list[range]], None], run_all: Callable[[Statements], None]
) -> None:
    """Write everything.

    Args:
        cursor: a cursor of psycopg2.
        size: numbers of rows.
        write_jobs: writes the jobs with these numbers, one transaction for each range.
        run_all: runs statements in any order.
    """
    with step("people"):
        write_people(cursor, size)
    with bare(cursor, "jobs_job", run_all=run_all), without_trigger(cursor, "jobs_job", "jobs_job_write_search"):
        with step("jobs"):
            write_jobs([range(size.jobs)[start : start + BATCH] for start in range(0, size.jobs, BATCH)])
        with step("suggestions"):
            write_suggestions(cursor)
    with step("applications"), bare(cursor, "applications_application", run_all=run_all):
        write_applications(cursor, size)
