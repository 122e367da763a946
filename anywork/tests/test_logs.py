"""What is logged, and what never is: a whole journey through the real processes, and the formatters' rules."""

import json
import logging
import socket
import sys
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
import pytest
import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from sentry_sdk.transport import Transport

from accounts.models import User
from accounts.tests.factories import UserFactory
from anywork.local.pdf import make_pdf
from anywork.operations.logs import ContextFilter, IdleFilter, JSONFormatter, PlainFormatter, configure_logging
from anywork.operations.sentry import without_values
from anywork.testing.processes import Program, is_up, wait_for
from anywork.testing.smtp import MailServer, free_port
from jobs.tests.factories import CategoryFactory, LocationFactory
from notifications.models import OutgoingEmail

PASSWORD = "Pa55word-of-hers"
LETTER = "My-most-private-letter"
OPINION = "My-opinion-of-her"
JSON = {"Content-Type": "application/json"}
ALTER = "ALTER TABLE applications_application"
# An address of this machine that none of its servers is told to listen at.
ADDRESS = "127.0.0.77"
# What a person entrusts to the site in the journey below, and what opens doors.
ENTRUSTED = [
    ADDRESS,
    PASSWORD,
    LETTER,
    OPINION,
    "lovelace",
    "ada@private.example",
    "boss@private.example",
    "ADA%40private",
    "private.example",
    "secret-cv-of-ada",
    "Lovelace",
    "080-555-1234",
    "eyJ",
    "signature=",
    "search=",
    "secret-search",
    "secret-query",
    "sessionid",
]


