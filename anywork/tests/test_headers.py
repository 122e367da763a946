"""What browsers, caches and proxies are told, and which requests are refused."""

import base64
import re
import shutil
import time

import pytest
from django.conf import settings as configured
from django.urls import reverse
from django_otp.oath import hotp

from accounts.tests.factories import PASSWORD, AdminFactory, JobSeekerFactory
from anywork.checks import check_admin_path
from anywork.tests.test_schema import BROWSER_ARGUMENTS, BROWSERS
from jobs.tests.factories import JobFactory
from notifications.tests.factories import OutgoingEmailFactory

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

    @pytest.mark.parametrize("path", ["", "api", "media/admin", "static"])
    def test_checks_refuse_an_admin_path_in_use(self, settings, path):
        settings.ADMIN_PATH = path

        assert [message.id for message in check_admin_path()] == ["anywork.E004"]


@pytest.fixture
def administrator(transactional_db):
    JobFactory()
    return AdminFactory(email="root@example.org")


@pytest.fixture
def email(transactional_db):
    return OutgoingEmailFactory(
        html='<p style="color: rgb(1, 2, 3)">Hi</p><div style="display:none">hidden</div>', state="dead", attempts=3
    )


@pytest.fixture
def page(administrator):
    """A page of a real browser."""
    playwright_api = pytest.importorskip("playwright.sync_api")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip("needs Chromium")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
        yield browser.new_page(viewport={"width": 1280, "height": 1000})
        browser.close()


@pytest.mark.slow
def test_administrator_works_in_a_browser_without_breaking_the_policy(live_server, administrator, email, page):
    violations = []
    page.on("console", lambda message: violations.extend(re.findall(".*Security Policy.*", message.text)))
    page.on("pageerror", lambda error: violations.append(str(error)))

    page.goto(f"{live_server.url}/{configured.ADMIN_PATH}/")
    page.fill("#id_username", administrator.email)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("#user-tools")
    for name in (
        *("index", "accounts_user_changelist", "accounts_user_add", "jobs_job_changelist", "jobs_job_add"),
        *("accounts_auditevent_changelist", "admin_logentry_changelist", "notifications_outgoingemail_changelist"),
    ):
        page.goto(live_server.url + reverse(f"admin:{name}"))
        page.wait_for_load_state("networkidle")
    page.goto(live_server.url + reverse("admin:notifications_outgoingemail_change", args=[email.pk]))
    framed = page.frame_locator("iframe")
    # With its styles, as its recipient sees it.
    assert framed.locator("p").evaluate("element => getComputedStyle(element).color") == "rgb(1, 2, 3)"
    assert not framed.locator("div").is_visible()
    for text, shown in (
        ("name\nCooking\nwww.example.org\n", "A web address is not allowed"),
        ("name\nCooking\n", "New"),
    ):
        page.goto(live_server.url + reverse("admin:jobs_category_import"))
        page.set_input_files("#id_import_file", {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()})
        page.click("input[value=Submit]")
        assert shown in page.inner_text("table.import-preview")
    page.click("input[name=confirm]")
    assert "1 new" in page.inner_text(".messagelist")
    page.goto(live_server.url + reverse("admin:jobs_job_add"))
    # The calendar and the choice by searching are scripts.
    page.click(".datetimeshortcuts a >> nth=1")
    page.wait_for_selector(".calendarbox >> visible=true")
    page.click("#id_category + .select2")
    page.wait_for_selector(".select2-results__option")

    assert violations == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_administrator_sets_up_two_factor_login_in_a_browser(live_server, settings, administrator, page, width):
    settings.ADMIN_TOTP_REQUIRED = True
    violations = []
    page.on("console", lambda message: violations.extend(re.findall(".*Security Policy.*", message.text)))
    page.on("pageerror", lambda error: violations.append(str(error)))
    page.set_viewport_size({"width": width, "height": 800})

    def log_in(**fields):
        page.goto(live_server.url + reverse("admin:accounts_user_changelist"))
        for name, value in {"username": administrator.email, "password": PASSWORD, **fields}.items():
            page.fill(f"#id_{name}", value)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("input[type=submit]")

    log_in()
    page.wait_for_url("**/two-factor/")
    assert page.locator("img[alt='QR code of the key']").evaluate("image => image.naturalWidth") > 150
    key = base64.b32decode(page.text_content("code.otp").replace(" ", ""))
    page.fill("#id_code", "000000")
    page.click("input[type=submit]")
    page.wait_for_selector(".errorlist")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    step = int(time.time()) // 30
    page.fill("#id_code", f"{hotp(key, step):06}")
    page.click("input[type=submit]")
    page.wait_for_selector("ul.otp")
    recovery_codes = page.locator("code.otp").all_text_contents()
    assert len(recovery_codes) == 10
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("text=I have stored the codes")
    page.wait_for_selector("#content-main .module")

    for code in (f"{hotp(key, step + 1):06}", recovery_codes[0]):
        page.click("#logout-form button")
        log_in(otp_token=code)
        page.wait_for_selector("#changelist")
    page.click("#logout-form button")
    log_in(otp_token=recovery_codes[0])
    assert "Each works once." in page.text_content(".errornote")
    assert violations == []
