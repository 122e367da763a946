import hashlib
import importlib
import re
import resource
import signal
import unicodedata
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.factories import JobSeekerFactory
from anywork.local.pdf import make_pdf
from anywork.testing.concurrency import at_once
from applications.tests.factories import ApplicationFactory
from resumes.models import Resume
from resumes.services import display_name
from resumes.tests.factories import ResumeFactory

URL = "/api/resumes/"
PDF = make_pdf("Ben Carson")
LIMIT = 10 * 1024 * 1024


def upload(client, data=PDF, name="resume.pdf", **fields):
    file = SimpleUploadedFile(name, data, content_type="application/pdf")
    return client.post(URL, {"file_path": file, **fields}, format="multipart")


def raw_upload(client, *, filename, data=PDF, field="file_path"):
    """Send a multipart body as it is, whatever the file is called."""
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n\r\n'
    body = head.encode() + data + b"\r\n--edge--\r\n"
    return client.post(URL, body, content_type="multipart/form-data; boundary=edge")


def pdf_of(size):
    """Return a PDF of exactly `size` bytes."""
    end = b"startxref\n%010d\n%%%%EOF\n"
    start = PDF.index(b"xref\n")
    table = PDF[start : PDF.index(b"startxref")]
    padding = size - start - len(table) - len(end % 0)
    return PDF[:start] + b"%" + b"x" * (padding - 2) + b"\n" + table + end % (start + padding)


