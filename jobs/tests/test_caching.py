"""ETags and cached responses of lists."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.serializers import IntegerField

from accounts.models import Employer, User
from accounts.tests.factories import AdminFactory, EmployerFactory
from analytics.models import Analytics
from anywork.api.caching.responses import MIN_BYTES, CachedResponse, ResponseCache
from anywork.api.throttling.rates import Rate
from anywork.api.throttling.throttle import ledger
from jobs.models import Job
from jobs.searching.listing import JobListing
from jobs.serializers import CategorySerializer
from jobs.tests.factories import CategoryFactory, JobFactory
from jobs.views import CategoryViewSet

URL = "/api/jobs/"
LISTS = (URL, f"{URL}?expand=employer&search=engineer", "/api/categories/", "/api/locations/")

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return JobFactory()


def queries_of(ask):
    with CaptureQueriesContext(connection) as captured:
        response = ask()
    return len(captured), response


class TestTags:
    @pytest.mark.parametrize("url", LISTS)
    def test_anonymous_with_the_etag_costs_one_query(self, anonymous, job, url):
        first = anonymous.get(url)
        tag = first.headers["ETag"]

        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            queries, again = queries_of(partial(anonymous.get, url, HTTP_IF_NONE_MATCH=known))
            assert (queries, again.status_code, again.content, again.headers["ETag"]) == (1, 304, b"", tag)
        assert anonymous.get(url, HTTP_IF_NONE_MATCH='"other"').status_code == 200

    def test_list_of_an_employer_has_another_tag_when_its_counts_change(self, client_for, job):
        client, url = client_for(job.employer.user), "/api/employer/jobs/"
        tag = client.get(url).headers["ETag"]
        for known in (tag, f"W/{tag}", "*"):
            again = client.get(url, HTTP_IF_NONE_MATCH=known)
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)

        Analytics.objects.increment("views", job_id=job.pk)

        viewed = client.get(url, HTTP_IF_NONE_MATCH=tag)
        assert (viewed.status_code, viewed.json()["results"][0]["counts"]["views"]) == (200, 1)
        assert client.get(url, HTTP_ACCEPT="application/json; indent=4").headers["ETag"] != viewed.headers["ETag"]

    @pytest.mark.parametrize(
        "change",
        [
            JobFactory,
            lambda: Job.objects.update(title="Other"),
            lambda: Job.objects.all().delete(),
            lambda: Employer.objects.update(company_name="Other"),
            CategoryFactory,
        ],
    )
    def test_list_has_another_tag_after_every_change(self, anonymous, job, change):
        before = anonymous.get(URL)

        change()

        after = anonymous.get(URL, HTTP_IF_NONE_MATCH=before.headers["ETag"])
        assert after.status_code == 200
        assert after.headers["ETag"] != before.headers["ETag"]

    @pytest.mark.parametrize("url", LISTS)
    def test_another_version_of_the_code_has_other_tags(self, anonymous, job, url, settings):
        tag = anonymous.get(url).headers["ETag"]

        settings.SPECTACULAR_SETTINGS = {**settings.SPECTACULAR_SETTINGS, "VERSION": "99"}
        assert anonymous.get(url, HTTP_IF_NONE_MATCH=tag).status_code == 200

    def test_another_field_has_other_tags_in_the_same_version(self, anonymous, job, monkeypatch):
        tag = anonymous.get("/api/categories/").headers["ETag"]

        class WithField(CategorySerializer):
            extra = IntegerField(default=1, source="pk.version")

            class Meta(CategorySerializer.Meta):
                fields = (*CategorySerializer.Meta.fields, "extra")  # type: ignore[assignment]

        monkeypatch.setattr(CategoryViewSet, "serializer_class", WithField)
        after = anonymous.get("/api/categories/", HTTP_IF_NONE_MATCH=tag)
        assert (after.status_code, after.json()["results"][0]["extra"]) == (200, 4)

    def test_list_whose_count_lags_behind_has_no_tag_and_is_not_remembered(self, anonymous, job, monkeypatch):
        monkeypatch.setattr(JobListing, "is_current", False)

        assert "ETag" not in anonymous.get(URL).headers
        monkeypatch.undo()
        assert "ETag" in anonymous.get(URL).headers

    def test_browser_must_revalidate(self, anonymous, job):
        for response in (anonymous.get(URL), anonymous.get(URL)):
            assert response.headers["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize("query", ["page=99", "page=abc", "job_type=none", "page_size=0"])
    def test_refusal_has_no_tag(self, anonymous, job, query):
        assert "ETag" not in anonymous.get(f"{URL}?{query}").headers


class TestAnswers:
    @pytest.mark.parametrize("url", LISTS)
    def test_second_request_costs_one_query_and_gets_the_same_bytes(self, anonymous, job, url):
        first = anonymous.get(url)

        queries, second = queries_of(partial(anonymous.get, url))

        assert queries == 1
        assert second.content == first.content
        own = {"X-Request-ID", "RateLimit"}
        assert {name: value for name, value in second.headers.items() if name not in own} == {
            name: value for name, value in first.headers.items() if name not in own
        }

    def test_rates_and_request_ids_are_not_cached(self, anonymous, job, settings):
        settings.THROTTLE_RATES = {"anon": Rate(4, 60)}
        caches["default"].clear()
        ledger.clear()
        responses = [anonymous.get(URL, HTTP_X_REQUEST_ID=f"request-{number}") for number in range(3)]

        left = [int(response.headers["RateLimit"].split("r=")[1].split(";")[0]) for response in responses]
        assert left == [left[0], left[0] - 1, left[0] - 2]
        assert [response.headers["X-Request-ID"] for response in responses] == ["request-0", "request-1", "request-2"]
        assert [anonymous.get(URL).status_code for _ in range(2)] == [200, 429]

    def test_correction_of_a_search_is_cached(self, anonymous):
        JobFactory(title="Gardener")

        responses = [anonymous.get(f"{URL}?search=gardner") for _ in range(2)]

        assert [response.headers["X-Did-You-Mean"] for response in responses] == ["gardener"] * 2

    def test_head_and_get_share_a_cached_response(self, anonymous, job):
        assert anonymous.head(URL).headers["ETag"] == anonymous.get(URL).headers["ETag"]
        assert anonymous.get(URL).json()["count"] == 1

    def test_job_shows_and_hides_at_the_next_request(self, anonymous, job):
        def titles():
            return [row["title"] for row in anonymous.get(URL).json()["results"]]

        assert titles() == titles() == [job.title]
        JobFactory(title="New")
        assert titles() == ["New", job.title]
        Job.objects.filter(pk=job.pk).update(is_active=False)
        assert titles() == ["New"]
        Job.objects.filter(title="New").delete()
        assert titles() == []

    def test_caller_gets_no_list_of_another_caller(self, anonymous, admin, seeker, client_for, job):
        JobFactory(closed=True)
        rival = client_for(EmployerFactory().user)
        callers = {"visitor": anonymous, "admin": admin, "seeker": seeker}

        for _ in range(2):
            counts = {name: client.get(URL).json()["count"] for name, client in callers.items()}
            assert counts == {"visitor": 1, "admin": 2, "seeker": 1}
            assert client_for(job.employer.user).get("/api/employer/jobs/").json()["count"] == 1
            assert rival.get("/api/employer/jobs/").json()["count"] == 0

    def test_tag_of_one_caller_is_none_of_another(self, anonymous, admin, job):
        tag = admin.get(URL).headers["ETag"]

        assert anonymous.get(URL, HTTP_IF_NONE_MATCH=tag).status_code == 200

    def test_demoted_admin_gets_open_jobs_at_once(self, client_for, job):
        JobFactory(closed=True)
        user = AdminFactory()
        client = client_for(user)
        assert client.get(URL).json()["count"] == 2

        User.objects.filter(pk=user.pk).update(is_staff=False)

        assert client.get(URL).json()["count"] == 1

    def test_links_have_the_host_of_the_request(self, anonymous, settings):
        settings.ALLOWED_HOSTS = ["*"]
        JobFactory.create_batch(2)

        for host, scheme in [("a.example", "http"), ("b.example", "http"), ("a.example", "https")] * 2:
            page = anonymous.get(f"{URL}?page_size=1", HTTP_HOST=host, secure=scheme == "https").json()
            assert page["next"].startswith(f"{scheme}://{host}/")

    def test_indented_response_is_cached_separately(self, anonymous, job):
        plain = anonymous.get(URL)
        indented = anonymous.get(URL, HTTP_ACCEPT="application/json; indent=4")

        assert plain.content != indented.content
        assert plain.headers["ETag"] != indented.headers["ETag"]

    def test_invalid_token_is_refused_in_spite_of_a_cached_response(self, client_for, job):
        client = client_for(job.employer.user)
        client.get("/api/employer/jobs/")
        client.credentials(HTTP_AUTHORIZATION="Bearer long.since.expired")

        assert client.get("/api/employer/jobs/").status_code == 401

    def test_media_type_is_refused_in_spite_of_a_cached_response(self, anonymous, job):
        anonymous.get(URL)

        assert anonymous.get(URL, HTTP_ACCEPT="image/png").status_code == 406


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_expired_job_is_gone_at_the_next_request(anonymous):
    job = JobFactory(expires_at=timezone.now() + timedelta(seconds=1.5))
    JobFactory()
    assert anonymous.get(URL).json()["count"] == 2

    seen = []
    while timezone.now() < job.closes_at + timedelta(seconds=0.5):
        before = timezone.now()
        rows = anonymous.get(URL).json()["results"]
        seen.append((before, timezone.now(), len(rows)))

    for before, after, count in seen:
        if after < job.closes_at:
            assert count == 2
        if before > job.closes_at:
            assert count == 1
    assert {count for _, _, count in seen} == {1, 2}


class TestCache:
    def test_least_recently_used_responses_are_evicted(self):
        cache = ResponseCache(max_bytes=2 * MIN_BYTES)
        for tag in "ab":
            cache.set(tag, CachedResponse(b"", {}))

        assert cache.get("a")
        cache.set("c", CachedResponse(b"", {}))

        assert [tag for tag in "abc" if cache.get(tag)] == ["a", "c"]

    def test_size_is_that_of_the_bodies(self):
        cache = ResponseCache(max_bytes=3 * MIN_BYTES)
        large = CachedResponse(b"1" * (2 * MIN_BYTES + 1), {})
        for tag in "aab":
            cache.set(tag, CachedResponse(b"1" * (MIN_BYTES + 1), {}))
        assert [tag for tag in "ab" if cache.get(tag)] == ["a", "b"]

        cache.set("c", large)
        assert [tag for tag in "abc" if cache.get(tag)] == ["c"]

    def test_response_larger_than_the_cache_is_not_cached(self):
        cache = ResponseCache(max_bytes=MIN_BYTES)
        cache.set("a", CachedResponse(b"1" * (MIN_BYTES + 1), {}))

        assert cache.get("a") is None
