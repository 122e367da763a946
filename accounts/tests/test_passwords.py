"""Which passwords are refused because they are a name with digits."""

import pytest
from rest_framework.test import APIClient

from accounts.account_links import password_reset_tokens
from accounts.models import User
from accounts.tests.factories import PASSWORD, EmployerFactory, JobSeekerFactory

REGISTER = "/api/auth/register/"
MESSAGE = "must not be this site"
COMPANY = {"role": "employer", "company_name": "Lagoon Söftware & Co"}
PERSON = {"role": "job_seeker", "first_name": "Ben", "last_name": "Carson"}
EMAIL = "ben.carson77@lagoon.example"

REFUSED = [
    "anywork2024",
    "AnyWork!2024",
    "2024-Any-Work",
    "a1n2y3w4o5r6k7",
    "bencarson2024",
    "Ben.Carson77@Lagoon.example1",
    "lagoon.example2024",
    "LagoonSöftwareCo1",
    "lagoon söftware & co 99",
    "ben-carson-1990",
    "CarsonBen!1990",
    "carson_1990_1990",
]
# A name is only a part of these.
TAKEN = ["bencarson2024x", "correct-horse-42", "anyworking-horse-7", "9274650183-q"]


def register(password, email=EMAIL, **profile):
    return APIClient().post(REGISTER, {"email": email, "password": password, **profile})


def assert_refused(response, field):
    assert response.status_code == 400
    assert MESSAGE in " ".join(response.json()["errors"][field])


@pytest.mark.parametrize("password", REFUSED)
def test_visitor_registers_with_a_name_as_password_and_is_told(db, password):
    profile = COMPANY if "ftware" in password else PERSON

    assert_refused(register(password, **profile), "password")
    assert not User.objects.exists()


@pytest.mark.parametrize("password", TAKEN)
@pytest.mark.parametrize("profile", [COMPANY, PERSON])
def test_visitor_registers_with_a_password_that_holds_more_than_a_name(db, password, profile):
    assert register(password, **profile).status_code == 201


def test_name_of_another_is_no_name(db):
    assert register("Carson!1990-ben", email="ada@lagoon.example", **COMPANY).status_code == 201


@pytest.mark.parametrize("password", ["anywork2024", "carson-1990-1990", "ben.carson.77"])
def test_seeker_changes_the_password_to_a_name_and_is_told(client_for, db, password):
    user = JobSeekerFactory(user__email=EMAIL, first_name="Ben", last_name="Carson").user

    response = client_for(user).post(
        "/api/auth/password/change/", {"current_password": PASSWORD, "new_password": password}
    )

    assert_refused(response, "new_password")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_employer_sets_the_name_of_the_company_by_mail_and_is_told(anonymous, db):
    user = EmployerFactory(company_name="Lagoon Söftware & Co").user
    body = {"uid": user.pk, "token": password_reset_tokens.make_token(user), "new_password": "LagoonSöftwareCo_2024"}

    assert_refused(anonymous.post("/api/auth/password/reset/confirm/", body), "new_password")
    assert anonymous.post("/api/auth/password/reset/confirm/", {**body, "new_password": PASSWORD}).status_code == 200


def test_administrator_sets_the_name_of_the_company_and_is_told(admin_client, db):
    user = EmployerFactory(company_name="Lagoon Söftware & Co").user
    form = {"password1": "lagoonsöftwareco1", "password2": "lagoonsöftwareco1", "usable_password": "true"}

    page = admin_client.post(f"/admin/accounts/user/{user.pk}/password/", form)

    assert page.status_code == 200
    assert MESSAGE in page.content.decode()


def test_administrator_adds_a_user_with_the_address_as_password_and_is_told(admin_client):
    form = {"email": EMAIL, "role": "job_seeker", "usable_password": "true"}
    form |= {"password1": "bencarson2024", "password2": "bencarson2024"}

    page = admin_client.post("/admin/accounts/user/add/", form)

    assert page.status_code == 200
    assert MESSAGE in page.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()
