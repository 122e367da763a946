"""deploy/nginx.conf, tried with a real nginx in front of a real web server."""

import socket
import ssl
import subprocess
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings

from accounts.models import AuditEvent
from anywork.api.exceptions import RequestTooLarge, TooManyRequests
from anywork.testing.nginx import deployed, running_nginx
from anywork.testing.processes import Program, wait_for
from anywork.testing.smtp import free_port
from jobs.tests.factories import JobFactory

pytestmark = pytest.mark.slow

ROOT = Path(django_settings.BASE_DIR)
CONFIG = ROOT / "deploy" / "nginx.conf"
ERROR_KEYS = ["status", "code", "message", "errors", "request_id"]


@pytest.fixture
def web(transactional_db, tmp_path):
    """The unix socket of a web server with a single worker, which one slow client would hold."""
    socket_path = tmp_path / "socket"
    environment = {
        "BIND": f"unix:{socket_path}",
        "WEB_CONCURRENCY": "1",
        "NUM_PROXIES": "1",
        "SECURE_SSL_REDIRECT": "off",
        "MEDIA_ROOT": str(tmp_path / "media"),
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    program = Program("gunicorn", "anywork.wsgi", log=tmp_path / "web", environment=environment)
    try:
        wait_for(lambda: "Listening at" in program.log, "the web server")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), timeout=20) as client:
            assert client.get("http://localhost/healthz").is_success
        yield environment["BIND"]
    finally:
        program.stop()


@pytest.fixture
def nginx(web, tmp_path):
    """A client of nginx in front of that web server."""
    port = free_port()
    with running_nginx(deployed(port, web), port=port, folder=tmp_path) as client:
        yield client


@pytest.fixture
def alone(tmp_path):
    """A client of nginx whose web server is away."""
    port = free_port()
    with running_nginx(deployed(port, f"127.0.0.1:{free_port()}"), port=port, folder=tmp_path) as client:
        yield client


def assert_error(response, status, code):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ERROR_KEYS
    assert (body["status"], body["code"], body["errors"]) == ("error", code, {})
    assert body["request_id"] == response.headers["X-Request-ID"]


def hold(stack, port, *pieces):
    """Send the beginning of a request and no more."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
    for piece in pieces:
        connection.sendall(piece)


def test_slow_clients_hold_no_worker(nginx):
    port = nginx.base_url.port
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\n"
    with ExitStack() as stack:
        for _ in range(5):
            hold(stack, port)
            hold(stack, port, head)
            hold(stack, port, head, b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n", b'{"email": ')
            # Asks for 300 kB and reads nothing.
            hold(stack, port, b"GET /api/schema/ HTTP/1.1\r\nHost: localhost\r\n\r\n")

        # Without nginx, the one worker is held for 30 s.
        for _ in range(5):
            assert nginx.get("/healthz", timeout=5).json() == {"status": "ok"}


def test_response_and_errors_of_the_web_server_pass_as_they_are(nginx):
    found = nginx.get("/api/jobs/", headers={"X-Request-ID": "mine", "Origin": "https://www.example.org"})
    missing = nginx.get("/api/nothing/?a=1")

    assert (found.status_code, found.json()["count"]) == (200, 0)
    assert found.headers["X-Request-ID"] == "mine"
    assert_error(missing, 404, "not_found")
    assert missing.headers.get_list("X-Request-ID") == [missing.json()["request_id"]]
    assert_error(
        nginx.post("/api/auth/login/", json={"email": "a@b.example", "password": "x"}), 401, "invalid_credentials"
    )
    assert_error(nginx.get("/api/jobs/", headers={"Host": "evil.example"}), 400, "parse_error")


def test_client_is_known_by_its_address_and_not_by_what_it_claims(nginx):
    body = {"email": "nobody@example.org", "password": "wrong-horse-42"}
    nginx.post("/api/auth/login/", json=body, headers={"X-Forwarded-For": "198.51.100.1"})

    assert AuditEvent.objects.get().address == "127.0.0.0/24"


def test_client_is_not_believed_to_use_https(nginx):
    JobFactory.create_batch(2)

    page = nginx.get("/api/jobs/?page_size=1", headers={"X-Forwarded-Proto": "https"}).json()

    assert page["next"] == f"{nginx.base_url}/api/jobs/?page=2&page_size=1"


def test_nginx_names_the_limit_of_a_body():
    assert CONFIG.read_text(encoding="utf-8").count(f'"message": "{RequestTooLarge.default_detail}"') == 1


def test_body_that_the_web_server_refuses_keeps_its_response(nginx):
    response = nginx.post(
        "/api/auth/login/", content=b"x" * (11 * 1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )

    assert_error(response, 413, "request_too_large")


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"POST /api/resumes/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413, "request_too_large"),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 9_000 + b"\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad_request"),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"),
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /errors/unavailable HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not_found"),
    ],
)
def test_what_nginx_refuses_itself_has_the_one_shape(alone, request_bytes, status, code):
    with socket.create_connection(("127.0.0.1", alone.base_url.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        response = HTTPResponse(connection)
        response.begin()
        body = response.read()

    assert_error(httpx.Response(response.status, headers=response.getheaders(), content=body), status, code)


def test_client_is_told_to_come_back_while_the_web_server_is_away(alone):
    mine = alone.get("/api/jobs/", headers={"X-Request-ID": "mine"})
    forged = alone.get("/api/jobs/", headers={"X-Request-ID": 'a", "code": "'})

    for response in (mine, forged):
        assert_error(response, 503, "service_unavailable")
        assert response.headers["Retry-After"] == "5"
        # A page of another origin can show the message.
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert mine.json()["request_id"] == "mine"
    assert len(forged.json()["request_id"]) == 32


def test_client_that_floods_is_told_to_slow_down(tmp_path):
    port = free_port()
    config = (
        deployed(port, f"127.0.0.1:{free_port()}").replace("rate=200r/s", "rate=1r/m").replace("burst=400", "burst=2")
    )
    with running_nginx(config, port=port, folder=tmp_path) as client:
        responses = [client.get("/api/jobs/") for _ in range(4)]

    assert_error(responses[-1], 429, "throttled")
    assert responses[-1].headers["Retry-After"] == "1"
    assert responses[-1].json()["message"] == TooManyRequests(wait=1).detail
    assert responses[0].status_code == 503


def test_nginx_terminates_tls_once_the_lines_are_not_comments(web, tmp_path):
    JobFactory.create_batch(2)
    port, tls_port = free_port(), free_port()
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    config = deployed(port, web).replace("#ssl ", "")
    config = config.replace("listen 443", f"listen 127.0.0.1:{tls_port}").replace("/etc/nginx/", f"{tmp_path}/")

    with running_nginx(config, port=port, folder=tmp_path):
        trusted = ssl.create_default_context(cafile=certificate)
        found = httpx.get(f"https://localhost:{tls_port}/api/jobs/?page_size=1", verify=trusted)
        plain = httpx.get(f"http://localhost:{tls_port}/api/jobs/")

    assert found.json()["next"] == f"https://localhost:{tls_port}/api/jobs/?page=2&page_size=1"
    assert_error(plain, 400, "bad_request")


def test_log_holds_neither_addresses_nor_query_strings(alone, tmp_path):
    alone.get("/media/resumes/x.pdf?signature=secret")

    log = tmp_path / "nginx.log"
    wait_for(lambda: "GET /media/resumes/x.pdf 503" in log.read_text(), "the line of the log")
    assert "secret" not in log.read_text()
    assert "127.0.0.1" not in log.read_text()
