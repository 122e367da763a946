"""What load balancers and operators ask."""

from anywork.api.health import probe


def test_state_of_the_site_is_kept_for_a_period(db, django_assert_num_queries):
    first = probe(1)

    with django_assert_num_queries(0):
        assert probe(1) is first
    assert probe(2) is not first


def test_readyz_gives_the_state_that_is_kept(client, db, monkeypatch):
    monkeypatch.setattr("anywork.api.health.probe", lambda _: {"status": "unavailable"})

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
