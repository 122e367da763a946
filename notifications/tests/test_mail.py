"""Emails and notifications about applications."""

import re
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from accounts.services import block_account
from accounts.signals import email_changed
from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from anywork.testing.concurrency import at_once
from applications.models import Application, StatusChange
from applications.services import change_status, submit_application
from applications.signals import application_status_changed, application_submitted
from jobs.tests.factories import JobFactory
from notifications.mail.delivery import deliver_due, deliver_next
from notifications.mail.outbox import SUBJECTS, hold_emails
from notifications.models import Notification, OutgoingEmail
from notifications.receivers import mail_receipt_to_seeker
from resumes.tests.factories import ResumeFactory


def submit(*, title="Software Engineer", company="Microsoft", first_name="Ben", last_name="Carson", is_verified=True):
    verified_at = timezone.now() if is_verified else None
    seeker = JobSeekerFactory(first_name=first_name, last_name=last_name, user__email_verified_at=verified_at)
    resume = ResumeFactory(job_seeker=seeker)
    job = JobFactory(title=title, employer=EmployerFactory(company_name=company))
    return submit_application(
        user=resume.job_seeker.user, job_id=job.pk, resume_id=resume.pk, cover_letter="My secret letter."
    )


def decide(application, status):
    change_status(application_id=application.pk, actor=application.job.employer.user, status=status)


def newest_mail():
    return OutgoingEmail.objects.order_by("created_at").last()


@pytest.fixture
def application(db, settings):
    settings.FRONTEND_URL = "https://anywork.example"
    return submit()


TEXTS = {
    "application_received": (
        "We received your application for Software Engineer",
        "We received your application for Software Engineer at Microsoft and forwarded it.",
    ),
    "application_accepted": (
        "Good news about your application for Software Engineer",
        "Good news: Microsoft accepted your application for Software Engineer.",
    ),
    "application_rejected": (
        "News about your application for Software Engineer",
        "Microsoft decided not to proceed with your application for Software Engineer.",
    ),
}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(None, "application_received"), ("accepted", "application_accepted"), ("rejected", "application_rejected")],
)
def test_seeker_gets_an_email_with_job_company_name_and_link(application, status, kind):
    if status:
        decide(application, status)

    email = newest_mail()

    subject, sentence = TEXTS[kind]
    assert (email.kind, email.state, email.attempts) == (kind, "queued", 0)
    assert (email.recipient, email.to) == (application.job_seeker.user, application.job_seeker.user.email)
    assert email.subject == subject
    assert email.text.startswith("Hello Ben,\n")
    assert sentence in email.text
    assert "\nhttps://anywork.example/dashboard/applications\n" in email.text
    assert ">Hello <bdi>Ben</bdi>,</p>" in email.html
    assert "<strong><bdi>Software Engineer</bdi></strong>" in email.html
    assert "<strong><bdi>Microsoft</bdi></strong>" in email.html
    assert 'href="https://anywork.example/dashboard/applications"' in email.html
    assert "My secret letter." not in email.text + email.html


@pytest.mark.parametrize("status", [None, "accepted", "rejected"])
def test_unverified_address_gets_an_email_without_a_name_and_with_the_reason(db, settings, status):
    settings.SUPPORT_EMAIL = "help@anywork.example"
    application = submit(is_verified=False)
    if status:
        decide(application, status)

    email = newest_mail()

    reason = (
        "You get this email because this address was used to apply on AnyWork. Not you? "
        "Write to help@anywork.example or set a new password."
    )
    for text in (email.text, email.html):
        assert reason in text
        assert "Software Engineer" in text
        assert "Microsoft" in text
        assert "Ben" not in text
        assert "token=" not in text
    assert email.text.startswith("Hello,\n")


