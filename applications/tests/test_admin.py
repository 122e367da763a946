import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.tests.factories import UserFactory
from applications.models import StatusChange
from applications.services import change_status
from applications.tests.factories import ApplicationFactory, AssessmentFactory, NoteFactory, QuestionFactory
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


@pytest.mark.parametrize("values", [{"status": "withdrawn"}, {"status": "accepted", "revoked_at": timezone.now()}])
def test_admin_is_offered_no_decision_on_a_final_application(admin_client, values):
    for application, number in ((ApplicationFactory(), 3), (ApplicationFactory(**values), 0)):
        page = admin_client.get(reverse("admin:applications_application_change", args=[application.pk]))
        assert len(page.context["object_actions"]) == number


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


def test_rejection_by_admin_is_held_as_the_employer_has_chosen(admin_client):
    application = ApplicationFactory(job__employer__decision_hold_minutes=60)
    page = run(admin_client, "reject", application)
    assert "1 now rejected." in page
    application.refresh_from_db()
    assert (application.status, application.told_status) == ("rejected", "pending")
    assert not Notification.objects.exists()
    assert not OutgoingEmail.objects.exists()
    form = admin_client.get(reverse("admin:applications_application_change", args=[application.pk]))
    readonly = form.context["adminform"].readonly_fields
    assert {"status", "told_status", "tell_at"} <= set(readonly)


def test_list_reads_no_long_column(admin_client):
    ApplicationFactory()
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(reverse(LIST))
    [rows] = [query["sql"] for query in queries if '"applications_application"."told_status"' in query["sql"]]
    for column in ("answers", "cover_letter", "description", "search"):
        assert f'"{column}"' not in rows


def test_page_shows_what_both_sides_wrote(admin_client):
    question = QuestionFactory(position=0, text="Which <languages>?", kind="choices", choices=["Yoruba", "French"])
    yes_no = QuestionFactory(job=question.job, position=1, text="Licensed?", kind="yes_no")
    answers = {str(question.pk): ["Yoruba", "French"], str(yes_no.pk): False}
    application = ApplicationFactory(job=question.job, answers=answers)
    NoteFactory(application=application, text="Invite <her>.")
    AssessmentFactory(application=application, rating=4, tags=["phone"])
    page = admin_client.get(reverse("admin:applications_application_change", args=[application.pk])).content.decode()
    assert "<p>Which &lt;languages&gt;?<br>Yoruba, French</p><p>Licensed?<br>no</p>" in page
    assert "Invite &lt;her&gt;." in page
    assert page.index("Assessment by the employer") < page.index("phone")
