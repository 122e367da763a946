"""Filled databases contain the same rows as AnyWork would write."""

import pytest
from django.db import connection
from django.db.models import Count

from applications.models import Application
from benchmarks.fill.vocabulary import TERMS
from benchmarks.tests.conftest import SIZE
from jobs.models import Job, Suggestion
from jobs.searching.query import SearchQuery

_TABLE = """
    SELECT indexdef FROM pg_indexes WHERE tablename = 'jobs_job'
    UNION SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'jobs_job'::regclass
    UNION SELECT tgname || tgenabled::text FROM pg_trigger WHERE tgrelid = 'jobs_job'::regclass AND NOT tgisinternal
"""


@pytest.fixture
def before(transactional_db):
    return table()


def table():
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        return cursor.fetchall()


def suggestions():
    return set(Suggestion.objects.values_list("kind", "key", "text", "folded"))


def words():
    return dict(Job.objects.values_list("pk", "search"))


def test_fill_restores_indexes_constraints_and_triggers(before, filled):
    assert sorted(table()) == sorted(before)


def test_fill_writes_the_words_and_suggestions_of_the_trigger(filled):
    written = words(), suggestions()

    Suggestion.objects.all().delete()
    Job.objects.update(search=None)

    assert (words(), suggestions()) == written


def test_terms_have_the_stated_frequency(filled):
    for term in TERMS.values():
        found = Job.objects.filter(SearchQuery(term.word).anywhere(by_index=False)).count()
        titled = Job.objects.filter(SearchQuery(term.word).in_title(by_index=False)).count()

        assert found == max(1, SIZE.jobs * term.numerator // term.denominator)
        assert titled == -(-found // term.titled)


def test_fill_writes_the_stated_numbers_of_rows(filled):
    assert Job.objects.count() == SIZE.jobs
    assert 0.85 < Job.objects.open().count() / SIZE.jobs < 0.97
    assert Application.objects.count() == SIZE.applications
    assert (
        Application.objects.values("job", "job_seeker").annotate(number=Count("pk")).filter(number__gt=1).count() == 0
    )


def test_jobs_are_stored_in_the_order_of_posting(filled):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
        cursor.execute("SELECT correlation FROM pg_stats WHERE tablename = 'jobs_job' AND attname = 'posted_at'")
        (correlation,) = cursor.fetchone()

    # Not entirely: short rows fill gaps in earlier pages, and some jobs have expired.
    assert correlation > 0.9
