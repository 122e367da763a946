"""Two-factor login of the staff."""

import re
import time
from base64 import b32decode

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.oath import hotp, totp
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key
from rest_framework.test import APIClient

from accounts import services
from accounts.devices import Device
from accounts.exceptions import OTPRequired, OTPRequiredForGoogle
from accounts.models import AuditEvent, RecoveryCode, Session, SignInFailures, User
from accounts.tests.factories import PASSWORD, AdminFactory, JobSeekerFactory, UserFactory
from accounts.tokens import open_session
from accounts.two_factor import enrol
from anywork.testing.concurrency import at_once

LOGIN = "/api/auth/login/"
ME = "/api/auth/me/"
EMAIL = "root@example.org"
ADMIN_LOGIN = "/admin/login/"
SET_UP = "/admin/two-factor/"
USERS = "/admin/accounts/user/"
NOT_SET_UP = "Set up two-factor login on the admin site first."
MISSING = "Enter the present code of your authenticator app, or a recovery code. Each works once."


def code_for(key):
    """Return the present code of a new app."""
    return f"{totp(bytes.fromhex(key)):06}"


def code_of(user):
    """Return the next code that the app of `user` did not show before: each works once."""
    device = TOTPDevice.objects.get(user=user)
    present = int(time.time()) // device.step + device.drift
    return f"{hotp(device.bin_key, max(present, device.last_t + 1)):06}"


@pytest.fixture
def required(settings):
    settings.ADMIN_TOTP_REQUIRED = True


@pytest.fixture
def root(db, required):
    """An administrator without an authenticator app."""
    return AdminFactory(email=EMAIL)


def set_up(user):
    """Set up an app; return the recovery codes."""
    key = default_key()
    _, codes = enrol(user=user, key=key, code=code_for(key))
    return codes


@pytest.fixture
def codes(root):
    """The recovery codes of `root`, with an app now."""
    return set_up(root)


def log_in(otp=None, password=PASSWORD, email=EMAIL, **headers):
    body = {"email": email, "password": password} | ({} if otp is None else {"otp": otp})
    return APIClient().post(LOGIN, body, **headers)


def assert_otp_required(response, message=MISSING, status=401):
    body = response.json()
    assert (response.status_code, body["code"], body["message"]) == (status, "otp_required", message)
    assert list(body) == ["status", "code", "message", "errors", "request_id"]
    assert body["errors"] == {}


