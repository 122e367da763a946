from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from anywork.testing.concurrency import at_once
from applications.models import Application
from applications.tests.factories import ApplicationFactory
from jobs.models import Job, JobType
from jobs.tasks import forget_idempotency_keys
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

URL = "/api/jobs/"
OWN = "/api/employer/jobs/"
# The same in every process: workers of pytest-xdist have to agree on the names of tests.
UNKNOWN = "5ae1e3f5-5c1d-4f0e-9d6c-7f0b6e1c2a34"
KEYS = [
    "job_id",
    "title",
    "description",
    "salary_range",
    "job_type",
    "posted_at",
    "expires_at",
    "is_active",
    "employer",
    "location",
    "category",
]
DETAILS = ["employer_details", "location_details", "category_details"]
BESIDE = ["state", "closes_at", "publish_at", "closed_reason", "skills"]


@pytest.fixture
def posting(db):
    """The body of a valid job."""
    return {
        "title": "Software Engineer",
        "description": "We are looking for a skilled software engineer.",
        "location": str(LocationFactory().pk),
        "category": str(CategoryFactory().pk),
        "salary_range": "$80,000 - $100,000",
        "job_type": "full-time",
        "expires_at": "2090-12-12",
    }


@pytest.fixture
def job(employer):
    """A job of the logged-in employer."""
    return JobFactory(employer=employer.user.employer)


def body_of(job, **changes):
    return {
        "title": job.title,
        "description": job.description,
        "location": str(job.location_id),
        "category": str(job.category_id),
        "job_type": job.job_type,
        "expires_at": job.expires_at.isoformat(),
        **changes,
    }


