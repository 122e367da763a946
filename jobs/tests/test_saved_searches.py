"""Saved searches: checked and normalized by the filter of the list, twenty at most, planned by the caller's clock."""

from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.services import change_settings
from accounts.tests.factories import JobSeekerFactory
from anywork.testing.concurrency import at_once, wait_until_waited_for
from jobs.filters import JobFilter
from jobs.saving.models import SavedSearch, SearchRun
from jobs.saving.runs import find_new_jobs, run_once_a_day
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SavedSearchFactory

URL = "/api/saved-searches/"
SETTINGS = "/api/auth/me/settings/"

pytestmark = pytest.mark.django_db

# Of today, or the tokens of the callers would have expired.
NINE = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


def in_days(days: int) -> datetime:
    """Return eight o'clock."""
    return NINE + timedelta(days=days, hours=-1)


def save(client: Any, query: str = "search=engineer", **fields: str) -> Any:
    return client.post(URL, {"name": "Mine", "query": query, **fields})


class TestSaving:
    def test_seeker_saves_a_search_changes_and_deletes_it(self, seeker):
        response = save(seeker, "city=Lagos&search=Engineer&page=2&expand=state&ordering=title&unknown=1")

        search = SavedSearch.objects.get()
        body = {
            "saved_search_id": str(search.pk),
            "name": "Mine",
            "query": "search=engineer&city=lagos",
            "frequency": "daily",
            "created_at": search.created_at.isoformat().replace("+00:00", "Z"),
        }
        assert (response.status_code, response.json()) == (201, body)
        assert seeker.get(URL).json()["results"] == [body]
        url = f"{URL}{search.pk}/"
        assert seeker.patch(url, {"frequency": "weekly"}).json() == {**body, "frequency": "weekly"}
        put = {"name": "Other", "query": "", "frequency": "off"}
        assert seeker.put(url, put).json() == {**body, **put}
        assert seeker.delete(url).status_code == 204
        assert seeker.get(URL).json()["count"] == 0

    @pytest.mark.parametrize(
        "query",
        [
            "employer=nothing",
            "near=Nowhereville",
            "salary_currency=XXY&posted_after=2027-02-29",
            "search=a%00b",
            "job_type=slavery",
            "search=-one or two",
            "ordering=colour",
            "salary_min=-1e999999&salary_max=1e-20000",
            "salary_min=many&include_unspecified=maybe",
        ],
    )
    def test_query_is_refused_with_the_errors_of_the_list(self, seeker, anonymous, query):
        of_list = anonymous.get(f"/api/jobs/?{query}")

        response = save(seeker, query)

        assert (of_list.status_code, response.status_code) == (400, 400)
        errors = {f"query.{field}": problems for field, problems in of_list.json()["errors"].items()}
        assert response.json()["errors"] == errors
        assert not SavedSearch.objects.exists()

    @pytest.mark.parametrize("body", [{}, {"query": 1}, {"query": "a=" * 1_001}, {"query": "&" * 2_000}])
    def test_query_is_needed_as_a_short_text(self, seeker, body):
        assert seeker.post(URL, {"name": "Mine", **body}, format="json").status_code == 400

    def test_frequency_is_known(self, seeker):
        assert save(seeker, frequency="hourly").status_code == 400

    def test_seeker_saves_twenty_and_no_more(self, seeker):
        for _ in range(20):
            assert save(seeker).status_code == 201

        response = save(seeker)

        assert (response.status_code, response.json()["code"]) == (409, "limit_reached")
        assert SavedSearch.objects.count() == 20

    @pytest.mark.django_db(transaction=True)
    def test_seeker_saves_the_last_ones_at_once_and_has_twenty(self, seeker):
        SavedSearchFactory.create_batch(18, job_seeker=seeker.user.job_seeker)

        responses = at_once(*[partial(save, seeker)] * 6)

        assert sorted(response.status_code for response in responses) == [201, 201, 409, 409, 409, 409]
        assert SavedSearch.objects.count() == 20

    def test_seeker_sees_the_own_alone(self, seeker):
        url = f"{URL}{SavedSearchFactory().pk}/"

        assert seeker.get(URL).json()["count"] == 0
        for response in (seeker.get(url), seeker.patch(url, {"name": "Mine"}), seeker.delete(url)):
            assert response.status_code == 404