def kinds(user):
    return list(AuditEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def bearer(response):
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {response.json()['data']['accessToken']}")


def form(otp="", password=PASSWORD, email=EMAIL):
    return {"username": email, "password": password, "otp_token": otp}


class TestLoginToTheAPI:
    def test_administrator_logs_in_with_the_code(self, root, codes):
        response = log_in(code_of(root))

        assert response.status_code == 200
        assert list(response.json()["data"]) == ["accessToken", "refreshToken", "user"]
        assert bearer(response).get(ME).status_code == 200
        assert Session.objects.get().otp_verified
        assert kinds(root) == ["otp_enrolled", "sign_in"]

    @pytest.mark.parametrize("spelling", ["{} {}", " {}-{} "])
    def test_code_may_be_grouped(self, root, codes, spelling):
        code = code_of(root)

        assert log_in(spelling.format(code[:3], code[3:])).status_code == 200

    @pytest.mark.parametrize("otp", [None, "", "000000", "not a code", "9" * 32])
    def test_administrator_without_the_code_is_refused(self, root, codes, otp):
        assert_otp_required(log_in(otp))

        assert not Session.objects.exists()
        assert kinds(root) == ["otp_enrolled", "sign_in_failed"]
        assert AuditEvent.objects.get(kind="sign_in_failed").subject == "code"

    @pytest.mark.parametrize("otp", [None, 123456, {}, "9" * 33])
    def test_code_is_a_short_string(self, root, codes, otp):
        response = APIClient().post(LOGIN, {"email": EMAIL, "password": PASSWORD, "otp": otp})

        assert (response.status_code, list(response.json()["errors"])) == (400, ["otp"])

    def test_code_works_once(self, root, codes):
        code = code_of(root)
        assert log_in(code).status_code == 200

        assert_otp_required(log_in(code))

    def test_code_of_another_administrator_is_refused(self, root, codes):
        other = AdminFactory()
        [recovery_code, *_] = set_up(other)

        assert_otp_required(log_in(code_of(other)))
        assert_otp_required(log_in(recovery_code))
        assert RecoveryCode.objects.filter(user=other).count() == 10

    def test_wrong_password_tells_nothing_and_uses_no_code(self, root, codes):
        for otp in (None, code_of(root), codes[0]):
            response = log_in(otp, password="wrong-horse-42")
            assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")

        assert root.recovery_codes.count() == 10
        assert log_in(code_of(root)).status_code == 200

    def test_administrator_without_an_app_gets_no_tokens(self, root):
        assert_otp_required(log_in("123456"), NOT_SET_UP)
        assert_otp_required(log_in(), NOT_SET_UP)

        assert not Session.objects.exists()

    @pytest.mark.parametrize("flags", [{"is_staff": True}, {"is_superuser": True}])
    def test_every_member_of_the_staff_needs_the_code(self, db, required, flags):
        UserFactory(email=EMAIL, **flags)

        assert_otp_required(log_in(), NOT_SET_UP)

    def test_others_log_in_as_before(self, db, required):
        JobSeekerFactory(user__email=EMAIL)

        assert log_in().status_code == 200
        assert log_in("000000").status_code == 200

    @pytest.mark.parametrize("otp", [None, "000000", 5, {"a": [1]}, "9" * 99])
    def test_code_is_ignored_where_it_is_not_required(self, root, codes, settings, otp, django_assert_num_queries):
        settings.ADMIN_TOTP_REQUIRED = False
        JobSeekerFactory(user__email="ben@example.org")
        with CaptureQueriesContext(connection) as queries:
            assert log_in(email="ben@example.org").status_code == 200

        with django_assert_num_queries(len(queries)):
            response = log_in(otp)

        assert response.status_code == 200
        assert root.recovery_codes.count() == 10

    def test_answer_to_a_code_is_not_logged(self, root, codes, caplog):
        code = code_of(root)
        log_in(code)
        log_in(codes[0])
        log_in("424242")

        for secret in (code, codes[0], "424242"):
            assert secret not in caplog.text


class TestRecoveryCodes:
    def test_recovery_code_works_once(self, root, codes):
        assert len(set(codes)) == 10
        assert all(re.fullmatch("([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)

        for code in codes[:2]:
            assert log_in(code).status_code == 200
            assert_otp_required(log_in(code))

        assert root.recovery_codes.count() == 8
        assert kinds(root).count("recovery_code_used") == 2

    def test_spelling_does_not_matter(self, root, codes):
        assert log_in(codes[0].replace("-", "").upper()).status_code == 200
        assert log_in(f" {codes[1].replace('-', ' ')} ").status_code == 200

    def test_only_hashes_are_stored(self, root, codes):
        for row in RecoveryCode.objects.values():
            assert re.fullmatch("[0-9a-f]{64}", row["digest"])

    def test_recovery_code_ends_the_delay_after_wrong_codes(self, root, codes):
        log_in("000000")
        TOTPDevice.objects.update(throttling_failure_count=10)
        assert_otp_required(log_in(code_of(root)))

        assert log_in(codes[0]).status_code == 200
        assert log_in(code_of(root)).status_code == 200


class TestBackoff:
    def test_guesser_of_codes_is_shut_out_after_ten(self, root, codes):
        for _ in range(10):
            assert_otp_required(log_in("000000"))

        for otp in ("000000", code_of(root), codes[0], None):
            response = log_in(otp)
            assert (response.status_code, response.json()["code"]) == (429, "too_many_failures")
        assert SignInFailures.objects.get().failures == 10

    def test_login_without_a_code_does_not_reset_failures(self, root, codes):
        for _ in range(5):
            assert_otp_required(log_in("000000"))
            assert_otp_required(log_in())

        assert log_in().status_code == 429

    def test_passwords_and_codes_count_together(self, root, codes):
        for _ in range(5):
            log_in(password="wrong-horse-42")
            log_in("000000")

        assert log_in(codes[0]).status_code == 429

    def test_admin_site_and_api_count_together(self, root, codes, client):
        for _ in range(5):
            log_in("000000")
            assert MISSING in client.post(ADMIN_LOGIN, form("000000")).content.decode()

        assert "Too many failed attempts" in client.post(ADMIN_LOGIN, form(codes[0])).content.decode()

    def test_success_resets(self, root, codes):
        for _ in range(9):
            log_in("000000")
        assert log_in(codes[0]).status_code == 200

        assert SignInFailures.objects.get().failures == 0


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_code_used_at_once_works_once(self, root, codes):
        code = code_of(root)

        responses = at_once(*[lambda: log_in(code).status_code] * 6)

        assert sorted(responses) == [200] + [401] * 5
        assert Session.objects.count() == 1

    def test_recovery_code_used_at_once_works_once(self, root, codes):
        responses = at_once(*[lambda: log_in(codes[0]).status_code] * 6)

        assert sorted(responses) == [200] + [401] * 5
        assert root.recovery_codes.count() == 9

    def test_guesses_at_once_are_ten(self, root, codes):
        responses = at_once(*[lambda: log_in("000000").status_code] * 20)

        assert sorted(responses) == [401] * 10 + [429] * 10

    def test_of_enrolments_at_once_one_counts(self, root):
        def attempt():
            key = default_key()
            try:
                enrol(user=User.objects.get(pk=root.pk), key=key, code=code_for(key))
            except OTPRequired:
                return False
            return True

        assert sorted(at_once(*[attempt] * 4)) == [False] * 3 + [True]
        assert TOTPDevice.objects.count() == 1
        assert RecoveryCode.objects.count() == 10


class TestOtherTokens:
    """No way to tokens of the staff without a code."""

    def test_sessions_from_before_the_requirement_end_for_the_staff_alone(self, db, settings):
        admin, seeker = AdminFactory(email=EMAIL), JobSeekerFactory().user
        pairs = {user: open_session(user) for user in (admin, seeker)}
        settings.ADMIN_TOTP_REQUIRED = True

        for user, statuses in ((admin, (401, 401)), (seeker, (200, 200))):
            client = APIClient(HTTP_AUTHORIZATION=f"Bearer {pairs[user].access}")
            me = client.get(ME).status_code
            refresh = APIClient().post("/api/auth/refresh/", {"refreshToken": pairs[user].refresh}).status_code
            assert (me, refresh) == statuses

    def test_user_who_joins_the_staff_logs_in_again(self, db, required, client_for):
        user = JobSeekerFactory().user
        client = client_for(user)
        assert client.get(ME).status_code == 200

        User.objects.filter(pk=user.pk).update(is_staff=True)

        assert client.get(ME).status_code == 401
        assert client.get("/api/jobs/").status_code == 200

    def test_refreshed_session_stays_verified(self, root, codes):
        data = log_in(code_of(root)).json()["data"]

        response = APIClient().post("/api/auth/refresh/", {"refreshToken": data["refreshToken"]})

        assert bearer(response).get(ME).status_code == 200

    def test_changed_password_continues_the_verified_session_without_another_code(self, root, codes):
        client = bearer(log_in(code_of(root)))

        body = {"current_password": PASSWORD, "new_password": "another-horse-43"}
        response = client.post("/api/auth/password/change/", body)

        assert response.status_code == 200
        assert bearer(response).get(ME).status_code == 200
        assert client.get(ME).status_code == 401

    def test_password_changed_before_joining_the_staff_verifies_nothing(self, db, required, client_for):
        user = JobSeekerFactory().user
        body = {"current_password": PASSWORD, "new_password": "another-horse-43"}
        client = bearer(client_for(user).post("/api/auth/password/change/", body))

        User.objects.filter(pk=user.pk).update(is_staff=True)

        assert client.get(ME).status_code == 401

    def test_service_opens_no_session_without_a_code(self, root, codes):
        with pytest.raises(OTPRequired):
            services.log_in(user=User.objects.get(), method="password", device=Device())

        assert not Session.objects.exists()

    @pytest.mark.parametrize("sub", [None, "11016"])
    def test_administrator_does_not_log_in_with_google(self, root, codes, sub):
        User.objects.update(google_sub=sub)

        with pytest.raises(OTPRequiredForGoogle):
            services.log_in_with_google(sub="11016", email=EMAIL)

    def test_administrator_does_not_link_google(self, root, codes):
        with pytest.raises(OTPRequiredForGoogle):
            services.link_google(user=root, sub="11016")

        root.refresh_from_db()
        assert root.google_sub is None


class TestAdminSite:
    def test_administrator_logs_in_with_the_code(self, root, codes, client):
        page = client.get(ADMIN_LOGIN).content.decode()
        assert "Authenticator code:" in page

        response = client.post(ADMIN_LOGIN, {**form(code_of(root)), "next": USERS})

        assert (response.status_code, response.url) == (302, USERS)
        assert client.get(USERS).status_code == 200
        assert client.get(SET_UP).url == "/admin/"

    def test_administrator_logs_in_with_a_recovery_code_once(self, root, codes, client):
        assert client.post(ADMIN_LOGIN, form(codes[0])).status_code == 302
        assert client.get(USERS).status_code == 200

        assert MISSING in Client().post(ADMIN_LOGIN, form(codes[0])).content.decode()

    @pytest.mark.parametrize("otp", ["", "000000"])
    def test_password_alone_opens_nothing(self, root, codes, client, otp):
        assert MISSING in client.post(ADMIN_LOGIN, form(otp)).content.decode()

        assert "_auth_user_id" not in client.session
        assert client.get(USERS).status_code == 302

    def test_wrong_password_tells_nothing(self, root, codes, client):
        page = client.post(ADMIN_LOGIN, form(code_of(root), password="wrong-horse-42")).content.decode()

        assert "Please enter the correct email and password for a staff account." in page
        assert MISSING not in page
        assert client.post(ADMIN_LOGIN, {"username": EMAIL}).status_code == 200

    def test_session_from_before_the_requirement_needs_the_code(self, root, codes, client, settings):
        settings.ADMIN_TOTP_REQUIRED = False
        assert "otp_token" not in client.get(ADMIN_LOGIN).content.decode()
        client.post(ADMIN_LOGIN, form())
        assert client.get(USERS).status_code == 200
        settings.ADMIN_TOTP_REQUIRED = True

        assert client.get(USERS).url == f"{ADMIN_LOGIN}?next={USERS}"
        assert "You are logged in as root@example.org" in client.get(ADMIN_LOGIN).content.decode()
        # Another app would replace the code that is missing.
        assert client.get(SET_UP).url == "/admin/"
        client.post(ADMIN_LOGIN, form(code_of(root)))
        assert client.get(USERS).status_code == 200

    def test_others_are_refused_as_before(self, db, required, client):
        JobSeekerFactory(user__email=EMAIL)

        assert "for a staff account" in client.post(ADMIN_LOGIN, form()).content.decode()
        assert client.get(SET_UP).url == f"{ADMIN_LOGIN}?next={SET_UP}"


class TestEnrolment:
    @pytest.fixture
    def client(self, root):
        """Logged in to the admin site with the password alone."""
        client = Client()
        assert client.post(ADMIN_LOGIN, form()).status_code == 302
        return client

    @pytest.fixture
    def key(self, client):
        page = client.get(SET_UP).content.decode()
        [secret] = re.findall('<code class="otp">([A-Z2-7 ]+)</code>', page)
        return b32decode(secret.replace(" ", "")).hex()

    def test_administrator_without_an_app_sets_one_up(self, root, client, key):
        before = client.session.session_key

        page = client.post(SET_UP, {"code": code_for(key)}).content.decode()

        codes = re.findall('<code class="otp">(.+)</code>', page)
        assert len(codes) == 10
        assert client.get(USERS).status_code == 200
        assert client.session.session_key != before
        assert "otp_key" not in client.session
        assert kinds(root) == ["admin_sign_in", "otp_enrolled"]
        # Shown once.
        assert client.get(SET_UP).url == "/admin/"
        assert client.post(SET_UP, {"code": code_for(key)}).url == "/admin/"
        assert log_in(code_of(root)).status_code == 200
        assert log_in(codes[9]).status_code == 200

    def test_no_other_page_opens_before(self, client):
        for name in ("index", "accounts_user_changelist", "password_change", "accounts_user_add", "jsi18n"):
            url = reverse(f"admin:{name}")
            assert client.get(url).url == f"{ADMIN_LOGIN}?next={url}"
        response = client.get(ADMIN_LOGIN)
        assert response.url == SET_UP
        assert "no-store" in response.headers["Cache-Control"]

    def test_superuser_who_is_staff_no_longer_is_not_sent_in_circles(self, root, client):
        User.objects.filter(pk=root.pk).update(is_staff=False)

        assert client.get(SET_UP).url == f"{ADMIN_LOGIN}?next={SET_UP}"
        assert client.get(ADMIN_LOGIN).status_code == 200

    def test_administrator_may_log_out_instead(self, client):
        assert client.post("/admin/logout/").status_code == 200

        assert client.get(SET_UP).url == f"{ADMIN_LOGIN}?next={SET_UP}"

    @pytest.mark.parametrize("code", ["", "000000", "letters"])
    def test_wrong_code_stores_nothing(self, client, key, code):
        page = client.post(SET_UP, {"code": code}).content.decode()

        assert "Please correct the error below." in page
        assert not TOTPDevice.objects.exists()
        assert not RecoveryCode.objects.exists()
        assert client.get(USERS).status_code == 302
        assert client.post(SET_UP, {"code": code_for(key)}).status_code == 200

    def test_second_session_sets_up_no_second_app(self, root, client, key):
        set_up(root)

        assert client.post(SET_UP, {"code": code_for(key)}).url == "/admin/"

        assert TOTPDevice.objects.count() == 1
        assert client.get(USERS).status_code == 302

    def test_page_and_codes_are_not_kept_by_the_browser(self, client, key):
        assert "no-store" in client.get(SET_UP).headers["Cache-Control"]
        assert "no-store" in client.post(SET_UP, {"code": code_for(key)}).headers["Cache-Control"]

    def test_nothing_is_set_up_where_it_is_not_required(self, client, settings):
        settings.ADMIN_TOTP_REQUIRED = False

        assert client.get(SET_UP).url == "/admin/"


class TestReset:
    @pytest.fixture
    def colleague(self, root, codes):
        user = AdminFactory(email="second@example.org")
        set_up(user)
        return user

    @pytest.fixture
    def client(self, root, codes):
        client = Client()
        client.post(ADMIN_LOGIN, form(code_of(root)))
        return client

    def reset(self, client, *users):
        chosen = {"_selected_action": [str(user.pk) for user in users]}
        return client.post(USERS, {"action": "reset_two_factor", "confirmed": "on", **chosen})

    def test_superuser_resets_a_colleague_who_lost_the_phone(self, client, colleague):
        session = log_in(code_of(colleague), email=colleague.email)
        site = Client()
        site.force_login(User.objects.get(pk=colleague.pk))

        assert self.reset(client, colleague, JobSeekerFactory().user).status_code == 302

        assert not TOTPDevice.objects.filter(user=colleague).exists()
        assert not RecoveryCode.objects.filter(user=colleague).exists()
        assert TOTPDevice.objects.count() == 1
        assert kinds(colleague) == ["otp_enrolled", "sign_in", "admin_sign_in", "otp_reset"]
        assert bearer(session).get(ME).status_code == 401
        assert site.get(SET_UP).status_code == 302
        assert_otp_required(log_in(email=colleague.email), NOT_SET_UP)
        site.post(ADMIN_LOGIN, form(email=colleague.email))
        assert site.get(SET_UP).status_code == 200

    def test_superuser_resets_the_own_app(self, client, root):
        self.reset(client, root)

        assert client.get(USERS).url == f"{ADMIN_LOGIN}?next={USERS}"
        assert not TOTPDevice.objects.filter(user=root).exists()

    def test_page_of_a_user_with_an_app_offers_it(self, client, colleague):
        seeker = JobSeekerFactory().user

        offered = [
            "reset_two_factor" in dict(client.get(f"{USERS}{user.pk}/change/").context["object_actions"])
            for user in (colleague, seeker)
        ]

        assert offered == [True, False]

    def test_action_is_for_superusers_where_codes_are_required(self, client, root, settings):
        assert "Reset two-factor login" in client.get(USERS).content.decode()
        settings.ADMIN_TOTP_REQUIRED = False
        assert "Reset two-factor login" not in client.get(USERS).content.decode()
        settings.ADMIN_TOTP_REQUIRED = True

        clerk = UserFactory(email="clerk@example.org", is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
        site = Client()
        site.post(ADMIN_LOGIN, form(set_up(clerk)[0], email=clerk.email))
        assert "Reset two-factor login" not in site.get(USERS).content.decode()
        self.reset(site, root)
        assert TOTPDevice.objects.filter(user=root).exists()

    def test_last_administrator_is_reset_by_the_command(self, root, codes, capsys):
        call_command("reset_two_factor", " Root@Example.org ")

        assert capsys.readouterr().out == f"Reset: {root.pk}\n"
        assert not TOTPDevice.objects.exists()
        assert kinds(root) == ["otp_enrolled", "otp_reset"]
        with pytest.raises(CommandError):
            call_command("reset_two_factor", "ghost@example.org")

    def test_keys_have_no_page(self, client):
        assert client.get("/admin/otp_totp/").status_code == 404
        assert "otp_totp" not in client.get("/admin/").content.decode()


def test_erased_account_leaves_neither_app_nor_codes(root, codes):
    client = bearer(log_in(code_of(root)))

    assert client.delete(ME, {"password": PASSWORD}).status_code == 204

    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()
