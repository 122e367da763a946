"""Terms of use: registration, acceptance, and what is left of it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import TermsAcceptance, User
from accounts.services import log_in_with_google
from accounts.tests.factories import PASSWORD, JobSeekerFactory
from accounts.tokens import open_session
from anywork.testing.concurrency import at_once
from anywork.tests.test_export import export, told

VERSION = "2030-01 (Ü)"
REGISTER = "/api/auth/register/"
TERMS = "/api/auth/me/terms/"
SKILLS = "/api/skills/"
REGISTRATION = {"email": "ben@example.org", "password": PASSWORD, "role": "job_seeker"}
PROBLEM = f"Accept version {VERSION} of the terms of use."


@pytest.fixture
def terms(settings: Any) -> None:
    settings.TERMS_VERSION = VERSION


def test_user_accepts_again_after_a_change(seeker: APIClient, settings: Any) -> None:
    settings.TERMS_VERSION = "1"
    assert seeker.post(TERMS, {"version": "1"}).status_code == 200
    assert seeker.post(SKILLS, {"name": "Django"}).status_code == 201

    settings.TERMS_VERSION = "2"

    assert seeker.post(SKILLS, {"name": "Python"}).status_code == 403
    assert seeker.post(TERMS, {"version": "1"}).status_code == 400
    assert seeker.post(TERMS, {"version": "2"}).status_code == 200
    assert seeker.post(SKILLS, {"name": "Python"}).status_code == 201
    accepted = told(export(seeker), "account.json")["accepted_terms"]
    assert [row["version"] for row in accepted] == ["1", "2"]
    assert all(row["at"] for row in accepted)


@pytest.mark.parametrize("body", [{}, {"terms_version": ""}, {"terms_version": None}, {"terms_version": "2029-12"}])
def test_registration_needs_the_present_version(
    anonymous: APIClient, db: None, terms: None, body: dict[str, Any]
) -> None:
    response = anonymous.post(REGISTER, {**REGISTRATION, **body})

    error = response.json()
    assert (response.status_code, error["code"]) == (400, "terms_required")
    assert error["errors"] == {"terms_version": [PROBLEM]}
    assert error["message"] == f"Terms version: {PROBLEM}"
    assert not User.objects.exists()


def test_one_who_accepts_at_registration_writes_at_once(anonymous: APIClient, db: None, terms: None) -> None:
    response = anonymous.post(REGISTER, {**REGISTRATION, "terms_version": VERSION})

    assert response.status_code == 201
    assert list(response.json()["data"]["user"]) == ["user_id", "email", "role", "created_at", "updated_at"]
    user = User.objects.get()
    assert TermsAcceptance.objects.get().user == user
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(user).access}")
    assert client.post(SKILLS, {"name": "Django"}).status_code == 201


def test_new_user_of_google_chooses_the_role_and_accepts(db: None, terms: None) -> None:
    user = log_in_with_google(sub="1", email="ben@example.org")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(user).access}")

    assert client.patch("/api/auth/me/", {"role": "job_seeker"}).status_code == 200
    assert client.get(SKILLS).status_code == 200
    assert client.post(SKILLS, {"name": "Django"}).json()["code"] == "terms_changed"
    assert client.post(TERMS, {"version": VERSION}).status_code == 200
    assert client.post(SKILLS, {"name": "Django"}).status_code == 201


def test_erasure_deletes_the_acceptances(seeker: APIClient, terms: None) -> None:
    seeker.post(TERMS, {"version": VERSION})

    assert seeker.delete("/api/auth/me/", {"password": PASSWORD}).status_code == 204

    assert not TermsAcceptance.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_are_one(client_for: Any, terms: None) -> None:
    client = client_for(JobSeekerFactory().user)

    responses = at_once(*[lambda: client.post(TERMS, {"version": VERSION})] * 4)

    assert [response.status_code for response in responses] == [200] * 4
    assert TermsAcceptance.objects.count() == 1


def test_admin_site_needs_no_acceptance(admin_client: Any, db: None, terms: None) -> None:
    response = admin_client.post("/admin/jobs/category/add/", {"name": "Gardening"})

    assert response.status_code == 302


def test_without_terms_nothing_of_them_exists(anonymous: APIClient, db: None) -> None:
    response = anonymous.post(REGISTER, {**REGISTRATION, "terms_version": "1"})

    assert response.status_code == 201
    assert not TermsAcceptance.objects.exists()
