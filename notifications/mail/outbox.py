"""Writing, holding and releasing of outbox rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from accounts.retention import NOTICE
from anywork.api.batches import BATCH_SIZE, sweep
from applications.models import Application
from notifications.choices import STOPPED, UNSENT, Channel, EmailKind, EmailState
from notifications.mail.one_time_links import LINK_PLACEHOLDER
from notifications.mail.publishing import publish_email
from notifications.mail.unsubscribing import unsubscribe_url
from notifications.models import (
    DECISIONS_WINDOW,
    GIVE_UP_AFTER,
    MAX_DECISIONS,
    OutgoingEmail,
    default_give_up_at,
)
from notifications.preferences import is_optional, is_wanted
from notifications.querysets import OutgoingEmailQuerySet

SUBJECT_LENGTH = 255
TO_APPLICANTS = frozenset(
    {
        EmailKind.APPLICATION_RECEIVED,
        EmailKind.APPLICATION_ACCEPTED,
        EmailKind.APPLICATION_REJECTED,
        EmailKind.JOB_CLOSED,
        EmailKind.APPLICATIONS_EXPIRING,
    }
)
TO_JOB_SEEKERS = TO_APPLICANTS | {EmailKind.JOB_ALERT, EmailKind.SAVED_JOB_CLOSING}
SUBJECTS = {
    EmailKind.APPLICATION_RECEIVED: "We received your application for {job_title}",
    EmailKind.APPLICATION_ACCEPTED: "Good news about your application for {job_title}",
    EmailKind.APPLICATION_REJECTED: "News about your application for {job_title}",
    EmailKind.EMAIL_VERIFICATION: "Verify your email address",
    EmailKind.PASSWORD_RESET: "Set a new password",
    EmailKind.PASSWORD_CHANGED: "Your password was changed",
    EmailKind.GOOGLE_LINKED: "Login with Google was added to your account",
    EmailKind.NEW_APPLICATION: "New application for {job_title}",
    EmailKind.APPLICATIONS_DIGEST: "{total} for your jobs",
    EmailKind.APPLICATION_WITHDRAWN: "An application for {job_title} was withdrawn",
    EmailKind.EMAIL_CHANGE: "Verify your new email address",
    EmailKind.EMAIL_CHANGED: "Your email address was changed",
    EmailKind.REFRESH_TOKEN_REUSED: "A session of your account was ended",
    EmailKind.SIGN_IN_FAILURES: "Many failed attempts to log in to your account",
    EmailKind.JOB_TAKEN_DOWN: "Your job {job_title} was closed",
    EmailKind.JOB_CLOSED: "The job {job_title} was closed",
    EmailKind.JOB_ALERT: "{total} for {search}",
    EmailKind.SAVED_JOB_CLOSING: "{job_title} closes soon",
    EmailKind.APPLICATIONS_EXPIRING: "Employers will no longer see {applications} of yours",
    EmailKind.ACCOUNT_IDLE: "Log in to keep your account",
}


def queue_email(
    *,
    kind: EmailKind,
    dedup_key: str,
    recipient: User,
    context: Mapping[str, Any],
    about_id: UUID | None = None,
    application: Application | None = None,
    to: str = "",
    due_at: datetime | None = None,
    **columns: Any,
) -> bool:
    """Render an email and write its row in the present transaction; publish it after the commit.

    Returns whether it is wanted. `about_id` is another user whom the email names, `to` an address other than the
    present one of the recipient, `due_at` the time to send it, if not at once, and `columns` are further ones of the
    row. Nothing is queued if `dedup_key` exists, or if the recipient is blocked or has switched this kind off. An
    unverified address may belong to another person: an email to a job seeker has no name in it then, and says why it
    was sent.
    """
    if not (recipient.is_active and is_wanted(recipient.pk, kind, Channel.EMAIL)):
        return False
    values = {"support_email": settings.SUPPORT_EMAIL, **context, "url": settings.FRONTEND_URL + context["path"]}
    if kind in TO_JOB_SEEKERS and recipient.email_verified_at is None:
        values.update(name="", is_unverified=kind in TO_APPLICANTS)
    if is_optional(kind) and not values.get("is_unverified"):
        values["unsubscribe_url"] = unsubscribe_url(recipient.pk, kind)
    row = {"dedup_key": dedup_key, "recipient": recipient, "about_id": about_id, "application": application, **columns}
    if due_at:
        row.update(next_attempt_at=due_at, give_up_at=due_at + GIVE_UP_AFTER)
    _create(kind, values, to=to or recipient.email, **row)
    return True


def queue_decision_email(*, kind: EmailKind, dedup_key: str, application: Application, **email: Any) -> None:
    """Queue the email about a decision, at most MAX_DECISIONS per application within DECISIONS_WINDOW.

    A further email is deferred until the window allows it, or not queued if it repeats the last one. The caller has
    locked the application and called `delete_deferred_decision`.
    """
    now = timezone.now()
    emails = OutgoingEmail.objects.filter(application=application).exclude(state=EmailState.SKIPPED)
    latest = list(
        emails.filter(next_attempt_at__gt=now - DECISIONS_WINDOW)
        .order_by("-next_attempt_at")
        .values_list("kind", "next_attempt_at")[:MAX_DECISIONS]
    )
    due_at = None
    if len(latest) == MAX_DECISIONS:
        if latest[0][0] == kind:
            return
        due_at = latest[-1][1] + DECISIONS_WINDOW
    queue_email(kind=kind, dedup_key=dedup_key, application=application, due_at=due_at, **email)


def delete_deferred_decision(application: Application) -> None:
    """Delete the deferred email about a decision, since the status has changed."""
    OutgoingEmail.objects.filter(
        application=application,
        state__in=(EmailState.QUEUED, EmailState.HELD),
        attempts=0,
        next_attempt_at__gt=timezone.now(),
    ).delete()


def queue_link_email(*, kind: EmailKind, address: str, recipient: User | None = None) -> None:
    """Queue an email with a one-time link.

    Whether the address has an account, and got such a link recently, is looked up when the email is sent: a lookup here
    would show in the response time.
    """
    context = {"name": "there", "url": LINK_PLACEHOLDER}
    _create(kind, context, dedup_key=f"{kind.value}:{uuid4()}", recipient=recipient, to=address)


def awaits_question() -> Exists:
    """Return whether the email that asks the user to log in is still to be sent, or was sent less than NOTICE ago.

    One that was given up may be sent again, unless its address is refused.
    """
    questions = OutgoingEmail.objects.filter(recipient=OuterRef("pk"), kind=EmailKind.ACCOUNT_IDLE)
    is_unsent = Q(state__in=(*UNSENT, *STOPPED)) & ~Q(
        state=EmailState.DEAD, last_error__startswith=SMTPRecipientsRefused.__name__
    )
    return Exists(questions.filter(is_unsent | Q(sent_at__gt=timezone.now() - NOTICE)))


def delete_emails_of(user: User) -> None:
    """Delete the emails to `user`, and those to others that name `user`, unless they are still to be sent."""
    OutgoingEmail.objects.filter(Q(recipient=user) | Q(to=user.email)).delete()
    done = OutgoingEmail.objects.filter(state__in=(EmailState.SENT, EmailState.DEAD, EmailState.SKIPPED))
    done.filter(Q(about=user) | Q(named_ids__contains=[user.pk])).delete()


def requeue_emails(emails: OutgoingEmailQuerySet) -> list[OutgoingEmail]:
    """Queue these emails again, with the full time to retry; return the queued ones with their former state.

    Emails that are queued or being sent, or whose body was blanked, are left alone.
    """
    with transaction.atomic():
        requeued = list(_locked(emails).exclude(state__in=(EmailState.QUEUED, EmailState.SENDING)).exclude(text=""))
        OutgoingEmail.objects.filter(pk__in=[email.pk for email in requeued]).update(
            state=EmailState.QUEUED, next_attempt_at=timezone.now(), give_up_at=default_give_up_at()
        )
        for email in requeued:
            _publish_after_commit(email)
    return requeued


def hold_emails(emails: OutgoingEmailQuerySet) -> list[OutgoingEmail]:
    """Hold these emails until they are requeued; return the held ones with their former state.

    Emails that were sent or given up, or are being sent, are left alone.
    """
    with transaction.atomic():
        held = list(_locked(emails).unclaimed(timezone.now()))
        OutgoingEmail.objects.filter(pk__in=[email.pk for email in held]).update(
            state=EmailState.HELD, locked_until=None
        )
    return held


def hold_unsent_emails() -> int:
    """Hold all unsent emails, also those being sent, in a restored backup in which no worker runs.

    Some of them may have been sent after the backup was made.
    """
    unsent = OutgoingEmail.objects.filter(state__in=UNSENT)
    return unsent.update(state=EmailState.HELD, locked_until=None)


def release_held_emails() -> int:
    """Queue all held emails."""
    return len(requeue_emails(OutgoingEmail.objects.filter(state=EmailState.HELD)))


def blank_old_bodies(*, until: float, batch_size: int = BATCH_SIZE) -> int:
    """Blank the bodies of emails sent more than MAIL_BODY_DAYS ago; the rows stay, but for those of alerts."""
    before = timezone.now() - timedelta(days=settings.MAIL_BODY_DAYS)
    old = OutgoingEmail.objects.filter(state=EmailState.SENT, sent_at__lt=before).exclude(text="")

    def blank(emails: QuerySet[OutgoingEmail]) -> None:
        # There may be a hundred thousand alerts a day.
        emails.filter(kind=EmailKind.JOB_ALERT).delete()
        emails.update(text="", html="")

    return sweep(old, blank, until=until, batch_size=batch_size)


def delete_old_emails(*, until: float) -> int:
    """Delete sent and skipped emails older than MAIL_DAYS, whose dedup_key is not used again; return their number."""
    if not settings.MAIL_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.MAIL_DAYS)
    done = (EmailState.SENT, EmailState.SKIPPED)
    return sweep(OutgoingEmail.objects.filter(state__in=done, created_at__lt=before), until=until)


def _publish_after_commit(email: OutgoingEmail) -> None:
    # A def or lambda, because the robust error log reads its __qualname__.
    transaction.on_commit(lambda: publish_email(email.pk), robust=True)


def _locked(emails: OutgoingEmailQuerySet) -> OutgoingEmailQuerySet:
    # Without the joins of `emails`, whose rows must not be locked.
    return OutgoingEmail.objects.filter(pk__in=emails.values("pk")).select_for_update()


def _create(kind: EmailKind, context: Mapping[str, Any], **values: Any) -> None:
    subject = _subject(kind, context)
    text, html = (
        render_to_string(f"notifications/mail/{kind.value}.{form}", {**context, "subject": subject})
        for form in ("txt", "html")
    )
    email = OutgoingEmail(kind=kind, subject=subject, text=text, html=html, **values)
    # A second row for the same cause violates the unique dedup_key and is not inserted.
    OutgoingEmail.objects.bulk_create([email], ignore_conflicts=True)
    _publish_after_commit(email)


def _subject(kind: EmailKind, context: Mapping[str, Any]) -> str:
    # On one line, so that a title cannot inject a header.
    return " ".join(SUBJECTS[kind].format(**context).split())[:SUBJECT_LENGTH]