@pytest.fixture
def programs(transactional_db, tmp_path):
    """A web server and a worker, with a mail server that refuses what it gets at first."""
    mail = MailServer()
    mail.replies["RCPT"] = ["450 <ada@private.example> is busy", "550 <ada@private.example> is unknown", None]
    mail.start()
    port = free_port()
    broker = tmp_path / "broker"
    broker.mkdir()
    environment = {
        "CELERY_BROKER_URL": f"filesystem://{broker}",
        "EMAIL_URL": mail.url,
        "MEDIA_ROOT": str(tmp_path / "media"),
        "STATIC_ROOT": str(tmp_path),
        "WEB_CONCURRENCY": "1",
        "THROTTLE_RATES": "login=20/min",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    web = Program(
        "gunicorn", "anywork.wsgi", "--bind", f"127.0.0.1:{port}", log=tmp_path / "web", environment=environment
    )
    worker = Program(
        *("celery", "--quiet", "-A", "anywork", "worker", "--concurrency", "1", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--hostname", "logs@%h"),
        log=tmp_path / "worker",
        environment=environment,
    )
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=20, transport=httpx.HTTPTransport(local_address=ADDRESS)
    )
    try:
        wait_for(lambda: "Booting worker" in web.log and is_up(client), "the web server")
        wait_for(lambda: " ready." in worker.log, "the worker")
        yield client, web, worker, port
    finally:
        client.close()
        web.stop()
        # Its work is done, and Celery takes six seconds to end by itself.
        worker.kill()
        mail.stop()


def journey(client, port):
    """Do everything that people do, and that goes wrong; return the ids of users and requests."""

    def register(email, role, **more):
        body = {"email": email, "password": PASSWORD, "role": role, **more}
        response = client.post("/api/auth/register/", json=body)
        token = client.post("/api/auth/login/", json=body).json()["data"]["accessToken"]
        return response.json()["data"]["user"]["user_id"], {"Authorization": f"Bearer {token}"}

    ada, as_ada = register("ADA@private.example", "job_seeker", last_name="Lovelace", phone_number="080-555-1234")
    boss, as_boss = register("boss@private.example", "employer", company_name="Private Ltd")
    job = client.post(
        "/api/jobs/",
        headers=as_boss,
        json={
            "title": "Engineer",
            "description": "Engines",
            "location": str(LocationFactory().pk),
            "category": str(CategoryFactory().pk),
            "job_type": "full-time",
            "expires_at": "2099-12-12",
        },
    ).json()["job_id"]
    upload = {"file_path": ("secret-cv-of-ada.pdf", make_pdf("Ada Lovelace"), "application/pdf")}
    resume = client.post("/api/resumes/", headers=as_ada, files=upload).json()
    body = {"job": job, "resume": resume["resume_id"], "cover_letter": LETTER}
    application = client.post("/api/applications/", headers=as_ada, json=body).json()["application_id"]
    client.patch(f"/api/applications/{application}/", headers=as_boss, json={"status": "accepted"})
    opinions = (
        client.post(f"/api/applications/{application}/notes/", headers=as_boss, json={"text": OPINION}),
        client.put(f"/api/applications/{application}/assessment/", headers=as_boss, json={"tags": [OPINION]}),
        client.get("/api/applications/", headers=as_boss, params={"tag": OPINION}),
        client.get("/api/applications/export/", headers=as_boss, params={"search": "lovelace"}),
    )
    assert [response.status_code for response in opinions] == [201, 200, 200, 200]
    assert all(OPINION in response.text or LETTER in response.text for response in opinions)
    statuses = [
        client.get(resume["file_url"] if "file_url" in resume else resume["file_path"]),
        client.get(resume["file_path"] + "0"),
        client.get("/api/jobs/", params={"search": "secret-search ada@private.example"}),
        client.get("/api/jobs/", params={"posted_after": "secret-search"}),
        client.post("/api/auth/login/", json={"email": "ada@private.example", "password": f"{PASSWORD}!"}),
        client.post("/api/auth/login/", headers=JSON, content=f'{{"email": "ada@private.example", "{PASSWORD}'),
        client.post("/api/auth/register/", json={"email": "ada@private.example", "password": PASSWORD, "role": "x"}),
        client.get("/api/auth/me/", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}),
        client.get("/api/employer/jobs/", headers=as_ada),
        client.get(f"/api/nothing/?{urlencode({'email': 'ada@private.example'})}"),
        client.get("/api/people/ada@private.example/"),
        client.put("/api/auth/login/", json={"password": PASSWORD}),
        client.post("/api/applications/", headers=as_ada, json=body),
        client.get("/api/jobs/", headers={"Host": "evil.example"}),
        client.post("/api/applications/", headers=as_ada, content=b"<xml/>"),
        client.post("/admin/login/?next=secret-query", data={"username": "ada@private.example", "password": PASSWORD}),
        client.post("/admin/login/", headers={"Origin": "https://evil.example"}),
    ]
    assert [response.status_code for response in statuses] == [
        *(200, 401, 200, 400, 401, 400, 400, 401, 403, 404, 404, 405, 409, 400, 415, 403, 403),
    ]
    # A rule that no code knows of: its violation is a bug, and PostgreSQL quotes the whole row.
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE applications_application ADD CONSTRAINT no_letters CHECK (cover_letter = '') NOT VALID"
        )
    try:
        client.delete(f"/api/applications/{application}/", headers=as_ada)
        failed = client.post("/api/skills/", headers=as_ada, json={"name": "x"})
        assert failed.status_code == 201
        crash = client.patch(f"/api/applications/{application}/", headers=as_boss, json={"status": "rejected"})
        assert crash.status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"{ALTER} DROP CONSTRAINT no_letters")
    # Not even HTTP, and a client that leaves in the middle of its letter.
    for request in (
        f"GET /api/jobs/?search=secret-search {PASSWORD} HTTP/1.1\r\n\r\n",
        f"GET /?x=secret-query HTTP/1.1\r\nAuthorization {PASSWORD}\r\n\r\n",
        f"POST /api/auth/login/?x=secret-query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{LETTER}",
    ):
        with socket.create_connection(("127.0.0.1", port), source_address=(ADDRESS, 0)) as raw:
            raw.sendall(request.encode())
            raw.shutdown(socket.SHUT_WR)
            raw.recv(10_000)
    return {"users": (ada, boss), "crash": crash.headers["X-Request-ID"]}


