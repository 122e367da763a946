"""Jobs by country and distance, and places that are not known."""

import importlib
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core.management import call_command

from jobs.batches import reindex_renamed_jobs
from jobs.models import Job, Location, Renaming
from jobs.tests.factories import JobFactory, LocationFactory

URL = "/api/jobs/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(anonymous):
    """Return a function that returns the titles of the matches."""

    def titles(**parameters):
        response = anonymous.get(f"{URL}?{urlencode(parameters)}")
        assert response.status_code == 200, response.json()
        return {row["title"] for row in response.json()["results"]}

    return titles


def _job(title, city, state, country):
    return JobFactory(title=title, location=LocationFactory(city=city, state=state, country=country))


@pytest.mark.parametrize("country", ["UK", "U.K.", "gb", "United Kingdom", "Great Britain", "Vereinigtes Königreich"])
def test_country_is_one_by_all_its_names(found, country):
    _job("Piper", "Edinburgh", "", "Scotland")
    _job("Baker", "London", "", "UK")
    _job("Clerk", "Leeds", "", "United Kingdom")
    _job("Cook", "Paris", "", "France")

    assert found(country=country) == found(location=country) == {"Piper", "Baker", "Clerk"}


def test_unknown_country_is_found_by_its_name(found):
    _job("Elf", "Minas Tirith", "", "Gondor")

    assert found(country="gondor") == {"Elf"}


@pytest.mark.parametrize("search", ["germany", "deutschland", "baker germany"])
def test_search_finds_other_names_of_the_country(found, search):
    _job("Baker", "Köln", "", "Deutschland")
    _job("Baker of Paris", "Paris", "", "France")

    assert found(search=search) == {"Baker"}


def test_code_that_is_a_word_is_no_name(found):
    _job("Baker", "Roma", "", "Italia")

    assert found(search="it") == set()


def test_facet_counts_a_country_once(anonymous):
    _job("Piper", "Edinburgh", "", "Scotland")
    _job("Baker", "London", "", "UK")
    _job("Elf", "Minas Tirith", "", "Gondor")

    facets = anonymous.get(f"{URL}facets/").json()

    assert facets["country"] == [
        {"value": "GB", "name": "United Kingdom", "count": 2},
        {"value": "Gondor", "name": "Gondor", "count": 1},
    ]


def test_near_decides_by_the_state(found):
    _job("Lobster Cook", "Portland", "ME", "USA")
    _job("Barista", "Portland", "OR", "USA")

    assert found(near="Portland, ME") == {"Lobster Cook"}
    assert found(near="Portland, Oregon") == {"Barista"}


def test_job_anywhere_in_a_country(anonymous, found):
    job = _job("Driver", "", "", "Germany")

    assert found(location="Deutschland") == found(country="DE") == found(location=job.location_id) == {"Driver"}
    assert found(near="Berlin", radius_km=1000) == set()
    details = anonymous.get(f"{URL}{job.pk}/?expand=location").json()["location_details"]
    assert details == {
        "location_id": str(job.location_id),
        "city": "",
        "state": "",
        "country": "Germany",
        "placed": False,
    }
    [facet] = anonymous.get(f"{URL}facets/").json()["location"]
    assert facet["name"] == "Germany"
    assert anonymous.get(f"{URL}suggest/?q=germ").json()["places"] == ["Germany"]


def test_unknown_place_is_found_by_its_name_but_not_by_distance(anonymous, found):
    job = _job("Elf", "Xyzzytown", "", "Nigeria")
    known = _job("Cook", "Lagos", "", "Nigeria")

    assert found(city="Xyzzytown") == found(location="xyzzytown, nigeria") == {"Elf"}
    assert found(near="Lagos") == {"Cook"}
    placed = {
        row["title"]: row["location_details"]["placed"]
        for row in anonymous.get(f"{URL}?expand=location").json()["results"]
    }
    assert placed == {job.title: False, known.title: True}


def test_suggestion_follows_a_place_that_loses_its_city(anonymous, admin):
    job = _job("Cook", "Lagos", "", "Nigeria")

    assert admin.patch(f"/api/locations/{job.location_id}/", {"city": ""}).status_code == 200

    assert anonymous.get(f"{URL}suggest/?q=nig").json()["places"] == ["Nigeria"]
    assert Location.objects.get().latitude is None


def _forget_places():
    Location.objects.update(latitude=1, longitude=None, country_code="", other_names="")
    Job.objects.update(search=None)


def _place_by_migration():
    importlib.import_module("jobs.migrations.0020_place_locations").place(apps, None)


def _place_by_command():
    out = StringIO()
    call_command("place_locations", stdout=out)
    assert out.getvalue() == "Changed: 2\n"
    call_command("place_locations", stdout=out)
    assert out.getvalue() == "Changed: 2\nChanged: 0\n"


@pytest.mark.parametrize("place", [_place_by_migration, _place_by_command])
def test_existing_locations_are_placed_and_their_jobs_get_the_names(found, place):
    _job("Baker", "Köln", "", "Deutschland")
    _job("Elf", "Minas Tirith", "", "Gondor")
    _forget_places()
    assert found(search="germany") == set()

    place()
    reindex_renamed_jobs(seconds=5)

    assert found(search="germany") == found(near="Cologne") == {"Baker"}
    assert Location.objects.get(city="Minas Tirith").latitude is None
    assert not Renaming.objects.exists()
