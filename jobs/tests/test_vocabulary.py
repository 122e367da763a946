"""Categories and locations."""

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
        response = employer.post(CATEGORIES, {"name": " Software Development ", "description": "Jobs related to it"})

        category = Category.objects.get()
        assert response.status_code == 201
        assert response.json() == {
            "category_id": str(category.pk),
            "name": "Software Development",
            "description": "Jobs related to it",
        }
        assert category.name == "Software Development"

    @pytest.mark.parametrize("description", ["", None])
    def test_employer_creates_a_category_without_description(self, employer, description):
        response = employer.post(CATEGORIES, {"name": "Design", "description": description})

        assert response.json()["description"] == Category.objects.get().description == ""

    @pytest.mark.parametrize("name", ["Design", "DESIGN", "  design "])
    def test_employer_creates_an_existing_category_and_gets_its_key(self, employer, name):
        existing = CategoryFactory(name="Design")
        CategoryFactory(name="Designer")

        response = employer.post(CATEGORIES, {"name": name})

        assert response.status_code == 409
        assert response.json()["code"] == "already_exists"
        assert response.json()["message"] == "This category exists already."
        assert response.json()["existing"] == {"category_id": str(existing.pk)}
        assert Category.objects.count() == 2

    @pytest.mark.parametrize(
        ("existing", "sent"),
        [
            ("Caf\u00e9", "Cafe\u0301"),
            ("Data Science", "Data  Science"),
            ("Data Science", "Data\u00a0Science\u200b"),
            ("Software", "Soft\u00adware"),
        ],
    )
    def test_employer_creates_a_category_that_looks_like_another_and_gets_its_key(self, employer, existing, sent):
        key = employer.post(CATEGORIES, {"name": existing}).json()["category_id"]

        response = employer.post(CATEGORIES, {"name": sent})

        assert (response.status_code, response.json()["existing"]) == (409, {"category_id": key})
        assert Category.objects.get().name == existing

    def test_anonymous_reads_categories_by_name_without_regard_to_case_and_accents(self, anonymous, db):
        for name in ("zebra", "Érable", "Banana", "apple"):
            CategoryFactory(name=name)

        names = [row["name"] for row in anonymous.get(CATEGORIES).json()["results"]]

        assert names == ["apple", "Banana", "Érable", "zebra"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "\u200b\u3164"),
            ("name", None),
            ("name", "x" * 101),
            ("name", {"a": 1}),
            ("name", "a\x00b"),
            ("description", "x" * 2_001),
        ],
    )
    def test_employer_creates_an_invalid_category_and_is_refused(self, employer, field, value):
        response = employer.post(CATEGORIES, {"name": "Design", field: value})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]
        assert not Category.objects.exists()

    def test_anonymous_reads_a_hundred_categories_by_name(self, anonymous, db):
        Category.objects.bulk_create(Category(name=f"Category {n:03}") for n in reversed(range(101)))

        response = anonymous.get(CATEGORIES).json()

        assert response["count"] == 101
        assert [row["name"] for row in response["results"]] == [f"Category {n:03}" for n in range(100)]

    def test_admin_renames_a_category_to_an_existing_one_and_gets_its_key(self, admin):
        category, other = CategoryFactory(name="Design"), CategoryFactory(name="Art")

        response = admin.patch(f"{CATEGORIES}{category.pk}/", {"name": "ART"})

        assert response.status_code == 409
        assert response.json()["existing"] == {"category_id": str(other.pk)}
        category.refresh_from_db()
        assert category.name == "Design"

    def test_admin_changes_the_case_of_a_category(self, admin):
        category = CategoryFactory(name="design")

        assert admin.put(f"{CATEGORIES}{category.pk}/", {"name": "Design"}).json()["name"] == "Design"

    def test_admin_deletes_an_unused_category(self, admin):
        category = CategoryFactory()

        assert admin.delete(f"{CATEGORIES}{category.pk}/").status_code == 204
        assert not Category.objects.exists()

    @pytest.mark.parametrize("state", ["closed", "expired"])
    def test_admin_deletes_a_category_in_use_and_it_stays(self, admin, state):
        category = JobFactory(**{state: True}).category

        response = admin.delete(f"{CATEGORIES}{category.pk}/")

        assert response.status_code == 409
        assert response.json()["code"] == "in_use"
        assert Category.objects.get() == category


