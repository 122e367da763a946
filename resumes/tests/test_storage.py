"""Resumes on S3, with a real S3 server (moto's): the same promises as on a disk."""

import socket
import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer

from accounts.tests.factories import JobSeekerFactory
from anywork.local.pdf import make_pdf
from anywork.operations.health import probe
from anywork.testing.concurrency import at_once
from anywork.testing.processes import wait_for
from resumes import orphans, storage
from resumes.models import Resume
from resumes.tests.factories import ResumeFactory
from resumes.tests.test_uploads import URL, pdf_of, upload

# A real S3 server, and timeouts.
pytestmark = pytest.mark.slow

BUCKET = "anywork-resumes"
PDF = make_pdf("Ben Carson")
# By its type every storage is a folder.
s3: Any = default_storage
KEYS = {"region_name": "eu-central-1", "access_key": "someone", "secret_key": "secret"}


def use_storage(settings, endpoint_url):
    """Keep files there, as AWS_STORAGE_BUCKET_NAME and its companions would."""
    options = {"bucket_name": BUCKET, "endpoint_url": endpoint_url, **KEYS}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "resumes.storage.PrivateS3Storage", "OPTIONS": options},
    }


@pytest.fixture
def server(settings):
    """An S3 server that has nothing but an empty bucket, and that the storage uses."""
    server: Any = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    use_storage(settings, f"http://{host}:{port}")
    # What moto keeps outlives its server.
    bucket = s3.connection.Bucket(BUCKET)
    if bucket in s3.connection.buckets.all():
        bucket.objects.all().delete()
        bucket.delete()
    bucket.create(CreateBucketConfiguration={"LocationConstraint": KEYS["region_name"]})
    server.is_up = True
    yield server
    if server.is_up:
        server.stop()


def stored():
    """Return the names of the objects in the bucket."""
    return [entry.key for entry in s3.bucket.objects.all()]


def stop(server):
    server.stop()
    server.is_up = False


def assert_unavailable(response):
    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_seeker_uploads_to_s3_and_gets_it_back_by_our_link_alone(server, seeker, anonymous):
    response = upload(seeker, PDF, name="Übersicht.pdf")

    resume = Resume.objects.get()
    assert response.status_code == 201
    link = response.json()["file_path"]
    assert link.startswith(f"http://testserver/media/resumes/{resume.pk}.pdf?signature=")
    assert stored() == [resume.file.name]
    assert str(resume.pk) not in stored()[0]
    download = anonymous.get(link)
    assert download.getvalue() == PDF
    assert download.headers["Content-Type"] == "application/pdf"
    assert download.headers["Content-Length"] == str(len(PDF))
    assert download.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbersicht.pdf"
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert download.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert download.headers["Cache-Control"] == "private, no-store"


def test_object_is_private_and_its_url_opens_nothing(server, seeker):
    upload(seeker)

    name = Resume.objects.get().file.name
    grants = s3.bucket.Object(name).Acl().grants
    assert not [grant for grant in grants if "URI" in grant["Grantee"]]


def test_requests_are_signed_by_version_4(server, seeker):
    sent = []

    def note(request, **kwargs):
        sent.append(request)

    s3.connection.meta.client.meta.events.register("before-send.s3", note)

    upload(seeker)

    assert [request.method for request in sent] == ["PUT"]
    assert sent[0].headers["Authorization"].startswith(b"AWS4-HMAC-SHA256 ")
    assert "x-amz-acl" not in sent[0].headers


def test_seeker_uploads_a_file_of_the_largest_size_in_one_piece(server, seeker, anonymous):
    data = pdf_of(10 * 1024 * 1024)

    response = upload(seeker, data)

    assert anonymous.get(response.json()["file_path"]).getvalue() == data
    # An object of several parts says how many.
    assert "-" not in s3.bucket.Object(Resume.objects.get().file.name).e_tag


def test_seeker_deletes_a_resume_with_its_object(server, seeker, django_capture_on_commit_callbacks):
    resume_id = upload(seeker).json()["resume_id"]

    with django_capture_on_commit_callbacks(execute=True):
        assert seeker.delete(f"{URL}{resume_id}/").status_code == 204

    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_seeker_uploads_the_same_bytes_concurrently_and_one_object_remains(server, db, client_for):
    user = JobSeekerFactory().user

    responses = at_once(*(partial(upload, client_for(user), PDF) for _ in range(4)))

    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]
    assert stored() == [Resume.objects.get().file.name]


def test_lost_object_is_not_found(server, db, client_for):
    resume = ResumeFactory()
    resume.file.storage.delete(resume.file.name)

    response = client_for(resume.job_seeker.user).get(f"/media/resumes/{resume.pk}.pdf")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


