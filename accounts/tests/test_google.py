"""Sign-in with Google, against a real OpenID provider on this machine."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from accounts import google
from accounts.account_links import password_reset_tokens
from accounts.models import AuditEvent, Employer, JobSeeker, User
from accounts.tests.factories import PASSWORD, AdminFactory, JobSeekerFactory, UserFactory
from accounts.tests.openid import CLIENT_ID, CLIENT_SECRET, OpenIDProvider, raw_response, responding, run_provider
from accounts.tokens import open_session
from notifications.models import OutgoingEmail

URL = "/api/auth/google/"
SUB = "110169484474386276334"
EMAIL = "ben@example.org"

# Real servers, and timeouts.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def running_provider() -> Iterator[OpenIDProvider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider, settings, monkeypatch) -> OpenIDProvider:
    """The provider in Google's place."""
    running_provider.token_requests.clear()
    settings.GOOGLE_OAUTH_CLIENT_ID = CLIENT_ID
    settings.GOOGLE_OAUTH_CLIENT_SECRET = CLIENT_SECRET
    settings.GOOGLE_TOKEN_URI = running_provider.token_uri
    settings.GOOGLE_CERTS_URI = running_provider.certs_uri
    settings.GOOGLE_ISSUERS = [running_provider.url]
    # The libraries insist on https, rightly.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    return running_provider


@pytest.fixture
def consent(provider):
    """Return a function that consents as a user and returns the code."""

    def make(sub=SUB, **changes) -> str:
        return provider.code_for(sub, **{"email": EMAIL, "email_verified": True, **changes})

    return make


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def assert_refused(response, status: int, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, "error", code)
    assert body["message"]
    assert body["errors"] == {}


# --- Who it is --------------------------------------------------------------------------------------------------------


def test_newcomer_signs_in_and_has_no_role_yet(anonymous, consent):
    response = anonymous.post(URL, {"code": consent(email="Ben@Example.org")})

    assert response.status_code == 200
    body = response.json()
    user = User.objects.get()
    assert list(body) == ["status", "message", "data"]
    assert (body["status"], body["message"]) == ("success", "Login successful")
    assert list(body["data"]) == ["accessToken", "refreshToken", "user"]
    assert list(body["data"]["user"]) == ["user_id", "email", "role", "created_at", "updated_at"]
    assert (body["data"]["user"]["user_id"], body["data"]["user"]["email"]) == (str(user.pk), EMAIL)
    assert body["data"]["user"]["role"] == ""
    assert user.google_sub == SUB
    assert user.email_verified_at is not None
    assert not user.has_usable_password()
    assert not JobSeeker.objects.exists()
    assert not Employer.objects.exists()


def test_newcomer_chooses_a_role_once(anonymous, consent):
    tokens = anonymous.post(URL, {"code": consent()}).json()["data"]
    newcomer = APIClient(HTTP_AUTHORIZATION=f"Bearer {tokens['accessToken']}")

    chosen = newcomer.patch("/api/auth/me/", {"role": "job_seeker"})
    again = newcomer.patch("/api/auth/me/", {"role": "employer"})

    assert chosen.json()["data"]["user"]["role"] == "job_seeker"
    assert again.status_code == 400
    assert JobSeeker.objects.get().user == User.objects.get()
    assert not Employer.objects.exists()


@pytest.mark.parametrize("sub", [SUB, None])
def test_administrator_who_needs_a_code_does_not_sign_in_with_google(anonymous, consent, settings, sub):
    settings.ADMIN_TOTP_REQUIRED = True
    AdminFactory(email=EMAIL, google_sub=sub)

    assert_refused(anonymous.post(URL, {"code": consent(email=EMAIL)}), 403, "otp_required")

    assert User.objects.get().google_sub == sub


def test_administrator_who_needs_a_code_does_not_link_google(anonymous, consent, settings):
    settings.ADMIN_TOTP_REQUIRED = True
    admin = AdminFactory(email=EMAIL)
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(admin, otp_verified=True).access}")

    response = anonymous.post(f"{URL}link/", {"code": consent(email=EMAIL), "password": PASSWORD})

    assert_refused(response, 403, "otp_required")
    assert User.objects.get().google_sub is None


