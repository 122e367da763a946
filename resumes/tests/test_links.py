import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.core.signing import TimestampSigner

from accounts.account_links import password_reset_tokens
from accounts.models import AuditEvent, User
from accounts.tests.factories import PASSWORD, AdminFactory, EmployerFactory, JobSeekerFactory
from applications.tests.factories import ApplicationFactory
from resumes.signed_links import SignedLinks, _signer
from resumes.tests.factories import ResumeFactory


@pytest.fixture
def resume(db):
    return ResumeFactory(file_name="Ben Carson.pdf")


@pytest.fixture
def link(resume, client_for):
    """A signed link, as the owner reads it."""
    return file_path(client_for(resume.job_seeker.user), resume)


@pytest.fixture
def url(resume):
    """The same without a signature."""
    return f"/media/resumes/{resume.pk}.pdf"


def file_path(client, resume):
    return client.get(f"/api/resumes/{resume.pk}/").json()["file_path"]


def status_of(response):
    """Read the response to its end, which closes the file, and return its status."""
    response.getvalue()
    return response.status_code


def assert_json(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert (response.json()["status"], response.json()["code"]) == ("error", code)


class TestSignedLinks:
    def test_anonymous_opens_the_file_by_its_link(self, anonymous, resume, link):
        response = anonymous.get(link)

        assert response.status_code == 200
        assert response.getvalue() == Path(resume.file.path).read_bytes()
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Length"] == str(Path(resume.file.path).stat().st_size)
        assert response.headers["Content-Disposition"] == 'attachment; filename="Ben Carson.pdf"'
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response.headers["Cache-Control"] == "private, no-store"

    def test_browser_asks_for_the_head_of_the_file(self, anonymous, link):
        response = anonymous.head(link)

        assert response.status_code == 200
        assert response.getvalue() == b""
        assert response.headers["Content-Type"] == "application/pdf"

    @pytest.mark.parametrize("accept", ["text/html", "application/pdf", "image/*", "nonsense"])
    def test_browser_opens_the_file_whatever_it_accepts(self, anonymous, link, accept):
        assert status_of(anonymous.get(link, headers={"accept": accept})) == 200

    def test_link_opens_beside_a_stale_token(self, anonymous, link):
        anonymous.credentials(HTTP_AUTHORIZATION="Bearer stale")

        assert status_of(anonymous.get(link)) == 200

    def test_link_has_the_host_of_the_request(self, resume, client_for):
        owner = client_for(resume.job_seeker.user)

        response = owner.get("/api/resumes/", headers={"host": "127.0.0.1:8000"})

        [row] = response.json()["results"]
        assert row["file_path"].startswith(f"http://127.0.0.1:8000/media/resumes/{resume.pk}.pdf?signature=")

    def test_tampered_link_is_refused(self, anonymous, link):
        signature = parse_qs(urlsplit(link).query)["signature"][0]
        path = urlsplit(link).path
        stamp, _, mac = signature.partition(":")

        for forged in (
            signature[:-1],
            f"{stamp}:{mac[::-1]}",
            f"1zzzzz:{mac}",
            stamp,
            f":{mac}",
            "",
            "\x00",
            "é",
            ":::",
        ):
            response = anonymous.get(path, {"signature": forged})
            assert_json(response, 401, "not_authenticated")
            assert response.headers["WWW-Authenticate"] == "Bearer"

    def test_link_opens_no_other_file(self, anonymous, link):
        other = ResumeFactory()

        response = anonymous.get(f"/media/resumes/{other.pk}.pdf?{urlsplit(link).query}")

        assert_json(response, 401, "not_authenticated")

    def test_signature_for_another_purpose_opens_nothing(self, anonymous, resume, url):
        signature = TimestampSigner(salt="other").sign(f"{resume.pk}:{resume.job_seeker_id}").partition(":")[2]

        assert anonymous.get(url, {"signature": signature}).status_code == 401

    def test_link_is_signed_and_quoted_like_django_does(self, resume, link):
        signature = parse_qs(urlsplit(link).query)["signature"][0]

        signed = TimestampSigner(salt="resumes.session").unsign(f"{resume.pk}:{signature}")

        assert signed == f"{resume.pk}:{resume.job_seeker_id}:0"
        assert link == f"http://testserver/media/resumes/{resume.pk}.pdf?{urlencode({'signature': signature})}"

    def test_link_works_with_a_fallback_key(self, anonymous, link, monkeypatch):
        monkeypatch.setattr(_signer, "fallback_keys", [_signer.key])
        monkeypatch.setattr(_signer, "key", "another")
        assert status_of(anonymous.get(link)) == 200

        monkeypatch.setattr(_signer, "fallback_keys", [])
        assert_json(anonymous.get(link), 401, "not_authenticated")

    def test_link_expires(self, anonymous, link, settings):
        settings.RESUME_LINK_MINUTES = 0

        assert_json(anonymous.get(link), 403, "link_expired")

    def test_link_lasts_for_an_hour(self, anonymous, resume, rf, monkeypatch):
        request = rf.get("/")
        request.user = resume.job_seeker.user
        now = time.time()
        for age, status in [(timedelta(minutes=59), 200), (timedelta(minutes=61), 403)]:
            with monkeypatch.context() as patch:
                patch.setattr(time, "time", lambda age=age: now - age.total_seconds())
                link = SignedLinks(request).url(resume.pk)
            assert status_of(anonymous.get(link)) == status

    def test_link_of_one_viewer_carries_no_signature_of_another(self, anonymous, admin, resume, link):
        signature = parse_qs(urlsplit(link).query)["signature"][0]
        forged = signature.replace(str(resume.job_seeker_id), str(admin.user.pk))
        assert forged != signature

        assert_json(anonymous.get(urlsplit(link).path, {"signature": forged}), 401, "not_authenticated")

    def test_link_closes_when_its_viewer_may_no_longer_see_the_resume(self, anonymous, client_for, resume):
        application = ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
        link = file_path(client_for(application.job.employer.user), resume)
        assert status_of(anonymous.get(link)) == 200

        application.status = "withdrawn"
        application.save()

        assert_json(anonymous.get(link), 404, "not_found")

    def test_link_closes_when_its_viewer_may_no_longer_log_in(self, anonymous, resume, link):
        User.objects.filter(pk=resume.job_seeker_id).update(is_active=False)

        assert_json(anonymous.get(link), 401, "not_authenticated")

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/auth/logout-all/", {}),
            ("/api/auth/password/change/", {"current_password": PASSWORD, "new_password": "another-horse-43"}),
        ],
    )
    def test_link_closes_when_all_sessions_of_its_viewer_end(self, anonymous, client_for, resume, path, body):
        owner = client_for(resume.job_seeker.user)
        link, by_another_viewer = file_path(owner, resume), file_path(client_for(AdminFactory()), resume)
        assert status_of(anonymous.get(link)) == 200

        assert owner.post(path, body).status_code == 200

        assert_json(anonymous.get(link), 401, "not_authenticated")
        assert status_of(anonymous.get(by_another_viewer)) == 200
        user = User.objects.get(pk=resume.job_seeker_id)
        assert status_of(anonymous.get(file_path(client_for(user), resume))) == 200

    def test_link_closes_when_its_viewer_resets_the_password(self, anonymous, resume, link):
        user = resume.job_seeker.user
        body = {"uid": user.pk, "token": password_reset_tokens.make_token(user), "new_password": "another-horse-43"}
        assert anonymous.post("/api/auth/password/reset/confirm/", body).status_code == 200

        assert_json(anonymous.get(link), 401, "not_authenticated")

    def test_link_outlives_the_end_of_one_session(self, anonymous, client_for, resume):
        owner = client_for(resume.job_seeker.user)
        link = file_path(owner, resume)

        assert owner.post("/api/auth/logout/").status_code == 200

        assert status_of(anonymous.get(link)) == 200

    def test_link_of_the_owner_opens_what_it_submitted_and_deleted(self, client_for, anonymous, resume, link):
        ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
        client_for(resume.job_seeker.user).delete(f"/api/resumes/{resume.pk}/")

        assert status_of(anonymous.get(link)) == 200

    def test_link_to_a_deleted_resume_opens_nothing(self, anonymous, resume, link, client_for):
        client_for(resume.job_seeker.user).delete(f"/api/resumes/{resume.pk}/")

        assert_json(anonymous.get(link), 404, "not_found")

    def test_link_to_a_lost_file_is_not_found(self, anonymous, resume, link):
        Path(resume.file.path).unlink()

        assert_json(anonymous.get(link), 404, "not_found")

    def test_file_that_cannot_be_read_is_unavailable(self, anonymous, resume, link):
        Path(resume.file.path).unlink()
        Path(resume.file.path).mkdir()

        response = anonymous.get(link)

        assert_json(response, 503, "service_unavailable")
        assert int(response.headers["Retry-After"]) > 0