def stored_files(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@contextmanager
def no_file_larger_than(size):
    """Let the system refuse to write any file beyond `size`, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


class TestUpload:
    def test_seeker_uploads_a_pdf_and_gets_it_back_byte_for_byte(self, seeker, anonymous):
        response = upload(seeker)

        resume = Resume.objects.get()
        assert response.status_code == 201
        assert list(response.json()) == ["resume_id", "file_path", "checksum", "uploaded_at", "job_seeker"]
        assert response.json()["resume_id"] == str(resume.pk)
        assert response.json()["job_seeker"] == str(seeker.user.pk)
        assert response.json()["checksum"] == resume.checksum == hashlib.sha256(PDF).hexdigest()
        assert response.json()["uploaded_at"].endswith("Z")
        link = response.json()["file_path"]
        assert link.startswith(f"http://testserver/media/resumes/{resume.pk}.pdf?")
        assert anonymous.get(link).getvalue() == PDF

    def test_seeker_names_itself(self, seeker):
        assert upload(seeker, job_seeker=str(seeker.user.pk)).status_code == 201

    def test_seeker_uploads_for_another_user_and_is_refused(self, seeker, settings):
        other = JobSeekerFactory()

        assert upload(seeker, job_seeker=str(other.pk)).status_code == 403
        assert not Resume.objects.exists()
        assert stored_files(settings) == []

    def test_seeker_sends_a_job_seeker_that_is_no_id(self, seeker):
        response = upload(seeker, job_seeker="me")

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["job_seeker"]

    def test_seeker_sends_further_fields_and_they_do_not_count(self, seeker):
        resume_id = str(uuid4())

        response = upload(seeker, checksum="0" * 64, resume_id=resume_id, uploaded_at="2001-01-01T00:00:00Z")

        assert response.json()["checksum"] == hashlib.sha256(PDF).hexdigest()
        assert response.json()["resume_id"] != resume_id
        assert response.json()["uploaded_at"] > "2020"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "File path: The file is empty."),
            (b"<html>", "File path: This is not a PDF file."),
            (b"junk" + PDF, "File path: This is not a PDF file."),
            (PDF[:-100], "File path: The PDF is damaged or incomplete: its end is missing. Save it anew as PDF."),
            (
                PDF.replace(b"/Root", b"/Encrypt 9 0 R /Root"),
                (
                    "File path: This PDF is protected (against opening, copying or printing). "
                    "Print or export it to a new PDF and upload that."
                ),
            ),
        ],
    )
    def test_seeker_uploads_an_invalid_file_and_gets_the_reason(self, seeker, settings, data, message):
        response = upload(seeker, data)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["file_path"]
        assert response.json()["message"] == message
        assert not Resume.objects.exists()
        assert stored_files(settings) == []

    def test_seeker_uploads_a_file_of_the_largest_size(self, seeker, settings):
        data = pdf_of(LIMIT)
        assert len(data) == LIMIT

        assert upload(seeker, data).status_code == 201

        [path] = stored_files(settings)
        assert path.stat().st_size == LIMIT

    def test_seeker_uploads_one_byte_too_much_and_is_refused(self, seeker, settings):
        data = pdf_of(LIMIT + 1)
        assert len(data) == LIMIT + 1

        response = upload(seeker, data)

        assert response.status_code == 400
        assert response.json()["errors"] == {"file_path": ["The file is larger than 10 MiB."]}
        assert not Resume.objects.exists()
        assert stored_files(settings) == []

    def test_seeker_uploads_nothing_and_is_refused(self, seeker):
        for response in (
            seeker.post(URL, {}, format="multipart"),
            seeker.post(URL, {"file": SimpleUploadedFile("resume.pdf", PDF)}, format="multipart"),
        ):
            assert response.status_code == 400
            assert response.json()["errors"] == {"file_path": ["No file was submitted."]}

    def test_seeker_sends_text_where_the_file_belongs(self, seeker):
        response = seeker.post(URL, {"file_path": "resume.pdf"}, format="multipart")

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["file_path"]

    def test_seeker_uploads_two_files_at_once_and_is_refused(self, seeker):
        files = [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.pdf", make_pdf("B"))]

        response = seeker.post(URL, {"file_path": files}, format="multipart")

        assert response.status_code == 400
        assert response.json()["errors"] == {"file_path": ["Upload one file at a time."]}
        assert not Resume.objects.exists()

    @pytest.mark.parametrize(
        "content_type", ["application/json", "application/pdf", "application/x-www-form-urlencoded"]
    )
    def test_seeker_uploads_in_another_format_and_is_refused(self, seeker, content_type):
        response = seeker.post(URL, b'{"file_path": "x"}', content_type=content_type)

        assert response.status_code == 415
        assert response.json()["code"] == "unsupported_media_type"

    @pytest.mark.parametrize(
        "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
    )
    def test_seeker_sends_a_broken_multipart_body(self, seeker, content_type):
        response = seeker.post(URL, b"--edge\r\nContent-Disposition: form-data\r\n\r\n", content_type=content_type)

        assert response.status_code == 400


class TestNames:
    @pytest.mark.parametrize(
        ("uploaded", "shown"),
        [
            ("resume.pdf", "resume.pdf"),
            ("Ben Carson (2026).pdf", "Ben Carson (2026).pdf"),
            ("CV.PDF", "CV.pdf"),
            ("cv", "cv.pdf"),
            ("cv.exe", "cv.pdf"),
            ("Lebenslauf Übersicht.pdf", "Lebenslauf Übersicht.pdf"),
            ("履歴書.pdf", "履歴書.pdf"),
            ("CV – Ada — 2026.pdf", "CV – Ada — 2026.pdf"),
            ("Ada’s “CV”.pdf", "Ada’s “CV”.pdf"),
            ("U\u0308bersicht.pdf", "Übersicht.pdf"),
            ("रिज़्यूमे.pdf", unicodedata.normalize("NFC", "रिज़्यूमे.pdf")),
            ("\u3164.pdf", "resume.pdf"),
            ("", "resume.pdf"),
            (".", "resume.pdf"),
            ("..", "resume.pdf"),
            (".pdf", "pdf.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("..\\..\\boot.ini", "_.._boot.pdf"),
            ('a"b;c.pdf', "a_b_c.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie_ x.pdf"),
            ("a\x00b.pdf", "a_b.pdf"),
            ("evil\u202efdp.exe", "evil_fdp.pdf"),
            ("💥.pdf", "_.pdf"),
            ("x" * 5_000 + ".pdf", "x" * 146 + ".pdf"),
        ],
    )
    def test_file_gets_a_name_that_is_safe_to_show(self, uploaded, shown):
        assert display_name(uploaded) == shown

    @pytest.mark.parametrize(
        ("filename", "shown"),
        [
            ("Ben's CV.pdf", "Ben_s CV.pdf"),
            ("../../../etc/cron.d/job.pdf", "job.pdf"),
            ("..\\\\..\\\\windows\\\\system.pdf", "system.pdf"),
            ("x" * 500 + ".pdf", "x" * 146 + ".pdf"),
            ("Übersicht.pdf", "Übersicht.pdf"),
            ("履歴書.pdf", "履歴書.pdf"),
            ("CV – Ada.pdf", "CV – Ada.pdf"),
        ],
    )
    def test_file_is_stored_under_a_random_name(self, seeker, settings, filename, shown):
        response = raw_upload(seeker, filename=filename)

        assert response.status_code == 201, response.json()
        resume = Resume.objects.get()
        assert resume.file_name == shown
        [path] = stored_files(settings)
        assert re.fullmatch(
            r"resumes/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.pdf", str(path.relative_to(settings.MEDIA_ROOT))
        )
        assert resume.file.name == str(path.relative_to(settings.MEDIA_ROOT))
        for secret in (str(seeker.user.pk), str(resume.pk), resume.checksum):
            assert secret not in str(path)

    @pytest.mark.parametrize("filename", ["", ".", "..", "a\r\nX-Evil: 1\r\n\r\n.pdf", "a\x00.pdf", "x" * 5_000])
    def test_seeker_uploads_a_file_with_an_empty_or_odd_name(self, seeker, settings, filename):
        response = raw_upload(seeker, filename=filename)

        assert response.status_code in {201, 400}
        assert "X-Evil" not in response.headers
        assert len(stored_files(settings)) == Resume.objects.count() == (response.status_code == 201)

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Ben Carson.pdf", 'attachment; filename="Ben Carson.pdf"'),
            ("Übersicht.pdf", "attachment; filename*=utf-8''%C3%9Cbersicht.pdf"),
        ],
    )
    def test_employer_downloads_the_file_under_its_name(self, seeker, anonymous, name, shown):
        link = upload(seeker, name=name).json()["file_path"]

        response = anonymous.get(link)

        assert response.getvalue() == PDF
        disposition = response.headers["Content-Disposition"]

        assert disposition == shown


class TestSameBytes:
    def test_seeker_uploads_the_same_bytes_again_and_is_shown_the_first(self, seeker, settings):
        first = upload(seeker).json()

        response = upload(seeker, name="another-name.pdf")

        assert response.status_code == 409
        assert response.json()["code"] == "already_exists"
        assert response.json()["existing"] == {"resume_id": first["resume_id"]}
        assert Resume.objects.count() == len(stored_files(settings)) == 1

    def test_other_seeker_uploads_the_same_bytes(self, seeker, settings):
        ResumeFactory(data=PDF)

        assert upload(seeker).status_code == 201
        assert Resume.objects.count() == len(stored_files(settings)) == 2

    def test_seeker_deletes_a_resume_and_uploads_it_again(self, seeker, settings, django_capture_on_commit_callbacks):
        first = upload(seeker).json()["resume_id"]
        with django_capture_on_commit_callbacks(execute=True):
            assert seeker.delete(f"{URL}{first}/").status_code == 204

        response = upload(seeker)

        assert response.status_code == 201
        assert response.json()["resume_id"] != first
        assert Resume.objects.count() == len(stored_files(settings)) == 1

    @pytest.mark.django_db(transaction=True)
    def test_seeker_uploads_the_same_bytes_twice_concurrently_and_has_them_once(self, client_for, settings):
        user = JobSeekerFactory().user
        clients = [client_for(user), client_for(user)]

        responses = at_once(*(partial(upload, client) for client in clients))

        created, refused = sorted(responses, key=lambda response: response.status_code)
        assert (created.status_code, refused.status_code) == (201, 409)
        assert refused.json()["existing"] == {"resume_id": created.json()["resume_id"]}
        assert Resume.objects.count() == 1
        [path] = stored_files(settings)
        assert path.read_bytes() == PDF


class TestNoRoom:
    """The disk refuses, really."""

    def assert_unavailable(self, response, settings):
        assert response.status_code == 503, response.content
        assert response.headers["Content-Type"] == "application/json"
        assert int(response.headers["Retry-After"]) > 0
        assert response.json()["status"] == "error"
        assert not Resume.objects.exists()
        assert stored_files(settings) == []

    def test_seeker_uploads_to_a_full_disk_and_nothing_remains(self, seeker, settings):
        with no_file_larger_than(300_000):
            response = upload(seeker, pdf_of(600_000))

        self.assert_unavailable(response, settings)
        assert upload(seeker).status_code == 201

    def test_seeker_uploads_where_no_folder_can_be_made(self, seeker, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path / "media"
        settings.MEDIA_ROOT.write_bytes(b"a file where the folder belongs")

        response = upload(seeker)

        assert response.status_code == 503
        assert not Resume.objects.exists()


class TestQuota:
    """A job seeker's list holds 20 resumes and 100 MiB."""

    @pytest.fixture(autouse=True)
    def _limits(self, settings):
        settings.RESUMES_MAX_COUNT = 3
        settings.RESUMES_MAX_BYTES = 10_000

    def upload(self, client, *, size=0):
        return upload(client, pdf_of(size) if size else make_pdf(str(uuid4())))

    def refused(self, response):
        body = response.json()
        assert (response.status_code, body["code"], body["message"]) == (
            409,
            "storage_full",
            "Your resume storage is full. Delete a resume first.",
        )

    def test_limits_are_those_of_the_documentation(self):
        defaults = importlib.import_module("anywork.settings")
        assert (defaults.RESUMES_MAX_COUNT, defaults.RESUMES_MAX_BYTES) == (20, 100 * 1024 * 1024)

    def test_one_more_is_refused_and_leaves_no_file(self, seeker, settings):
        uploaded = [self.upload(seeker) for _ in range(3)]
        assert [response.status_code for response in uploaded] == [201] * 3

        self.refused(self.upload(seeker))

        assert Resume.objects.count() == len(list((settings.MEDIA_ROOT / "resumes").iterdir())) == 3
        assert seeker.delete(f"{URL}{uploaded[0].json()['resume_id']}/").status_code == 204
        assert self.upload(seeker).status_code == 201

    def test_bytes_count(self, seeker):
        assert self.upload(seeker, size=6_000).status_code == 201
        assert Resume.objects.get().size == 6_000
        self.refused(self.upload(seeker, size=4_001))
        assert self.upload(seeker, size=4_000).status_code == 201

    def test_size_of_older_files_is_looked_up(self, seeker):
        assert self.upload(seeker, size=6_000).status_code == 201
        Resume.objects.update(size=None)

        self.refused(self.upload(seeker, size=4_001))
        assert Resume.objects.get().size == 6_000

    def test_removed_resumes_do_not_count(self, seeker):
        person = seeker.user.job_seeker
        for _ in range(3):
            resume = ResumeFactory(job_seeker=person)
            ApplicationFactory(job_seeker=person, resume=resume)
            assert seeker.delete(f"{URL}{resume.pk}/").status_code == 204

        assert self.upload(seeker).status_code == 201

    def test_same_file_is_refused_as_a_duplicate_first(self, seeker):
        assert upload(seeker).status_code == 201
        for _ in range(2):
            self.upload(seeker)

        response = upload(seeker)

        assert (response.status_code, list(response.json()["existing"])) == (409, ["resume_id"])

    @pytest.mark.django_db(transaction=True)
    def test_concurrent_uploads_do_not_exceed_the_limit(self, client_for, settings):
        user = JobSeekerFactory().user
        clients = [client_for(user) for _ in range(10)]

        responses = at_once(*[lambda client=client: self.upload(client) for client in clients])

        assert sorted(response.status_code for response in responses) == [201] * 3 + [409] * 7
        assert Resume.objects.count() == len(list((settings.MEDIA_ROOT / "resumes").iterdir())) == 3

    @pytest.mark.django_db(transaction=True)
    def test_same_file_is_refused_as_a_duplicate_by_the_last_check(self, client_for, settings):
        settings.RESUMES_MAX_COUNT = 1
        user = JobSeekerFactory().user
        clients = [client_for(user) for _ in range(8)]

        responses = at_once(*[lambda client=client: upload(client) for client in clients])

        assert sorted(response.json().get("code", "") for response in responses) == [""] + ["already_exists"] * 7

    def test_full_list_does_not_look_up_sizes(self, seeker, django_assert_max_num_queries):
        """However many files an account has from before their sizes were kept."""
        for _ in range(30):
            ResumeFactory(job_seeker=seeker.user.job_seeker, size=None)

        with django_assert_max_num_queries(10):
            self.refused(self.upload(seeker))

        assert not Resume.objects.exclude(size=None).exists()

    def test_unreadable_size_does_not_prevent_an_upload(self, seeker, monkeypatch):
        ResumeFactory(job_seeker=seeker.user.job_seeker, size=None)

        def refuse(storage, name):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(FileSystemStorage, "size", refuse)

        assert self.upload(seeker).status_code == 201
