"""Delivery to a real SMTP server."""

import math
import socket
import time
from datetime import timedelta
from io import StringIO
from threading import Thread

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone

from anywork.operations.health import probe
from anywork.testing.concurrency import at_once
from anywork.testing.smtp import free_port
from notifications.choices import EmailState
from notifications.mail.delivery import LEASE, deliver_due, deliver_next
from notifications.mail.outbox import requeue_emails
from notifications.mail.smtp import ConnectionPool
from notifications.models import OutgoingEmail
from notifications.tasks import send_outgoing_email, sweep_mail_bodies, sweep_outgoing_email
from notifications.tests.factories import OutgoingEmailFactory

ADDRESS = "ben.carson@example.org"


@pytest.fixture
def email(db):
    return OutgoingEmailFactory(to=ADDRESS)


def deliver(email):
    """Deliver the mail, and return the row as it is afterwards."""
    assert deliver_due(until=0, first=email.pk)
    email.refresh_from_db()
    return email


def make_due(email):
    email.next_attempt_at = timezone.now()
    email.save()


def test_email_that_is_accepted_is_sent(smtp, email):
    before = timezone.now()

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("sent", 1, "", None)
    assert before <= email.sent_at <= timezone.now()
    [message] = smtp.messages
    assert message["To"] == ADDRESS
    assert message["Subject"] == email.subject


def test_email_has_a_message_id_and_is_marked_as_auto_generated(smtp, email, settings):
    settings.DEFAULT_FROM_EMAIL = "AnyWork <no-reply@anywork.example>"

    deliver(email)

    [message] = smtp.messages
    assert message["Message-ID"] == f"<{email.pk}@anywork.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "AnyWork <no-reply@anywork.example>"


def test_email_comes_as_text_and_html(smtp, email):
    deliver(email)

    [message] = smtp.messages
    assert message.get_content_type() == "multipart/alternative"
    assert [(part.get_content_type(), part.get_content().strip()) for part in message.iter_parts()] == [
        ("text/plain", email.text),
        ("text/html", email.html),
    ]


def test_sent_email_is_not_sent_again(smtp, email):
    deliver(email)

    assert not deliver_due(until=0, first=email.pk)
    assert not deliver_next()
    assert len(smtp.messages) == 1


@pytest.mark.parametrize("seconds", [-10, 10])
@pytest.mark.parametrize("state", EmailState.values)
def test_email_is_claimed_only_while_it_is_due(smtp, email, state, seconds):
    moment = timezone.now() + timedelta(seconds=seconds)
    OutgoingEmail.objects.update(state=state, next_attempt_at=moment, locked_until=moment)
    is_due = OutgoingEmail.objects.due(timezone.now()).exists()

    assert bool(deliver_due(until=0, first=email.pk)) is is_due
    assert len(smtp.messages) == is_due
    assert is_due == (seconds < 0 and state in {"queued", "retry", "sending"})


def test_one_email_is_claimed_at_a_time_with_outdated_statistics(smtp, db):
    OutgoingEmailFactory()
    with connection.cursor() as cursor:
        # From now on it expects a single row, and goes through its rows in another way.
        cursor.execute("ANALYZE notifications_outgoingemail")
    OutgoingEmailFactory.create_batch(4)

    assert deliver_next()

    states = OutgoingEmail.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == ["queued"] * 4 + ["sent"]


@pytest.mark.parametrize("state", ["held", "dead"])
def test_email_that_is_held_or_given_up_is_not_sent(smtp, email, state):
    email.state = state
    email.save()

    assert not deliver_due(until=0, first=email.pk)
    assert not deliver_next()
    assert smtp.messages == []


def test_task_for_a_deleted_email_does_nothing(smtp, email):
    email_id = str(email.pk)
    email.delete()

    send_outgoing_email(email_id)

    assert smtp.messages == []