def normalized(query: str) -> str:
    filters = JobFilter(QueryDict(query))
    assert filters.is_valid(), filters.errors
    return filters.normalized


class TestNormalizing:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("search=Python&city=Lagos", "city=lagos&search=python&page=3"),
            ("job_type=contract&job_type=full-time", "job_type[]=FULL-TIME,contract,contract"),
            ("category=B&category=a", "category=A&category=b&ordering=title"),
            ("salary_min=50000", "salary_min=50000.00"),
            ("posted_after=2027-01-31", "posted_after=2027-01-31T01:00:00%2B01:00"),
            ("include_unspecified=true&salary_max=1", "salary_max=1.0&include_unspecified=1"),
            ("", "include_unspecified=false&search=&city=%20"),
        ],
    )
    def test_equal_searches_have_one_form(self, one, other):
        assert normalized(one) == normalized(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("search=python", "search=python%20"),
            ("salary_min=0", ""),
            ("city=a", "country=a"),
            ("category=a,b", "category=a&category=b"),
            ("posted_before=2027-01-31", "posted_before=2027-01-31T00:00:00Z"),
        ],
    )
    def test_different_searches_have_two(self, one, other):
        assert normalized(one) != normalized(other)

    @pytest.mark.parametrize(
        "query",
        [
            "search=%22a%20b%22+-c+or+d+&near=Lagos&radius_km=20.50",
            "category=%C3%84rzte&location=%C4%B0stanbul,+T%C3%BCrkiye",
            "salary_currency=eur&salary_min=1e3&salary_max=100000&include_unspecified=1",
            "posted_before=2027-01-31&posted_after=2027-01-01T00:00:00.5Z&workplace=remote,hybrid",
            "employer=8B6C295A-4EAA-47F5-964E-6C2EFEB35ED5&search=%2B%26%3D%3F",
        ],
    )
    def test_the_form_means_the_same_and_is_its_own_form(self, query):
        first = JobFilter(QueryDict(query))
        again = JobFilter(QueryDict(normalized(query)))
        assert first.is_valid()
        assert again.is_valid()
        assert again.normalized == first.normalized
        for name, value in first.form.cleaned_data.items():
            same = again.form.cleaned_data[name]
            if isinstance(value, list):
                assert sorted(value) == sorted(same)
            else:
                assert value == same or str(same).lower() == str(value).lower(), name


