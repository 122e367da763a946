"""What Prometheus reads."""

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from anywork import __version__
from anywork.local.postgres import port_is_free
from anywork.operations import metrics
from anywork.operations.health import broker_channel, probe
from anywork.testing.processes import Program, is_up, wait_for
from jobs.tests.factories import JobFactory
from notifications.tests.factories import OutgoingEmailFactory

TOKEN = "of-the-tests-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def scraped(settings, db):
    """A client of a site whose metrics are read."""
    settings.METRICS_TOKEN = TOKEN
    return Client()


@pytest.fixture(autouse=True)
def _quiet_client(caplog):
    caplog.set_level(logging.WARNING, "httpx")


def samples_of(text):
    """Return the values of all samples by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client):
    probe.cache_clear()
    response = client.get("/metrics", headers=BEARER)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return samples_of(response.content.decode())


def requests_to(samples, route, status, method="GET"):
    labels = {"method": method, "route": route, "status": str(status)}
    return samples.get(("anywork_requests_total", *labels.items()), 0)


class TestAccess:
    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            TOKEN,
            "Bearer",
            "Bearer ",
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            f"Token {TOKEN}",
            "Bearer é",
        ],
    )
    def test_anonymous_without_the_token_gets_the_404_of_an_unknown_url(self, scraped, header):
        headers = {} if header is None else {"Authorization": header}

        response = scraped.get("/metrics", headers=headers)

        unknown = scraped.get("/nothing").json() | {"message": "There is nothing at /metrics."}
        assert response.status_code == 404
        assert response.json() == {**unknown, "request_id": response.headers["X-Request-ID"]}

    @pytest.mark.parametrize("header", ["Bearer ", "Bearer", f"Bearer {TOKEN}", ""])
    def test_no_token_opens_metrics_that_have_none(self, db, header):
        assert Client().get("/metrics", headers={"Authorization": header}).status_code == 404

    def test_prometheus_may_use_any_host_and_plain_http(self, scraped, settings):
        settings.SECURE_SSL_REDIRECT = True

        assert Client().get("/metrics", headers={**BEARER, "Host": "10.0.0.7:8000"}).status_code == 200


class TestRequests:
    def test_request_is_counted_by_its_route_method_and_status(self, scraped):
        job = JobFactory()
        before = scrape(scraped)
        for _ in range(3):
            scraped.get(f"/api/jobs/{job.pk}/")
        scraped.get(f"/api/jobs/{uuid.uuid4()}/")
        scraped.post("/api/jobs/", {})
        after = scrape(scraped)

        def added(*arguments):
            return requests_to(after, *arguments) - requests_to(before, *arguments)

        assert added("job-detail", 200) == 3
        assert added("job-detail", 404) == 1
        assert added("job-list", 401, "POST") == 1
        assert added("metrics", 200) == 1

    def test_client_cannot_add_time_series(self, scraped):
        scraped.get("/one")
        scraped.get("/api/one/")
        scraped.generic("BREW", "/api/jobs/")
        # Which is counted itself.
        scrape(scraped)
        before = scrape(scraped)
        for number in range(30):
            scraped.get(f"/{number}")
            scraped.get(f"/api/{number}/?{number}={number}")
            scraped.generic(f"BREW{number}", "/api/jobs/")
        scraped.delete("/api/jobs/")
        after = scrape(scraped)

        assert before.keys() == after.keys()
        assert requests_to(after, "none", 404) - requests_to(before, "none", 404) == 30
        assert requests_to(after, "unknown", 404) - requests_to(before, "unknown", 404) == 30
        assert requests_to(after, "job-list", 405, "other") - requests_to(before, "job-list", 405, "other") == 31

    def test_sql_statements_and_their_time_are_counted_by_route(self, scraped):
        key = ("anywork_sql_statements_total", ("route", "job-list"))
        before = scrape(scraped).get(key, 0)
        with CaptureQueriesContext(connection) as captured:
            scraped.get("/api/jobs/?search=pump")
        number = len(captured)
        after = scrape(scraped)

        assert after[key] - before == number > 0
        assert 0 < after["anywork_sql_seconds_total", ("route", "job-list")] < 60

    def test_duration_is_in_a_histogram_of_few_buckets(self, scraped):
        scraped.get("/healthz")
        samples = scrape(scraped)
        labels = (("method", "GET"), ("route", "healthz"))

        buckets = [key for key in samples if key[0].endswith("_bucket") and key[2:] == labels]
        assert len(buckets) == 8
        count = samples["anywork_request_seconds_count", *labels]
        assert samples["anywork_request_seconds_bucket", ("le", "+Inf"), *labels] == count > 0
        assert samples["anywork_request_seconds_sum", *labels] < count


class TestFigures:
    def test_figures_are_those_of_readyz(self, scraped):
        OutgoingEmailFactory(next_attempt_at=timezone.now() - timedelta(minutes=6))
        OutgoingEmailFactory(state="dead")
        samples = scrape(scraped)
        body = scraped.get("/readyz").json()

        assert {name: samples[f"anywork_mail_{name}",] for name in body["mail"]} == body["mail"]
        assert (samples["anywork_mail_queued",], samples["anywork_mail_dead",]) == (1, 1)
        assert samples["anywork_mail_oldest_due_seconds",] >= 360
        told = {key[1][1]: value for key, value in samples.items() if key[0] == "anywork_check_ok"}
        assert told == {name: outcome == "ok" for name, outcome in body["checks"].items()}
        assert (told["mail"], told["database"]) == (0, 1)

    def test_versions_are_named(self, scraped):
        [key] = [key for key in scrape(scraped) if key[0] == "anywork_info"]

        assert dict(key[1:])["version"] == __version__

    def test_queue_that_does_not_exist_has_no_depth(self, scraped, settings):
        settings.CELERY_TASK_DEFAULT_QUEUE = "nothing-of-this-name"
        metrics._queued_messages.cache_clear()

        assert ("anywork_queue_messages",) not in scrape(scraped)


@pytest.fixture
def server(transactional_db, tmp_path):
    """gunicorn with two workers."""
    port = next(port for port in range(25_000 + os.getpid() % 4_000, 30_000) if port_is_free(port))
    program = Program(
        *("gunicorn", "anywork.wsgi", "--bind", f"127.0.0.1:{port}"),
        log=tmp_path / "web",
        environment={
            "METRICS_TOKEN": TOKEN,
            "WEB_CONCURRENCY": "2",
            "CELERY_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//",
            "EMAIL_URL": f"filemail://{tmp_path}",
            "SECURE_SSL_REDIRECT": "off",
        },
    )
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url) as client:
        wait_for(lambda: is_up(client), "the web server")
    yield program, url
    program.stop()


@pytest.mark.slow
def test_counts_are_those_of_all_workers_and_outlive_them(server):
    program, url = server

    def get(path):
        # A connection for each, so that both workers get some.
        return httpx.get(f"{url}{path}", headers=BEARER, timeout=30)

    def counted():
        return requests_to(samples_of(get("/metrics").text), "job-list", 200)

    for _ in range(20):
        assert get("/api/jobs/").status_code == 200
    assert {counted() for _ in range(5)} == {20}

    reset = {"email": "ben@example.org"}
    assert httpx.post(f"{url}/api/auth/password/reset/", json=reset, timeout=30).status_code == 200
    samples = samples_of(get("/metrics").text)
    assert samples["anywork_check_ok", ("check", "broker")] == 0
    assert 0 < samples["anywork_breaker_open_until_timestamp_seconds",] - time.time() < 30

    [folder] = set(re.findall(r"\S+/anywork-metrics-[^/]+", Path(f"/proc/{program.children[0]}/maps").read_text()))
    files = {path.name for path in Path(folder).iterdir()}
    worker = program.children[0]
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: worker not in program.children and len(program.children) == 2, "another worker")
    for _ in range(20):
        assert get("/api/jobs/").status_code == 200
    assert {counted() for _ in range(5)} == {40}
    assert {path.name for path in Path(folder).iterdir()} == files

    program.stop()
    assert not Path(folder).exists()


ROOT = Path(settings.BASE_DIR)
MONITORING = ROOT / "deploy" / "monitoring"


def used_metrics(expressions):
    return set(re.findall(r"\banywork_\w+", " ".join(expressions)))


def alerts():
    [group] = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def dashboard():
    return json.loads((MONITORING / "dashboard.json").read_text())


class TestFiles:
    def test_alerts_are_the_headings_of_their_paragraphs(self):
        text = (ROOT / "docs" / "monitoring.md").read_text()
        headings = re.findall(r"^### (.*)\n\n\w", text.partition("## Alerts")[2], re.MULTILINE)

        assert headings == list(alerts())

    @pytest.mark.parametrize("place", ["alerts", "dashboard", "docs"])
    def test_metrics_that_are_used_are_exported(self, scraped, settings, place):
        settings.CELERY_TASK_DEFAULT_QUEUE = f"anywork-{uuid.uuid4()}"
        with broker_channel() as channel:
            channel.queue_declare(settings.CELERY_TASK_DEFAULT_QUEUE)
        metrics._queued_messages.cache_clear()
        scrape(scraped)
        exported = {key[0] for key in scrape(scraped)}

        if place == "docs":
            named = used_metrics([re.sub(r"`, `_", "` `anywork_mail_", (ROOT / "docs" / "monitoring.md").read_text())])
            # "anywork_mail_*", and a histogram.
            named -= {"anywork_mail_", "anywork_request_seconds"}
            assert exported - named == {f"anywork_request_seconds_{part}" for part in ("bucket", "count", "sum")} | {
                name for name in exported if name.endswith("_created")
            }
        else:
            named = used_metrics(alerts().values() if place == "alerts" else expressions_of(dashboard()))
        assert len(named) > 5
        assert named - exported == set()

    def test_alert_rules_pass_the_tests_of_promtool(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            pytest.skip("needs promtool, of Debian's package prometheus")
        for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run([promtool, *command], cwd=MONITORING, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        tested = set(re.findall(r"alertname: (\w+)", (MONITORING / "alerts_test.yml").read_text()))
        assert alerts().keys() == tested


def expressions_of(board):
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]
