"""Names of existing jobs, categories and locations."""

import importlib

import pytest
from django.apps import apps

from jobs.models import Category, Job, Location
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
