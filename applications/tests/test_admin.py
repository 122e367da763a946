import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.tests.factories import UserFactory
from applications.models import StatusChange
from applications.services import change_status
from applications.tests.factories import ApplicationFactory
from notifications.models import Notification, OutgoingEmail

LIST = "admin:applications_application_changelist"


def run(client, action, *applications):
    values = {"action": action, "confirmed": "on", "_selected_action": [application.pk for application in applications]}
    return client.post(reverse(LIST), values, follow=True).content.decode()


def statuses(*applications):
    for application in applications:
        application.refresh_from_db()
    return [application.status for application in applications]


@pytest.mark.parametrize(
    ("action", "status", "mails"),
    [("mark_reviewed", "reviewed", 0), ("accept", "accepted", 1), ("reject", "rejected", 1)],
)
def test_admin_decides_as_an_employer_would(admin_client, admin_user, action, status, mails):
    application, other = ApplicationFactory(), ApplicationFactory()
    page = run(admin_client, action, application)
    assert f"1 now {status}." in page
    assert statuses(application, other) == [status, "pending"]
    change = application.status_changes.get()
    assert (change.actor, change.from_status, change.to_status) == (admin_user, "pending", status)
    assert Notification.objects.get().user == application.job_seeker.user
    assert OutgoingEmail.objects.count() == mails
    event = AuditEvent.objects.get(kind="changed_by_admin")
    assert (event.user, event.subject) == (admin_user, f"application {application.pk}")


def test_admin_is_told_which_applications_cannot_change(admin_client):
    application = ApplicationFactory()
    final = ApplicationFactory(status="withdrawn", job_seeker__first_name="Ada", job__title="Smith & Co's baker")
    page = run(admin_client, "accept", application, final)
    assert "1 now accepted." in page
    assert "for “Smith &amp; Co&#x27;s baker”: This application is withdrawn; that is final." in page
    assert page.index("Ada") < page.index("that is final")
    assert statuses(application, final) == ["accepted", "withdrawn"]


def test_admin_accepts_twice_with_one_email(admin_client):
    application = ApplicationFactory()
    run(admin_client, "accept", application)
    assert "1 already accepted." in run(admin_client, "accept", application)
    assert application.status_changes.count() == OutgoingEmail.objects.count() == 1


def test_viewer_decides_nothing(db):
    viewer, client, application = UserFactory(is_staff=True), Client(), ApplicationFactory()
    viewer.user_permissions.set(Permission.objects.filter(codename="view_application"))
    client.force_login(viewer)
    assert 'value="accept"' not in run(client, "accept", application)
    assert statuses(application) == ["pending"]


def test_admin_sees_who_decided_what_and_when(admin_client, admin_user):
    application = ApplicationFactory(cover_letter="<b>Hello</b>")
    employer = application.job.employer.user
    change_status(application_id=application.pk, actor=employer, status="rejected")
    page = reverse("admin:applications_application_change", args=[application.pk])
    with CaptureQueriesContext(connection) as one_change:
        content = admin_client.get(page).content.decode()
    assert content.index("Pending</p>") < content.index("Rejected</p>")
    assert employer.email in content
    assert "&lt;b&gt;Hello" in content
    assert reverse("admin:resumes_resume_change", args=[application.resume.pk]) in content

    for status in ("reviewed", "accepted", "reviewed", "rejected"):
        change_status(application_id=application.pk, actor=admin_user, status=status)
    with CaptureQueriesContext(connection) as five_changes:
        admin_client.get(page)
    # The first request also asked for the content type.
    assert len(five_changes) <= len(one_change)
    assert StatusChange.objects.count() == 5
