"""What load balancers and operators ask."""

import time
from typing import Any

import pytest

from anywork.api.throttling.counting import CacheAway
from anywork.operations import health
from anywork.testing.concurrency import at_once


@pytest.mark.django_db(transaction=True)
def test_state_of_the_site_is_kept_also_where_finding_it_is_slow(monkeypatch):
    found = []

    def find_slowly():
        time.sleep(0.05)
        found.append("cache")
        raise CacheAway

    monkeypatch.setattr(health, "_cache", find_slowly)
    states = at_once(*[health.probe] * 5)
    assert states == [states[0]] * 5
    assert (states[0]["status"], states[0]["checks"]["cache"]) == ("degraded", "CacheAway")
    assert len(found) == 1

    # As two seconds later.
    kept: Any = health.probe.cache
    kept.expire(time.monotonic() + health.KEEP_SECONDS)
    health.probe()
    assert len(found) == 2


def test_readyz_takes_no_query_while_its_response_is_kept(client, db, django_assert_num_queries):
    first = client.get("/readyz")

    with django_assert_num_queries(0):
        assert client.get("/readyz").json() == first.json()


def test_readyz_says_unavailable_by_503(client, db, monkeypatch):
    monkeypatch.setattr("anywork.operations.health.probe", lambda: {"status": "unavailable"})

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
