"""From the row to the SMTP server, which is a real one."""

import socket
from datetime import timedelta
from io import StringIO
from threading import Thread

import pytest
from django.core.management import call_command
from django.utils import timezone

from anywork.testing.threads import at_once
from notifications.mail import LEASE, deliver_next, deliver_one
from notifications.models import OutgoingEmail
from notifications.tasks import send_outgoing_email, sweep_outgoing_email
from notifications.tests.factories import OutgoingEmailFactory
from notifications.tests.smtp import free_port

ADDRESS = "ben.carson@example.org"


@pytest.fixture
def email(db):
    return OutgoingEmailFactory(to=ADDRESS)


def deliver(email):
    """Deliver the mail, and return the row as it is afterwards."""
    assert deliver_one(email.pk)
    email.refresh_from_db()
    return email


def make_due(email):
    email.next_attempt_at = timezone.now()
    email.save()


def test_mail_that_is_accepted_is_sent(smtp, email):
    before = timezone.now()

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("sent", 1, "", None)
    assert before <= email.sent_at <= timezone.now()
    [message] = smtp.messages
    assert message["To"] == ADDRESS
    assert message["Subject"] == email.subject


def test_mail_has_the_message_id_of_its_row_and_says_that_no_person_wrote_it(smtp, email, settings):
    settings.DEFAULT_FROM_EMAIL = "AnyWork <no-reply@anywork.example>"

    deliver(email)

    [message] = smtp.messages
    assert message["Message-ID"] == f"<{email.pk}@anywork.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "AnyWork <no-reply@anywork.example>"


def test_mail_comes_as_text_and_html(smtp, email):
    deliver(email)

    [message] = smtp.messages
    assert message.get_content_type() == "multipart/alternative"
    assert [(part.get_content_type(), part.get_content().strip()) for part in message.iter_parts()] == [
        ("text/plain", email.text),
        ("text/html", email.html),
    ]


def test_sent_mail_is_not_sent_again(smtp, email):
    deliver(email)

    assert not deliver_one(email.pk)
    assert not deliver_next()
    assert len(smtp.messages) == 1


@pytest.mark.parametrize("state", ["held", "dead"])
def test_mail_that_is_held_or_given_up_is_not_sent(smtp, email, state):
    email.state = state
    email.save()

    assert not deliver_one(email.pk)
    assert not deliver_next()
    assert smtp.messages == []


def test_task_for_a_mail_that_is_gone_does_nothing(smtp, email):
    email_id = str(email.pk)
    email.delete()

    send_outgoing_email(email_id)

    assert smtp.messages == []


@pytest.mark.django_db(transaction=True)
def test_twenty_deliveries_of_one_mail_at_once_send_one(smtp):
    email = OutgoingEmailFactory()

    sent = at_once([lambda: deliver_one(email.pk)] * 20)

    assert sent.count(True) == 1
    assert len(smtp.messages) == 1
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_share_the_mails_among_them(smtp):
    emails = OutgoingEmailFactory.create_batch(12)

    at_once([sweep_outgoing_email] * 4)

    assert sorted(message["Message-ID"].partition("@")[0] for message in smtp.messages) == sorted(
        f"<{email.pk}" for email in emails
    )
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {("sent", 1)}


# --- The lease --------------------------------------------------------------------------------------------------------


def test_mail_that_a_worker_is_at_is_left_to_it(smtp, email):
    OutgoingEmail.objects.update(state="sending", attempts=1, locked_until=timezone.now() + timedelta(seconds=1))

    assert not deliver_one(email.pk)
    assert not deliver_next()
    assert smtp.messages == []


def test_mail_of_a_worker_that_died_is_sent_by_the_next(smtp, email):
    OutgoingEmail.objects.update(state="sending", attempts=1, locked_until=timezone.now() - timedelta(seconds=1))

    deliver(email)

    assert (email.state, email.attempts) == ("sent", 2)
    assert len(smtp.messages) == 1


def test_lease_outlives_the_hard_time_limit_of_a_task(settings):
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < LEASE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", [{"state": "sending"}, {"state": "sent"}], ids=["is at it", "has sent it"])
def test_worker_whose_lease_ran_out_leaves_the_mail_to_who_claimed_it_next(smtp, settings, email, second):
    with socket.create_server(("127.0.0.1", 0)) as slow:
        settings.EMAIL_PORT = slow.getsockname()[1]
        first = Thread(target=at_once, args=([lambda: deliver_one(email.pk)],))
        first.start()
        connection, _ = slow.accept()
        OutgoingEmail.objects.update(attempts=2, locked_until=timezone.now() + LEASE, **second)
        claimed = OutgoingEmail.objects.values().get()

        connection.sendall(b"421 go away\r\n")
        connection.close()
        first.join()

    assert OutgoingEmail.objects.values().get() == claimed


# --- Retries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply", "last_error"),
    [
        ("RCPT", f"450 4.2.0 <{ADDRESS}> greylisted", "SMTPRecipientsRefused 450"),
        ("RCPT", f"452 4.2.2 <{ADDRESS}> mailbox full", "SMTPRecipientsRefused 452"),
        ("MAIL", "451 4.3.0 try later", "SMTPSenderRefused 451"),
        ("DATA", f"451 4.7.1 {ADDRESS} try later", "SMTPDataError 451"),
        # Ours to mend: the mail is not to blame.
        ("MAIL", "530 5.7.0 authentication required", "SMTPSenderRefused 530"),
        ("MAIL", "550 5.7.1 sender unknown", "SMTPSenderRefused 550"),
        ("RCPT", "530 5.7.0 authentication required", "SMTPRecipientsRefused 530"),
    ],
)
def test_mail_that_is_refused_for_now_waits(smtp, email, command, reply, last_error):
    smtp.replies[command] = [reply]

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("retry", 1, last_error, None)
    assert ADDRESS not in email.last_error
    assert smtp.messages == []