class TestRuns:
    def found(self, query: str, since: datetime | None = None) -> set[Any]:
        since = since or timezone.now() - timedelta(days=1)
        return {key for key, _ in find_new_jobs(query, since=since, until=timezone.now())}

    def test_find_what_the_list_finds_among_the_new_jobs(self, anonymous):
        lagos, law = LocationFactory(city="Lagos"), CategoryFactory(name="Law")
        now = timezone.now()
        for number in range(12):
            JobFactory(
                title=("Python engineer", "Cook", "Rose gardener")[number % 3],
                **({"location": lagos} if number % 2 else {}),
                **({"category": law} if number % 4 == 0 else {}),
                posted_at=now - timedelta(hours=6 * number),
                closed=number == 2,
            )
        since = now - timedelta(hours=20)
        stamp = since.isoformat().replace("+", "%2B")
        for query in (
            "",
            "search=engineer",
            "search=pyhton",
            "search=engi",
            "search=-engineer",
            "search=engineer or gardener",
            "city=lagos&search=cook",
            "category=law",
            "location=Lagos, Nigeria",
            "near=Lagos&search=gardener",
            "salary_min=50000&salary_currency=usd",
        ):
            listed = anonymous.get(f"/api/jobs/?{query}&posted_after={stamp}&page_size=200").json()["results"]
            assert {str(key) for key in self.found(query, since)} == {row["job_id"] for row in listed}, query

    def test_do_not_correct_a_word_of_which_the_list_finds_older_jobs(self):
        JobFactory(title="Lahrer", posted_at=timezone.now() - timedelta(days=5))
        JobFactory(title="Lehrer")
        assert self.found("search=lahrer") == set()

    def test_correct_a_word_that_no_job_has(self):
        job = JobFactory(title="Gardener")
        assert self.found("search=gardenar") == {job.pk}

    def test_change_no_count_of_the_list(self, anonymous):
        JobFactory(title="Cook", posted_at=timezone.now() - timedelta(days=5))
        self.found("search=cook")
        assert anonymous.get("/api/jobs/?search=cook").json()["count"] == 1

    def test_keep_ten_of_a_company_and_count_all(self):
        busy = JobFactory.create_batch(12, employer=JobFactory().employer)
        other = JobFactory()
        since = timezone.now() - timedelta(days=1)

        found = find_new_jobs("", since=since, until=timezone.now())

        assert {total for _, total in found} == {14}
        keys = [key for key, _ in found]
        assert keys[0] == other.pk
        assert len(set(keys) & {job.pk for job in busy}) == 10 == len(keys) - 1

    def test_find_nothing_by_a_query_that_became_invalid(self):
        JobFactory()
        assert self.found("near=atlantis") == set()

    def test_happen_once_a_day_for_equal_queries_and_go_on_where_the_last_ended(self, monkeypatch):
        clock = datetime(2027, 3, 1, 9, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: clock)
        one, two = SavedSearchFactory.create_batch(2, query="search=cook")
        clock += timedelta(days=1)
        run_once_a_day(one)
        clock += timedelta(hours=5)
        run_once_a_day(two)
        [first] = SearchRun.objects.all()
        assert (first.since, first.until) == (
            datetime(2027, 3, 1, 9, tzinfo=UTC),
            datetime(2027, 3, 2, 8, 58, tzinfo=UTC),
        )

        clock += timedelta(hours=10)
        for search in (one, two):
            search.told_until = first.until
            search.save()
        run_once_a_day(two)

        second = SearchRun.objects.get(day="2027-03-03")
        assert second.since == first.until

    @pytest.mark.django_db(transaction=True)
    def test_of_two_workers_at_once_are_one(self):
        search = SavedSearchFactory(query="")
        SavedSearch.objects.update(told_until=timezone.now() - timedelta(days=1))
        JobFactory(posted_at=timezone.now() - timedelta(hours=1))

        at_once(*[partial(run_once_a_day, search)] * 4)

        assert [len(run.jobs) for run in SearchRun.objects.all()] == [1]


class TestSettings:
    def test_user_reads_and_changes_the_time_of_alerts(self, seeker):
        default = {"time_zone": "UTC", "alert_hour": 8}
        assert seeker.get(SETTINGS).json() == {"status": "success", "message": "Your settings", "data": default}

        response = seeker.patch(SETTINGS, {"time_zone": "Africa/Lagos"})

        data = {**default, "time_zone": "Africa/Lagos"}
        assert response.json() == {"status": "success", "message": "Settings changed", "data": data}
        assert seeker.patch(SETTINGS, {"alert_hour": 0}).json()["data"] == {**data, "alert_hour": 0}
        assert seeker.get(SETTINGS).json()["data"] == {**data, "alert_hour": 0}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("time_zone", zone) for zone in ("Lagos", "", "UTC+1", "localtime", "../etc/passwd", None, 1, "Z" * 65)),
            *(("alert_hour", hour) for hour in (-1, 24, None, "noon", 1.5)),
        ],
    )
    def test_user_gives_only_known_zones_and_hours(self, seeker, field, value):
        response = seeker.patch(SETTINGS, {field: value}, format="json")
        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_change_moves_the_next_alerts_of_the_caller_alone(self, seeker, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: NINE)
        save(seeker)
        save(seeker, frequency="weekly")
        other = SavedSearchFactory()
        before = list(SavedSearch.objects.order_by("alert_at").values_list("alert_at", flat=True))
        assert before == [in_days(1), in_days(1), in_days(7)]

        seeker.patch(SETTINGS, {"time_zone": "Asia/Kolkata", "alert_hour": 20})

        own = SavedSearch.objects.visible_to(seeker.user).order_by("alert_at")
        assert [search.alert_at - timedelta(hours=6, minutes=30) for search in own] == [in_days(1), in_days(7)]
        other.refresh_from_db()
        assert other.alert_at == before[0]

    @pytest.mark.django_db(transaction=True)
    def test_changes_of_zone_and_hour_at_once_both_count(self, seeker):
        search = SavedSearchFactory(job_seeker=seeker.user.job_seeker)
        is_changed = Event()

        def change_zone():
            with transaction.atomic():
                change_settings(user=User.objects.get(pk=seeker.user.pk), time_zone="Asia/Kolkata")
                is_changed.set()
                wait_until_waited_for()

        def change_hour():
            is_changed.wait(timeout=20)
            return seeker.patch(SETTINGS, {"alert_hour": 20}).json()["data"]

        assert at_once(change_zone, change_hour)[1] == {"time_zone": "Asia/Kolkata", "alert_hour": 20}
        search.refresh_from_db()
        assert search.alert_at.astimezone(ZoneInfo("Asia/Kolkata")).hour == 20