class TestLocations:
    def test_employer_creates_a_location_and_it_is_trimmed(self, employer):
        response = employer.post(LOCATIONS, {"city": " Abeokuta ", "state": "Ogun ", "country": " Nigeria"})

        location = Location.objects.get()
        assert response.status_code == 201
        assert response.json() == {"location_id": str(location.pk), **ABEOKUTA}

    @pytest.mark.parametrize("body", [{}, {"state": ""}, {"state": None}, {"state": "  "}])
    def test_employer_creates_a_location_without_state_once(self, employer, body):
        body = {"city": "Lagos", "country": "Nigeria", **body}
        first = employer.post(LOCATIONS, body)

        response = employer.post(LOCATIONS, {"city": "lagos", "country": "nigeria"})

        assert first.json()["state"] == ""
        assert response.status_code == 409
        assert response.json()["existing"] == {"location_id": first.json()["location_id"]}

    @pytest.mark.parametrize(
        "body",
        [
            ABEOKUTA,
            {"city": "ABEOKUTA", "state": "ogun", "country": "NiGeRiA"},
            {"city": " Abeokuta", "state": "Ogun ", "country": " Nigeria "},
        ],
    )
    def test_employer_creates_an_existing_location_and_gets_its_key(self, employer, body):
        existing = LocationFactory(**ABEOKUTA)
        LocationFactory(**{**ABEOKUTA, "state": ""})

        response = employer.post(LOCATIONS, body)

        assert response.status_code == 409
        assert response.json()["message"] == "This location exists already."
        assert response.json()["existing"] == {"location_id": str(existing.pk)}
        assert Location.objects.count() == 2

    def test_employer_creates_an_existing_turkish_location_and_gets_its_key(self, employer):
        existing = LocationFactory(city="İstanbul", state="", country="Türkiye")

        response = employer.post(LOCATIONS, {"city": "istanbul", "country": "TÜRKIYE"})

        assert response.json()["existing"] == {"location_id": str(existing.pk)}

    @pytest.mark.parametrize("change", [{"city": "Ijebu"}, {"state": "Lagos"}, {"country": "Benin"}])
    def test_employer_creates_a_location_that_differs_in_one_part(self, employer, change):
        LocationFactory(**ABEOKUTA)

        assert employer.post(LOCATIONS, {**ABEOKUTA, **change}).status_code == 201

    def test_employer_creates_a_location_without_city_once(self, employer):
        body = {"city": "", "country": "Germany"}
        first = employer.post(LOCATIONS, body)

        response = employer.post(LOCATIONS, {**body, "country": "germany"})

        location = Location.objects.get()
        assert first.json() == {"location_id": str(location.pk), "city": "", "state": "", "country": "Germany"}
        assert (response.status_code, response.json()["existing"]) == (409, {"location_id": str(location.pk)})
        assert str(location) == "Germany"

    @pytest.mark.parametrize(
        ("field", "value"),
        [("city", None), ("city", "x" * 101), ("country", ""), ("country", None), ("country", "x" * 101)],
    )
    def test_employer_creates_an_invalid_location_and_is_refused(self, employer, field, value):
        response = employer.post(LOCATIONS, {**ABEOKUTA, field: value})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_anonymous_reads_locations_by_country_state_and_city(self, anonymous, db):
        places = [("Kenya", "A", "Z"), ("Kenya", "B", "A"), ("Kenya", "B", "B"), ("Nigeria", "", "A")]
        for country, state, city in reversed(places):
            LocationFactory(country=country, state=state, city=city)

        rows = anonymous.get(LOCATIONS).json()["results"]

        assert [(row["country"], row["state"], row["city"]) for row in rows] == places

    def test_admin_renames_a_location_to_an_existing_one_and_gets_its_key(self, admin):
        location, other = LocationFactory(**{**ABEOKUTA, "city": "Lagos"}), LocationFactory(**ABEOKUTA)

        response = admin.patch(f"{LOCATIONS}{location.pk}/", {"city": "abeokuta"})

        assert response.status_code == 409
        assert response.json()["existing"] == {"location_id": str(other.pk)}

    def test_deletion_of_a_used_location_does_not_read_its_jobs(self, admin):
        location = LocationFactory()
        JobFactory.create_batch(3, location=location)

        with CaptureQueriesContext(connection) as queries:
            assert admin.delete(f"{LOCATIONS}{location.pk}/").status_code == 409

        read = [query["sql"] for query in queries if 'FROM "jobs_job"' in query["sql"]]
        assert [sql for sql in read if not sql.endswith("LIMIT 1")] == []

    def test_admin_deletes_a_location_in_use_and_it_stays(self, admin):
        location = JobFactory().location

        response = admin.delete(f"{LOCATIONS}{location.pk}/")

        assert (response.status_code, response.json()["code"]) == (409, "in_use")
        assert Location.objects.get() == location


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("url", "bodies", "key"),
    [
        (CATEGORIES, [{"name": "Design"}, {"name": "DESIGN"}], "category_id"),
        (LOCATIONS, [ABEOKUTA, {**ABEOKUTA, "city": "abeokuta"}], "location_id"),
    ],
)
def test_two_employers_create_the_same_row_at_once_and_the_second_gets_its_key(client_for, url, bodies, key):
    clients = [client_for(EmployerFactory().user) for _ in bodies]

    responses = at_once(*(partial(client.post, url, body) for client, body in zip(clients, bodies, strict=True)))

    created, refused = sorted(responses, key=lambda response: response.status_code)
    assert (created.status_code, refused.status_code) == (201, 409)
    assert refused.json()["existing"] == {key: created.json()[key]}


