"""By whichever way a password is changed, the sessions end: those of the API and of the admin site."""

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.account_links import password_reset_tokens
from accounts.tests.factories import PASSWORD, AdminFactory
from accounts.tokens import open_session

ME = "/api/auth/me/"
NEW_PASSWORD = "another-horse-43"


def bearer(token):
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


def assert_refused(response, code):
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["message"]


class TestAdminSite:
    @pytest.fixture
    def root(self, db):
        return AdminFactory(email="root@example.org")

    @pytest.fixture
    def here(self, root):
        return self.signed_in(root)

    @staticmethod
    def signed_in(user):
        client = Client()
        assert client.post("/admin/login/", {"username": user.email, "password": PASSWORD}).status_code == 302
        return client

    @staticmethod
    def is_signed_in(client):
        return client.get("/admin/").status_code == 200

    def test_password_set_by_mail_ends_them_too(self, root, here):
        root.refresh_from_db()
        body = {"uid": root.pk, "token": password_reset_tokens.make_token(root), "new_password": NEW_PASSWORD}
        assert APIClient().post("/api/auth/password/reset/confirm/", body).status_code == 200

        assert not self.is_signed_in(here)

    def test_administrator_changes_the_own_password_and_all_other_sessions_end(self, root, here):
        elsewhere, api = self.signed_in(root), open_session(root)
        form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}

        assert here.post("/admin/password_change/", form).status_code == 302

        assert self.is_signed_in(here)
        assert not self.is_signed_in(elsewhere)
        assert_refused(bearer(api.access).get(ME), "token_not_valid")

    def test_administrator_sets_the_password_of_another_and_its_sessions_end(self, root, here):
        ada = AdminFactory()
        there, api = self.signed_in(ada), open_session(ada)
        form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}

        assert here.post(f"/admin/accounts/user/{ada.pk}/password/", form).status_code == 302

        assert self.is_signed_in(here)
        assert not self.is_signed_in(there)
        assert_refused(bearer(api.access).get(ME), "token_not_valid")

    def test_operator_sets_a_password_and_its_sessions_end(self, root, here, monkeypatch):
        api = open_session(root)
        monkeypatch.setattr("getpass.getpass", lambda **_: NEW_PASSWORD)

        call_command("changepassword", root.email)

        assert not self.is_signed_in(here)
        assert_refused(bearer(api.access).get(ME), "token_not_valid")

    def test_better_hash_of_the_same_password_ends_nothing(self, root, here, settings):
        api = open_session(root)
        settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher", *settings.PASSWORD_HASHERS]

        assert APIClient().post("/api/auth/login/", {"email": root.email, "password": PASSWORD}).status_code == 200

        root.refresh_from_db()
        assert root.password.startswith("argon2")
        assert bearer(api.access).get(ME).status_code == 200
