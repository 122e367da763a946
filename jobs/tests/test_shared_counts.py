"""Counts of slow searches, which one process makes for all."""

import time
from base64 import b64encode
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import connection

from anywork.api.caching.shared import SharedValue, SharedValues
from anywork.testing.concurrency import at_once
from jobs.searching.listing import MatchCount
from jobs.searching.query import SearchQuery
from jobs.searching.versions import VersionedCache


class Count:
    """Counts slowly, and how often."""

    def __init__(self, seconds=0.0):
        self.made = 0
        self._seconds = seconds

    def __call__(self):
        self.made += 1
        time.sleep(self._seconds)
        return self.made


@pytest.mark.django_db
def test_slow_value_of_a_new_version_is_computed_by_one_process(monkeypatch):
    monkeypatch.setattr("jobs.searching.versions.MAX_LAG_SECONDS", 0)
    processes: list[VersionedCache[int]] = [VersionedCache(shared="counts", slow_seconds=-1) for _ in range(3)]
    for process in processes:
        process.get("python", 1, Count())
    count = Count()

    assert [process.get("python", 2, count) for process in processes] == [(1, True)] * 3
    assert count.made == 1
    assert [process.get("python", 3, count) for process in processes] == [(2, True)] * 3


@pytest.mark.django_db
def test_fast_values_are_not_asked_for(monkeypatch, django_assert_num_queries):
    process: VersionedCache[int] = VersionedCache(shared="counts", slow_seconds=60)

    with django_assert_num_queries(0):
        assert process.get("python", 1, Count()) == (1, True)
        assert process.get("python", 2, Count()) == (1, True)


@pytest.mark.django_db(transaction=True)
def test_processes_wait_for_the_one_that_computes():
    count = Count(seconds=0.3)

    found = at_once(*[lambda: SharedValues("counts").get("python", 1, count, max_age=5).value] * 5)

    assert (found, count.made) == ([1] * 5, 1)


@pytest.mark.django_db(transaction=True)
def test_processes_are_served_the_former_value_while_one_computes_the_next():
    count = Count(seconds=0.3)
    SharedValues("counts").set("welder", SharedValue("former", 1, time.time() - 3))

    found = at_once(*[lambda: SharedValues("counts").get("welder", 2, count, max_age=5).value] * 5)

    # A thread that starts late may find the next one.
    assert (set(found), count.made) == ({"former", 1}, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "version", "expected"), [(2, 2, "former"), (6, 2, 1), (6, 1, "former"), (-60, 2, 1)])
def test_value_of_a_former_version_is_served_while_it_is_young(age, version, expected):
    # The last one is of a process whose clock is fast.
    values = SharedValues("counts")
    values.set("python", SharedValue("former", 1, time.time() - age))

    assert values.get("python", version, Count(), max_age=5).value == expected


@pytest.mark.django_db
def test_value_is_that_of_its_key():
    values = SharedValues("counts")
    values.get(("open", ("search", ("python",))), 1, lambda: "python", max_age=5)

    assert values.get(("all", ("search", ("python",))), 1, lambda: "all", max_age=5).value == "all"
    assert (
        SharedValues("facets").get(("open", ("search", ("python",))), 1, lambda: "facets", max_age=5).value == "facets"
    )


def test_process_counts_for_itself_while_the_cache_is_away(settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CACHES["default"]["BACKEND"] = "anywork.api.throttling.counting.RedisCache"
    values, count = SharedValues("counts"), Count()

    assert values.get("python", 1, count, max_age=5).value == 1
    started_at = time.monotonic()
    for number in range(2, 12):
        assert values.get("python", 1, count, max_age=5).value == number
    assert time.monotonic() - started_at < 0.1


@pytest.mark.django_db
def test_count_of_a_search_is_kept_as_it_is():
    query = SearchQuery("python developer").with_words_first()
    count = MatchCount((3, 2, 1), query, table_rows=10, did_you_mean="python")

    cache.set("count", count)

    assert cache.get("count") == count
    assert cache.get("count").query.__dict__ == query.__dict__


@pytest.mark.django_db
def test_kept_values_do_not_push_out_counters():
    database_cache: Any = caches.create_connection("default")
    for number in range(400):
        database_cache.count(f"counter-{number}", 1, 60)

    database_cache.set("value", 1, 60)

    assert [database_cache.count(f"counter-{number}", 1, 60).total for number in range(400)] == [2] * 400


@pytest.mark.django_db
def test_unreadable_value_is_computed_again():
    values = SharedValues("counts")
    values.set("python", SharedValue("former", 1, time.time()))
    with connection.cursor() as cursor:
        # As a process of another version may have written it: a class that is not there any more.
        garbage = b64encode(b"cjobs.searching.versions\nNoSuchClass\n.").decode()
        cursor.execute("UPDATE anywork_cache SET value = %s", [garbage])

    assert values.get("python", 1, Count(), max_age=5).value == 1
    assert values.get("python", 1, Count(), max_age=5).value == 1
