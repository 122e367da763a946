"""What docs/files.md tells operators of nginx, tried with a real one."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings

from resumes.tests.factories import ResumeFactory

DOCS = Path(django_settings.BASE_DIR) / "docs" / "files.md"
SITE = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
            proxy_set_header Host $http_host;
        }}
        {documented}
    }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def nginx(live_server, settings, tmp_path):
    """Return the origin of an nginx in front of the live server."""
    if (program := shutil.which("nginx")) is None:
        pytest.skip("nginx is not installed")
    settings.MEDIA_ACCEL_PREFIX = "/private-media/"
    documented = DOCS.read_text(encoding="utf-8").partition("```nginx\n")[2].partition("```")[0]
    port = free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(
        SITE.format(
            # Else its workers are nobody, who may not read the test's folder.
            user="user root;" if os.geteuid() == 0 else "",
            folder=tmp_path,
            port=port,
            upstream=live_server.url,
            documented=documented.replace("/srv/anywork/media/", f"{settings.MEDIA_ROOT}/"),
        )
    )
    process = subprocess.Popen([program, "-c", str(config), "-p", str(tmp_path)])
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port, process):
    for _ in range(100):
        assert process.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("nginx does not answer")


def fetch(url, **headers):
    """Return status, headers and body of an answer, an error too."""
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:  # noqa: S310 - our own server
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_nginx_sends_the_file_with_our_headers_and_ranges_of_it(nginx, client_for):
    resume = ResumeFactory(file_name="Übersicht.pdf")
    link = client_for(resume.job_seeker.user).get(f"/api/resumes/{resume.pk}/").json()["file_path"]
    link = link.replace("http://testserver", nginx)
    data = Path(resume.file.path).read_bytes()

    status, headers, body = fetch(link)

    assert (status, body) == (200, data)
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Length"] == str(len(data))
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbersicht.pdf"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Request-ID"]
    assert "X-Accel-Redirect" not in headers
    status, _, body = fetch(link, Range="bytes=0-4")
    assert (status, body) == (206, b"%PDF-")


def test_nobody_reaches_the_folder_of_nginx(nginx):
    resume = ResumeFactory()

    # Not /media/, which is a folder to the live server alone.
    for path in (f"/private-media/{resume.file.name}", f"/{resume.file.name}"):
        status, _, body = fetch(f"{nginx}{path}")
        assert status == 404
        assert b"%PDF" not in body
    status, _, body = fetch(f"{nginx}/media/resumes/{resume.pk}.pdf")
    assert (status, b"%PDF" in body) == (401, False)
