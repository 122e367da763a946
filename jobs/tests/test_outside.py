"""Structured data, sitemaps and feeds."""

import gzip
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from anywork.api.throttling.rates import Rate
from anywork.api.throttling.throttle import ledger
from jobs.models import Job, JobActor, Location
from jobs.outside import views
from jobs.outside.parts import Key, Part, parts_of
from jobs.rendering import flat_html
from jobs.searching.versions import current_version
from jobs.services import close_jobs_of_blocked, delete_or_close_job
from jobs.signals import job_viewed
from jobs.tests.factories import JobFactory, LocationFactory

pytestmark = pytest.mark.django_db

SITEMAP, FEED, RSS, ROBOTS = "/sitemap.xml", "/feeds/jobs.xml", "/feeds/jobs.rss", "/robots.txt"
XML = (SITEMAP, FEED, RSS)
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

# https://developers.google.com/search/docs/appearance/structured-data/job-posting
REQUIRED = {"title", "description", "datePosted", "hiringOrganization", "jobLocation"}
RECOMMENDED = {"baseSalary", "directApply", "employmentType", "identifier", "validThrough"}
# Beside the required, without jobLocation.
REMOTE = {"jobLocationType", "applicantLocationRequirements"}
EMPLOYMENT_TYPES = {"FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER"}

# Each is valid in PostgreSQL; most are not in XML, or end a script element or CDATA.
LETTERS = [
    "Chef \x01\x08\x0b\x0c\x1f\x7f",
    "Chef \ufffe\uffff",
    "Chef \U0001f468\u200d\U0001f373 \U0010ffff",
    "Chef ]]> & Co",
    "Chef </script><script>alert(1)</script>",
    "Chef <!-- \" ' &amp; &#0;",
    "\u202eChef \u2028\u2029\x85",
]


@pytest.fixture(autouse=True)
def _urls(settings):
    settings.JOB_PAGE_URL = "https://www.example.org/jobs/{job_id}?from=feed&x=1"
    settings.PUBLIC_URL = "https://api.example.org"


def posting_of(client, job):
    response = client.get(f"/api/jobs/{job.pk}/jsonld/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/ld+json")
    return response.json()


def page_of(job):
    return f"https://www.example.org/jobs/{job.pk}?from=feed&x=1"


def read(client, url):
    response = client.get(url)
    assert response.status_code == 200, response.content
    return ET.fromstring(response.content)  # noqa: S314 - our own


def parts(client, index):
    """Return the URLs of the parts, without the host."""
    urls = [loc.text for loc in read(client, index).iter(f"{NAMESPACE}loc")]
    assert all(url.startswith(f"https://api.example.org{index}?part=") for url in urls)
    return [url.removeprefix("https://api.example.org") for url in urls]


def pages_in(client, url):
    """Return the pages of jobs that a part or RSS feed names."""
    tag = {SITEMAP: f"{NAMESPACE}loc", FEED: "url", RSS: "link"}[url.partition("?")[0]]
    root = read(client, url)
    return [element.text for item in (root.iter("item") if RSS in url else [root]) for element in item.iter(tag)]


def all_pages(client, index):
    return [page for part in parts(client, index) for page in pages_in(client, part)]


def pages_by_url(client):
    return {SITEMAP: all_pages(client, SITEMAP), FEED: all_pages(client, FEED), RSS: pages_in(client, RSS)}


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(views.SitemapView, "part_size", 3)
    monkeypatch.setattr(views.JobFeedView, "part_size", 2)