def test_returning_user_is_known_by_sub_when_the_address_at_google_changed(anonymous, consent):
    anonymous.post(URL, {"code": consent()})
    user = User.objects.get()

    response = anonymous.post(URL, {"code": consent(email="ben.carson@example.org")})

    assert response.json()["data"]["user"]["user_id"] == str(user.pk)
    assert response.json()["data"]["user"]["email"] == EMAIL
    assert User.objects.count() == 1


def test_returning_user_does_not_get_the_account_that_holds_the_new_address(anonymous, consent):
    owner = UserFactory(google_sub=SUB)
    other = UserFactory(email=EMAIL)

    response = anonymous.post(URL, {"code": consent()})

    assert response.json()["data"]["user"]["user_id"] == str(owner.pk)
    other.refresh_from_db()
    assert other.google_sub is None
    assert other.check_password(PASSWORD)


def test_owner_of_a_proven_address_is_linked_and_keeps_password_and_tokens(anonymous, consent, client_for, settings):
    settings.REQUIRE_VERIFIED_EMAIL = False
    user = JobSeekerFactory(user__email=EMAIL, user__email_verified_at="2026-01-02T03:04:05Z").user
    signed_in = client_for(user)

    response = anonymous.post(URL, {"code": consent(email="BEN@example.org", hd="Example.org")})

    assert response.json()["data"]["user"]["user_id"] == str(user.pk)
    assert response.json()["data"]["user"]["role"] == "job_seeker"
    user.refresh_from_db()
    assert user.google_sub == SUB
    assert user.email_verified_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert signed_in.get("/api/auth/me/").status_code == 200
    assert anonymous.post("/api/auth/login/", {"email": EMAIL, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(("email", "hd"), [("ben@gmail.com", ""), ("ben@googlemail.com", ""), (EMAIL, "example.org")])
def test_owner_takes_over_an_account_that_was_made_with_the_unverified_address(
    anonymous, consent, client_for, email, hd
):
    user = UserFactory(email=email)
    squatter = client_for(user)
    squatters_refresh_token = open_session(user).refresh

    data = anonymous.post(URL, {"code": consent(email=email, **({"hd": hd} if hd else {}))}).json()["data"]

    assert data["user"]["user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.google_sub == SUB
    assert user.email_verified_at is not None
    assert not user.has_usable_password()
    assert user.token_version == 1
    assert user.sessions.alive().count() == 1
    assert squatter.get("/api/auth/me/").status_code == 401
    assert anonymous.post("/api/auth/refresh/", {"refreshToken": squatters_refresh_token}).status_code == 401
    assert anonymous.post("/api/auth/login/", {"email": email, "password": PASSWORD}).status_code == 401
    owner = APIClient(HTTP_AUTHORIZATION=f"Bearer {data['accessToken']}")
    assert owner.get("/api/auth/me/").status_code == 200
    assert anonymous.post("/api/auth/refresh/", {"refreshToken": data["refreshToken"]}).status_code == 200


@pytest.mark.parametrize("verified_at", [None, "2026-01-02T03:04:05Z"])
@pytest.mark.parametrize(
    ("factory", "email", "hd"),
    [
        (UserFactory, EMAIL, ""),
        (UserFactory, EMAIL, "example.com"),
        (UserFactory, "ben@notgmail.com", ""),
        (AdminFactory, "ben@gmail.com", ""),
        (AdminFactory, EMAIL, "example.org"),
    ],
)
def test_account_is_not_linked_where_google_is_no_authority_for_the_address(  # noqa: PLR0917 - fixtures
    anonymous, consent, client_for, factory, email, hd, verified_at
):
    user = factory(email=email, email_verified_at=verified_at)
    owner = client_for(user)

    response = anonymous.post(URL, {"code": consent(email=email, **({"hd": hd} if hd else {}))})

    assert_refused(response, 409, "google_link_required")
    assert response.json()["message"] == (
        "There is an account with this address. Log in with its password, or set a new one by email, then link Google."
    )
    user.refresh_from_db()
    assert (user.google_sub, user.has_usable_password()) == (None, True)
    assert owner.get("/api/auth/me/").status_code == 200


# --- Linking one's own account ----------------------------------------------------------------------------------------

LINK = "/api/auth/google/link/"


@pytest.fixture
def ben(db, client_for):
    """A user whose address has nothing to do with Google."""
    return client_for(JobSeekerFactory(user__email="ben@carson.example").user)


def test_owner_links_a_google_account_of_another_address_and_signs_in_with_it(ben, anonymous, consent):
    response = ben.post(LINK, {"password": PASSWORD, "code": consent()})

    assert response.status_code == 200
    assert response.json()["data"]["user"]["user_id"] == str(ben.user.pk)
    ben.user.refresh_from_db()
    assert (ben.user.google_sub, ben.user.email_verified_at) == (SUB, None)
    assert ben.get("/api/auth/me/").status_code == 200
    signed_in = anonymous.post(URL, {"code": consent()}).json()["data"]["user"]
    assert (signed_in["user_id"], signed_in["email"]) == (str(ben.user.pk), "ben@carson.example")
    told = OutgoingEmail.objects.get()
    assert (told.kind, told.to) == ("google_linked", "ben@carson.example")
    # The Google account has another address, and the password goes on working.
    assert "A Google account was linked to your account and can now be used to log in." in told.text
    assert "Not you? Write to" in told.text
    assert AuditEvent.objects.filter(kind="google_linked", user=ben.user).count() == 1
    # Once more changes nothing.
    assert ben.post(LINK, {"password": PASSWORD, "code": consent()}).status_code == 200
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize(("verified_at", "signed_in_as"), [(None, "eve"), ("2026-01-02T03:04:05Z", "ben")])
def test_password_link_unlinks_what_was_linked_before_the_address_was_verified(
    ben, anonymous, consent, verified_at, signed_in_as
):
    User.objects.filter(pk=ben.user.pk).update(email_verified_at=verified_at)
    account = {"sub": SUB, "email": "eve@gmail.com"}
    ben.post(LINK, {"password": PASSWORD, "code": consent(**account)})
    link = {"uid": str(ben.user.pk), "token": password_reset_tokens.make_token(User.objects.get(pk=ben.user.pk))}

    response = anonymous.post("/api/auth/password/reset/confirm/", {**link, "new_password": "another-horse-43"})

    assert response.status_code == 200
    signed_in = anonymous.post(URL, {"code": consent(**account)}).json()["data"]["user"]
    assert signed_in["email"] == {"eve": "eve@gmail.com", "ben": ben.user.email}[signed_in_as]
    assert (signed_in["user_id"] == str(ben.user.pk)) is (signed_in_as == "ben")


def test_wrong_password_links_nothing_and_keeps_the_code(ben, consent, provider):
    code = consent()

    response = ben.post(LINK, {"password": "wrong", "code": code})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["password"])
    assert provider.token_requests == []
    assert ben.post(LINK, {"password": PASSWORD, "code": code}).status_code == 200


def test_wrong_passwords_are_slowed_down_as_at_the_login(ben, consent):
    statuses = [ben.post(LINK, {"password": "wrong", "code": "x"}).status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]


def test_bad_code_is_told_on_the_field(ben, consent):
    response = ben.post(LINK, {"password": PASSWORD, "code": "nonsense"})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["code"])
    ben.user.refresh_from_db()
    assert ben.user.google_sub is None


def test_google_account_of_another_user_is_not_linked(ben, consent):
    UserFactory(google_sub=SUB)

    assert_refused(ben.post(LINK, {"password": PASSWORD, "code": consent()}), 409, "google_account_conflict")
    ben.user.refresh_from_db()
    assert ben.user.google_sub is None


def test_account_with_another_google_account_keeps_it(ben, consent):
    User.objects.filter(pk=ben.user.pk).update(google_sub="another")

    assert_refused(ben.post(LINK, {"password": PASSWORD, "code": consent()}), 409, "google_account_conflict")
    ben.user.refresh_from_db()
    assert ben.user.google_sub == "another"


def test_next_owner_of_an_address_does_not_get_the_account_of_the_former(anonymous, consent):
    user = UserFactory(email=EMAIL, google_sub="the-former-owner")

    response = anonymous.post(URL, {"code": consent()})

    assert_refused(response, 409, "google_account_conflict")
    user.refresh_from_db()
    assert user.google_sub == "the-former-owner"
    assert user.has_usable_password()
    assert not user.sessions.exists()


@pytest.mark.parametrize("known_by", [{"google_sub": SUB}, {"email": EMAIL}])
def test_deactivated_user_is_refused_and_stays_as_it_is(anonymous, consent, known_by):
    user = UserFactory(is_active=False, **known_by)

    assert_refused(anonymous.post(URL, {"code": consent()}), 401, "account_inactive")

    after = User.objects.get()
    assert (after.google_sub, after.password, after.updated_at) == (user.google_sub, user.password, user.updated_at)
    assert not user.sessions.exists()


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": "false"}, {"email_verified": None}])
def test_owner_of_an_unverified_address_gets_no_account_and_no_link(anonymous, consent, claims):
    user = UserFactory(email=EMAIL)

    assert_refused(anonymous.post(URL, {"code": consent(**claims)}), 403, "google_email_unverified")

    assert User.objects.get().google_sub is None
    assert not user.sessions.exists()


@pytest.mark.parametrize("claims", [{"email": "no address"}, {"email": f"{'a' * 250}@example.org"}, {"email": None}])
def test_user_without_a_usable_address_gets_no_account(anonymous, consent, claims):
    assert_refused(anonymous.post(URL, {"code": consent(**claims)}), 503, "google_unavailable")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_give_one_user(consent):
    codes = [consent(), consent()]

    def sign_in(code):
        try:
            return APIClient().post(URL, {"code": code})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        # Both wait for a third that creates the user, so both have seen that there is none.
        with transaction.atomic():
            UserFactory(email=EMAIL, google_sub=SUB)
            responses = [threads.submit(sign_in, code) for code in codes]
            wait_for_blocked_inserts(2)
            transaction.set_rollback(True)
        bodies = [response.result().json() for response in responses]

    user = User.objects.get()
    assert [body["data"]["user"]["user_id"] for body in bodies] == [str(user.pk)] * 2
    assert user.sessions.alive().count() == 2


def wait_for_blocked_inserts(count: int) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    until = time.monotonic() + 4
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.02)
    pytest.fail("The sign-ins did not meet")