@pytest.mark.django_db(transaction=True)
def test_twenty_concurrent_deliveries_of_one_email_send_one(smtp):
    email = OutgoingEmailFactory()

    sent = at_once(*[lambda: deliver_due(until=0, first=email.pk)] * 20)

    assert sent.count(True) == 1
    assert len(smtp.messages) == 1
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_sweeps_send_each_email_once(smtp):
    emails = OutgoingEmailFactory.create_batch(12)

    at_once(*[sweep_outgoing_email] * 4)

    assert sorted(message["Message-ID"].partition("@")[0] for message in smtp.messages) == sorted(
        f"<{email.pk}" for email in emails
    )
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {("sent", 1)}


# --- The lease --------------------------------------------------------------------------------------------------------


def test_email_with_a_valid_lease_is_not_claimed(smtp, email):
    OutgoingEmail.objects.update(state="sending", attempts=1, locked_until=timezone.now() + timedelta(seconds=1))

    assert not deliver_due(until=0, first=email.pk)
    assert not deliver_next()
    assert smtp.messages == []


def test_email_of_a_dead_worker_is_sent_by_the_next(smtp, email):
    OutgoingEmail.objects.update(state="sending", attempts=1, locked_until=timezone.now() - timedelta(seconds=1))

    deliver(email)

    assert (email.state, email.attempts) == ("sent", 2)
    assert len(smtp.messages) == 1


@pytest.fixture
def around_sending(monkeypatch):
    """Return a function that has another one called whenever an email was accepted."""
    send = EmailMultiAlternatives.send

    def call(function):
        def send_and_call(message):
            send(message)
            function()

        monkeypatch.setattr(EmailMultiAlternatives, "send", send_and_call)

    return call


def test_worker_claims_one_email_at_a_time_and_settles_it_before_the_next_leaves(smtp, db, around_sending):
    """So a worker that is killed has one email in doubt."""
    emails = OutgoingEmailFactory.create_batch(3)
    states = []
    around_sending(lambda: states.append(list(OutgoingEmail.objects.order_by("state").values_list("state", flat=True))))

    deliver_due(until=math.inf, first=emails[0].pk)

    assert states == [["queued", "queued", "sending"], ["queued", "sending", "sent"], ["sending", "sent", "sent"]]
    assert set(OutgoingEmail.objects.values_list("state", "attempts", "locked_until")) == {("sent", 1, None)}
    assert len(smtp.messages) == 3


def test_worker_whose_lease_expired_while_it_sent_does_not_settle_the_email(smtp, db, around_sending):
    first, second = OutgoingEmailFactory.create_batch(2)
    of_another = {"attempts": 2, "locked_until": timezone.now() + LEASE}
    around_sending(lambda: OutgoingEmail.objects.filter(pk=first.pk).update(**of_another))

    deliver_due(until=math.inf, first=first.pk)

    first.refresh_from_db()
    assert (first.state, first.attempts, first.sent_at) == ("sending", 2, None)
    assert first.locked_until == of_another["locked_until"]
    second.refresh_from_db()
    assert second.state == "sent"


def test_lease_outlives_the_hard_time_limit_of_a_task(settings):
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < LEASE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", [{"state": "sending"}, {"state": "sent"}], ids=["is at it", "has sent it"])
def test_worker_with_an_expired_lease_does_not_write_the_row(smtp, settings, email, second):
    with socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(10)
        settings.EMAIL_PORT = slow.getsockname()[1]
        first = Thread(target=at_once, args=(lambda: deliver_due(until=0, first=email.pk),))
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
def test_email_refused_temporarily_is_retried(smtp, email, command, reply, last_error):
    smtp.replies[command] = [reply]

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("retry", 1, last_error, None)
    assert ADDRESS not in email.last_error
    assert smtp.messages == []


def test_email_refused_temporarily_is_sent_later(smtp, email):
    smtp.replies["RCPT"] = ["450 greylisted", None]
    deliver(email)

    assert not deliver_due(until=0, first=email.pk) or email.next_attempt_at <= timezone.now()
    make_due(email)
    assert deliver_next()

    email.refresh_from_db()
    assert (email.state, email.attempts, email.last_error) == ("sent", 2, "")
    assert len(smtp.messages) == 1