class TestDecisions:
    """An application gets at most six decision mails in 24 hours."""

    def mails(self):
        return OutgoingEmail.objects.exclude(kind="application_received").order_by("next_attempt_at")

    def age(self, hours):
        for email in self.mails():
            OutgoingEmail.objects.filter(pk=email.pk).update(next_attempt_at=email.next_attempt_at - hours)

    def test_employer_decides_120_times_and_causes_six_emails(self, application):
        for _ in range(60):
            decide(application, "accepted")
            decide(application, "rejected")

        *at_once, waiting = self.mails()
        now = timezone.now()
        # The sixth mail said rejected, so that only an acceptance would be news; the last decision is none.
        assert len(at_once) + 1 == 6
        assert all(email.next_attempt_at <= now for email in (*at_once, waiting))
        assert Notification.objects.filter(user=application.job_seeker.user).count() == 120

    def test_seventh_email_is_deferred_until_the_window_allows_it(self, application):
        for status in ("accepted", "rejected") * 3:
            decide(application, status)
        first = self.mails().first()

        decide(application, "accepted")

        waiting = self.mails().last()
        assert self.mails().count() == 7
        assert waiting.kind == "application_accepted"
        assert waiting.next_attempt_at == first.next_attempt_at + timedelta(hours=24)
        assert waiting.give_up_at == waiting.next_attempt_at + timedelta(hours=72)
        assert not deliver_due(until=0, first=waiting.pk)

    def test_change_of_the_status_replaces_the_deferred_email(self, application):
        for status in ("accepted", "rejected", "accepted", "rejected", "accepted", "rejected", "accepted"):
            decide(application, status)
        assert self.mails().count() == 7

        decide(application, "rejected")
        # As the mail that was sent last says.
        assert self.mails().count() == 6

        decide(application, "accepted")
        decide(application, "reviewed")
        assert self.mails().count() == 6
        decide(application, "accepted")
        assert [email.kind for email in self.mails()][6:] == ["application_accepted"]

    def test_change_of_the_status_replaces_a_held_deferred_email(self, application):
        for status in ("accepted", "rejected", "accepted", "rejected", "accepted", "rejected", "accepted"):
            decide(application, status)
        assert len(hold_emails(self.mails().filter(next_attempt_at__gt=timezone.now()))) == 1

        decide(application, "rejected")

        assert not self.mails().filter(state="held").exists()
        assert self.mails().count() == 6

    def test_seventh_email_is_deferred_after_emails_sent_late(self, application, smtp):
        for status in ("accepted", "rejected", "accepted", "rejected", "accepted", "rejected", "accepted"):
            decide(application, status)
        # No worker for a day.
        self.age(timedelta(hours=25))

        while deliver_next():
            pass

        decisions = [message for message in smtp.messages if "ews about" in message["Subject"]]
        assert len(decisions) == 6
        waiting = self.mails().get(state="queued")
        first = self.mails().filter(state="sent").earliest("sent_at")
        assert waiting.kind == "application_accepted"
        assert (waiting.attempts, waiting.locked_until) == (0, None)
        assert waiting.next_attempt_at == first.sent_at + timedelta(hours=24)
        assert waiting.give_up_at == waiting.next_attempt_at + timedelta(hours=72)

        OutgoingEmail.objects.update(sent_at=timezone.now() - timedelta(hours=25), next_attempt_at=timezone.now())
        assert deliver_due(until=0, first=waiting.pk)
        assert smtp.messages[-1]["Subject"].startswith("Good news")

    def test_unsent_decision_goes_to_the_new_address(self, application):
        decide(application, "accepted")
        user = application.job_seeker.user
        former, user.email = user.email, "new@anywork.example"
        user.save(update_fields=["email"])

        email_changed.send(sender=User, user=user, former_address=former)

        assert self.mails().get(kind="application_accepted").to == "new@anywork.example"
        assert self.mails().get(kind="email_changed").to == former

    def test_next_day_has_room_again(self, application):
        for status in ("accepted", "rejected") * 3:
            decide(application, status)
        self.age(timedelta(hours=25))

        decide(application, "accepted")

        assert self.mails().last().next_attempt_at <= timezone.now()

    def test_other_applications_do_not_count(self, application):
        for status in ("accepted", "rejected") * 3:
            decide(application, status)

        decide(submit(), "accepted")

        assert all(email.next_attempt_at <= timezone.now() for email in self.mails())

    @pytest.mark.django_db(transaction=True)
    def test_concurrent_decisions_cause_six_emails(self, application):
        at_once(*[lambda status=status: decide(application, status) for status in ("accepted", "rejected") * 8])

        due = self.mails().filter(next_attempt_at__lte=timezone.now())
        assert due.count() <= 6
        assert self.mails().count() <= 7