class TestStructuredData:
    def test_job_has_all_fields_that_google_asks_for(self, anonymous):
        lagos = LocationFactory(city="Lagos", state="", country="Nigeria")
        job = JobFactory(location=lagos, salary_range="$80,000 - $100,000 per year")

        posting = posting_of(anonymous, job)

        assert posting.keys() >= REQUIRED | RECOMMENDED
        assert not REMOTE & posting.keys()
        assert posting["employmentType"] in EMPLOYMENT_TYPES
        assert parse_datetime(posting["datePosted"]) == job.posted_at
        assert parse_datetime(posting["validThrough"]) == job.closes_at
        assert posting["hiringOrganization"] == {
            "@type": "Organization",
            "name": job.employer.company_name,
            "sameAs": "https://www.example.org",
        }
        place = posting["jobLocation"]
        assert place["address"] == {"@type": "PostalAddress", "addressLocality": "Lagos", "addressCountry": "NG"}
        assert (round(place["geo"]["latitude"]), round(place["geo"]["longitude"])) == (6, 3)
        assert posting["identifier"]["value"] == str(job.pk)
        assert posting["url"] == page_of(job)
        assert posting["directApply"] is True
        assert posting["baseSalary"] == {
            "@type": "MonetaryAmount",
            "currency": "USD",
            "value": {"@type": "QuantitativeValue", "minValue": 80000, "maxValue": 100000, "unitText": "YEAR"},
        }

    def test_remote_job_names_the_country_to_work_from(self, anonymous):
        location = LocationFactory(city="Leeds", state="", country="England")
        job = JobFactory(workplace="remote", job_type="remote", location=location)

        posting = posting_of(anonymous, job)

        assert REQUIRED - {"jobLocation"} | REMOTE <= posting.keys()
        assert posting["jobLocationType"] == "TELECOMMUTE"
        assert posting["applicantLocationRequirements"] == {"@type": "Country", "name": "United Kingdom"}
        assert not {"jobLocation", "employmentType"} & posting.keys()

    def test_unknown_place_has_no_coordinates(self, anonymous):
        job = JobFactory(location=LocationFactory(city="Nowhere at all", state="", country="Atlantis"))

        place = posting_of(anonymous, job)["jobLocation"]

        assert place["address"]["addressCountry"] == "Atlantis"
        assert "geo" not in place

    @pytest.mark.parametrize(
        ("text", "country", "value"),
        [
            ("", "Ireland", None),
            ("competitive", "Ireland", None),
            ("80,000 - 100,000 a year", "Ireland", None),
            # The period would be a guess, or the currency.
            ("€80,000", "Ireland", None),
            ("$20 per hour", "Atlantis", None),
            ("€20 per hour", "Ireland", {"value": 20, "unitText": "HOUR"}),
        ],
    )
    def test_salary_is_there_only_if_it_is_certain(self, anonymous, text, country, value):
        job = JobFactory(salary_range=text, location=LocationFactory(city="", state="", country=country))

        salary = posting_of(anonymous, job).get("baseSalary")

        assert (salary and salary["value"]) == (value and {"@type": "QuantitativeValue", **value})

    def test_stated_salary_may_have_one_bound(self, anonymous):
        stated = {"salary_source": "stated", "salary_currency": "EUR", "salary_period": "month"}
        job = JobFactory(**stated, salary_paid_minimum=Decimal("2500.50"))

        assert posting_of(anonymous, job)["baseSalary"] == {
            "@type": "MonetaryAmount",
            "currency": "EUR",
            "value": {"@type": "QuantitativeValue", "minValue": 2500.5, "unitText": "MONTH"},
        }

    def test_employer_without_a_name_is_confidential(self, anonymous):
        assert posting_of(anonymous, JobFactory(employer__company_name=""))["hiringOrganization"] == "confidential"

    @pytest.mark.parametrize("letters", LETTERS)
    def test_no_text_ends_the_script_element(self, anonymous, letters):
        job = JobFactory(title=letters, description=f"{letters} <script>alert(1)</script></p>")

        body = anonymous.get(f"/api/jobs/{job.pk}/jsonld/").content

        assert not set(b"<>&") & set(body)
        posting = json.loads(body)
        assert posting["title"] == letters
        assert "<script" not in posting["description"]

    def test_closed_job_is_gone_for_all_at_the_next_request(self, anonymous, client_for, admin):
        job = JobFactory()
        owner = client_for(job.employer.user)
        posting_of(anonymous, job)
        owner.patch(f"/api/jobs/{job.pk}/", {"is_active": False})

        for client in (anonymous, owner, admin):
            response = client.get(f"/api/jobs/{job.pk}/jsonld/")
            assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")
            assert response.json()["code"] == "not_found"

    def test_request_is_one_query_and_no_view(self, anonymous):
        job, viewed = JobFactory(), []
        job_viewed.connect(receiver := lambda **kwargs: viewed.append(kwargs))

        with CaptureQueriesContext(connection) as captured:
            posting_of(anonymous, job)

        job_viewed.disconnect(receiver)
        assert (len(captured), viewed) == (1, [])