def test_email_is_retried_while_the_server_is_unavailable(smtp, settings, email):
    settings.EMAIL_PORT = free_port()

    deliver(email)

    assert (email.state, email.last_error) == ("retry", "ConnectionRefusedError")


def test_email_is_retried_while_the_server_does_not_reply(smtp, settings, email):
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        settings.EMAIL_PORT = frozen.getsockname()[1]
        deliver(email)

    assert (email.state, email.last_error) == ("retry", "SMTPServerDisconnected")


@pytest.mark.parametrize("greeting", [b"421 too busy\r\n", b"554 no service\r\n"])
def test_email_is_retried_while_the_server_refuses_connections(smtp, settings, email, greeting):
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


def test_email_is_retried_while_our_password_is_wrong(smtp, settings, email):
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

    # Full jitter: anywhere between zero and the ceiling, so that not all retries happen together.
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
def test_email_refused_permanently_is_given_up_immediately(smtp, email, caplog, refusal, last_error):
    smtp.replies = refusal

    deliver(email)

    assert (email.state, email.attempts, email.last_error, email.locked_until) == ("dead", 1, last_error, None)
    assert ADDRESS not in email.last_error
    [record] = [record for record in caplog.records if record.name == "notifications.mail.delivery"]
    assert record.getMessage() == f"Email {email.pk} given up: {last_error}"
    assert not deliver_next()


def test_email_is_retried_for_three_days_and_then_given_up(smtp, email):
    assert email.give_up_at - email.created_at == pytest.approx(timedelta(hours=72), abs=timedelta(seconds=1))
    smtp.replies["RCPT"] = ["450 greylisted"]

    OutgoingEmail.objects.update(give_up_at=timezone.now() + timedelta(minutes=1))
    assert deliver(email).state == "retry"
    OutgoingEmail.objects.update(give_up_at=timezone.now(), next_attempt_at=timezone.now())
    assert deliver(email).state == "dead"
    assert email.last_error == "SMTPRecipientsRefused 450"


# --- Attempts of unknown outcome --------------------------------------------------------------------------------------


def abandon(email, **values):
    """Leave the mail as a worker that died leaves it, after its lease."""
    OutgoingEmail.objects.update(state="sending", locked_until=timezone.now() - timedelta(seconds=1), **values)
    email.refresh_from_db()


def test_email_of_a_dead_worker_counts_as_a_possible_duplicate(smtp, email):
    abandon(email, attempts=1)

    assert deliver(email).possible_duplicates == 1


def test_email_of_dying_workers_is_given_up_after_three_possible_duplicates(smtp, email):
    for _ in range(4):
        abandon(email, possible_duplicates=email.possible_duplicates)
        smtp.replies["RCPT"] = ["450 greylisted"]
        deliver(email)

    assert (email.state, email.attempts, email.possible_duplicates) == ("dead", 3, 4)
    assert (email.last_error, email.locked_until) == ("No attempt was completed", None)
    assert not deliver_next()
    assert smtp.messages == []


def test_email_of_a_dead_worker_is_given_up_after_its_time(smtp, email):
    abandon(email, attempts=1, give_up_at=timezone.now())

    assert deliver(email).state == "dead"
    assert smtp.messages == []


def test_email_never_attempted_in_its_time_is_still_sent(smtp, email):
    OutgoingEmail.objects.update(give_up_at=timezone.now() - timedelta(days=1))

    assert deliver(email).state == "sent"


