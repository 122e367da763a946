"""Lists of jobs: order, pages, filters and search."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Func, IntegerField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import CurrencyRate, Job
from jobs.searching import listing
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

URL = "/api/jobs/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(anonymous):
    """Return a function that lists the titles of the matches."""

    def titles(query="", **parameters):
        response = anonymous.get(f"{URL}?{query or urlencode(parameters, doseq=True)}")
        assert response.status_code == 200, response.json()
        body = response.json()
        assert body["count"] == len(body["results"])
        return [row["title"] for row in body["results"]]

    return titles


@pytest.fixture
def market():
    """Three jobs that differ in everything, posted a day apart, newest last."""
    now = timezone.now()
    for age, title, job_type, category, place in [
        (3, "Chef", "part-time", "Food", ("Lagos", "Lagos State", "Nigeria")),
        (2, "Engineer", "full-time", "Software", ("Nairobi", "", "Kenya")),
        (1, "Designer", "remote", "Art", ("Abuja", "FCT", "Nigeria")),
    ]:
        city, state, country = place
        JobFactory(
            title=title,
            description="Come and work.",
            job_type=job_type,
            category=CategoryFactory(name=category),
            location=LocationFactory(city=city, state=state, country=country),
            employer__company_name=f"{title} Ltd",
            posted_at=now - timedelta(days=age),
            expires_at=now + timedelta(days=10 * age),
        )


class TestOrder:
    def test_anonymous_lists_open_jobs_newest_first(self, listed, market):
        JobFactory(closed=True)
        JobFactory(expired=True)

        assert listed() == ["Designer", "Engineer", "Chef"]

    @pytest.mark.parametrize(
        ("ordering", "titles"),
        [
            ("posted_at", ["Chef", "Engineer", "Designer"]),
            ("-posted_at", ["Designer", "Engineer", "Chef"]),
            ("expires_at", ["Designer", "Engineer", "Chef"]),
            ("title", ["Chef", "Designer", "Engineer"]),
            ("-title", ["Engineer", "Designer", "Chef"]),
            ("", ["Designer", "Engineer", "Chef"]),
        ],
    )
    def test_anonymous_orders_the_list(self, listed, market, ordering, titles):
        assert listed(ordering=ordering) == titles

    @pytest.mark.parametrize("ordering", ["expires_at", "-expires_at"])
    def test_job_that_expires_today_at_midnight_is_in_the_list_ordered_by_expiry(self, listed, ordering):
        midnight = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        JobFactory(title="Today", expires_at=midnight)
        JobFactory(title="Yesterday", expires_at=midnight - timedelta(days=1))

        assert listed(ordering=ordering) == ["Today"]

    @pytest.mark.parametrize("ordering", ["expires_at", "-expires_at"])
    def test_admin_also_orders_jobs_that_expired_long_ago(self, admin, market, ordering):
        JobFactory(title="Long ago", expires_at=timezone.now() - timedelta(days=99))

        titles = [row["title"] for row in admin.get("/api/jobs/", {"ordering": ordering}).json()["results"]]

        assert titles[0 if ordering == "expires_at" else -1] == "Long ago"

    @pytest.mark.parametrize("deep", [0, 200])
    @pytest.mark.parametrize("ordering", ["", "posted_at", "-posted_at", "title", "-expires_at", "salary", "-salary"])
    def test_anonymous_pages_through_every_job_once(self, anonymous, settings, ordering, deep):
        settings.JOB_SEARCH_LIMITS = settings.JOB_SEARCH_LIMITS | {"deep_offset": deep}
        same = {"posted_at": timezone.now(), "expires_at": datetime(2090, 1, 1, tzinfo=UTC), "title": "Same"}
        for number, salary_range in [(6, "$50,000"), (5, "")]:
            JobFactory.create_batch(
                number, location=LocationFactory(), category=CategoryFactory(), salary_range=salary_range, **same
            )
        url = f"http://testserver{URL}?page_size=2&ordering={ordering}"

        seen = []
        while url:
            page = anonymous.get(url).json()
            seen += [row["job_id"] for row in page["results"]]
            url = page["next"]

        assert seen == [
            row["job_id"] for row in anonymous.get(f"{URL}?page_size=200&ordering={ordering}").json()["results"]
        ]
        assert len(seen) == 11
        assert set(seen) == {str(key) for key in Job.objects.values_list("pk", flat=True)}

    def test_anonymous_gets_pages_of_twenty_and_at_most_two_hundred_jobs(self, anonymous):
        JobFactory.create_batch(201, location=LocationFactory(), category=CategoryFactory())

        for query, rows in [("", 20), ("page_size=3", 3), ("page_size=200", 200), ("page_size=1000000", 200)]:
            response = anonymous.get(f"{URL}?{query}").json()
            assert (response["count"], len(response["results"])) == (201, rows)

        first = anonymous.get(f"{URL}?job_type=full-time&page_size=100").json()
        second = anonymous.get(first["next"]).json()
        assert first["previous"] is None
        assert first["next"] == f"http://testserver{URL}?job_type=full-time&page=2&page_size=100"
        assert second["previous"] == f"http://testserver{URL}?job_type=full-time&page_size=100"
        assert len(anonymous.get(second["next"]).json()["results"]) == 1

    @pytest.mark.parametrize("page", ["0", "-1", "abc", "2", "1000000000000000000000", "1.5", "\x00"])
    def test_anonymous_requests_a_missing_page_and_gets_404(self, anonymous, market, page):
        response = anonymous.get(URL, {"page": page})

        assert response.status_code == 404
        assert response.json()["status"] == "error"

    @pytest.mark.parametrize("size", ["0", "-1", "abc"])
    def test_anonymous_requests_an_invalid_page_size_and_is_refused(self, anonymous, size):
        response = anonymous.get(f"{URL}?page_size={size}")

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["page_size"]

    def test_anonymous_requests_an_empty_page_size_and_gets_the_default(self, listed, market):
        assert len(listed(page_size="")) == 3


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("job_type=remote", ["Designer"]),
            ("job_type=remote&job_type=part-time", ["Designer", "Chef"]),
            ("job_type=contract", []),
            ("category=Food", ["Chef"]),
            ("category=food", ["Chef"]),
            ("category=Food&category=software", ["Engineer", "Chef"]),
            ("category=Nothing", []),
            ("location=Lagos", ["Chef"]),
            ("location=fct", ["Designer"]),
            # Words of no place: neither exclusions nor alternatives.
            ("location=-nowhere", []),
            ("location=nowhere+or+-elsewhere", []),
            ("location=nigeria", ["Designer", "Chef"]),
            ("location=Abuja,+Nigeria", ["Designer"]),
            ("location=Lagos,+Kenya", []),
            ("city=nairobi", ["Engineer"]),
            ("city=nair", []),
            ("country=NIGERIA", ["Designer", "Chef"]),
            ("country=Nigeria&city=Lagos&job_type=part-time&category=Food", ["Chef"]),
            ("country=Nigeria&job_type=full-time", []),
            ("search=engineer&country=Kenya", ["Engineer"]),
            ("search=engineer&country=Nigeria", []),
        ],
    )
    def test_anonymous_filters_the_list(self, listed, market, query, titles):
        assert listed(query) == titles

    def test_anonymous_filters_by_id(self, listed, market):
        chef, engineer = Job.objects.get(title="Chef"), Job.objects.get(title="Engineer")

        assert listed(category=chef.category_id) == ["Chef"]
        assert listed(category=[str(chef.category_id), "Software"]) == ["Engineer", "Chef"]
        assert listed(location=engineer.location_id) == ["Engineer"]
        assert listed(employer=engineer.employer_id) == ["Engineer"]
        assert listed(employer=uuid4()) == listed(category=uuid4()) == listed(location=uuid4()) == []

    def test_anonymous_filters_by_the_time_of_posting(self, listed, market):
        posted = Job.objects.get(title="Engineer").posted_at
        early, late = posted - timedelta(hours=1), posted + timedelta(hours=1)

        assert listed(posted_after=early.isoformat()) == ["Designer", "Engineer"]
        assert listed(posted_before=late.isoformat()) == ["Engineer", "Chef"]
        assert listed(posted_after=early.isoformat(), posted_before=late.isoformat()) == ["Engineer"]
        assert listed(posted_after=posted.isoformat(), posted_before=posted.isoformat()) == ["Engineer"]
        assert listed(posted_after="2020-01-01") == ["Designer", "Engineer", "Chef"]
        assert listed(posted_before="2020-01-01T00:00:00Z") == []

    @pytest.mark.parametrize(
        "query",
        [
            "job_type=",
            "job_type=&category=&location=&city=&country=&employer=&posted_after=&posted_before=&search=&ordering=&expand=",
            "category=&category=",
            "search=++",
            "colour=blue",
            "title=Chef",
            "is_active=false",
            "employer__user__email=x",
        ],
    )
    def test_anonymous_sends_empty_and_unknown_parameters_and_they_are_ignored(self, listed, market, query):
        assert listed(query) == ["Designer", "Engineer", "Chef"]

    def test_anonymous_sends_an_empty_value_with_another_and_it_is_ignored(self, listed, market):
        assert listed("job_type=&job_type=remote") == ["Designer"]
        assert listed("category=&category=Food") == ["Chef"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("job_type", "volunteer"),
            ("job_type", "remotely"),
            ("employer", "microsoft"),
            ("employer", "1"),
            ("posted_after", "yesterday"),
            ("posted_after", "2020-02-31"),
            ("posted_before", "2020-13-01T00:00:00Z"),
            ("ordering", "salary_range"),
            ("ordering", "employer__user__password"),
            ("ordering", "title,colour"),
            ("search", "a\x00b"),
            ("search", "x" * 201),
            ("category", "a\x00b"),
            ("location", "a\x00b"),
            ("city", "\x00"),
            ("country", "\x00"),
            ("job_type", "\x00"),
        ],
    )
    def test_anonymous_sends_an_invalid_filter_and_is_refused(self, anonymous, market, field, value):
        response = anonymous.get(URL, {field: value})

        assert response.status_code == 400, response.json()
        assert list(response.json()["errors"]) == [field]

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01"])
    @pytest.mark.parametrize("field", ["posted_after", "posted_before"])
    def test_anonymous_filters_by_extreme_timestamps(self, anonymous, market, field, moment):
        assert anonymous.get(URL, {field: moment}).status_code in {200, 400}

    @pytest.mark.parametrize(
        "text", ["' OR 1=1 --", "); DROP TABLE jobs_job; --", "%", "_", "\\", "%%%", "💥", "Ω" * 200]
    )
    def test_anonymous_searches_and_filters_for_sql_and_wildcards(self, listed, market, text):
        assert listed(search=text) == listed(category=text) == listed(location=text) == listed(city=text) == []


class TestSearch:
    @pytest.fixture(autouse=True)
    def _job(self):
        JobFactory(
            title="Senior Baker",
            description="We bake bread, not cake.",
            employer__company_name="Golden Crust",
            category=CategoryFactory(name="Food & Drink"),
            location=LocationFactory(city="Abeokuta"),
        )
        JobFactory(title="Pilot", description="We fly.", category=CategoryFactory(name="Travel"))

    @pytest.mark.parametrize("word", ["baker", "bread", "crust", "drink", "abeokuta"])
    @pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
    def test_anonymous_finds_a_word_in_any_field_and_spelling(self, listed, word, spell):
        assert listed(search=spell(word)) == ["Senior Baker"]

    @pytest.mark.parametrize("text", ["baker abeokuta", "golden  bread", "crust senior drink"])
    def test_anonymous_finds_words_in_different_fields(self, listed, text):
        assert listed(search=text) == ["Senior Baker"]

    @pytest.mark.parametrize("text", ["baker pilot", "baker lagos", "nonsense"])
    def test_anonymous_finds_nothing_when_a_word_is_missing(self, listed, text):
        assert listed(search=text) == []

    def test_anonymous_finds_open_jobs_only(self, listed):
        Job.objects.update(is_active=False)

        assert listed(search="baker") == []


@pytest.fixture
def salaries():
    for title, salary_range in [
        ("Annual", "$80,000 - $100,000"),
        ("Hourly", "$20/hour"),
        ("Open-ended", "from $60,000"),
        ("Silent", "negotiable"),
    ]:
        JobFactory(title=title, salary_range=salary_range)


@pytest.mark.parametrize(
    ("parameters", "titles"),
    [
        ({"salary_min": 90_000}, {"Annual", "Open-ended"}),
        ({"salary_min": 100_001}, {"Open-ended"}),
        ({"salary_max": 50_000}, {"Hourly"}),
        ({"salary_max": 80_000}, {"Annual", "Hourly", "Open-ended"}),
        ({"salary_min": 41_600, "salary_max": 41_600}, {"Hourly"}),
        ({"salary_min": 90_000, "include_unspecified": "true"}, {"Annual", "Open-ended", "Silent"}),
        ({"salary_min": "", "salary_max": ""}, {"Annual", "Hourly", "Open-ended", "Silent"}),
        ({"include_unspecified": "false"}, {"Annual", "Hourly", "Open-ended", "Silent"}),
    ],
)
def test_anonymous_filters_by_yearly_pay(listed, salaries, parameters, titles):
    assert set(listed(**parameters)) == titles


def test_anonymous_orders_by_pay_with_unspecified_pay_last(listed, salaries):
    assert listed(ordering="salary")[:2] == ["Hourly", "Annual"]
    assert listed(ordering="-salary")[:2] == ["Annual", "Hourly"]
    assert listed(ordering="salary", salary_min=20_000)[:2] == ["Hourly", "Annual"]
    assert listed(ordering="-salary", salary_min=20_000, salary_max=80_000)[:2] == ["Annual", "Hourly"]
    assert listed(ordering="salary", salary_min=90_000)[0] == "Annual"


def test_changed_salary_text_changes_the_matches_of_the_filter(listed, salaries, client_for):
    # Tests with transactions of their own delete what migrations wrote.
    CurrencyRate.objects.all().delete()
    CurrencyRate.objects.bulk_create(CurrencyRate(currency=key, per_dollar=1) for key in ("USD", "EUR"))
    job = Job.objects.get(title="Silent")
    assert job.employer
    client_for(job.employer.user).patch(f"{URL}{job.pk}/", {"salary_range": "€200k"})

    assert set(listed(salary_min=150_000)) == {"Open-ended", "Silent"}


class TestCountingThatTakesTooLong:
    """With timeouts of 20 ms, which every row takes; the list then has `uncounted_jobs`."""

    @pytest.fixture(autouse=True)
    def _slow(self, monkeypatch, settings):
        for name in ("Cook", "Chef", "Baker", "Chef", "Waiter"):
            JobFactory(title=name, description="Roses")
        counted = listing._count_each

        def count_slowly(selections):
            slept = Func(
                0.02,
                function="pg_sleep",
                template="num_nonnulls(%(function)s(%(expressions)s))",
                output_field=IntegerField(),
            )
            return counted([jobs.alias(slept=slept).filter(slept=1) for jobs in selections])

        monkeypatch.setattr(listing, "_count_each", count_slowly)
        timeouts = dict.fromkeys(("search_count_ms", "filter_count_ms", "tier_count_ms"), 20)
        settings.JOB_SEARCH_LIMITS = {**timeouts, "uncounted_jobs": 4, "uncounted_facet_jobs": 3}

    @pytest.mark.parametrize(
        "query", ["", "search=roses", "search=-pilot", "search=roses+-pilot", "search=ros&ordering=title"]
    )
    def test_anonymous_pages_through_a_list_of_limited_length(self, anonymous, query):
        pages = [anonymous.get(f"{URL}?page_size=2&page={page}&{query}") for page in (1, 2, 3)]

        assert [page.status_code for page in pages] == [200, 200, 404]
        assert [page.json()["count"] for page in pages[:2]] == [4, 4]
        assert len({row["job_id"] for page in pages[:2] for row in page.json()["results"]}) == 4

    @pytest.mark.parametrize(("query", "count"), [("search=chef", 2), ("search=nothing", 0)])
    def test_short_list_is_counted_in_spite_of_the_timeout(self, anonymous, query, count):
        page = anonymous.get(f"{URL}?{query}").json()

        assert page["count"] == len(page["results"]) == count

    @pytest.mark.parametrize("query", ["search=chef", "search=roses"])
    def test_timeouts_end_with_the_count_within_a_transaction(self, anonymous, query):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '7s'")
            anonymous.get(f"{URL}?{query}")
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("7s",)

    def test_facets_count_the_newest_jobs(self, anonymous):
        facets = anonymous.get(f"{URL}facets/?search=roses").json()

        assert (facets["count"], sum(value["count"] for value in facets["job_type"])) == (4, 3)


class TestParameters:
    @pytest.fixture
    def types(self, db):
        for job_type in ("remote", "contract", "internship"):
            JobFactory(job_type=job_type)

    @pytest.mark.parametrize(
        "query",
        [
            "job_type=remote&job_type=contract",
            "job_type=remote,contract",
            "job_type[]=remote&job_type[]=contract",
            "job_type%5B%5D=remote,&job_type=Contract",
            "job_type=Remote,%20CONTRACT",
        ],
    )
    def test_anonymous_asks_for_two_types_in_any_way(self, anonymous, types, query):
        for url in (f"{URL}?{query}", f"{URL}?{query}&ordering=title"):
            found = {row["job_type"] for row in anonymous.get(url).json()["results"]}
            assert found == {"remote", "contract"}

    def test_anonymous_asks_for_an_unknown_type_in_brackets_and_is_refused(self, anonymous, types):
        assert list(anonymous.get(f"{URL}?job_type[]=remote,sailor").json()["errors"]) == ["job_type"]

    def test_facets_tell_what_a_filter_in_brackets_costs(self, anonymous, types):
        facets = anonymous.get(f"{URL}facets/?job_type[]=temporary").json()

        assert facets["count"] == 0
        assert facets["without"] == [{"filter": "job_type", "count": 3}]

    @pytest.mark.parametrize(
        "query", ["category=Sales, Retail&category=Art", "category[]=Sales, Retail&category[]=Art"]
    )
    def test_anonymous_asks_for_categories_whose_names_have_commas(self, anonymous, db, query):
        for name in ("Sales, Retail", "Art", "Sales", "Retail"):
            JobFactory(category=CategoryFactory(name=name))

        rows = anonymous.get(f"{URL}?{query}&expand=category").json()["results"]

        assert {row["category_details"]["name"] for row in rows} == {"Sales, Retail", "Art"}
        # Not the cached count of another request.
        assert anonymous.get(f"{URL}?category[]=Art").json()["count"] == 1
        assert anonymous.get(URL).json()["count"] == 4

    @pytest.mark.parametrize(
        "query", ["ordering=title,-salary", "ordering=title&ordering=-salary", "ordering[]=title&ordering[]=-salary"]
    )
    def test_anonymous_asks_for_two_orders_in_any_way(self, anonymous, db, query):
        for title, salary in (("B", "$1"), ("a", "$10,000"), ("A", "$20,000"), ("a", "$30,000")):
            JobFactory(title=title, salary_range=salary)

        rows = anonymous.get(f"{URL}?{query}").json()["results"]

        assert [(row["title"], row["salary_range"]) for row in rows] == [
            *(("A", "$20,000"), ("a", "$30,000"), ("a", "$10,000"), ("B", "$1")),
        ]

    @pytest.mark.parametrize(
        "query", ["expand=state,location", "expand=state&expand=location", "expand[]=state&expand[]=location"]
    )
    def test_anonymous_expands_in_any_way(self, anonymous, types, query):
        row = anonymous.get(f"{URL}?{query}").json()["results"][0]

        assert list(row)[-3:] == ["location_details", "state", "closes_at"]

    def test_order_by_relevance_first_still_skips_jobs_that_expired_long_ago(self, anonymous, types):
        with CaptureQueriesContext(connection) as queries:
            anonymous.get(f"{URL}?ordering=relevance,expires_at")

        assert any('"expires_at" >' in query["sql"] for query in queries)

    def test_titles_are_ordered_without_regard_to_case_and_accents(self, anonymous, db):
        for title in ("zebra", "Érable", "Banana", "apple"):
            JobFactory(title=title)

        def titles(ordering):
            return [row["title"] for row in anonymous.get(f"{URL}?ordering={ordering}").json()["results"]]

        assert titles("title") == ["apple", "Banana", "Érable", "zebra"]
        assert titles("-title") == ["zebra", "Érable", "Banana", "apple"]

    def test_search_ignores_invisible_letters(self, anonymous, types):
        JobFactory(title="Welder")

        assert anonymous.get(URL, {"search": "\ufeffWel\u00adder\u200b"}).json()["count"] == 1


class TestDays:
    @pytest.fixture
    def day(self, db):
        """Jobs around the 31st of January 2026 (UTC)."""
        for moment in (
            "2026-01-30T23:59:59.999999Z",
            "2026-01-31T00:00:00Z",
            "2026-01-31T23:59:59.999999Z",
            "2026-02-01T00:00:00Z",
        ):
            job = JobFactory()
            Job.objects.filter(pk=job.pk).update(posted_at=moment)

    @pytest.mark.parametrize(
        ("after", "before", "count"),
        [
            ("2026-01-31", "2026-01-31", 2),
            ("2026-01-31", "2026-01-31T00:00:00Z", 1),
            ("2026-01-31T00:00:00Z", "2026-01-31T12:00:00Z", 1),
            ("2026-01-30", "2026-01-31", 3),
            ("2026-02-01", "9999-12-31", 1),
        ],
    )
    def test_anonymous_asks_for_a_day_and_gets_all_of_it(self, anonymous, day, after, before, count):
        assert anonymous.get(URL, {"posted_after": after, "posted_before": before}).json()["count"] == count

    @pytest.mark.parametrize("field", ["posted_after", "posted_before"])
    def test_anonymous_asks_for_a_day_that_does_not_exist_and_is_told_so(self, anonymous, db, field):
        response = anonymous.get(URL, {field: "2027-02-29"})

        assert response.json()["errors"] == {field: ["The day 2027-02-29 does not exist."]}


@pytest.mark.parametrize("page", ["last", "first", "LAST", "1.0"])
def test_page_that_is_no_number_does_not_exist(anonymous, db, page):
    JobFactory()

    assert anonymous.get(URL, {"page": page}).status_code == 404
