from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from django.conf import settings as django_settings
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import RefreshTokenUse, Session, User
from accounts.tests.factories import PASSWORD, JobSeekerFactory
from accounts.tokens import REUSE_GRACE, open_session
from anywork.testing.concurrency import at_once

ME = "/api/auth/me/"
REFRESH = "/api/auth/refresh/"
LOGOUT = "/api/auth/logout/"


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email="ben@example.org").user


@pytest.fixture
def pair(ben):
    return open_session(ben)


def bearer(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def refresh(token):
    return APIClient().post(REFRESH, {"refreshToken": token})


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def signed(payload, key=None, algorithm="HS256"):
    return jwt.encode(payload, key or django_settings.JWT_KEYS[0], algorithm=algorithm)


def assert_refused(response):
    assert response.status_code == 401, response.content
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["errors"] == {}
    assert response.json()["message"]


def assert_ended(pair):
    assert_refused(bearer(pair.access).get(ME))
    assert_refused(refresh(pair.refresh))


def let_pass(period):
    """Move every use of a refresh token into the past."""
    RefreshTokenUse.objects.update(used_at=F("used_at") - period)


class TestClaims:
    def test_access_token_names_user_session_issuer_and_audience(self, ben, pair):
        payload = claims(pair.access)

        assert payload["token_type"] == "access"
        assert payload["user_id"] == str(ben.pk)
        assert payload["sid"] == str(Session.objects.get().pk)
        assert (payload["iss"], payload["aud"], payload["ver"]) == ("anywork", "anywork", 0)
        assert payload["exp"] - payload["iat"] == 60 * 60

    def test_refresh_token_lives_for_a_week(self, pair):
        payload = claims(pair.refresh)

        assert payload["token_type"] == "refresh"
        assert payload["exp"] - payload["iat"] == 7 * 24 * 60 * 60

    def test_tokens_tell_nothing_personal(self, ben, pair):
        for token in pair:
            assert not {"email", "role", "password"} & claims(token).keys()
            assert ben.email not in str(claims(token))

    def test_raw_tokens_are_not_stored(self, pair):
        stored = str([*RefreshTokenUse.objects.values(), *Session.objects.values()])

        assert claims(pair.refresh)["jti"] in stored
        for token in pair:
            assert token not in stored
            assert token.rpartition(".")[2] not in stored


class TestBadTokens:
    def test_user_without_a_token_is_refused(self, db):
        assert_refused(APIClient().get(ME))

    @pytest.mark.parametrize("change", [{"iss": "other"}, {"aud": "other"}, {"token_type": "refresh"}, {"exp": 1}])
    def test_user_with_a_claim_that_does_not_fit_is_refused(self, pair, change):
        payload = claims(pair.access)
        assert bearer(signed(payload)).get(ME).status_code == 200

        assert_refused(bearer(signed({**payload, **change})).get(ME))

    @pytest.mark.parametrize("missing", ["iss", "aud", "token_type", "exp", "jti", "sid", "ver"])
    def test_user_with_a_claim_missing_is_refused(self, pair, missing):
        payload = claims(pair.access)
        del payload[missing]

        assert_refused(bearer(signed(payload)).get(ME))

    @pytest.mark.parametrize("missing", ["iss", "aud", "token_type", "exp", "jti", "sid", "ver"])
    def test_refresh_token_with_a_claim_missing_is_refused(self, pair, missing):
        payload = claims(pair.refresh)
        del payload[missing]

        assert_refused(refresh(signed(payload)))

    def test_user_with_an_unsigned_token_is_refused(self, pair):
        assert_refused(bearer(jwt.encode(claims(pair.access), "", algorithm="none")).get(ME))
        assert_refused(refresh(jwt.encode(claims(pair.refresh), "", algorithm="none")))

    @pytest.mark.parametrize(
        ("key", "algorithm"), [("another-key-of-thirty-two-bytes-or-more", "HS256"), (None, "HS512"), (None, "HS384")]
    )
    def test_user_with_a_token_of_another_key_or_algorithm_is_refused(self, pair, key, algorithm):
        assert_refused(bearer(signed(claims(pair.access), key, algorithm)).get(ME))
        assert_refused(refresh(signed(claims(pair.refresh), key, algorithm)))

    def test_secret_key_of_django_signs_no_tokens(self, pair):
        assert_refused(bearer(signed(claims(pair.access), django_settings.SECRET_KEY)).get(ME))

    def test_refresh_token_opens_nothing_and_access_token_refreshes_nothing(self, pair):
        assert_refused(bearer(pair.refresh).get(ME))
        assert_refused(refresh(pair.access))

    def test_user_with_expired_tokens_is_refused(self, pair):
        past = int(timezone.now().timestamp()) - 1

        assert_refused(bearer(signed({**claims(pair.access), "exp": past})).get(ME))
        assert_refused(refresh(signed({**claims(pair.refresh), "exp": past})))

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Basic YTpi",
            "bearer",
            "Bearer " + "x" * 100_000,
            "Bearer tökén",
            "Bearer ..",
        ],
    )
    def test_client_sends_a_nonsense_header_and_is_refused(self, db, header):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=header)
        response = client.get(ME)

        assert_refused(response)
        assert response.json()["code"] in {"token_not_valid", "not_authenticated"}
        assert "{" not in response.json()["message"]

    @pytest.mark.parametrize("token", ["x", "a.b.c", "tökén", "..", "eyJ9." * 3, "💥.💥.💥"])
    def test_client_refreshes_and_logs_out_with_nonsense_and_is_refused(self, db, token):
        assert_refused(refresh(token))
        assert_refused(APIClient().post(LOGOUT, {"refreshToken": token}))

    @pytest.mark.parametrize("token", ["", None, ["a"], {"a": 1}, "x" * 100_000])
    def test_client_refreshes_with_something_that_can_be_no_token_and_is_told(self, db, token):
        response = refresh(token)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["refreshToken"]


