"""Addresses and names of existing accounts."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Skill, User
from accounts.tests.factories import EmployerFactory, JobSeekerFactory, UserFactory

migration = importlib.import_module("accounts.migrations.0004_canonical_addresses")
names_migration = importlib.import_module("accounts.migrations.0006_clean_names")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "kim@localhost",
        '"kim jobs"@example.com',
        "kim@[127.0.0.1]",
        "kim@127.0.0.1",
        "kim@xn--zzzzzz---.example",
        "kim@ab--cd.example",
        f"{'k' * 65}@example.com",
    ],
)
def test_address_of_a_refused_kind_is_listed(capsys, email):
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(email=email)

    migration.make_canonical(apps, connection.schema_editor())

    user.refresh_from_db()
    assert user.email == email
    assert f"{user.pk} (no address that mail can be sent to)" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["kim@example.com", "kim.1@mail.a-b.example", "kim@xn--mller-kva.example"])
def test_canonical_address_is_not_listed(capsys, email):
    user = UserFactory(email=email)

    migration.make_canonical(apps, connection.schema_editor())

    user.refresh_from_db()
    assert user.email == email
    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_existing_addresses_become_canonical_and_those_that_collide_are_listed(capsys):
    free, twin, kept, none = (
        UserFactory(email=email)
        for email in ("a@example.org", "b@xn--mller-kva.example", "c@example.org", "d@example.org")
    )
    # As they were stored before.
    for user, email in ((free, "anna@straße.example"), (kept, "b@müller.example"), (none, "ſ@example.org")):
        User.objects.filter(pk=user.pk).update(email=email)

    migration.make_canonical(apps, connection.schema_editor())

    free.refresh_from_db()
    assert (free.email_verified_at, free.token_version) == (None, 1)
    emails = dict(User.objects.values_list("pk", "email"))
    assert emails[free.pk] == "anna@xn--strae-oqa.example"
    assert emails[twin.pk] == "b@xn--mller-kva.example"
    assert emails[kept.pk] == "b@müller.example"
    listed = capsys.readouterr().out
    assert str(kept.pk) in listed
    assert str(none.pk) in listed
    assert str(free.pk) not in listed
    assert "@" not in listed


@pytest.mark.django_db
def test_existing_names_become_clean_and_of_equal_skills_one_is_kept(capsys):
    seeker, employer = (
        JobSeekerFactory(first_name="Zoe\u0308", last_name="\u200b"),
        EmployerFactory(company_name="A\u202eB"),
    )
    other = JobSeekerFactory()
    for user, name in (
        (seeker.user, "Caf\u00e9"),
        (seeker.user, "CAFE\u0301"),
        (seeker.user, "Data  Science"),
        (seeker.user, "\u3164"),
        (other.user, "Cafe\u0301"),
    ):
        Skill.objects.create(user=user, name=name)

    names_migration.clean(apps, None)

    seeker.refresh_from_db()
    employer.refresh_from_db()
    assert (seeker.first_name, seeker.last_name, employer.company_name) == ("Zo\u00eb", "", "AB")
    assert set(seeker.user.skills.values_list("name", flat=True)) == {"Caf\u00e9", "Data Science", "\u3164"}
    assert other.user.skills.get().name == "Caf\u00e9"
    left = Skill.objects.get(name="\u3164")
    assert capsys.readouterr().out == f"\n  skill {left.pk} is left as it is: its name has no visible letter."