@pytest.mark.parametrize("url", [URL, OWN])
class TestPosting:
    def test_employer_posts_a_job_that_is_open_and_its_own(self, employer, posting, url):
        response = employer.post(url, posting)

        job = Job.objects.get()
        assert response.status_code == 201
        assert list(response.json()) == KEYS
        assert response.json() == {
            **posting,
            "job_id": str(job.pk),
            "posted_at": response.json()["posted_at"],
            "expires_at": "2090-12-12T00:00:00Z",
            "is_active": True,
            "employer": str(employer.user.pk),
        }
        assert response.json()["posted_at"].endswith("Z")
        assert job.closes_at == datetime(2090, 12, 13, tzinfo=UTC)
        assert job.is_open

    @pytest.mark.parametrize("job_type", JobType.values)
    def test_employer_posts_a_job_of_each_type(self, employer, posting, url, job_type):
        assert employer.post(url, {**posting, "job_type": job_type}).json()["job_type"] == job_type

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("2090-12-12", "2090-12-12T00:00:00Z"),
            ("2090-12-12T00:00:00Z", "2090-12-12T00:00:00Z"),
            ("2090-12-12T15:30:00Z", "2090-12-12T15:30:00Z"),
            ("2090-12-12T15:30:00", "2090-12-12T15:30:00Z"),
            ("2090-12-12T15:30:00+01:00", "2090-12-12T14:30:00Z"),
            ("2090-12-12T15:30:00.123456Z", "2090-12-12T15:30:00.123456Z"),
            ("2090-12-12T15:30", "2090-12-12T15:30:00Z"),
            # Midnight where the client is: its date.
            ("2090-12-12T00:00:00+01:00", "2090-12-12T00:00:00Z"),
            ("2090-12-12T00:00:00.000-11:30", "2090-12-12T00:00:00Z"),
            ("2090-12-12T00:00:01+01:00", "2090-12-11T23:00:01Z"),
        ],
    )
    def test_employer_sends_a_date_or_a_timestamp_and_reads_utc(self, employer, posting, url, sent, shown):
        response = employer.post(url, {**posting, "expires_at": sent})

        assert response.json()["expires_at"] == shown
        job = f"{OWN}{response.json()['job_id']}/"
        assert employer.get(job).json()["expires_at"] == shown
        assert employer.patch(job, {"expires_at": shown}).json() == response.json()

    def test_employer_sends_a_day_that_does_not_exist_and_is_told_so(self, employer, posting, url):
        for day in ("2091-02-29", "2091-02-29T10:00:00Z", "2090-13-01"):
            response = employer.post(url, {**posting, "expires_at": day})

            assert response.json()["errors"] == {"expires_at": [f"The day {day[:10]} does not exist."]}

    def test_employer_sends_a_midnight_abroad_and_the_job_is_open_to_the_end_of_that_day(self, employer, posting, url):
        employer.post(url, {**posting, "expires_at": "2090-12-26T00:00:00+01:00"})

        assert Job.objects.get().closes_at == datetime(2090, 12, 27, tzinfo=UTC)

    @pytest.mark.parametrize("title", ["\u200b", " \u3164 ", "\u2800\u200d", "\u202e"])
    def test_employer_sends_a_title_that_shows_nothing_and_is_refused(self, employer, posting, url, title):
        response = employer.post(url, {**posting, "title": title})

        assert response.json()["errors"] == {"title": ["This field may not be blank."]}
        assert not Job.objects.exists()

    def test_employer_sends_letters_that_change_the_direction_and_they_are_removed(self, employer, posting, url):
        response = employer.post(url, {**posting, "title": "Engineer \u202eevil", "salary_range": " 80\u2066  k "})

        assert (response.json()["title"], response.json()["salary_range"]) == ("Engineer evil", " 80  k ")

    def test_employer_writes_a_description_and_it_is_kept_verbatim(self, employer, posting, url):
        text = "    <b>Tasks</b>\r\n\t* one  \u200b\u202eCafe\u0301 \u00a0"

        response = employer.post(url, {**posting, "description": text + "."})

        assert response.json()["description"] == Job.objects.get().description == text + "."

    def test_employer_posts_a_job_that_expires_today(self, employer, posting, url):
        today = timezone.now().date().isoformat()

        response = employer.post(url, {**posting, "expires_at": today})

        assert response.status_code == 201
        assert response.json()["expires_at"] == f"{today}T00:00:00Z"
        assert Job.objects.open().exists()

    @pytest.mark.parametrize(
        "expires_at",
        [
            "2020-01-01",
            pytest.param((timezone.now() - timedelta(days=1)).date().isoformat(), id="yesterday"),
            pytest.param((timezone.now() - timedelta(minutes=1)).isoformat(), id="a minute ago"),
            "0001-01-01",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31",
            "9999-12-31T23:59:59-14:00",
            "10000-01-01",
            "2090-02-30",
            "tomorrow",
            "",
            None,
            True,
            4102444800,
            ["2090-12-12"],
        ],
    )
    def test_employer_sends_an_invalid_date_and_is_refused(self, employer, posting, url, expires_at):
        response = employer.post(url, {**posting, "expires_at": expires_at})

        assert response.status_code == 400, response.json()
        assert list(response.json()["errors"]) == ["expires_at"]
        assert not Job.objects.exists()

    @pytest.mark.parametrize("salary", ["$80,000 - $100,000", "£35/hour", "negotiable", "  N250,000   monthly ", ""])
    def test_employer_writes_a_salary_and_it_is_kept_verbatim(self, employer, posting, url, salary):
        response = employer.post(url, {**posting, "salary_range": salary})

        assert response.json()["salary_range"] == salary
        assert Job.objects.get().salary_range == salary

    def test_employer_leaves_the_salary_open(self, employer, posting, url):
        assert employer.post(url, {**posting, "salary_range": None}).json()["salary_range"] == ""
        del posting["salary_range"]
        assert employer.post(url, posting).json()["salary_range"] == ""

    @pytest.mark.parametrize("field", ["title", "description", "location", "category", "job_type", "expires_at"])
    def test_employer_omits_a_required_field_and_is_refused(self, employer, posting, url, field):
        del posting[field]

        response = employer.post(url, posting)

        assert response.status_code == 400
        assert response.json()["errors"] == {field: ["This field is required."]}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "x" * 256),
            ("title", "a\x00b"),
            ("description", ""),
            ("description", "x" * 20_001),
            ("salary_range", "x" * 101),
            ("job_type", "volunteer"),
            ("job_type", ""),
            ("job_type", ["remote"]),
            ("category", UNKNOWN),
            ("category", "Software Development"),
            ("category", None),
            ("category", 7),
            ("location", UNKNOWN),
            ("location", ["x"]),
            ("is_active", "perhaps"),
            ("is_active", None),
        ],
    )
    def test_employer_sends_an_invalid_value_and_is_refused(self, employer, posting, url, field, value):
        response = employer.post(url, {**posting, field: value})

        assert response.status_code == 400, response.json()
        assert list(response.json()["errors"]) == [field]
        assert not Job.objects.exists()

    def test_employer_fills_every_field_to_its_maximum(self, employer, posting, url):
        brim = {"title": "x" * 255, "description": "x" * 20_000, "salary_range": "x" * 100}

        response = employer.post(url, {**posting, **brim})

        assert response.status_code == 201
        assert {key: response.json()[key] for key in brim} == brim

    def test_employer_cannot_post_for_another_or_back_date(self, employer, posting, url):
        other = EmployerFactory()

        response = employer.post(
            url, {**posting, "employer": str(other.pk), "posted_at": "2001-01-01T00:00:00Z", "job_id": str(uuid4())}
        )

        assert response.json()["employer"] == str(employer.user.pk)
        assert response.json()["posted_at"] > "2020"
        assert not other.jobs.exists()

    def test_employer_posts_an_inactive_job(self, employer, posting, url):
        response = employer.post(url, {**posting, "is_active": False})

        assert response.json()["is_active"] is False
        assert not Job.objects.open().exists()