class TestRefresh:
    def test_user_refreshes_and_gets_a_new_pair_of_the_same_session(self, pair):
        response = refresh(pair.refresh)

        assert response.status_code == 200
        assert response.json()["status"] == "success"
        data = response.json()["data"]
        assert list(data) == ["accessToken", "refreshToken"]
        assert data["refreshToken"] != pair.refresh
        assert claims(data["refreshToken"])["sid"] == claims(pair.refresh)["sid"]
        assert claims(data["refreshToken"])["jti"] != claims(pair.refresh)["jti"]
        assert bearer(data["accessToken"]).get(ME).status_code == 200
        assert refresh(data["refreshToken"]).status_code == 200
        assert Session.objects.count() == 1

    def test_user_refreshes_while_sending_a_stale_access_token(self, pair):
        response = bearer("stale").post(REFRESH, {"refreshToken": pair.refresh})

        assert response.status_code == 200

    def test_second_tab_that_refreshes_within_the_grace_is_refused_and_ends_nothing(self, pair):
        new = refresh(pair.refresh).json()["data"]
        let_pass(REUSE_GRACE - timedelta(seconds=2))

        refused = refresh(pair.refresh)
        assert_refused(refused)

        assert refused.json()["code"] == "refresh_token_used"
        assert bearer(new["accessToken"]).get(ME).status_code == 200
        assert bearer(pair.access).get(ME).status_code == 200
        assert refresh(new["refreshToken"]).status_code == 200

    def test_used_token_that_comes_back_later_ends_its_whole_family_and_no_other(self, ben, pair):
        other_device = open_session(ben)
        second = refresh(pair.refresh).json()["data"]
        third = refresh(second["refreshToken"]).json()["data"]
        let_pass(REUSE_GRACE + timedelta(seconds=1))

        refused = refresh(pair.refresh)
        assert_refused(refused)

        assert refused.json()["code"] == "session_ended"
        for token in (second, third):
            assert_refused(refresh(token["refreshToken"]))
            assert_refused(bearer(token["accessToken"]).get(ME))
        assert_ended(pair)
        assert bearer(other_device.access).get(ME).status_code == 200
        assert refresh(other_device.refresh).status_code == 200

    def test_session_ends_90_days_after_its_sign_in_however_often_it_is_refreshed(self, ben, pair):
        Session.objects.update(created_at=timezone.now() - timedelta(days=90, seconds=1))

        assert refresh(pair.refresh).json()["code"] == "session_ended"
        assert_refused(bearer(pair.access).get(ME))
        open_session(ben)
        assert Session.objects.count() == 1

    def test_session_lives_up_to_90_days(self, pair):
        Session.objects.update(created_at=timezone.now() - timedelta(days=89, hours=23))

        assert refresh(pair.refresh).status_code == 200

    def test_grace_lasts_ten_seconds(self):
        assert timedelta(seconds=10) == REUSE_GRACE

    def test_token_with_an_unknown_id_ends_its_session(self, pair):
        assert_refused(refresh(signed({**claims(pair.refresh), "jti": uuid4().hex})))

        assert_ended(pair)

    def test_token_of_another_session_is_refused(self, ben, pair):
        other = open_session(ben)
        mixed = {**claims(pair.refresh), "sid": claims(other.refresh)["sid"]}

        assert_refused(refresh(signed(mixed)))

        assert refresh(pair.refresh).status_code == 200

    def test_token_refused_leaves_no_row(self, pair):
        refresh(pair.refresh)
        before = RefreshTokenUse.objects.count()

        refresh(pair.refresh)

        assert RefreshTokenUse.objects.count() == before

    def test_signing_in_clears_away_what_has_run_out(self, ben, pair):
        Session.objects.update(last_used_at=timezone.now() - timedelta(days=8))

        new = open_session(ben)

        assert Session.objects.count() == RefreshTokenUse.objects.count() == 1
        assert bearer(new.access).get(ME).status_code == 200


