"""Compiled querysets: the rows are those of the queryset itself, and it is compiled once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Count, F, Func, Q, Value
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from anywork.database import recorded
from anywork.database.recorded import Recorded
from anywork.testing.concurrency import at_once
from jobs.models import Job
from jobs.tests.factories import JobFactory

TITLES = Recorded(Job, lambda: Job.objects.order_by("title").values("title", "job_id"), text_keys=True)
JOBS = Recorded(Job, lambda: Job.objects.order_by("title").with_skills())


@pytest.fixture(autouse=True)
def none_compiled():
    recorded._statements.clear()


@pytest.fixture
def compiled(monkeypatch):
    """The querysets that are compiled."""
    compilers = []
    as_sql = SQLCompiler.as_sql

    def counting(compiler, *args, **kwargs):
        compilers.append(compiler)
        return as_sql(compiler, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "as_sql", counting)
    return compilers


@pytest.fixture
def titles(db):
    """Jobs titled a to e, each in another place and posted a day after the one before."""
    now = timezone.now()
    for number, title in enumerate("abcde"):
        JobFactory(title=title, posted_at=now - timedelta(days=5 - number), salary_range=title)
    return "abcde"


def for_json(rows):
    return [{"title": row["title"], "job_id": str(row["job_id"])} for row in rows]


@pytest.mark.parametrize(
    ("narrowed", "values"),
    [
        (lambda jobs, title: jobs.filter(title=title), "abz"),
        (lambda jobs, title: jobs.exclude(title=title), "abz"),
        (lambda jobs, title: jobs.filter(title__in=[title, "c"]), "abc"),
        (lambda jobs, title: jobs.filter(Q(title=title) | ~Q(title__gt=title) & Q(is_active=True)), "abc"),
        (lambda jobs, title: jobs.filter(title=title, salary_range=title), "abc"),
        (lambda jobs, title: jobs.filter(title__gt=title)[1:3], "abc"),
        (lambda jobs, title: jobs.filter(title__gt=title).reverse()[:2], "abc"),
        (lambda jobs, title: jobs.order_by((Func(F("title"), Value(title), function="nullif")).asc()), "abc"),
        (lambda jobs, title: jobs.filter(pk__in=TITLES.filter(title__lt=title).values("pk")), "abc"),
        (
            lambda jobs, title: jobs.filter(
                pk__in=TITLES.filter(title=title)
                .values("pk")
                .union(TITLES.filter(title__gt=title).values("pk")[:1], all=True)
            ),
            "abc",
        ),
        (
            lambda jobs, title: jobs.filter(
                title=Func(Value(["x", title]), function="", template="(%(expressions)s)[2]")
            ),
            "abc",
        ),
    ],
)
def test_rows_are_those_of_the_queryset_for_every_value(titles, compiled, narrowed, values):
    for number, value in enumerate(values):
        expected = for_json(narrowed(Job.objects.order_by("title").values("title", "job_id"), value))
        before = len(compiled)

        with CaptureQueriesContext(connection) as queries:
            assert list(narrowed(TITLES, value)) == expected

        assert len(queries) == 1
        assert not number or len(compiled) == before


def test_keys_and_times_are_values(titles, compiled):
    one, other = Job.objects.order_by("title")[:2]
    assert [row["title"] for row in TITLES.filter(location=one.location_id)] == ["a"]
    assert [row["title"] for row in TITLES.filter(posted_at__lte=one.posted_at)] == ["a"]
    before = len(compiled)

    assert [row["title"] for row in TITLES.filter(location=other.location_id)] == ["b"]
    assert [row["title"] for row in TITLES.filter(posted_at__lte=other.posted_at)] == ["a", "b"]
    assert list(TITLES.filter(location=uuid4())) == []
    assert len(compiled) == before


def test_what_is_no_value_has_a_statement_of_its_own(titles):
    Job.objects.filter(title="e").update(is_active=False)

    assert [len(list(TITLES.filter(is_active=active))) for active in (True, False)] == [4, 1]
    assert [len(list(TITLES[:stop])) for stop in (2, 3)] == [2, 3]
    assert [len(list(TITLES.filter(title__in=list(some)))) for some in ("a", "ab", "abc", "")] == [1, 2, 3, 0]
    assert [next(iter(TITLES.order_by(term)))["title"] for term in ("title", "-title")] == ["a", "e"]


@pytest.mark.parametrize(
    "lookups",
    [
        # Of these, fields make other objects.
        {"title__icontains": "A"},
        {"job_id__in": []},
        {"posted_at__date": "2001-01-01"},
        {"title__in": {"a", "b"}},
    ],
)
def test_what_cannot_be_compiled_once_is_a_queryset(titles, lookups):
    for _ in range(2):
        assert list(TITLES.filter(**lookups)) == list(
            Job.objects.filter(**lookups).order_by("title").values("title", "job_id")
        )
    assert not any(recorded._statements.values())


def test_instances_are_those_of_the_queryset(titles, django_assert_num_queries):
    for title in titles[:2]:
        (job,) = JOBS.filter(title=title)
        with django_assert_num_queries(0):
            assert (job.title, job.skill_list, job.job_type) == (title, [], job.job_type)
        assert JOBS.get(pk=str(job.pk)) == job
    with pytest.raises(Job.DoesNotExist):
        JOBS.get(pk=uuid4())
    assert JOBS.filter(title__gt="b").count() == 3


@pytest.mark.django_db(transaction=True)
def test_threads_share_statements_but_no_connections(compiled):
    JobFactory(title="a")
    assert list(TITLES.filter(title="b")) == []
    before = len(compiled)
    found = at_once(*[lambda: list(TITLES.filter(title="a"))] * 4)

    assert [[row["title"] for row in rows] for rows in found] == [["a"]] * 4
    assert len(compiled) == before


def test_statements_are_limited(titles):
    for stop in range(1, 300):
        list(TITLES[:stop])
    assert len(recorded._statements) == recorded.MAX_STATEMENTS


def test_counts_are_compiled_once(titles, compiled):
    def count(title):
        numbered = TITLES.filter(title__gt=title).order_by().values(number=Value(0)).annotate(count=Count("*"))
        return dict(iter(numbered.values_list("number", "count")))

    assert count("a") == {0: 4}
    before = len(compiled)
    assert count("c") == {0: 2}
    assert len(compiled) == before


def test_what_has_many_values_is_a_queryset(titles):
    many = [f"title {number}" for number in range(recorded.MAX_VALUES)]

    assert [row["title"] for row in TITLES.filter(title__in=[*many, "b"])] == ["b"]
    assert not recorded._statements
