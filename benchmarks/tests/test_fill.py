"""What is filled in by the thousand is what AnyWork itself would have written."""

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


def test_fill_leaves_the_table_as_it_was(before, filled):
    assert sorted(table()) == sorted(before)


def test_fill_writes_words_and_suggestions_as_the_trigger_does(filled):
    written = words(), suggestions()

    Suggestion.objects.all().delete()
    Job.objects.update(search=None)

    assert (words(), suggestions()) == written


def test_terms_have_the_frequency_that_they_promise(filled):
    for term in TERMS.values():
        found = Job.objects.filter(SearchQuery(term.word).anywhere(by_index=False)).count()
        titled = Job.objects.filter(SearchQuery(term.word).in_title(by_index=False)).count()

        assert found == max(1, SIZE.jobs * term.numerator // term.denominator)
        assert titled == -(-found // term.titled)


def test_rows_are_as_many_as_promised_and_most_jobs_open(filled):
    assert Job.objects.count() == SIZE.jobs
    assert 0.85 < Job.objects.open().count() / SIZE.jobs < 0.97
    assert Application.objects.count() == SIZE.applications
    assert (
        Application.objects.values("job", "job_seeker").annotate(number=Count("pk")).filter(number__gt=1).count() == 0
    )


def test_jobs_lie_about_in_the_order_in_which_they_were_posted(filled):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
        cursor.execute("SELECT correlation FROM pg_stats WHERE tablename = 'jobs_job' AND attname = 'posted_at'")
        (correlation,) = cursor.fetchone()

    # Not altogether: a short row still finds room in a page that a long one has left behind, and some have expired.
    assert correlation > 0.9