class TestEnds:
    def test_user_logs_out_by_refresh_token_alone(self, ben, pair):
        other_device = open_session(ben)

        response = APIClient().post(LOGOUT, {"refreshToken": pair.refresh})

        assert response.status_code == 200
        assert response.json() == {"status": "success", "message": "Logged out", "data": {}}
        assert_ended(pair)
        assert bearer(other_device.access).get(ME).status_code == 200

    def test_user_logs_out_by_access_token_alone(self, ben, pair):
        other_device = open_session(ben)

        assert bearer(pair.access).post(LOGOUT).status_code == 200

        assert_ended(pair)
        assert bearer(other_device.access).get(ME).status_code == 200

    def test_user_with_a_stale_access_token_logs_out_by_refresh_token(self, pair):
        assert bearer("stale").post(LOGOUT, {"refreshToken": pair.refresh}).status_code == 200

        assert_ended(pair)

    @pytest.mark.parametrize("body", [None, {}])
    def test_visitor_logs_out_with_nothing_and_is_refused(self, db, body):
        assert_refused(APIClient().post(LOGOUT, body))
        assert_refused(bearer("stale").post(LOGOUT, body))

    def test_user_logs_out_twice_and_is_refused(self, pair):
        APIClient().post(LOGOUT, {"refreshToken": pair.refresh})

        assert_refused(APIClient().post(LOGOUT, {"refreshToken": pair.refresh}))
        assert_refused(bearer(pair.access).post(LOGOUT))

    def test_access_token_ends_no_session_as_a_refresh_token(self, pair):
        assert_refused(APIClient().post(LOGOUT, {"refreshToken": pair.access}))

        assert bearer(pair.access).get(ME).status_code == 200

    def test_deactivated_user_is_refused_at_once_and_may_return(self, ben, pair):
        User.objects.update(is_active=False)
        assert_ended(pair)

        User.objects.update(is_active=True)
        assert bearer(pair.access).get(ME).status_code == 200

    def test_deleted_user_is_refused_at_once(self, ben, pair):
        ben.delete()

        assert_ended(pair)

    def test_raised_token_version_ends_every_session_at_once(self, ben, pair):
        other_device = open_session(ben)
        User.objects.update(token_version=F("token_version") + 1)

        assert_ended(pair)
        assert_ended(other_device)
        ben.refresh_from_db()
        assert bearer(open_session(ben).access).get(ME).status_code == 200

    def test_user_of_a_request_is_as_in_the_database(self, ben, pair):
        token = claims(pair.access)

        user = Session.objects.user_of(token["sid"], token["ver"])

        assert {**vars(user), "_state": None} == {**vars(User.objects.get()), "_state": None}
        assert not user._state.adding

    def test_role_is_read_from_the_database_and_not_from_the_token(self, ben, pair):
        User.objects.update(role="employer")

        assert bearer(pair.access).get(ME).json()["data"]["user"]["role"] == "employer"

    def test_user_who_signed_out_signs_in_again(self, ben, pair):
        APIClient().post(LOGOUT, {"refreshToken": pair.refresh})

        response = APIClient().post("/api/auth/login/", {"email": ben.email, "password": PASSWORD})

        assert bearer(response.json()["data"]["accessToken"]).get(ME).status_code == 200
        assert_ended(pair)


class TestPublicEndpoints:
    def test_visitor_with_a_bad_token_reads_what_everybody_may(self, db):
        assert bearer("stale").get("/api/jobs/").status_code == 200

    def test_visitor_with_a_bad_token_gets_401_where_anonymous_gets_404(self, db):
        url = f"/api/jobs/{uuid4()}/"

        assert APIClient().get(url).status_code == 404
        assert_refused(bearer("stale").get(url))


@pytest.mark.django_db(transaction=True)
def test_ten_tabs_refresh_one_token_at_once_and_exactly_one_wins():
    token = open_session(JobSeekerFactory().user).refresh

    responses = at_once(*[lambda: refresh(token)] * 10)

    assert sorted(response.status_code for response in responses) == [200] + [401] * 9
    winner = next(response for response in responses if response.status_code == 200).json()["data"]
    assert bearer(winner["accessToken"]).get(ME).status_code == 200
    assert refresh(winner["refreshToken"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_user_logs_out_while_refreshing_and_nothing_survives():
    pair = open_session(JobSeekerFactory().user)

    refreshed, logged_out = at_once(
        lambda: refresh(pair.refresh), lambda: APIClient().post(LOGOUT, {"refreshToken": pair.refresh})
    )

    assert logged_out.status_code == 200
    assert refreshed.status_code in {200, 401}
    assert_ended(pair)
    if refreshed.status_code == 200:
        assert_refused(bearer(refreshed.json()["data"]["accessToken"]).get(ME))
