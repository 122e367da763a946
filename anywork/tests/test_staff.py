"""Groups of the staff: what each may do in the admin site and in the API, and nothing else."""

import importlib

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Session, User
from accounts.tests.factories import EmployerFactory, UserFactory
from jobs.tests.factories import JobFactory

migration = importlib.import_module("anywork.migrations.0002_staff_groups")
transfer = importlib.import_module("anywork.migrations.0004_transfer_permissions")
words_and_rates = importlib.import_module("anywork.migrations.0005_synonym_and_rate_permissions")

PAGES = {
    "Support": {
        *("accounts_user", "accounts_jobseeker", "accounts_employer", "accounts_skill", "accounts_session"),
        *("accounts_auditevent", "applications_application", "jobs_job", "jobs_category", "jobs_location"),
        *("notifications_notification", "notifications_outgoingemail"),
    },
    "Moderation": {"accounts_user", "accounts_employer", "jobs_job", "jobs_category", "jobs_location"},
    "Operations": {
        *("accounts_auditevent", "accounts_session", "admin_logentry", "analytics_analytics", "jobs_job"),
        *("jobs_renaming", "notifications_outgoingemail"),
    },
}

BLOCK = {"action": "block", "confirmed": "on", "reason": "Fraud"}


@pytest.fixture
def member(db):
    """Return a function that makes a member of a group, logged in to the admin site."""
    Group.objects.all().delete()
    migration.create_groups(apps, None)

    def make(group):
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user)
        return client, user

    return make


@pytest.mark.parametrize("group", PAGES)
def test_member_sees_the_pages_of_the_group_alone(member, group):
    client, _ = member(group)
    pages = {f"{model._meta.app_label}_{model._meta.model_name}" for model in apps.get_models()}
    opened = set()
    for page in pages:
        try:
            url = reverse(f"admin:{page}_changelist")
        except NoReverseMatch:
            continue
        if client.get(url).status_code == 200:
            opened.add(page)

    assert opened == PAGES[group]


def test_moderator_blocks_a_company_but_changes_no_address_and_no_administrator(member):
    client, _ = member("Moderation")
    employer, admin = EmployerFactory(), UserFactory(is_staff=True)
    url = reverse("admin:accounts_user_changelist")

    client.post(
        url,
        {
            "action": "block",
            "confirmed": "on",
            "reason": "Fraud",
            "_selected_action": [str(employer.pk), str(admin.pk)],
        },
    )
    changed = client.post(reverse("admin:accounts_user_change", args=[employer.pk]), {"email": "new@example.org"})

    assert changed.status_code == 403
    assert dict(User.objects.filter(pk__in=[employer.pk, admin.pk]).values_list("pk", "is_active")) == {
        employer.pk: False,
        admin.pk: True,
    }
    assert User.objects.get(pk=employer.pk).email == employer.user.email


def test_support_cannot_block(member):
    client, _ = member("Support")
    employer = EmployerFactory()

    client.post(
        reverse("admin:accounts_user_changelist"),
        {**BLOCK, "_selected_action": [str(employer.pk)]},
    )

    assert User.objects.get(pk=employer.pk).is_active


def test_groups_act_in_the_api_by_the_same_permissions(member, client_for):
    job = JobFactory(closed=True)
    statuses = {
        group: [
            client.get("/api/applications/").status_code,
            client.get(f"/api/jobs/{job.pk}/").status_code,
            client.patch(f"/api/jobs/{job.pk}/", {"title": "Cook"}).status_code,
            client.get("/api/resumes/").status_code,
            client.get("/api/analytics/").status_code,
        ]
        for group in PAGES
        if (client := client_for(member(group)[1]))
    }

    assert statuses == {
        "Support": [200, 200, 403, 403, 403],
        "Moderation": [403, 200, 200, 403, 403],
        "Operations": [403, 200, 403, 403, 200],
    }


def test_existing_group_is_left_as_it_is(db, capsys):
    Group.objects.all().delete()
    group = Group.objects.create(name="Support")

    migration.create_groups(apps, None)

    assert not group.permissions.exists()
    assert capsys.readouterr().out == "\n  The group Support exists and is left as it is."


def granted(group):
    codenames = Group.objects.get(name=group).permissions.values_list("codename", flat=True)
    return {name for name in codenames if name.startswith(("import_", "export_"))}


def test_groups_import_and_export_what_they_edit_and_see(member):
    transfer.grant(apps, None)

    assert {group: granted(group) for group in PAGES} == {
        "Support": set(),
        "Moderation": {"import_category", "export_category", "import_location", "export_location", "export_job"},
        "Operations": {"export_analytics"},
    }
    client, _ = member("Moderation")
    assert client.get(reverse("admin:jobs_category_import")).status_code == 200
    assert member("Support")[0].get(reverse("admin:jobs_category_export")).status_code == 403

    transfer.revoke(apps, None)

    assert granted("Moderation") == set()


def test_group_of_the_same_name_gets_no_more_than_it_has(db):
    Group.objects.all().delete()
    group = Group.objects.create(name="Moderation")
    group.permissions.set(Permission.objects.filter(codename__in=["view_category", "view_job"]))

    transfer.grant(apps, None)

    assert granted("Moderation") == {"export_job"}


def test_moderators_edit_synonyms_and_operators_rates(member):
    def edited(group):
        client, _ = member(group)
        pages = {
            name: [f"admin:jobs_{name}_{page}" for page in ("add", "import")] for name in ("synonym", "currencyrate")
        }
        return {
            name for name, urls in pages.items() if all(client.get(reverse(url)).status_code == 200 for url in urls)
        }

    words_and_rates.grant(apps, None)
    assert {group: edited(group) for group in PAGES} == {
        "Support": set(),
        "Moderation": {"synonym"},
        "Operations": {"currencyrate"},
    }

    words_and_rates.revoke(apps, None)
    assert [edited(group) for group in PAGES] == [set()] * len(PAGES)
    assert Permission.objects.filter(codename="change_synonym").exists()


def test_group_of_the_same_name_edits_no_synonyms(db):
    Group.objects.all().delete()
    group = Group.objects.create(name="Moderation")
    group.permissions.set(Permission.objects.filter(codename="view_category"))

    words_and_rates.grant(apps, None)

    assert group.permissions.get().codename == "view_category"


def test_support_ends_no_session_of_the_staff(member):
    client, _ = member("Support")
    seeker, admin = (Session.objects.create(user=user) for user in (UserFactory(), UserFactory(is_staff=True)))

    client.post(
        reverse("admin:accounts_session_changelist"),
        {"action": "end_sessions", "confirmed": "on", "_selected_action": [str(seeker.pk), str(admin.pk)]},
    )

    assert Session.objects.get(pk=seeker.pk).ended_at is not None
    assert Session.objects.get(pk=admin.pk).ended_at is None


def test_staff_that_may_change_users_blocks_none_by_the_form(member, client):
    user, employer = UserFactory(is_staff=True), EmployerFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(user)

    response = client.post(
        reverse("admin:accounts_user_change", args=[employer.pk]), {"email": employer.user.email, "role": "employer"}
    )

    assert response.status_code == 302
    assert User.objects.get(pk=employer.pk).is_active