class TestBehindNginx:
    """With MEDIA_ACCEL_PREFIX the proxy in front sends the file; docs/files.md shows its side."""

    @pytest.fixture(autouse=True)
    def _accel(self, settings):
        settings.MEDIA_ACCEL_PREFIX = "/private-media/"

    def test_response_tells_the_proxy_the_path_of_the_file(self, anonymous, resume, link):
        resume.file_name = "履歴書.pdf"
        resume.save()

        response = anonymous.get(link)

        assert response.status_code == 200
        assert response.content == b""
        assert response.headers["X-Accel-Redirect"] == f"/private-media/{resume.file.name}"
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''%E5%B1%A5%E6%AD%B4%E6%9B%B8.pdf"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response.headers["Cache-Control"] == "private, no-store"

    def test_refused_user_does_not_learn_the_path_of_the_file(self, anonymous, employer, url):
        for client, status, code in [(anonymous, 401, "not_authenticated"), (employer, 404, "not_found")]:
            response = client.get(url)
            assert_json(response, status, code)
            assert "X-Accel-Redirect" not in response.headers

    def test_lost_file_is_not_found_before_the_proxy_is_asked(self, anonymous, resume, link):
        Path(resume.file.path).unlink()

        assert_json(anonymous.get(link), 404, "not_found")

    def test_opening_is_recorded(self, admin, resume, url):
        assert admin.get(url).status_code == 200

        assert resume.accesses.get().actor == admin.user