def test_mail_that_was_refused_for_now_is_sent_later(smtp, email):
    smtp.replies["RCPT"] = ["450 greylisted", None]
    deliver(email)

    assert not deliver_one(email.pk) or email.next_attempt_at <= timezone.now()
    make_due(email)
    assert deliver_next()

    email.refresh_from_db()
    assert (email.state, email.attempts, email.last_error) == ("sent", 2, "")
    assert len(smtp.messages) == 1


def test_mail_waits_while_the_server_is_away(smtp, settings, email):
    settings.EMAIL_PORT = free_port()

    deliver(email)

    assert (email.state, email.last_error) == ("retry", "ConnectionRefusedError")


def test_mail_waits_while_the_server_does_not_answer(smtp, settings, email):
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        settings.EMAIL_PORT = frozen.getsockname()[1]
        deliver(email)

    assert (email.state, email.last_error) == ("retry", "SMTPServerDisconnected")


@pytest.mark.parametrize("greeting", [b"421 too busy\r\n", b"554 no service\r\n"])
def test_mail_waits_while_the_server_takes_no_connections(smtp, settings, email, greeting):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]

        def greet():
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)
                connection.recv(100)

        thread = Thread(target=greet)
        thread.start()
        deliver(email)
        thread.join()

    assert (email.state, email.last_error) == ("retry", f"SMTPConnectError {greeting[:3].decode()}")


def test_mail_waits_while_our_password_is_wrong(smtp, settings, email):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anywork", "wrong"

    deliver(email)

    assert (email.state, email.last_error) == ("retry", "SMTPAuthenticationError 535")


@pytest.mark.parametrize(
    ("attempts", "ceiling"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (40, 3600), (5_000, 3600)]
)
def test_retries_wait_longer_each_time_up_to_an_hour(smtp, email, attempts, ceiling):
    smtp.replies["RCPT"] = ["450 greylisted"]
    delays = []
    for _ in range(20):
        email.attempts = attempts - 1
        make_due(email)
        before = timezone.now()
        deliver(email)
        after = timezone.now()
        assert before <= email.next_attempt_at <= after + timedelta(seconds=ceiling)
        delays.append((email.next_attempt_at - before).total_seconds())

    # Full jitter: anywhere between at once and the ceiling, so that not everybody comes back together.
    assert max(delays) > ceiling / 4
    assert min(delays) < ceiling * 3 / 4
    assert len(set(delays)) == 20


# --- Giving up --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "last_error"),
    [
        ({"RCPT": [f"550 5.1.1 <{ADDRESS}> no such user"]}, "SMTPRecipientsRefused 550"),
        ({"RCPT": [f"553 5.1.3 <{ADDRESS}> bad address"]}, "SMTPRecipientsRefused 553"),
        ({"DATA": [f"554 5.7.1 {ADDRESS} does not want this"]}, "SMTPDataError 554"),
    ],
)
def test_mail_that_is_refused_for_good_is_given_up_at_once(smtp, email, caplog, refusal, last_error):
    smtp.replies = refusal

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("dead", 1, last_error, None)
    assert ADDRESS not in email.last_error
    [record] = [record for record in caplog.records if record.name == "notifications.mail"]
    assert record.getMessage() == f"Mail {email.pk} given up: {last_error}"
    assert not deliver_next()


def test_mail_is_retried_for_three_days_and_then_given_up(smtp, email):
    assert email.give_up_at - email.created_at == pytest.approx(timedelta(hours=72), abs=timedelta(seconds=1))
    smtp.replies["RCPT"] = ["450 greylisted"]

    OutgoingEmail.objects.update(give_up_at=timezone.now() + timedelta(minutes=1))
    assert deliver(email).state == "retry"
    OutgoingEmail.objects.update(give_up_at=timezone.now(), next_attempt_at=timezone.now())
    assert deliver(email).state == "dead"
    assert email.last_error == "SMTPRecipientsRefused 450"


# --- Draining ---------------------------------------------------------------------------------------------------------


def test_other_mails_go_on_while_one_is_refused(smtp, db):
    first, refused, last = OutgoingEmailFactory.create_batch(3)
    smtp.replies["RCPT"] = [None, "450 greylisted", None]

    sweep_outgoing_email()

    states = {}
    for email in (first, refused, last):
        email.refresh_from_db()
        states[email] = email.state
    assert list(states.values()) == ["sent", "retry", "sent"]
    assert len(smtp.messages) == 2


def test_mail_that_has_been_due_the_longest_goes_first(smtp, db):
    now = timezone.now()
    emails = [OutgoingEmailFactory(next_attempt_at=now - timedelta(minutes=age)) for age in (1, 3, 2)]

    sweep_outgoing_email()

    assert [message["To"] for message in smtp.messages] == [emails[1].to, emails[2].to, emails[0].to]


def test_operator_sends_what_is_due_without_broker_and_worker(smtp, db):
    OutgoingEmailFactory.create_batch(3)
    later = OutgoingEmailFactory(state="retry", next_attempt_at=timezone.now() + timedelta(hours=1))
    out = StringIO()

    call_command("send_outgoing_email", stdout=out)

    assert out.getvalue() == "3 mails attempted.\n"
    assert len(smtp.messages) == 3
    later.refresh_from_db()
    assert later.state == "retry"
