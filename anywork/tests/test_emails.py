"""Email addresses as people type them, and the one form in which they are kept."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.tests.factories import PASSWORD, JobSeekerFactory, UserFactory
from anywork.api.emails import canonical_email
from notifications.models import OutgoingEmail

REGISTER = "/api/auth/register/"
LOGIN = "/api/auth/login/"

CANONICAL = {
    "Anna@Example.COM": "anna@example.com",
    " anna@example.com\n": "anna@example.com",
    "anna@straße.example": "anna@xn--strae-oqa.example",
    "anna@STRAẞE.example": "anna@xn--strae-oqa.example",
    "anna@strasse.example": "anna@strasse.example",
    "kim@müller.example": "kim@xn--mller-kva.example",
    "kim@MÜLLER.example": "kim@xn--mller-kva.example",
    "kim@xn--mller-kva.example": "kim@xn--mller-kva.example",
    "kim@XN--MLLER-KVA.example": "kim@xn--mller-kva.example",
    "kim@ας.example": "kim@xn--mxa8a.example",
    "kim@exa\u200bmple.com": "kim@example.com",
    "kim@exam\u00adple.com": "kim@example.com",
    "kim@ｅｘａｍｐｌｅ.com": "kim@example.com",
    "kim@ⓔxample.com": "kim@example.com",
    "kim@example。com": "kim@example.com",
    "kim@e\u0301xample.com": "kim@xn--xample-9ua.com",
    "kim@बीबीसी.भारत": "kim@xn--p2ba0b4abb.xn--h2brj9c",
    "kim+jobs@example.com": "kim+jobs@example.com",
    f"{'k' * 64}@example.com": f"{'k' * 64}@example.com",
}
REFUSED = [
    "",
    "kim",
    "kim@",
    "@example.com",
    "ſteve@example.com",
    "İx@example.com",
    "\u212aim@example.com",
    '"kim jobs"@example.com',
    '"kim"@example.com',
    "kim@[127.0.0.1]",
    "kim@127.0.0.11",
    "kim@１２７.０.０.１１",
    "kim@[IPv6:::1]",
    "kim@localhost",
    "kim@example.com.",
    "kim@a..com",
    "kim@-a.com",
    "kim@ex_ample.com",
    "kim@xn--zzzzzz---.example",
    "kim@exam\u0000ple.com",
    "kim@example.com,eve@example.org",
    "kim(comment)@example.com",
    "kim @example.com",
    f"{'k' * 65}@example.com",
    f"kim@{'a' * 64}.com",
    f"kim@{'.'.join(['a' * 60] * 5)}.com",
    f"kim@{'ß' * 5_000}.com",
    "İ" * 5_000 + "@example.com",
]


@pytest.mark.parametrize(("typed", "canonical"), CANONICAL.items())
def test_address_has_one_form(typed, canonical):
    assert canonical_email(typed) == canonical
    assert canonical_email(canonical) == canonical


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_address_or_reaches_another_is_refused(typed):
    with pytest.raises(ValidationError):
        canonical_email(typed)


@pytest.mark.parametrize("typed", REFUSED)
def test_nobody_registers_with_such_an_address(anonymous, db, typed):
    response = anonymous.post(REGISTER, {"email": typed, "password": PASSWORD, "role": "employer"})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
    assert not get_user_model().objects.exists()
    # Nothing is found by it either.
    assert anonymous.post(LOGIN, {"email": typed, "password": PASSWORD}).status_code in {400, 401}
    assert anonymous.post("/api/auth/password/reset/", {"email": typed}).status_code == 400


def test_owner_of_another_domain_gets_no_link(anonymous, db):
    body = {"email": "anna@straße.example", "password": PASSWORD, "role": "employer"}
    assert anonymous.post(REGISTER, body).json()["data"]["user"]["email"] == "anna@xn--strae-oqa.example"

    assert anonymous.post("/api/auth/password/reset/", {"email": "Anna@STRAßE.example"}).status_code == 200

    assert OutgoingEmail.objects.get().to == "anna@xn--strae-oqa.example"


@pytest.mark.parametrize("typed", ["kim@müller.example", "KIM@xn--mller-kva.example", "kim@ｍüller.example"])
def test_every_spelling_logs_in_and_none_registers_again(anonymous, db, typed):
    UserFactory(email="kim@xn--mller-kva.example")

    assert anonymous.post(LOGIN, {"email": typed, "password": PASSWORD}).status_code == 200
    again = anonymous.post(REGISTER, {"email": typed, "password": PASSWORD, "role": "employer"})
    assert (again.status_code, list(again.json()["errors"])) == (400, ["email"])


def test_administrator_changes_an_address_to_the_canonical_form(admin_client, db):
    user = JobSeekerFactory().user
    form = {"email": "Kim@MÜLLER.example", "role": user.role, "is_active": "on"}

    assert admin_client.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 302

    user.refresh_from_db()
    assert user.email == "kim@xn--mller-kva.example"


def test_operator_creates_no_administrator_with_a_bare_host(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises((CommandError, ValidationError)):
        call_command("createsuperuser", "--noinput", "--email", "root@localhost")

    assert not get_user_model().objects.exists()