@pytest.mark.parametrize("url", [URL, OWN])
class TestChanging:
    def test_employer_changes_one_field_and_keeps_the_others(self, employer, job, url):
        before = employer.get(f"{URL}{job.pk}/").json()

        response = employer.patch(f"{url}{job.pk}/", {"title": "Senior Engineer"})

        assert response.status_code == 200
        assert list(response.json()) == KEYS
        assert response.json() == {**before, "title": "Senior Engineer"}

    def test_employer_replaces_a_job(self, employer, job, url):
        location = LocationFactory()

        response = employer.put(f"{url}{job.pk}/", body_of(job, title="Chef", location=str(location.pk)))

        assert response.status_code == 200
        assert list(response.json()) == KEYS
        job.refresh_from_db()
        assert (job.title, job.location) == ("Chef", location)

    @pytest.mark.parametrize("is_active", [True, False])
    def test_employer_replaces_a_job_without_is_active_and_keeps_its_state(self, employer, job, url, is_active):
        Job.objects.update(is_active=is_active)

        response = employer.put(f"{url}{job.pk}/", body_of(job))

        assert response.json()["is_active"] is is_active

    def test_employer_closes_and_reopens_a_job(self, employer, job, url):
        employer.patch(f"{url}{job.pk}/", {"is_active": False})
        assert not Job.objects.open().exists()

        employer.patch(f"{url}{job.pk}/", {"is_active": True})
        assert Job.objects.open().exists()

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_employer_edits_an_expired_job_without_touching_its_date(self, employer, job, url, method):
        job.expires_at = datetime(2024, 5, 1, tzinfo=UTC)
        job.save()

        response = getattr(employer, method)(f"{url}{job.pk}/", body_of(job, title="Late", expires_at="2024-05-01"))

        assert response.status_code == 200
        assert (response.json()["title"], response.json()["expires_at"]) == ("Late", "2024-05-01T00:00:00Z")

    def test_employer_moves_a_date_into_the_past_and_it_is_refused(self, employer, job, url):
        response = employer.patch(f"{url}{job.pk}/", {"expires_at": "2024-05-01"})

        assert response.status_code == 400
        assert response.json()["errors"] == {"expires_at": ["This date is in the past."]}

    def test_employer_extends_an_expired_job_and_it_is_open_again(self, employer, job, url):
        job.expires_at = datetime(2024, 5, 1, tzinfo=UTC)
        job.save()

        response = employer.patch(f"{url}{job.pk}/", {"expires_at": "2090-05-01"})

        assert response.status_code == 200
        job.refresh_from_db()
        assert job.closes_at == datetime(2090, 5, 2, tzinfo=UTC)
        assert job.is_open

    def test_employer_cannot_give_a_job_away(self, employer, job, url):
        other = EmployerFactory()

        employer.patch(f"{url}{job.pk}/", {"employer": str(other.pk), "posted_at": "2001-01-01T00:00:00Z"})

        posted_at = job.posted_at
        job.refresh_from_db()
        assert (job.employer_id, job.posted_at) == (employer.user.pk, posted_at)

    def test_employer_deletes_a_job_without_applications(self, employer, job, url):
        response = employer.delete(f"{url}{job.pk}/")

        assert (response.status_code, response.content) == (204, b"")
        assert not Job.objects.exists()

    @pytest.mark.parametrize("status", ["pending", "withdrawn"])
    def test_employer_deletes_a_job_with_applications_and_it_is_closed(self, employer, job, url, status):
        application = ApplicationFactory(job=job, status=status)

        response = employer.delete(f"{url}{job.pk}/")

        assert (response.status_code, response.content) == (204, b"")
        job.refresh_from_db()
        assert job.is_active is False
        assert Application.objects.get() == application


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [URL, OWN])
def test_employer_deletes_a_job_in_two_tabs_at_once(client_for, url):
    job = JobFactory()
    clients = [client_for(job.employer.user) for _ in range(4)]

    responses = at_once(*(partial(client.delete, f"{url}{job.pk}/") for client in clients))

    codes = sorted(response.status_code for response in responses)
    assert codes[0] == 204
    assert set(codes[1:]) <= {204, 404}
    assert not Job.objects.exists()