class TestStorageAway:
    def test_seeker_uploads_and_nothing_remains(self, server, seeker):
        stop(server)

        assert_unavailable(upload(seeker))

        assert not Resume.objects.exists()

    def test_seeker_uploads_to_a_server_that_never_responds(self, settings, seeker, monkeypatch):
        monkeypatch.setattr(storage, "READ_TIMEOUT_SECONDS", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            use_storage(settings, f"http://127.0.0.1:{silent.getsockname()[1]}")

            assert_unavailable(upload(seeker))

        assert not Resume.objects.exists()

    def test_seeker_uploads_to_a_deleted_bucket(self, server, seeker):
        s3.bucket.delete()

        assert_unavailable(upload(seeker))

        assert not Resume.objects.exists()

    def test_owner_downloads(self, server, db, client_for):
        resume = ResumeFactory()
        stop(server)

        assert_unavailable(client_for(resume.job_seeker.user).get(f"/media/resumes/{resume.pk}.pdf"))

    def test_file_of_a_missing_bucket_is_unavailable(self, server, db, client_for):
        resume = ResumeFactory()
        s3.delete(resume.file.name)
        s3.bucket.delete()

        assert_unavailable(client_for(resume.job_seeker.user).get(f"/media/resumes/{resume.pk}.pdf"))

    def test_employer_opening_is_recorded_only_when_it_opens(self, server, admin):
        resume = ResumeFactory()
        stop(server)

        assert_unavailable(admin.get(f"/media/resumes/{resume.pk}.pdf"))

        assert not resume.accesses.exists()

    def test_seeker_deletes_a_resume_and_the_object_is_left_to_the_sweep(
        self, server, seeker, caplog, django_capture_on_commit_callbacks
    ):
        resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
        stop(server)

        with django_capture_on_commit_callbacks(execute=True):
            assert seeker.delete(f"{URL}{resume.pk}/").status_code == 204

        assert not Resume.objects.exists()
        [message] = [record.getMessage() for record in caplog.records if record.name == "resumes.services"]
        assert (
            message == "The file of a deleted resume could not be deleted (S3 is unavailable: EndpointConnectionError.)"
        )


class TestAsFiles:
    """Operations that the sweep needs."""

    def test_sweep_removes_objects_without_a_row_and_names_rows_without_an_object(self, server, db, monkeypatch):
        kept, lost = ResumeFactory.create_batch(2)
        orphan = s3.save("resumes/orphan.pdf", ContentFile(PDF))
        s3.delete(lost.file.name)

        assert orphans.sweep_resume_files().removed == []
        monkeypatch.setattr(orphans, "MIN_AGE", timedelta(0))
        sweep = orphans.sweep_resume_files()

        assert sweep == ([orphan], [], [str(lost.pk)])
        assert stored() == [kept.file.name]

    def test_objects_are_listed_measured_and_dated(self, server):
        names = [s3.save(f"resumes/{name}.pdf", ContentFile(PDF)) for name in "ab"]

        assert s3.listdir("resumes") == ([], ["a.pdf", "b.pdf"])
        assert s3.listdir("") == (["resumes"], [])
        assert s3.size(names[0]) == len(PDF)
        assert s3.get_modified_time(names[0]).tzinfo is not None
        assert s3.exists(names[0])
        assert not s3.exists("resumes/c.pdf")

    def test_missing_object_raises_file_not_found(self, server):
        for ask in (s3.open, s3.size, s3.get_modified_time):
            with pytest.raises(FileNotFoundError):
                ask("resumes/none.pdf")
        s3.delete("resumes/none.pdf")

    def test_unavailable_server_raises_os_error(self, server):
        stop(server)

        for name in ("open", "size", "get_modified_time", "exists", "listdir", "delete"):
            with pytest.raises(OSError, match="S3 is unavailable") as error:
                getattr(s3, name)("resumes/none.pdf")
            assert not isinstance(error.value, FileNotFoundError)


def test_readyz_shows_whether_the_bucket_responds(server, client, db):
    def ready(media):
        """Return the response with this outcome. On a busy machine, another one may be that the second was over."""
        probe.cache_clear()
        response = client.get("/readyz")
        return response if response.json()["checks"]["media"] == media else None

    wait_for(lambda: ready("ok"), "the bucket")

    stop(server)

    response = wait_for(lambda: ready("OSError"), "the end of the bucket")
    # Not 503: what needs no file is there, and another node has the same bucket.
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


def test_readyz_waits_a_second_for_a_frozen_bucket(settings, client, db):
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        use_storage(settings, f"http://127.0.0.1:{frozen.getsockname()[1]}")
        start = time.monotonic()
        response = client.get("/readyz")

    assert 0.9 < time.monotonic() - start < 2.5
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    checks = response.json()["checks"]
    assert {name: outcome for name, outcome in checks.items() if outcome != "ok"} == {"media": "TimeoutError"}
