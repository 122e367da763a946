"""The version of job lists, and the caches that depend on it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Employer
from jobs.models import Category, ChangeCounter, Job, Location
from jobs.searching.versions import MAX_LAG_SECONDS, VersionedCache, current_version
from jobs.sql import read_sql
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

URL = "/api/jobs/"


@pytest.mark.django_db
class TestVersion:
    @pytest.mark.parametrize(
        "change",
        [
            JobFactory,
            lambda: Job.objects.update(title="Other"),
            lambda: Job.objects.all().delete(),
        ],
    )
    def test_every_change_of_a_job_makes_a_new_version(self, change):
        JobFactory()
        before = current_version()

        change()

        assert current_version().everything != before.everything

    @pytest.mark.parametrize(
        "change",
        [
            lambda: Category.objects.update(name="Other"),
            lambda: Location.objects.update(state="Other"),
            lambda: Employer.objects.update(website="https://example.org"),
            CategoryFactory,
            LocationFactory,
        ],
    )
    def test_every_change_of_a_name_makes_a_new_version_of_names(self, change):
        JobFactory()
        before = current_version()

        change()

        after = current_version()
        assert (after.everything != before.everything, after.names != before.names) == (True, True)

    def test_change_of_jobs_keeps_the_version_of_names(self):
        job = JobFactory()
        before = current_version()

        Job.objects.filter(pk=job.pk).update(is_active=False)

        assert current_version().names == before.names

    def test_expired_job_makes_a_new_version(self):
        JobFactory(expires_at=timezone.now() + timedelta(days=1))
        job = JobFactory(expires_at=timezone.now() + timedelta(seconds=1))
        before = current_version()

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER jobs_job_changed")
            cursor.execute(
                "UPDATE jobs_job SET expires_at = now() - interval '1 hour', closes_at = now() - interval '1 hour'"
                " WHERE job_id = %s",
                [job.pk],
            )

        assert current_version() != before

    def test_version_after_a_rollback_is_not_reused(self):
        JobFactory()
        before = current_version()
        with transaction.atomic():
            JobFactory()
            taken_back = current_version()
            transaction.set_rollback(True)

        assert current_version() == before != taken_back

    def test_equal_changes_make_versions_that_differ(self):
        JobFactory()
        versions = set()
        for _ in range(2):
            # As on two servers, of which one lacks the change of the other.
            with transaction.atomic():
                Job.objects.update(title="Other")
                versions.add(current_version())
                transaction.set_rollback(True)

        assert len(versions) == 2

    def test_version_changes_with_every_change_also_after_a_downgrade(self):
        ChangeCounter.objects.bulk_create(
            ChangeCounter(topic=topic, shard=shard, changes=2**63 - 1 - shard, transaction=1)
            for topic in ("jobs", "names")
            for shard in range(100, 115)
        )
        with connection.cursor() as cursor:
            cursor.execute(read_sql("0034_reverse.sql"))
        versions = []
        for change in (JobFactory, JobFactory, CategoryFactory, CategoryFactory):
            change()
            versions.append(current_version())

        assert len(set(versions)) == 4
        assert versions[2].names != versions[3].names

    def test_reading_makes_no_new_version(self, anonymous):
        job = JobFactory()
        before = list(ChangeCounter.objects.values())

        anonymous.get(URL)
        anonymous.get(f"{URL}{job.pk}/")

        assert list(ChangeCounter.objects.values()) == before


class TestCache:
    def test_value_is_cached_while_the_version_is_the_same(self):
        cache: VersionedCache[str] = VersionedCache()

        assert cache.get("key", 1, lambda: "one") == ("one", True)
        assert cache.get("key", 1, lambda: "two") == ("one", True)
        assert cache.get("other", 1, lambda: "two") == ("two", True)
        assert cache.get("key", 2, lambda: "three") == ("three", True)

    def test_slow_value_lags_behind_for_a_limited_time(self, monkeypatch):
        now = 1_000.0
        monkeypatch.setattr("jobs.searching.versions.time.monotonic", lambda: now)
        monkeypatch.setattr("jobs.searching.versions.random.uniform", lambda *between: max(between))
        cache: VersionedCache[str] = VersionedCache(slow_seconds=0.05)

        def slowly():
            nonlocal now
            now += 0.2
            return "old"

        cache.get("key", 1, slowly)
        assert cache.get("key", 2, lambda: "new") == ("old", False)
        now += MAX_LAG_SECONDS - 0.3
        assert cache.get("key", 2, lambda: "new") == ("old", False)
        now += 0.2
        assert cache.get("key", 2, lambda: "new") == ("new", True)

    def test_slow_values_of_one_moment_do_not_expire_at_one_moment(self, monkeypatch):
        now = 1_000.0
        monkeypatch.setattr("jobs.searching.versions.time.monotonic", lambda: now)
        processes: list[VersionedCache[str]] = [VersionedCache(slow_seconds=-1) for _ in range(100)]

        def responses(version):
            return {process.get("key", version, lambda: "new" if version else "old") for process in processes}

        assert responses(0) == {("old", True)}
        now += MAX_LAG_SECONDS * 0.49
        assert responses(1) == {("old", False)}
        now += MAX_LAG_SECONDS * 0.25
        assert responses(1) == {("old", False), ("new", True)}
        now += MAX_LAG_SECONDS * 0.27
        assert ("old", False) not in responses(1)

    def test_least_recently_used_values_are_evicted(self):
        cache: VersionedCache[str] = VersionedCache(max_size=2)
        for key in "abc":
            cache.get(key, 1, lambda: "first")

        assert cache.get("c", 1, lambda: "again")[0] == "first"
        assert cache.get("a", 1, lambda: "again")[0] == "again"


@pytest.mark.django_db
class TestQueries:
    """The number of statements of a list, with empty and filled caches."""

    @pytest.mark.parametrize(
        ("query", "cold"),
        [
            ("", 3),
            ("search=engineer", 5),
            ("city=Jos&job_type=full-time", 4),
            ("city=Jos&job_type=full-time&search=engineer", 6),
            ("near=Lagos", 4),
            ("search=enginer+nonsense", 7),
        ],
    )
    def test_anonymous_requests_the_same_page_again(self, anonymous, query, cold):
        JobFactory(location=LocationFactory(city="Jos"))
        JobFactory(location=Location.objects.create(city="Lagos", country="Nigeria"))

        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                assert anonymous.get(f"{URL}?{query}").status_code == 200
            counts.append(len(captured))

        assert counts == [cold, 1]

    @pytest.mark.parametrize(("path", "cold", "warm"), [("facets/", 3, 1), ("suggest/?q=eng", 1, 1)])
    def test_anonymous_requests_facets_and_suggestions_again(self, anonymous, path, cold, warm):
        JobFactory()

        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                anonymous.get(f"{URL}{path}")
            counts.append(len(captured))

        assert counts == [cold, warm]
