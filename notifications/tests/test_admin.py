from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import UserFactory
from notifications.mail.delivery import deliver_next, message_id
from notifications.models import Notification
from notifications.tests.factories import NotificationFactory, OutgoingEmailFactory

LIST = "admin:notifications_outgoingemail_changelist"
CHANGE = "admin:notifications_outgoingemail_change"

PAST = timezone.now() - timedelta(days=4)


def run(client, action, *emails, query=""):
    values = {"action": action, "confirmed": "on", "_selected_action": [email.pk for email in emails]}
    return client.post(reverse(LIST) + query, values, follow=True).content.decode()


def states(*emails):
    for email in emails:
        email.refresh_from_db()
    return [email.state for email in emails]


@pytest.mark.parametrize("state", ["dead", "held", "sent", "retry"])
def test_admin_sends_an_email_again(admin_client, admin_user, mailoutbox, django_capture_on_commit_callbacks, state):
    email = OutgoingEmailFactory(
        state=state, attempts=7, give_up_at=PAST, next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    other = OutgoingEmailFactory(state="dead")
    with django_capture_on_commit_callbacks() as callbacks:
        page = run(admin_client, "send_again", email, query=f"?state__exact={state}")
    assert len(callbacks) == 1
    assert "1 of 1 emails queued again." in page
    assert "left unchanged" not in page
    assert states(email, other) == ["queued", "dead"]
    assert email.give_up_at > timezone.now() + timedelta(hours=71)

    assert deliver_next()
    assert not deliver_next()
    assert [mail.to for mail in mailoutbox] == [[email.to]]
    assert mailoutbox[0].extra_headers["Message-ID"] == message_id(email)
    history = admin_client.get(reverse("admin:notifications_outgoingemail_history", args=[email.pk])).content.decode()
    assert "Queued again, formerly " in history
    assert admin_user.email in history


def test_admin_sends_a_queued_email_again_and_nothing_changes(admin_client, django_capture_on_commit_callbacks):
    lease = timezone.now() + timedelta(minutes=1)
    sending, queued = OutgoingEmailFactory(state="sending", locked_until=lease), OutgoingEmailFactory()
    with django_capture_on_commit_callbacks() as callbacks:
        page = run(admin_client, "send_again", sending, queued)
    assert "2 left unchanged" in page
    assert callbacks == []
    assert states(sending, queued) == ["sending", "queued"]
    sending.refresh_from_db()
    assert sending.locked_until == lease


def test_admin_holds_unsent_emails(admin_client, mailoutbox):
    abandoned = OutgoingEmailFactory(state="sending", locked_until=PAST)
    waiting = [OutgoingEmailFactory(), OutgoingEmailFactory(state="retry"), abandoned]
    sending = OutgoingEmailFactory(state="sending", locked_until=timezone.now() + timedelta(minutes=1))
    others = [sending, OutgoingEmailFactory(state="sent"), OutgoingEmailFactory(state="dead")]
    page = run(admin_client, "hold", *waiting, *others)
    assert "3 of 6 emails held." in page
    assert "3 left unchanged" in page
    assert states(*waiting, *others) == ["held"] * 3 + ["sending", "sent", "dead"]
    assert not deliver_next()
    assert mailoutbox == []


def test_viewer_sends_nothing_again(db):
    viewer, client, email = UserFactory(is_staff=True), Client(), OutgoingEmailFactory(state="dead")
    viewer.user_permissions.set(Permission.objects.filter(codename="view_outgoingemail"))
    client.force_login(viewer)
    assert email.to in run(client, "send_again", email)
    assert states(email) == ["dead"]


def test_admin_sees_the_number_of_emails_in_each_state(admin_client):
    OutgoingEmailFactory.create_batch(2, state="dead", last_error="SMTPRecipientsRefused 550")
    OutgoingEmailFactory(state="retry", next_attempt_at=timezone.now() + timedelta(minutes=30, seconds=5))
    OutgoingEmailFactory(created_at=timezone.now() - timedelta(hours=3))
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "Given up (2)" in page
    assert "Waiting to retry (1)" in page
    assert "SMTPRecipientsRefused 550" in page
    assert "Waiting to retry, due in 30\N{NO-BREAK SPACE}minutes<" in page
    assert "3\N{NO-BREAK SPACE}hours" in page
    assert ">Queued, due<" in page


def test_admin_finds_an_email_by_message_id_address_or_dedup_key(admin_client):
    email, _ = OutgoingEmailFactory(), OutgoingEmailFactory()
    for words in (str(email.pk), email.to, email.dedup_key):
        assert list(admin_client.get(reverse(LIST), {"q": words}).context["cl"].result_list) == [email]


def test_admin_sees_an_email_as_its_recipient_does_without_running_its_scripts(admin_client):
    email = OutgoingEmailFactory(text="Dear <you>", html='<p style="color:red">Hi</p><script>alert(1)</script>')
    preview = reverse("admin:notifications_outgoingemail_preview", args=[email.pk])

    page = admin_client.get(reverse(CHANGE, args=[email.pk])).content.decode()
    framed = admin_client.get(preview)

    assert f'<iframe src="{preview}"' in page
    assert "<script>alert(1)" not in page
    assert "Dear &lt;you&gt;" in page
    assert str(email.pk) in page
    assert framed.content.decode() == email.html
    policy = framed.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
def test_preview_needs_the_permission_to_view_emails(client):
    email, user = OutgoingEmailFactory(), UserFactory(is_staff=True)
    url = reverse("admin:notifications_outgoingemail_preview", args=[email.pk])
    assert client.get(url).status_code == 302
    client.force_login(user)

    assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"state": "dead", "attempts": 1, "last_error": "SMTPRecipientsRefused 550"},
            "Given up after 1 attempt: smtp.example.org refused the address (550).",
        ),
        (
            {"state": "retry", "attempts": 3, "last_error": "ConnectionRefusedError"},
            "To be tried again after 3 attempts: smtp.example.org refused the connection.",
        ),
        (
            {"state": "retry", "attempts": 1, "last_error": "NoFinalReplyError"},
            "To be tried again after 1 attempt: smtp.example.org did not confirm the message, which may have arrived.",
        ),
        (
            {"state": "dead", "attempts": 9, "last_error": "KeyError"},
            "Given up after 9 attempts: an error of this server, KeyError, which its log explains.",
        ),
        (
            {"state": "dead", "attempts": 1, "last_error": "No attempt was completed"},
            "Given up after 1 attempt: no attempt was completed.",
        ),
        ({"state": "sending", "attempts": 1}, "Being sent."),
        ({"state": "sent", "attempts": 1}, "Accepted by smtp.example.org; from there on, its log tells more."),
        ({"state": "queued"}, "Waiting for a worker."),
    ],
)
def test_admin_reads_in_words_why_an_email_did_not_arrive(admin_client, settings, fields, words):
    settings.EMAIL_HOST = "smtp.example.org"
    email = OutgoingEmailFactory(**fields)

    page = admin_client.get(reverse(CHANGE, args=[email.pk])).content.decode()

    assert f">{words}<" in page


def test_admin_notifies_any_user(admin_client):
    user = UserFactory()
    values = {"user": user.pk, "message": "We close at noon."}
    assert admin_client.post(reverse("admin:notifications_notification_add"), values).status_code == 302
    assert Notification.objects.get(user=user).message == "We close at noon."


def test_admin_cannot_change_a_notification(admin_client):
    notification = NotificationFactory()
    values = {"message": "Another", "user": UserFactory().pk, "is_read": "on"}
    page = reverse("admin:notifications_notification_change", args=[notification.pk])
    assert admin_client.post(page, values).status_code == 302
    after = Notification.objects.get()
    assert (after.message, after.user, after.is_read) == (notification.message, notification.user, True)