class TestLocationsThatLookAlike:
    def test_employer_creates_one_and_gets_the_key_of_the_other(self, employer):
        key = employer.post(LOCATIONS, {"city": "Malm\u00f6", "state": "", "country": "Sweden"}).json()["location_id"]

        response = employer.post(
            LOCATIONS, {"city": "Malmo\u0308\u200b", "state": "\u200e", "country": " Sweden\u00a0"}
        )

        assert (response.status_code, response.json()["existing"]) == (409, {"location_id": key})

    def test_anonymous_reads_locations_by_name_without_regard_to_case_and_accents(self, anonymous, db):
        for country, state, city in (
            *(("zambia", "", "a"), ("Österreich", "", "Wien"), ("osterreich", "", "Graz"), ("Albania", "", "b")),
            *(("Albania", "x", "a"), ("Albania", "É", "a"), ("Albania", "", "Ä")),
        ):
            LocationFactory(city=city, state=state, country=country)

        rows = anonymous.get(LOCATIONS).json()["results"]

        assert [(row["country"], row["state"], row["city"]) for row in rows] == [
            *(("Albania", "", "Ä"), ("Albania", "", "b"), ("Albania", "É", "a"), ("Albania", "x", "a")),
            *(("osterreich", "", "Graz"), ("Österreich", "", "Wien"), ("zambia", "", "a")),
        ]

    def test_anonymous_asks_for_a_name_that_shows_nothing_and_filters_nothing(self, anonymous, db):
        JobFactory(location=LocationFactory(city="Lagos", state=""))
        JobFactory(location=LocationFactory(city="Ibadan", state=""))

        assert anonymous.get("/api/jobs/", {"location": "\u200b"}).json()["count"] == 2
        assert anonymous.get("/api/jobs/", {"location": "Lagos,\u200b"}).json()["count"] == 1
        assert anonymous.get("/api/jobs/", {"near": "\u200bLagos"}).json()["count"] == 1

    def test_anonymous_finds_it_by_any_spelling(self, anonymous, db):
        job = JobFactory(location=LocationFactory(city="Malm\u00f6", country="Sweden"))
        JobFactory()

        for city in ("Malmo\u0308", "MALMO", "\u200bMalm\u00f6 "):
            [row] = anonymous.get("/api/jobs/", {"city": city}).json()["results"]
            assert row["job_id"] == str(job.pk)