class TestParts:
    def test_parts_have_each_open_job_once_oldest_first(self, anonymous, small_parts):
        same = timezone.now() - timedelta(days=9)
        jobs = [JobFactory(posted_at=same) for _ in range(5)] + [JobFactory() for _ in range(5)]
        JobFactory(closed=True), JobFactory(expired=True)
        ordered = sorted(jobs, key=lambda job: (job.posted_at, job.pk))

        assert [len(parts(anonymous, index)) for index in (SITEMAP, FEED)] == [4, 5]
        for index in (SITEMAP, FEED):
            assert all_pages(anonymous, index) == [page_of(job) for job in ordered]

    @pytest.mark.parametrize("index", [SITEMAP, FEED])
    def test_parts_of_an_old_index_have_each_open_job_once_after_changes(self, anonymous, small_parts, index):
        jobs = [JobFactory() for _ in range(9)]
        urls = parts(anonymous, index)
        # Bounds of parts among them.
        delete_or_close_job(jobs[1], actor=JobActor.EMPLOYER)
        Job.objects.filter(pk__in=[jobs[2].pk, jobs[5].pk]).update(is_active=False)

        expected = [page_of(job) for number, job in enumerate(jobs) if number not in {1, 2, 5}]
        assert [page for url in urls for page in pages_in(anonymous, url)] == expected
        assert all_pages(anonymous, index) == expected

    def test_new_job_is_in_the_last_part_of_an_old_index(self, anonymous, small_parts):
        JobFactory.create_batch(4)
        urls = parts(anonymous, SITEMAP)
        new = JobFactory()

        assert pages_in(anonymous, urls[-1])[-1] == page_of(new)

    def test_part_never_has_more_jobs_than_its_size(self, anonymous, small_parts):
        JobFactory.create_batch(4)

        assert len(pages_in(anonymous, f"{SITEMAP}?part=..")) == 3
        assert len(pages_in(anonymous, f"{FEED}?part=..")) == 2

    def test_index_without_jobs_names_no_part(self, anonymous):
        assert parts(anonymous, SITEMAP) == parts(anonymous, FEED) == []
        assert pages_in(anonymous, f"{SITEMAP}?part=..") == pages_in(anonymous, f"{FEED}?part=..") == []
        assert pages_in(anonymous, RSS) == []

    def test_lastmod_of_a_part_is_that_of_its_newest_job(self, anonymous, small_parts):
        for day in range(1, 5):
            JobFactory(posted_at=datetime(2030, 1, day, tzinfo=UTC))

        root = read(anonymous, SITEMAP)
        times = [element.text for element in root.iter(f"{NAMESPACE}lastmod")]
        assert times == ["2030-01-03T00:00:00+00:00", "2030-01-04T00:00:00+00:00"]
        first = read(anonymous, parts(anonymous, SITEMAP)[0])
        assert next(first.iter(f"{NAMESPACE}lastmod")).text == "2030-01-01T00:00:00+00:00"

    @pytest.mark.parametrize("moment", [datetime(1969, 1, 1, tzinfo=UTC), datetime(2030, 3, 4, 5, 6, 7, 8, tzinfo=UTC)])
    def test_part_is_read_as_it_is_written(self, moment):
        part = Part(Key(moment, UUID(int=1)), None)

        assert Part.parse(str(part)) == part

    @pytest.mark.parametrize("url", [SITEMAP, FEED])
    @pytest.mark.parametrize(
        "part", ["1", "a..b", "1-2..", "..1-" + "g" * 32, "9" * 17 + f"-{'0' * 32}..", "\u0661..\x00"]
    )
    def test_wrong_part_is_told(self, anonymous, url, part):
        response = anonymous.get(url, {"part": part})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["part"]

    @pytest.mark.parametrize("url", [SITEMAP, FEED])
    def test_every_time_that_fits_a_key_is_a_time_of_the_database(self, anonymous, url):
        for number in ("-" + "9" * 16, "9" * 16):
            assert anonymous.get(url, {"part": f"{number}-{'f' * 32}.."}).status_code == 200

    def test_index_is_cached_for_one_version(self, small_parts):
        JobFactory.create_batch(3)
        version = current_version()
        parts_of(2, version)

        with CaptureQueriesContext(connection) as captured:
            found, is_current = parts_of(2, version)

        assert (len(captured), len(found), is_current) == (0, 2, True)


