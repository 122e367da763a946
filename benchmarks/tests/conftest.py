import pytest
from django.db import connection

from benchmarks.fill.filling import fill
from benchmarks.fill.size import Size
from benchmarks.fill.vacancies import JobMaker, write_jobs

SIZE = Size(jobs=400, employers=20, seekers=30, applications=120, categories=5, locations=10)


@pytest.fixture
def filled(transactional_db):
    """Rows that other connections see, written as by benchmarks.fill, but on one connection."""
    with connection.cursor() as cursor:

        def write_all(batches):
            for numbers in batches:
                write_jobs(cursor, JobMaker(SIZE.jobs), numbers)

        def run_all(statements):
            for statement in statements:
                cursor.execute(statement)

        fill(cursor, SIZE, write_jobs=write_all, run_all=run_all)
