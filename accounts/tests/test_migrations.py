"""Addresses of existing accounts."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.tests.factories import UserFactory

migration = importlib.import_module("accounts.migrations.0004_canonical_addresses")


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

    emails = dict(User.objects.values_list("pk", "email"))
    assert emails[free.pk] == "anna@xn--strae-oqa.example"
    assert emails[twin.pk] == "b@xn--mller-kva.example"
    assert emails[kept.pk] == "b@müller.example"
    listed = capsys.readouterr().out
    assert str(kept.pk) in listed
    assert str(none.pk) in listed
    assert str(free.pk) not in listed
    assert "@" not in listed
