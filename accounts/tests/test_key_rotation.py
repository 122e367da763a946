"""Rotation of the keys of tokens: none that was issued before ends, until its key is removed."""

import hmac
import json
import secrets
from base64 import urlsafe_b64encode

import jwt
import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import JobSeekerFactory
from accounts.token_keys import key_id
from accounts.tokens import open_session

ME = "/api/auth/me/"
NEW = secrets.token_urlsafe(50)


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email="ben@example.org").user


@pytest.fixture
def rotate(settings):
    """Return a function that makes NEW the key of tokens."""

    def make(*, keep=True):
        former = settings.JWT_KEYS[-1:] if keep else []
        settings.JWT_KEYS = [NEW, *former]

    return make


def get_me(token):
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get(ME)


def refresh(token):
    return APIClient().post("/api/auth/refresh/", {"refreshToken": token})


def without_kid(token, key):
    """Return the token as it was issued before keys had ids."""
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), key, algorithm="HS256")


class TestTokens:
    def test_token_names_its_key_but_does_not_disclose_it(self, ben, settings):
        header = jwt.get_unverified_header(open_session(ben).access)

        assert header == {"alg": "HS256", "typ": "JWT", "kid": key_id(settings.JWT_KEYS[0])}
        assert len(header["kid"]) == 8
        assert header["kid"] not in settings.JWT_KEYS[0]

    def test_rotation_ends_no_token_and_new_ones_have_the_new_key(self, ben, rotate):
        pair = open_session(ben)
        rotate()

        assert get_me(pair.access).json()["data"]["user"]["email"] == "ben@example.org"
        refreshed = refresh(pair.refresh).json()["data"]
        for name in ("accessToken", "refreshToken"):
            assert jwt.get_unverified_header(refreshed[name])["kid"] == key_id(NEW)
            jwt.decode(refreshed[name], NEW, algorithms=["HS256"], audience="anywork")
        assert get_me(refreshed["accessToken"]).status_code == 200

    def test_tokens_end_with_their_key(self, ben, rotate):
        pair = open_session(ben)
        rotate()
        refreshed = refresh(pair.refresh).json()["data"]
        rotate(keep=False)

        assert get_me(pair.access).status_code == 401
        assert get_me(pair.access).json()["code"] == "token_not_valid"
        assert get_me(refreshed["accessToken"]).status_code == 200
        assert refresh(refreshed["refreshToken"]).status_code == 200

    def test_tokens_without_an_id_of_their_key_are_valid_while_any_key_fits(self, ben, rotate, settings):
        pair = open_session(ben)
        access, renewal = (without_kid(token, settings.JWT_KEYS[0]) for token in pair)

        assert get_me(access).status_code == 200
        rotate()
        assert get_me(access).status_code == 200
        assert refresh(renewal).status_code == 200
        rotate(keep=False)
        assert get_me(access).status_code == 401

    @pytest.mark.parametrize("kid", ["", "00000000", "../../etc/passwd", "' OR 1=1", "k" * 1_000, 1, None, ["a"]])
    def test_token_with_an_unknown_key_is_refused(self, ben, settings, kid):
        _, claims, _ = open_session(ben).access.split(".")
        header = urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode()).decode().rstrip("=")
        digest = hmac.digest(settings.JWT_KEYS[0].encode(), f"{header}.{claims}".encode(), "sha256")
        token = f"{header}.{claims}.{urlsafe_b64encode(digest).decode().rstrip('=')}"

        assert get_me(token).status_code == 401

    def test_token_of_a_former_key_with_the_id_of_the_new_one_is_refused(self, ben, rotate, settings):
        former = settings.JWT_KEYS[0]
        claims = jwt.decode(open_session(ben).access, options={"verify_signature": False})
        rotate()

        forged = jwt.encode(claims, former, algorithm="HS256", headers={"kid": key_id(NEW)})
        assert get_me(forged).status_code == 401
