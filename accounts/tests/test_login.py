import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, make_password

from accounts.models import Session, User
from accounts.tests.factories import PASSWORD, JobSeekerFactory, UserFactory
from anywork import settings as real_settings

URL = "/api/auth/login/"


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email="ben@example.org").user


class CountingHasher(PBKDF2PasswordHasher):
    """Counts how often a password is hashed."""

    algorithm = "counting"
    iterations = 1
    count = 0

    def encode(self, password, salt, iterations=None):
        type(self).count += 1
        return super().encode(password, salt, iterations)


class TestLogin:
    @pytest.mark.parametrize("email", ["ben@example.org", "BEN@Example.Org", "  ben@example.org "])
    def test_user_signs_in_with_any_spelling_of_the_address(self, anonymous, ben, email):
        response = anonymous.post(URL, {"email": email, "password": PASSWORD})

        assert response.status_code == 200
        assert response.json()["data"]["user"]["user_id"] == str(ben.pk)
        assert Session.objects.get().user == ben

    def test_user_gets_an_access_token_that_opens_the_account(self, anonymous, ben):
        data = anonymous.post(URL, {"email": ben.email, "password": PASSWORD}).json()["data"]

        anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {data['accessToken']}")
        assert anonymous.get("/api/auth/me/").json()["data"]["user"] == data["user"]

    def test_stranger_cannot_tell_why_signing_in_fails(self, anonymous, ben):
        UserFactory(email="gone@example.org", is_active=False)
        User.objects.create_user("google@example.org")  # no password at all

        attempts = [
            ("nobody@example.org", PASSWORD),
            (ben.email, "wrong-horse-42"),
            ("gone@example.org", PASSWORD),
            ("google@example.org", "!"),
            ("no address", PASSWORD),
        ]
        responses = [anonymous.post(URL, {"email": email, "password": password}) for email, password in attempts]

        assert {response.status_code for response in responses} == {401}
        assert {response.headers["WWW-Authenticate"] for response in responses} == {"Bearer"}
        bodies = [{**response.json(), "request_id": ""} for response in responses]
        assert bodies == [bodies[0]] * len(bodies)
        assert bodies[0]["code"] == "invalid_credentials"
        assert bodies[0]["message"] == "The email address or the password is wrong."
        assert not Session.objects.exists()

    @pytest.mark.parametrize("email", ["ben@example.org", "nobody@example.org", "gone@example.org"])
    def test_stranger_costs_one_hash_whether_the_account_exists_or_not(self, anonymous, settings, db, email):
        settings.PASSWORD_HASHERS = ["accounts.tests.test_login.CountingHasher"]
        JobSeekerFactory(user__email="ben@example.org")
        UserFactory(email="gone@example.org", is_active=False)
        CountingHasher.count = 0

        anonymous.post(URL, {"email": email, "password": "wrong-horse-42"})

        assert CountingHasher.count == 1

    @pytest.mark.parametrize("spaces", [" " + PASSWORD, PASSWORD + " ", PASSWORD.upper()])
    def test_user_signs_in_with_the_exact_password_only(self, anonymous, ben, spaces):
        assert anonymous.post(URL, {"email": ben.email, "password": spaces}).status_code == 401

    @pytest.mark.parametrize("body", [{}, {"email": "ben@example.org"}, {"password": PASSWORD}])
    def test_user_leaves_something_out_and_it_is_named(self, anonymous, db, body):
        response = anonymous.post(URL, body)

        assert response.status_code == 400
        assert set(response.json()["errors"]) == {"email", "password"} - set(body)

    @pytest.mark.parametrize("value", [["a"], {"a": 1}, None, "", True, "\x00", "x" * 10_000])
    @pytest.mark.parametrize("field", ["email", "password"])
    def test_client_sends_nonsense_and_it_is_refused(self, anonymous, ben, field, value):
        response = anonymous.post(URL, {"email": ben.email, "password": PASSWORD, field: value})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_client_sends_half_a_character_and_it_is_refused(self, anonymous, ben):
        body = r'{"email": "ben@example.org", "password": "\ud800"}'

        response = anonymous.post(URL, body, content_type="application/json")

        assert response.status_code == 400
        assert not Session.objects.exists()


class TestPasswordHashes:
    @pytest.fixture(autouse=True)
    def _real_hashers(self, settings):
        settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS

    def test_password_is_stored_as_argon2id_with_the_recommended_cost(self, anonymous, db):
        body = {"email": "ben@example.org", "password": PASSWORD, "role": "job_seeker"}
        anonymous.post("/api/auth/register/", body)

        assert User.objects.get().password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
        assert anonymous.post(URL, body).status_code == 200

    def test_older_hash_is_upgraded_at_login(self, anonymous, ben):
        User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "0123456789abcdefghijkl", 1_000))

        assert anonymous.post(URL, {"email": ben.email, "password": PASSWORD}).status_code == 200

        assert User.objects.get().password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
        assert anonymous.post(URL, {"email": ben.email, "password": PASSWORD}).status_code == 200

    def test_argon2_hash_of_other_cost_is_upgraded_at_login(self, anonymous, ben, settings):
        settings.PASSWORD_HASHERS = ["accounts.tests.test_login.CheapArgon2"]
        User.objects.update(password=make_password(PASSWORD))
        settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS

        assert anonymous.post(URL, {"email": ben.email, "password": PASSWORD}).status_code == 200

        assert "$m=19456,t=2,p=1$" in User.objects.get().password

    def test_wrong_password_upgrades_nothing(self, anonymous, ben):
        encoded = PBKDF2PasswordHasher().encode(PASSWORD, "0123456789abcdefghijkl", 1_000)
        User.objects.update(password=encoded)

        assert anonymous.post(URL, {"email": ben.email, "password": "wrong-horse-42"}).status_code == 401

        assert User.objects.get().password == encoded


class CheapArgon2(Argon2PasswordHasher):
    """What a project may have used before."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1
