"""Search: matches, order and corrections."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from jobs.batches import reindex_renamed_jobs
from jobs.models import Category, Job, Location, Suggestion
from jobs.searching.gathering import gather_words
from jobs.searching.query import SearchQuery
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SynonymFactory

URL = "/api/jobs/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(anonymous):
    """Return a function that lists the titles of the matches."""

    def titles(search, **parameters):
        response = anonymous.get(URL, {"search": search, **parameters})
        assert response.status_code == 200, response.json()
        assert response.json()["count"] == len(response.json()["results"])
        return [job["title"] for job in response.json()["results"]]

    return titles


@pytest.fixture
def post():
    """Return a function that creates jobs of these titles, the first one newest."""
    place, category, company = LocationFactory(city="Jos"), CategoryFactory(name="Work"), EmployerFactory()

    def jobs(*titles, **values):
        defaults = {"description": "Come.", "location": place, "category": category, "employer": company}
        for age, title in enumerate(titles):
            posted_at = timezone.now() - timedelta(minutes=age)
            JobFactory(title=title, **{**defaults, "posted_at": posted_at, **values})

    return jobs


class TestWords:
    @pytest.mark.parametrize(
        ("search", "title"),
        [
            ("engineer", "Software Engineers"),
            ("ENGINEERING", "Software Engineers"),
            ("managing", "Account Manager"),
            ("cafe", "Café Waiter"),
            ("CAFÉ", "Café Waiter"),
            ("Malmo", "Chauffeur in Malmö"),
            ("entwickler", "Entwickler für Straßenbau"),
            ("strassenbau", "Entwickler für Straßenbau"),
            ("инженер", "Инженер"),
            ("front end", "Front-End Developer"),
            ("front-end", "Front-End Developer"),
            ("full/stack", "Full Stack Developer"),
        ],
    )
    def test_seeker_finds_other_forms_of_a_word(self, found, post, search, title):
        post(title, "Gardener")

        assert found(search) == [title]

    @pytest.mark.parametrize(
        ("search", "title"),
        [
            ("C++", "C++ Developer"),
            ("c++", "Developer (C/C++)"),
            ("C#", "Developer, C#"),
            (".NET", "ASP.NET Developer"),
            (".net", "C#/.NET Developer"),
            ("node.js", "Node.js Developer"),
            ("NodeJS", "Node JS Developer"),
            ("IT", "IT Support"),
            ("it support", "Support of IT"),
        ],
    )
    def test_seeker_finds_names_with_punctuation(self, found, post, search, title):
        post(title, "C Developer of networks", "Support for what it takes")

        assert found(search) == [title]

    @pytest.mark.parametrize(
        ("search", "titles"),
        [
            ('"pastry chef"', ["Pastry Chef"]),
            ("chef pastry", ["Pastry Chef", "Chef of Pastry"]),
            ("chef -pastry", ["Head Chef"]),
            ("waiter or head", ["Head Chef", "Waiter"]),
            ("pastry or waiter", ["Pastry Chef", "Chef of Pastry", "Waiter"]),
            ("-chef", ["Waiter"]),
            ("-pastry -waiter", ["Head Chef"]),
            ('-"pastry chef"', ["Chef of Pastry", "Head Chef", "Waiter"]),
            ("-", []),
            ('"', []),
            ('"chef pastry"', []),
            ("%%%", []),
        ],
    )
    def test_seeker_searches_with_operators(self, found, post, search, titles):
        post("Pastry Chef", "Head Chef", "Chef of Pastry", "Waiter")

        assert sorted(found(search)) == sorted(titles)

    @pytest.mark.parametrize("few", [0, 2_000])
    def test_seeker_pages_through_jobs_without_a_word(self, anonymous, post, settings, few):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | {"sort_jobs": few, "deep_offset": few}
        post("Chef", "Waiter", "Pilot", "Clerk", "Pastry Chef", "Nurse", "Cook")

        pages = [
            anonymous.get(URL, {"search": "-chef", "page": page, "page_size": 2, "ordering": "title"}).json()
            for page in (1, 2, 3)
        ]

        assert [page["count"] for page in pages] == [5, 5, 5]
        titles = [job["title"] for page in pages for job in page["results"]]
        assert titles == ["Clerk", "Cook", "Nurse", "Pilot", "Waiter"]
        assert anonymous.get(f"{URL}facets/", {"search": "-chef"}).json()["count"] == 5

    @pytest.mark.parametrize("search", ["chef or -waiter", "-chef or -waiter", "-chef or waiter"])
    def test_seeker_excludes_words_alone_in_an_alternative_and_is_refused(self, anonymous, post, search):
        response = anonymous.get(URL, {"search": search})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["search"]
        assert anonymous.get(URL, {"search": 'chef "or -waiter"'}).status_code == 200

    @pytest.mark.parametrize(
        ("search", "titles"),
        [
            ("sof", ["Software Engineer"]),
            ("software engineeri", ["Software Engineering Lead"]),
            ("java", ["Java Developer", "JavaScript Developer"]),
            ("java ", ["Java Developer"]),
            ('"java"', ["Java Developer"]),
            ("waiter or softw", ["Waiter", "Software Engineer"]),
            ("developer jav", ["JavaScript Developer", "Java Developer"]),
        ],
    )
    def test_seeker_types_the_beginning_of_the_last_word(self, found, post, search, titles):
        posted = {"sof": ["Software Engineer"], "software engineeri": ["Software Engineering Lead"]}
        post(*posted.get(search, ["JavaScript Developer", "Software Engineer", "Java Developer", "Waiter"]))

        assert found(search) == titles

    def test_seeker_finds_words_in_company_category_location_and_description(self, found):
        JobFactory(
            title="Baker",
            description="We bake bread.",
            employer__company_name="Golden Crust",
            category=CategoryFactory(name="Food & Drink"),
            location=LocationFactory(city="Abeokuta", country="Nigeria"),
        )
        JobFactory(location__country="Kenya")

        for word in ("bread", "crust", "drink", "abeokuta", "nigeria", "golden drinks abeok"):
            assert found(word) == ["Baker"]


class TestApostrophes:
    """Letters that unaccent turns into apostrophes: U+02BB, U+02BC and others."""

    @pytest.mark.parametrize("search", ["hawaii", "Hawai\u02bbi", "hawai'i", "HAWAI\u2019I"])
    def test_seeker_finds_a_title_with_or_without_them(self, found, post, search):
        post("Guide, Hawai\u02bbi", "Cook")

        assert found(search) == ["Guide, Hawai\u02bbi"]

    @pytest.mark.parametrize("search", ["комп\u02bcютер", "комп'ютер", "комп\u2019ютер"])
    def test_seeker_finds_a_description_with_any_of_them(self, found, post, search):
        post("Cook", "Waiter", "Baker", description="Тут є комп\u02bcютер.")
        post("Pilot")

        assert gather_words()
        assert found(search) == ["Cook", "Waiter", "Baker"]
        # Only titles and names have two neighbouring words as one.
        assert found("компютер") == []

    @pytest.mark.parametrize("key", ["hawai'i", "a'b''c", "back\\slash", "'", "\\"])
    def test_any_word_is_counted_and_forgotten(self, anonymous, post, key):
        post("Nurse")
        Suggestion.objects.create(kind="word", key=key, text=key, folded=f" {key}", is_gathered=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT word, jobs FROM jobs_known_words(%s)", [[key, "nurse"]])
            assert cursor.fetchall() == [(key, 0), ("nurse", 1)]

        gather_words()

        assert not Suggestion.objects.filter(key=key).exists()

    def test_employer_deletes_a_job_with_one(self, employer, post):
        post("Guide, Hawai\u02bbi", employer=employer.user.employer)

        assert employer.delete(f"{URL}{Job.objects.get().pk}/").status_code == 204
        assert not Suggestion.objects.filter(kind="word", key__startswith="hawai").exists()

    def test_company_with_one_is_renamed(self, found, post):
        company = EmployerFactory(company_name="\u02bbOhana \u0149 Co")
        post("Guide", employer=company)
        company.company_name = "Aloha"
        company.save()
        Suggestion.objects.create(kind="word", key="'ohana", text="'ohana", folded=" 'ohana")

        reindex_renamed_jobs(seconds=5)

        assert found("aloha") == ["Guide"]
        assert not Suggestion.objects.filter(kind="word", key="ohana").exists()


class TestOrder:
    def test_title_comes_before_company_and_location_and_these_before_descriptions(self, found, post):
        post("Newest", description="A berlin of a job.")
        post("Company", employer=EmployerFactory(company_name="Berlin Ltd"))
        post("Berlin Guide", posted_at=timezone.now() - timedelta(days=9))
        post("Oldest Guide of Berlin", posted_at=timezone.now() - timedelta(days=10))

        assert found("berlin") == ["Berlin Guide", "Oldest Guide of Berlin", "Company", "Newest"]
        assert found("berlin", ordering="relevance") == found("berlin")
        assert found("berlin", ordering="newest")[-2:] == ["Berlin Guide", "Oldest Guide of Berlin"]
        assert found("berlin", ordering="title")[0] == "Berlin Guide"

    @pytest.mark.parametrize("search", ["mechanic", "mechanic -pilot"])
    @pytest.mark.parametrize("limits", [{"rank_jobs": 0, "sort_jobs": 0}, {"rank_jobs": 0}, {}])
    @pytest.mark.parametrize("table_rows", [0, 10**9])
    def test_words_come_before_their_stems_in_title_and_in_names(
        self, anonymous, post, monkeypatch, settings, *, search, limits, table_rows
    ):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | limits | {"tier_count_ms": None}
        monkeypatch.setattr("jobs.searching.listing._estimated_table_rows", lambda: table_rows)
        post("Waiter", description="Serve mechanics.")
        post("Cook", employer=EmployerFactory(company_name="Mechanical Ltd"))
        post("Baker", employer=EmployerFactory(company_name="Mechanic Ltd"))
        post("Mechanical Engineer", "Mechanics Lead")
        post("Mechanic", "Mechanic for Trains", posted_at=timezone.now() - timedelta(days=9))

        seen = [
            job["title"]
            for page in (1, 2, 3, 4)
            for job in anonymous.get(URL, {"search": search, "page": page, "page_size": 2}).json()["results"]
        ]

        assert sorted(seen[:2]) == ["Mechanic", "Mechanic for Trains"]
        assert seen[2:] == ["Mechanical Engineer", "Mechanics Lead", "Baker", "Cook", "Waiter"]

    @pytest.mark.parametrize("search", ["warehouse operative night", "warehouse operative night -pilot"])
    @pytest.mark.parametrize("limits", [{"rank_jobs": 0}, {}])
    def test_titles_with_more_of_the_words_come_first_among_descriptions(
        self, anonymous, post, settings, *, search, limits
    ):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | limits
        text = "A warehouse operative works at night."
        post("Guard", "Night Guard", "Pastry Chef", description=text)
        post("Night Operative", "Warehouse Operative", description=text, posted_at=timezone.now() - timedelta(days=9))
        post("Cook", description=text, posted_at=timezone.now() - timedelta(days=10))
        post("Night Warehouse Operative", posted_at=timezone.now() - timedelta(days=11))

        pages = [
            anonymous.get(URL, {"search": search, "page": page, "page_size": 2}).json()["results"]
            for page in (1, 2, 3, 4)
        ]

        seen = [job["title"] for page in pages for job in page]
        assert seen[0] == "Night Warehouse Operative"
        assert sorted(seen[1:3]) == ["Night Operative", "Warehouse Operative"]
        assert seen[3] == "Night Guard"
        assert sorted(seen[4:6]) == ["Guard", "Pastry Chef"]
        assert seen[6] == "Cook"

    def test_titles_come_first_in_a_short_last_tier_of_a_long_list(self, anonymous, post, settings):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | {"rank_jobs": 0, "sort_jobs": 3}
        post("Guard", "Cook", "Night Guard", description="A warehouse at night.")
        post("Night Warehouse Lead", "Night Warehouse Helper")

        pages = [anonymous.get(URL, {"search": "warehouse night", "page": page, "page_size": 2}) for page in (1, 2, 3)]

        seen = [job["title"] for page in pages for job in page.json()["results"]]
        assert seen[2:] == ["Night Guard", "Guard", "Cook"]

    def test_jobs_are_ordered_by_closing_time(self, found, post):
        post("Later Chef", expires_at=timezone.now() + timedelta(days=9))
        post("Sooner Chef", expires_at=timezone.now() + timedelta(days=3))

        assert found("chef", ordering="closing") == ["Sooner Chef", "Later Chef"]
        assert found("chef", ordering="-closing") == ["Later Chef", "Sooner Chef"]

    @pytest.mark.parametrize("limits", [{"rank_jobs": 0, "sort_jobs": 0}, {"rank_jobs": 0}, {}])
    @pytest.mark.parametrize(("table_rows", "filtered_rows"), [(0, 0), (10**9, 0), (0, 1), (0, 10**9)])
    def test_seeker_pages_through_matches_in_the_same_order_for_any_plan(
        self, anonymous, post, monkeypatch, settings, *, limits, table_rows, filtered_rows
    ):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | limits
        monkeypatch.setattr("jobs.searching.listing._estimated_table_rows", lambda: table_rows)
        monkeypatch.setattr("jobs.searching.listing._estimated_filtered_rows", lambda _: filtered_rows)
        post(*["Chef"] * 5)
        post(*["Helper"] * 5, employer=EmployerFactory(company_name="Chef & Co"))
        post(*["Waiter"] * 5, description="Serve what the chefs cook.")
        post("Pilot")

        seen = [
            job["title"]
            for page in (1, 2, 3, 4)
            for job in anonymous.get(URL, {"search": "chef", "page": page, "page_size": 4}).json()["results"]
        ]

        assert seen == ["Chef"] * 5 + ["Helper"] * 5 + ["Waiter"] * 5


class TestMistyped:
    @pytest.mark.parametrize("search", ["enginer", "enginere", "engneer", "Engineerr", "softwrae enginer"])
    def test_seeker_mistypes_and_finds_the_corrected_words(self, anonymous, post, search):
        post("Software Engineer", "Gardener")

        response = anonymous.get(URL, {"search": search})

        assert [job["title"] for job in response.json()["results"]] == ["Software Engineer"]
        assert response.headers["X-Did-You-Mean"].split()[-1] == "engineer"
        assert list(response.json()) == ["count", "next", "previous", "results"]

    @pytest.mark.parametrize("search", ["engineer", "engineers", "engineering", "engin"])
    def test_correct_spelling_is_not_corrected(self, anonymous, post, search):
        post("Software Engineer", "Gardener")

        response = anonymous.get(URL, {"search": search})

        assert response.json()["count"] == 1
        assert "X-Did-You-Mean" not in response.headers

    def test_known_word_is_not_corrected(self, anonymous, post):
        post("Baker", "Maker")
        Job.objects.filter(title="Baker").update(is_active=False)

        response = anonymous.get(URL, {"search": "baker"})

        assert response.json()["count"] == 0
        assert "X-Did-You-Mean" not in response.headers

    def test_only_the_first_four_unknown_words_are_corrected_in_four_ways(self, post):
        post("Engineer Engines", "Gardener", "Manager Manage", "Teacher", "Baker")
        rest = "bakr enginees gardenes managrs techers"

        corrections = SearchQuery(f"enginer gardner managr techer {rest}").corrections()

        assert sorted(query.text for query in corrections) == [
            f"{first} gardener {third} teacher {rest}"
            for first in ("engineer", "engines")
            for third in ("manage", "manager")
        ]

    def test_of_equally_near_words_that_of_more_jobs_is_meant(self, anonymous, post):
        post("Clerk", employer=EmployerFactory(company_name="Exl"))
        post("Excel Trainer", "Analyst with Excel")

        response = anonymous.get(URL, {"search": "exel"})

        assert response.headers["X-Did-You-Mean"] == "excel"
        assert response.json()["count"] == 2

    @pytest.mark.parametrize(
        ("search", "spelling"),
        [
            ("kolln", "Köln"),
            ("driver kölln", "driver Köln"),
            ("lorreal", "Loréal"),
            ("ingenerre", "ingénere"),
            ("cafeteriaa", "cafétéria"),
        ],
    )
    def test_correction_has_the_real_spelling(self, anonymous, post, search, spelling):
        post("Driver", location=Location.objects.create(city="Köln", country="Germany"))
        post("Driver", employer=EmployerFactory(company_name="Loréal"))
        post("Ingénere", "Cook", "Waiter", "Baker", description="Une cafétéria.")
        gather_words()

        response = anonymous.get(URL, {"search": search})

        assert unquote(response.headers["X-Did-You-Mean"]) == spelling
        assert response.json()["count"]

    def test_gathered_word_is_forgotten_when_it_is_rare(self, post):
        post("Cook", "Waiter", "Falafel Cook", description="Hummus with falafel.")
        gather_words()
        words = Suggestion.objects.filter(kind="word", key__in=["hummus", "falafel", "cook"]).order_by("key")
        assert [word.key for word in words.all()] == ["cook", "falafel", "hummus"]

        Job.objects.filter(title="Waiter").update(description="Come.")
        gather_words()

        assert [word.key for word in words.all()] == ["cook", "falafel"]

    def test_title_gets_the_spelling_of_descriptions(self, anonymous, post):
        post("Koln Guide", "Cook", "Waiter", "Baker", description="Köln.")
        Job.objects.filter(title="Koln Guide").delete()
        gather_words()

        assert Suggestion.objects.get(kind="word", key="koln").text == "köln"
        assert unquote(anonymous.get(URL, {"search": "kolln"}).headers["X-Did-You-Mean"]) == "köln"

    @pytest.mark.parametrize(("search", "spelling"), [("saimt", "Saint"), ("mouunt", "Mount"), ("fortt", "Fort")])
    def test_correction_has_no_short_form_of_places(self, anonymous, post, search, spelling):
        post("Driver", location=Location.objects.create(city="Saint Mount Fort", country="Canada"))

        assert anonymous.get(URL, {"search": search}).headers["X-Did-You-Mean"] == spelling

    @pytest.mark.parametrize(
        ("search", "corrected"),
        [
            ("burse", "nurse"),
            ("urse", "nurse"),
            ("anurse", "nurse"),
            ("nusre", "nurse"),
            ("unrse", None),
            ("bursee", None),
            ("mardener", "gardener"),
            ("agrdener", None),
            ("mardenr", None),
        ],
    )
    def test_first_letter_is_corrected_alone(self, anonymous, post, search, corrected):
        post("Nurse", "Gardener")

        assert anonymous.get(URL, {"search": search}).headers.get("X-Did-You-Mean") == corrected

    def test_word_that_is_similar_to_none_finds_nothing(self, anonymous, post):
        post("Baker")

        assert anonymous.get(URL, {"search": "xylophonist"}).json()["count"] == 0

    def test_correction_of_any_alphabet_fits_a_header(self, anonymous, post):
        post("Инженер")

        response = anonymous.get(URL, {"search": "инжинер"})

        assert unquote(response.headers["X-Did-You-Mean"]) == "инженер"
        assert response.headers["X-Did-You-Mean"].isascii()


class TestCurrency:
    """Every change updates the search vector at once."""

    def test_new_name_of_company_category_or_location_is_found(self, found, post):
        post("Chef")
        job = Job.objects.get()

        job.employer.company_name = "Ulysses"
        job.employer.save()
        Category.objects.update(name="Odyssey")
        Location.objects.filter(pk=job.location_id).update(city="Ithaca")

        assert found("ulysses odyssey ithaca") == ["Chef"]
        assert found("jos") == []

    def test_changed_job_is_found_by_its_new_words(self, found, post):
        post("Chef")
        job = Job.objects.get()

        job.title = "Waiter"
        job.location = LocationFactory(city="Ithaca")
        job.save()

        assert found("waiter ithaca") == ["Waiter"]
        assert found("chef") == []

    def test_posted_or_closed_job_shows_at_the_next_request(self, found, post):
        assert found("chef") == []
        post("Chef")
        assert found("chef") == ["Chef"]
        Job.objects.update(is_active=False)
        assert found("chef") == []

    def test_unrelated_change_does_not_write_the_search_vector(self, post):
        post("Chef")
        Job.objects.update(search="'kept'")

        with connection.cursor() as cursor:
            cursor.execute("UPDATE jobs_job SET title = title, is_active = false")

        assert Job.objects.values_list("search", flat=True).get() == "'kept'"


class TestPlaces:
    @pytest.fixture(autouse=True)
    def _jobs(self, post):
        for city, country in [
            ("Lagos", "Nigeria"),
            ("Abeokuta", "Nigeria"),
            ("Malmö", "Sweden"),
            ("Copenhagen", "Denmark"),
        ]:
            post(f"Job in {city}", location=Location.objects.create(city=city, country=country))
        post("Anywhere", description="Work from Lekki or from home.")

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ({"near": "Lagos"}, ["Job in Lagos"]),
            ({"near": "lagos", "radius_km": 100}, ["Job in Lagos", "Job in Abeokuta"]),
            ({"near": "Malmo, Sweden"}, ["Job in Malmö", "Job in Copenhagen"]),
            ({"near": "Malmö", "radius_km": 10}, ["Job in Malmö"]),
            ({"near": "Tokyo"}, []),
            ({"city": "malmo"}, ["Job in Malmö"]),
            ({"location": "Lekki"}, ["Anywhere"]),
            ({"location": "Nowhere at all"}, []),
        ],
    )
    def test_seeker_searches_near_a_city(self, anonymous, query, titles):
        response = anonymous.get(URL, query).json()

        assert {job["title"] for job in response["results"]} == set(titles)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"near": "Xyzzy"}, "near"),
            ({"near": "Lagos", "radius_km": 0}, "radius_km"),
            ({"radius_km": "x"}, "radius_km"),
        ],
    )
    def test_seeker_searches_near_an_unknown_city_and_is_refused(self, anonymous, query, field):
        response = anonymous.get(URL, query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]


class TestSynonyms:
    @pytest.mark.parametrize(
        ("search", "titles"),
        [
            ("zz manager", ["Zero Zone Manager"]),
            ("zz", ["Zero Zone Manager"]),
            ("zero zone", ["Zero Zone Manager", "ZZ Lead"]),
            ('"zz"', ["ZZ Lead"]),
            ("-zz manager", ["Zero Zone Manager"]),
            ("Zone Zero", ["Zero Zone Manager"]),
        ],
    )
    def test_seeker_finds_what_a_synonym_means(self, found, post, search, titles):
        SynonymFactory(name="ZZ", meaning="zero zone")
        post("Zero Zone Manager", "ZZ Lead" if len(titles) == 2 or titles == ["ZZ Lead"] else "Lead", "Zone of Zero")

        assert [title for title in found(search) if title != "Zone of Zero"] == titles

    def test_new_synonym_shows_at_the_next_request(self, found, post):
        post("Zero Zone Manager")
        assert found("zz") == []

        synonym = SynonymFactory(name="zz", meaning="zero zone")
        assert found("zz") == ["Zero Zone Manager"]

        synonym.delete()
        assert found("zz") == []
