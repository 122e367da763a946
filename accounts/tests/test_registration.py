from functools import partial

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Employer, JobSeeker, User
from accounts.tests.factories import PASSWORD, UserFactory
from anywork.testing.concurrency import at_once

URL = "/api/auth/register/"
IN_USE = ["A user with this email address already exists."]


def registration(**changes):
    return {"email": "ben@example.org", "password": PASSWORD, "role": "job_seeker", **changes}


@pytest.mark.django_db
class TestRegistration:
    def test_visitor_registers_and_gets_account_with_hashed_password_and_profile(self, anonymous):
        response = anonymous.post(URL, registration())

        user = User.objects.get()
        assert response.status_code == 201
        assert response.json()["data"]["user"]["user_id"] == str(user.pk)
        assert PASSWORD not in user.password
        assert check_password(PASSWORD, user.password)
        assert (user.role, user.is_staff, user.is_superuser, user.is_active) == ("job_seeker", False, False, True)
        assert user.job_seeker.full_name == ""

    @pytest.mark.parametrize("email", ["  Ben@Example.ORG ", "BEN@EXAMPLE.ORG", "ben@example.org"])
    def test_visitor_registers_with_any_spelling_and_it_is_normalised(self, anonymous, email):
        response = anonymous.post(URL, registration(email=email))

        assert response.json()["data"]["user"]["email"] == "ben@example.org"
        assert User.objects.get().email == "ben@example.org"

    @pytest.mark.parametrize("email", ["ben@example.org", "BEN@example.org", " ben@EXAMPLE.org "])
    def test_visitor_registers_a_used_address_in_any_spelling_and_it_is_refused(self, anonymous, email):
        UserFactory(email="ben@example.org")

        response = anonymous.post(URL, registration(email=email))

        assert response.status_code == 400
        assert response.json()["errors"] == {"email": IN_USE}
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("ben@example.org", "short1!"),
            ("ben@example.org", "password123"),
            ("ben@example.org", "9027461538"),
            ("benjamin.carson@example.org", "benjamin.carson"),
        ],
        ids=["short", "common", "numeric", "similar"],
    )
    def test_visitor_registers_with_a_weak_password_and_it_is_refused(self, anonymous, email, password):
        response = anonymous.post(URL, registration(email=email, password=password))

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["password"]
        assert not User.objects.exists()

    @pytest.mark.parametrize("role", ["admin", "", None, "recruiter", ["employer"]])
    def test_visitor_registers_with_a_role_that_is_not_offered_and_it_is_refused(self, anonymous, role):
        response = anonymous.post(URL, registration(role=role))

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["role"]
        assert not User.objects.exists()

    @pytest.mark.parametrize("field", ["email", "password", "role"])
    def test_visitor_leaves_out_a_required_field_and_it_is_named(self, anonymous, field):
        body = registration()
        del body[field]

        response = anonymous.post(URL, body)

        assert response.status_code == 400
        assert response.json()["errors"] == {field: ["This field is required."]}

    @pytest.mark.parametrize("email", ["ben", "ben@", "@example.org", "a@b", "x" * 255 + "@example.org", "b\x00@x.org"])
    def test_visitor_registers_with_something_that_is_no_address_and_it_is_refused(self, anonymous, email):
        response = anonymous.post(URL, registration(email=email))

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["email"]

    def test_visitor_makes_itself_no_administrator_by_further_fields(self, anonymous):
        anonymous.post(URL, registration(is_staff=True, is_superuser=True, user_id="0" * 32, token_version=9))

        user = User.objects.get()
        assert (user.is_staff, user.is_superuser, user.token_version) == (False, False, 0)

    def test_seeker_registers_with_profile_fields_and_they_are_kept(self, anonymous):
        anonymous.post(
            URL, registration(first_name=" Ben ", last_name="Carson", phone_number="080444555666", company_name="None")
        )

        profile = JobSeeker.objects.get()
        assert (profile.first_name, profile.last_name, profile.phone_number) == ("Ben", "Carson", "080444555666")
        assert not Employer.objects.exists()

    def test_employer_registers_with_a_company_and_it_is_kept(self, anonymous):
        response = anonymous.post(URL, registration(role="employer", company_name="Microsoft", first_name=None))

        assert response.status_code == 201
        assert Employer.objects.get().company_name == "Microsoft"
        assert not JobSeeker.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"), [("first_name", "x" * 101), ("phone_number", "1" * 33), ("company_name", "x" * 256)]
    )
    def test_visitor_sends_too_long_a_profile_field_and_nothing_is_created(self, anonymous, field, value):
        response = anonymous.post(URL, registration(**{field: value}))

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]
        assert not User.objects.exists()

    def test_visitor_with_a_stale_token_registers_all_the_same(self):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION="Bearer stale")

        assert client.post(URL, registration()).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_visitors_register_one_address_at_once_and_one_gets_it():
    spellings = ["ben@example.org", "Ben@Example.org"]

    responses = at_once(*(partial(APIClient().post, URL, registration(email=email)) for email in spellings))

    assert sorted(response.status_code for response in responses) == [201, 400]
    refused = next(response for response in responses if response.status_code == 400)
    assert refused.json()["errors"] == {"email": IN_USE}
    assert User.objects.count() == JobSeeker.objects.count() == 1


@pytest.mark.django_db
def test_user_is_not_created_when_its_profile_cannot_be(anonymous):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_jobseeker ADD CONSTRAINT nobody CHECK (first_name <> 'Ben')")
    anonymous.raise_request_exception = False

    response = anonymous.post(URL, registration(first_name="Ben"))

    assert response.status_code == 500
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("password", "profile"),
    [
        ("AnyWork-2026", {}),
        ("12anywork34", {}),
        ("ben@example.org1", {}),
        ("99.example.org", {}),
        ("Umbrella2026!", {"role": "employer", "company_name": "Umbrella"}),
        ("Carson 1987", {"first_name": "Ben", "last_name": "Carson"}),
        ("BenCarson42", {"first_name": "Ben", "last_name": "Carson"}),
    ],
)
def test_password_made_of_a_name_and_digits_is_refused(anonymous, db, password, profile):
    body = {"email": "ben@example.org", "role": "job_seeker", **profile}

    response = anonymous.post("/api/auth/register/", {**body, "password": password})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["password"])
    assert anonymous.post("/api/auth/register/", {**body, "password": f"{password} and a horse"}).status_code == 201


def test_company_sets_no_password_of_its_name(employer):
    employer.patch(f"/api/employers/{employer.user.pk}/", {"company_name": "Umbrella"})

    response = employer.post(
        "/api/auth/password/change/", {"current_password": PASSWORD, "new_password": "umbrella-2026"}
    )

    assert (response.status_code, list(response.json()["errors"])) == (400, ["new_password"])
