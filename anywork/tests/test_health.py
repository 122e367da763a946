"""What load balancers and operators ask."""

import socket
import time
from typing import Any

import pytest

from anywork.api.throttling.counting import CacheAway, RedisCache
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


@pytest.mark.slow
def test_readyz_takes_a_second_if_all_but_the_database_is_frozen(client, db, settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        monkeypatch.setenv("CELERY_BROKER_URL", f"amqp://guest:guest@127.0.0.1:{port}//")
        monkeypatch.setattr(health, "cache", RedisCache(f"redis://127.0.0.1:{port}/0", {}))
        settings.EMAIL_BACKEND = "notifications.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        start = time.monotonic()

        response = client.get("/readyz")

        assert time.monotonic() - start < 2.5
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    checks = response.json()["checks"]
    assert {name for name, outcome in checks.items() if outcome != "ok"} == {"broker", "cache", "smtp"}


def test_readyz_says_unavailable_without_the_folder_of_the_files(client, db, settings, tmp_path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"

    response = client.get("/readyz")

    assert (response.status_code, response.json()["checks"]["media"]) == (503, "NotADirectoryError")


def test_readyz_writes_no_file_to_the_folder_of_emails(client, db, settings, tmp_path):
    # As EMAIL_URL=filemail:///folder sets them.
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_FILE_PATH = None, str(tmp_path / "mail")

    response = client.get("/readyz")

    assert response.json()["checks"]["smtp"] == "ok"
    assert not (tmp_path / "mail").exists()


def test_readyz_says_unavailable_by_503(client, db, monkeypatch):
    monkeypatch.setattr("anywork.operations.health.probe", lambda: {"status": "unavailable"})

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})