@pytest.mark.parametrize("error", [SoftTimeLimitExceeded, UnicodeError, KeyError])
def test_email_with_an_unexpected_error_is_retried_and_then_given_up(smtp, email, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error("ben.carson@example.org")

    monkeypatch.setattr(EmailMultiAlternatives, "send", fail)

    assert (deliver(email).state, email.last_error) == ("retry", error.__name__)
    OutgoingEmail.objects.update(give_up_at=timezone.now(), next_attempt_at=timezone.now())
    assert (deliver(email).state, email.locked_until) == ("dead", None)


@pytest.fixture
def no_final_reply(smtp, monkeypatch):
    """A server that accepts whole messages without a final reply."""
    monkeypatch.setattr("notifications.mail.smtp.FINAL_REPLY_SECONDS", 0.2)
    smtp.pauses["DATA"] = 1.0
    return smtp


def test_email_without_a_final_reply_is_a_possible_duplicate(no_final_reply, email):
    deliver(email)

    assert (email.state, email.last_error, email.possible_duplicates) == ("retry", "NoFinalReplyError", 1)


def test_email_without_final_replies_is_given_up(no_final_reply, email):
    OutgoingEmail.objects.update(possible_duplicates=3)

    assert deliver(email).state == "dead"
    assert email.possible_duplicates == 4


@pytest.mark.slow
def test_mail_server_may_take_longer_for_the_final_reply(smtp, settings, email):
    settings.EMAIL_TIMEOUT = 0.3
    smtp.pauses["DATA"] = 1.0

    assert deliver(email).state == "sent"
    assert len(smtp.messages) == 1


def end_connection():
    backend = connection.connection.info.backend_pid
    with connection.copy().cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    cursor.db.close()


def become_read_only():
    """As a connection that a proxy has led to the former primary."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")


@pytest.mark.parametrize("goes_on", [False, True], ids=["alone", "with the next"])
@pytest.mark.parametrize("lose_the_database", [end_connection, become_read_only])
@pytest.mark.django_db(transaction=True)
def test_email_sent_while_the_database_was_unavailable_is_not_sent_again(smtp, monkeypatch, lose_the_database, goes_on):
    email = OutgoingEmailFactory()

    def send_and_lose_the_database(message):
        mailed.append(message)
        lose_the_database()
        return 1

    mailed: list[object] = []
    monkeypatch.setattr(EmailMultiAlternatives, "send", send_and_lose_the_database)

    assert deliver_due(until=time.monotonic() + goes_on, first=email.pk) == 1
    email.refresh_from_db()
    assert (email.state, email.attempts, email.locked_until) == ("sent", 1, None)
    assert len(mailed) == 1
    assert not deliver_next()


@pytest.mark.django_db(transaction=True)
def test_email_that_is_due_while_the_database_is_read_only_is_sent_by_the_sweep(smtp):
    email = OutgoingEmailFactory()
    become_read_only()

    with pytest.raises(OperationalError):
        send_outgoing_email(str(email.pk))

    assert not smtp.messages
    # As before the next task.
    close_old_connections()
    sweep_outgoing_email()
    email.refresh_from_db()
    assert (email.state, email.attempts, len(smtp.messages)) == ("sent", 1, 1)


# --- One connection for many emails -----------------------------------------------------------------------------------


def test_consecutive_emails_share_a_connection(smtp, db):
    OutgoingEmailFactory.create_batch(5)

    sweep_outgoing_email()

    assert len(smtp.messages) == 5
    assert smtp.sessions == 1


def test_connection_closed_by_the_server_is_replaced_without_an_attempt(smtp, db):
    first, second = OutgoingEmailFactory.create_batch(2)
    deliver(first)
    smtp.hang_up()

    deliver(second)

    assert (second.state, second.attempts) == ("sent", 1)
    assert smtp.sessions == 2


def test_connection_is_closed_after_an_error(smtp, db):
    refused, second = OutgoingEmailFactory.create_batch(2)
    smtp.replies["RCPT"] = ["450 greylisted", None]
    deliver(refused)

    assert deliver(second).state == "sent"
    assert smtp.sessions == 2


def test_idle_connection_is_closed(smtp):
    with ConnectionPool(keep_seconds=0.1).take():
        assert smtp.open_sessions

    until = time.monotonic() + 5
    while smtp.open_sessions and time.monotonic() < until:
        time.sleep(0.02)
    assert smtp.open_sessions == 0


def test_connection_is_closed_after_the_maximum_number_of_emails(smtp):
    pool = ConnectionPool(max_emails=2)
    used = []

    for _ in range(5):
        with pool.take() as connection:
            used.append(connection)
    pool.close()

    assert len(set(used)) == 3


def test_line_that_begins_with_a_dot_arrives_unchanged(smtp, db):
    email = OutgoingEmailFactory(text="One\n.two\n..three\n.\nfour")

    deliver(email)

    assert smtp.messages[0].get_body(("plain",)).get_content().splitlines() == ["One", ".two", "..three", ".", "four"]


# --- Draining ---------------------------------------------------------------------------------------------------------


def test_other_emails_are_sent_while_one_is_refused(smtp, db):
    # After ten attempts the next one waits up to an hour; after none it may not outlast this sweep.
    first, refused, last = (OutgoingEmailFactory(attempts=attempts) for attempts in (0, 10, 0))
    smtp.replies["RCPT"] = [None, "450 greylisted", None]

    sweep_outgoing_email()

    states = {}
    for email in (first, refused, last):
        email.refresh_from_db()
        states[email] = email.state
    assert list(states.values()) == ["sent", "retry", "sent"]
    assert len(smtp.messages) == 2


def test_email_due_the_longest_is_sent_first(smtp, db):
    now = timezone.now()
    emails = [OutgoingEmailFactory(next_attempt_at=now - timedelta(minutes=age)) for age in (1, 3, 2)]

    sweep_outgoing_email()

    assert [message["To"] for message in smtp.messages] == [emails[1].to, emails[2].to, emails[0].to]


def test_task_goes_on_with_the_emails_that_are_due(smtp, db):
    now = timezone.now()
    longer, first, refused, last = (OutgoingEmailFactory(next_attempt_at=now - timedelta(n)) for n in (9, 3, 2, 1))
    OutgoingEmailFactory(next_attempt_at=now + timedelta(minutes=1))
    OutgoingEmail.objects.filter(pk=refused.pk).update(to="anna@straße.example")

    deliver_due(until=math.inf, first=first.pk)

    assert [message["To"] for message in smtp.messages] == [first.to, last.to]
    assert smtp.sessions == 1
    refused.refresh_from_db()
    assert refused.state == "dead"
    # One that has been due for longer has a worker or waits for the sweep.
    longer.refresh_from_db()
    assert longer.state == "queued"


def test_task_of_an_email_that_another_has_sent_sends_those_that_have_become_due(smtp, db):
    sent, old, recent = OutgoingEmailFactory.create_batch(3)
    deliver(sent)
    OutgoingEmail.objects.filter(pk=old.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=5))

    deliver_due(until=math.inf, first=sent.pk)

    assert [message["To"] for message in smtp.messages] == [sent.to, recent.to]


def test_task_stops_in_time_for_the_next_message(smtp, db):
    first, _ = OutgoingEmailFactory.create_batch(2)

    deliver_due(until=0, first=first.pk)

    assert list(OutgoingEmail.objects.order_by("state").values_list("state", flat=True)) == ["queued", "sent"]


def test_operator_sends_due_emails_without_broker_and_worker(smtp, db):
    OutgoingEmailFactory.create_batch(3)
    later = OutgoingEmailFactory(state="retry", next_attempt_at=timezone.now() + timedelta(hours=1))
    out = StringIO()

    call_command("send_outgoing_email", stdout=out)

    assert out.getvalue() == "3 emails attempted.\n"
    assert len(smtp.messages) == 3
    later.refresh_from_db()
    assert later.state == "retry"


# --- A restored backup, and old bodies --------------------------------------------------------------------------------


def run_command(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_operator_holds_the_emails_of_a_restored_backup_and_releases_them(smtp, db):
    lease = timezone.now() + timedelta(minutes=2)
    unsent = [
        OutgoingEmailFactory(),
        OutgoingEmailFactory(state="retry"),
        OutgoingEmailFactory(state="sending", attempts=1, locked_until=lease),
    ]
    others = [OutgoingEmailFactory(state=state) for state in ("sent", "dead", "skipped")]

    assert run_command("hold_outgoing_email") == "3 emails held.\n"
    sweep_outgoing_email()
    assert smtp.messages == []
    assert not OutgoingEmail.objects.filter(pk__in=[email.pk for email in unsent]).exclude(state="held").exists()

    assert run_command("hold_outgoing_email", "--release") == "3 emails released.\n"
    sweep_outgoing_email()
    assert sorted(message["To"] for message in smtp.messages) == sorted(email.to for email in unsent)
    assert [OutgoingEmail.objects.get(pk=email.pk).state for email in others] == ["sent", "dead", "skipped"]


def test_body_of_an_email_is_blanked_a_month_after_it_was_sent(db, settings):
    settings.MAIL_BODY_DAYS = 30
    now = timezone.now()
    old = OutgoingEmailFactory(state="sent", sent_at=now - timedelta(days=31))
    new = OutgoingEmailFactory(state="sent", sent_at=now - timedelta(days=29))
    unsent = OutgoingEmailFactory(state="dead", created_at=now - timedelta(days=31))

    sweep_mail_bodies()

    assert list(OutgoingEmail.objects.filter(text="", html="")) == [old]
    assert OutgoingEmail.objects.get(pk=old.pk).subject == old.subject
    assert OutgoingEmail.objects.exclude(pk=old.pk).filter(text=new.text, html=unsent.html).count() == 2
    # There is nothing left to send again.
    assert requeue_emails(OutgoingEmail.objects.filter(pk=old.pk)) == []


# --- Monitoring -------------------------------------------------------------------------------------------------------


def test_operator_sees_the_figures_of_the_outbox(client, db):
    now = timezone.now()
    OutgoingEmailFactory(next_attempt_at=now - timedelta(minutes=2))
    OutgoingEmailFactory(state="sending", locked_until=now - timedelta(seconds=1), possible_duplicates=2)
    OutgoingEmailFactory(state="retry", next_attempt_at=now + timedelta(minutes=1))
    OutgoingEmailFactory.create_batch(2, state="dead", possible_duplicates=1)
    OutgoingEmailFactory(state="held")
    OutgoingEmailFactory(state="sent", next_attempt_at=now - timedelta(days=2))
    states = {"queued": 1, "sending": 1, "retry": 1, "dead": 2, "held": 1}
    figures = {"due": 2, **states, "possible_duplicates": 4}

    response = client.get("/readyz").json()

    # Of these figures, only the age of the oldest changes while the test runs.
    assert 120 <= response["mail"].pop("oldest_due_seconds") < 180
    assert response["mail"] == figures
    assert response["checks"]["mail"] == "ok"
    lines = run_command("mail_status").splitlines()
    [oldest] = [line for line in lines if "oldest_due_seconds" in line]
    assert oldest.startswith("anywork_mail_oldest_due_seconds 1")
    lines.remove(oldest)
    assert lines == [f"anywork_mail_{name} {value}" for name, value in figures.items()]


def test_readyz_says_degraded_while_no_worker_sends_email(client, db):
    assert client.get("/readyz").json()["checks"]["mail"] == "ok"
    OutgoingEmailFactory(next_attempt_at=timezone.now() - timedelta(minutes=6))
    probe.cache_clear()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["mail"] == "late"


def test_email_to_an_address_without_a_canonical_form_is_given_up(db):
    email = OutgoingEmailFactory(to="anna@straße.example")

    assert deliver_due(until=0, first=email.pk)

    email.refresh_from_db()
    assert (email.state, email.sent_at) == ("dead", None)