class TestExpand:
    def test_anonymous_reads_a_job_with_keys_alone(self, anonymous, job):
        assert list(anonymous.get(f"{URL}{job.pk}/").json()) == KEYS
        assert list(anonymous.get(f"{URL}{job.pk}/?expand=").json()) == KEYS

    @pytest.mark.parametrize("name", ["employer", "location", "category"])
    def test_anonymous_expands_one(self, anonymous, job, name):
        response = anonymous.get(f"{URL}{job.pk}/?expand={name}").json()

        assert list(response) == [*KEYS, f"{name}_details"]

    def test_anonymous_expands_all_and_reads_what_each_endpoint_shows(self, anonymous, job):
        response = anonymous.get(f"{URL}{job.pk}/?expand=category,employer,location").json()

        assert list(response) == [*KEYS, *DETAILS]
        assert response["employer_details"] == anonymous.get(f"/api/employers/{job.employer_id}/").json()
        location = anonymous.get(f"/api/locations/{job.location_id}/").json()
        assert response["location_details"] == {**location, "placed": False}
        assert response["category_details"] == anonymous.get(f"/api/categories/{job.category_id}/").json()

    def test_anonymous_expands_a_list(self, anonymous, job):
        [row] = anonymous.get(f"{URL}?expand=employer,location").json()["results"]

        assert list(row) == [*KEYS, "employer_details", "location_details"]
        assert row["location_details"]["city"] == job.location.city

    @pytest.mark.parametrize("expand", ["pay", "employer,pay", "employer_details", "applications"])
    def test_anonymous_expands_an_unknown_detail_and_is_refused(self, anonymous, job, expand):
        for url in (f"{URL}{job.pk}/", URL):
            response = anonymous.get(f"{url}?expand={expand}")

            assert response.status_code == 400
            assert list(response.json()["errors"]) == ["expand"]


