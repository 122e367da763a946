"""PostgreSQL with a standby: fail-over, a web server that is led to the standby, and reads on the standby."""

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from anywork.local.postgres import FAST_SETTINGS, PrivateServer, find_binaries
from anywork.testing.processes import WebServer, database_url, wait_for
from anywork.testing.proxy import Proxy
from anywork.testing.standby import Standby, execute

# pytest-django makes the database only if a test asks for it.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

JOBS = "/api/jobs/"


@pytest.fixture(autouse=True)
def _quiet_clients(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "httpx")


@pytest.fixture(scope="module")
def migrated(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrivateServer]:
    """A server with a copy of the database of the tests."""
    binaries = find_binaries()
    if binaries is None or not (binaries / "pg_basebackup").exists():
        pytest.skip("needs the server and the client programs of PostgreSQL")
    # Autovacuum takes transaction ids; without it, a promoted standby gives the same ones again.
    settings = {**FAST_SETTINGS, "autovacuum": "off"}
    with PrivateServer(tmp_path_factory.mktemp("primary"), binaries, settings=settings) as server:
        with django_db_blocker.unblock():
            dump: list[str | Path] = [binaries / "pg_dump", "--no-owner", "--dbname", database_url()]
        sql = subprocess.run(dump, stdout=subprocess.PIPE, check=True).stdout
        load: list[str | Path] = [binaries / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", server.url]
        subprocess.run(load, input=sql, stdout=subprocess.DEVNULL, check=True)
        yield server


def address(server: PrivateServer) -> tuple[str, int]:
    return "127.0.0.1", int((server.directory / "port").read_text())


@pytest.fixture(scope="module")
def proxy(migrated: PrivateServer) -> Iterator[Proxy]:
    """What leads the web nodes to the primary."""
    proxy = Proxy(address(migrated))
    yield proxy
    proxy.close()


@pytest.fixture
def primary(migrated: PrivateServer, proxy: Proxy) -> PrivateServer:
    if not migrated.is_running:
        migrated.start()
        proxy.cut()
    proxy.target = address(migrated)
    proxy.mend()
    return migrated


@pytest.fixture
def standby(primary: PrivateServer, tmp_path: Path) -> Iterator[Standby]:
    with Standby(tmp_path / "standby", primary) as server:
        yield server


@pytest.fixture(scope="module")
def serve(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., httpx.Client]]:
    """Return a function that starts a web server with one process, and returns a client of it."""
    with ExitStack() as stack:

        def start(url: str, **environment: Any) -> httpx.Client:
            folder = tmp_path_factory.mktemp("node")
            with django_db_blocker.unblock():
                node = WebServer(folder, DATABASE_URL=url, WEB_CONCURRENCY="1", **environment)
            stack.callback(node.program.stop)
            return stack.enter_context(httpx.Client(base_url=node.url, timeout=30))

        yield start


@pytest.fixture(scope="module")
def nodes(migrated: PrivateServer, proxy: Proxy, serve: Callable[..., httpx.Client]) -> list[httpx.Client]:
    url = migrated.url.replace(f":{address(migrated)[1]}/", f":{proxy.port}/")
    return [serve(url), serve(url)]


class Employer:
    """A new employer, who posts jobs."""

    def __init__(self, node: httpx.Client) -> None:
        login = {"email": f"{uuid4()}@example.com", "password": "testing321"}
        self.headers: dict[str, str] = {}
        self._send(node, "/api/auth/register/", {**login, "role": "employer", "company_name": "Lagoon"})
        signed_in = self._send(node, "/api/auth/login/", login)["data"]
        self.headers["Authorization"] = f"Bearer {signed_in['accessToken']}"
        self.jobs = f"{JOBS}?employer={signed_in['user']['user_id']}"
        location = self._send(node, "/api/locations/", {"city": f"City {uuid4()}", "country": "Nigeria"})
        self._job = {
            "description": "We build boats.",
            "job_type": "full-time",
            "expires_at": "2090-12-12",
            "category": self._send(node, "/api/categories/", {"name": f"Boats {uuid4()}"})["category_id"],
            "location": location["location_id"],
        }

    def post(self, node: httpx.Client, title: str) -> httpx.Response:
        return node.post(JOBS, json={**self._job, "title": title}, headers=self.headers)

    def _send(self, node: httpx.Client, path: str, body: dict[str, Any]) -> Any:
        response = node.post(path, json=body, headers=self.headers)
        assert response.is_success, response.text
        return response.json()