@pytest.mark.slow
def test_a_journey_leaves_no_trace_of_what_people_entrust_to_us(programs):
    client, web, worker, port = programs

    ids = journey(client, port)
    wait_for(lambda: OutgoingEmail.objects.filter(state="dead").exists(), "a mail that the server refuses for good")
    wait_for(lambda: OutgoingEmail.objects.filter(state="retry").exists(), "a mail that the server refuses for now")
    wait_for(lambda: "given up" in worker.log and "tried again" in worker.log, "the worker's words")
    wait_for(lambda: ids["crash"] in web.log, "the crash in the log")
    client.get("/healthz")

    output = web.log + worker.log
    found = [secret for secret in ENTRUSTED if secret.lower() in output.lower()]
    assert not found, "\n".join(line for line in output.splitlines() if any(s.lower() in line.lower() for s in found))

    lines = [json.loads(line) for line in output.splitlines()]
    assert {
        "gunicorn.error",
        "gunicorn.access",
        "django.request",
        "notifications.mail.delivery",
        "celery.app.trace",
    } <= {line["logger"] for line in lines}
    access = [line for line in lines if line["logger"] == "gunicorn.access"]
    applied = next(line for line in access if line["method"] == "POST" and "/api/applications/" in line["message"])
    assert applied["status"] == 201
    assert applied["user_id"] == ids["users"][0]
    assert len(applied["request_id"]) == 36
    assert applied["milliseconds"] > 0
    # A worker's lines about an email have the id of the request that caused it, or none if another's task sent it.
    about_mail = [line for line in lines if line["logger"] == "notifications.mail.delivery"]
    delivered = [line["request_id"] for line in about_mail if "request_id" in line]
    assert delivered
    assert len(set(delivered)) == len(delivered)
    assert set(delivered) <= {line["request_id"] for line in access}
    malformed = [line for line in lines if line["message"] == "Invalid request"]
    assert malformed
    assert not any({"request_id", "user_id"} & line.keys() for line in malformed)
    registered = next(line for line in access if "/api/auth/register/" in line["message"])
    assert "user_id" not in registered
    [crash] = [line for line in lines if line.get("exception")]
    assert crash["request_id"] == ids["crash"]
    assert crash["user_id"] == ids["users"][1]
    assert "psycopg2.errors.CheckViolation 23514 applications_application no_letters" in crash["exception"]
    assert any("applications/services.py" in frame for frame in crash["exception"])


def formatted(formatter, message="Something happened", *args, name="anywork", exc_info=None, **extra):
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, exc_info)
    record.__dict__.update(extra)
    ContextFilter().filter(record)
    return formatter().format(record)


def raised(error, cause=None):
    """Return `error` as exc_info, really raised."""
    try:
        raise error from cause
    except type(error):
        return sys.exc_info()


class TestFormatters:
    def test_line_of_json_has_its_parts(self):
        line = json.loads(formatted(JSONFormatter, "%s of %s", 1, 2))

        assert line.pop("time").endswith("+00:00")
        assert {key: line[key] for key in ("level", "logger", "message")} == {
            "level": "ERROR",
            "logger": "anywork",
            "message": "1 of 2",
        }

    def test_what_a_record_carries_beside_is_left_out(self):
        line = formatted(JSONFormatter, request="GET /?secret", data={"args": "secret"})

        assert "secret" not in line

    @pytest.mark.parametrize("formatter", [JSONFormatter, PlainFormatter])
    @pytest.mark.parametrize(
        ("message", "args", "expected"),
        [
            ("sent to ben@example.org now", (), "sent to [address] now"),
            ("to <Ben@Mail.Example.org>,", (), "to <[address]>,"),
            ("GET %s failed", ("/media/x?signature=abc:def",), "GET /media/x?[query] failed"),
            ("Really? Yes", (), "Really? Yes"),
            ("failed: %s", (ValueError("secret"),), "failed: ValueError"),
            ("%(what)s", ({"what": KeyError("secret")},), "KeyError"),
            ("%d", ("secret",), "%d (malformed)"),
            ("%(name)s", ({"other": "secret"},), "%(name)s (malformed)"),
            ("Invalid request from ip=203.0.113.7: Invalid line 'GET /secret\nx'", (), "Invalid request"),
        ],
    )
    def test_messages_hold_no_values(self, formatter, message, args, expected):
        line = formatted(formatter, message, *args)

        assert "secret" not in line
        assert expected in (json.loads(line)["message"] if formatter is JSONFormatter else line)

    def test_exception_that_is_the_message_is_named_only(self):
        assert json.loads(formatted(JSONFormatter, ValueError("secret")))["message"] == "ValueError"

    def test_failed_task_is_named_with_the_kind_of_its_failure(self):
        context = {"name": "mail", "id": "1", "exc": "SMTPRecipientsRefused({'ben@example.org': ...})"}

        line = json.loads(formatted(JSONFormatter, "Task %(name)s[%(id)s]: %(exc)s", context, name="celery.app.trace"))

        assert line["message"] == "Task mail[1]: SMTPRecipientsRefused"

    @pytest.mark.parametrize("formatter", [JSONFormatter, PlainFormatter])
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (ValueError("secret"), "ValueError"),
            (KeyError("secret"), "KeyError"),
            (DataError("secret"), "django.db.utils.DataError"),
            (OSError(28, "No space left on device", "secret"), "OSError: No space left on device"),
            (AttributeError("'NoneType' object has no attribute 'x'"), "AttributeError: 'NoneType' object"),
            (ImproperlyConfigured("Set X"), "django.core.exceptions.ImproperlyConfigured: Set X"),
        ],
    )
    def test_exceptions_are_told_without_values(self, formatter, error, told):
        line = formatted(formatter, exc_info=raised(error))

        assert "secret" not in line
        assert told in line
        assert "test_logs.py" in line

    def test_violated_constraint_is_named_without_the_row(self, db):
        ben = UserFactory()
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            User.objects.create(email=ben.email)

        line = json.loads(formatted(JSONFormatter, exc_info=raised(RuntimeError("secret"), caught.value)))

        assert ben.email not in str(line)
        assert "psycopg2.errors.UniqueViolation 23505 accounts_user accounts_user_unique_email" in line["exception"]
        assert line["exception"][-1] == "RuntimeError"
        assert line["exception"].count("which caused:") == 2

    def test_forged_line_breaks_stay_in_their_line(self):
        assert formatted(PlainFormatter, "GET %s", "/x\r\n12:00:00 INFO forged").count("\n") == 0

    def test_lost_connection_is_explained(self):
        error = OperationalError("connection to server at 127.0.0.1 failed: Connection refused")

        assert "Connection refused" in formatted(PlainFormatter, exc_info=raised(error))