class TestDocuments:
    def test_feed_has_what_aggregators_ask_for(self, anonymous):
        location = LocationFactory(city="Lagos", state="Lagos State", country="Nigeria")
        expires_at = datetime(2031, 1, 1, 12, tzinfo=UTC)
        job = JobFactory(
            location=location,
            workplace="hybrid",
            posted_at=datetime(2030, 3, 4, tzinfo=UTC),
            expires_at=expires_at,
            description="<p>One &amp; <b>two</b></p><ul><li>a</li></ul>",
        )

        root = read(anonymous, f"{FEED}?part=..")

        assert root.tag == "source"
        assert root.findtext("lastBuildDate") == "Mon, 04 Mar 2030 00:00:00 GMT"
        assert {element.tag: element.text for element in root.find("job")} == {
            "title": job.title,
            "date": "Mon, 04 Mar 2030 00:00:00 GMT",
            "referencenumber": str(job.pk),
            "url": page_of(job),
            "company": job.employer.company_name,
            "city": "Lagos",
            "state": "Lagos State",
            "country": "NG",
            "description": "One &amp; two<br>\na",
            "salary": "$80,000 - $100,000",
            "jobtype": "fulltime",
            "remotetype": "Hybrid remote",
            "category": job.category.name,
            "expirationdate": "Wed, 01 Jan 2031 12:00:00 GMT",
        }

    def test_long_description_is_cut_in_feeds(self, anonymous):
        JobFactory(description="x" * 20_000)

        (job,) = read(anonymous, f"{FEED}?part=..").iter("job")

        assert len(job.findtext("description")) == views.FEED_CHARACTERS

    @pytest.mark.parametrize("letters", LETTERS)
    def test_documents_are_well_formed_whatever_letters_they_hold(self, anonymous, letters):
        job = JobFactory(
            title=letters,
            description=f"{letters}</p>",
            salary_range=letters,
            employer__company_name=letters,
            category__name=letters,
            location=LocationFactory(city=letters, state=letters, country=letters),
        )

        assert pages_by_url(anonymous) == {key: [page_of(job)] for key in XML}
        for url, tag in ((f"{FEED}?part=..", "job/title"), (RSS, "channel/item/title")):
            title = read(anonymous, url).findtext(tag)
            assert "Chef" in title
            for mark in ("]]>", "</script><script>alert(1)</script>", "&#0;", "\U0001f468\u200d\U0001f373"):
                assert (mark in title) == (mark in letters)

    def test_rss_is_a_list_of_the_newest_jobs(self, anonymous, monkeypatch):
        monkeypatch.setattr(views, "RSS_JOBS", 3)
        jobs = JobFactory.create_batch(4)

        root = read(anonymous, RSS)

        assert pages_in(anonymous, RSS) == [page_of(job) for job in reversed(jobs[1:])]
        newest = root.find("channel/item")
        assert newest.findtext("guid") == str(jobs[-1].pk)
        assert newest.findtext("category") == jobs[-1].category.name
        assert newest.findtext("{http://purl.org/dc/elements/1.1/}creator") == jobs[-1].employer.company_name

    def test_rss_takes_the_filters_of_the_list(self, anonymous):
        cook = JobFactory(title="Cook", job_type="part-time", description="Bakes.")
        engineer = JobFactory(title="Engineer", description="Once worked as a cook.")

        for query, expected in {
            "search=cook": [engineer, cook],
            "job_type=part-time": [cook],
            f"employer={engineer.employer_id}": [engineer],
            "search=sommelier": [],
        }.items():
            assert pages_in(anonymous, f"{RSS}?{query}") == [page_of(job) for job in expected], query

    @pytest.mark.parametrize("query", ["employer=1", "job_type=never", "posted_after=yesterday", "near=Nowhere+at+all"])
    def test_wrong_filter_is_told_as_in_the_list(self, anonymous, query):
        for known in ("", "*"):
            response = anonymous.get(f"{RSS}?{query}", HTTP_IF_NONE_MATCH=known)
            listed = anonymous.get(f"/api/jobs/?{query}")

            assert (response.status_code, listed.status_code) == (400, 400)
            assert response.json()["errors"] == listed.json()["errors"]

    def test_robots_file_names_the_sitemap_and_keeps_the_api_open(self, anonymous):
        response = anonymous.get(ROBOTS)

        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        lines = response.content.decode().splitlines()
        assert lines[-1] == "Sitemap: https://api.example.org/sitemap.xml"
        # Pages of the front end are made of it.
        assert "Disallow: /api/" not in lines

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("One\r\n**two** <3", "One<br>\n**two** &lt;3"),
            ("<p>One</p><p>two &lt;b&gt;", "One<br>\ntwo &lt;b&gt;"),
            ("a<br/>b <a href='", "a<br>\nb"),
            (
                "<style>p {}</style><p>One</p>\n<ul>\n  <li>two\n three</li>\n</ul><script>alert(1)",
                "One<br>\ntwo three",
            ),
            ("List<String> & a</ b>", "List&lt;String&gt; &amp; a&lt;/ b&gt;"),
        ],
    )
    def test_flat_html_keeps_lines_alone(self, text, expected):
        assert flat_html(text) == expected


