"""Categories and locations: what all jobs are filed under."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import EmployerFactory
from anywork.testing.concurrency import at_once
from jobs.models import Category, Location
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

CATEGORIES = "/api/categories/"
LOCATIONS = "/api/locations/"
ABEOKUTA = {"city": "Abeokuta", "state": "Ogun", "country": "Nigeria"}


class TestCategories:
    def test_employer_creates_a_category_and_its_name_is_trimmed(self, employer):
        answer = employer.post(CATEGORIES, {"name": " Software Development ", "description": "Jobs related to it"})

        category = Category.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {
            "category_id": str(category.pk),
            "name": "Software Development",
            "description": "Jobs related to it",
        }
        assert category.name == "Software Development"

    @pytest.mark.parametrize("description", ["", None])
    def test_employer_creates_a_category_without_description(self, employer, description):
        answer = employer.post(CATEGORIES, {"name": "Design", "description": description})

        assert answer.json()["description"] == Category.objects.get().description == ""

    @pytest.mark.parametrize("name", ["Design", "DESIGN", "  design "])
    def test_employer_creates_a_category_that_exists_and_is_shown_it(self, employer, name):
        existing = CategoryFactory(name="Design")
        CategoryFactory(name="Designer")

        answer = employer.post(CATEGORIES, {"name": name})

        assert answer.status_code == 409
        assert answer.json()["code"] == "already_exists"
        assert answer.json()["message"] == "This category exists already."
        assert answer.json()["existing"] == {"category_id": str(existing.pk)}
        assert Category.objects.count() == 2

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", None),
            ("name", "x" * 101),
            ("name", {"a": 1}),
            ("name", "a\x00b"),
            ("description", "x" * 2_001),
        ],
    )
    def test_employer_creates_a_category_of_bad_values_and_it_is_refused(self, employer, field, value):
        answer = employer.post(CATEGORIES, {"name": "Design", field: value})

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert not Category.objects.exists()

    def test_visitor_reads_a_hundred_categories_by_name(self, anonymous, db):
        Category.objects.bulk_create(Category(name=f"Category {n:03}") for n in reversed(range(101)))

        answer = anonymous.get(CATEGORIES).json()

        assert answer["count"] == 101
        assert [row["name"] for row in answer["results"]] == [f"Category {n:03}" for n in range(100)]

    def test_admin_renames_a_category_onto_another_and_is_shown_that(self, admin):
        category, other = CategoryFactory(name="Design"), CategoryFactory(name="Art")

        answer = admin.patch(f"{CATEGORIES}{category.pk}/", {"name": "ART"})

        assert answer.status_code == 409
        assert answer.json()["existing"] == {"category_id": str(other.pk)}
        category.refresh_from_db()
        assert category.name == "Design"

    def test_admin_respells_a_category(self, admin):
        category = CategoryFactory(name="design")

        assert admin.put(f"{CATEGORIES}{category.pk}/", {"name": "Design"}).json()["name"] == "Design"

    def test_admin_deletes_an_unused_category(self, admin):
        category = CategoryFactory()

        assert admin.delete(f"{CATEGORIES}{category.pk}/").status_code == 204
        assert not Category.objects.exists()

    @pytest.mark.parametrize("state", ["closed", "expired"])
    def test_admin_deletes_a_category_in_use_and_it_stays(self, admin, state):
        category = JobFactory(**{state: True}).category

        answer = admin.delete(f"{CATEGORIES}{category.pk}/")

        assert answer.status_code == 409
        assert answer.json()["code"] == "in_use"
        assert Category.objects.get() == category


class TestLocations:
    def test_employer_creates_a_location_and_it_is_trimmed(self, employer):
        answer = employer.post(LOCATIONS, {"city": " Abeokuta ", "state": "Ogun ", "country": " Nigeria"})

        location = Location.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {"location_id": str(location.pk), **ABEOKUTA}

    @pytest.mark.parametrize("body", [{}, {"state": ""}, {"state": None}, {"state": "  "}])
    def test_employer_creates_a_location_without_state_once(self, employer, body):
        body = {"city": "Lagos", "country": "Nigeria", **body}
        first = employer.post(LOCATIONS, body)

        answer = employer.post(LOCATIONS, {"city": "lagos", "country": "nigeria"})

        assert first.json()["state"] == ""
        assert answer.status_code == 409
        assert answer.json()["existing"] == {"location_id": first.json()["location_id"]}

    @pytest.mark.parametrize(
        "body",
        [
            ABEOKUTA,
            {"city": "ABEOKUTA", "state": "ogun", "country": "NiGeRiA"},
            {"city": " Abeokuta", "state": "Ogun ", "country": " Nigeria "},
        ],
    )
    def test_employer_creates_a_location_that_exists_and_is_shown_it(self, employer, body):
        existing = LocationFactory(**ABEOKUTA)
        LocationFactory(**{**ABEOKUTA, "state": ""})

        answer = employer.post(LOCATIONS, body)

        assert answer.status_code == 409
        assert answer.json()["message"] == "This location exists already."
        assert answer.json()["existing"] == {"location_id": str(existing.pk)}
        assert Location.objects.count() == 2

    def test_employer_creates_a_turkish_location_again_and_is_shown_it(self, employer):
        existing = LocationFactory(city="İstanbul", state="", country="Türkiye")

        answer = employer.post(LOCATIONS, {"city": "istanbul", "country": "TÜRKIYE"})

        assert answer.json()["existing"] == {"location_id": str(existing.pk)}

    @pytest.mark.parametrize("change", [{"city": "Ijebu"}, {"state": "Lagos"}, {"country": "Benin"}])
    def test_employer_creates_a_location_that_differs_in_one_part(self, employer, change):
        LocationFactory(**ABEOKUTA)

        assert employer.post(LOCATIONS, {**ABEOKUTA, **change}).status_code == 201

    @pytest.mark.parametrize("field", ["city", "country"])
    @pytest.mark.parametrize("value", ["", None, "x" * 101])
    def test_employer_creates_a_location_of_bad_values_and_it_is_refused(self, employer, field, value):
        answer = employer.post(LOCATIONS, {**ABEOKUTA, field: value})

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_visitor_reads_locations_by_country_state_and_city(self, anonymous, db):
        places = [("Kenya", "A", "Z"), ("Kenya", "B", "A"), ("Kenya", "B", "B"), ("Nigeria", "", "A")]
        for country, state, city in reversed(places):
            LocationFactory(country=country, state=state, city=city)

        rows = anonymous.get(LOCATIONS).json()["results"]

        assert [(row["country"], row["state"], row["city"]) for row in rows] == places

    def test_admin_moves_a_location_onto_another_and_is_shown_that(self, admin):
        location, other = LocationFactory(**{**ABEOKUTA, "city": "Lagos"}), LocationFactory(**ABEOKUTA)

        answer = admin.patch(f"{LOCATIONS}{location.pk}/", {"city": "abeokuta"})

        assert answer.status_code == 409
        assert answer.json()["existing"] == {"location_id": str(other.pk)}

    def test_deleting_what_jobs_use_does_not_read_these_jobs(self, admin):
        location = LocationFactory()
        JobFactory.create_batch(3, location=location)

        with CaptureQueriesContext(connection) as queries:
            assert admin.delete(f"{LOCATIONS}{location.pk}/").status_code == 409

        read = [query["sql"] for query in queries if 'FROM "jobs_job"' in query["sql"]]
        assert [sql for sql in read if not sql.endswith("LIMIT 1")] == []

    def test_admin_deletes_a_location_in_use_and_it_stays(self, admin):
        location = JobFactory().location

        answer = admin.delete(f"{LOCATIONS}{location.pk}/")

        assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
        assert Location.objects.get() == location


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("url", "bodies", "key"),
    [
        (CATEGORIES, [{"name": "Design"}, {"name": "DESIGN"}], "category_id"),
        (LOCATIONS, [ABEOKUTA, {**ABEOKUTA, "city": "abeokuta"}], "location_id"),
    ],
)
def test_two_employers_create_the_same_at_once_and_the_second_is_shown_it(client_for, url, bodies, key):
    clients = [client_for(EmployerFactory().user) for _ in bodies]

    answers = at_once(*(partial(client.post, url, body) for client, body in zip(clients, bodies, strict=True)))

    created, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (created.status_code, refused.status_code) == (201, 409)
    assert refused.json()["existing"] == {key: created.json()[key]}
