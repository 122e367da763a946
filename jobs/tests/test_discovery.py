"""Facets, suggestions, similar jobs."""

import pytest

from accounts.tests.factories import EmployerFactory
from jobs.models import Job, Suggestion
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lagos():
    return LocationFactory(city="Lagos", country="Nigeria")


@pytest.fixture
def market(lagos):
    food, software = CategoryFactory(name="Food"), CategoryFactory(name="Software")
    acme, crust = EmployerFactory(company_name="Acme"), EmployerFactory(company_name="Golden Crust")
    JobFactory(title="Chef", category=food, location=lagos, employer=crust, job_type="remote", description="Cook.")
    JobFactory(title="Head Chef", category=food, location=lagos, employer=crust, description="Cook.")
    JobFactory(title="Engineer", category=software, employer=acme, description="Build.")
    JobFactory(title="Closed Chef", category=food, location=lagos, employer=crust, closed=True)


def counts(facet):
    return {value["name"]: value["count"] for value in facet}


class TestFacets:
    def test_seeker_counts_the_facets_of_a_search(self, anonymous, market, lagos):
        facets = anonymous.get("/api/jobs/facets/?search=chef").json()

        assert facets["count"] == 2
        assert counts(facets["job_type"]) == {"remote": 1, "full-time": 1}
        assert counts(facets["category"]) == {"Food": 2}
        assert facets["location"] == [{"value": str(lagos.pk), "name": "Lagos, Nigeria", "count": 2}]
        assert counts(facets["employer"]) == {"Golden Crust": 2}
        assert facets["without"] == []

    def test_seeker_counts_all_facets_most_frequent_first(self, anonymous, market):
        facets = anonymous.get("/api/jobs/facets/").json()

        assert [value["count"] for value in facets["employer"]] == [2, 1]
        assert facets["employer"][0]["name"] == "Golden Crust"

    def test_facet_is_current_after_a_change(self, anonymous, market):
        anonymous.get("/api/jobs/facets/")
        Job.objects.filter(title="Chef").update(is_active=False)

        assert anonymous.get("/api/jobs/facets/").json()["count"] == 2

    def test_seeker_finds_nothing_and_gets_the_filter_to_drop(self, anonymous, market):
        facets = anonymous.get("/api/jobs/facets/?search=chef&country=Kenya&job_type=full-time").json()

        assert facets["count"] == 0
        assert facets["without"] == [{"filter": "country", "count": 1}]

    @pytest.mark.parametrize(
        ("search", "word"),
        [
            ("engineer quantum", "quantum"),
            ('"quantum leap" engineer', '"quantum leap"'),
            ("quantum", None),
            ("engineer", None),
            ("engineer quantum leap", None),
            ("quantum leap or falcon wing", None),
        ],
    )
    def test_search_without_matches_names_the_word_too_many(self, anonymous, search, word):
        JobFactory(title="Engineer")

        assert anonymous.get("/api/jobs/facets/", {"search": search}).json()["without_word"] == word

    def test_seeker_mistypes_and_gets_the_correction(self, anonymous, market):
        facets = anonymous.get("/api/jobs/facets/?search=enginer").json()

        assert (facets["count"], facets["did_you_mean"]) == (1, "engineer")

    def test_seeker_sends_an_invalid_filter_and_is_refused(self, anonymous):
        assert anonymous.get("/api/jobs/facets/?employer=x").status_code == 400

    def test_only_administrators_count_closed_jobs(self, anonymous, admin, market):
        for client, count in [(anonymous, 2), (admin, 3), (anonymous, 2)]:
            assert client.get("/api/jobs/facets/?category=Food").json()["count"] == count


class TestSuggestions:
    @pytest.mark.parametrize(
        ("typed", "suggested"),
        [
            ("che", (["Chef", "Head Chef"], [], [])),
            ("HEAD ch", (["Head Chef"], [], [])),
            ("cru", ([], ["Golden Crust"], [])),
            ("lag", ([], [], ["Lagos, Nigeria"])),
            ("hef", ([], [], [])),
            ("c", ([], [], [])),
            ("", ([], [], [])),
            ("%%", ([], [], [])),
        ],
    )
    def test_seeker_types_and_gets_suggestions(self, anonymous, market, typed, suggested):
        response = anonymous.get("/api/jobs/suggest/", {"q": typed})

        assert response.json() == dict(zip(("titles", "companies", "places"), suggested, strict=True))

    def test_same_name_is_suggested_once(self, anonymous):
        for state in ("Ohio", "Oregon"):
            location = LocationFactory(city="Portland", state=state, country="USA")
            JobFactory(employer=EmployerFactory(company_name="Porter"), location=location)

        response = anonymous.get("/api/jobs/suggest/", {"q": "port"}).json()

        assert (response["companies"], response["places"]) == (["Porter"], ["Portland, USA"])

    def test_closed_or_renamed_job_is_no_longer_suggested(self, anonymous, market):
        job = Job.objects.get(title="Engineer")
        job.employer.company_name = "Beta"
        job.employer.save()
        Job.objects.filter(title="Chef").update(is_active=False)

        def suggested(typed):
            return anonymous.get("/api/jobs/suggest/", {"q": typed}).json()

        assert suggested("chef")["titles"] == ["Head Chef"]
        assert suggested("acme")["companies"] == []
        assert suggested("beta")["companies"] == ["Beta"]

    def test_erased_company_is_no_longer_suggested(self, market):
        job = Job.objects.get(title="Engineer")
        assert Suggestion.objects.filter(kind="company", text="Acme").exists()

        job.delete()
        job.employer.delete()

        assert not Suggestion.objects.filter(kind="company", text="Acme").exists()

    def test_too_long_text_is_refused(self, anonymous):
        assert anonymous.get("/api/jobs/suggest/", {"q": "x" * 101}).status_code == 400


class TestSimilarJobs:
    def test_seeker_sees_open_jobs_of_the_category_most_similar_first(self, anonymous, market, lagos):
        food = Job.objects.get(title="Chef").category
        JobFactory(title="Sous Chef de Cuisine", category=food)
        JobFactory(title="Waiter", category=food)
        job = JobFactory(title="Chef de Cuisine", category=food, location=lagos)

        response = anonymous.get(f"/api/jobs/{job.pk}/similar/").json()

        titles = [row["title"] for row in response["results"]]
        assert response["count"] == 4
        assert titles[0] == "Sous Chef de Cuisine"
        assert set(titles) == {"Sous Chef de Cuisine", "Chef", "Head Chef", "Waiter"}
        assert titles[-1] == "Waiter"

    def test_seeker_expands_similar_jobs(self, anonymous, market):
        job = Job.objects.get(title="Chef")

        response = anonymous.get(f"/api/jobs/{job.pk}/similar/?expand=location").json()

        assert [row["location_details"]["city"] for row in response["results"]] == ["Lagos"]

    def test_similar_jobs_of_a_hidden_job_are_not_found(self, anonymous, market):
        job = Job.objects.get(title="Closed Chef")

        assert anonymous.get(f"/api/jobs/{job.pk}/similar/").status_code == 404


def test_no_other_search_is_tried_after_the_time_for_retries(anonymous, market, settings):
    settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | {"retry_seconds": -1}

    facets = anonymous.get("/api/jobs/facets/?search=enginer&country=Kenya").json()

    assert (facets["count"], facets["did_you_mean"], facets["without"]) == (0, None, [])