class TestIdleProcesses:
    DUE = ("Scheduler: Sending due task %s (%s)", "sweep-outgoing-email", "notifications.sweep_outgoing_email")
    SWEPT: ClassVar = {"id": "5", "name": "notifications.sweep_outgoing_email"}
    SENT: ClassVar = {"id": "5", "name": "notifications.send_outgoing_email"}

    @staticmethod
    def logged(idle, name, level, message, *args):
        record = logging.LogRecord(name, level, __file__, 1, message, args, None)
        return record.getMessage() if idle.filter(record) else None

    def test_beat_and_worker_tell_of_periodic_tasks_once_an_hour(self, monkeypatch):
        for name, message in (
            ("celery.beat", self.DUE),
            ("celery.worker.strategy", ("Task %(name)s[%(id)s] received", self.SWEPT)),
        ):
            idle = IdleFilter()
            now = time.monotonic()
            told = []
            # Two hours and a bit of sweeps.
            for seconds in range(0, 2 * 3_600 + 30, 15):
                monkeypatch.setattr(time, "monotonic", lambda seconds=seconds, now=now: now + seconds)
                told.append(self.logged(idle, name, logging.INFO, *message))

            lines = [line for line in told if line]
            assert len(lines) == 3
            assert lines[1].endswith(" (239 lines of periodic tasks dropped before)")

    def test_pool_tells_nothing_of_periodic_tasks_that_went_well(self):
        message = ("Task %(name)s[%(id)s] succeeded in 1s: None", self.SWEPT)

        assert self.logged(IdleFilter(), "celery.app.trace", logging.INFO, *message) is None

    def test_failure_of_a_periodic_task_is_always_told(self):
        message = ("Task %(name)s[%(id)s] raised unexpected: KeyError", self.SWEPT)

        assert self.logged(IdleFilter(), "celery.app.trace", logging.ERROR, *message)

    @pytest.mark.parametrize("name", ["celery.worker.strategy", "celery.app.trace"])
    def test_work_is_always_told(self, name):
        idle = IdleFilter()

        assert [self.logged(idle, name, logging.INFO, "Task %(name)s", self.SENT) for _ in range(2)] == [
            "Task notifications.send_outgoing_email"
        ] * 2
        assert self.logged(idle, "celery.beat", logging.INFO, "beat: Starting...")

    @pytest.mark.parametrize(
        ("path", "status", "is_told"),
        [("/healthz", "200", False), ("/readyz", "200", False), ("/readyz", "503", True), ("/api/jobs/", "200", True)],
    )
    def test_response_that_all_is_well_is_no_line(self, path, status, is_told):
        atoms = {"m": "GET", "U": path, "s": status}

        assert bool(self.logged(IdleFilter(), "gunicorn.access", logging.INFO, "%(m)s %(U)s", atoms)) == is_told

    def test_filter_is_where_celery_and_gunicorn_log(self):
        for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy", "gunicorn.access"):
            assert any(isinstance(idle, IdleFilter) for idle in logging.getLogger(name).filters)


