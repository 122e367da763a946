"""What load balancers and operators ask."""

import time

import pytest

from anywork.operations.health import ProbeCache
from anywork.testing.concurrency import at_once


@pytest.mark.django_db(transaction=True)
def test_state_of_the_site_is_kept_also_where_finding_it_is_slow():
    found = []

    def find_slowly():
        time.sleep(0.05)
        found.append("degraded")
        return {"status": "degraded"}

    cache = ProbeCache()
    states = at_once(*[lambda: cache.get(find_slowly)] * 5)
    assert states == [{"status": "degraded"}] * 5
    assert len(found) == 1

    # As two seconds later.
    cache._until -= 2
    cache.get(find_slowly)
    assert len(found) == 2


def test_readyz_takes_no_query_while_its_response_is_kept(client, db, django_assert_num_queries):
    first = client.get("/readyz")

    with django_assert_num_queries(0):
        assert client.get("/readyz").json() == first.json()


def test_readyz_says_unavailable_by_503(client, db, monkeypatch):
    monkeypatch.setattr("anywork.operations.health.probe", lambda: {"status": "unavailable"})

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
