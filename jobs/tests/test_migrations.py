"""Names of existing jobs, categories and locations, and their words; states of existing jobs."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jobs.batches import reindex_renamed_jobs
from jobs.models import Category, Job, Location, Renaming, Suggestion, Synonym
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

migration = importlib.import_module("jobs.migrations.0011_clean_names")


@pytest.mark.django_db
def test_existing_categories_that_look_alike_become_one_with_all_jobs(capsys):
    kept = CategoryFactory(name="Caf\u00e9", description="")
    twin = CategoryFactory(name="cafe\u0301", description="Coffee and cake")
    alone, other = CategoryFactory(name=" Data  Science "), CategoryFactory(name="Data")
    jobs = [JobFactory(category=category) for category in (kept, twin, twin, alone, other)]

    migration.clean(apps, None)

    assert dict(Category.objects.values_list("name", "description")) == {
        "Caf\u00e9": "Coffee and cake",
        "Data Science": alone.description,
        "Data": other.description,
    }
    keys = [Job.objects.get(pk=job.pk).category_id for job in jobs]
    assert keys == [kept.pk, kept.pk, kept.pk, alone.pk, other.pk]
    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_two_unclean_categories_become_one():
    jobs = [JobFactory(category=CategoryFactory(name=name)) for name in ("Data  Science", "data\u00a0science")]

    migration.clean(apps, None)

    assert {Job.objects.get(pk=job.pk).category for job in jobs} == {Category.objects.get()}
    assert Category.objects.get().name.lower() == "data science"


@pytest.mark.django_db
def test_existing_locations_that_look_alike_become_one_and_get_their_coordinates():
    kept, twin = LocationFactory(city="Lagos"), LocationFactory(city="Lagos\u200b")
    unknown = LocationFactory(city="Abuja\u200b")
    job = JobFactory(location=twin)
    assert unknown.latitude is None

    migration.clean(apps, None)

    job.refresh_from_db()
    assert set(Location.objects.values_list("pk", flat=True)) == {kept.pk, unknown.pk}
    assert job.location_id == kept.pk
    assert Location.objects.get(pk=unknown.pk, city="Abuja").latitude == pytest.approx(9, abs=1)


@pytest.mark.django_db
def test_name_that_becomes_too_long_is_listed(capsys):
    # U+0958 is two letters in NFC.
    category = CategoryFactory(name="\u0958" * 51)

    migration.clean(apps, None)

    assert Category.objects.get().name == category.name
    assert capsys.readouterr().out == f"\n  category {category.pk} is left as it is: its name is too long."


@pytest.mark.django_db
def test_existing_salary_loses_invisible_letters_only():
    job = JobFactory(salary_range=" 80\u202e  k ")

    migration.clean(apps, None)

    assert Job.objects.get(pk=job.pk).salary_range == " 80  k "


@pytest.mark.django_db
def test_existing_title_is_cleaned_and_one_that_shows_nothing_is_listed(capsys):
    hostile, empty = JobFactory(title="Engineer \u202e"), JobFactory(title="\u200b")

    migration.clean(apps, None)

    assert Job.objects.get(pk=hostile.pk).title == "Engineer"
    assert Job.objects.get(pk=empty.pk).title == "\u200b"
    assert capsys.readouterr().out == f"\n  job {empty.pk} is left as it is: its title has no visible letter."


@pytest.mark.django_db
def test_existing_jobs_that_are_not_active_are_paused_or_closed_if_the_employer_is_erased():
    states = importlib.import_module("jobs.migrations.0030_states")
    active, inactive = JobFactory(), JobFactory(is_active=False)
    erased = JobFactory(employer=None, is_active=False)

    states.close_jobs_of_erased_employers(apps, None)

    found = dict(Job.objects.with_state().values_list("pk", "state"))
    assert found == {active.pk: "open", inactive.pk: "paused", erased.pk: "closed"}


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())


def plain_text(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT jobs_plain_text(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_words_of_existing_jobs_are_made_again_after_an_upgrade_and_after_its_reversal(anonymous):
    place = Location.objects.create(city="M\u00fcnchen", country="Germany")
    job = JobFactory(title="Guide, Hawai\u02bbi", location=place)
    try:
        migrate([("jobs", "0025_first_synonyms")])

        assert plain_text("Hawai\u02bbi") == "Hawai\u02bbi"
        with connection.cursor() as cursor:
            cursor.execute("SELECT relation, reached FROM jobs_renaming")
            assert cursor.fetchall() == [("all", None)]
            # As an earlier gazetteer left it, with the words of an earlier version.
            cursor.execute("UPDATE jobs_location SET other_names = '', latitude = NULL, longitude = NULL")
            cursor.execute("UPDATE jobs_job SET search = NULL")
            cursor.execute("INSERT INTO jobs_renaming (relation, renamed) VALUES ('location', %s)", [place.pk])
            cursor.execute("UPDATE jobs_renaming SET reached = %s WHERE relation = 'all'", [job.pk])
            cursor.execute("SELECT FROM jobs_suggestion WHERE key = 'hawai''i'")
            assert cursor.rowcount == 1
    finally:
        migrate(None)

    assert plain_text("Hawai\u02bbi") == "Hawai i"
    assert not Suggestion.objects.filter(key__contains="'").exists()
    assert list(Renaming.objects.values_list("relation", "reached")) == [("all", None)]
    assert Synonym.objects.filter(name="home office", meaning="remote").exists()
    place.refresh_from_db()
    assert place.latitude == pytest.approx(48.1, abs=0.1)
    assert "Munich" in place.other_names
    reindex_renamed_jobs(seconds=5)
    assert anonymous.get("/api/jobs/", {"search": "hawaii munich"}).json()["count"] == 1