# --- The code ---------------------------------------------------------------------------------------------------------


def test_client_of_the_popup_flow_needs_to_send_the_code_alone(anonymous, consent, provider):
    code = consent()

    assert anonymous.post(URL, {"code": code}).status_code == 200

    assert provider.token_requests == [
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "postmessage",
            "client": f"{CLIENT_ID}:{CLIENT_SECRET}",
        }
    ]


@pytest.mark.parametrize("named", [{}, {"redirect_uri": "https://anywork.example/signed-in"}])
def test_client_of_the_redirect_flow_uses_the_configured_page_and_pkce(anonymous, consent, provider, settings, named):
    settings.GOOGLE_OAUTH_REDIRECT_URI = "https://anywork.example/signed-in"
    code = consent(redirect_uri="https://anywork.example/signed-in")

    assert anonymous.post(URL, {"code": code, "code_verifier": "v" * 43, **named}).status_code == 200

    [sent] = provider.token_requests
    assert (sent["redirect_uri"], sent["code_verifier"]) == ("https://anywork.example/signed-in", "v" * 43)


def test_client_may_use_the_popup_flow_beside_a_configured_page(anonymous, consent, settings):
    settings.GOOGLE_OAUTH_REDIRECT_URI = "https://anywork.example/signed-in"

    assert anonymous.post(URL, {"code": consent(), "redirect_uri": "postmessage"}).status_code == 200