@pytest.mark.parametrize("status", ["reviewed", "withdrawn"])
def test_seeker_gets_no_email_about_other_changes(application, status):
    actor = application.job_seeker.user if status == "withdrawn" else application.job.employer.user

    change_status(application_id=application.pk, actor=actor, status=status)

    assert OutgoingEmail.objects.get().kind == "application_received"


def test_email_greets_a_seeker_without_a_name(db):
    submit(first_name="", last_name="", company="")

    email = newest_mail()

    assert email.text.startswith("Hello there,\n")
    assert "at the company and forwarded it" in email.text

    decide(Application.objects.get(), "rejected")
    assert "\nThe company decided" in newest_mail().text


def test_email_is_escaped_only_in_html(db):
    submit(title="<b>C & C++</b>", company="Smith & “Sons”", first_name="<i>Ben</i>")

    email = newest_mail()

    assert email.subject == "We received your application for <b>C & C++</b>"
    assert "your application for <b>C & C++</b> at Smith & “Sons” and" in email.text
    assert email.text.startswith("Hello <i>Ben</i>,")
    assert "<strong><bdi>&lt;b&gt;C &amp; C++&lt;/b&gt;</bdi></strong>" in email.html
    assert "Smith &amp; “Sons”" in email.html
    assert "<title>We received your application for &lt;b&gt;C &amp; C++&lt;/b&gt;</title>" in email.html
    assert "<i>Ben" not in email.html


@pytest.mark.parametrize("kind", SUBJECTS)
def test_names_and_titles_are_isolated_in_html(kind):
    """Otherwise a name from right to left, or U+202E in it, moves the words around it."""
    names = {name: f"[{name}]" for name in ("name", "company", "company_capitalized", "job_title", "device")}
    jobs = [{"title": "[title]", "number": 1}]

    html = render_to_string(f"notifications/mail/{kind.value}.html", {**names, "jobs": jobs})

    shown = re.findall(r"\[\w+\]", html)
    assert "[name]" in shown
    assert shown == re.findall(r"(?<=<bdi>)\[\w+\](?=</bdi>)", html)


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_title_with_a_line_break_adds_no_header(db, smtp, line_break):
    submit(title=f"Engineer{line_break}Bcc: victim@example.org")

    assert deliver_due(until=0, first=newest_mail().pk)

    [message] = smtp.messages
    assert message["Subject"] == "We received your application for Engineer Bcc: victim@example.org"
    assert message["Bcc"] is None
    assert message.get_all("To") == [newest_mail().to]


def test_name_with_a_template_in_it_is_only_text(db):
    submit(title="{{ url }} {company} %s", first_name="{% now 'Y' %}")

    email = newest_mail()

    assert email.subject == "We received your application for {{ url }} {company} %s"
    assert email.text.startswith("Hello {% now 'Y' %},")


def test_title_of_full_length_fits_into_the_subject(db, smtp):
    submit(title="Ü" * 255)

    email = newest_mail()

    assert len(email.subject) == 255
    assert deliver_due(until=0, first=email.pk)
    # Python's parser keeps the space of a folded header.
    assert smtp.messages[0]["Subject"].strip() == email.subject
    assert "Ü" * 255 in email.text


def test_title_beyond_ascii_arrives_unchanged(db, smtp):
    submit(title="Bäcker 面包师 🥐", first_name="Zoë")

    assert deliver_due(until=0, first=newest_mail().pk)

    [message] = smtp.messages
    assert message["Subject"].strip() == "We received your application for Bäcker 面包师 🥐"
    assert message.get_body(("plain",)).get_content().startswith("Hello Zoë,")
    assert "<bdi>Bäcker 面包师 🥐</bdi>" in message.get_body(("html",)).get_content()


