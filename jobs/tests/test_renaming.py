"""Reindexing after a new name of a company, category or location."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.erasure import erase_account
from accounts.tests.factories import EmployerFactory
from applications.tests.factories import ApplicationFactory
from jobs.batches import reindex_renamed_jobs
from jobs.models import Category, Job, JobActor, Location, Renaming, Suggestion
from jobs.services import delete_or_close_job, detach_jobs
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

RENAMED: dict[str, tuple[Any, str]] = {
    "employer": (EmployerFactory, "company_name"),
    "category": (CategoryFactory, "name"),
    "location": (LocationFactory, "city"),
}


@pytest.fixture
def many(db):
    """Three jobs are too many to reindex at once."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql AS 'SELECT 2'")


@pytest.fixture(params=list(RENAMED))
def rename(request, db):
    """Return a function that renames the shared company, category or location of three jobs from Oldenburg."""
    factory, field = RENAMED[request.param]
    common = factory(**{field: "Oldenburg"})
    JobFactory.create_batch(3, **{request.param: common})
    # Of other jobs.
    JobFactory(**{request.param: factory(**{field: "Elsewhere"})})

    def to(name):
        setattr(common, field, name)
        common.save()

    return to


def found(anonymous, word):
    response = anonymous.get("/api/jobs/", {"search": word})
    return 0 if "X-Did-You-Mean" in response.headers else response.json()["count"]


def test_new_name_of_few_jobs_is_found_at_once(anonymous, rename):
    rename("Newcastle")

    assert (found(anonymous, "oldenburg"), found(anonymous, "newcastle")) == (0, 3)
    assert not Renaming.objects.exists()


def test_new_name_of_many_jobs_is_found_after_the_task(anonymous, rename, many):
    rename("Newcastle")
    assert (found(anonymous, "oldenburg"), found(anonymous, "newcastle")) == (3, 0)

    reindex_renamed_jobs(seconds=60, batch_size=1)

    assert (found(anonymous, "oldenburg"), found(anonymous, "newcastle")) == (0, 3)
    assert found(anonymous, "elsewhere") == 1
    assert not Renaming.objects.exists()


def test_task_out_of_time_leaves_the_rest_to_the_next(anonymous, rename, many):
    rename("Newcastle")

    reindex_renamed_jobs(seconds=0, batch_size=1)
    assert (found(anonymous, "oldenburg"), found(anonymous, "newcastle")) == (2, 1)

    reindex_renamed_jobs(seconds=0, batch_size=1)
    assert (found(anonymous, "oldenburg"), found(anonymous, "newcastle")) == (1, 2)


def test_another_new_name_restarts_the_renaming(anonymous, rename, many):
    rename("Newcastle")
    reindex_renamed_jobs(seconds=0, batch_size=1)

    rename("Newport")
    reindex_renamed_jobs(seconds=60, batch_size=1)

    assert [found(anonymous, word) for word in ("oldenburg", "newcastle", "newport")] == [0, 0, 3]


def test_all_jobs_are_reindexed_after_what_is_renamed(anonymous, rename, many):
    Renaming.objects.create(relation="all", renamed=UUID(int=0))
    rename("Newcastle")

    reindex_renamed_jobs(seconds=0, batch_size=3)

    assert found(anonymous, "newcastle") == 3
    assert Renaming.objects.get(relation="all").reached is None
    reindex_renamed_jobs(seconds=60)
    assert not Renaming.objects.exists()


def test_renaming_that_fails_does_not_keep_others_from_being_done(caplog, many):
    broken, common = LocationFactory(), CategoryFactory()
    JobFactory.create_batch(3, location=broken)
    JobFactory.create_batch(3, category=common)
    Location.objects.filter(pk=broken.pk).update(city="Newport")
    Category.objects.filter(pk=common.pk).update(name="Newcastle")
    # No table with deferred checks can be altered.
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job ADD CHECK (location_id <> %s) NOT VALID", [broken.pk])

    reindex_renamed_jobs(seconds=60)

    [renaming] = Renaming.objects.all()
    assert renaming.renamed == broken.pk
    assert [record.getMessage() for record in caplog.records] == [f"Renaming {renaming.pk} has failed."]
    assert caplog.records[0].exc_info[0] is IntegrityError


def test_name_of_an_erased_employer_is_no_correction(db):
    employer = EmployerFactory(company_name="Zanzibar O'Grady Widgets")
    JobFactory.create_batch(2, employer=employer, title="Clerk")
    JobFactory(title="Maker of widgets")
    words = Suggestion.objects.filter(kind="word")
    assert {"zanzibar", "grady", "widgets"} <= set(words.values_list("key", flat=True))

    erase_account(employer.user)

    assert set(words.values_list("key", flat=True)) & {"zanzibar", "grady", "widgets"} == {"widgets"}