def titles(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [job["title"] for job in response.json()["results"]]


def test_lists_after_a_lossy_fail_over_show_what_is_there(
    primary: PrivateServer, standby: Standby, proxy: Proxy, nodes: list[httpx.Client]
) -> None:
    employer = Employer(nodes[0])
    assert employer.post(nodes[0], "Kept").status_code == 201
    wait_for(standby.has_replayed_all, "the standby")
    standby.disconnect()
    wait_for(lambda: not standby.is_receiving(), "the end of replication")

    assert employer.post(nodes[0], "Lost").status_code == 201
    remembered = [node.get(employer.jobs) for node in nodes]
    assert [titles(response) for response in remembered] == [["Lost", "Kept"]] * 2

    proxy.cut()
    primary.stop()
    standby.promote()
    proxy.target = address(standby)
    proxy.mend()
    assert employer.post(nodes[0], "New").status_code == 201

    assert [titles(node.get(employer.jobs)) for node in nodes] == [["New", "Kept"]] * 2
    tags = [{"If-None-Match": response.headers["ETag"]} for response in remembered]
    again = [node.get(employer.jobs, headers=tag) for node, tag in zip(nodes, tags, strict=True)]
    assert [titles(response) for response in again] == [["New", "Kept"]] * 2


def test_web_server_whose_database_is_a_standby_reads_until_it_is_led_to_the_primary(
    primary: PrivateServer, standby: Standby, proxy: Proxy, nodes: list[httpx.Client]
) -> None:
    node, other = nodes
    employer = Employer(node)
    job = f"{JOBS}{employer.post(node, 'Kept').json()['job_id']}/"
    wait_for(standby.has_replayed_all, "the standby")

    proxy.cut()
    proxy.target = address(standby)
    proxy.mend()

    assert titles(node.get(employer.jobs)) == ["Kept"]
    assert node.get(job).json()["title"] == "Kept"
    refused = employer.post(node, "Refused")
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    for ready in (other.get("/readyz"), other.get("/readyz")):
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert ready.json()["checks"]["database"] == "ReadOnlyDatabase"

    # The connections to the standby stay open.
    proxy.target = address(primary)
    assert employer.post(node, "New").status_code == 201
    assert titles(other.get(employer.jobs)) == ["New", "Kept"]


def test_anonymous_lists_are_read_from_a_replica_unless_it_is_late_or_away(
    primary: PrivateServer, standby: Standby, nodes: list[httpx.Client], serve: Callable[..., httpx.Client]
) -> None:
    writer = nodes[0]
    employer = Employer(writer)
    node = serve(primary.url, DATABASE_REPLICA_URLS=standby.url, REPLICA_MAX_LAG_SECONDS="1")

    def verdict() -> tuple[str, str]:
        ready = node.get("/readyz").json()
        return ready["status"], ready["checks"]["replica1"]

    def shows(*expected: str) -> bool:
        return titles(node.get(employer.jobs)) == list(expected)

    def was_read() -> bool:
        # After its transaction; a check has none.
        latest = execute(standby, "SELECT query FROM pg_stat_activity WHERE application_name = 'anywork'")
        return latest == [("COMMIT",)]

    assert employer.post(writer, "First").status_code == 201
    wait_for(standby.has_replayed_all, "the standby")
    assert verdict()[1] == "ok"
    assert not was_read()
    assert shows("First")
    assert was_read()

    # Paused: what it lacks is hidden for a second, not longer; who is signed in sees it at once.
    standby.pause()
    assert employer.post(writer, "Second").status_code == 201
    assert titles(node.get(employer.jobs, headers=employer.headers)) == ["Second", "First"]
    assert shows("First")
    started_at = time.monotonic()
    wait_for(lambda: shows("Second", "First"), "the replica to be left out")
    assert time.monotonic() - started_at < 4
    wait_for(lambda: verdict() == ("degraded", "LateReplica"), "/readyz")
    standby.resume()
    wait_for(lambda: verdict()[1] == "ok", "the replica")
    wait_for(lambda: shows("Second", "First") and was_read(), "the replica to be used again")

    # The system goes on with its connections, so that none ends.
    standby.freeze()
    started_at = time.monotonic()
    assert [shows("Second", "First") for _ in range(3)] == [True] * 3
    assert time.monotonic() - started_at < 8
    standby.thaw()
    wait_for(lambda: verdict()[1] == "ok", "the replica")

    standby.stop()
    assert [shows("Second", "First") for _ in range(3)] == [True] * 3
    wait_for(lambda: verdict() == ("degraded", "OperationalError"), "/readyz")
    standby.start()
    wait_for(lambda: shows("Second", "First") and was_read(), "the replica to be used again")