def test_logging_is_configured_twice_and_filters_once(settings, known_tasks):
    configure_logging(settings.LOGGING)

    for name, options in settings.LOGGING["loggers"].items():
        assert len(logging.getLogger(name).filters) == len(options.get("filters", ())), name


class TestRefusedHosts:
    LOGGER = "django.security.DisallowedHost"

    @pytest.fixture(autouse=True)
    def begin_process(self, db, monkeypatch):
        """Reset what this process has logged, and return a function that does so again."""
        [refused_host] = logging.getLogger(self.LOGGER).filters

        def begin():
            monkeypatch.setattr(refused_host, "_silent_until", 0)

        begin()
        return begin

    def told(self, caplog):
        return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == self.LOGGER]

    def test_one_an_hour_is_a_warning_with_the_name(self, client, caplog):
        for host in ("www.example.org", "scanner.example", "www.example.org"):
            assert client.get("/api/jobs/", HTTP_HOST=host).status_code == 400

        assert self.told(caplog) == [
            (
                "WARNING",
                (
                    "Refused the host 'www.example.org', which is not in ALLOWED_HOSTS. "
                    "Others are not logged for an hour."
                ),
            )
        ]

    def test_another_process_tells_none_within_the_hour(self, client, caplog, begin_process):
        client.get("/api/jobs/", HTTP_HOST="www.example.org")
        begin_process()
        client.get("/api/jobs/", HTTP_HOST="www.example.org")

        assert len(self.told(caplog)) == 1

    def test_next_hour_tells_again(self, client, caplog, begin_process):
        client.get("/api/jobs/", HTTP_HOST="www.example.org")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE anywork_cache SET expires = expires - interval '1 hour'")
        begin_process()
        client.get("/api/jobs/", HTTP_HOST="other.example")

        assert [message.split("'")[1] for _, message in self.told(caplog)] == ["www.example.org", "other.example"]

    def test_name_is_cut_and_cannot_forge_a_line(self, client, caplog):
        client.get("/api/jobs/", HTTP_HOST="x" * 5_000 + "\r\nforged")

        [(_, message)] = self.told(caplog)
        assert len(message) < 400
        assert "\n" not in message

    def test_request_without_a_host_is_told_too(self, client, caplog, settings):
        settings.ALLOWED_HOSTS = ["www.example.org"]

        assert client.get("/api/jobs/").status_code == 400

        [(_, message)] = self.told(caplog)
        assert message.startswith("Refused the host ")


class Collecting(Transport):
    """Keeps what would be sent."""

    events: ClassVar[list[Any]] = []

    def capture_envelope(self, envelope):
        self.events.append(envelope.get_event())


def test_error_reports_hold_no_values():
    client = sentry_sdk.Client(
        "http://key@localhost/1",
        before_send=without_values,
        transport=Collecting,
        default_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        scope.set_extra("body", "secret")
        scope.add_breadcrumb(message="secret")
        scope.capture_exception(raised(ValueError("secret"))[1])
        scope.capture_message("secret")
    client.close()

    sent = Collecting.events
    assert sent[0]["exception"]["values"][0]["type"] == "ValueError"
    frames = sent[0]["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "raised"
    sent[0]["exception"]["values"][0]["stacktrace"] = None
    assert "secret" not in str(sent)


@pytest.mark.slow
def test_worker_that_logs_for_people_says_when_it_is_ready(db, tmp_path):
    worker = Program(
        *("celery", "--quiet", "-A", "anywork", "worker", "--pool", "solo", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--hostname", "plain@%h"),
        log=tmp_path / "worker",
        environment={"CELERY_BROKER_URL": f"filesystem://{tmp_path}", "LOG_FORMAT": "plain"},
    )
    try:
        wait_for(lambda: " ready." in worker.log, "the worker")
    finally:
        worker.kill()
