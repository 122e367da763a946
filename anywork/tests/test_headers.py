"""What browsers, caches and proxies are told, and which requests are refused."""

import pytest

from accounts.tests.factories import PASSWORD, AdminFactory, JobSeekerFactory
from anywork.checks import check_admin_path
from jobs.tests.factories import JobFactory

STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class TestPolicies:
    @pytest.mark.parametrize("url", ["/api/jobs/", "/api/nothing/", "/healthz", "/nothing", "/api/schema/"])
    def test_api_allows_a_browser_nothing(self, anonymous, db, url):
        assert anonymous.get(url).headers["Content-Security-Policy"] == STRICT

    @pytest.mark.parametrize("url", ["/api/docs/", "/admin/login/"])
    def test_pages_run_scripts_from_their_own_origin_only(self, anonymous, db, url):
        rules = anonymous.get(url).headers["Content-Security-Policy"].split("; ")

        assert "script-src 'self'" in rules
        assert "default-src 'none'" in rules
        assert "frame-ancestors 'none'" in rules

    def test_admin_site_has_no_inline_styles_either(self, anonymous, db):
        assert "unsafe" not in anonymous.get("/admin/login/").headers["Content-Security-Policy"]

    @pytest.mark.parametrize("url", ["/api/jobs/", "/api/docs/", "/admin/login/", "/nothing"])
    def test_nobody_frames_sniffs_or_learns_where_one_came_from(self, anonymous, db, url):
        headers = anonymous.get(url).headers

        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


class TestCaching:
    def test_answers_to_a_token_are_not_kept(self, seeker):
        for url in ("/api/jobs/", "/api/auth/me/", "/api/skills/", "/api/nothing/"):
            assert "no-store" in seeker.get(url).headers["Cache-Control"], url

    def test_answers_about_signing_in_are_not_kept(self, anonymous, db):
        JobSeekerFactory(user__email="ben@example.org")

        for password in (PASSWORD, "wrong-horse-42"):
            response = anonymous.post("/api/auth/login/", {"email": "ben@example.org", "password": password})
            assert "no-store" in response.headers["Cache-Control"]

    def test_public_answers_may_be_kept_but_not_for_others(self, anonymous, db):
        headers = anonymous.get("/api/jobs/").headers

        assert "no-store" not in headers.get("Cache-Control", "")
        assert "Authorization" in headers["Vary"]

    def test_admin_pages_are_not_kept(self, admin_client):
        assert "no-store" in admin_client.get("/admin/").headers["Cache-Control"]


class TestHosts:
    @pytest.mark.parametrize("url", ["/api/jobs/", "/nothing", "/admin/"])
    def test_wrong_host_is_refused_in_json(self, anonymous, db, url):
        response = anonymous.get(url, HTTP_HOST="evil.example")

        assert response.status_code == 400
        assert response.json()["status"] == "error"
        assert response.json()["code"] == "parse_error"
        assert "evil" not in response.content.decode()

    @pytest.mark.parametrize("url", ["/healthz", "/readyz"])
    @pytest.mark.parametrize("host", ["10.0.3.7:8000", "[2001:db8::7]", "evil.example", "a b", ""])
    def test_balancer_asks_for_the_health_by_whatever_host(self, anonymous, db, settings, url, host):
        settings.ALLOWED_HOSTS = ["api.example.org"]

        response = anonymous.get(url, HTTP_HOST=host)

        assert response.status_code == 200
        assert response.json()["status"] in {"ok", "degraded"}

    def test_forwarded_host_is_not_believed(self, anonymous, db):
        JobFactory.create_batch(21)

        page = anonymous.get("/api/jobs/", HTTP_X_FORWARDED_HOST="evil.example").json()
        assert page["next"].startswith("http://testserver/")


class TestCrossOrigin:
    ORIGIN = "https://www.example.org"

    def test_listed_origin_reads_answers_and_the_named_headers(self, anonymous, db, settings):
        settings.CORS_ALLOWED_ORIGINS = [self.ORIGIN]

        headers = anonymous.get("/api/jobs/", HTTP_ORIGIN=self.ORIGIN).headers
        assert headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert {"RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"} <= set(
            headers["Access-Control-Expose-Headers"].split(", ")
        )
        # Tokens travel in a header that a script sets; cookies never do.
        assert "Access-Control-Allow-Credentials" not in headers

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://www.example.org.evil.example"])
    def test_other_origins_read_nothing(self, anonymous, db, settings, origin):
        settings.CORS_ALLOWED_ORIGINS = [self.ORIGIN]

        assert "Access-Control-Allow-Origin" not in anonymous.get("/api/jobs/", HTTP_ORIGIN=origin).headers

    def test_listed_origin_does_not_reach_the_admin_site(self, anonymous, db, settings):
        settings.CORS_ALLOWED_ORIGINS = [self.ORIGIN]

        response = anonymous.get("/admin/login/", HTTP_ORIGIN=self.ORIGIN)
        assert "Access-Control-Allow-Origin" not in response.headers


class TestTransport:
    @pytest.fixture(autouse=True)
    def _deployed(self, settings):
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_HSTS_SECONDS = 31_536_000

    def test_plain_http_is_sent_to_https(self, client, db):
        response = client.get("/api/jobs/?page=1")

        assert response.status_code == 301
        assert response.headers["Location"] == "https://testserver/api/jobs/?page=1"

    def test_client_cannot_claim_https_without_a_proxy(self, client, db):
        assert client.get("/api/jobs/", HTTP_X_FORWARDED_PROTO="https").status_code == 301

    def test_proxy_vouches_for_https(self, client, db, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        response = client.get("/api/jobs/", HTTP_X_FORWARDED_PROTO="https")
        assert response.status_code == 200
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"

    @pytest.mark.parametrize("url", ["/healthz", "/readyz"])
    def test_load_balancer_asks_over_plain_http(self, client, db, url):
        assert client.get(url).status_code == 200


class TestAdminSession:
    def test_cookies_are_the_admin_sites_alone(self, client, db):
        AdminFactory(email="root@example.org")
        client.get("/admin/login/")

        response = client.post("/admin/login/", {"username": "root@example.org", "password": PASSWORD})

        cookie = response.cookies["sessionid"]
        assert cookie["path"] == "/admin/"
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == 8 * 3_600
        assert response.cookies["csrftoken"]["path"] == "/admin/"
        assert response.cookies["csrftoken"]["httponly"]

    def test_admin_session_opens_nothing_of_the_api(self, admin_client):
        assert admin_client.get("/api/auth/me/").status_code == 401

    @pytest.mark.parametrize("path", ["", "api", "feeds", "media/admin", "static"])
    def test_checks_refuse_an_admin_path_in_use(self, settings, path):
        settings.ADMIN_PATH = path

        assert [message.id for message in check_admin_path()] == ["anywork.E004"]