def test_former_name_of_a_company_is_no_correction(db):
    employer = EmployerFactory(company_name="Zanzibar")
    JobFactory(employer=employer)

    employer.company_name = "Oldenburg"
    employer.save()

    words = Suggestion.objects.filter(kind="word")
    assert set(words.values_list("key", flat=True)) & {"zanzibar", "oldenburg"} == {"oldenburg"}


def test_former_name_of_a_company_with_many_jobs_is_deleted_by_the_task(db, many):
    employer = EmployerFactory(company_name="Zanzibar")
    JobFactory.create_batch(3, employer=employer)
    words = Suggestion.objects.filter(kind="word", key__in=["zanzibar", "newcastle", "oldenburg"])
    for name in ("Newcastle", "Oldenburg"):
        employer.company_name = name
        employer.save()
    assert Renaming.objects.get().former_name == "Zanzibar Newcastle"

    reindex_renamed_jobs(seconds=60, batch_size=1)

    assert list(words.values_list("key", flat=True)) == ["oldenburg"]


def test_former_name_is_deleted_with_an_erased_account(db, many):
    employer = EmployerFactory(company_name="Zanzibar")
    JobFactory.create_batch(3, employer=employer)
    employer.company_name = "Oldenburg"
    employer.save()

    erase_account(employer.user)

    assert not Renaming.objects.exists()
    assert not Suggestion.objects.filter(kind="word", key__in=["zanzibar", "oldenburg"]).exists()


def test_new_name_reaches_twenty_jobs_at_once(db):
    employer = EmployerFactory(company_name="Zanzibar")
    JobFactory.create_batch(20, employer=employer)
    employer.company_name = "Oldenburg"
    employer.save()
    assert not Renaming.objects.exists()

    JobFactory(employer=employer)
    employer.company_name = "Newcastle"
    employer.save()
    assert Renaming.objects.get().renamed == employer.pk


def test_admin_sees_renamings_in_progress(admin_client, rename, many):
    rename("Newcastle")

    listed = admin_client.get(reverse("admin:jobs_renaming_changelist")).content.decode()

    (link,) = re.findall(r'class="field-renamed_row"><a href="([^"]+)"', listed)
    assert "Newcastle" in admin_client.get(link).content.decode()


def test_words_and_titles_of_an_erased_employer_are_deleted(db):
    employer = EmployerFactory(company_name="Roses")
    JobFactory(employer=employer, title="Zanzibar Tamer")
    delete_or_close_job(JobFactory(employer=employer, title="Okapi Singer"), actor=JobActor.EMPLOYER)
    kept = ApplicationFactory(job__employer=employer, job__title="Quokka Whisperer").job
    JobFactory(employer=employer, title="Gardener")
    JobFactory(title="Gardener")

    erase_account(employer.user)

    titles = Suggestion.objects.filter(kind="title").values_list("text", flat=True)
    words = set(Suggestion.objects.filter(kind="word").values_list("key", flat=True))
    assert list(titles) == ["Gardener"]
    assert words & {"zanzibar", "tamer", "okapi", "singer", "quokka", "whisperer", "gardener"} == {"gardener"}
    # The applicant keeps it.
    kept.refresh_from_db()
    assert kept.title == "Quokka Whisperer"


@pytest.mark.parametrize("jobs", [2, 12])
def test_jobs_of_an_erased_employer_are_deleted_in_batches(db, jobs):
    employer = EmployerFactory()
    JobFactory.create_batch(jobs, employer=employer)
    ApplicationFactory(job__employer=employer)

    with CaptureQueriesContext(connection) as captured:
        detach_jobs(employer.user)

    assert Job.objects.get().is_active is False
    assert len(captured) < 40


@pytest.mark.django_db
def test_task_makes_the_vectors_of_all_jobs_new(anonymous):
    JobFactory.create_batch(3, title="Front End Developer")
    Job.objects.update(search="'develop':1A")
    Renaming.objects.create(relation="all", renamed="00000000-0000-0000-0000-000000000000")
    assert (found(anonymous, "developer"), found(anonymous, "frontend")) == (3, 0)

    reindex_renamed_jobs(seconds=60, batch_size=2)

    assert (found(anonymous, "developer"), found(anonymous, "frontend")) == (3, 3)
    assert not Renaming.objects.exists()