def test_client_with_another_redirect_uri_is_refused_before_google_is_asked(anonymous, consent, provider):
    response = anonymous.post(URL, {"code": consent(), "redirect_uri": "https://evil.example/"})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["redirect_uri"]
    assert provider.token_requests == []


@pytest.mark.parametrize(
    "body", [{}, {"code": ""}, {"code": None}, {"code": ["a"]}, {"code": "a\0b"}, {"code": "x" * 2_049}]
)
def test_client_without_a_usable_code_is_refused_before_google_is_asked(anonymous, provider, body):
    response = anonymous.post(URL, body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["code"]
    assert provider.token_requests == []


def test_code_works_once(anonymous, consent):
    code = consent()
    anonymous.post(URL, {"code": code})

    assert_refused(anonymous.post(URL, {"code": code}), 401, "invalid_google_code")

    assert User.objects.get().sessions.count() == 1


@pytest.mark.parametrize("code", ["guess", "4/0 %&code=x# Host: evil", "ünïcödé ☃", "x" * 2_048])
def test_client_with_a_bad_code_is_refused(anonymous, provider, code):
    assert_refused(anonymous.post(URL, {"code": code}), 401, "invalid_google_code")
    assert provider.token_requests[0]["code"].split() == code.split()


@pytest.mark.parametrize("error", ["invalid_request", "redirect_uri_mismatch"])
def test_client_whose_code_belongs_elsewhere_is_refused(anonymous, provider, settings, error):
    with responding(raw_response(json.dumps({"error": error}), "400 Bad Request")) as settings.GOOGLE_TOKEN_URI:
        assert_refused(anonymous.post(URL, {"code": "4/0A"}), 401, "invalid_google_code")


# --- The ID token -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["certs_uri", "jwks_uri"])
def _each_form_of_keys(request, provider, settings):
    settings.GOOGLE_CERTS_URI = getattr(provider, request.param)


@pytest.mark.usefixtures("_each_form_of_keys")
def test_token_is_verified_by_certificates_and_by_jwks(anonymous, consent):
    assert anonymous.post(URL, {"code": consent()}).json()["data"]["user"]["email"] == EMAIL


@pytest.mark.usefixtures("_each_form_of_keys")
@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": "another-client"}, id="audience"),
        pytest.param({"iss": "https://accounts.evil.example"}, id="issuer"),
        pytest.param({"exp": 1_700_000_000}, id="expired"),
        pytest.param({"iat": 4_000_000_000, "exp": 4_000_003_600}, id="early"),
    ],
)
def test_token_that_is_not_meant_for_now_and_here_is_refused(anonymous, consent, claims):
    assert_refused(anonymous.post(URL, {"code": consent(**claims)}), 401, "invalid_google_token")
    assert not User.objects.exists()


