"""Files sent by a real nginx with deploy/nginx.conf."""

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from anywork.testing.nginx import deployed, running_nginx
from anywork.testing.smtp import free_port
from resumes.tests.factories import ResumeFactory

pytestmark = pytest.mark.slow


@pytest.fixture
def nginx(live_server, settings, tmp_path):
    """Return the origin of an nginx in front of the live server."""
    settings.MEDIA_ACCEL_PREFIX = "/private-media/"
    port = free_port()
    config = deployed(port, live_server.url.removeprefix("http://")).replace(
        "/srv/anywork/media/", f"{settings.MEDIA_ROOT}/"
    )
    with running_nginx(config, port=port, folder=tmp_path):
        yield f"http://127.0.0.1:{port}"


def fetch(url, **headers):
    """Return status, headers and body of a response, also of an error."""
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as response:  # noqa: S310 - our own server
            return response.status, response.headers, response.read()
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
    status, _, body = fetch(link, **{"If-Match": '"another"'})
    assert (status, json.loads(body)["code"]) == (412, "precondition_failed")


def test_internal_folder_of_nginx_is_not_public(nginx):
    resume = ResumeFactory()

    # Not /media/, which is a folder to the live server alone.
    for path in (f"/private-media/{resume.file.name}", f"/{resume.file.name}"):
        status, _, body = fetch(f"{nginx}{path}")
        assert status == 404
        assert b"%PDF" not in body
    status, _, body = fetch(f"{nginx}/media/resumes/{resume.pk}.pdf")
    assert (status, b"%PDF" in body) == (401, False)