@pytest.mark.parametrize("url", [URL, OWN])
class TestIdempotencyKey:
    KEY = "3c5f2d0e-8a59"

    def test_employer_posts_twice_with_one_key_and_makes_one_job(self, employer, posting, url):
        first = employer.post(url, posting, headers={"Idempotency-Key": self.KEY})
        # The same members in another order, at the other URL.
        second = employer.post(URL, dict(reversed(posting.items())), headers={"Idempotency-Key": self.KEY})

        assert (first.status_code, second.status_code) == (201, 201)
        assert second.json() == first.json()
        assert second.headers["ETag"] == first.headers["ETag"]
        assert Job.objects.count() == 1

    def test_employer_repeats_a_request_and_reads_the_job_as_it_is_now(self, employer, posting, url):
        job_id = employer.post(url, posting, headers={"Idempotency-Key": self.KEY}).json()["job_id"]
        employer.patch(f"{OWN}{job_id}/", {"title": "Chief Engineer", "is_active": False})
        # No longer valid.
        Job.objects.update(expires_at=timezone.now() - timedelta(days=9))

        response = employer.post(url, posting, headers={"Idempotency-Key": self.KEY})

        assert response.status_code == 201
        assert (response.json()["job_id"], response.json()["title"]) == (job_id, "Chief Engineer")
        assert Job.objects.count() == 1

    def test_employer_sends_another_body_with_the_key_and_is_refused(self, employer, posting, url):
        employer.post(url, posting, headers={"Idempotency-Key": self.KEY})

        response = employer.post(url, {**posting, "title": "Designer"}, headers={"Idempotency-Key": self.KEY})

        assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_reused")
        assert "new key" in response.json()["message"]
        assert Job.objects.count() == 1

    def test_employers_with_the_same_key_post_a_job_each(self, employer, client_for, posting, url):
        for client in (employer, client_for(EmployerFactory().user)):
            assert client.post(url, posting, headers={"Idempotency-Key": self.KEY}).status_code == 201

        assert Job.objects.values("employer").distinct().count() == 2

    def test_employer_posts_with_a_key_of_yesterday_and_makes_another_job(self, employer, posting, url):
        employer.post(url, posting, headers={"Idempotency-Key": self.KEY})
        Job.objects.update(posted_at=timezone.now() - timedelta(hours=24))

        response = employer.post(url, {**posting, "title": "Designer"}, headers={"Idempotency-Key": self.KEY})

        assert response.status_code == 201
        assert [job.idempotency_key for job in Job.objects.all()] == [self.KEY, None]

    def test_employer_posts_without_a_key_and_makes_a_job_each_time(self, employer, posting, url):
        for _ in range(2):
            assert employer.post(url, posting).status_code == 201

        assert Job.objects.filter(idempotency_key=None, idempotency_digest=None).count() == 2

    @pytest.mark.parametrize("key", ["", "1234567", "x" * 65, "with a space", "pass\u00e9-pass\u00e9"])
    def test_employer_sends_an_invalid_key_and_is_refused(self, employer, posting, url, key):
        response = employer.post(url, posting, headers={"Idempotency-Key": key})

        assert response.status_code == 400
        assert response.json()["message"].startswith("Idempotency-Key takes 8 to 64")
        assert not Job.objects.exists()

    def test_invalid_request_does_not_use_up_its_key(self, employer, posting, url):
        assert employer.post(url, {**posting, "title": ""}, headers={"Idempotency-Key": self.KEY}).status_code == 400

        assert employer.post(url, posting, headers={"Idempotency-Key": self.KEY}).status_code == 201


def test_keys_are_forgotten_after_a_day(employer):
    def version():
        with connection.cursor() as cursor:
            cursor.execute("SELECT changes FROM jobs_version()")
            return cursor.fetchone()

    for hours in (23, 25):
        job = JobFactory(employer=employer.user.employer, idempotency_key=f"key-{hours}-hours", idempotency_digest="0")
        Job.objects.filter(pk=job.pk).update(posted_at=timezone.now() - timedelta(hours=hours))

    forget_idempotency_keys()

    assert set(Job.objects.values_list("idempotency_key", "idempotency_digest")) == {
        ("key-23-hours", "0"),
        (None, None),
    }


@pytest.mark.django_db(transaction=True)
def test_employer_double_clicks_and_makes_one_job(client_for, posting):
    user = EmployerFactory().user
    post = partial(client_for(user).post, URL, posting, headers={"Idempotency-Key": "double-click"})

    responses = at_once(*[post] * 8)

    assert {response.status_code for response in responses} == {201}
    assert {response.json()["job_id"] for response in responses} == {str(Job.objects.get().pk)}