def test_decision_reverted_and_made_again_sends_three_emails(application, smtp):
    for status in ("accepted", "rejected", "accepted"):
        decide(application, status)

    for email in OutgoingEmail.objects.exclude(kind="application_received").order_by("created_at"):
        assert deliver_due(until=0, first=email.pk)

    good, bad = "Good news about your application for Software Engineer", TEXTS["application_rejected"][0]
    assert [message["Subject"] for message in smtp.messages] == [good, bad, good]
    assert len({message["Message-ID"] for message in smtp.messages}) == 3


def test_blocked_seeker_gets_no_email_or_notification(db):
    resume = ResumeFactory()
    application = submit_application(
        user=resume.job_seeker.user, job_id=JobFactory().pk, resume_id=resume.pk, cover_letter=""
    )
    queued = newest_mail()
    block_account(user=resume.job_seeker.user)
    Notification.objects.all().delete()

    decide(application, "accepted")

    assert Application.objects.get().status == "accepted"
    assert OutgoingEmail.objects.get() == queued
    assert not Notification.objects.exists()
    # What was queued before is not sent.
    assert deliver_due(until=0, first=queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.text) == ("skipped", "")


def test_same_cause_sends_one_email(application):
    mail_receipt_to_seeker(application=application)

    assert OutgoingEmail.objects.count() == 1


# --- In the app -------------------------------------------------------------------------------------------------------


def messages_of(user):
    return list(Notification.objects.filter(user=user).order_by("created_at").values_list("message", "is_read"))


def test_employer_is_notified_of_applicant_and_job(application):
    assert messages_of(application.job.employer.user) == [("Ben Carson applied for “Software Engineer”.", False)]
    assert messages_of(application.job_seeker.user) == []


def test_employer_is_notified_of_an_applicant_without_a_name(db):
    application = submit(first_name="", last_name="")

    assert messages_of(application.job.employer.user) == [("A job seeker applied for “Software Engineer”.", False)]


def test_seeker_is_notified_of_each_change(application):
    for status in ("reviewed", "pending", "accepted", "rejected", "reviewed"):
        decide(application, status)
    seeker = application.job_seeker.user
    change_status(application_id=application.pk, actor=seeker, status="withdrawn")

    assert messages_of(seeker) == [
        (f"Your application for “Software Engineer” {words}.", False)
        for words in (
            "has been reviewed",
            "is pending again",
            "was accepted",
            "was rejected",
            "has been reviewed",
            "was withdrawn",
        )
    ]
    assert len(messages_of(application.job.employer.user)) == 1


# --- All or nothing ---------------------------------------------------------------------------------------------------


class ReceiverFailed(Exception):
    pass


def fail(**kwargs):
    raise ReceiverFailed


@pytest.fixture
def failing_receiver():
    """The last receiver of both signals fails: all others have done their work by then."""
    signals = (application_submitted, application_status_changed)
    for signal in signals:
        signal.connect(fail)
    yield
    for signal in signals:
        signal.disconnect(fail)


def test_application_that_fails_at_the_end_leaves_nothing_behind(
    failing_receiver, seeker, django_capture_on_commit_callbacks
):
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
    job = JobFactory()
    seeker.raise_request_exception = False

    with django_capture_on_commit_callbacks() as callbacks:
        response = seeker.post("/api/applications/", {"job": str(job.pk), "resume": str(resume.pk)}, format="json")

    assert response.status_code == 500
    assert callbacks == []
    for rows in (Application.objects, StatusChange.objects, Notification.objects, OutgoingEmail.objects, job.analytics):
        assert not rows.exists()


def test_decision_that_fails_at_the_end_leaves_nothing_behind(
    application, failing_receiver, client_for, django_capture_on_commit_callbacks
):
    employer = client_for(application.job.employer.user)
    employer.raise_request_exception = False

    with django_capture_on_commit_callbacks() as callbacks:
        response = employer.patch(f"/api/applications/{application.pk}/", {"status": "accepted"}, format="json")

    assert response.status_code == 500
    assert callbacks == []
    application.refresh_from_db()
    assert application.status == "pending"
    assert StatusChange.objects.get().to_status == "pending"
    assert OutgoingEmail.objects.get().kind == "application_received"
    assert messages_of(application.job_seeker.user) == []