def test_token_may_have_expired_a_moment_ago_by_a_clock_that_is_off(anonymous, consent):
    assert anonymous.post(URL, {"code": consent(exp=int(time.time()) - 3)}).status_code == 200


def test_token_without_an_end_is_refused(anonymous, provider, settings):
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    claims = {"iss": provider.url, "aud": CLIENT_ID, "sub": SUB, "email": EMAIL, "email_verified": True}
    token = jwt.encode(claims, key, "RS256", headers={"kid": "k"})
    jwk = {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k", "alg": "RS256"}
    with (
        responding(raw_response(json.dumps({"access_token": "a", "id_token": token}))) as settings.GOOGLE_TOKEN_URI,
        responding(raw_response(json.dumps({"keys": [jwk]}))) as settings.GOOGLE_CERTS_URI,
    ):
        assert_refused(anonymous.post(URL, {"code": "4/0A"}), 401, "invalid_google_token")
    assert not User.objects.exists()


@pytest.mark.usefixtures("_each_form_of_keys")
@pytest.mark.parametrize("named", ["the provider's key", "a key that the provider has not", "no key"])
def test_token_that_somebody_else_signed_is_refused(anonymous, provider, settings, named):
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    now = int(time.time())
    claims = {"iss": provider.url, "aud": CLIENT_ID, "sub": SUB, "email": EMAIL, "email_verified": True}
    header = {"the provider's key": {"kid": provider.key_id()}, "no key": {}}.get(named, {"kid": "unknown"})
    token = jwt.encode({**claims, "iat": now, "exp": now + 3_600}, key, "RS256", headers=header)
    with responding(raw_response(json.dumps({"access_token": "a", "id_token": token}))) as settings.GOOGLE_TOKEN_URI:
        assert_refused(anonymous.post(URL, {"code": "4/0A"}), 503, "google_unavailable")
    assert not User.objects.exists()


# --- Google's bad days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET"])
def test_client_learns_that_google_is_not_configured(anonymous, consent, provider, settings, missing):
    setattr(settings, missing, "")

    assert_refused(anonymous.post(URL, {"code": consent()}), 503, "google_not_configured")

    assert provider.token_requests == []


@pytest.mark.parametrize("step", ["GOOGLE_TOKEN_URI", "GOOGLE_CERTS_URI"])
def test_client_learns_that_google_is_away(anonymous, consent, settings, closed_port, step):
    setattr(settings, step, closed_port)

    response = anonymous.post(URL, {"code": consent()})

    assert_refused(response, 503, "google_unavailable")
    assert int(response["Retry-After"]) > 0
    assert not User.objects.exists()


def test_client_waits_less_than_6_seconds_for_a_google_that_never_answers(anonymous, provider, settings):
    with responding(b"", then=[b"too late"], pause=60) as settings.GOOGLE_TOKEN_URI:
        started = time.monotonic()
        response = anonymous.post(URL, {"code": "4/0A"})
        seconds = time.monotonic() - started

    assert_refused(response, 503, "google_unavailable")
    assert 4 < seconds < 6


@pytest.mark.parametrize("step", ["GOOGLE_TOKEN_URI", "GOOGLE_CERTS_URI"])
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", id="body"),
    ],
)
@pytest.mark.usefixtures("_short_timeout")
def test_client_does_not_wait_for_a_google_that_dribbles(anonymous, consent, settings, step, start):
    with responding(start, then=repeat(b"x"), pause=0.1) as uri:
        setattr(settings, step, uri)
        started = time.monotonic()
        response = anonymous.post(URL, {"code": consent()})
        seconds = time.monotonic() - started

    assert_refused(response, 503, "google_unavailable")
    assert seconds < 2
    assert not User.objects.exists()