class TestState:
    @pytest.mark.parametrize(
        ("traits", "state"), [({}, "open"), ({"closed": True}, "closed"), ({"expired": True}, "expired")]
    )
    def test_employer_reads_the_state_of_own_jobs(self, employer, traits, state):
        job = JobFactory(employer=employer.user.employer, **traits)
        closes_at = f"{job.closes_at:%Y-%m-%dT%H:%M:%S.%fZ}"

        one = employer.get(f"{OWN}{job.pk}/?expand=state").json()
        [row] = employer.get(f"{OWN}?expand=state").json()["results"]
        public = employer.get(f"{URL}{job.pk}/?expand=state").json()

        assert (one["state"], one["closes_at"]) == (state, closes_at)
        assert list(one) == [*KEYS, *DETAILS, *BESIDE, "counts"]
        assert row == one
        assert list(public) == [*KEYS, "state", "closes_at"]

    def test_anonymous_reads_the_state_in_every_list(self, anonymous, job):
        other = JobFactory(category=job.category)

        rows = anonymous.get(f"{URL}?expand=state").json()["results"]
        similar = anonymous.get(f"{URL}{job.pk}/similar/?expand=state").json()["results"]

        assert [row["state"] for row in rows] == ["open", "open"]
        assert [(row["job_id"], row["state"]) for row in similar] == [(str(other.pk), "open")]

    def test_employer_reads_that_a_job_has_expired_from_a_list_that_was_cached(self, employer):
        job = JobFactory(employer=employer.user.employer)
        url = f"{OWN}?expand=state"
        tag = employer.get(url).headers["ETag"]
        assert employer.get(url, headers={"If-None-Match": tag}).status_code == 304
        Job.objects.update(expires_at=timezone.now() - timedelta(days=3), closes_at=timezone.now() - timedelta(days=2))

        [row] = employer.get(url, headers={"If-None-Match": tag}).json()["results"]

        assert (row["job_id"], row["state"]) == (str(job.pk), "expired")

    def test_tag_of_a_state_protects_a_change(self, employer, job):
        tag = employer.get(f"{OWN}{job.pk}/?expand=state,description_html").headers["ETag"]

        response = employer.patch(f"{OWN}{job.pk}/", {"title": "New"}, headers={"If-Match": tag})

        assert response.status_code == 200


