"""The web server as real processes, really broken: stopped, reloaded, killed, without its database, without disk.

Each run counts what was attempted and acknowledged, what of that was lost or doubled, and how many requests it took
until the service was itself again, and prints the five numbers.
"""

import itertools
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.test import Client

from accounts.account_links import password_reset_tokens
from accounts.models import Skill
from accounts.tests.factories import AdminFactory, EmployerFactory, JobSeekerFactory
from accounts.tokens import open_session
from anywork.local.pdf import make_pdf
from anywork.local.postgres import FAST_SETTINGS, PrivateServer, find_binaries
from anywork.testing.processes import Program, WebServer, is_up, wait_for
from anywork.testing.smtp import free_port
from notifications.choices import NotificationKind
from notifications.mail.unsubscribing import unsubscribe_url
from resumes.models import Resume
from resumes.orphans import sweep_resume_files
from resumes.tests.factories import ResumeFactory

pytestmark = pytest.mark.slow

CLIENTS = 4
UPLOADS_TO_BREAK = 3
MIB = 1024 * 1024


class Numbers(NamedTuple):
    """What a fault run prints."""

    attempted: int
    acknowledged: int
    lost: int
    duplicated: int
    recovered: int  # successful requests after the fault

    def tell(self, fault: str) -> None:
        print(f"\n{fault}: {', '.join(f'{name} {value}' for name, value in self._asdict().items())}")  # noqa: T201


def wait_for_more(things: Sized, count: int) -> None:
    enough = len(things) + count
    wait_for(lambda: len(things) >= enough, f"{count} more")


