"""Notification preferences and their effect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from applications.services import change_status, submit_application
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.choices import NotificationKind
from notifications.mail import digests
from notifications.mail.delivery import deliver_due
from notifications.mail.unsubscribing import unsubscribe_url
from notifications.models import Notification, NotificationPreference, OutgoingEmail
from notifications.preferences import DEFAULTS, change_preferences, is_wanted, preferences_of
from notifications.serializers import PreferencesSerializer
from notifications.tasks import write_digests
from notifications.tests.factories import OutgoingEmailFactory
from notifications.tests.test_mail import decide, submit

URL = "/api/notification-preferences/"


@pytest.fixture
def application(db):
    return submit()


def put(client, body):
    response = client.put(URL, body, format="json")
    assert response.status_code == 200, response.content
    return response.json()


def kinds_of_mail(user):
    return list(OutgoingEmail.objects.filter(recipient=user).order_by("created_at").values_list("kind", flat=True))


# --- The resource -----------------------------------------------------------------------------------------------------


def test_user_who_chose_nothing_sees_the_defaults(seeker):
    assert seeker.get(URL).json() == DEFAULTS


def test_serializer_knows_every_kind_and_channel():
    fields: Any = PreferencesSerializer().fields
    assert {kind: set(field.fields) for kind, field in fields.items()} == {
        kind: set(channels) for kind, channels in DEFAULTS.items()
    }
    assert set(DEFAULTS) == set(NotificationKind.values)


def test_user_chooses_and_what_the_body_leaves_out_stays(seeker, employer):
    put(seeker, {"application_accepted": {"email": False}})
    response = put(seeker, {"application_accepted": {"in_app": False}, "new_application": {"email": True}})

    assert response == seeker.get(URL).json()
    assert response == {
        **DEFAULTS,
        "application_accepted": {"email": False, "in_app": False},
        "new_application": {"email": True, "in_app": True},
    }
    assert employer.get(URL).json() == DEFAULTS
    assert put(seeker, {"application_accepted": {"email": True}})["application_accepted"]["email"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"new_application": {"email": "daily"}}, "new_application.email"),
        ({"new_application": True}, "new_application"),
        ({"new_application": None}, "new_application"),
    ],
)
def test_user_sends_an_invalid_choice_and_changes_nothing(seeker, body, field):
    response = seeker.put(URL, body, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not NotificationPreference.objects.exists()


def test_user_sends_the_same_preferences_and_changed_at_stays(seeker):
    put(seeker, {"applications_digest": {"email": True}})
    before = NotificationPreference.objects.get().changed_at

    put(seeker, seeker.get(URL).json())

    assert NotificationPreference.objects.get().changed_at == before


def test_emails_about_the_account_cannot_be_switched_off(seeker):
    assert is_wanted(seeker.user.pk, "password_reset", "email")


# --- What follows -----------------------------------------------------------------------------------------------------


def test_seeker_switches_one_kind_of_email_off(application):
    seeker = application.job_seeker.user
    change_preferences(user=seeker, choices={"application_accepted": {"email": False}})

    decide(application, "accepted")
    decide(application, "rejected")

    assert kinds_of_mail(seeker) == ["application_received", "application_rejected"]
    assert Notification.objects.filter(user=seeker).count() == 2


def test_queued_email_that_was_switched_off_is_skipped_and_blanked(application, smtp):
    seeker = application.job_seeker.user
    email = OutgoingEmail.objects.get(recipient=seeker)
    change_preferences(user=seeker, choices={"application_received": {"email": False}})

    assert deliver_due(until=0, first=email.pk)

    email.refresh_from_db()
    assert (email.state, email.text, email.html, email.locked_until) == ("skipped", "", "", None)
    assert smtp.messages == []
    call_command("send_outgoing_email", verbosity=0)
    assert smtp.messages == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application_accepted", "accepted"),
        ("application_rejected", "rejected"),
        ("application_updated", "reviewed"),
    ],
)
def test_seeker_switches_a_notification_off(application, kind, status):
    seeker = application.job_seeker.user
    change_preferences(user=seeker, choices={kind: {"in_app": False}})

    decide(application, status)

    assert not Notification.objects.filter(user=seeker).exists()
    decide(application, {"accepted": "rejected", "rejected": "accepted", "reviewed": "pending"}[status])
    assert Notification.objects.filter(user=seeker).count() == (status != "reviewed")


def test_employer_gets_no_email_by_default(application):
    employer = application.job.employer.user
    change_status(application_id=application.pk, actor=application.job_seeker.user, status="withdrawn")

    assert kinds_of_mail(employer) == []
    assert Notification.objects.filter(user=employer).count() == 1


def test_employer_who_opted_in_gets_emails_about_applications_and_withdrawals(application, settings, smtp):
    settings.FRONTEND_URL = "https://anywork.example"
    employer = application.job.employer
    change_preferences(
        user=employer.user, choices={"new_application": {"email": True}, "application_withdrawn": {"email": True}}
    )
    resume = ApplicationFactory().resume

    second = submit_application(
        user=resume.job_seeker.user, job_id=application.job_id, resume_id=resume.pk, cover_letter="Secret"
    )
    change_status(application_id=second.pk, actor=resume.job_seeker.user, status="withdrawn")

    mails = OutgoingEmail.objects.filter(recipient=employer.user).order_by("created_at")
    assert [mail.subject for mail in mails] == [
        "New application for Software Engineer",
        "An application for Software Engineer was withdrawn",
    ]
    for mail in mails:
        assert mail.text.startswith("Hello Microsoft,\n")
        assert "https://anywork.example/dashboard/applications" in mail.text
        assert 'href="https://anywork.example/dashboard/applications"' in mail.html
        # An email would keep the personal data after a withdrawal.
        for private in (resume.job_seeker.first_name, resume.job_seeker.user.email, "Secret"):
            assert private not in mail.text + mail.html
        assert deliver_due(until=0, first=mail.pk)
    assert [message["To"] for message in smtp.messages] == [employer.user.email] * 2


# --- Digests ----------------------------------------------------------------------------------------------------------

TODAY = datetime(2030, 3, 7, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch):
    """Return a function that sets the clock of the digests."""

    def set_clock(now):
        monkeypatch.setattr(timezone, "now", lambda: now)

    return set_clock


@pytest.fixture
def digest_reader(employer):
    """An employer who asked for digests two days ago."""
    change_preferences(user=employer.user, choices={"applications_digest": {"email": True}})
    NotificationPreference.objects.update(changed_at=TODAY - timedelta(days=2) + timedelta(hours=9))
    return employer.user.employer


def test_employer_gets_the_applications_of_a_day_in_one_email(digest_reader, at):
    cook, smith = (JobFactory(title=title, employer=digest_reader) for title in ("cook & baker", "Smith"))
    yesterday = TODAY - timedelta(days=1)
    for job in (cook, cook, smith):
        ApplicationFactory(job=job, applied_at=yesterday)
    ApplicationFactory(job=smith, applied_at=yesterday, status="withdrawn")
    ApplicationFactory(job=smith, applied_at=TODAY)
    ApplicationFactory(applied_at=yesterday)

    at(TODAY + timedelta(hours=digests.DIGEST_HOUR, minutes=-1))
    write_digests()
    assert not OutgoingEmail.objects.exists()
    at(TODAY + timedelta(hours=digests.DIGEST_HOUR))
    write_digests()
    write_digests()

    email = OutgoingEmail.objects.get()
    assert (email.recipient, email.kind) == (digest_reader.user, "applications_digest")
    assert email.subject == "3 new applications for your jobs"
    assert "On 6 March 2030 your jobs received 3 new applications:\n\n- cook & baker: 2\n- Smith: 1\n" in email.text
    assert "<strong><bdi>cook &amp; baker</bdi></strong>: 2" in email.html


def test_employer_gets_missed_digests_since_opting_in(digest_reader, at):
    job = JobFactory(employer=digest_reader)
    for days in (1, 2, 3):
        ApplicationFactory(job=job, applied_at=TODAY - timedelta(days=days))

    at(TODAY + timedelta(hours=12))
    write_digests()

    keys = OutgoingEmail.objects.values_list("dedup_key", flat=True)
    assert sorted(key[-10:] for key in keys) == ["2030-03-05", "2030-03-06"]
    assert {email.subject for email in OutgoingEmail.objects.all()} == {"1 new application for your jobs"}


def test_employer_who_did_not_ask_or_had_no_applications_gets_no_digest(digest_reader, employer, at):
    ApplicationFactory(applied_at=TODAY - timedelta(days=1))
    at(TODAY + timedelta(hours=12))

    write_digests()

    assert not OutgoingEmail.objects.exists()


# --- Unsubscribing ----------------------------------------------------------------------------------------------------


@pytest.fixture
def email(seeker):
    return OutgoingEmailFactory(recipient=seeker.user)


def path_of(url, settings):
    assert url.startswith(f"{settings.PUBLIC_URL}/mail/unsubscribe/?token=")
    return url.removeprefix(settings.PUBLIC_URL)


def test_mail_client_unsubscribes_with_one_click(email, smtp, anonymous, settings):
    settings.PUBLIC_URL = "https://api.anywork.example"
    assert deliver_due(until=0, first=email.pk)
    [message] = smtp.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # Python's parser keeps the space of a folded header.
    url = message["List-Unsubscribe"].strip().removeprefix("<").removesuffix(">")

    response = anonymous.generic(
        "POST", path_of(url, settings), "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    )

    assert response.status_code == 200
    assert preferences_of(email.recipient) == {**DEFAULTS, "application_received": {"email": False}}


def test_get_of_the_link_does_not_unsubscribe(email, anonymous, settings):
    path = path_of(unsubscribe_url(email.recipient_id, email.kind), settings)

    page = anonymous.get(path)

    assert page.status_code == 200
    assert '<form method="post"><button>Unsubscribe</button></form>' in page.content.decode()
    assert "<strong>Application received</strong>" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert preferences_of(email.recipient) == DEFAULTS
    assert "You are unsubscribed" in anonymous.post(path).content.decode()
    assert preferences_of(email.recipient)["application_received"] == {"email": False}


def test_link_is_in_the_body_of_the_email(application, settings):
    email = OutgoingEmail.objects.get()
    assert email.recipient is not None
    url = unsubscribe_url(email.recipient.pk, email.kind)
    assert f"\nUnsubscribe from these emails: {url}\n" in email.text
    assert f'href="{url}"' in email.html


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0:AAAA", "\x00", "é" * 50])
def test_invalid_link_is_refused(anonymous, db, token):
    for method in (anonymous.get, anonymous.post):
        response = method(f"/mail/unsubscribe/?token={token}")
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
    assert not NotificationPreference.objects.exists()


def test_link_outlives_its_account_without_an_error(email, anonymous, settings):
    path = path_of(unsubscribe_url(email.recipient_id, email.kind), settings)
    email.recipient.delete()

    assert anonymous.post(path).status_code == 404


def test_link_is_signed_for_one_user_and_kind(email, anonymous, settings):
    path = path_of(unsubscribe_url(email.recipient_id, email.kind), settings)
    head, _, signature = path.rpartition("%3A")
    other = path_of(unsubscribe_url(email.recipient_id, "new_application"), settings).rpartition("%3A")[0]

    assert anonymous.post(f"{head}%3A{signature}").status_code == 200
    assert anonymous.post(f"{other}%3A{signature}").status_code == 404