class TestDescriptionHTML:
    @pytest.mark.parametrize(
        ("text", "html"),
        [
            ("One\nTwo\r\n\r\nThree", "<p>One<br>\nTwo</p>\n<p>Three</p>\n"),
            (
                "**We** need\n- 1 < 5\n    - A<T>\n        - deep",
                (
                    "<p><strong>We</strong> need</p>\n<ul>\n<li>1 &lt; 5\n<ul>\n<li>A&lt;T&gt;\n"
                    "<ul>\n<li>deep</li>\n</ul>\n</li>\n</ul>\n</li>\n</ul>\n"
                ),
            ),
            ("    Indented\n\n\tTab", "<p>Indented</p>\n<p>Tab</p>\n"),
            ("`vector<int>`", "<p><code>vector&lt;int&gt;</code></p>\n"),
            ("R&amp;D <y and z> & <script", "<p>R&amp;D &lt;y and z&gt; &amp; &lt;script</p>\n"),
            (
                "[x](https://x.example) <https://y.example>",
                (
                    '<p><a href="https://x.example" rel="noopener noreferrer nofollow">x</a> '
                    '<a href="https://y.example" rel="noopener noreferrer nofollow">https://y.example</a></p>\n'
                ),
            ),
            ("<b>Tasks</b>\r\n* one\n* two", "<b>Tasks</b><br>\n* one<br>\n* two"),
            ('<b title="x" lang="y" class="z" id="i">b</b>', "<b>b</b>"),
            ("[x](javascript:alert(1)) [y](/api/) ![z](https://z.example/p.png)", None),
            ('<p onclick="alert(1)">Hi<script>alert(1)</script> <b>you</b></p>', "<p>Hi <b>you</b></p>"),
            ('<a href="java\nscript:alert(1)">x</a><a href="//evil.example">y</a>', None),
            ("<b>x</b><img src=x onerror=alert(1)><svg/onload=alert(1)><iframe src=//x></iframe>", "<b>x</b>"),
            ("<div style='position:fixed'>a</div><style>p{}</style><form><input></form>", "<div>a</div>"),
            ("<p>unclosed <b>bold<br>", "<p>unclosed <b>bold<br></b></p>"),
            (
                "if a<b and c>d: the <table> tag, <b at x>",
                "<p>if a&lt;b and c&gt;d: the &lt;table&gt; tag, &lt;b at x&gt;</p>\n",
            ),
            ("5. five\n6. six", '<ol start="5">\n<li>five</li>\n<li>six</li>\n</ol>\n'),
            (
                '<b style="font-weight:normal;" id="docs-internal"><p dir="rtl" style="x"><span>Role</span></p></b>',
                '<p dir="rtl"><span>Role</span></p>',
            ),
        ],
    )
    def test_anonymous_reads_a_description_as_safe_html(self, anonymous, job, text, html):
        Job.objects.update(description=text)

        response = anonymous.get(f"{URL}{job.pk}/?expand=description_html").json()

        assert response["description"] == text
        if html is not None:
            assert response["description_html"] == html
        for unsafe in ('="javascript', "<img", 'href="/', "<script"):
            assert unsafe not in response["description_html"].lower()

    @pytest.mark.parametrize("text", ["<ul><li></b>" * 1_500, "<br>" * 5_000, "<p><b a>x</b>" * 1_500])
    def test_html_of_tags_alone_is_shown_as_plain_text(self, anonymous, job, text):
        Job.objects.update(description=text)

        response = anonymous.get(f"{URL}{job.pk}/?expand=description_html").json()

        assert response["description_html"] == f"<p>{escape(text)}</p>"

    def test_description_is_not_rendered_in_a_list(self, anonymous, employer, job):
        for client, url in ((anonymous, URL), (anonymous, f"{URL}{job.pk}/similar/"), (employer, OWN)):
            response = client.get(f"{url}?expand=description_html")

            known = "employer, location, category, state, publishing, salary, workplace, saved, skills"
            assert response.json()["errors"] == {"expand": [f"description_html: not one of {known}."]}

    def test_employer_reads_its_own_description_as_html(self, employer, job):
        response = employer.get(f"{OWN}{job.pk}/?expand=description_html").json()

        assert list(response) == [*KEYS, *DETAILS, *BESIDE, "description_html", "counts"]


class TestOwnJobs:
    def test_employer_lists_own_jobs_in_every_state_newest_first(self, employer):
        mine = [
            JobFactory(employer=employer.user.employer, **state) for state in ({}, {"closed": True}, {"expired": True})
        ]
        JobFactory()

        response = employer.get(OWN).json()

        assert response["count"] == 3
        assert [row["job_id"] for row in response["results"]] == [str(job.pk) for job in reversed(mine)]
        assert list(response["results"][0]) == [*KEYS, *DETAILS, *BESIDE, "counts"]

    @pytest.mark.parametrize("state", [{}, {"closed": True}, {"expired": True}])
    def test_employer_reads_its_own_job_with_details(self, employer, state):
        job = JobFactory(employer=employer.user.employer, **state)

        response = employer.get(f"{OWN}{job.pk}/").json()

        assert list(response) == [*KEYS, *DETAILS, *BESIDE, "counts"]
        assert response["location_details"]["city"] == job.location.city
        assert response["category_details"]["name"] == job.category.name
        assert response["employer_details"]["company_name"] == job.employer.company_name

    def test_employer_reads_a_hundred_own_jobs_at_once(self, employer):
        JobFactory.create_batch(
            101, employer=employer.user.employer, location=LocationFactory(), category=CategoryFactory()
        )

        response = employer.get(OWN).json()

        assert (response["count"], len(response["results"])) == (101, 100)

    def test_employer_filters_own_jobs(self, employer):
        JobFactory(employer=employer.user.employer, job_type="remote", closed=True)
        JobFactory(employer=employer.user.employer, job_type="contract")

        [row] = employer.get(f"{OWN}?job_type=remote").json()["results"]

        assert row["job_type"] == "remote"