class TestPlanning:
    @pytest.mark.parametrize(
        ("now", "zone", "hour", "days", "expected"),
        [
            ("2027-03-01T09:00Z", "UTC", 8, 1, "2027-03-02T08:00Z"),
            ("2027-03-01T07:00Z", "UTC", 8, 0, "2027-03-01T08:00Z"),
            ("2027-03-01T08:00Z", "UTC", 8, 0, "2027-03-02T08:00Z"),
            ("2027-03-01T09:00Z", "UTC", 8, 7, "2027-03-08T08:00Z"),
            # It is Tuesday there already.
            ("2027-03-01T22:00Z", "Pacific/Auckland", 7, 1, "2027-03-02T18:00Z"),
            # The clocks go forward on 28 March: the hour does not exist.
            ("2027-03-27T12:00Z", "Europe/Berlin", 2, 1, "2027-03-28T01:00Z"),
            ("2027-03-27T12:00Z", "Europe/Berlin", 8, 1, "2027-03-28T06:00Z"),
            # And back on 31 October: the first of the two.
            ("2027-10-30T12:00Z", "Europe/Berlin", 2, 1, "2027-10-31T00:00Z"),
            # There they go forward at the end of 27 March, which keeps its alert, as the days around it do.
            ("2027-03-26T12:00Z", "America/Nuuk", 23, 0, "2027-03-27T01:00Z"),
            ("2027-03-27T01:00Z", "America/Nuuk", 23, 1, "2027-03-28T00:00Z"),
            ("2027-03-28T00:00Z", "America/Nuuk", 23, 1, "2027-03-29T00:00Z"),
            ("2027-03-01T09:00Z", "Asia/Kathmandu", 0, 1, "2027-03-01T18:15Z"),
        ],
    )
    def test_next_alert_is_at_the_local_hour(self, monkeypatch, now, zone, hour, days, expected):  # noqa: PLR0917
        clock = datetime.fromisoformat(now)
        monkeypatch.setattr(timezone, "now", lambda: clock)
        user = JobSeekerFactory.build(user__time_zone=zone, user__alert_hour=hour).user
        at = user.next_alert_at(clock, days=days)
        assert at.astimezone(UTC) == datetime.fromisoformat(expected)
        assert at.tzinfo == ZoneInfo(zone)

    def test_only_a_new_query_and_switching_on_begin_again(self, seeker, monkeypatch):
        clock = NINE
        monkeypatch.setattr(timezone, "now", lambda: clock)
        url = f"{URL}{save(seeker).json()['saved_search_id']}/"

        def begun_after(body: dict[str, str]) -> bool:
            nonlocal clock
            clock += timedelta(hours=1)
            assert seeker.patch(url, body).status_code == 200
            return SavedSearch.objects.get().told_until == clock

        assert not begun_after({"name": "Other"})
        assert not begun_after({"query": "search=Engineer&page=2"})
        assert not begun_after({"frequency": "weekly"})
        assert SavedSearch.objects.get().alert_at == in_days(7)
        assert not begun_after({"frequency": "off"})
        assert begun_after({"frequency": "daily"})
        assert SavedSearch.objects.get().alert_at == in_days(1)
        digest = SavedSearch.objects.get().digest
        assert begun_after({"query": "search=cook"})
        assert SavedSearch.objects.get().digest != digest
