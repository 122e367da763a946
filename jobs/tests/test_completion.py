"""Categories and locations by what is typed of their names."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Location
from jobs.tests.factories import CategoryFactory, LocationFactory

CATEGORIES = "/api/categories/"
LOCATIONS = "/api/locations/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    for city, state, country in [
        ("Lagos", "Lagos", "Nigeria"),
        ("Lagos Island", "", "Nigeria"),
        ("Old Lagos Road", "", "Kenya"),
        ("Villagos", "", "Peru"),
        ("Köln", "NRW", "Deutschland"),
        ("London", "", "UK"),
        ("Port-Harcourt", "Rivers", "Nigeria"),
        ("", "", "Germany"),
    ]:
        LocationFactory(city=city, state=state, country=country)


@pytest.mark.parametrize(
    ("typed", "cities"),
    [
        ("lag", ["Lagos", "Lagos Island", "Old Lagos Road"]),
        ("LAGOS, nig", ["Lagos", "Lagos Island"]),
        ("koln", ["Köln"]),
        ("köln germany", ["Köln"]),
        ("london united k", ["London"]),
        ("harcourt", ["Port-Harcourt"]),
        ("port har", ["Port-Harcourt"]),
        ("germany", ["", "Köln"]),
        ("narnia", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("'", []),
        (",", []),
    ],
)
def test_anonymous_types_a_place(anonymous, places, typed, cities):
    response = anonymous.get(LOCATIONS, {"q": typed})

    assert response.status_code == 200
    body = response.json()
    assert [row["city"] for row in body["results"]] == cities
    assert (body["count"], body["next"], body["previous"]) == (len(cities), None, None)
    assert all(list(row) == ["location_id", "city", "state", "country"] for row in body["results"])


def test_anonymous_types_a_category_and_gets_the_ten_best(anonymous):
    for number in range(12):
        CategoryFactory(name=f"Senior Design {number}")
    CategoryFactory(name="Design")

    names = [row["name"] for row in anonymous.get(CATEGORIES, {"q": "des"}).json()["results"]]

    assert len(names) == 10
    assert names[:2] == ["Design", "Senior Design 0"]


@pytest.mark.parametrize("url", [CATEGORIES, LOCATIONS])
def test_nothing_typed_lists_all(anonymous, places, url):
    CategoryFactory()

    assert anonymous.get(url, {"q": " "}).json() == anonymous.get(url).json()


@pytest.mark.parametrize("url", [CATEGORIES, LOCATIONS])
@pytest.mark.parametrize("typed", ["a" * 101, "a\x00", "a" + "\u0301" * 40])
def test_typed_text_is_refused(anonymous, url, typed):
    response = anonymous.get(url, {"q": typed})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["q"])


def test_renamed_place_is_found_by_its_new_name(admin, anonymous, places):
    location = Location.objects.get(city="London")

    admin.patch(f"{LOCATIONS}{location.pk}/", {"city": "Leeds"})

    assert [row["city"] for row in anonymous.get(LOCATIONS, {"q": "leed"}).json()["results"]] == ["Leeds"]
    assert anonymous.get(LOCATIONS, {"q": "london"}).json()["results"] == []


def test_typing_takes_two_queries(anonymous, places):
    with CaptureQueriesContext(connection) as queries:
        anonymous.get(LOCATIONS, {"q": "lag"})

    assert len(queries) == 2