class TestRequests:
    @pytest.mark.parametrize("close", ["by request", "by time", "by block", "by deletion"])
    def test_closed_job_is_gone_from_all_at_the_next_request(self, anonymous, client_for, close):
        job, other = JobFactory(), JobFactory()
        assert pages_by_url(anonymous)[FEED] == [page_of(job), page_of(other)]

        match close:
            case "by request":
                client_for(job.employer.user).patch(f"/api/jobs/{job.pk}/", {"is_active": False})
            case "by time":
                past = timezone.now() - timedelta(days=2)
                Job.objects.filter(pk=job.pk).update(expires_at=past, closes_at=past)
            case "by block":
                close_jobs_of_blocked(job.employer.user)
            case _:
                client_for(job.employer.user).delete(f"/api/jobs/{job.pk}/")

        assert pages_by_url(anonymous) == {key: [page_of(other)] for key in XML}

    @pytest.mark.parametrize("url", [*XML, f"{SITEMAP}?part=..", f"{FEED}?part=..", f"{RSS}?search=engineer"])
    def test_client_with_the_tag_gets_304_by_one_query_until_something_changes(self, anonymous, url):
        job = JobFactory()
        tag = anonymous.get(url).headers["ETag"]

        for known in (tag, f"W/{tag}", "*"):
            with CaptureQueriesContext(connection) as captured:
                again = anonymous.get(url, HTTP_IF_NONE_MATCH=known)
            assert (again.status_code, again.content, again.headers["ETag"], len(captured)) == (304, b"", tag, 1)
        Job.objects.filter(pk=job.pk).update(title="Other")
        changed = anonymous.get(url, HTTP_IF_NONE_MATCH=tag)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != tag

    @pytest.mark.parametrize("url", [*XML, f"{SITEMAP}?part=..", f"{FEED}?part=.."])
    def test_documents_are_compressed_for_clients_that_take_it(self, anonymous, url):
        JobFactory()
        plain = anonymous.get(url)

        packed = anonymous.get(url, HTTP_ACCEPT_ENCODING="gzip")

        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
        assert gzip.decompress(packed.content) == plain.content
        tagged = partial(anonymous.get, url, HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=packed.headers["ETag"])
        known = tagged()
        assert (known.status_code, known.headers["Vary"]) == (304, packed.headers["Vary"])

    @pytest.mark.parametrize("url", [*XML, ROBOTS])
    def test_requests_count_under_the_rate_of_anonymous_callers(self, settings, anonymous, admin, url):
        caches["default"].clear()
        ledger.clear()
        settings.THROTTLE_RATES = {"anon": Rate(1, 3600)}

        first, second = admin.get(url), anonymous.get(url, HTTP_ACCEPT="application/xml")

        assert (first.status_code, second.status_code) == (200, 429)
        assert second.json()["code"] == "throttled"
        assert "Retry-After" in second.headers

    @pytest.mark.parametrize(
        ("url", "media_type"),
        [(SITEMAP, "application/xml"), (FEED, "application/xml"), (RSS, "application/rss+xml")],
    )
    def test_any_reader_gets_the_media_type(self, anonymous, url, media_type):
        response = anonymous.get(url, HTTP_ACCEPT="text/html")

        assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
        assert response.content.startswith(b'<?xml version="1.0" encoding="')

    @pytest.mark.parametrize("url", [f"{SITEMAP}?part=..", f"{FEED}?part=..", RSS])
    def test_more_jobs_take_no_more_queries(self, anonymous, url):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                anonymous.get(url)
            return len(captured)

        JobFactory()
        few = queries()
        JobFactory.create_batch(5)
        assert Location.objects.count() > 5

        assert queries() == few