@pytest.fixture(autouse=True)
def _quiet_clients(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "httpx")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., WebServer]]:
    """Return a function that starts a web server."""
    servers: list[WebServer] = []

    def start(**options: Any) -> WebServer:
        servers.append(WebServer(tmp_path, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.program.stop()


class Load:
    """Clients that add one skill after the other, each under a name of its own, until they are stopped."""

    def __init__(self, url: str, token: str, clients: int = CLIENTS) -> None:
        self.url, self.token = url, token
        self.attempted: list[str] = []
        self.acknowledged: set[str] = set()
        self.refused: list[httpx.Response] = []
        self.broken: list[httpx.TransportError] = []
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(clients)
        self._clients = [self._pool.submit(self._run, number) for number in range(clients)]

    def wait_for_more(self, count: int = 20) -> None:
        """Wait until this number of further requests has been acknowledged."""
        wait_for_more(self.acknowledged, count)

    def wait_for_refusals(self, count: int) -> None:
        """Wait until this number of further requests has been refused."""
        wait_for_more(self.refused, count)

    def stop(self) -> None:
        self._stop.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()

    def _run(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            self._add(f"skill {number}-{count}")

    def _add(self, name: str) -> None:
        self.attempted.append(name)
        try:
            response = add_skill(self.url, self.token, name)
        except httpx.TransportError as error:
            self.broken.append(error)
            # Not a busy loop while no server listens.
            time.sleep(0.02)
            return
        if response.status_code == 201:
            self.acknowledged.add(name)
        else:
            self.refused.append(response)


def add_skill(url: str, token: str, name: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/api/skills/", json={"name": name}, headers=headers, timeout=30)


def upload(url: str, token: str, data: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    files = {"file_path": ("resume.pdf", data, "application/pdf")}
    return httpx.post(f"{url}/api/resumes/", files=files, headers=headers, timeout=30)


@pytest.fixture
def token(transactional_db: None) -> str:
    """The access token of a new job seeker."""
    return str(open_session(JobSeekerFactory().user).access)


def settle(load: Load, fault: str, recovered: int = 0) -> Numbers:
    names = list(Skill.objects.values_list("name", flat=True))
    numbers = Numbers(
        attempted=len(load.attempted),
        acknowledged=len(load.acknowledged),
        lost=len(load.acknowledged - set(names)),
        duplicated=len(names) - len(set(names)),
        recovered=recovered,
    )
    numbers.tell(fault)
    # Nothing was done that was not acknowledged either: no request died after it had been accepted.
    assert set(names) == load.acknowledged
    return numbers


def test_reload_under_load_fails_no_request(serve: Callable[..., WebServer], token: str) -> None:
    server = serve()
    load = Load(server.url, token)
    load.wait_for_more()
    before = server.workers()
    reload_workers(server)
    load.wait_for_more()
    load.stop()

    assert not server.workers() & before
    numbers = settle(load, "SIGHUP", recovered=20)
    assert (load.refused, load.broken) == ([], [])
    assert numbers.attempted == numbers.acknowledged


def reload_workers(server: WebServer) -> None:
    old = server.workers()
    os.kill(server.pid, signal.SIGHUP)
    wait_for(lambda: len(server.workers()) == 2 and not server.workers() & old, "new workers")


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A folder of the project's code, of which the app `analytics` may be changed."""
    folder = tmp_path / "deployed"
    folder.mkdir()
    for path in settings.BASE_DIR.iterdir():
        if path.name not in {"analytics", "var"}:
            (folder / path.name).symlink_to(path)
    shutil.copytree(settings.BASE_DIR / "analytics", folder / "analytics")
    return folder


def test_reload_of_broken_code_under_load_fails_no_request(
    serve: Callable[..., WebServer], token: str, deployed: Path
) -> None:
    server = serve(code=deployed)
    load = Load(server.url, token, clients=1)
    load.wait_for_more()
    before = server.workers()
    views = deployed / "analytics" / "views.py"
    working = views.read_text()
    views.write_text(working + "\nimport nothing_of_this_name\n")

    os.kill(server.pid, signal.SIGHUP)
    [line] = wait_for(
        lambda: [line for line in server.program.log.splitlines() if "Not reloaded" in line], "a refused reload"
    )
    load.wait_for_more()
    assert json.loads(line)["level"] == "ERROR"
    assert "No module named 'nothing_of_this_name'" in json.loads(line)["message"]
    assert server.workers() == before
    assert (load.refused, load.broken) == ([], [])

    # A worker that dies meanwhile cannot be replaced; the other one goes on.
    killed, left = sorted(before)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: server.program.log.count("exited with code 1."), "a worker that does not start")
    load.wait_for_more()
    assert left in server.workers()

    views.write_text(working)
    reload_workers(server)
    load.wait_for_more()
    load.stop()
    assert not server.workers() & before
    assert load.refused == []


def test_rotation_of_the_secret_key_ends_nothing_until_the_former_key_is_removed(
    serve: Callable[..., WebServer], token: str, client_for: Callable[..., Any]
) -> None:
    resume = ResumeFactory()
    seeker = resume.job_seeker.user
    staff = Client()
    staff.force_login(AdminFactory())
    sessions = [staff.cookies["sessionid"].value]
    links = {
        "resume": urlsplit(client_for(seeker).get(f"/api/resumes/{resume.pk}/").json()["file_path"]),
        "unsubscribe": urlsplit(unsubscribe_url(seeker.pk, NotificationKind.APPLICATION_RECEIVED)),
    }
    resets = [
        {"uid": str(user.pk), "token": password_reset_tokens.make_token(user), "new_password": "testing-later-321"}
        for user in (JobSeekerFactory().user, JobSeekerFactory().user)
    ]

    def states(server: WebServer) -> dict[str, int]:
        with httpx.Client(base_url=server.url) as client:
            page = client.get("/admin/jsi18n/", headers={"Cookie": f"sessionid={sessions[-1]}"})
            sessions.append(page.cookies.get("sessionid", sessions[-1]))
            return {
                **{name: client.get(f"{link.path}?{link.query}").status_code for name, link in links.items()},
                "token": client.get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"}).status_code,
                "admin": page.status_code,
                "reset": client.post("/api/auth/password/reset/confirm/", json=resets.pop()).status_code,
            }

    one = {"WEB_CONCURRENCY": "1", "MEDIA_ROOT": str(settings.MEDIA_ROOT), "SECRET_KEY": "another" * 10}
    rotated = states(serve(**one, SECRET_KEY_FALLBACKS=settings.SECRET_KEY))
    removed = states(serve(**one))

    assert rotated == {"resume": 200, "unsubscribe": 200, "token": 200, "admin": 200, "reset": 200}
    # Used meanwhile, the session of the admin site has the new key.
    assert removed == {"resume": 401, "unsubscribe": 404, "token": 401, "admin": 200, "reset": 400}


def test_stop_under_load_fails_no_accepted_request(serve: Callable[..., WebServer], token: str) -> None:
    server = serve()
    load = Load(server.url, token)
    load.wait_for_more()
    server.program.stop()
    load.stop()

    settle(load, "SIGTERM")
    assert load.refused == []
    assert load.broken, "the clients went on after the end"
    # Refused, not reset: no connection broke off that the server had let in.
    assert {type(error) for error in load.broken} == {httpx.ConnectError}


def receive(client: socket.socket) -> bytes:
    with client:
        return client.recv(1000)


def test_stop_answers_clients_that_are_queued(transactional_db: None, tmp_path: Path) -> None:
    port, path = free_port(), tmp_path / "socket"
    binds = ("--bind", f"127.0.0.1:{port}", "--bind", f"unix:{path}")
    options = {"WEB_CONCURRENCY": "1", "SECURE_SSL_REDIRECT": "off"}
    server = Program("gunicorn", "anywork.wsgi", *binds, log=tmp_path / "web", environment=options)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        wait_for(lambda: is_up(http), "the web server")
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        stack.callback(server.kill)
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(4)]
        clients += [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(3)]
        for client in clients[4:]:
            client.connect(str(path))
        # The worker waits for the rest of the first request.
        clients[0].sendall(request[:-2])
        for client in clients[1:]:
            client.sendall(request)
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: "Handling signal: term" in server.log, "the signal")
        clients[0].sendall(request[-2:])
        # In any order; gunicorn waits until a client has closed its end, too.
        with ThreadPoolExecutor(len(clients)) as threads:
            assert {response[:15] for response in threads.map(receive, clients)} == {b"HTTP/1.1 200 OK"}
        assert server.wait() == 0
    assert not path.exists()


def test_restart_of_postgresql_under_load_is_a_503_and_then_over(
    serve: Callable[..., WebServer], tmp_path: Path
) -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("needs PostgreSQL binaries")
    with PrivateServer(tmp_path / "postgres", binaries, settings=FAST_SETTINGS) as postgres:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "anywork.settings", "DATABASE_URL": postgres.url}
        environment["SECRET_KEY"] = settings.SECRET_KEY
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(migrate, cwd=settings.BASE_DIR, env=environment, check=True)
        server = serve(DATABASE_URL=postgres.url, METRICS_TOKEN="of-the-tests-0123456789")
        token = register(server.url)
        load = Load(server.url, token)
        recovered = 0
        for _ in range(2):
            load.wait_for_more()
            postgres.stop()
            load.wait_for_refusals(2 * CLIENTS)
            # On which the alert relies.
            assert 'anywork_check_ok{check="database"} 0.0' in scrape(server.url)
            postgres.start()
            # The very first request after it, on a connection that died with the old server.
            assert add_skill(server.url, token, f"after {recovered}").status_code == 201
            recovered += 1
        load.wait_for_more()
        load.stop()
        names = listed(server.url, token)

    load.acknowledged |= {"after 0", "after 1"}
    lost = load.acknowledged - set(names)
    numbers = Numbers(
        len(load.attempted) + 2, len(load.acknowledged), len(lost), len(names) - len(set(names)), recovered
    )
    numbers.tell("PostgreSQL restarted twice")
    assert (numbers.lost, numbers.duplicated, numbers.recovered) == (0, 0, 2)
    assert load.broken == []
    for response in load.refused:
        assert_unavailable(response)


def scrape(url: str) -> list[str]:
    response = httpx.get(f"{url}/metrics", headers={"Authorization": "Bearer of-the-tests-0123456789"}, timeout=30)
    assert response.status_code == 200
    return response.text.splitlines()


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert int(response.headers["Retry-After"]) > 0
    assert list(response.json()) == ["status", "code", "message", "errors", "request_id"]


def register(url: str) -> str:
    account = {"email": "ben@example.org", "password": "testing321-long", "role": "job_seeker"}
    assert httpx.post(f"{url}/api/auth/register/", json=account, timeout=30).status_code == 201
    return str(httpx.post(f"{url}/api/auth/login/", json=account, timeout=30).json()["data"]["accessToken"])


def listed(url: str, token: str) -> list[str]:
    names, page = [], f"{url}/api/skills/?page_size=200"
    while page:
        body = httpx.get(page, headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        names += [skill["name"] for skill in body["results"]]
        page = body["next"]
    return names


def test_worker_killed_during_uploads_leaves_nothing_or_everything(
    serve: Callable[..., WebServer], token: str, settings: Any
) -> None:
    server = serve(WEB_CONCURRENCY="1")
    settings.MEDIA_ROOT = server.media
    acknowledged: set[str] = set()

    # Killed while the body arrives ...
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        [worker] = server.workers()
        half.sendall(
            f"POST /api/resumes/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n--b\r\n"
            'Content-Disposition: form-data; name="file_path"; filename="a.pdf"\r\n\r\n%PDF-1.4'.encode()
        )
        time.sleep(0.2)
        os.kill(worker, signal.SIGKILL)
        half.settimeout(10)
        assert half.recv(100) == b""
    assert not Resume.objects.exists()

    # ... and, again and again, at any moment of the rest. Each token is used for as many resumes as a seeker may have.
    tokens = [str(open_session(seeker.user).access) for seeker in JobSeekerFactory.create_batch(100)]
    numbers = itertools.count()
    broken: list[int] = []
    stopped = threading.Event()

    def keep_uploading() -> None:
        while not stopped.is_set():
            number = next(numbers)
            try:
                response = upload(
                    server.url, tokens[number // settings.RESUMES_MAX_COUNT], make_pdf(f"Resume {number}")
                )
            except httpx.TransportError:
                broken.append(number)
                continue
            assert response.status_code == 201, response.text
            acknowledged.add(response.json()["resume_id"])

    with ThreadPoolExecutor(CLIENTS) as threads:
        uploads = [threads.submit(keep_uploading) for _ in range(CLIENTS)]
        while len(broken) < UPLOADS_TO_BREAK:
            wait_for_more(acknowledged, CLIENTS)
            for pid in server.workers():
                os.kill(pid, signal.SIGKILL)
        stopped.set()
    for each in uploads:
        each.result()
    with httpx.Client(base_url=server.url) as client:
        wait_for(lambda: is_up(client), "a new worker")
    recovered = upload(server.url, token, make_pdf("Afterwards")).status_code == 201

    rows = {str(resume.pk): resume for resume in Resume.objects.all()}
    checksums = [resume.checksum for resume in rows.values()]
    lost, duplicated = len(acknowledged - rows.keys()), len(checksums) - len(set(checksums))
    attempted = 1 + next(numbers)
    Numbers(attempted, len(acknowledged), lost, duplicated, int(recovered)).tell("worker killed during uploads")
    assert acknowledged
    assert (lost, duplicated, recovered) == (0, 0, True)
    for path in (server.media / "resumes").iterdir():
        os.utime(path, (0, 0))
    assert sweep_resume_files().missing == []
    assert {path.name for path in (server.media / "resumes").iterdir()} == {
        Path(str(resume.file.name)).name for resume in rows.values()
    }


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MiB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk, with mount on PATH")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mount.returncode:
        pytest.skip(f"no disk can be mounted here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("full", ["MEDIA_ROOT", "TMPDIR"])
def test_upload_to_a_full_disk_is_a_503_without_a_trace(
    serve: Callable[..., WebServer], token: str, small_disk: Path, full: str
) -> None:
    server = serve(**{full: str(small_disk)})
    media = small_disk if full == "MEDIA_ROOT" else server.media
    small, large = make_pdf("Small"), padded(make_pdf("Large"), 7 * MIB)
    assert upload(server.url, token, small).status_code == 201
    before = sorted(path for path in media.rglob("*") if path.is_file())

    assert_unavailable(upload(server.url, token, large))

    assert Resume.objects.count() == 1
    assert sorted(path for path in media.rglob("*") if path.is_file()) == before
    recovered = upload(server.url, token, make_pdf("Another small one")).status_code == 201
    Numbers(3, 2, 2 - Resume.objects.count(), 0, int(recovered)).tell(f"disk full ({full})")
    assert recovered
    assert Resume.objects.count() == 2


def padded(pdf: bytes, length: int) -> bytes:
    """Return the same PDF of `length` bytes: a comment before its cross-reference table, whose offset moves along."""
    body, table, rest = pdf.rpartition(b"xref\n0 ")
    start = len(body)
    padding = b"%" + b"x" * (length - len(pdf) - 10) + b"\n"
    moved = (table + rest).replace(f"startxref\n{start}\n".encode(), f"startxref\n{start + len(padding)}\n".encode())
    return body + padding + moved


# --- What is no request, or too much of one ---------------------------------------------------------------------------

LIST = "GET /api/jobs/ HTTP/1.1\r\nHost: localhost\r\n"
POST = "POST /api/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

NO_REQUESTS = {
    "nonsense": ("\0\1\2\r\n\r\n", 400),
    "no version": ("GET /\r\n\r\n", 400),
    "a search of 10,000 characters": (LIST.replace("jobs/", f"jobs/?search={'x' * 10_000}") + "\r\n", 414),
    "a token of 100 kB": (f"{LIST}Authorization: Bearer {'x' * 100_000}\r\n\r\n", 431),
    "200 headers": (LIST + "".join(f"X-{number}: x\r\n" for number in range(200)) + "\r\n", 431),
    "a header with a NUL": (f"{LIST}X-A: a\0b\r\n\r\n", 400),
    "a length that is no number": (f"{POST}Content-Length: abc\r\n\r\n", 400),
    "a negative length": (f"{POST}Content-Length: -1\r\n\r\n", 400),
    "two lengths": (f"{POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", 400),
    "a length and chunks": (f"{POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "an unknown encoding": (f"{POST}Transfer-Encoding: magic\r\n\r\n", 400),
    "chunks, which count as no body": (f"{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n", 400),
    "a media type that breaks Django": (
        f"{POST.replace('json', 'json; charset*=foo' + 2 * chr(39) + 'x')}Content-Length: 2\r\n\r\n{{}}",
        415,
    ),
}


def test_clients_that_speak_no_http_get_json(serve: Callable[..., WebServer], transactional_db: None) -> None:
    server = serve()
    for name, (request, status) in NO_REQUESTS.items():
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(request.encode())
            response = HTTPResponse(client)
            response.begin()
            body = json.loads(response.read())
        assert (response.status, response.headers["Content-Type"]) == (status, "application/json"), (name, body)
        assert list(body) == ["status", "code", "message", "errors", "request_id"], name
        assert body["request_id"] == response.headers["X-Request-ID"], name


@pytest.mark.parametrize(
    ("path", "media_type"), [("jobs", "application/json"), ("resumes", "multipart/form-data; boundary=b")]
)
def test_clients_that_send_20_mb_read_the_refusal_and_memory_stays_flat(
    serve: Callable[..., WebServer], transactional_db: None, path: str, media_type: str
) -> None:
    server = serve(WEB_CONCURRENCY="1")
    user = JobSeekerFactory().user if path == "resumes" else EmployerFactory().user
    headers = {"Authorization": f"Bearer {open_session(user).access}", "Content-Type": media_type}
    [worker] = server.workers()

    def peak() -> int:
        # As grep VmHWM, in kB.
        return next(
            int(line.split()[1]) for line in Path(f"/proc/{worker}/status").read_text().splitlines() if "VmHWM" in line
        )

    assert httpx.post(f"{server.url}/api/{path}/", content=b"x", headers=headers, timeout=30).status_code == 400
    before = peak()
    for _ in range(5):
        response = httpx.post(f"{server.url}/api/{path}/", content=b" " * 20 * MIB, headers=headers, timeout=30)
        assert (response.status_code, response.json()["code"]) == (413, "request_too_large")
    # Of 100 MB that came nothing stays; Python imports a few things late.
    assert peak() - before < 8 * 1024