@pytest.fixture
def _short_timeout(monkeypatch):
    monkeypatch.setattr(google, "TIMEOUT_SECONDS", 1.0)


@pytest.mark.parametrize("step", ["GOOGLE_TOKEN_URI", "GOOGLE_CERTS_URI"])
@pytest.mark.parametrize(
    "nonsense",
    [
        raw_response("<html>We're sorry</html>", content_type="text/html"),
        raw_response("<html>Oops</html>", "500 Internal Server Error", "text/html"),
        raw_response('{"error": "server_error"}', "500 Internal Server Error"),
        raw_response('{"error": "invalid_client"}', "401 Unauthorized"),
        raw_response('{"access_token": "a", "token_type": "Bearer"}'),
        raw_response('{"access_token": "a", "id_token": null}'),
        raw_response('{"access_token": "a", "id_token": 5}'),
        raw_response('{"access_token": "a", "id_token": "a.b.c"}'),
        raw_response('{"access_token": "a", "id_token": "é☃"}'),
        raw_response('{"access_token": "a", "scope": 5, "expires_in": "soon"}'),
        raw_response('{"access_token": "a", "expires_in": 1e999}'),
        raw_response('{"keys": []}'),
        raw_response('{"keys": 5}'),
        raw_response('{"keys": [{"kty": "?"}]}'),
        raw_response("[]"),
        raw_response("null"),
        raw_response("5"),
        raw_response(""),
        b"not HTTP at all",
        b"",
    ],
    ids=lambda nonsense: nonsense.split(b"\r\n")[-1].decode() or "empty",
)
def test_client_does_not_see_the_nonsense_that_google_talks(anonymous, consent, settings, step, nonsense):
    with responding(nonsense) as uri:
        setattr(settings, step, uri)
        response = anonymous.post(URL, {"code": consent()})

    assert_refused(response, 503, "google_unavailable")
    assert not User.objects.exists()


@pytest.mark.parametrize("claims", [{}, {"aud": "another-client"}, {"email_verified": False}, {"email": "ben@"}])
def test_log_names_neither_people_nor_secrets(anonymous, consent, caplog, claims):
    code = consent(**claims)
    caplog.set_level("INFO")

    for _ in range(2):
        anonymous.post(URL, {"code": code})

    assert_silent(caplog, code, "ben", SUB, CLIENT_SECRET, "eyJ")


def test_log_does_not_quote_a_token_that_cannot_be_read(anonymous, provider, settings, caplog):
    caplog.set_level("INFO")
    with responding(
        raw_response('{"access_token": "bearer-me", "id_token": "eyJhbGciOi"}')
    ) as settings.GOOGLE_TOKEN_URI:
        anonymous.post(URL, {"code": "4/0A"})

    assert_silent(caplog, "4/0A", "bearer-me", "eyJhbGciOi", CLIENT_SECRET)


def assert_silent(caplog, *secrets: str) -> None:
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith(("oidc_", "werkzeug"))]
    assert any("oogle" in line for line in lines)
    for secret in secrets:
        assert secret not in "\n".join(lines)