class TestWithoutSignature:
    def test_owner_opens_the_file_by_token(self, client_for, resume, url):
        response = client_for(resume.job_seeker.user).get(url)

        assert response.status_code == 200
        assert response.getvalue() == Path(resume.file.path).read_bytes()

    def test_owner_opens_the_file_by_token_beside_a_broken_signature(self, client_for, resume, url):
        assert status_of(client_for(resume.job_seeker.user).get(url, {"signature": "broken"})) == 200

    def test_employer_opens_what_was_submitted(self, client_for, resume, url):
        application = ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
        employer = client_for(application.job.employer.user)
        assert status_of(employer.get(url)) == 200

        application.status = "withdrawn"
        application.save()
        assert_json(employer.get(url), 404, "not_found")

    def test_access_by_another_user_is_in_the_audit_trail(self, client_for, admin, resume, link):
        url = link.partition("?")[0]
        status_of(client_for(resume.job_seeker.user).get(url))
        assert not AuditEvent.objects.exists()

        status_of(admin.get(url))

        event = AuditEvent.objects.get()
        assert (event.kind, event.user, event.subject) == ("resume_opened", admin.user, str(resume.pk))

    def test_admin_opens_any_file(self, admin, url):
        assert status_of(admin.get(url)) == 200

    @pytest.mark.parametrize("factory", [JobSeekerFactory, EmployerFactory])
    def test_other_user_cannot_tell_the_file_from_none(self, client_for, url, factory):
        client = client_for(factory().user)

        foreign, none = client.get(url), client.get(f"/media/resumes/{uuid4()}.pdf")

        assert_json(foreign, 404, "not_found")
        assert {**foreign.json(), "request_id": ""} == {**none.json(), "request_id": ""}

    def test_anonymous_cannot_tell_the_file_from_none(self, anonymous, url):
        for path in (url, f"/media/resumes/{uuid4()}.pdf"):
            response = anonymous.get(path)
            assert_json(response, 401, "not_authenticated")
            assert response.headers["WWW-Authenticate"] == "Bearer"

    def test_user_with_a_bad_token_is_refused(self, anonymous, url):
        anonymous.credentials(HTTP_AUTHORIZATION="Bearer stale")

        assert_json(anonymous.get(url), 401, "not_authenticated")

    def test_owner_no_longer_opens_a_deleted_resume(self, client_for, resume, url):
        ApplicationFactory(resume=resume, job_seeker=resume.job_seeker)
        owner = client_for(resume.job_seeker.user)
        owner.delete(f"/api/resumes/{resume.pk}/")

        assert_json(owner.get(url), 404, "not_found")

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_owner_only_reads_there(self, client_for, resume, url, method):
        response = getattr(client_for(resume.job_seeker.user), method)(url)

        assert_json(response, 405, "method_not_allowed")

    @pytest.mark.parametrize(
        "path",
        [
            "/media/",
            "/media/resumes/",
            "/media/resumes",
            "/media/resumes/..%2f..%2fetc/passwd",
            "/media/resumes/../../manage.py",
            "/media/resumes/resume.pdf",
        ],
    )
    def test_media_serves_nothing_else(self, admin, path):
        assert_json(admin.get(path), 404, "not_found")

    def test_file_does_not_open_under_its_name_on_disk(self, admin, resume):
        assert_json(admin.get(f"/media/{resume.file.name}"), 404, "not_found")
