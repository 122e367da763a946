from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.devices import device_name
from accounts.models import RefreshTokenUse, Session
from accounts.tasks import sweep_sign_ins
from accounts.tests.factories import PASSWORD, UserFactory
from accounts.tokens import open_session

URL = "/api/auth/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ben(db):
    return UserFactory(email="ben@example.org")


def sign_in(user, **headers):
    body = {"email": user.email, "password": PASSWORD}
    data = APIClient().post("/api/auth/login/", body, **headers).json()["data"]
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {data['accessToken']}")
    client.refresh_token = data["refreshToken"]  # type: ignore[attr-defined]
    return client


def sessions(client):
    response = client.get(URL)
    assert response.status_code == 200
    return response.json()["data"]


def is_signed_in(client):
    return client.get("/api/auth/me/").status_code == 200


def test_user_sees_where_the_account_is_signed_in(ben):
    phone = sign_in(ben, HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="2001:db8:1234:5678::1")
    laptop = sign_in(ben, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.7")
    sign_in(UserFactory())

    body = laptop.get(URL).json()

    assert list(body) == ["status", "message", "data"]
    newest, oldest = body["data"]
    assert list(newest) == ["session_id", "device", "address", "created_at", "last_used_at", "is_current"]
    assert (newest["device"], newest["address"], newest["is_current"]) == ("Firefox on Linux", "203.0.113.0/24", True)
    assert (oldest["device"], oldest["address"], oldest["is_current"]) == ("Safari on iOS", "2001:db8:1234::/48", False)
    assert newest["last_used_at"].endswith("Z")
    assert [row["is_current"] for row in sessions(phone)] == [False, True]


def test_session_is_known_by_where_it_was_refreshed_last(ben):
    client = sign_in(ben, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.7")
    [before] = sessions(client)

    refreshed = APIClient().post(
        "/api/auth/refresh/",
        {"refreshToken": client.refresh_token},
        HTTP_USER_AGENT=SAFARI,
        REMOTE_ADDR="198.51.100.9",
    )

    assert refreshed.status_code == 200
    [after] = sessions(client)
    assert (after["session_id"], after["created_at"]) == (before["session_id"], before["created_at"])
    assert (after["device"], after["address"]) == ("Safari on iOS", "198.51.100.0/24")
    assert after["last_used_at"] > before["last_used_at"]


def test_whole_address_and_user_agent_are_kept_nowhere(ben):
    sign_in(ben, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.77")

    kept = str(list(Session.objects.values()))
    assert "203.0.113.77" not in kept
    assert "Gecko" not in kept


def test_user_sees_no_session_that_is_over(ben, settings):
    client = sign_in(ben)
    ended, expired = sign_in(ben), sign_in(ben)
    ended.post("/api/auth/logout/")
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    [expired_id] = [row["session_id"] for row in sessions(expired) if row["is_current"]]
    Session.objects.filter(pk=expired_id).update(last_used_at=timezone.now() - lifetime - timedelta(seconds=1))

    assert [row["is_current"] for row in sessions(client)] == [True]


def test_user_with_countless_sessions_sees_a_hundred(ben):
    client = sign_in(ben)
    Session.objects.bulk_create(Session(user=ben) for _ in range(120))

    assert len(sessions(client)) == 100


def test_user_ends_another_session_and_its_tokens_are_refused_at_once(ben):
    mine, stolen = sign_in(ben), sign_in(ben)
    [stolen_id] = [row["session_id"] for row in sessions(stolen) if row["is_current"]]

    response = mine.delete(f"{URL}{stolen_id}/")

    assert (response.status_code, response.content) == (204, b"")
    assert not is_signed_in(stolen)
    refreshed = APIClient().post("/api/auth/refresh/", {"refreshToken": stolen.refresh_token})
    assert refreshed.status_code == 401
    assert is_signed_in(mine)
    assert mine.delete(f"{URL}{stolen_id}/").status_code == 404


def test_user_ends_the_present_session(ben):
    client = sign_in(ben)
    [row] = sessions(client)

    assert client.delete(f"{URL}{row['session_id']}/").status_code == 204
    assert not is_signed_in(client)


def test_user_ends_a_foreign_session_and_it_does_not_exist(ben):
    client, other = sign_in(ben), sign_in(UserFactory())
    [foreign] = sessions(other)

    hidden = client.delete(f"{URL}{foreign['session_id']}/")
    nowhere = client.delete(f"{URL}{uuid4()}/")

    assert (hidden.status_code, nowhere.status_code) == (404, 404)
    assert {**hidden.json(), "request_id": ""} == {**nowhere.json(), "request_id": ""}
    assert is_signed_in(other)


def test_user_logs_out_everywhere_and_may_return(ben):
    here, there, other = sign_in(ben), sign_in(ben), sign_in(UserFactory())

    response = here.post("/api/auth/logout-all/")

    assert response.json() == {"status": "success", "message": "Logged out everywhere", "data": {}}
    for client in (here, there):
        assert not is_signed_in(client)
        refreshed = APIClient().post("/api/auth/refresh/", {"refreshToken": client.refresh_token})
        assert refreshed.status_code == 401
    assert is_signed_in(other)
    assert is_signed_in(sign_in(ben))


def test_token_that_was_being_issued_while_its_owner_logged_out_everywhere_is_refused(ben, client_for):
    user_as_read_at_the_login = type(ben).objects.get(pk=ben.pk)
    client_for(ben).post("/api/auth/logout-all/")

    assert not is_signed_in(client_for(user_as_read_at_the_login))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iOS"),
        (f"{FIREFOX[:-13]} Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 OPR/112.0", "Opera on Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("python-requests/2.32 (somebody@example.org)", "python-requests/2.32"),
        ("x" * 5_000, "x" * 100),
        ("evil\x00\x1b[31m", "evil[31m"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_device_is_called_by_what_people_know(user_agent, name):
    assert device_name(user_agent) == name


def test_sweep_deletes_expired_sessions_with_their_tokens_and_no_others(ben, settings):
    open_session(UserFactory())
    open_session(ben)
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    Session.objects.filter(user=ben).update(last_used_at=timezone.now() - lifetime - timedelta(seconds=1))

    sweep_sign_ins()

    assert Session.objects.exclude(user=ben).count() == Session.objects.count() == 1
    assert RefreshTokenUse.objects.count() == 1


def test_logging_out_everywhere_ends_sessions_of_the_admin_site(admin, admin_client):
    assert admin_client.get("/admin/").status_code == 200

    assert admin.post("/api/auth/logout-all/").status_code == 200

    assert admin_client.get("/admin/").status_code == 302
